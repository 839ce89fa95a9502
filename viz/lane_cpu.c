// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPU time of the whole machine by what it was used for: vCPUs, VMMs and the host's kernel, as a
 * share of all CPUs.
 */
#include <stdio.h>
#include <string.h>

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
#define COLUMN_NS UINT64_C(100000)

/* @most: the most that a CPU was used in a column of @span ns, in thousandths of a ns. */
static void values(const struct scene *s, const struct lane *lane, const uint64_t *used,
		   uint64_t most, uint64_t span)
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
	gutter_scale(s, lane->plot, number_share(most, span * 1000).text, "0");
}

/*
 * What each cause used in each of @nr columns (and, if @used, in all of them), one cause after
 * another.  Returns the most that a CPU was used in a column, in thousandths of a ns.
 */
static uint64_t take(const struct scene *s, unsigned int source, int nr, uint64_t *ns,
		     uint64_t *used)
{
	uint64_t cpus = s->source[source].index ? s->source[source].index->head.cpus : 0, most = 0;

	memset(ns, 0, (size_t)NR_CAUSES * nr * sizeof(*ns));
	for (unsigned int i = 0; i < NR_SERIES; i++) {
		const struct index_column *c = scene_counted(s, 0, source, causes[i].id, nr);

		for (int x = 0; x < nr; x++) {
			ns[(size_t)causes[i].cause * nr + x] += c[x].delta;
			if (used)
				used[causes[i].cause] += c[x].delta;
		}
	}
	for (int x = 0; x < nr; x++) {
		uint64_t sum = 0;

		for (unsigned int i = 0; i < NR_CAUSES; i++)
			sum += ns[(size_t)i * nr + x];
		sum = (unsigned __int128)sum * 1000 / (cpus ? cpus : 1);
		most = sum > most ? sum : most;
	}
	return most;
}

void lane_cpu_draw(const struct scene *s, const struct lane *lane)
{
	int w = s->l->plot_w, nr = scene_counts(s, COLUMN_NS);
	uint64_t *ns = host_alloc((size_t)NR_CAUSES * (nr + w) * sizeof(*ns)),
		 *mean = ns + (size_t)NR_CAUSES * nr, used[NR_CAUSES] = { 0 };
	uint64_t span = (s->v->to - s->v->from) / nr, cpus, most = 0;
	struct stack stack = { .c = s->c, .plot = lane->plot, .nr = NR_CAUSES,
			       .back = s->p->lane };

	/* this lane's last, which is drawn */
	for (unsigned int i = 0; i < s->nr_sources; i++) {
		unsigned int source = (lane->source + 1 + i) % s->nr_sources;
		uint64_t of = take(s, source, nr, ns, source == lane->source ? used : NULL);

		most = of > most ? of : most;
	}
	cpus = s->source[lane->source].index->head.cpus;
	for (unsigned int i = 0; i < NR_CAUSES; i++) {
		stack.color[i] = s->p->cause[i];
		stack.mean[i] = mean + (size_t)i * w;
		for (int x = 0; x < w; x++)
			mean[(size_t)i * w + x] = ns[(size_t)i * nr + (int64_t)x * nr / w];
	}
	stack.full = ((unsigned __int128)most * (cpus ? cpus : 1) + 999) / 1000;
	stack_draw(&stack);
	host_free(ns);
	values(s, lane, used, most, span);
}
