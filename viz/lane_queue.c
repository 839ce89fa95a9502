// SPDX-License-Identifier: GPL-2.0-only
/*
 * The queue of the host's swap device, and of disks that several things share: requests that wait,
 * over those that are being served.
 */
#include "gutter.h"
#include "hostmem.h"
#include "lane.h"
#include "number.h"
#include "stack.h"

struct queue {
	const char *name;
	enum index_series_id active, waiting;
};

/* Of both traces: what is higher is more. */
static uint64_t most_of_all(const struct scene *s, const struct queue *q)
{
	uint64_t most = 1;

	for (unsigned int i = 0; i < s->nr_sources; i++) {
		const struct index_column *active = scene_columns(s, 0, i, INDEX_HOST,
								  q->active);
		const struct index_column *waiting = scene_columns(s, 1, i, INDEX_HOST,
								   q->waiting);

		for (int x = 0; x < s->l->plot_w; x++)
			if (active[x].max + waiting[x].max > most)
				most = active[x].max + waiting[x].max;
	}
	return most;
}

static void draw(const struct scene *s, const struct lane *lane, const struct queue *q)
{
	const struct source *from = &s->source[lane->source];
	uint64_t most = most_of_all(s, q);
	const struct index_column *active = scene_columns(s, 0, lane->source, INDEX_HOST,
							  q->active);
	const struct index_column *waiting = scene_columns(s, 1, lane->source, INDEX_HOST,
							   q->waiting);
	uint64_t now_waiting = source_value(from, INDEX_HOST, q->waiting, scene_at(s));
	uint64_t now_active = source_value(from, INDEX_HOST, q->active, scene_at(s));
	int w = s->l->plot_w;
	uint64_t *value = host_alloc(4 * (size_t)w * sizeof(*value));
	struct stack stack = { .c = s->c, .plot = lane->plot, .nr = 2,
			       .color = { s->p->swapped, s->p->queue },
			       .back = s->p->lane };
	struct gutter g;

	for (int i = 0; i < 2; i++) {
		stack.mean[i] = value + (size_t)(2 * i) * w;
		stack.max[i] = value + (size_t)(2 * i + 1) * w;
	}
	for (int x = 0; x < w; x++) {
		value[x] = active[x].mean;
		value[w + x] = active[x].max;
		value[2 * w + x] = waiting[x].mean;
		value[3 * w + x] = waiting[x].max;
	}
	stack.full = most;
	stack_draw(&stack);
	host_free(value);
	gutter_begin(&g, s, lane, q->name, "requests");
	gutter_line(&g, s->p->queue, "wait", number_count(now_waiting).text, 1);
	gutter_line(&g, s->p->swapped, "are served", number_count(now_active).text, 0);
	gutter_end(&g);
	gutter_scale(s, lane->plot, human_count(most).text, "0");
}

void lane_queue_draw(const struct scene *s, const struct lane *lane)
{
	static const struct queue swap = { "Swap queue", INDEX_swap_active, INDEX_swap_waiting };

	draw(s, lane, &swap);
}

void lane_disk_draw(const struct scene *s, const struct lane *lane)
{
	static const struct queue disk = { "Disk queue", INDEX_disk_active, INDEX_disk_waiting };

	draw(s, lane, &disk);
}
