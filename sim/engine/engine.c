// SPDX-License-Identifier: GPL-2.0-only
/*
 * The event queue: a 4-ary heap of 16-byte keys beside a table of slots.
 *
 * A key holds time and sequence, so comparing never leaves the heap array.  The slot table
 * leads from a key to its event and back, for cancelling.  While an event runs, the root is
 * left as a hole: most events add one follow-up, which then takes the hole in a single sift.
 */
#include "engine.h"

#include <stdio.h>
#include <stdlib.h>

#define SLOT_MASK ((UINT64_C(1) << EVENT_SLOT_BITS) - 1)
#define NO_SLOT UINT32_MAX
#define ARITY 4

static void *grow(void *p, size_t size)
{
	p = realloc(p, size);
	if (!p) {
		fprintf(stderr, "ballast: out of memory for the event queue (%zu bytes)\n", size);
		exit(2);
	}
	return p;
}

void engine_init(struct engine *engine)
{
	*engine = (struct engine){ .free_slot = NO_SLOT };
}

void engine_destroy(struct engine *engine)
{
	free(engine->heap);
	free(engine->slots);
	engine_init(engine);
}

static inline bool key_before(const struct event_key *a, const struct event_key *b)
{
	return a->time < b->time || (a->time == b->time && a->seq_slot < b->seq_slot);
}

static inline void heap_set(struct engine *engine, uint32_t i, struct event_key key)
{
	engine->heap[i] = key;
	engine->slots[key.seq_slot & SLOT_MASK].heap_index = i;
}

static void sift_up(struct engine *engine, uint32_t i, struct event_key key)
{
	while (i > 0) {
		uint32_t parent = (i - 1) / ARITY;

		if (!key_before(&key, &engine->heap[parent]))
			break;
		heap_set(engine, i, engine->heap[parent]);
		i = parent;
	}
	heap_set(engine, i, key);
}

static void sift_down(struct engine *engine, uint32_t i, struct event_key key)
{
	uint32_t nr = engine->nr_pending;

	for (;;) {
		uint32_t child = i * ARITY + 1, best = child, end = child + ARITY;

		if (child >= nr)
			break;
		if (end > nr)
			end = nr;
		while (++child < end)
			best = key_before(&engine->heap[child], &engine->heap[best]) ? child : best;
		if (!key_before(&engine->heap[best], &key))
			break;
		heap_set(engine, i, engine->heap[best]);
		i = best;
	}
	heap_set(engine, i, key);
}

/* Put the last key where @i was; the heap has one entry less. */
static void heap_remove(struct engine *engine, uint32_t i)
{
	struct event_key last = engine->heap[--engine->nr_pending];

	if (i == engine->nr_pending)
		return;
	if (i > 0 && key_before(&last, &engine->heap[(i - 1) / ARITY]))
		sift_up(engine, i, last);
	else
		sift_down(engine, i, last);
}

static void close_hole(struct engine *engine)
{
	if (engine->hole) {
		engine->hole = false;
		heap_remove(engine, 0);
	}
}

static uint32_t slot_get(struct engine *engine)
{
	uint32_t slot = engine->free_slot;

	if (slot != NO_SLOT) {
		engine->free_slot = engine->slots[slot].heap_index;
		return slot;
	}
	if (engine->nr_slots == engine->heap_size) {
		if (engine->nr_slots > SLOT_MASK) {
			fprintf(stderr, "ballast: more than %u events pending\n", engine->nr_slots);
			abort();
		}
		engine->heap_size = engine->heap_size ? engine->heap_size * 2 : 256;
		engine->heap = grow(engine->heap, engine->heap_size * sizeof(*engine->heap));
		engine->slots = grow(engine->slots, engine->heap_size * sizeof(*engine->slots));
	}
	return engine->nr_slots++;
}

static void slot_put(struct engine *engine, uint32_t slot)
{
	engine->slots[slot].event = NULL;
	engine->slots[slot].heap_index = engine->free_slot;
	engine->free_slot = slot;
}

void event_add(struct engine *engine, struct event *ev, uint64_t time)
{
	struct event_key key;
	uint32_t slot;

	if (event_pending(ev) || time < engine->now) {
		fprintf(stderr, "ballast: event added %s at %llu ns\n",
			event_pending(ev) ? "twice" : "in the past",
			(unsigned long long)engine->now);
		abort();
	}
	slot = slot_get(engine);
	engine->slots[slot].event = ev;
	ev->slot = slot + 1;
	key = (struct event_key){ time, engine->seq++ << EVENT_SLOT_BITS | slot };
	if (engine->hole) {
		engine->hole = false;
		sift_down(engine, 0, key);
	} else {
		sift_up(engine, engine->nr_pending++, key);
	}
}

void event_add_observer(struct engine *engine, struct event *ev, uint64_t time)
{
	event_add(engine, ev, time);
	ev->observer = true;
	engine->nr_observers++;
}

static void event_unmark(struct engine *engine, struct event *ev)
{
	ev->slot = 0;
	engine->nr_observers -= ev->observer;
	ev->observer = false;
}

bool event_cancel(struct engine *engine, struct event *ev)
{
	uint32_t slot = ev->slot - 1;

	if (!event_pending(ev))
		return false;
	close_hole(engine);
	heap_remove(engine, engine->slots[slot].heap_index);
	slot_put(engine, slot);
	event_unmark(engine, ev);
	return true;
}

void engine_visit(const struct engine *engine, void (*fn)(void *opaque, struct event *ev),
		  void *opaque)
{
	uint32_t i;

	for (i = 0; i < engine->nr_slots; i++)
		if (engine->slots[i].event)
			fn(opaque, engine->slots[i].event);
}

uint64_t event_time(const struct engine *engine, const struct event *ev)
{
	return engine->heap[engine->slots[ev->slot - 1].heap_index].time;
}

enum engine_end engine_run(struct engine *engine, uint64_t until)
{
	engine->stop = false;
	while (!engine->stop) {
		struct event *ev;
		uint32_t slot;

		close_hole(engine);
		if (!engine->nr_pending)
			return ENGINE_EMPTY;
		if (engine->heap[0].time > until) {
			engine->now = until;
			return ENGINE_LIMIT;
		}
		engine->now = engine->heap[0].time;
		slot = engine->heap[0].seq_slot & SLOT_MASK;
		ev = engine->slots[slot].event;
		slot_put(engine, slot);
		event_unmark(engine, ev);
		engine->hole = true;
		engine->nr_run++;
		ev->fn(ev);
	}
	close_hole(engine);
	return ENGINE_STOPPED;
}

void engine_stop(struct engine *engine)
{
	engine->stop = true;
}
