// SPDX-License-Identifier: GPL-2.0-only
/*
 * One series of an index while it grows: samples become nodes, and nodes are joined in pairs when
 * there are too many.  Min and max are exact whatever is joined; so a spike of a millisecond in an
 * hour is seen.  The mean is that over time, not over samples, which come when they like.
 */
#include <stdlib.h>
#include <string.h>

#include "hostmem.h"
#include "index_internal.h"

typedef unsigned __int128 u128;

/* In 1 / 2^32 of the difference; UINT32_MAX is all of it. */
static uint32_t part_of(uint64_t value, uint64_t min, uint64_t max)
{
	u128 part;

	if (value <= min)
		return 0;
	if (value >= max)
		return UINT32_MAX;
	part = (((u128)(value - min) << 32) + (max - min) / 2) / (max - min);
	return part < UINT32_MAX ? part : UINT32_MAX - 1;
}

static uint64_t value_of(uint32_t part, uint64_t min, uint64_t max)
{
	if (min == max || !part)
		return min;
	if (part == UINT32_MAX)
		return max;
	if (max - min < UINT32_MAX)
		return min + (((max - min) * part + (UINT64_C(1) << 31)) >> 32);
	return min + (uint64_t)(((u128)(max - min) * part + (UINT64_C(1) << 31)) >> 32);
}

uint64_t index_node_mean(const struct index_node *n)
{
	return value_of(n->mean, n->min, n->max);
}

uint64_t index_node_last(const struct index_node *n)
{
	return value_of(n->last, n->min, n->max);
}

struct index_node index_node_join(const struct index_node *a, uint64_t a_ns,
				  const struct index_node *b, uint64_t b_ns)
{
	struct index_node n = {
		.time = a->time,
		.min = a->min < b->min ? a->min : b->min,
		.max = a->max > b->max ? a->max : b->max,
	};
	u128 ns = (u128)a_ns + b_ns;
	u128 area = (u128)index_node_mean(a) * a_ns + (u128)index_node_mean(b) * b_ns;

	if (n.min == n.max)
		return n;
	n.mean = part_of(ns ? (uint64_t)((area + ns / 2) / ns) : index_node_mean(b), n.min, n.max);
	n.last = part_of(index_node_last(b), n.min, n.max);
	return n;
}

void index_grow_close(struct index_grow *g, uint64_t time)
{
	struct index_node *n;
	uint64_t ns;

	if (!g->samples)
		return;
	if (g->nr == g->size) {
		g->size = g->size ? 2 * g->size : 8;
		g->node = host_realloc(g->node, g->size * sizeof(*g->node));
	}
	n = &g->node[g->nr++];
	*n = (struct index_node){ .time = g->start, .min = g->min, .max = g->max };
	if (g->min != g->max) {
		ns = time - g->start;
		g->area += (u128)g->last * (time - g->time);
		n->mean =
			part_of(ns ? (uint64_t)((g->area + ns / 2) / ns) : g->last, g->min, g->max);
		n->last = part_of(g->last, g->min, g->max);
	}
	g->samples = 0;
}

bool index_grow_add(struct index_grow *g, uint64_t time, uint64_t value)
{
	bool closed = false;

	/* what stays as it is needs no other node */
	if (g->samples && !g->counter && value == g->last && g->min == g->max)
		return false;
	if (g->samples && time > g->time && g->samples >= g->fold) {
		index_grow_close(g, time);
		closed = true;
	}
	if (!g->samples) {
		if (!g->fold)
			g->fold = 1;
		g->start = time;
		g->min = g->max = value;
		g->area = 0;
	} else {
		g->area += (u128)g->last * (time - g->time);
		/* a counter that went up several times at once went up once, by more */
		if (value < g->min || (g->counter && time == g->start))
			g->min = value;
		if (value > g->max)
			g->max = value;
	}
	/* several at one time are one */
	if (!g->samples || time > g->time)
		g->samples++;
	g->time = time;
	g->last = value;
	return closed;
}

void index_grow_fold(struct index_grow *g, uint32_t cap, uint64_t end)
{
	while (g->nr > cap && g->nr > 1) {
		uint32_t to = 0, i;

		for (i = 0; i + 1 < g->nr; i += 2) {
			const struct index_node *a = &g->node[i], *b = &g->node[i + 1];
			uint64_t next = i + 2 < g->nr ? g->node[i + 2].time : end;

			g->node[to++] = index_node_join(a, b->time - a->time, b, next - b->time);
		}
		if (i < g->nr)
			g->node[to++] = g->node[i];
		g->nr = to;
		if (g->fold < 1u << 30)
			g->fold = g->fold ? 2 * g->fold : 2;
	}
}

/* Texts */

static uint32_t hash_of(const char *s)
{
	uint32_t h = 2166136261u;

	for (; *s; s++)
		h = (h ^ (uint8_t)*s) * 16777619u;
	return h;
}

static void grow_slots(struct index_texts *texts)
{
	uint32_t nr = texts->nr_slots ? 2 * texts->nr_slots : 64,
		 *slot = host_alloc(nr * sizeof(*slot));

	for (uint32_t i = 0; i < texts->nr_slots; i++) {
		uint32_t text = texts->slot[i], at;

		if (!text)
			continue;
		for (at = hash_of(texts->bytes + text) % nr; slot[at]; at = (at + 1) % nr)
			;
		slot[at] = text;
	}
	host_free(texts->slot);
	texts->slot = slot;
	texts->nr_slots = nr;
}

uint32_t index_intern(struct index_texts *texts, const char *s)
{
	size_t len = strlen(s) + 1;
	uint32_t at;

	if (!texts->nr) {
		texts->size = 4096;
		texts->bytes = host_alloc(texts->size);
		texts->nr = 1;
	}
	if (len == 1 || texts->nr > UINT32_MAX / 4)
		return 0;
	if (2 * texts->used >= texts->nr_slots)
		grow_slots(texts);
	for (at = hash_of(s) % texts->nr_slots; texts->slot[at]; at = (at + 1) % texts->nr_slots)
		if (!strcmp(texts->bytes + texts->slot[at], s))
			return texts->slot[at];
	while (texts->nr + len > texts->size) {
		texts->size *= 2;
		texts->bytes = host_realloc(texts->bytes, texts->size);
	}
	memcpy(texts->bytes + texts->nr, s, len);
	texts->slot[at] = texts->nr;
	texts->used++;
	texts->nr += len;
	return texts->slot[at];
}

void index_texts_free(struct index_texts *texts)
{
	host_free(texts->bytes);
	host_free(texts->slot);
	*texts = (struct index_texts){ 0 };
}

void index_grow_fit(struct index_grow *g)
{
	if (g->size == g->nr)
		return;
	g->size = g->nr;
	g->node = host_realloc(g->node, g->size * sizeof(*g->node));
}
