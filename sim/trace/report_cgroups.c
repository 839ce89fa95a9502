// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory groups of the host: what their limits are, and what came of them; the same of CPU time.
 */
#include <stdlib.h>
#include <string.h>

#include "collect.h"
#include "hostmem.h"
#include "json.h"
#include "report_internal.h"
#include "table.h"

static struct report_cgroup *group_of(const struct report *r, uint64_t cgroup)
{
	return cgroup && cgroup <= r->nr_cgroups ? &r->cgroups[cgroup - 1] : NULL;
}

static void see_cpu(struct report *r, const struct trace_record *record)
{
	const struct trace_rec_cgroup_cpu_sample *sample = record->rec;
	const struct trace_rec_cgroup_cpu *is = record->rec;
	struct report_cgroup *group = group_of(r, is->cgroup);

	if (group && record->id == TRACE_ID_cgroup_cpu)
		group->cpu = *is;
	else if (group)
		group->cpu_last = *sample;
}

void report_see_cgroup(struct report *r, const struct trace_record *record)
{
	const struct trace_rec_cgroup_sample *sample = record->rec;
	const struct trace_rec_cgroup *is = record->rec;

	if (record->id == TRACE_ID_cgroup_cpu || record->id == TRACE_ID_cgroup_cpu_sample) {
		see_cpu(r, record);
	} else if (record->id == TRACE_ID_cgroup_sample) {
		if (group_of(r, sample->cgroup))
			group_of(r, sample->cgroup)->last = *sample;
	} else if (is->cgroup == r->nr_cgroups + 1) {
		struct report_cgroup *group = collect_append(&r->cgroups, &r->nr_cgroups,
							     sizeof(*group));

		group->is = *is;
		group->name = collect_copy(is->name);
		group->is.name = group->name;
	}
}

void report_free_cgroups(struct report *r)
{
	for (unsigned int i = 0; i < r->nr_cgroups; i++)
		free(r->cgroups[i].name);
	host_free(r->cgroups);
}

static const char *parent_name(const struct report *r, const struct report_cgroup *group)
{
	uint64_t parent = group->is.parent;

	return parent && parent <= r->nr_cgroups ? r->cgroups[parent - 1].name : "-";
}

static void limit_cell(struct table *t, uint64_t pages)
{
	if (pages)
		table_pages(t, pages);
	else
		table_cell(t, "-");
}

static void text_cpu(const struct report *r, FILE *out)
{
	struct table t;

	table_init(&t, NULL, 1, "group|CPU|weight|quota|of|periods|throttled in|throttled for");
	for (unsigned int i = 0; i < r->nr_cgroups; i++) {
		const struct trace_rec_cgroup_cpu_sample *last = &r->cgroups[i].cpu_last;
		const struct trace_rec_cgroup_cpu *is = &r->cgroups[i].cpu;

		if (!last->used && !is->weight)
			continue;
		table_cell(&t, "%s", r->cgroups[i].name);
		table_ns(&t, last->used);
		if (is->weight)
			table_count(&t, is->weight);
		else
			table_cell(&t, "-");
		if (is->quota) {
			table_ns(&t, is->quota);
			table_ns(&t, is->period);
		} else {
			table_cell(&t, "-");
			table_cell(&t, "-");
		}
		table_count(&t, last->periods);
		table_count(&t, last->throttled_periods);
		table_ns(&t, last->throttled);
	}
	table_print(&t, out);
}

/* Memory that the kernel has for guests and cannot swap, by the names of memory.stat. */
static void text_kernel(const struct report *r, FILE *out)
{
	struct table t;

	if (!r->host.pagetables)
		return;
	table_init(&t, NULL, 1, "memory of the kernel|pagetables|sec_pagetables|kernel");
	table_cell(&t, "host");
	table_pages(&t, r->host.pagetables);
	table_pages(&t, r->host.sec_pagetables);
	table_pages(&t, r->host.kernel);
	for (unsigned int i = 0; i < r->nr_cgroups; i++) {
		const struct trace_rec_cgroup_sample *last = &r->cgroups[i].last;

		table_cell(&t, "%s", r->cgroups[i].name);
		table_pages(&t, last->pagetables);
		table_pages(&t, last->sec_pagetables);
		table_pages(&t, last->kernel);
	}
	table_print(&t, out);
}

void report_text_cgroups(const struct report *r, FILE *out)
{
	struct table t;

	table_init(&t, NULL, 2, "group|in|limit|used end|used peak|swap end|swap peak|"
		   "limit hits|over high|slowed down|killed");
	for (unsigned int i = 0; i < r->nr_cgroups; i++) {
		const struct report_cgroup *group = &r->cgroups[i];

		table_cell(&t, "%s", group->name);
		table_cell(&t, "%s", parent_name(r, group));
		limit_cell(&t, group->is.max);
		table_pages(&t, group->last.used);
		table_pages(&t, group->last.used_peak);
		table_pages(&t, group->last.swap_used);
		table_pages(&t, group->last.swap_peak);
		table_count(&t, group->last.max_events);
		table_count(&t, group->last.high_events);
		table_ns(&t, group->last.throttled);
		table_count(&t, group->last.oom_kills);
	}
	table_print(&t, out);
	text_kernel(r, out);
	text_cpu(r, out);
}

/* cpu.stat */
static void json_cpu(struct json *j, const struct report_cgroup *group)
{
	json_u64(j, "cpu_weight", group->cpu.weight);
	json_u64(j, "cpu_quota_ns", group->cpu.quota);
	json_u64(j, "cpu_period_ns", group->cpu.period);
	json_u64(j, "cpu_ns", group->cpu_last.used);
	json_u64(j, "cpu_periods", group->cpu_last.periods);
	json_u64(j, "cpu_throttled_periods", group->cpu_last.throttled_periods);
	json_u64(j, "cpu_throttled_ns", group->cpu_last.throttled);
}

void report_json_cgroups(const struct report *r, struct json *j)
{
	json_open(j, "cgroups", '[');
	for (unsigned int i = 0; i < r->nr_cgroups; i++) {
		const struct report_cgroup *group = &r->cgroups[i];
		const struct trace_rec_cgroup_sample *last = &group->last;

		json_open(j, NULL, '{');
		json_string(j, "name", group->name);
		json_string(j, "parent", parent_name(r, group));
		json_pages(j, "max_bytes", group->is.max);
		json_pages(j, "high_bytes", group->is.high);
		json_pages(j, "low_bytes", group->is.low);
		json_pages(j, "min_bytes", group->is.min);
		json_pages(j, "used_bytes", last->used);
		json_pages(j, "used_peak_bytes", last->used_peak);
		json_pages(j, "file_bytes", last->file);
		json_pages(j, "swap_bytes", last->swap_used);
		json_pages(j, "swap_peak_bytes", last->swap_peak);
		json_pages(j, "pagetables_bytes", last->pagetables);
		json_pages(j, "sec_pagetables_bytes", last->sec_pagetables);
		json_pages(j, "kernel_bytes", last->kernel);
		json_u64(j, "low_events", last->low_events);
		json_u64(j, "high_events", last->high_events);
		json_u64(j, "max_events", last->max_events);
		json_u64(j, "swap_max_events", last->swap_max_events);
		json_u64(j, "oom_events", last->oom_events);
		json_u64(j, "oom_kills", last->oom_kills);
		json_u64(j, "throttled_ns", last->throttled);
		json_cpu(j, group);
		json_close(j, '}');
	}
	json_close(j, ']');
}
