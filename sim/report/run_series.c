// SPDX-License-Identifier: GPL-2.0-only
/*
 * Samples of a trace to what plots show; see run_series.h.
 *
 * A guest that is gone holds nothing any more.  CPU time is spread evenly over the time between two
 * samples, which is all that is known of it.
 */
#include "run_series.h"

#include <string.h>

#include "collect.h"
#include "hostmem.h"

#define FIRST_WIDTH 1000000	/* ns */

struct series_guest {
	uint64_t memory, resident;	/* pages */
	uint64_t part[NR_PARTS];
	uint64_t since, at;		/* of its last two samples, ns */
};

static struct series_guest *guest_of(struct run_series *s, uint64_t id)
{
	if (id >= REPORT_GUESTS_MAX)
		return NULL;
	while (id >= s->nr_guests)
		collect_append(&s->guest, &s->nr_guests, sizeof(*s->guest));
	return &s->guest[id];
}

/* Memory */

static void set_resident(struct run_series *s, uint64_t time, uint64_t id, uint64_t pages)
{
	struct series_guest *g = &s->guest[id];

	if (id < SERIES_GUESTS) {
		timeline_set(&s->guests, time, id, pages * TRACE_PAGE_SIZE);
	} else {
		s->others += pages - g->resident;
		timeline_set(&s->guests, time, SERIES_OTHERS, s->others * TRACE_PAGE_SIZE);
	}
	g->resident = pages;
}

static void set_part(struct run_series *s, uint64_t time, struct series_guest *g,
		     enum series_part part, uint64_t pages)
{
	s->parts_now[part] += pages - g->part[part];
	g->part[part] = pages;
	timeline_set(&s->parts, time, part, s->parts_now[part] * TRACE_PAGE_SIZE);
}

static void see_sample(struct run_series *s, uint64_t time,
		       const struct trace_rec_guest_sample *sample)
{
	struct series_guest *g = guest_of(s, sample->guest);

	if (!g)
		return;
	if (time > g->at) {
		g->since = g->at;
		g->at = time;
	}
	set_resident(s, time, sample->guest, sample->resident);
	set_part(s, time, g, PART_BALLOON, sample->ballooned);
}

static void see_memory(struct run_series *s, uint64_t time,
		       const struct trace_rec_memory_sample *m)
{
	struct series_guest *g = guest_of(s, m->guest);

	if (!g)
		return;
	set_part(s, time, g, PART_PROGRAMS, m->used);
	set_part(s, time, g, PART_CACHE, m->cache);
	set_part(s, time, g, PART_KERNEL, m->kernel);
	set_part(s, time, g, PART_REPORTED, m->reported);
	set_part(s, time, g, PART_FREE, m->reportable + m->free_small + m->percpu +
					m->below_watermark + m->isolated);
	s->any_parts = true;
}

static void see_guest_end(struct run_series *s, uint64_t time, uint64_t id)
{
	struct series_guest *g = guest_of(s, id);

	if (!g)
		return;
	set_resident(s, time, id, 0);
	for (unsigned int i = 0; i < NR_PARTS; i++)
		set_part(s, time, g, i, 0);
}

static void see_host(struct run_series *s, uint64_t time, const struct trace_rec_host_sample *h)
{
	if (time > s->host_at) {
		s->host_since = s->host_at;
		s->host_at = time;
	}
	timeline_set(&s->host, time, 0, h->used * TRACE_PAGE_SIZE);
	timeline_set(&s->guests, time, SERIES_CACHE, h->cached * TRACE_PAGE_SIZE);
	s->any_cache |= h->cached > 0;
	timeline_set(&s->swap[SWAP_USED], time, 0, h->swap_used * TRACE_PAGE_SIZE);
	timeline_set(&s->swap[SWAP_WRITTEN], time, 0, h->swap_out * TRACE_PAGE_SIZE);
	timeline_set(&s->swap[SWAP_READ], time, 0, h->swap_in * TRACE_PAGE_SIZE);
}

/* CPU time */

static void halve_cpu(struct run_series *s)
{
	for (unsigned int i = 0; i < CPU_BINS; i++) {
		uint64_t sum[NR_CPU_CAUSES] = { 0 };

		for (unsigned int k = 0; k < NR_CPU_CAUSES && i < CPU_BINS / 2; k++)
			sum[k] = s->cpu[2 * i][k] + s->cpu[2 * i + 1][k];
		memcpy(s->cpu[i], sum, sizeof(sum));
	}
	s->cpu_width *= 2;
}

static void spread(struct run_series *s, uint64_t from, uint64_t to, const uint64_t *ns)
{
	uint64_t span = to - from, left[NR_CPU_CAUSES];

	while ((to - 1) / s->cpu_width >= CPU_BINS)
		halve_cpu(s);
	memcpy(left, ns, sizeof(left));
	for (uint64_t at = from; at < to;) {
		uint64_t bin = at / s->cpu_width, end = (bin + 1) * s->cpu_width;

		end = end < to ? end : to;
		for (unsigned int k = 0; k < NR_CPU_CAUSES; k++) {
			uint64_t part = end == to ? left[k] :
					(unsigned __int128)ns[k] * (end - at) / span;

			s->cpu[bin][k] += part;
			left[k] -= part;
		}
		at = end;
	}
}

static void see_cpu(struct run_series *s, uint64_t time, const struct trace_rec_cpu_sample *c)
{
	uint64_t ns[NR_CPU_CAUSES] = {
		[CPU_PROGRAMS] = c->program,
		[CPU_GUEST_KERNEL] = c->guest_memory + c->guest_zero + c->guest_reclaim +
				     c->guest_compaction + c->guest_other,
		[CPU_FAULTS] = c->host_fault + c->host_zero,
		[CPU_RECLAIM] = c->host_reclaim + c->host_swap_in + c->compression,
		[CPU_TELLING] = c->driver + c->handler + c->discard,
		[CPU_EXITS] = c->exits,
		[CPU_SWITCHES] = c->host_switch + c->lock_spin,
	};
	uint64_t since = s->host_since, at = s->host_at;

	if (c->guest != TRACE_HOST) {
		struct series_guest *g = guest_of(s, c->guest);

		if (!g)
			return;
		since = g->since;
		at = g->at;
	}
	/* Whichever of the two samples of a time is first. */
	since = at == time ? since : at;
	if (!time || time > UINT64_MAX / 4)
		return;
	spread(s, since < time ? since : time - 1, time, ns);
	s->any_cpu = true;
}

static void collect(struct trace_consumer *consumer, const struct trace_record *record)
{
	struct run_series *s = (struct run_series *)consumer;

	if (record->id == TRACE_ID_epilogue)
		s->closed = true;
	if (s->closed)
		return;
	s->end = record->time;
	switch (record->id) {
	case TRACE_ID_guest_sample:
		see_sample(s, record->time, record->rec);
		break;
	case TRACE_ID_memory_sample:
		see_memory(s, record->time, record->rec);
		break;
	case TRACE_ID_guest_end:
		see_guest_end(s, record->time,
			      ((const struct trace_rec_guest_end *)record->rec)->guest);
		break;
	case TRACE_ID_host_sample:
		see_host(s, record->time, record->rec);
		break;
	case TRACE_ID_cpu_sample:
		see_cpu(s, record->time, record->rec);
		break;
	default:
		break;
	}
}

void run_series_init(struct run_series *s)
{
	*s = (struct run_series){ .consumer = { .record = collect, .level = TRACE_SUMMARY },
				  .cpu_width = FIRST_WIDTH };
	timeline_init(&s->guests, SERIES_CACHE + 1);
	timeline_init(&s->host, 1);
	timeline_init(&s->parts, NR_PARTS);
	for (unsigned int i = 0; i < NR_SWAP_LINES; i++)
		timeline_init(&s->swap[i], 1);
	s->cpu = host_alloc(CPU_BINS * sizeof(*s->cpu));
}

void run_series_free(struct run_series *s)
{
	timeline_free(&s->guests);
	timeline_free(&s->host);
	timeline_free(&s->parts);
	for (unsigned int i = 0; i < NR_SWAP_LINES; i++)
		timeline_free(&s->swap[i]);
	host_free(s->guest);
	host_free(s->cpu);
}
