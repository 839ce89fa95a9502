// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host's OOM killer: the VMM that holds most memory goes.
 *
 * Models out_of_memory() and oom_badness() of mm/oom_kill.c (Linux 6.1): resident pages, swap
 * entries and page tables count; scores are not adjusted, as for VMMs started by hand.  The
 * victim's memory is free at once (the OOM reaper's work).
 */
#include "memory.h"

#include "swap.h"

static struct kvm_vm *select_victim(const struct host_memcg *memcg)
{
	const struct host *host = memcg->host;
	struct kvm_vm *victim = NULL;
	uint64_t most = 0;
	unsigned int i;

	for (i = 0; i < host->nr_vms; i++) {
		struct kvm_vm *vm = host->vms[i];
		uint64_t points = vm->ram->resident + vm->ram->swapped;

		/* oom_badness() does not count hugetlbfs. */
		if (vm->ram->page_order == HOST_PMD_ORDER)
			points = 0;
		points += vm->ram->nr_tables;
		if (vm->own)
			points += vm->own->resident + vm->own->swapped + vm->own->nr_tables;
		if (!vm->dead && points && points >= most &&
		    memcg_is_below(vm->ram->memcg, memcg)) {
			most = points;
			victim = vm;
		}
	}
	return victim;
}

/* oom_evaluate_task(): swapoff says that it is the origin (oom_task_origin()); in no group here. */
static bool kill_swapoff(struct host_memcg *memcg)
{
	struct host *host = memcg->host;

	if (!host->swapoff || memcg->parent)
		return false;
	host->swapoff_killed = true;
	return true;
}

bool host_out_of_memory(struct host_memcg *memcg)
{
	struct host *host = memcg->host;
	struct kvm_vm *victim = select_victim(memcg);
	struct cpu_thread *current_thread = coro_current->ctx.thread;

	if (kill_swapoff(memcg)) {
		if (host->swapoff == current_thread)
			return false;
		/* Others try again, when the victim has had its turn. */
		cpu_sleep(HOST_JIFFY_NS);	/* schedule_timeout_uninterruptible(1) */
		return true;
	}
	if (!victim)
		return false;
	cpu_sync();
	if (victim->dead)
		return true;
	host->stats.oom_kills++;
	memcg_event(victim->ram->memcg, oom_kill);
	victim->killed_resident = victim->ram->resident;
	victim->killed_swapped = victim->ram->swapped;
	host_stop_vm(victim);
	if (host->observer && host->observer->vm_killed)
		host->observer->vm_killed(host, victim, memcg);
	if (current_thread->vm == victim)
		cpu_exit_current();
	return true;
}
