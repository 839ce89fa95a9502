// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPU time by groups; see cpu_group.h for what it models and leaves out.
 */
#include "cpu_group.h"

#include "cpu_internal.h"
#include "cpu_psi.h"
#include "hostmem.h"
#include "kvm.h"
#include "memcg.h"
#include "memory.h"

/* scale_load(): weights have ten more bits, so that a small part of a small weight is something. */
#define SHARES_SHIFT 10
#define SHARES_TASK (UINT64_C(1024) << SHARES_SHIFT)	/* NICE_0_LOAD */
#define SHARES_MIN UINT64_C(2)				/* MIN_SHARES */

#define SLICE_NS (5 * NSEC_PER_MSEC_U64)	/* sysctl_sched_cfs_bandwidth_slice */
#define KEEP_NS (1 * NSEC_PER_MSEC_U64)		/* min_cfs_rq_runtime */
#define SLACK_NS (5 * NSEC_PER_MSEC_U64)	/* cfs_bandwidth_slack_period */
#define EXPIRES_NS (2 * NSEC_PER_MSEC_U64)	/* min_bandwidth_expiration */

static struct cpu_group *group_of(const struct cpu_thread *t)
{
	return t->vm && t->vm->memcg ? t->vm->memcg->cpu : NULL;
}

static bool is_in(const struct cpu_thread *t, const struct cpu_group *group)
{
	const struct cpu_group *at = group_of(t);

	while (at && at != group)
		at = at->parent;
	return at;
}

/* Weights */

/* It waits for a CPU, not for its group, or has one. */
static bool is_runnable(const struct cpu_thread *t, enum cpu_thread_state state)
{
	return state == CPU_THREAD_RUNNING || (state == CPU_THREAD_RUNNABLE && !t->throttled);
}

/* enqueue_entity() of the thread, and of groups that had nothing to run. */
static void add_load(struct cpu_thread *t)
{
	struct cpu_group *group = group_of(t);
	uint64_t shares = SHARES_TASK;

	cpu_book_running(t->cpus);
	for (; group; group = group->parent) {
		group->load += shares;
		shares = group->nr_runnable++ ? 0 : group->shares;
	}
	t->cpus->load += shares;
}

static void remove_load(struct cpu_thread *t)
{
	struct cpu_group *group = group_of(t);
	uint64_t shares = SHARES_TASK;

	cpu_book_running(t->cpus);
	for (; group; group = group->parent) {
		group->load -= shares;
		shares = --group->nr_runnable ? 0 : group->shares;
	}
	t->cpus->load -= shares;
}

/* What a runnable thread weighs beside all others: its part of its group's weight, and so on. */
static uint64_t weight_of(const struct cpu_thread *t)
{
	const struct cpu_group *group = group_of(t);
	uint64_t weight = SHARES_TASK;

	for (; group; group = group->parent) {
		weight = group->load ? group->shares * weight / group->load : group->shares;
		weight = weight > SHARES_MIN ? weight : SHARES_MIN;
	}
	return weight;
}

/* calc_delta_fair() */
static uint64_t virtual_ns(uint64_t ns, uint64_t weight)
{
	return (unsigned __int128)ns * SHARES_TASK / weight;
}

uint64_t cpu_group_slice(const struct cpu_thread *t)
{
	const struct host_cpus *cpus = t->cpus;
	uint64_t slice = cpus->latency_ns;

	if (cpus->load)
		slice = (unsigned __int128)slice * weight_of(t) * cpus->nr_cpus / cpus->load;
	slice = slice < cpus->latency_ns ? slice : cpus->latency_ns;
	return slice > cpus->granularity_ns ? slice : cpus->granularity_ns;
}

uint64_t cpu_group_granularity(const struct cpu_thread *t)
{
	return virtual_ns(t->cpus->wakeup_granularity_ns, weight_of(t));
}

uint64_t cpu_group_ran(struct cpu_thread *t, uint64_t ns)
{
	unsigned int cpu = t->on - t->cpus->cpu;
	struct cpu_group *group;

	for (group = group_of(t); group; group = group->parent) {
		group->usage += ns;
		if (group->quota)
			group->rq[cpu].remaining -= ns;
	}
	return t->cpus->grouped ? virtual_ns(ns, weight_of(t)) : ns;
}

/* Quotas */

/* start_cfs_bandwidth(): periods begin at multiples of their length. */
static void start_period(struct cpu_group *group)
{
	uint64_t now = group->cpus->engine->now;

	if (group->period_active)
		return;
	group->period_active = true;
	event_add(group->cpus->engine, &group->period_end,
		  (now / group->period + 1) * group->period);
}

/* __assign_cfs_rq_runtime(): up to @target ns; returns whether it has any then. */
static bool assign(struct cpu_group *group, struct cpu_group_rq *rq, int64_t target)
{
	uint64_t wanted = target - rq->remaining;
	uint64_t amount = group->runtime < wanted ? group->runtime : wanted;

	start_period(group);
	if (amount) {
		group->runtime -= amount;
		group->idle = false;
	}
	rq->remaining += amount;
	return rq->remaining > 0;
}

static void wait_for_group(struct cpu_thread *t)
{
	struct cpu_thread **link = &t->cpus->throttled;

	while (*link)
		link = &(*link)->next;
	t->next = NULL;
	*link = t;
}

void cpu_group_forget(struct cpu_thread *t)
{
	struct cpu_thread **link = &t->cpus->throttled;

	while (*link != t)
		link = &(*link)->next;
	*link = t->next;
}

/* One that is queued at a CPU where its group is throttled. */
static void set_aside(struct cpu_thread *t)
{
	remove_load(t);
	cpu_unqueue(t);
	cpu_psi_throttled(t, true);
	t->throttled = true;
	wait_for_group(t);
}

void cpu_group_stopped(struct cpu_thread *t)
{
	wait_for_group(t);
}

/* throttle_cfs_rq() */
static void throttle(struct cpu_group *group, unsigned int cpu)
{
	struct cpu_group_rq *rq = &group->rq[cpu], **link = &group->throttled;
	struct host_cpus *cpus = group->cpus;
	struct cpu_thread *t, *next;

	rq->throttled = true;
	rq->since = cpus->engine->now;
	rq->next = NULL;
	while (*link)
		link = &(*link)->next;
	*link = rq;
	for (t = cpus->runqueue; t; t = next) {
		next = t->next;
		if (t->psi.cpu == cpu && is_in(t, group))
			set_aside(t);
	}
}

bool cpu_group_may_run(struct cpu_thread *t, struct host_cpu *on)
{
	unsigned int cpu = on - t->cpus->cpu;
	struct cpu_group *group;

	for (group = group_of(t); group; group = group->parent) {
		struct cpu_group_rq *rq = &group->rq[cpu];

		if (!group->quota)
			continue;
		if (rq->throttled)
			return false;
		if (rq->remaining <= 0 && !assign(group, rq, SLICE_NS)) {
			throttle(group, cpu);
			return false;
		}
	}
	return true;
}

bool cpu_group_could_run(const struct cpu_thread *t, const struct host_cpu *on)
{
	unsigned int cpu = on - t->cpus->cpu;
	const struct cpu_group *group;

	for (group = group_of(t); group; group = group->parent)
		if (group->quota && (group->rq[cpu].throttled ||
				     (group->rq[cpu].remaining <= 0 &&
				      group->rq[cpu].remaining + (int64_t)group->runtime <= 0)))
			return false;
	return true;
}

static bool is_throttled_at(const struct cpu_thread *t, unsigned int cpu)
{
	const struct cpu_group *group;

	for (group = group_of(t); group; group = group->parent)
		if (group->quota && group->rq[cpu].throttled)
			return true;
	return false;
}

struct cpu_thread *cpu_group_pick(struct host_cpus *cpus, struct host_cpu *cpu)
{
	struct cpu_thread *t = cpus->runqueue;

	while (t) {
		unsigned int before = cpus->nr_runnable;
		bool own = &cpus->cpu[t->psi.cpu] == cpu;

		if ((own || cpu_group_could_run(t, cpu)) && cpu_group_may_run(t, cpu))
			return t;
		/* What is throttled now is not in the queue any more. */
		t = cpus->nr_runnable == before ? t->next : cpus->runqueue;
	}
	return NULL;
}

void cpu_group_queued(struct cpu_thread *t)
{
	cpu_group_may_run(t, &t->cpus->cpu[t->psi.cpu]);
	if (!t->throttled && is_throttled_at(t, t->psi.cpu))
		set_aside(t);
}

uint64_t cpu_group_limit(const struct cpu_thread *t, uint64_t ns)
{
	unsigned int cpu = t->on - t->cpus->cpu;
	uint64_t now = t->cpus->engine->now;
	const struct cpu_group *group;

	for (group = group_of(t); group; group = group->parent) {
		int64_t left = group->rq[cpu].remaining;
		uint64_t tick;

		if (!group->quota)
			continue;
		tick = now + (left > 0 ? left : 0) + HOST_JIFFY_NS - 1;
		tick -= tick % HOST_JIFFY_NS;
		ns = tick - now < ns ? tick - now : ns;
	}
	return ns;
}

bool cpu_group_tick(struct cpu_thread *t)
{
	return !(t->cpus->engine->now % HOST_JIFFY_NS) && !cpu_group_may_run(t, t->on);
}

/* unthrottle_cfs_rq() */
static void unthrottle(struct cpu_group *group, struct cpu_group_rq *rq)
{
	struct host_cpus *cpus = group->cpus;
	struct cpu_group_rq **link = &group->throttled;
	unsigned int cpu = rq - group->rq;
	struct cpu_thread *t, *next;

	while (*link != rq)
		link = &(*link)->next;
	*link = rq->next;
	rq->throttled = false;
	group->throttled_ns += cpus->engine->now - rq->since;
	for (t = cpus->throttled; t; t = next) {
		next = t->next;
		if (t->psi.cpu != cpu || !is_in(t, group) || is_throttled_at(t, cpu))
			continue;
		cpu_group_forget(t);
		t->throttled = false;
		cpu_psi_throttled(t, false);
		add_load(t);
		cpu_make_ready(t);
		/* Whoever has run meanwhile may have changed the list. */
		next = cpus->throttled;
	}
}

/* distribute_cfs_runtime(): what each owes, and a little. */
static void distribute(struct cpu_group *group)
{
	struct cpu_group_rq *rq, *next;

	for (rq = group->throttled; rq && group->runtime; rq = next) {
		uint64_t wanted = 1 - rq->remaining;
		uint64_t amount = group->runtime < wanted ? group->runtime : wanted;

		next = rq->next;
		group->runtime -= amount;
		rq->remaining += amount;
		if (rq->remaining > 0)
			unthrottle(group, rq);
	}
}

/* do_sched_cfs_period_timer() */
static void period_end_fn(struct event *ev)
{
	struct cpu_group *group = event_owner(ev, struct cpu_group, period_end);

	group->nr_periods++;
	group->runtime += group->quota;
	if (group->runtime > group->quota)
		group->runtime = group->quota;
	if (group->idle && !group->throttled) {
		group->period_active = false;
		return;
	}
	event_add(group->cpus->engine, ev, group->cpus->engine->now + group->period);
	if (!group->throttled) {
		group->idle = true;
		return;
	}
	group->nr_throttled++;
	distribute(group);
	group->idle = false;
}

/* runtime_refresh_within() */
static bool period_ends_within(const struct cpu_group *group, uint64_t ns)
{
	return event_time(group->cpus->engine, &group->period_end) - group->cpus->engine->now < ns;
}

/* do_sched_cfs_slack_timer() */
static void slack_fn(struct event *ev)
{
	struct cpu_group *group = event_owner(ev, struct cpu_group, slack);

	if (!group->period_active || period_ends_within(group, EXPIRES_NS))
		return;
	if (group->runtime > SLICE_NS)
		distribute(group);
}

static bool has_more_at(const struct cpu_group *group, const struct cpu_thread *leaving,
			unsigned int cpu)
{
	const struct cpu_thread *t;

	for (t = group->cpus->runqueue; t; t = t->next)
		if (t != leaving && t->psi.cpu == cpu && is_in(t, group))
			return true;
	return false;
}

/* return_cfs_rq_runtime(): the last of its threads there goes to sleep. */
static void give_back(struct cpu_group *group, unsigned int cpu)
{
	struct cpu_group_rq *rq = &group->rq[cpu];
	int64_t slack = rq->remaining - (int64_t)KEEP_NS;

	if (slack <= 0)
		return;
	group->runtime += slack;
	rq->remaining -= slack;
	if (group->runtime > SLICE_NS && group->throttled && !event_pending(&group->slack) &&
	    !period_ends_within(group, SLACK_NS + EXPIRES_NS))
		event_add(group->cpus->engine, &group->slack, group->cpus->engine->now + SLACK_NS);
}

void cpu_group_state(struct cpu_thread *t, enum cpu_thread_state next)
{
	bool was = is_runnable(t, t->state), will = is_runnable(t, next);
	struct cpu_group *group;

	if (!was && will)
		add_load(t);
	if (!was || will)
		return;
	remove_load(t);
	if (next == CPU_THREAD_RUNNABLE)
		return;
	for (group = group_of(t); group; group = group->parent)
		if (group->quota && !has_more_at(group, t, t->psi.cpu))
			give_back(group, t->psi.cpu);
}

/* Making them */

void cpu_group_init(struct cpu_group *group, struct host_cpus *cpus, struct cpu_group *parent)
{
	*group = (struct cpu_group){ .cpus = cpus, .parent = parent, .shares = SHARES_TASK };
	group->rq = host_alloc(cpus->nr_cpus * sizeof(*group->rq));
	event_init(&group->period_end, period_end_fn);
	event_init(&group->slack, slack_fn);
}

void cpu_group_destroy(struct cpu_group *group)
{
	event_cancel(group->cpus->engine, &group->period_end);
	event_cancel(group->cpus->engine, &group->slack);
	host_free(group->rq);
}

void cpu_group_set_weight(struct cpu_group *group, unsigned int weight)
{
	group->cpus->grouped = true;
	/* cpu_weight_write_u64() */
	group->shares = ((uint64_t)weight * 1024 + CPU_WEIGHT_DEFAULT / 2) / CPU_WEIGHT_DEFAULT
			<< SHARES_SHIFT;
}

void cpu_group_set_quota(struct cpu_group *group, uint64_t quota_ns, uint64_t period_ns)
{
	group->cpus->grouped = group->cpus->bandwidth = true;
	group->quota = group->runtime = quota_ns;
	group->period = period_ns;
}

uint64_t cpu_group_throttled_ns(const struct cpu_group *group)
{
	const struct cpu_group_rq *rq;
	uint64_t ns = group->throttled_ns;

	for (rq = group->throttled; rq; rq = rq->next)
		ns += group->cpus->engine->now - rq->since;
	return ns;
}
