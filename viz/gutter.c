// SPDX-License-Identifier: GPL-2.0-only
/*
 * What stands beside a lane; see gutter.h.
 */
#include "gutter.h"

#include <stdio.h>

#include "number.h"

void gutter_badge(const struct scene *s, const struct lane *lane, const struct font *f,
		  struct box *b)
{
	struct box badge = { b->x, b->y, b->h, b->h };

	if (s->nr_sources < 2 || !text_seen(s->c, f, badge))
		return;
	px_fill(s->c, badge, lane->source ? s->p->target : s->p->select);
	text_in(s->c, f, badge, TEXT_CENTRE, s->p->back, lane->source ? "B" : "A");
	b->x += badge.w + scene_px(s, 6);
	b->w -= badge.w + scene_px(s, 6);
}

void gutter_begin(struct gutter *g, const struct scene *s, const struct lane *lane,
		  const char *name, const char *note)
{
	struct box b = lane->gutter;
	const struct layout *l = s->l;
	int width;

	*g = (struct gutter){ .s = s, .lane = lane, .y = b.y, .end = b.y + b.h };
	b.h = l->bold.height;
	b.w -= scene_px(s, 10);
	g->y += l->bold.height + scene_px(s, 2);
	/* what is left of it at an edge says nothing without its name */
	if (!text_seen(s->c, &l->bold, b))
		return;
	gutter_badge(s, lane, &l->bold, &b);
	width = text_in(s->c, &l->bold, b, TEXT_LEFT, s->p->text, name);
	b.x += width + scene_px(s, 8);
	b.w -= width + scene_px(s, 8);
	if (b.w > 0 && text_width(&l->small, note) <= b.w)
		text_in(s->c, &l->small, b, TEXT_RIGHT, s->p->dim, note);
}

void gutter_line(struct gutter *g, uint32_t color, const char *label, const char *value,
		 uint64_t weight)
{
	struct gutter_line *line = &g->line[g->nr];

	if (g->nr == GUTTER_LINES)
		return;
	g->nr++;
	*line = (struct gutter_line){ .color = color, .label = label, .weight = weight };
	snprintf(line->value, sizeof(line->value), "%s", value);
}

void gutter_pages(struct gutter *g, uint32_t color, const char *label, uint64_t pages,
		  uint64_t pages_a)
{
	char value[112];

	if (g->lane->source && pages != pages_a && pages != NUMBER_NONE && pages_a != NUMBER_NONE)
		snprintf(value, sizeof(value), "%s (%s)", number_pages(pages).text,
			 number_difference(pages_a, pages).text);
	else
		snprintf(value, sizeof(value), "%s", number_pages(pages).text);
	gutter_line(g, color, label, value, pages == NUMBER_NONE ? 0 : pages);
}

void gutter_first(struct gutter *g)
{
	if (g->nr)
		g->line[g->nr - 1].weight = GUTTER_FIRST;
}

/* The @nr that weigh most; of equal ones, the first. */
static void choose(struct gutter *g, unsigned int nr)
{
	while (nr--) {
		struct gutter_line *best = NULL;

		for (unsigned int i = 0; i < g->nr; i++)
			if (!g->line[i].shown && (!best || g->line[i].weight > best->weight))
				best = &g->line[i];
		if (best)
			best->shown = true;
	}
}

static void draw_line(struct gutter *g, const struct gutter_line *line)
{
	const struct scene *s = g->s;
	const struct font *f = &s->l->small;
	struct box b = { g->lane->gutter.x, g->y, g->lane->gutter.w - scene_px(s, 10), f->height };
	int width;

	g->y += f->height + scene_px(s, 1);
	if (line->color && text_seen(s->c, f, b))
		px_fill(s->c, (struct box){ b.x, b.y + f->height / 2 - scene_px(s, 4),
					    scene_px(s, 8), scene_px(s, 8) }, line->color);
	b.x += scene_px(s, 14);
	b.w -= scene_px(s, 14);
	width = text_in(s->c, f, b, TEXT_RIGHT, s->p->text, line->value);
	b.w -= width + scene_px(s, 6);
	text_in(s->c, f, b, TEXT_LEFT, s->p->dim, line->label);
}

void gutter_end(struct gutter *g)
{
	int line = g->s->l->small.height + scene_px(g->s, 1);
	unsigned int room = g->end - g->y + scene_px(g->s, 1) < line ? 0 :
			    (g->end - g->y + scene_px(g->s, 1)) / line;
	char more[32];

	choose(g, g->nr <= room ? g->nr : room > 1 ? room - 1 : room);
	for (unsigned int i = 0; i < g->nr; i++)
		if (g->line[i].shown)
			draw_line(g, &g->line[i]);
	if (g->nr <= room || room < 2)
		return;
	snprintf(more, sizeof(more), "and %u more", g->nr - room + 1);
	text_in(g->s->c, &g->s->l->small,
		(struct box){ g->lane->gutter.x + scene_px(g->s, 14), g->y,
			      g->lane->gutter.w - scene_px(g->s, 24), g->s->l->small.height },
		TEXT_LEFT,
		g->s->p->dim, more);
}

void gutter_scale(const struct scene *s, struct box plot, const char *top, const char *bottom)
{
	const struct font *f = &s->l->small;
	struct box b = { plot.x + plot.w + scene_px(s, 5), plot.y, s->l->axis_w - scene_px(s, 5),
			 f->height };

	text_in(s->c, f, b, TEXT_LEFT, s->p->dim, top);
	b.y = plot.y + plot.h - b.h;
	if (plot.h >= 2 * b.h)
		text_in(s->c, f, b, TEXT_LEFT, s->p->dim, bottom);
}
