// SPDX-License-Identifier: GPL-2.0-only
/*
 * Host threads and pressure stall information; see cpu_psi.h.
 */
#include "cpu_psi.h"

#include <string.h>

#include "kvm.h"
#include "memcg.h"
#include "memory.h"

_Static_assert(PSI_TICK_NS == HOST_JIFFY_NS, "one clock");

static struct psi_group *group_of(const struct cpu_thread *t)
{
	return t->vm && t->vm->memcg ? t->vm->memcg->psi : &t->cpus->psi.root;
}

/* Stalls */

/* The first of its stalls' ends and beginnings is there: the thread, which runs, is told. */
static void toggle(struct cpu_thread *t, uint64_t at)
{
	struct cpu_stalls *s = &t->stalls;

	memmove(s->toggle, s->toggle + 1, --s->nr * sizeof(*s->toggle));
	s->stalled = !s->stalled;
	if (t->psi.flags)
		psi_task_set(&t->psi, t->psi.group, t->psi.cpu,
			     t->psi.flags ^ (PSI_TSK_MEMSTALL | PSI_TSK_MEMSTALL_RUNNING), at);
}

static void tell_stalls(struct cpu_thread *t, uint64_t now)
{
	struct cpu_stalls *s = &t->stalls;

	while (s->nr && t->run_start + (s->toggle[0] - t->ran) <= now)
		toggle(t, t->run_start + (s->toggle[0] - t->ran));
}

static void tell_stalls_on(struct host_cpus *cpus, unsigned int cpu, uint64_t now)
{
	if (cpus->cpu[cpu].curr && cpus->cpu[cpu].curr->stalls.nr)
		tell_stalls(cpus->cpu[cpu].curr, now);
}

static void catch_up(struct psi *psi, uint64_t now)
{
	struct host_cpus *cpus;
	unsigned int i;

	cpus = (struct host_cpus *)((char *)psi - offsetof(struct host_cpus, psi));
	for (i = 0; i < cpus->nr_cpus; i++)
		tell_stalls_on(cpus, i, now);
}

void cpu_psi_init(struct host_cpus *cpus)
{
	psi_init(&cpus->psi, cpus->nr_cpus, cpus->engine->now);
	cpus->psi.catch_up = catch_up;
}

void cpu_psi_update(struct host_cpus *cpus)
{
	psi_run_works(&cpus->psi, cpus->engine->now);
}

void cpu_psi_ran(struct cpu_thread *t)
{
	if (!t->stalls.nr)
		return;
	cpu_psi_update(t->cpus);
	tell_stalls(t, t->cpus->engine->now);
}

void cpu_psi_delayed(struct cpu_thread *t, uint64_t ns)
{
	unsigned int i;

	for (i = 0; i < t->stalls.nr; i++)
		t->stalls.toggle[i] += ns;
}

void cpu_psi_forgiven(struct cpu_thread *t)
{
	struct host_cpus *cpus = t->cpus;

	if (!t->stalls.nr)
		return;
	cpu_psi_update(cpus);
	tell_stalls_on(cpus, t->psi.cpu, cpus->engine->now);
	while (t->stalls.nr)
		toggle(t, cpus->engine->now);
}

bool psi_memstall_enter(void)
{
	struct cpu_thread *t = coro_current->ctx.thread;
	struct cpu_stalls *s;

	if (!t || t->stalls.in_memstall)
		return true;
	s = &t->stalls;
	s->in_memstall = true;
	/* At once after the last one, or more than are kept apart: that one goes on. */
	if (s->nr && (s->toggle[s->nr - 1] == t->ran + t->pending ||
		      s->nr >= CPU_STALL_TOGGLES - 1))
		s->nr--;
	else
		s->toggle[s->nr++] = t->ran + t->pending;
	return false;
}

void psi_memstall_leave(bool nested)
{
	struct cpu_thread *t = coro_current->ctx.thread;
	struct cpu_stalls *s;

	if (nested)
		return;
	s = &t->stalls;
	s->in_memstall = false;
	if (s->nr && s->toggle[s->nr - 1] == t->ran + t->pending)
		s->nr--;
	else
		s->toggle[s->nr++] = t->ran + t->pending;
}

/* CPUs */

static unsigned int shortest_queue(const struct host_cpus *cpus, unsigned int last)
{
	unsigned int best = last, i;

	for (i = 0; i < cpus->nr_cpus; i++)
		if (cpus->cpu[i].nr_queued < cpus->cpu[best].nr_queued)
			best = i;
	return best;
}

static void move_to(struct cpu_thread *t, unsigned int cpu, unsigned int flags)
{
	struct host_cpus *cpus = t->cpus;
	uint64_t now = cpus->engine->now;

	tell_stalls_on(cpus, t->psi.cpu, now);
	tell_stalls_on(cpus, cpu, now);
	psi_task_set(&t->psi, group_of(t), cpu, flags, now);
}

/* One thread has left the queue of a CPU: if another's is longer by two, one changes. */
static void balance(struct host_cpus *cpus, unsigned int to)
{
	struct cpu_thread *t, *last = NULL;
	unsigned int longest = to, i;

	for (i = 0; i < cpus->nr_cpus; i++)
		if (cpus->cpu[i].nr_queued > cpus->cpu[longest].nr_queued)
			longest = i;
	if (cpus->cpu[longest].nr_queued < cpus->cpu[to].nr_queued + 2)
		return;
	for (t = cpus->runqueue; t; t = t->next)
		if (t->psi.cpu == longest)
			last = t;
	if (!last)
		return;
	cpus->cpu[longest].nr_queued--;
	cpus->cpu[to].nr_queued++;
	move_to(last, to, last->psi.flags);
}

static unsigned int flags_in(const struct cpu_thread *t, enum cpu_thread_state state)
{
	unsigned int stalled = t->stalls.stalled ? PSI_TSK_MEMSTALL : 0;

	switch (state) {
	case CPU_THREAD_RUNNING:
	case CPU_THREAD_RUNNABLE:
		return stalled | PSI_TSK_RUNNING | (stalled ? PSI_TSK_MEMSTALL_RUNNING : 0) |
		       (state == CPU_THREAD_RUNNING ? PSI_TSK_ONCPU : 0);
	case CPU_THREAD_BLOCKED:
		return stalled | (t->stalls.in_iowait ? PSI_TSK_IOWAIT : 0);
	case CPU_THREAD_WAKING:
		return t->psi.flags;
	case CPU_THREAD_DEAD:
		break;
	}
	return 0;
}

void cpu_psi_state(struct cpu_thread *t, enum cpu_thread_state next)
{
	struct host_cpus *cpus = t->cpus;
	unsigned int cpu = t->psi.cpu, left = cpu;
	bool was_queued = t->state == CPU_THREAD_RUNNABLE && !t->throttled;
	bool will_queue = next == CPU_THREAD_RUNNABLE && !t->throttled;

	cpu_psi_update(cpus);
	if (t->state == CPU_THREAD_RUNNING)
		tell_stalls(t, cpus->engine->now);
	if (was_queued)
		cpus->cpu[cpu].nr_queued--;
	if (next == CPU_THREAD_RUNNING)
		cpu = t->on - cpus->cpu;
	else if (will_queue)
		cpu = shortest_queue(cpus, cpu);
	if (will_queue)
		cpus->cpu[cpu].nr_queued++;
	move_to(t, cpu, flags_in(t, next));
	if (was_queued)
		balance(cpus, left);
}

void cpu_psi_throttled(struct cpu_thread *t, bool throttled)
{
	t->cpus->cpu[t->psi.cpu].nr_queued += throttled ? -1 : 1;
}

void cpu_psi_sleeper(struct host_cpus *cpus, struct psi_task *task, unsigned int cpu,
		     unsigned int flags)
{
	cpu_psi_update(cpus);
	tell_stalls_on(cpus, cpu, cpus->engine->now);
	psi_task_set(task, &cpus->psi.root, cpu, flags, cpus->engine->now);
}
