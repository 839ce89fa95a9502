// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's part of asynchronous page faults: somebody waits for a page that the host reads.
 *
 * Models kvm_async_pf_task_wait_schedule() and sysvec_kvm_asyncpf_interrupt() of
 * arch/x86/kernel/kvm.c, Linux 6.1; host-model/async_pf.c is KVM's part.  A program that is told
 * "page not present" sleeps uninterruptibly until the interrupt that says "page ready".  A vCPU
 * that is halted instead has its task stay where it is: an interrupt is served in between, and on
 * the way back to a program, not to the kernel (voluntary preemption), another task may have its
 * turn.  For the guest's clock the halted time is the task's, as kvmclock goes on and it is not
 * stolen: the thread does not want a CPU.
 */
#include <linux/kernel.h>
#include <linux/sched.h>

#include "internal.h"

enum kvm_cpu_mode async_pf_mode(struct kvm_vm *vm, const char **task)
{
	const struct coro_context *ctx = &coro_current->ctx;

	*task = ctx->task ? ctx->task->comm : NULL;
	if (!ctx->task || ctx->task->kernel != vm->kernel || ctx->in_irq || ctx->irqs_off)
		return KVM_CPU_IRQS_OFF;
	return ctx->user_mode ? KVM_CPU_USER : KVM_CPU_KERNEL;
}

void async_pf_not_present(struct kvm_vm *vm, struct kvm_sleeper *sleeper)
{
	struct task_struct *task = current;

	charge(COST_GUEST_IRQ, 1);
	sleeper->task = task;
	task->wait_since = kernel_clock(task->kernel);
	task->wait_page = true;
	while (task->wait_page) {
		task->wait_reason = "a page from the host's swap (asynchronous page fault)";
		set_current_state(TASK_UNINTERRUPTIBLE);
		schedule();
	}
	task->wait_since = 0;
}

void async_pf_halt(struct kvm_vm *vm)
{
	struct task_struct *task = current;
	struct vcpu *v = task->vcpu;

	task->fault_in_kernel = !coro_current->ctx.user_mode;
	if (vcpu_has_work(v)) {
		cpu_consume(v->thread);
		coro_suspend();
	} else {
		v->stopped = true;
		v->stopped_since = v->kernel->engine->now;
		cpu_block("swap-in");
		/* It may have been woken before: then nobody has said that it goes on. */
		vcpu_goes_on(task->vcpu);
	}
	task->fault_in_kernel = false;
}

void async_pf_deliver(struct vcpu *v)
{
	struct kvm_sleeper sleeper;

	while (kvm_async_pf_ready(v->kernel->vm, v->id, &sleeper)) {
		struct task_struct *task = sleeper.task;

		if (!task)
			continue;
		charge(COST_GUEST_IRQ, 1);
		task->wait_page = false;
		wake_up_process(task);
	}
}
