// SPDX-License-Identifier: GPL-2.0-only
/*
 * The run queue: who is next, and when a turn ends.
 *
 * Models CFS, kernel/sched/fair.c of Linux 6.1, for tasks of equal weight: virtual run times,
 * min_vruntime, where new tasks and sleepers come in, turns that end at a tick, preemption at a
 * wake-up, tunables that grow with the number of CPUs.  One queue for all vCPUs stands for perfect
 * balancing, so latency is shared by the tasks per vCPU.
 */
#include "internal.h"

#include <linux/jiffies.h>
#include <linux/math.h>
#include <linux/limits.h>
#include <linux/minmax.h>

/* For one CPU; cpu_sched_factor() scales them (kernel/sched/fair.c). */
#define LATENCY_NS (6 * NSEC_PER_MSEC_U64)
#define MIN_GRANULARITY_NS (750 * NSEC_PER_USEC_U64)
#define WAKEUP_GRANULARITY_NS NSEC_PER_MSEC_U64

static unsigned int nr_running(const struct sched_state *sched)
{
	unsigned int nr = sched->nr_queued, i;

	for (i = 0; i < sched->nr_vcpus; i++) {
		const struct vcpu *v = &sched->vcpus[i];

		nr += v->curr && v->curr != &v->idle;
	}
	return nr;
}

/*
 * A task's part of the latency period, in which all that share a vCPU run once: one of @nr_tasks
 * (sched_slice()).
 */
static u64 slice_ns(const struct sched_state *sched, unsigned int nr_tasks)
{
	u64 share = DIV_ROUND_UP(max(nr_tasks, 1u), sched->nr_vcpus);

	return max_t(u64, LATENCY_NS * sched->factor / share, MIN_GRANULARITY_NS * sched->factor);
}

/*
 * The least virtual run time of anybody who runs or waits, as far as it is not behind
 * (update_min_vruntime(); one run queue stands for those of all vCPUs).
 */
static void update_min_vruntime(struct sched_state *sched)
{
	u64 least = UINT64_MAX;
	unsigned int i;

	for (i = 0; i < sched->nr_vcpus; i++) {
		const struct vcpu *v = &sched->vcpus[i];

		if (v->curr && v->curr != &v->idle)
			least = min(least, v->curr->vruntime);
	}
	if (!list_empty(&sched->runqueue))
		least = min(least, list_first_entry(&sched->runqueue, struct task_struct,
						    run_node)->vruntime);
	if (least != UINT64_MAX)
		sched->min_vruntime = max(sched->min_vruntime, least);
}

/* Time in which the host had it halted, with a task on it. */
static u64 book_stopped(struct vcpu *v)
{
	u64 now = v->kernel->engine->now, ns = v->stopped ? now - v->stopped_since : 0;

	v->stopped_since = now;
	v->thread->stalled += ns;
	return ns;
}

void fair_book(struct vcpu *v)
{
	u64 now = cpu_ran(v->thread);

	if (v->curr) {
		u64 ran = now - v->curr_since, clock = ran + book_stopped(v);

		v->curr->vruntime += clock;
		v->curr->slice_used += clock;
		v->curr->sum_exec_runtime += ran;
		if (clock && v->curr != &v->idle)
			update_min_vruntime(v->kernel->sched);
	}
	v->curr_since = now;
}

static void book_all(struct sched_state *sched)
{
	unsigned int i;

	for (i = 0; i < sched->nr_vcpus; i++)
		fair_book(&sched->vcpus[i]);
}

/*
 * Where a task comes in (place_entity()): a new one after those that have yet to run once
 * (START_DEBIT), one that slept at most half a latency period ahead (GENTLE_FAIR_SLEEPERS).
 */
void fair_place(struct sched_state *sched, struct task_struct *task)
{
	u64 credit = LATENCY_NS * sched->factor / 2;

	if (!sched->nr_vcpus)
		return;
	book_all(sched);
	if (task->placed)
		task->vruntime = max(task->vruntime,
				     sched->min_vruntime - min(credit, sched->min_vruntime));
	else
		task->vruntime = sched->min_vruntime + slice_ns(sched, nr_running(sched) + 1);
	task->placed = true;
}

void fair_enqueue(struct task_struct *task)
{
	struct sched_state *sched = task->kernel->sched;
	struct task_struct *other;
	struct list_head *at = &sched->runqueue;

	list_for_each_entry(other, &sched->runqueue, run_node) {
		if (other->vruntime > task->vruntime) {
			at = &other->run_node;
			break;
		}
	}
	list_add_tail(&task->run_node, at);
	task->on_rq = true;
	sched->nr_queued++;
	if (!event_pending(&sched->tick))
		event_add(task->kernel->engine, &sched->tick,
			  next_jiffy_time(task->kernel));
}

/* The first task that may run on @v. */
static struct task_struct *first_for(const struct vcpu *v)
{
	struct task_struct *task;

	list_for_each_entry(task, &v->kernel->sched->runqueue, run_node)
		if (task_may_run_on(task, v))
			return task;
	return NULL;
}

bool fair_has_task(const struct vcpu *v)
{
	return first_for(v) != NULL;
}

struct task_struct *fair_dequeue_first(struct vcpu *v)
{
	struct sched_state *sched = v->kernel->sched;
	struct task_struct *task = first_for(v);

	if (!task)
		return NULL;
	list_del_init(&task->run_node);
	task->on_rq = false;
	sched->nr_queued--;
	task->slice_used = 0;
	return task;
}

/* Whether the running task has had its turn (check_preempt_tick()). */
bool fair_slice_ended(const struct vcpu *v)
{
	const struct sched_state *sched = v->kernel->sched;
	u64 slice = slice_ns(sched, nr_running(sched)), head;

	if (v->curr->slice_used > slice)
		return true;
	if (v->curr->slice_used < MIN_GRANULARITY_NS * sched->factor)
		return false;
	head = list_first_entry(&sched->runqueue, struct task_struct, run_node)->vruntime;
	return v->curr->vruntime > head + slice;
}

/* A woken task takes the place of one that is ahead by more than this (wakeup_preempt_entity()). */
static bool preempts(const struct task_struct *task, const struct task_struct *curr)
{
	u64 granularity = WAKEUP_GRANULARITY_NS * task->kernel->sched->factor;

	return curr->vruntime > task->vruntime + granularity;
}

/* An idle vCPU that nobody else was sent to takes the task. */
static bool wake_idle(struct vcpu *v)
{
	if (!v->halted || v->woken)
		return false;
	v->woken = true;
	cpu_wake(v->thread);
	return true;
}

void fair_send(struct task_struct *task)
{
	struct sched_state *sched = task->kernel->sched;
	struct vcpu *victim = NULL;
	unsigned int i;

	if (task->vcpu && task_may_run_on(task, task->vcpu) && wake_idle(task->vcpu))
		return;
	for (i = 0; i < sched->nr_vcpus; i++) {
		struct vcpu *v = &sched->vcpus[i];

		if (!task_may_run_on(task, v))
			continue;
		if (wake_idle(v))
			return;
		if (!v->curr)
			return;		/* it is on its way to the run queue */
		if (v->curr == &v->idle)
			continue;
		if (!victim || v->curr->vruntime > victim->curr->vruntime)
			victim = v;
	}
	if (victim && preempts(task, victim->curr)) {
		victim->need_resched = true;
		vcpu_interrupt(victim);
	}
}
