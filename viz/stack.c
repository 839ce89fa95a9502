// SPDX-License-Identifier: GPL-2.0-only
/*
 * Areas and lines; see stack.h.
 */
#include "stack.h"

#define EXCESS_ALPHA 130

void stack_draw(const struct stack *s)
{
	int bottom = s->plot.y + s->plot.h, h = s->plot.h;

	for (int x = 0; x < s->plot.w; x++) {
		int edge[STACK_MAX + 1] = { 0 };
		uint64_t sum = 0;

		for (unsigned int k = 0; k < s->nr; k++) {
			sum += s->mean[k][x];
			edge[k + 1] = stack_height(sum, s->full, h);
			px_column(s->c, s->plot.x + x, bottom - edge[k + 1], bottom - edge[k],
				  s->color[k]);
		}
		for (unsigned int k = 0; k < s->nr; k++) {
			uint64_t more = s->max[k] && s->max[k][x] > s->mean[k][x] ?
					s->max[k][x] - s->mean[k][x] : 0;
			int excess = stack_height(more, s->full, h), top = edge[k + 1] + excess;

			if (excess)
				px_column_blend(s->c, s->plot.x + x, bottom - (top < h ? top : h),
						bottom - edge[k + 1], s->color[k], EXCESS_ALPHA);
		}
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
