/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtual time and the event queue.
 *
 * How to use it:
 *  1. An event is embedded in what it belongs to and set up with event_init(); the engine never
 *     owns or frees it.
 *  2. event_add() at an absolute time in ns, not in the past.  Events run in the order of
 *     (time, order of event_add()), which is total: two runs of one scenario are the same.
 *  3. An event that runs is no longer pending; it may add itself again.
 *  4. engine_run() returns when nothing is left, when the limit is reached or when somebody
 *     called engine_stop().
 *  5. What comes again and again, only to see what others have done, is an observer: it adds
 *     itself again, with event_add_observer(), as long as there is something else to come
 *     (engine_has_work()).
 *
 * The queue is a 4-ary heap whose entries carry the whole key, so that sifting touches one array
 * (D. H. Jones, CACM 29(4), 1986, for the hold model; Naor et al. 1991 for d-ary heaps).
 */
#ifndef BALLAST_ENGINE_H
#define BALLAST_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TIME_NEVER UINT64_MAX
#define NSEC_PER_USEC_U64 UINT64_C(1000)
#define NSEC_PER_MSEC_U64 UINT64_C(1000000)
#define NSEC_PER_SEC_U64 UINT64_C(1000000000)

struct event;
typedef void (*event_fn)(struct event *ev);

struct event {
	event_fn fn;
	uint32_t slot;	/* index into engine->slots + 1 while pending, 0 otherwise */
	bool observer;	/* pending, and keeps nobody going */
};

/* What the event is embedded in, as its member of that name. */
#define event_owner(ev, type, member) ((type *)((char *)(ev) - offsetof(type, member)))

struct event_key {
	uint64_t time;		/* ns */
	uint64_t seq_slot;	/* sequence number << EVENT_SLOT_BITS | slot */
};

#define EVENT_SLOT_BITS 24	/* 16 M events may be pending at once */

struct event_slot {
	struct event *event;
	uint32_t heap_index;	/* or the next free slot */
};

enum engine_end {
	ENGINE_EMPTY,		/* no event left */
	ENGINE_LIMIT,		/* the time limit was reached */
	ENGINE_STOPPED,		/* engine_stop() was called */
};

struct engine {
	uint64_t now;		/* ns since the start of the scenario */
	uint64_t seq;
	uint64_t nr_run;	/* events run so far */
	struct event_key *heap;
	uint32_t nr_pending, heap_size;
	uint32_t nr_observers;	/* of these */
	struct event_slot *slots;
	uint32_t nr_slots, free_slot;
	bool hole;		/* the root is the event that runs now */
	bool stop;
};

void engine_init(struct engine *engine);
void engine_destroy(struct engine *engine);

static inline void event_init(struct event *ev, event_fn fn)
{
	ev->fn = fn;
	ev->slot = 0;
	ev->observer = false;
}

static inline bool event_pending(const struct event *ev)
{
	return ev->slot != 0;
}

/* Schedule @ev at @time (ns, >= now).  A pending event must be cancelled first. */
void event_add(struct engine *engine, struct event *ev, uint64_t time);
/* The same for one that keeps nobody going. */
void event_add_observer(struct engine *engine, struct event *ev, uint64_t time);
/* Whether anything but observers will come; the event that runs now does not count. */
static inline bool engine_has_work(const struct engine *engine)
{
	return engine->nr_pending > engine->nr_observers + engine->hole;
}

/* Returns whether @ev was pending. */
bool event_cancel(struct engine *engine, struct event *ev);
/* Every pending event, in no order that means anything; @fn must not add or cancel any. */
void engine_visit(const struct engine *engine, void (*fn)(void *opaque, struct event *ev),
		  void *opaque);
/* The time at which a pending event will run. */
uint64_t event_time(const struct engine *engine, const struct event *ev);

/* Run events up to and including @until (TIME_NEVER: all). */
enum engine_end engine_run(struct engine *engine, uint64_t until);
void engine_stop(struct engine *engine);

#endif
