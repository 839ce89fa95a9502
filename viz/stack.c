// SPDX-License-Identifier: GPL-2.0-only
/*
 * Areas and lines; see stack.h.
 */
#include "stack.h"

#define EXCESS_ALPHA 130

/* As many columns as a line of the cache has: down a picture, each pixel is in another one. */
#define TILE 16

/* What the columns of a tile have in common is filled row by row, the rest column by column. */
static void draw_part(const struct stack *s, int x0, int nr, const int *low, const int *high,
		      uint32_t color)
{
	int bottom = s->plot.y + s->plot.h, from = low[0], to = high[0];

	for (int x = 1; x < nr; x++) {
		from = low[x] > from ? low[x] : from;
		to = high[x] < to ? high[x] : to;
	}
	if (from < to)
		px_fill(s->c, (struct box){ s->plot.x + x0, bottom - to, nr, to - from }, color);
	else
		from = to = low[0];
	for (int x = 0; x < nr; x++) {
		int split = from < to ? from : high[x];

		px_column(s->c, s->plot.x + x0 + x, bottom - split, bottom - low[x], color);
		if (from < to)
			px_column(s->c, s->plot.x + x0 + x, bottom - high[x], bottom - to, color);
	}
}

static void draw_excess(const struct stack *s, int x, unsigned int k, int edge)
{
	uint64_t more =
		s->max[k] && s->max[k][x] > s->mean[k][x] ? s->max[k][x] - s->mean[k][x] : 0;
	int h = s->plot.h, excess = stack_height(more, s->full, h), bottom = s->plot.y + h;

	if (excess)
		px_column_blend(s->c, s->plot.x + x,
				bottom - (edge + excess < h ? edge + excess : h), bottom - edge,
				s->color[k], EXCESS_ALPHA);
}

void stack_draw(const struct stack *s)
{
	int edge[STACK_MAX + 1][TILE];

	for (int x0 = 0; x0 < s->plot.w; x0 += TILE) {
		int nr = s->plot.w - x0 < TILE ? s->plot.w - x0 : TILE;

		for (int x = 0; x < nr; x++) {
			uint64_t sum = 0;

			edge[0][x] = 0;
			for (unsigned int k = 0; k < s->nr; k++) {
				sum += s->mean[k][x0 + x];
				edge[k + 1][x] = stack_height(sum, s->full, s->plot.h);
			}
		}
		for (unsigned int k = 0; k < s->nr; k++)
			draw_part(s, x0, nr, edge[k], edge[k + 1], s->color[k]);
		for (int x = 0; x < nr; x++)
			for (unsigned int k = 0; k < s->nr; k++)
				draw_excess(s, x0 + x, k, edge[k + 1][x]);
	}
}

struct reach {
	int top, bottom;	/* pixels, bottom excluded */
	bool any;
};

/* What a line covers in a column, so that it meets the column before. */
static struct reach reach_of(struct box plot, const struct index_column *c, uint64_t full,
			     int thick, const struct reach *before)
{
	struct reach r = { .any = c->any };
	int low = plot.y + plot.h - stack_height(c->min, full, plot.h);
	int high = plot.y + plot.h - stack_height(c->max, full, plot.h);

	r.top = high - thick / 2;
	r.bottom = low + (thick + 1) / 2;
	if (before->any) {
		if (before->bottom < r.top)
			r.top = before->bottom - 1;
		if (before->top > r.bottom)
			r.bottom = before->top + 1;
	}
	if (r.bottom > plot.y + plot.h) {
		r.bottom = plot.y + plot.h;
		if (r.top > r.bottom - thick)
			r.top = r.bottom - thick;
	}
	if (r.top < plot.y) {
		r.top = plot.y;
		if (r.bottom < r.top + thick)
			r.bottom = r.top + thick;
	}
	return r;
}

void stack_line(struct canvas *c, struct box plot, const struct index_column *column, uint64_t full,
		int thick, uint32_t color, uint32_t halo)
{
	for (int pass = 0; pass < 2; pass++) {
		struct reach before = { 0 };
		int more = pass ? 0 : (thick + 1) / 2;

		for (int x = 0; x < plot.w; x++) {
			struct reach r = reach_of(plot, &column[x], full, thick, &before);

			before = (struct reach){ 0 };
			if (!r.any)
				continue;
			px_column(c, plot.x + x, r.top - more, r.bottom + more,
				  pass ? color : halo);
			/* the next joins where this one's value was last */
			before.any = true;
			before.top = plot.y + plot.h - stack_height(column[x].last, full, plot.h) -
				     thick / 2;
			before.bottom = before.top + thick;
		}
	}
}

void stack_dashes(struct canvas *c, struct box plot, const struct index_column *column,
		  uint64_t full, bool down, int thick, int dash, uint32_t color)
{
	for (int x = 0; x < plot.w; x++) {
		int h = stack_height(column[x].mean, full, plot.h);
		int y = down ? plot.y + h : plot.y + plot.h - h;

		if (!column[x].any || x % (2 * dash) >= dash + dash / 2)
			continue;
		if (y > plot.y + plot.h - thick)
			y = plot.y + plot.h - thick;
		px_column(c, plot.x + x, y, y + thick, color);
	}
}
