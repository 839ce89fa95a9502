// SPDX-License-Identifier: GPL-2.0-only
/*
 * Areas and lines; see stack.h.
 */
#include "stack.h"

#include "hostmem.h"

#define EXCESS_ALPHA 130

/* Columns that are drawn together. */
#define TILE 32

/* What the columns of a tile have in common is filled row by row, the rest column by column. */
static void draw_part(struct canvas *tile, const int *low, const int *high, uint32_t color)
{
	int bottom = tile->height, from = low[0], to = high[0];

	for (int x = 1; x < tile->width; x++) {
		from = low[x] > from ? low[x] : from;
		to = high[x] < to ? high[x] : to;
	}
	if (from < to)
		px_fill(tile, (struct box){ 0, bottom - to, tile->width, to - from }, color);
	else
		from = to = low[0];
	for (int x = 0; x < tile->width; x++) {
		int split = from < to ? from : high[x];

		if (split > low[x])
			px_column(tile, x, bottom - split, bottom - low[x], color);
		if (from < to && high[x] > to)
			px_column(tile, x, bottom - high[x], bottom - to, color);
	}
}

static void draw_excess(const struct stack *s, struct canvas *tile, int x0, unsigned int k,
			const int *edge)
{
	int h = tile->height;

	for (int x = 0; x < tile->width; x++) {
		uint64_t mean = s->mean[k][x0 + x], max = s->max[k][x0 + x];
		int excess = max > mean ? stack_height(max - mean, s->full, h) : 0;
		int top = edge[x] + excess < h ? edge[x] + excess : h;

		if (excess)
			px_column_blend(tile, x, h - top, h - edge[x], s->color[k], EXCESS_ALPHA);
	}
}

static void draw_tile(const struct stack *s, struct canvas *tile, int x0)
{
	int edge[STACK_MAX + 2][TILE];

	for (int x = 0; x < tile->width; x++) {
		uint64_t sum = 0;

		edge[0][x] = 0;
		for (unsigned int k = 0; k < s->nr; k++) {
			sum += s->mean[k][x0 + x];
			edge[k + 1][x] = stack_height(sum, s->full, tile->height);
		}
		edge[s->nr + 1][x] = tile->height;
	}
	for (unsigned int k = 0; k <= s->nr; k++)
		draw_part(tile, edge[k], edge[k + 1], k < s->nr ? s->color[k] : s->back);
	for (unsigned int k = 0; k < s->nr; k++)
		if (s->max[k])
			draw_excess(s, tile, x0, k, edge[k + 1]);
}

/*
 * Down a picture, each pixel is in another line of the cache, and these lines get in each other's
 * way, as a row of the picture is a multiple of a large power of two.  So columns are drawn aside,
 * where rows are short, and go into the picture row by row.
 */
void stack_draw(const struct stack *s)
{
	uint32_t *px = host_alloc((size_t)TILE * s->plot.h * sizeof(*px));

	for (int x0 = 0; x0 < s->plot.w; x0 += TILE) {
		struct canvas tile = { .px = px, .height = s->plot.h,
				       .width = s->plot.w - x0 < TILE ? s->plot.w - x0 : TILE };

		canvas_unclip(&tile);
		draw_tile(s, &tile, x0);
		px_put(s->c, s->plot.x + x0, s->plot.y, &tile);
	}
	host_free(px);
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
