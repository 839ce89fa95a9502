// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host's memory, stacked by guest, and its swap space.  The guests that had most of it have an
 * area each, in the order of their numbers; the others are one, with what the host's kernel has.
 * Page cache is on top, next to what is free: it can be dropped.
 */
#include <stdio.h>
#include <stdlib.h>

#include "gutter.h"
#include "hostmem.h"
#include "lane.h"
#include "number.h"
#include "stack.h"

#define SHOWN_MAX 24

struct shown {
	uint32_t guest;
	uint64_t peak;
};

static int by_peak(const void *va, const void *vb)
{
	const struct shown *a = va, *b = vb;

	return a->peak != b->peak ? (a->peak < b->peak ? 1 : -1) : (int)a->guest - (int)b->guest;
}

static int by_number(const void *va, const void *vb)
{
	return (int)((const struct shown *)va)->guest - (int)((const struct shown *)vb)->guest;
}

/* The guests that are shown, at most SHOWN_MAX; free() them with host_free(). */
static struct shown *find_shown(const struct source *from, unsigned int *nr)
{
	uint32_t guests = index_nr_guests(from->index);
	struct shown *shown = host_alloc((guests + 1) * sizeof(*shown));

	for (uint32_t g = 0; g < guests; g++)
		shown[g] = (struct shown){ g, source_peak(from, g, INDEX_guest_resident) };
	qsort(shown, guests, sizeof(*shown), by_peak);
	*nr = guests < SHOWN_MAX ? guests : SHOWN_MAX;
	qsort(shown, *nr, sizeof(*shown), by_number);
	return shown;
}

static void draw_stack(const struct scene *s, const struct lane *lane, const struct shown *shown,
		       unsigned int nr)
{
	int w = s->l->plot_w;
	uint64_t *mean = host_alloc((size_t)(nr + 2) * w * sizeof(*mean)),
		 *cached = mean + (size_t)nr * w, *other = cached + w;
	struct stack stack = { .c = s->c, .plot = lane->plot, .nr = nr + 2,
			       .back = s->p->lane };
	const struct index_column *cache = scene_columns(s, 1, lane->source, INDEX_HOST,
							 INDEX_host_cached);
	const struct index_column *used = scene_columns(s, 0, lane->source, INDEX_HOST,
							INDEX_host_used);

	stack.full = s->source[lane->source].index->head.frames;
	for (int x = 0; x < w; x++) {
		cached[x] = cache[x].mean;
		other[x] = used[x].mean > cached[x] ? used[x].mean - cached[x] : 0;
	}
	for (unsigned int i = 0; i < nr; i++) {
		const struct index_column *c = scene_columns(s, 1, lane->source, shown[i].guest,
							     INDEX_guest_resident);

		stack.color[i + 1] = s->p->shade[i % NR_SHADES];
		stack.mean[i + 1] = mean + (size_t)i * w;
		for (int x = 0; x < w; x++) {
			mean[(size_t)i * w + x] = c[x].mean;
			other[x] -= c[x].mean < other[x] ? c[x].mean : other[x];
		}
	}
	stack.color[0] = s->p->host_other;
	stack.mean[0] = other;
	stack.color[nr + 1] = s->p->part[PART_CACHE];
	stack.mean[nr + 1] = cached;
	stack_draw(&stack);
	host_free(mean);
	/* the most that was used, however short */
	stack_line(s->c, lane->plot, used, stack.full, scene_px(s, 1), s->p->resident, s->p->halo);
}

/* So much may be used before kswapd wakes up. */
static void draw_watermark(const struct scene *s, const struct lane *lane)
{
	const struct index_head *head = &s->source[lane->source].index->head;
	int thick = scene_px(s, 1), dash = scene_px(s, 4), y;

	if (!head->wmark_low || head->wmark_low >= head->frames)
		return;
	y = lane->plot.y + lane->plot.h - stack_height(head->frames - head->wmark_low, head->frames,
							lane->plot.h);
	for (int x = 0; x < lane->plot.w; x += 2 * dash)
		px_fill(s->c, (struct box){ lane->plot.x + x, y,
					    lane->plot.w - x < dash ? lane->plot.w - x : dash,
					    thick }, s->p->swapped);
}

void lane_host_memory_draw(const struct scene *s, const struct lane *lane)
{
	const struct source *from = &s->source[lane->source];
	uint64_t at = scene_at(s), used, others, cached, frames = from->index->head.frames;
	struct gutter g;
	struct shown *shown;
	unsigned int nr;

	shown = find_shown(from, &nr);
	draw_stack(s, lane, shown, nr);
	draw_watermark(s, lane);
	used = others = source_value(from, INDEX_HOST, INDEX_host_used, at);
	gutter_begin(&g, s, lane, "Host memory", number_pages(frames).text);
	gutter_pages(&g, s->p->resident, "used", used,
		     source_value(&s->source[0], INDEX_HOST, INDEX_host_used, at));
	gutter_first(&g);
	cached = source_value(from, INDEX_HOST, INDEX_host_cached, at);
	if (source_peak(from, INDEX_HOST, INDEX_host_cached))
		gutter_pages(&g, s->p->part[PART_CACHE], "page cache", cached,
			     source_value(&s->source[0], INDEX_HOST, INDEX_host_cached, at));
	if (others != NUMBER_NONE && cached != NUMBER_NONE)
		others -= cached < others ? cached : others;
	for (unsigned int i = nr; i-- > 0;) {
		const char *name = index_text(from->index,
					      from->index->guests[shown[i].guest].name);
		int64_t of_a = source_guest_like(&s->source[0], name, shown[i].guest);
		uint64_t resident = source_value(from, shown[i].guest, INDEX_guest_resident, at);

		if (resident != NUMBER_NONE && others != NUMBER_NONE)
			others -= resident < others ? resident : others;
		gutter_pages(&g, s->p->shade[i % NR_SHADES], name, resident, of_a < 0 ?
			     NUMBER_NONE : source_value(&s->source[0], of_a,
							INDEX_guest_resident, at));
	}
	gutter_line(&g, s->p->host_other, nr < index_nr_guests(from->index) ?
		    "other guests, kernel" : "VMMs, host kernel", number_pages(others).text,
		    others == NUMBER_NONE ? 0 : others);
	gutter_end(&g);
	gutter_scale(s, lane->plot, number_pages(frames).text, "0");
	host_free(shown);
}

void lane_host_swap_draw(const struct scene *s, const struct lane *lane)
{
	const struct source *from = &s->source[lane->source];
	uint64_t full = from->index->head.swap;
	const struct index_column *c;
	struct gutter g;

	if (!full)
		full = source_peak(from, INDEX_HOST, INDEX_host_swap_used);
	c = scene_columns(s, 0, lane->source, INDEX_HOST, INDEX_host_swap_used);
	px_fill(s->c, lane->plot, s->p->lane);
	for (int x = 0; x < lane->plot.w; x++) {
		int h = stack_height(c[x].max, full, lane->plot.h),
		    end = lane->plot.y + lane->plot.h;

		if (c[x].max && h < scene_px(s, 2))
			h = scene_px(s, 2);
		px_column_striped(s->c, lane->plot.x + x, end - h, end, s->p->swapped,
				  scene_px(s, 4), scene_px(s, 7));
	}
	stack_line(s->c, lane->plot, c, full, scene_px(s, 1), s->p->swapped, s->p->lane);
	gutter_begin(&g, s, lane, "Host swap",
		     index_text(from->index, from->index->head.swap_model));
	gutter_pages(&g, s->p->swapped, "used",
		     source_value(from, INDEX_HOST, INDEX_host_swap_used, scene_at(s)),
		     source_value(&s->source[0], INDEX_HOST, INDEX_host_swap_used, scene_at(s)));
	gutter_end(&g);
	gutter_scale(s, lane->plot, number_pages(full).text, "0");
}
