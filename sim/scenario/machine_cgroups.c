// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory groups of the machine's host, as the scenario has them, and what is recorded of them.
 */
#include "machine-internal.h"

#include <stdlib.h>

#include "cpu_group.h"

static uint64_t pages_of(uint64_t limit_mib)
{
	return limit_mib == UINT64_MAX ? MEMCG_NO_LIMIT : MIB_PAGES(limit_mib);
}

/* Those above it first. */
static bool create(struct machine *m, uint32_t i)
{
	const struct scenario_cgroup *c = &m->scenario->host.cgroups[i];
	struct host_memcg *memcg;

	if (m->cgroups[i])
		return true;
	if (c->parent && !create(m, c->parent - 1))
		return false;
	memcg = host_add_memcg(&m->host, c->name, c->parent ? m->cgroups[c->parent - 1] : NULL);
	if (!memcg)
		return false;
	memcg->max = pages_of(c->max_mib);
	memcg->high = pages_of(c->high_mib);
	memcg->swap_max = pages_of(c->swap_max_mib);
	memcg->low = pages_of(c->low_mib);
	memcg->min = pages_of(c->min_mib);
	if (c->cpu_weight)
		cpu_group_set_weight(memcg->cpu, c->cpu_weight);
	if (c->cpu_quota_us)
		cpu_group_set_quota(memcg->cpu, c->cpu_quota_us * NSEC_PER_USEC_U64,
				    c->cpu_period_us * NSEC_PER_USEC_U64);
	m->cgroups[i] = memcg;
	return true;
}

bool machine_cgroups_create(struct machine *m)
{
	const struct scenario_host *host = &m->scenario->host;
	uint32_t i;

	m->cgroups = calloc(host->nr_cgroups + 1, sizeof(*m->cgroups));
	for (i = 0; m->cgroups && i < host->nr_cgroups; i++)
		if (!create(m, i))
			return false;
	return m->cgroups;
}

void machine_cgroups_destroy(struct machine *m)
{
	free(m->cgroups);
	free(m->pressure);
}

struct host_memcg *machine_cgroup(struct machine *m, uint32_t cgroup)
{
	return cgroup ? m->cgroups[cgroup - 1] : &m->host.root;
}

/* 0: no limit. */
static uint64_t limit(uint64_t pages)
{
	return pages == MEMCG_NO_LIMIT ? 0 : pages;
}

static void trace_cpu(struct machine *m, uint32_t i)
{
	const struct scenario_cgroup *c = &m->scenario->host.cgroups[i];

	MACHINE_TRACE(m, cgroup_cpu, .cgroup = i + 1,
		      .weight = c->cpu_weight ? c->cpu_weight : CPU_WEIGHT_DEFAULT,
		      .quota = m->cgroups[i]->cpu->quota,
		      .period = c->cpu_quota_us ? m->cgroups[i]->cpu->period : 0);
}

void machine_trace_cgroups(struct machine *m)
{
	const struct scenario_host *host = &m->scenario->host;
	uint32_t i;

	for (i = 0; i < host->nr_cgroups; i++) {
		const struct host_memcg *memcg = m->cgroups[i];

		MACHINE_TRACE(m, cgroup, .cgroup = i + 1, .name = memcg->name,
			      .parent = host->cgroups[i].parent, .max = limit(memcg->max),
			      .high = limit(memcg->high), .low = memcg->low, .min = memcg->min,
			      .swap_limited = memcg->swap_max != MEMCG_NO_LIMIT,
			      .swap_max = limit(memcg->swap_max));
		if (m->host.cpus.grouped)
			trace_cpu(m, i);
	}
}

static void sample_cpu(struct machine *m, uint32_t cgroup, const struct cpu_group *cpu)
{
	if (cpu->usage || cpu->nr_periods)
		MACHINE_TRACE(m, cgroup_cpu_sample, .cgroup = cgroup, .used = cpu->usage,
			      .periods = cpu->nr_periods, .throttled_periods = cpu->nr_throttled,
			      .throttled = cpu_group_throttled_ns(cpu));
}

void machine_sample_cgroups(struct machine *m)
{
	uint32_t i;

	for (i = 0; i < m->scenario->host.nr_cgroups; i++) {
		const struct host_memcg *memcg = m->cgroups[i];
		const struct host_memcg_events *e = &memcg->events;

		MACHINE_TRACE(m, cgroup_sample, .cgroup = i + 1, .used = memcg->usage,
			      .swap_used = memcg->swap,
			      .file = memcg->lru_size[SCAN_INACTIVE_FILE] +
				      memcg->lru_size[SCAN_ACTIVE_FILE],
			      .used_peak = memcg->peak, .swap_peak = memcg->swap_peak,
			      .low_events = e->low, .high_events = e->high, .max_events = e->max,
			      .swap_max_events = e->swap_max, .oom_events = e->oom,
			      .oom_kills = e->oom_kill, .throttled = e->throttled_ns,
			      .pagetables = memcg->pagetables,
			      .sec_pagetables = memcg->sec_pagetables, .kernel = memcg->kernel);
		sample_cpu(m, i + 1, memcg->cpu);
	}
}
