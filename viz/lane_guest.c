// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest as a band: what its memory is used for, as the guest sees it, stacked; over it as a line
 * what of it the host holds, and above that, striped, what the host has swapped.  Where the line is
 * far above what the guest uses, the host keeps garbage: that gap is what all of this is about.
 * Above the band: flags of what happened once, phases of programs, ticks of requests and of
 * swapping.
 */
#include <stdio.h>
#include <string.h>

#include "gutter.h"
#include "hostmem.h"
#include "lane.h"
#include "marks.h"
#include "number.h"
#include "stack.h"

enum { COL_FIRST, COL_SECOND, COL_RESIDENT, COL_SWAPPED, COL_TICKS };

#define TICK_ROWS 4

/* Means and maxima of the parts, from series that overlap. */
struct parts {
	uint64_t *mean[NR_PARTS], *max[NR_PARTS], *block;
};

static void parts_init(struct parts *p, int w)
{
	p->block = host_alloc(2 * NR_PARTS * (size_t)w * sizeof(*p->block));
	for (int i = 0; i < NR_PARTS; i++) {
		p->mean[i] = p->block + (size_t)(2 * i) * w;
		p->max[i] = p->block + (size_t)(2 * i + 1) * w;
	}
}

static void take_part(struct parts *p, enum part part, const struct index_column *c, int w)
{
	for (int x = 0; x < w; x++) {
		p->mean[part][x] = c[x].mean;
		p->max[part][x] = c[x].max;
	}
}

/* What was told to the host is free as well. */
static void split_free(struct parts *p, const struct index_column *free,
		       const struct index_column *reported, int w)
{
	take_part(p, PART_REPORTED, reported, w);
	for (int x = 0; x < w; x++) {
		uint64_t told = reported[x].mean < free[x].mean ? reported[x].mean : free[x].mean;

		p->mean[PART_FREE][x] = p->max[PART_FREE][x] = free[x].mean - told;
	}
}

/* The parts as memory_sample has them, which are disjoint. */
static const struct {
	enum part part;
	enum index_series_id id;
} disjoint[] = {
	{ PART_USED, INDEX_part_used },
	{ PART_USED, INDEX_part_kernel },
	{ PART_CACHE, INDEX_part_cache },
	{ PART_FREE_SMALL, INDEX_part_free_small },
	{ PART_FREE_SMALL, INDEX_part_percpu },
	{ PART_FREE_SMALL, INDEX_part_below_watermark },
	{ PART_FREE, INDEX_part_reportable },
	{ PART_FREE, INDEX_part_isolated },
	{ PART_REPORTED, INDEX_part_reported },
	{ PART_BALLOONED, INDEX_guest_ballooned },
};

#define NR_DISJOINT (sizeof(disjoint) / sizeof(*disjoint))

static bool has_disjoint(const struct source *s, uint32_t guest)
{
	return source_has(s, guest, INDEX_part_used);
}

static void find_disjoint(const struct scene *s, const struct lane *lane, struct parts *p)
{
	for (unsigned int i = 0; i < NR_DISJOINT; i++) {
		const struct index_column *c =
			scene_columns(s, COL_FIRST, lane->source, lane->guest, disjoint[i].id);
		enum part part = disjoint[i].part;

		for (int x = 0; x < s->l->plot_w; x++) {
			p->mean[part][x] += c[x].mean;
			p->max[part][x] += c[x].max;
		}
	}
}

static void find_parts(const struct scene *s, const struct lane *lane, struct parts *p)
{
	static const struct {
		enum part part;
		enum index_series_id id;
	} plain[] = {
		{ PART_USED, INDEX_guest_used },
		{ PART_CACHE, INDEX_guest_cached },
		{ PART_BALLOONED, INDEX_guest_ballooned },
	};
	const struct index_column *free, *reported;

	if (has_disjoint(&s->source[lane->source], lane->guest)) {
		find_disjoint(s, lane, p);
		return;
	}
	for (unsigned int i = 0; i < sizeof(plain) / sizeof(*plain); i++)
		take_part(p, plain[i].part, scene_columns(s, COL_FIRST, lane->source, lane->guest,
							  plain[i].id), s->l->plot_w);
	free = scene_columns(s, COL_FIRST, lane->source, lane->guest, INDEX_guest_free);
	reported = scene_columns(s, COL_SECOND, lane->source, lane->guest, INDEX_guest_reported);
	split_free(p, free, reported, s->l->plot_w);
}

/* What the host has swapped, from what is resident up. */
static void draw_swapped(const struct scene *s, struct box plot,
			 const struct index_column *resident, const struct index_column *swapped,
			 uint64_t full)
{
	for (int x = 0; x < plot.w; x++) {
		int low = stack_height(resident[x].mean, full, plot.h);
		int high = stack_height(resident[x].mean + swapped[x].max, full, plot.h);

		if (!swapped[x].max)
			continue;
		if (high < low + scene_px(s, 2))
			high = low + scene_px(s, 2);
		px_column_striped(s->c, plot.x + x, plot.y + plot.h - high, plot.y + plot.h - low,
				  s->p->swapped, scene_px(s, 4), scene_px(s, 7));
	}
}

static void draw_band(const struct scene *s, const struct lane *lane, struct box plot)
{
	const struct trace_index *index = s->source[lane->source].index;
	struct stack stack = { .c = s->c, .plot = plot, .nr = NR_PARTS,
			       .back = s->p->lane };
	const struct index_column *resident, *swapped;
	struct parts parts;

	stack.full = index->guests[lane->guest].memory;
	parts_init(&parts, plot.w);
	find_parts(s, lane, &parts);
	for (unsigned int i = 0; i < NR_PARTS; i++) {
		stack.color[i] = s->p->part[i];
		stack.mean[i] = parts.mean[i];
		stack.max[i] = parts.max[i];
	}
	stack_draw(&stack);
	host_free(parts.block);
	resident = scene_columns(s, COL_RESIDENT, lane->source, lane->guest, INDEX_guest_resident);
	swapped = scene_columns(s, COL_SWAPPED, lane->source, lane->guest, INDEX_guest_swapped);
	draw_swapped(s, plot, resident, swapped, stack.full);
	stack_line(s->c, plot, resident, stack.full, scene_px(s, 2), s->p->resident, s->p->halo);
	if (source_peak(&s->source[lane->source], lane->guest, INDEX_guest_target))
		stack_dashes(s->c, plot, scene_columns(s, COL_FIRST, lane->source, lane->guest,
						       INDEX_guest_target),
			     stack.full, true, scene_px(s, 2), scene_px(s, 6), s->p->target);
}

/* Rows of ticks, for what the guest's trace has; returns how high they are. */
static int draw_ticks(const struct scene *s, const struct lane *lane, struct box b)
{
	const struct {
		enum index_series_id id;
		uint32_t color;
	} rows[TICK_ROWS] = {
		{ INDEX_guest_requests, s->p->part[PART_REPORTED] },
		{ INDEX_guest_hints, s->p->part[PART_REPORTED] },
		{ INDEX_guest_swap_out, s->p->swap_out },
		{ INDEX_guest_swap_in, s->p->swap_in },
	};
	int y = b.y;

	b.h = scene_px(s, 4);
	for (unsigned int i = 0; i < TICK_ROWS; i++) {
		if (!source_has(&s->source[lane->source], lane->guest, rows[i].id))
			continue;
		b.y = y;
		px_fill(s->c, b, s->p->lane);
		marks_ticks(s, scene_columns(s, COL_TICKS, lane->source, lane->guest, rows[i].id),
			    b, rows[i].color);
		y += b.h + scene_px(s, 1);
	}
	return y;
}

/* A part at the cursor; NUMBER_NONE: it is not known. */
static uint64_t part_at(const struct source *s, int64_t guest, enum part part, uint64_t at)
{
	static const enum index_series_id plain[NR_PARTS] = {
		[PART_USED] = INDEX_guest_used,
		[PART_CACHE] = INDEX_guest_cached,
		[PART_FREE] = INDEX_guest_free,
		[PART_REPORTED] = INDEX_guest_reported,
		[PART_BALLOONED] = INDEX_guest_ballooned,
	};
	uint64_t sum = 0, told;

	if (guest < 0)
		return NUMBER_NONE;
	for (unsigned int i = 0; has_disjoint(s, guest) && i < NR_DISJOINT; i++) {
		uint64_t value = disjoint[i].part == part ?
				 source_value(s, guest, disjoint[i].id, at) : 0;

		if (value == NUMBER_NONE)
			return value;
		sum += value;
	}
	if (has_disjoint(s, guest))
		return sum;
	if (part == PART_FREE_SMALL)
		return NUMBER_NONE;
	sum = source_value(s, guest, plain[part], at);
	if (part != PART_FREE || sum == NUMBER_NONE)
		return sum;
	told = source_value(s, guest, INDEX_guest_reported, at);
	return told == NUMBER_NONE ? sum : sum > told ? sum - told : 0;
}

static bool part_ever(const struct source *s, uint32_t guest, enum part part)
{
	return part == PART_USED || part == PART_FREE ||
	       (part == PART_FREE_SMALL && has_disjoint(s, guest)) ||
	       (part == PART_CACHE && source_peak(s, guest, INDEX_guest_cached)) ||
	       (part == PART_REPORTED && source_peak(s, guest, INDEX_guest_reported)) ||
	       (part == PART_BALLOONED && source_peak(s, guest, INDEX_guest_ballooned));
}

static uint64_t value_of(const struct source *s, int64_t guest, enum index_series_id id,
			 uint64_t at)
{
	return guest < 0 ? NUMBER_NONE : source_value(s, guest, id, at);
}

static void values(const struct scene *s, const struct lane *lane)
{
	static const enum part order[] = { PART_USED, PART_FREE, PART_REPORTED, PART_BALLOONED,
					   PART_FREE_SMALL, PART_CACHE };
	const struct source *from = &s->source[lane->source], *a = &s->source[0];
	const struct index_guest *guest = &from->index->guests[lane->guest];
	uint64_t at = scene_at(s);
	struct gutter g;

	gutter_begin(&g, s, lane, lane->name, number_pages(guest->memory).text);
	gutter_pages(&g, s->p->resident, LEGEND_RESIDENT,
		     source_value(from, lane->guest, INDEX_guest_resident, at),
		     value_of(a, lane->guest_a, INDEX_guest_resident, at));
	gutter_first(&g);
	gutter_pages(&g, s->p->swapped, LEGEND_SWAPPED,
		     source_value(from, lane->guest, INDEX_guest_swapped, at),
		     value_of(a, lane->guest_a, INDEX_guest_swapped, at));
	gutter_first(&g);
	/* what the guest never has is not worth a line */
	for (unsigned int i = 0; i < NR_PARTS; i++)
		if (part_ever(from, lane->guest, order[i]))
			gutter_pages(&g, s->p->part[order[i]],
				     legend_part(&s->l->words, order[i]),
				     part_at(from, lane->guest, order[i], at),
				     part_at(a, lane->guest_a, order[i], at));
	if (source_peak(from, lane->guest, INDEX_guest_guest_swap))
		gutter_pages(&g, 0, "own swap",
			     source_value(from, lane->guest, INDEX_guest_guest_swap, at),
			     value_of(a, lane->guest_a, INDEX_guest_guest_swap, at));
	gutter_end(&g);
}

void lane_guest_draw(const struct scene *s, const struct lane *lane)
{
	struct box b = lane->plot, flags = b, phases = b, above = b;
	int end = b.y + b.h;
	const uint32_t *mark;

	values(s, lane);
	flags.h = marks_any(s, lane->source, lane->guest) ? s->l->small.height : 0;
	phases.y = flags.y + flags.h;
	phases.h = s->l->small.height + scene_px(s, 1);
	if (source_marks(&s->source[lane->source], lane->guest, &mark))
		b.y = phases.y + phases.h + scene_px(s, 1);
	/* what of it is the band's is filled once more */
	above.h = b.y + TICK_ROWS * scene_px(s, 5) - above.y;
	px_fill(s->c, above, s->p->back);
	if (b.y > phases.y)
		marks_phases(s, lane->source, lane->guest, phases);
	b.y = draw_ticks(s, lane, b);
	b.h = end - b.y;
	draw_band(s, lane, b);
	if (flags.h)
		marks_flags(s, lane->source, lane->guest, flags, end);
	gutter_scale(s, b,
		     number_pages(s->source[lane->source].index->guests[lane->guest].memory).text,
		     "0");
}
