/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPU time by groups: weights and quotas.
 *
 * Models group scheduling and CFS bandwidth control of kernel/sched/fair.c, Linux 6.1: cpu.weight
 * (or cpu.shares) and cpu.max (or cpu.cfs_quota_us) of nested groups.
 *
 * Weights.  A group that has something to run competes with its siblings, and with tasks beside it,
 * by its weight; inside, its tasks and groups share that (1024 for each task).  calc_group_shares()
 * splits a group's weight over CPUs by how much load it has on each.  There is one queue for all
 * CPUs (cpu.h), so each thread has its part of the group's weight, whatever CPU it is on, in
 * proportion to what is runnable now, and its virtual time runs at the inverse of that: what the
 * kernel's formula has for perfect balancing.  Left out: load averages (PELT), which the kernel
 * takes in place of what is runnable now, so that parts follow some 30 ms later; groups' own
 * virtual times, so that a group that wakes has a sleeper's credit for each of its threads.
 *
 * Quotas.  A group has so much CPU time in each period, and each CPU takes it from there by slices
 * of 5 ms (sched_cfs_bandwidth_slice).  A CPU that can get no more is throttled: the group's
 * threads that are there do not run, nor go elsewhere, before the next period, or others have given
 * back what they did not need.  That the time is up is seen by the tick, so that a CPU takes up to
 * 4 ms too much, which it owes.  Left out: cpu.max.burst; periods that are prolonged since their
 * timer comes too late.
 *
 * Threads of a VM are in its group; kswapd, kworkers and other threads of the host's kernel are in
 * none.  (Left out: vhost workers join their owner's groups, vhost_attach_cgroups().)
 */
#ifndef BALLAST_HOST_CPU_GROUP_H
#define BALLAST_HOST_CPU_GROUP_H

#include "cpu.h"

#define CPU_WEIGHT_DEFAULT 100		/* CGROUP_WEIGHT_DFL */

/* Of a group on one CPU (struct cfs_rq). */
struct cpu_group_rq {
	int64_t remaining;		/* ns, of what it has taken from the pool; below 0: owed */
	bool throttled;
	uint64_t since;			/* ns, that it is */
	struct cpu_group_rq *next;	/* of cpu_group.throttled */
};

/* struct task_group, struct cfs_bandwidth. */
struct cpu_group {
	struct host_cpus *cpus;
	struct cpu_group *parent;	/* NULL: none above it but the root */
	uint64_t shares;		/* a task has CPU_SHARES_TASK */
	uint64_t load;			/* shares of what is runnable in it */
	unsigned int nr_runnable;	/* threads, with those of groups below */
	uint64_t usage;			/* ns, that they have run */

	uint64_t quota, period;		/* ns; quota 0: none */
	uint64_t runtime;		/* ns, left in the pool */
	bool period_active, idle;
	struct event period_end, slack;
	struct cpu_group_rq *rq;	/* by CPU */
	struct cpu_group_rq *throttled;	/* oldest first */
	/* cpu.stat; throttled time is that of its CPUs together. */
	uint64_t nr_periods, nr_throttled, throttled_ns;
};

/* The group is the caller's, and stays where it is; all weights are CPU_WEIGHT_DEFAULT then. */
void cpu_group_init(struct cpu_group *group, struct host_cpus *cpus, struct cpu_group *parent);
void cpu_group_destroy(struct cpu_group *group);
/*
 * Before threads run.  From the first group that has a weight or a quota on the CPU controller is
 * there: all groups are scheduled as such.  Without, threads of all groups are alike.
 */
void cpu_group_set_weight(struct cpu_group *group, unsigned int weight);
void cpu_group_set_quota(struct cpu_group *group, uint64_t quota_ns, uint64_t period_ns);
/* ns that its CPUs have been throttled, up to now. */
uint64_t cpu_group_throttled_ns(const struct cpu_group *group);

/* For cpu.c. */

/* Before a thread becomes what @next says. */
void cpu_group_state(struct cpu_thread *t, enum cpu_thread_state next);
/* It has run for so long; returns how much its virtual time is ahead by that. */
uint64_t cpu_group_ran(struct cpu_thread *t, uint64_t ns);
/* For how long it may run when others wait; by how much another one must be ahead of it. */
uint64_t cpu_group_slice(const struct cpu_thread *t);
uint64_t cpu_group_granularity(const struct cpu_thread *t);
/* Of @ns that it is to run, what passes before a tick finds that a quota is used up. */
uint64_t cpu_group_limit(const struct cpu_thread *t, uint64_t ns);
/* If there is a tick now: whether it finds that the thread, which runs, may not any more. */
bool cpu_group_tick(struct cpu_thread *t);
/*
 * Whether its quotas let it run on a CPU: each has some left there, or gets some.  If not, its
 * group is throttled there.
 */
bool cpu_group_may_run(struct cpu_thread *t, struct host_cpu *cpu);
/* The same for a CPU that it need not go to: nothing is taken, and nothing throttled. */
bool cpu_group_could_run(const struct cpu_thread *t, const struct host_cpu *cpu);
/* The first in the queue that may. */
struct cpu_thread *cpu_group_pick(struct host_cpus *cpus, struct host_cpu *cpu);
/* It has been queued: if its group is throttled at that CPU, it has to wait for that. */
void cpu_group_queued(struct cpu_thread *t);
/* It runs, and may not any more: it has left its CPU. */
void cpu_group_stopped(struct cpu_thread *t);
/* A thread that waits for its group is out of the list of those. */
void cpu_group_forget(struct cpu_thread *t);

#endif
