// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the host swaps out and in, in bytes per second: out up from the middle, in down from it, on
 * one scale, which is the most that is in view, of both traces.
 */
#include "gutter.h"
#include "lane.h"
#include "number.h"
#include "stack.h"

typedef unsigned __int128 u128;

#define COLUMN_NS UINT64_C(10000000)

/* Bytes per second of what was added in a column. */
static uint64_t rate(const struct scene *s, uint64_t pages, int nr)
{
	uint64_t ns = (s->v->to - s->v->from) / nr;

	return (u128)pages * 4096 * 1000000000 / (ns ? ns : 1);
}

static uint64_t most_of(const struct scene *s, unsigned int source, int nr)
{
	const struct index_column *out = scene_counted(s, 0, source, INDEX_host_swap_out, nr);
	const struct index_column *in = scene_counted(s, 1, source, INDEX_host_swap_in, nr);
	uint64_t most = 0;

	for (int i = 0; i < nr; i++) {
		most = out[i].delta > most ? out[i].delta : most;
		most = in[i].delta > most ? in[i].delta : most;
	}
	return most;
}

static void draw_bars(const struct scene *s, struct box b, const struct index_column *out,
		      const struct index_column *in, int nr, uint64_t most)
{
	int middle = b.y + b.h / 2;

	px_fill(s->c, b, s->p->lane);
	for (int x = 0; x < b.w; x++) {
		int i = (int64_t)x * nr / b.w;
		int up = stack_height(out[i].delta, most, b.h / 2);
		int down = stack_height(in[i].delta, most, b.h / 2);

		up = out[i].delta && !up ? 1 : up;
		down = in[i].delta && !down ? 1 : down;
		px_column(s->c, b.x + x, middle - up, middle, s->p->swap_out);
		px_column(s->c, b.x + x, middle + 1, middle + 1 + down, s->p->swap_in);
	}
	px_fill(s->c, (struct box){ b.x, middle, b.w, 1 }, s->p->grid);
}

void lane_traffic_draw(const struct scene *s, const struct lane *lane)
{
	int nr = scene_counts(s, COLUMN_NS);
	const struct index_column *out, *in;
	uint64_t most = 0, out_sum = 0, in_sum = 0;
	struct gutter g;

	for (unsigned int i = 0; i < s->nr_sources; i++) {
		uint64_t of = most_of(s, i, nr);

		most = of > most ? of : most;
	}
	out = scene_counted(s, 0, lane->source, INDEX_host_swap_out, nr);
	in = scene_counted(s, 1, lane->source, INDEX_host_swap_in, nr);
	for (int i = 0; i < nr; i++) {
		out_sum += out[i].delta;
		in_sum += in[i].delta;
	}
	draw_bars(s, lane->plot, out, in, nr, most);
	gutter_begin(&g, s, lane, "Swap traffic", "in view:");
	gutter_line(&g, s->p->swap_out, "out, upwards", number_pages(out_sum).text, 1);
	gutter_line(&g, s->p->swap_in, "in, downwards", number_pages(in_sum).text, 0);
	gutter_end(&g);
	gutter_scale(s, lane->plot, most ? number_rate(rate(s, most, nr)).text : "0",
		     most ? number_rate(rate(s, most, nr)).text : "");
}
