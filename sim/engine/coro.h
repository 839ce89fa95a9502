/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stackful coroutines: everything that can block (kernel thread, work item, guest task, VMM
 * thread) is one.
 *
 * How to use it:
 *  1. coro_create() makes one that does not run yet; coro_run() switches into it and returns
 *     when it calls coro_suspend() or its function returns.
 *  2. coro_run() may only be called from the main stack (from an event), coro_suspend() only
 *     from a coroutine.  There is no symmetric switch: the event queue decides who is next.
 *  3. A coroutine whose function returned is dead; coro_destroy() it.  Destroying one that is
 *     suspended abandons its stack: what the stack owned must be owned by somebody else.
 *
 * coro_current never is NULL: the main stack has a coroutine structure, too.  Its context says in
 * whose name code runs: model code reads it instead of file-level state of its own.
 */
#ifndef BALLAST_CORO_H
#define BALLAST_CORO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kernel;		/* sim/linux: the model kernel whose code runs */
struct vmm;		/* sim/qemu: the VMM whose code runs */
struct cpu_thread;	/* host-model: the host thread that pays for it */
struct task_struct;	/* sim/linux: `current` */
struct call_site;

struct coro_context {
	struct kernel *kernel;
	struct vmm *vmm;
	struct cpu_thread *thread;
	struct task_struct *task;
	unsigned int preempt;	/* sim/linux: depth of preempt_disable() */
	bool irqs_off;		/* sim/linux: interrupts are held back */
	bool in_irq;		/* sim/linux: this is an interrupt handler */
	bool user_mode;		/* sim/linux: the access that is made is a program's own */
	const struct call_site *site;	/* of the call into the model that is being made */
	/* Ids of what the code works for, and of the blocks that it collects for a request. */
	uint64_t cause, batch;
};

typedef void (*coro_fn)(void *arg);

#define CORO_STACK_DEFAULT (64 * 1024)	/* bytes, without the guard page */

struct coro {
	void *sp;			/* saved stack pointer while suspended */
	struct coro_context ctx;
	coro_fn fn;
	void *arg;
	void *stack;			/* mapping, guard page first; NULL for the main stack */
	size_t stack_size;		/* bytes of the whole mapping */
	bool dead;
	char name[24];
	void *fake_stack;		/* ASan */
	void *tsan_fiber;		/* TSan */
	void *ucontext;			/* portable build only */
};

extern struct coro *coro_current;
extern struct coro coro_main;

/* Returns NULL when no stack can be mapped. */
struct coro *coro_create(const char *name, coro_fn fn, void *arg, size_t stack_size);
void coro_destroy(struct coro *co);

/*
 * Switching.  On x86-64 it is inlined into both functions: a return would be mispredicted, since
 * its call was made on another stack; a jump to where the other side left off is not.  What
 * a callee saves and the red zone are kept by hand, floating-point control words are not: model
 * code does not change them.  Under the sanitizers, which want to be told, and with CORO_UCONTEXT
 * the functions are in coro.c.
 */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define CORO_SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CORO_SANITIZED 1
#endif

#define CORO_SWITCH(save_sp, load_sp)                                                              \
	do {                                                                                       \
		void **coro_save_ = (save_sp);                                                     \
		void *coro_load_ = (load_sp);                                                      \
                                                                                                   \
		__asm__ volatile("leaq	-128(%%rsp), %%rsp\n\t" \
				 "pushq	%%rbp\n\t"                                                 \
				 "pushq	%%rbx\n\t"                                                 \
				 "leaq	1f(%%rip), %%rcx\n\t"                                      \
				 "pushq	%%rcx\n\t"                                                 \
				 "movq	%%rsp, (%0)\n\t"                                           \
				 "movq	%1, %%rsp\n\t"                                             \
				 "popq	%%rcx\n\t"                                                 \
				 "jmp	*%%rcx\n"                                                  \
				 "1:\t"                                                            \
				 "popq	%%rbx\n\t"                                                 \
				 "popq	%%rbp\n\t"                                                 \
				 "leaq	128(%%rsp), %%rsp" \
				 : "+a"(coro_save_), "+d"(coro_load_)                              \
				 :                                                                 \
				 : "rcx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13",    \
				   "r14", "r15", "memory", "cc");                                  \
	} while (0)

void coro_bad_run(const struct coro *co) __attribute__((noreturn, cold));

#if defined(CORO_UCONTEXT) || defined(CORO_SANITIZED)
void coro_run(struct coro *co);
void coro_suspend(void);
#else
extern struct coro *coro_starting;	/* for its first instructions only */

static inline void coro_run(struct coro *co)
{
	if (__builtin_expect(coro_current != &coro_main || co->dead, 0))
		coro_bad_run(co);
	coro_starting = co;
	coro_current = co;
	CORO_SWITCH(&coro_main.sp, co->sp);
}

static inline void coro_suspend(void)
{
	struct coro *co = coro_current;

	coro_current = &coro_main;
	CORO_SWITCH(&co->sp, coro_main.sp);
}
#endif

/* "asm" or "ucontext": how this build switches. */
const char *coro_backend(void);

#endif
