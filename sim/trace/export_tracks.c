// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tracks of the export for Perfetto: a process for the host and one for each guest, and under it
 * programs, threads of the VMM, queues, counters and so on.  A track is described when its first
 * event comes, and numbered in that order.
 *
 * Slices of one track may not overlap unless one contains the other; what may overlap gets several
 * tracks, lanes.  A trace may name what no machine has: when the table is full, events go to the
 * first track, the host's.
 */
#include <stdio.h>

#include "export_perfetto.h"
#include "hostmem.h"

#define SLOTS 65536		/* power of two */
#define TRACKS_MAX (SLOTS / 2)
#define NAME_MAX_BYTES 300

struct tracks {
	struct export_out *out;
	struct track *slots, *first;
	unsigned int nr;
};

struct tracks *tracks_new(struct export_out *out)
{
	struct tracks *t = host_alloc(sizeof(*t));

	t->out = out;
	t->slots = host_alloc(SLOTS * sizeof(*t->slots));
	t->first = track_process(t, TRACE_HOST, "host");
	return t;
}

void tracks_free(struct tracks *t)
{
	host_free(t->slots);
	host_free(t);
}

static uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 32;
}

uint64_t track_text(const char *s)
{
	uint64_t h = TRACE_DIGEST_START;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * UINT64_C(0x100000001b3);
	return h;
}

/* The slot of a track, new when its uuid is 0. */
static struct track *find(struct tracks *t, uint64_t guest, enum track_kind kind, uint64_t which)
{
	uint64_t key = mix(mix(mix(kind + 1, guest), which), kind) | 1;

	for (uint64_t i = key >> 8;; i++) {
		struct track *track = &t->slots[i & (SLOTS - 1)];

		if (track->key == key)
			return track;
		if (track->key)
			continue;
		if (t->nr >= TRACKS_MAX)
			return t->first;
		track->key = key;
		return track;
	}
}

struct track *track_process(struct tracks *t, uint64_t guest, const char *name)
{
	struct track *track = find(t, guest, TRACK_PROCESS, 0);
	uint8_t descriptor[NAME_MAX_BYTES + 64], process[NAME_MAX_BYTES + 32], *p, *q;
	char text[NAME_MAX_BYTES];

	if (track->uuid)
		return track;
	track->uuid = ++t->nr;
	if (name)
		snprintf(text, sizeof(text), "%s", name);
	else
		snprintf(text, sizeof(text), "guest %llu", (unsigned long long)guest);
	/* Process 0 is no process there; the host is 1. */
	q = pb_number(process, PB_PID, guest == TRACE_HOST ? 1 : (guest + 2) & INT32_MAX);
	q = pb_text(q, PB_PROCESS_NAME, text);
	p = pb_number(descriptor, PB_UUID, track->uuid);
	p = pb_bytes(p, PB_PROCESS, process, q - process);
	packet_track(t->out, descriptor, p - descriptor);
	return track;
}

static struct track *new_track(struct tracks *t, struct track *track, uint64_t guest,
			       const char *name, unsigned int lane, enum counter_unit unit)
{
	uint8_t descriptor[NAME_MAX_BYTES + 64], counter[16], *p;
	uint64_t parent = track_process(t, guest, NULL)->uuid;
	char text[NAME_MAX_BYTES];

	if (track->uuid)
		return track;
	track->uuid = ++t->nr;
	if (lane)
		snprintf(text, sizeof(text), "%.250s %u", name, lane + 1);
	else
		snprintf(text, sizeof(text), "%.250s", name);
	p = pb_number(descriptor, PB_UUID, track->uuid);
	p = pb_text(p, PB_TRACK_NAME, text);
	p = pb_number(p, PB_PARENT, parent);
	if (unit)
		p = pb_bytes(p, PB_COUNTER, counter, pb_number(counter, PB_UNIT, unit) - counter);
	packet_track(t->out, descriptor, p - descriptor);
	return track;
}

struct track *track_get(struct tracks *t, uint64_t guest, enum track_kind kind, uint64_t which,
			const char *name)
{
	struct track *track = find(t, guest, kind, which);

	return track->uuid ? track : new_track(t, track, guest, name, 0, UNIT_NONE);
}

struct track *track_counter(struct tracks *t, uint64_t guest, uint64_t which, const char *name,
			    enum counter_unit unit)
{
	struct track *track = find(t, guest, TRACK_COUNTER, which);

	return track->uuid ? track : new_track(t, track, guest, name, 0, unit);
}

static struct track *get_lane(struct tracks *t, uint64_t guest, enum track_kind kind,
			      uint64_t which, const char *name, unsigned int lane)
{
	struct track *track = find(t, guest, kind, mix(which, lane));

	return track->uuid ? track : new_track(t, track, guest, name, lane, UNIT_NONE);
}

struct track *track_lane(struct tracks *t, uint64_t guest, enum track_kind kind, uint64_t which,
			 const char *name, unsigned int lanes, uint64_t begin)
{
	for (unsigned int lane = 0; lane < lanes; lane++) {
		struct track *track = get_lane(t, guest, kind, which, name, lane);

		if (track->end <= begin)
			return track;
	}
	return NULL;
}

struct track *track_next_lane(struct tracks *t, uint64_t guest, enum track_kind kind,
			      uint64_t which, const char *name, unsigned int lanes)
{
	struct track *best = get_lane(t, guest, kind, which, name, 0);

	for (unsigned int lane = 1; lane < lanes; lane++) {
		struct track *track = get_lane(t, guest, kind, which, name, lane);

		if (track->end < best->end)
			best = track;
	}
	return best;
}
