// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pressure stall information; see psi.h for what it models and leaves out.
 */
#include "psi.h"

#include <string.h>

#include "hostmem.h"

/* include/linux/sched/loadavg.h, and EXP_10s and so on of kernel/sched/psi.c */
#define FSHIFT 11
#define FIXED_1 (UINT64_C(1) << FSHIFT)

static const uint64_t exp_of[NR_PSI_AVGS] = { 1677, 1981, 2034 };

/* In psi_cpu.states, beside the states: one of the group's tasks has the CPU. */
#define ONCPU (1u << NR_PSI_TIMES)

void psi_init(struct psi *psi, unsigned int nr_cpus, uint64_t now)
{
	*psi = (struct psi){ .nr_cpus = nr_cpus, .next_work = PSI_NEVER };
	psi->curr = host_alloc(nr_cpus * sizeof(*psi->curr));
	psi_group_init(&psi->root, psi, NULL, now);
}

void psi_destroy(struct psi *psi)
{
	if (!psi->curr)
		return;
	psi_group_destroy(&psi->root);
	host_free(psi->curr);
	psi->curr = NULL;
}

void psi_group_init(struct psi_group *group, struct psi *psi, struct psi_group *parent,
		    uint64_t now)
{
	*group = (struct psi_group){
		.psi = psi, .parent = parent, .next = psi->groups, .work_at = PSI_NEVER,
		.avg_last_update = now, .avg_next_update = now + PSI_PERIOD_NS,
	};
	group->cpu = host_alloc(psi->nr_cpus * sizeof(*group->cpu));
	psi->groups = group;
}

void psi_group_destroy(struct psi_group *group)
{
	struct psi_group **link = &group->psi->groups;

	while (*link != group)
		link = &(*link)->next;
	*link = group->next;
	host_free(group->cpu);
}

/* Tasks */

/* test_state(), all of them. */
static unsigned int states_of(const struct psi_cpu *c, bool oncpu, bool curr_stalls)
{
	const unsigned int *nr = c->tasks;
	unsigned int states = oncpu ? ONCPU : 0;

	if (nr[PSI_NR_IOWAIT])
		states |= 1u << PSI_IO_SOME;
	if (nr[PSI_NR_IOWAIT] && !nr[PSI_NR_RUNNING])
		states |= 1u << PSI_IO_FULL;
	if (nr[PSI_NR_MEMSTALL])
		states |= 1u << PSI_MEM_SOME;
	if (nr[PSI_NR_MEMSTALL] && nr[PSI_NR_RUNNING] == nr[PSI_NR_MEMSTALL_RUNNING])
		states |= 1u << PSI_MEM_FULL;
	if (nr[PSI_NR_RUNNING] > oncpu)
		states |= 1u << PSI_CPU_SOME;
	if (nr[PSI_NR_RUNNING] && !oncpu)
		states |= 1u << PSI_CPU_FULL;
	if (nr[PSI_NR_IOWAIT] || nr[PSI_NR_MEMSTALL] || nr[PSI_NR_RUNNING])
		states |= 1u << PSI_NONIDLE;
	/* While the CPU reclaims, nobody's work gets done on it. */
	if (oncpu && curr_stalls)
		states |= 1u << PSI_MEM_FULL;
	return states;
}

static void record_times(struct psi_cpu *c, uint64_t now)
{
	uint64_t delta = now - c->since;
	unsigned int left = c->states & ~ONCPU;

	for (; left; left &= left - 1)
		c->times[__builtin_ctz(left)] += delta;
	c->since = now;
}

static void wake_clock(struct psi_group *group, uint64_t now)
{
	struct psi *psi = group->psi;

	if (group->work_at != PSI_NEVER)
		return;
	group->work_at = now + PSI_PERIOD_NS;
	if (group->work_at < psi->told_until)
		group->work_at = psi->told_until;
	if (group->work_at < psi->next_work)
		psi->next_work = group->work_at;
}

static void group_change(struct psi_group *group, unsigned int cpu, unsigned int clear,
			 unsigned int set, uint64_t now)
{
	const struct psi_task *curr = group->psi->curr[cpu];
	struct psi_cpu *c = &group->cpu[cpu];
	bool oncpu = c->states & ONCPU;
	unsigned int i;

	if ((clear | set) & PSI_TSK_ONCPU)
		oncpu = set & PSI_TSK_ONCPU;
	for (i = 0; i < NR_PSI_COUNTS; i++) {
		c->tasks[i] -= clear >> i & 1;
		c->tasks[i] += set >> i & 1;
	}
	record_times(c, now);
	c->states = states_of(c, oncpu, curr && curr->flags & PSI_TSK_MEMSTALL);
	wake_clock(group, now);
}

static void task_change(struct psi_task *task, unsigned int clear, unsigned int set, uint64_t now)
{
	struct psi *psi = task->group->psi;
	struct psi_group *group;

	task->flags = (task->flags & ~clear) | set;
	if (set & PSI_TSK_ONCPU)
		psi->curr[task->cpu] = task;
	else if (clear & PSI_TSK_ONCPU && psi->curr[task->cpu] == task)
		psi->curr[task->cpu] = NULL;
	for (group = task->group; group; group = group->parent)
		group_change(group, task->cpu, clear, set, now);
}

void psi_task_set(struct psi_task *task, struct psi_group *group, unsigned int cpu,
		  unsigned int flags, uint64_t now)
{
	if (task->flags && (task->cpu != cpu || task->group != group))
		task_change(task, task->flags, 0, now);
	task->cpu = cpu;
	task->group = group;
	if (task->flags != flags)
		task_change(task, task->flags & ~flags, flags & ~task->flags, now);
}

/* Totals */

/* collect_percpu_times(); returns whether any CPU was not idle. */
static bool collect(struct psi_group *group, uint64_t now)
{
	uint64_t deltas[NR_PSI_STATES] = { 0 }, nonidle_total = 0;
	bool active = false;
	unsigned int cpu, s;

	for (cpu = 0; cpu < group->psi->nr_cpus; cpu++) {
		struct psi_cpu *c = &group->cpu[cpu];
		uint64_t nonidle;

		record_times(c, now);
		nonidle = c->times[PSI_NONIDLE] - c->collected[PSI_NONIDLE];
		active = active || nonidle;
		nonidle /= PSI_TICK_NS;		/* nsecs_to_jiffies() */
		nonidle_total += nonidle;
		for (s = 0; s < NR_PSI_STATES; s++)
			deltas[s] += (c->times[s] - c->collected[s]) * nonidle;
		memcpy(c->collected, c->times, sizeof(c->collected));
	}
	for (s = 0; s < NR_PSI_STATES && nonidle_total; s++)
		group->total[s] += deltas[s] / nonidle_total;
	return active;
}

/* fixed_power_int(): x^n, rounded at each step. */
static uint64_t fixed_power(uint64_t x, uint64_t n)
{
	const uint64_t half = FIXED_1 / 2;
	uint64_t result = FIXED_1;

	for (; n; n >>= 1) {
		if (n & 1)
			result = (result * x + half) >> FSHIFT;
		x = (x * x + half) >> FSHIFT;
	}
	return result;
}

/* calc_load() */
static uint64_t decay(uint64_t load, uint64_t exp, uint64_t active)
{
	uint64_t sum = load * exp + active * (FIXED_1 - exp);

	if (active >= load)
		sum += FIXED_1 - 1;
	return sum / FIXED_1;
}

/* update_averages() */
static void update_averages(struct psi_group *group, uint64_t now)
{
	uint64_t late = now - group->avg_next_update;
	uint64_t missed = late >= PSI_PERIOD_NS ? late / PSI_PERIOD_NS : 0;
	uint64_t period = now - (group->avg_last_update + missed * PSI_PERIOD_NS);
	unsigned int s, i;

	group->avg_next_update += (1 + missed) * PSI_PERIOD_NS;
	group->avg_last_update = now;
	for (s = 0; s < NR_PSI_STATES; s++) {
		uint64_t sample = group->total[s] - group->avg_total[s];
		uint64_t *avg = group->avg[s];

		if (sample > period)
			sample = period;
		group->avg_total[s] += sample;
		for (i = 0; i < NR_PSI_AVGS; i++) {
			if (missed)
				avg[i] = decay(avg[i], fixed_power(exp_of[i], missed), 0);
			avg[i] = decay(avg[i], exp_of[i], sample * 100 / period * FIXED_1);
		}
	}
}

/* psi_avgs_work(): as long as something happens it comes again. */
static void avgs_work(struct psi_group *group, uint64_t now)
{
	bool again = collect(group, now);

	if (now >= group->avg_next_update)
		update_averages(group, now);
	group->work_at = again ? group->avg_next_update : PSI_NEVER;
}

static void find_next_work(struct psi *psi)
{
	const struct psi_group *group;

	psi->next_work = PSI_NEVER;
	for (group = psi->groups; group; group = group->next)
		if (group->work_at < psi->next_work)
			psi->next_work = group->work_at;
}

void psi_run_works(struct psi *psi, uint64_t now)
{
	struct psi_group *group;

	while (psi->next_work <= now) {
		uint64_t at = psi->next_work;

		psi->told_until = at;
		if (psi->catch_up)
			psi->catch_up(psi, at);
		for (group = psi->groups; group; group = group->next)
			if (group->work_at <= at)
				avgs_work(group, at);
		find_next_work(psi);
	}
}

void psi_show(struct psi_group *group, uint64_t now, struct psi_values *values)
{
	psi_run_works(group->psi, now);
	group->psi->told_until = now;
	if (group->psi->catch_up)
		group->psi->catch_up(group->psi, now);
	collect(group, now);
	if (now >= group->avg_next_update)
		update_averages(group, now);
	psi_peek(group, values);
}

void psi_peek(const struct psi_group *group, struct psi_values *values)
{
	unsigned int s, i;

	for (s = 0; s < NR_PSI_STATES; s++) {
		/* Of the system it is not defined. */
		bool none = s == PSI_CPU_FULL && !group->parent;

		values->total_us[s] = none ? 0 : group->total[s] / 1000;
		for (i = 0; i < NR_PSI_AVGS; i++)
			values->avg[s][i] = none ? 0 : group->avg[s][i] * 100 / FIXED_1;
	}
}
