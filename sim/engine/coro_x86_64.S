/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * void coro_switch(void **save_sp, void *load_sp)
 *
 * Saves what the System V ABI says a callee saves, changes stacks and continues there.  The
 * jump instead of a return keeps the return-stack predictor of both sides in step.
 * Floating-point control words are not saved: model code does not change them.
 */
	.text
	.globl	coro_switch
	.type	coro_switch, @function
	.p2align 4
coro_switch:
	.cfi_startproc
	popq	%rcx
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	pushq	%rcx
	movq	%rsp, (%rdi)
	movq	%rsi, %rsp
	popq	%rcx
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	jmp	*%rcx
	.cfi_endproc
	.size	coro_switch, .-coro_switch
	.section .note.GNU-stack, "", @progbits
