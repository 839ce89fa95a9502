// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest as a row, for when there are many: the more of its memory is resident, the more colour;
 * what the host has swapped of it is a bar at the bottom.
 */
#include "gutter.h"
#include "lane.h"
#include "number.h"
#include "stack.h"

enum { COL_RESIDENT, COL_SWAPPED };

void lane_row_draw(const struct scene *s, const struct lane *lane)
{
	const struct source *from = &s->source[lane->source];
	uint64_t memory = from->index->guests[lane->guest].memory, resident;
	struct box name = lane->gutter, plot = lane->plot;
	const struct index_column *r, *w;
	const struct font *f = &s->l->small;
	int width;

	plot.h -= scene_px(s, 1);
	px_fill(s->c, (struct box){ plot.x, plot.y + plot.h, plot.w, scene_px(s, 1) }, s->p->back);
	resident = source_value(from, lane->guest, INDEX_guest_resident, scene_at(s));
	name.w -= scene_px(s, 10);
	width = text_in(s->c, f, name, TEXT_RIGHT, s->p->dim, number_pages(resident).text);
	name.w -= width + scene_px(s, 8);
	if (s->nr_sources > 1) {
		text_in(s->c, f, name, TEXT_LEFT, lane->source ? s->p->target : s->p->select,
			lane->source ? "B" : "A");
		name.x += scene_px(s, 12);
		name.w -= scene_px(s, 12);
	}
	text_in(s->c, f, name, TEXT_LEFT, s->p->text, lane->name);
	r = scene_columns(s, COL_RESIDENT, lane->source, lane->guest, INDEX_guest_resident);
	w = scene_columns(s, COL_SWAPPED, lane->source, lane->guest, INDEX_guest_swapped);
	px_fill(s->c, plot, s->p->lane);
	for (int x = 0; x < plot.w; x++) {
		unsigned int heat = stack_height(r[x].max, memory, 255);
		int bar = stack_height(w[x].max, memory, plot.h);

		if (r[x].any)
			px_column(s->c, plot.x + x, plot.y, plot.y + plot.h,
				  px_mix(s->p->heat_low, s->p->heat_high, heat));
		if (w[x].max && bar < scene_px(s, 2))
			bar = scene_px(s, 2);
		px_column(s->c, plot.x + x, plot.y + plot.h - bar, plot.y + plot.h, s->p->swapped);
	}
}
