// SPDX-License-Identifier: GPL-2.0-only
/*
 * A whole picture: head, legend, ruler, lanes, foot, or what there is to say when a trace cannot
 * be shown.
 */
#include "frame.h"

#include <stdio.h>
#include <string.h>

#include "head.h"
#include "help.h"
#include "hostmem.h"
#include "lane.h"
#include "map.h"
#include "panel.h"
#include "ruler.h"

/* The background, but for what the lanes fill. */
static void fill_around(const struct scene *s, struct box plots)
{
	int right = plots.x + plots.w, bottom = plots.y + plots.h;
	struct canvas *c = s->c;

	px_fill(c, (struct box){ 0, 0, c->width, plots.y }, s->p->back);
	px_fill(c, (struct box){ 0, plots.y, plots.x, plots.h }, s->p->back);
	px_fill(c, (struct box){ right, plots.y, c->width - right, plots.h }, s->p->back);
	px_fill(c, (struct box){ 0, bottom, c->width, c->height - bottom }, s->p->back);
}

void frame_draw(struct canvas *c, const struct view *v, struct source *source,
		unsigned int nr_sources)
{
	struct scene s = { .c = c, .v = v, .source = source, .nr_sources = nr_sources,
			   .p = &palettes[v->theme] };
	struct index_column *columns;
	struct layout layout;

	canvas_unclip(c);
	for (unsigned int i = 0; i < nr_sources; i++)
		source_focus(&source[i], v->from, v->to);
	layout_make(&layout, v, source, nr_sources);
	s.l = &layout;
	columns = host_alloc((size_t)SCENE_SERIES * layout.plot_w * sizeof(*columns));
	for (unsigned int i = 0; i < SCENE_SERIES; i++)
		s.column[i] = columns + (size_t)i * layout.plot_w;
	if (source[0].index && !v->help)
		fill_around(&s, lanes_plots(&layout));
	else
		px_fill(c, (struct box){ 0, 0, c->width, c->height }, s.p->back);
	if (source[0].index)
		head_draw(&s);
	if (source[0].index && v->help) {
		help_draw(&s);
	} else if (source[0].index) {
		legend_draw(&layout.words, c, s.p, layout.unit, layout.legend);
		overview_draw(&s);
		ruler_draw(&s);
		lanes_draw(&s);
		ruler_over_lanes(&s);
		if (*v->events)
			panel_draw(&s);
		else if (*v->map)
			map_draw(&s);
		foot_draw(&s);
	} else {
		head_explain(&s);
	}
	host_free(columns);
	layout_free(&layout);
}
