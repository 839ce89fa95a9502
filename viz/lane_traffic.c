// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the host swaps out and in, in bytes per second: out up from the middle, in down from it, on
 * one scale, which is the most that is in view.
 */
#include "gutter.h"
#include "lane.h"
#include "number.h"
#include "stack.h"

typedef unsigned __int128 u128;

/* Bytes per second of what was added in a column. */
static uint64_t rate(const struct scene *s, uint64_t pages)
{
	uint64_t ns = (s->v->to - s->v->from) / s->l->plot_w;

	return (u128)pages * 4096 * 1000000000 / (ns ? ns : 1);
}

void lane_traffic_draw(const struct scene *s, const struct lane *lane)
{
	const struct index_column *out, *in;
	struct box b = lane->plot;
	uint64_t most = 1, out_sum = 0, in_sum = 0;
	int middle = b.y + b.h / 2;
	struct gutter g;

	out = scene_columns(s, 0, lane->source, INDEX_HOST, INDEX_host_swap_out);
	in = scene_columns(s, 1, lane->source, INDEX_HOST, INDEX_host_swap_in);
	for (int x = 0; x < b.w; x++) {
		most = out[x].delta > most ? out[x].delta : most;
		most = in[x].delta > most ? in[x].delta : most;
		out_sum += out[x].delta;
		in_sum += in[x].delta;
	}
	px_fill(s->c, b, s->p->lane);
	for (int x = 0; x < b.w; x++) {
		int up = stack_height(out[x].delta, most, b.h / 2);
		int down = stack_height(in[x].delta, most, b.h / 2);

		up = out[x].delta && !up ? 1 : up;
		down = in[x].delta && !down ? 1 : down;
		px_column(s->c, b.x + x, middle - up, middle, s->p->swap_out);
		px_column(s->c, b.x + x, middle + 1, middle + 1 + down, s->p->swap_in);
	}
	px_fill(s->c, (struct box){ b.x, middle, b.w, 1 }, s->p->grid);
	gutter_begin(&g, s, lane, "Swap traffic", "in view:");
	gutter_line(&g, s->p->swap_out, "out, upwards", number_pages(out_sum).text, 1);
	gutter_line(&g, s->p->swap_in, "in, downwards", number_pages(in_sum).text, 0);
	gutter_end(&g);
	gutter_scale(s, b, most > 1 ? number_rate(rate(s, most)).text : "0", most > 1 ?
		     number_rate(rate(s, most)).text : "");
}
