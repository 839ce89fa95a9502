// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPU time of the whole machine by what it was used for: vCPUs, VMMs and the host's kernel, as a
 * share of all CPUs.
 */
#include <stdio.h>

#include "gutter.h"
#include "hostmem.h"
#include "lane.h"
#include "number.h"
#include "stack.h"

/* What is shown as one. */
static const struct {
	enum cause cause;
	enum index_series_id id;
} causes[] = {
	{ CAUSE_PROGRAM, INDEX_cpu_program },
	{ CAUSE_GUEST_KERNEL, INDEX_cpu_guest_memory },
	{ CAUSE_GUEST_KERNEL, INDEX_cpu_guest_zero },
	{ CAUSE_GUEST_KERNEL, INDEX_cpu_guest_reclaim },
	{ CAUSE_GUEST_KERNEL, INDEX_cpu_guest_compaction },
	{ CAUSE_GUEST_KERNEL, INDEX_cpu_guest_other },
	{ CAUSE_DRIVER, INDEX_cpu_driver },
	{ CAUSE_EXITS, INDEX_cpu_exits },
	{ CAUSE_VMM, INDEX_cpu_handler },
	{ CAUSE_DISCARD, INDEX_cpu_discard },
	{ CAUSE_HOST_FAULT, INDEX_cpu_host_fault },
	{ CAUSE_HOST_FAULT, INDEX_cpu_host_zero },
	{ CAUSE_HOST_SWAP, INDEX_cpu_host_reclaim },
	{ CAUSE_HOST_SWAP, INDEX_cpu_host_swap_in },
	{ CAUSE_HOST_SWAP, INDEX_cpu_compression },
	{ CAUSE_WAITING, INDEX_cpu_host_switch },
	{ CAUSE_WAITING, INDEX_cpu_lock_spin },
};

#define NR_SERIES (sizeof(causes) / sizeof(*causes))

static void values(const struct scene *s, const struct lane *lane, const uint64_t *used,
		   uint64_t most)
{
	uint64_t all = 0;
	struct gutter g;

	for (unsigned int i = 0; i < NR_CAUSES; i++)
		all += used[i];
	gutter_begin(&g, s, lane, "CPU time", "in view:");
	gutter_line(&g, 0, "all", human_ns(all).text, GUTTER_FIRST);
	for (unsigned int i = 0; i < NR_CAUSES; i++)
		if (used[i])
			gutter_line(&g, s->p->cause[i], cause_names[i], human_ns(used[i]).text,
				    used[i]);
	gutter_end(&g);
	gutter_scale(s, lane->plot, number_permille(most).text, "0");
}

void lane_cpu_draw(const struct scene *s, const struct lane *lane)
{
	int w = s->l->plot_w;
	uint64_t *mean = host_alloc((size_t)NR_CAUSES * w * sizeof(*mean)), used[NR_CAUSES] = { 0 };
	uint64_t ns = (s->v->to - s->v->from) / w, cpus, most = 1;
	struct stack stack = { .c = s->c, .plot = lane->plot, .nr = NR_CAUSES,
			       .back = s->p->lane };

	cpus = s->source[lane->source].index->head.cpus;
	for (unsigned int i = 0; i < NR_SERIES; i++) {
		const struct index_column *c = scene_columns(s, 0, lane->source, INDEX_HOST,
							     causes[i].id);

		for (int x = 0; x < w; x++) {
			mean[(size_t)causes[i].cause * w + x] += c[x].delta;
			used[causes[i].cause] += c[x].delta;
		}
	}
	for (unsigned int i = 0; i < NR_CAUSES; i++) {
		stack.color[i] = s->p->cause[i];
		stack.mean[i] = mean + (size_t)i * w;
	}
	for (int x = 0; x < w; x++) {
		uint64_t sum = 0;

		for (unsigned int i = 0; i < NR_CAUSES; i++)
			sum += stack.mean[i][x];
		most = sum > most ? sum : most;
	}
	stack.full = most;
	stack_draw(&stack);
	host_free(mean);
	values(s, lane, used, (unsigned __int128)most * 1000 / ((ns ? ns : 1) * (cpus ? cpus : 1)));
}
