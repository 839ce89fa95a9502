// SPDX-License-Identifier: GPL-2.0-only
/*
 * All lanes that are in view, and how far they can be scrolled.
 */
#include "lane.h"

#include <stdio.h>

#include "gutter.h"

static const struct {
	void (*draw)(const struct scene *s, const struct lane *lane);
	const char *missing;	/* when the trace has no such records */
} lane_table[NR_LANE_KINDS] = {
	[LANE_GUEST] = { lane_guest_draw, "" },
	[LANE_ROW] = { lane_row_draw, "" },
	[LANE_HOST_MEMORY] = { lane_host_memory_draw, "Host memory: not recorded" },
	[LANE_HOST_SWAP] = { lane_host_swap_draw, "Host swap: not recorded" },
	[LANE_TRAFFIC] = { lane_traffic_draw, "Swap traffic: not recorded" },
	[LANE_QUEUE] = { lane_queue_draw, "Swap queue: no records" },
	[LANE_DISK] = { lane_disk_draw, "Disk queue: no records" },
	[LANE_CPU] = { lane_cpu_draw, "CPU time by cause: not recorded" },
};

static void draw_missing(const struct scene *s, const struct lane *lane)
{
	struct box b = { lane->gutter.x, lane->gutter.y, lane->gutter.w - scene_px(s, 10),
			 s->l->small.height };

	gutter_badge(s, lane, &s->l->small, &b);
	text_in(s->c, &s->l->small, b, TEXT_LEFT, s->p->dim, lane_table[lane->kind].missing);
}

/* How far the lanes go that can be scrolled. */
static void draw_scroll_bar(const struct scene *s)
{
	const struct layout *l = s->l;
	struct box b = { l->scroll.x + l->scroll.w - scene_px(s, 6), l->scroll.y, scene_px(s, 4),
			 l->scroll.h };
	int by = scene_px(s, s->v->scroll), h;

	if (!l->scroll_max)
		return;
	if (by > l->scroll_max)
		by = l->scroll_max;
	px_fill(s->c, b, s->p->lane);
	h = (int64_t)b.h * b.h / l->content;
	if (h < scene_px(s, 16))
		h = scene_px(s, 16);
	b.y += (int64_t)(b.h - h) * by / l->scroll_max;
	b.h = h;
	px_fill(s->c, b, s->p->dim);
}

static void fill(const struct scene *s, int from, int to)
{
	px_fill(s->c, (struct box){ s->l->plot_x, from, s->l->plot_w, to - from }, s->p->back);
}

/* Plots are filled by what draws them; lines may reach a little out of them. */
static void fill_between(const struct scene *s, struct box region, bool pinned)
{
	int y = region.y;

	for (unsigned int i = 0; i < s->l->nr_lanes; i++) {
		const struct lane *lane = &s->l->lane[i];

		if (!lane->plot.w || lane->pinned != pinned || lane->missing)
			continue;
		fill(s, y, lane->plot.y);
		y = lane->plot.y + lane->plot.h;
	}
	fill(s, y, region.y + region.h);
}

/* Where this lane's trace ends, if another one goes on. */
static void draw_end(const struct scene *s, const struct lane *lane)
{
	uint64_t end = s->source[lane->source].index->head.time;
	struct box b = lane->plot;
	char text[16];

	if (end >= s->v->end || end < s->v->from || end >= s->v->to)
		return;
	b.x = layout_x(s->l, end);
	px_fill(s->c, (struct box){ b.x, b.y, scene_px(s, 1), b.h }, s->p->dim);
	b.x += scene_px(s, 6);
	b.w = lane->plot.x + lane->plot.w - b.x;
	snprintf(text, sizeof(text), "%c ends", 'A' + lane->source);
	if (lane->kind != LANE_ROW && b.w > text_width(&s->l->small, text))
		text_in(s->c, &s->l->small, b, TEXT_LEFT, s->p->dim, text);
}

static void draw_region(const struct scene *s, struct box region, bool pinned)
{
	canvas_clip(s->c, region);
	fill_between(s, region, pinned);
	for (unsigned int i = 0; i < s->l->nr_lanes; i++) {
		const struct lane *lane = &s->l->lane[i];

		if (!lane->plot.w || lane->pinned != pinned)
			continue;
		if (lane->missing) {
			draw_missing(s, lane);
		} else {
			lane_table[lane->kind].draw(s, lane);
			draw_end(s, lane);
		}
	}
	canvas_unclip(s->c);
}

struct box lanes_plots(const struct layout *l)
{
	return (struct box){ l->plot_x, l->scroll.y, l->plot_w,
			     l->pinned.y + l->pinned.h - l->scroll.y };
}

void lanes_draw(const struct scene *s)
{
	const struct layout *l = s->l;

	fill(s, l->scroll.y + l->scroll.h, l->pinned.y);
	draw_region(s, l->scroll, false);
	draw_region(s, l->pinned, true);
	if (l->scroll_max)
		px_fill(s->c, (struct box){ l->pinned.x, l->pinned.y - scene_px(s, 3),
					    l->pinned.w, scene_px(s, 1) }, s->p->dim);
	draw_scroll_bar(s);
}
