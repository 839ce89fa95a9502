// SPDX-License-Identifier: GPL-2.0-only
/*
 * Flows of the export for Perfetto: arrows from a cause to what follows from it.
 *
 * A flow that only one event has is an arrow from nowhere.  What will follow is not known when the
 * cause is written, and a trace is read once; so an event that begins a flow is kept, and written
 * when a second one comes.  A limited number is kept: the oldest is written without the arrow that
 * nobody has confirmed.  So packets are not in the order of time, which Perfetto does not need.
 *
 * Frames that are taken away (discarded, swapped out) are remembered, by block of 2 MiB and, of
 * smaller ranges, by 64 KiB, until something comes back: a limited number of them, too.
 */
#include "export_perfetto.h"
#include "hostmem.h"

#define KEPT_MAX 65536
#define IDS (256 * 1024)	/* power of two */
#define ID_PROBES 8
#define FRAMES (128 * 1024)	/* power of two */
#define BLOCK_SHIFT 9
#define PIECE_SHIFT 4
#define PIECES_MAX 64		/* of a range: more are not remembered */
#define BLOCKS_MAX 4096

/* An event that waits for its arrows. */
struct kept {
	uint64_t time;
	uint64_t flow[EVENT_FLOWS_MAX];
	uint8_t nr_flows, confirmed;	/* bits */
	bool used;
	uint16_t len;
	uint8_t body[EVENT_SMALL];
};

/* A flow: the event that it begins with waits, or it is known to have two. */
struct flow_id {
	uint64_t id;		/* 0: unused */
	uint32_t kept;		/* index + 1; 0: confirmed */
};

struct frames {
	uint64_t key;
	uint64_t gfn, nr;
	uint64_t flow;
};

struct flows {
	struct export_out *out;
	struct kept *kept;
	uint64_t next;		/* of kept; counts on */
	struct flow_id *ids;
	struct frames *frames;
	uint64_t numbers;
};

struct flows *flows_new(struct export_out *out)
{
	struct flows *f = host_alloc(sizeof(*f));

	f->out = out;
	f->kept = host_alloc(KEPT_MAX * sizeof(*f->kept));
	f->ids = host_alloc(IDS * sizeof(*f->ids));
	f->frames = host_alloc(FRAMES * sizeof(*f->frames));
	return f;
}

uint64_t flows_number(struct flows *f)
{
	return UINT64_C(1) << 63 | ++f->numbers;
}

static uint64_t hash(uint64_t v)
{
	v *= UINT64_C(0x9e3779b97f4a7c15);
	return v ^ v >> 29;
}

/* Ids and numbers are given one after the other: what is looked for together lies together. */
static uint64_t id_place(uint64_t id)
{
	return id + (id >> 63) * (IDS / 2);
}

static struct flow_id *find_id(struct flows *f, uint64_t id)
{
	for (uint64_t i = id_place(id), n = 0; n < ID_PROBES; n++) {
		struct flow_id *slot = &f->ids[(i + n) & (IDS - 1)];

		if (slot->id == id)
			return slot;
	}
	return NULL;
}

/* Written with the arrows that are certain. */
static void release(struct flows *f, struct kept *k)
{
	uint64_t certain[EVENT_FLOWS_MAX];
	unsigned int n = 0;

	for (unsigned int i = 0; i < k->nr_flows; i++) {
		struct flow_id *slot;

		if (k->confirmed & 1 << i) {
			certain[n++] = k->flow[i];
			continue;
		}
		slot = find_id(f, k->flow[i]);
		if (slot && slot->kept == k - f->kept + 1)
			slot->id = 0;
	}
	packet_event(f->out, k->time, k->body, k->len, certain, n);
	k->used = false;
}

/* A slot for a new flow; one that has two events may be forgotten for it. */
static struct flow_id *new_id(struct flows *f, uint64_t id)
{
	struct flow_id *oldest = NULL;

	for (uint64_t i = id_place(id), n = 0; n < ID_PROBES; n++) {
		struct flow_id *slot = &f->ids[(i + n) & (IDS - 1)];

		if (!slot->id)
			return slot;
		if (!slot->kept && (!oldest || slot->id < oldest->id))
			oldest = slot;
	}
	return oldest;
}

static void confirm(struct flows *f, struct flow_id *slot)
{
	struct kept *k;

	if (!slot->kept)
		return;
	k = &f->kept[slot->kept - 1];
	slot->kept = 0;
	for (unsigned int i = 0; i < k->nr_flows; i++) {
		if (k->flow[i] == slot->id)
			k->confirmed |= 1 << i;
	}
	if (k->confirmed == (1 << k->nr_flows) - 1)
		release(f, k);
}

static struct kept *keep(struct flows *f)
{
	struct kept *k = &f->kept[f->next++ % KEPT_MAX];

	if (k->used)
		release(f, k);
	*k = (struct kept){ .used = true };
	return k;
}

/* Begin flow @i of @k.  If there is no room to remember it, it has no arrow. */
static void begin_flow(struct flows *f, struct kept *k, uint64_t id)
{
	struct flow_id *slot = new_id(f, id);

	if (!slot)
		return;
	slot->id = id;
	slot->kept = k - f->kept + 1;
	k->flow[k->nr_flows++] = id;
}

static bool same_before(const struct pf_event *event, unsigned int i)
{
	for (unsigned int j = 0; j < i; j++) {
		if (event->flow[j].id == event->flow[i].id)
			return true;
	}
	return false;
}

void flows_event(struct flows *f, const struct pf_event *event)
{
	size_t len = event->end - event->body;
	uint64_t joined[EVENT_FLOWS_MAX], begun[EVENT_FLOWS_MAX];
	unsigned int nr_joined = 0, nr_begun = 0;
	struct kept *k;

	for (unsigned int i = 0; i < event->nr_flows; i++) {
		const struct event_flow *flow = &event->flow[i];
		struct flow_id *slot = flow->id ? find_id(f, flow->id) : NULL;

		if (!flow->id || same_before(event, i))
			continue;
		if (slot && flow->role != FLOW_FIRST) {
			confirm(f, slot);
			joined[nr_joined++] = flow->id;
		} else if (!slot && flow->role != FLOW_JOIN) {
			begun[nr_begun++] = flow->id;
		}
	}
	if (!nr_begun || len > EVENT_SMALL) {
		packet_event(f->out, event->time, event->body, len, joined, nr_joined);
		return;
	}
	k = keep(f);
	k->time = event->time;
	k->len = len;
	memcpy(k->body, event->body, len);
	for (unsigned int i = 0; i < nr_joined; i++) {
		k->confirmed |= 1 << k->nr_flows;
		k->flow[k->nr_flows++] = joined[i];
	}
	for (unsigned int i = 0; i < nr_begun; i++)
		begin_flow(f, k, begun[i]);
	if (k->confirmed == (1 << k->nr_flows) - 1)
		release(f, k);
}

void flows_free(struct flows *f)
{
	for (uint64_t i = 0; i < KEPT_MAX; i++) {
		struct kept *k = &f->kept[(f->next + i) % KEPT_MAX];

		if (k->used)
			release(f, k);
	}
	host_free(f->kept);
	host_free(f->ids);
	host_free(f->frames);
	host_free(f);
}

/* Frames */

static struct frames *frames_slot(struct flows *f, uint64_t guest, uint64_t part, uint64_t shift,
				  uint64_t *key)
{
	*key = hash(hash(guest + 1) + part) * 32 + shift;
	return &f->frames[hash(*key) >> 8 & (FRAMES - 1)];
}

void flows_take_frames(struct flows *f, uint64_t guest, uint64_t gfn, uint64_t nr, uint64_t flow)
{
	unsigned int shift = nr >> BLOCK_SHIFT ? BLOCK_SHIFT : PIECE_SHIFT;
	uint64_t max = shift == BLOCK_SHIFT ? BLOCKS_MAX : PIECES_MAX;

	if (!nr || nr > UINT64_MAX - gfn)
		return;
	for (uint64_t part = gfn >> shift, n = 0; part <= (gfn + nr - 1) >> shift && n < max;
	     part++, n++) {
		struct frames *slot;
		uint64_t key;

		slot = frames_slot(f, guest, part, shift, &key);
		*slot = (struct frames){ .key = key, .gfn = gfn, .nr = nr, .flow = flow };
	}
}

uint64_t flows_frames_back(struct flows *f, uint64_t guest, uint64_t gfn, uint64_t nr)
{
	static const unsigned int shifts[] = { PIECE_SHIFT, BLOCK_SHIFT };

	for (unsigned int i = 0; i < 2; i++) {
		struct frames *slot;
		uint64_t key, flow;

		slot = frames_slot(f, guest, gfn >> shifts[i], shifts[i], &key);
		if (slot->key != key || !slot->flow)
			continue;
		/* Does it touch what was taken? */
		if (gfn - slot->gfn >= slot->nr && slot->gfn - gfn >= nr)
			continue;
		flow = slot->flow;
		slot->flow = 0;
		return flow;
	}
	return 0;
}
