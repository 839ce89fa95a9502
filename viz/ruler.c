// SPDX-License-Identifier: GPL-2.0-only
/*
 * The axis of time; see ruler.h.
 */
#include "ruler.h"

#include <stdio.h>

#include "number.h"
#include "stack.h"

uint64_t ruler_step(const struct scene *s)
{
	static const unsigned int of_ten[] = { 1, 2, 5 };
	uint64_t span = s->v->to - s->v->from;

	for (uint64_t ten = 1; ten < UINT64_C(1000000000000000000); ten *= 10)
		for (unsigned int i = 0; i < 3; i++) {
			uint64_t step = ten * of_ten[i];
			int room = (unsigned __int128)step * s->l->plot_w / span;
			struct human last = number_time(s->v->to, step);

			if (room >= text_width(&s->l->normal, last.text) + scene_px(s, 28))
				return step;
		}
	return span;
}

/* A label in a filled box, so that it can stand on the ruler's own. */
static struct box label(const struct scene *s, int x, const char *text, uint32_t color, bool draw)
{
	const struct font *f = &s->l->normal;
	struct box b = { x, s->l->ruler.y, text_width(f, text) + scene_px(s, 8), s->l->ruler.h };

	if (b.x + b.w > s->l->plot_x + s->l->plot_w + s->l->axis_w)
		b.x -= b.w;
	if (draw) {
		px_fill(s->c, b, color);
		text_in(s->c, f, b, TEXT_CENTRE, s->p->back, text);
	}
	return b;
}

static bool touches(struct box a, struct box b)
{
	return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

#define LABELS_MAX 3

/* Cursor and markers: the cursor first, the others where it leaves room. */
static unsigned int draw_labels(const struct scene *s, struct box *taken)
{
	const struct view *v = s->v;
	const struct {
		bool has;
		uint64_t time;
		const char *name;
		uint32_t color;
	} of[LABELS_MAX] = {
		{ v->has_at, v->at, "", s->p->cursor },
		{ v->has_a, v->a, "a ", s->p->select },
		{ v->has_b, v->b, "b ", s->p->target },
	};
	uint64_t step = (v->to - v->from) / s->l->plot_w;
	unsigned int nr = 0;

	for (unsigned int i = 0; i < LABELS_MAX; i++) {
		uint64_t unit = 1;
		char text[80];
		bool free = true;

		if (!of[i].has || of[i].time < v->from || of[i].time > v->to)
			continue;
		while (unit * 10 <= step)
			unit *= 10;
		snprintf(text, sizeof(text), "%s%s", of[i].name,
			 number_time(of[i].time, unit).text);
		taken[nr] = label(s, layout_x(s->l, of[i].time), text, of[i].color, false);
		for (unsigned int k = 0; k < nr; k++)
			free &= !touches(taken[nr], taken[k]);
		if (!free)
			continue;
		label(s, layout_x(s->l, of[i].time), text, of[i].color, true);
		nr++;
	}
	return nr;
}

void ruler_draw(const struct scene *s)
{
	const struct box r = s->l->ruler;
	const struct font *f = &s->l->normal;
	uint64_t step = ruler_step(s), t = (s->v->from + step - 1) / step * step;
	struct box taken[LABELS_MAX];
	unsigned int nr = draw_labels(s, taken);

	if (s->v->has_select && s->v->select_to >= s->v->from && s->v->select_from <= s->v->to) {
		int x0 = layout_x(s->l, s->v->select_from), x1 = layout_x(s->l, s->v->select_to);

		px_fill(s->c, (struct box){ x0, r.y + r.h - scene_px(s, 3), x1 - x0 + 1,
					    scene_px(s, 3) }, s->p->select);
	}
	for (; t <= s->v->to; t += step) {
		struct human time = number_time(t, step);
		struct box b = { layout_x(s->l, t) + scene_px(s, 4), r.y, text_width(f, time.text),
				 r.h };
		bool free =
			b.x + b.w <= s->l->plot_x + s->l->plot_w + s->l->axis_w - scene_px(s, 2);

		struct box tick = { layout_x(s->l, t), r.y + r.h / 2, scene_px(s, 1), r.h / 2 };
		bool covered = false;

		for (unsigned int k = 0; k < nr; k++) {
			covered |= touches(tick, taken[k]);
			free &= !touches(b, taken[k]);
		}
		if (!covered)
			px_fill(s->c, tick, s->p->dim);
		if (free)
			text_in(s->c, f, b, TEXT_LEFT, s->p->text, time.text);
	}
}

/* The mean, and above it in a mixed colour the most: a node of the index may be many columns. */
static void overview_area(const struct scene *s, struct box b, unsigned int source,
			  enum index_series_id id, uint64_t full, uint32_t color)
{
	struct index_column *c = s->column[0];
	int bottom = b.y + b.h;

	if (!source_columns(&s->source[source], INDEX_HOST, id, 0, s->v->end, c, b.w))
		return;
	for (int x = 0; x < b.w; x++) {
		int mean = stack_height(c[x].mean, full, b.h);
		int most = stack_height(c[x].max, full, b.h);

		px_column_blend(s->c, b.x + x, bottom - most, bottom - mean, color, 90);
		px_column(s->c, b.x + x, bottom - mean, bottom, color);
	}
}

/* A line of its own for each trace. */
static void overview_areas(const struct scene *s, struct box b)
{
	struct box name = { s->l->head.x, b.y, s->l->plot_x - s->l->head.x - scene_px(s, 10), 0 };
	int gap = s->nr_sources > 1 ? scene_px(s, 2) : 0;

	b.h = name.h = b.h / (int)s->nr_sources;
	for (unsigned int i = 0; i < s->nr_sources; i++) {
		struct box in = { b.x, b.y, b.w, b.h - (i + 1 < s->nr_sources ? gap : 0) };
		const struct trace_index *index = s->source[i].index;
		char text[80];

		snprintf(text, sizeof(text), "%s%swhole run: host memory, swap",
			 s->nr_sources > 1 ? view_trace_names[i] : "",
			 s->nr_sources > 1 ? " " : "");
		text_in(s->c, &s->l->small, name, TEXT_LEFT, s->p->dim, text);
		px_fill(s->c, in, s->p->lane);
		if (index) {
			overview_area(s, in, i, INDEX_host_used, index->head.frames,
				      s->p->host_other);
			overview_area(s, in, i, INDEX_host_swap_used, index->head.swap,
				      s->p->swapped);
		}
		b.y = name.y += b.h;
	}
}

void overview_draw(const struct scene *s)
{
	struct box b = s->l->overview;
	uint64_t end = s->v->end;
	int x0 = b.x + (int)((unsigned __int128)s->v->from * b.w / end);
	int x1 = b.x + (int)((unsigned __int128)s->v->to * b.w / end);

	overview_areas(s, b);
	px_blend(s->c, (struct box){ b.x, b.y, x0 - b.x, b.h }, s->p->back, 150);
	px_blend(s->c, (struct box){ x1, b.y, b.x + b.w - x1, b.h }, s->p->back, 150);
	px_frame(s->c, (struct box){ x0, b.y - scene_px(s, 1), x1 - x0 > scene_px(s, 3) ? x1 - x0 :
				     scene_px(s, 3), b.h + scene_px(s, 2) }, scene_px(s, 1),
		 s->p->text);
}

static void line_at(const struct scene *s, uint64_t time, uint32_t color, unsigned int alpha, int w)
{
	int top = s->l->ruler.y + s->l->ruler.h, end = s->l->foot.y - scene_px(s, 2);

	if (time >= s->v->from && time <= s->v->to)
		px_blend(s->c, (struct box){ layout_x(s->l, time), top, w, end - top }, color,
			 alpha);
}

void ruler_over_lanes(const struct scene *s)
{
	const struct view *v = s->v;
	uint64_t step = ruler_step(s);
	int top = s->l->ruler.y + s->l->ruler.h, end = s->l->foot.y - scene_px(s, 2);

	for (uint64_t t = (v->from + step - 1) / step * step; t <= v->to; t += step)
		line_at(s, t, s->p->text, 26, scene_px(s, 1));
	if (v->has_select && v->select_to >= v->from && v->select_from <= v->to) {
		int x0 = layout_x(s->l, v->select_from), x1 = layout_x(s->l, v->select_to);

		px_blend(s->c, (struct box){ x0, top, x1 - x0 + 1, end - top }, s->p->select, 34);
		line_at(s, v->select_from, s->p->select, 220, scene_px(s, 1));
		line_at(s, v->select_to, s->p->select, 220, scene_px(s, 1));
	}
	if (v->has_a)
		line_at(s, v->a, s->p->select, 230, scene_px(s, 1));
	if (v->has_b)
		line_at(s, v->b, s->p->target, 230, scene_px(s, 1));
	if (v->has_at)
		line_at(s, v->at, s->p->cursor, 220, scene_px(s, 1));
}
