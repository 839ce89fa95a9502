// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest that its VMM stops and continues (QMP stop, cont).
 *
 * A vCPU leaves the guest at once, wherever it is, and blocks in the VMM until the VM goes on
 * (pause_all_vcpus() of QEMU's softmmu/cpus.c); one that is in the middle of an exit ends that
 * first.  QEMU saves kvmclock when it stops and puts it back when it goes on
 * (hw/i386/kvm/clock.c, kvmclock_vm_state_change()), and kvmclock is the guest's clock: the guest
 * sees no time pass.  So timers are due that much later, and nothing has waited for longer.
 * Interrupts that come meanwhile are delivered afterwards.
 *
 * Left out: that QEMU's main loop waits for vCPUs in the middle of exits; an interrupt by the
 * guest's local timer, which runs on in KVM, and finds nothing due.
 */
#include <linux/kernel.h>

#include "guest.h"
#include "internal.h"

bool vcpu_parks(struct vcpu *v)
{
	struct kvm_vm *vm = v->kernel->vm;

	if (vm->paused && v->thread->account == &vm->account[ACCOUNT_GUEST]) {
		v->parked = true;
		cpu_park(v->thread, "its VM is paused");
		return true;
	}
	if (v->parked)
		v->thread->wait_forever = false;
	v->parked = false;
	return false;
}

void guest_kernel_pause(struct kernel *kernel)
{
	struct sched_state *sched = kernel->sched;
	unsigned int i;

	kernel->paused_at = kernel->engine->now;
	event_cancel(kernel->engine, &sched->tick);
	for (i = 0; i < sched->nr_vcpus; i++)
		if (!sched->vcpus[i].halted && !sched->vcpus[i].stopped)
			vcpu_interrupt(&sched->vcpus[i]);
	kernel->vm->paused = true;
}

void guest_kernel_resume(struct kernel *kernel)
{
	u64 ns = kernel->engine->now - kernel->paused_at;
	struct sched_state *sched = kernel->sched;
	unsigned int i;

	kernel->paused_ns += ns;
	kernel->vm->paused = false;
	timers_delay(kernel, ns);
	if (!list_empty(&sched->runqueue) && !event_pending(&sched->tick))
		event_add(kernel->engine, &sched->tick, next_jiffy_time(kernel));
	for (i = 0; i < sched->nr_vcpus; i++) {
		if (sched->vcpus[i].parked)
			cpu_wake(sched->vcpus[i].thread);
		else if (sched->vcpus[i].irq_pending)
			vcpu_interrupt(&sched->vcpus[i]);
	}
}
