// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reader of recordings of a real kernel's page allocator: two snapshots of all lists and the events
 * between them.  tests/data/kmem/README.md describes the format.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kmem_file.h"
#include "replay_kmem.h"

#define BULK_LINE_MIN 16	/* bytes: "1 K 1 0 0 1 t1" and a line end */
#define GFP_BOTH_TYPES 0x18	/* __GFP_RECLAIMABLE | __GFP_MOVABLE */

/* Fields after the pfn, bit n: field n is hexadecimal. */
struct event_form {
	char type;
	uint8_t nr_fields, hex;
	int8_t order_field;	/* -1: none */
	uint8_t types;		/* bit n: field n is a migrate type */
	bool flag;		/* = or + may follow */
	const char *fields;
};

static const struct event_form forms[] = {
	{ 'A', 3, 2, 0, 4, true, "pfn order gfp type [=+]" },
	{ 'F', 1, 0, 0, 0, true, "pfn order [=+]" },
	{ 'B', 0, 0, -1, 0, true, "pfn [=+]" },
	{ 'Z', 3, 0, 0, 2, false, "pfn order type percpu_refill" },
	{ 'D', 2, 0, 0, 2, false, "pfn order type" },
	{ 'X', 5, 0, 0, 12, false, "pfn order fallback_order type fallback_type change_ownership" },
	{ 'K', 3, 1, -1, 0, false, "pfn gfp index nr" },
	{ 'O', 3, 0, 1, 0, false, "pfn op order arg" },
	{ 'C', 2, 0, 0, 2, false, "pfn order type" },
	{ 'P', 3, 2, 0, 4, false, "pfn order gfp type" },
	{ 'M', 1, 0, -1, 0, false, "slot phase" },
};

static const struct event_form *find_form(char type)
{
	size_t i;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (forms[i].type == type)
			return &forms[i];
	}
	return NULL;
}

/* Contexts are few: t and i of each task number. */
struct contexts {
	char (*name)[16];
	uint32_t nr;
	uint32_t *by_hash;
	uint32_t hash_size;
};

static uint32_t context_number(struct contexts *c, const char *name)
{
	uint32_t h = 2166136261u, slot, mask;
	const char *p;

	if (c->nr * 2 >= c->hash_size) {
		uint32_t i, size = c->hash_size ? c->hash_size * 2 : 256, old = c->nr;

		free(c->by_hash);
		c->by_hash = calloc(size, sizeof(*c->by_hash));
		c->hash_size = size;
		c->name = realloc(c->name, size * sizeof(*c->name));
		c->nr = 0;
		for (i = 0; i < old; i++) {
			char copy[16];

			memcpy(copy, c->name[i], sizeof(copy));
			context_number(c, copy);
		}
	}
	mask = c->hash_size - 1;
	for (p = name; *p; p++)
		h = (h ^ (unsigned char)*p) * 16777619u;
	for (slot = h & mask; c->by_hash[slot]; slot = (slot + 1) & mask) {
		if (!strcmp(c->name[c->by_hash[slot] - 1], name))
			return c->by_hash[slot] - 1;
	}
	snprintf(c->name[c->nr], sizeof(c->name[0]), "%s", name);
	c->by_hash[slot] = ++c->nr;
	return c->nr - 1;
}

/* Largest number of an O record's arguments is not ours to judge; pages are. */
static bool check_event(struct kmem_reader *rd, const struct kmem_event *ev,
			const struct event_form *form, uint64_t max_pfn)
{
	int64_t order = form->order_field >= 0 ? ev->a[form->order_field] : 0;
	int64_t gfp;
	unsigned int i;
	bool free_form = ev->type == 'O' && ev->a[0] != 1 && ev->a[0] != 8;

	if (free_form)
		return true;
	for (i = 0; i < form->nr_fields; i++)
		if (form->types >> i & 1 && (ev->a[i] < 0 || ev->a[i] >= KMEM_TYPES))
			return kmem_fail(rd, "type %" PRId64 " does not exist; 0 to %d", ev->a[i],
					 KMEM_TYPES - 1);
	if (ev->type == 'X' && (ev->a[1] < 0 || ev->a[1] >= KMEM_ORDERS))
		return kmem_fail(rd, "order %" PRId64 " does not exist; 0 to %d", ev->a[1],
				 KMEM_ORDERS - 1);
	/* Each page of a bulk has a line of its own. */
	if (ev->type == 'K' && (ev->a[1] < 0 || ev->a[1] >= ev->a[2] || ev->a[2] > 65536 ||
				(uint64_t)ev->a[2] > rd->size / BULK_LINE_MIN))
		return kmem_fail(rd, "index %" PRId64 " of %" PRId64 " bulk pages is impossible",
				 ev->a[1], ev->a[2]);
	if (ev->type == 'C' && order >= 0 && !kmem_has_pcp_list(order))
		return kmem_fail(rd, "there is no per-CPU list for order %" PRId64
				 ", type %" PRId64, order, ev->a[1]);
	gfp = ev->type == 'K' ? ev->a[0] : ev->type == 'A' || ev->type == 'P' ? ev->a[1] : 0;
	if ((gfp & GFP_BOTH_TYPES) == GFP_BOTH_TYPES)
		return kmem_fail(rd, "gfp %" PRIx64 " is movable and reclaimable at once", gfp);
	if (order < 0 || order >= KMEM_ORDERS)
		return kmem_fail(rd, "order %" PRId64 " does not exist; 0 to %d", order,
				 KMEM_ORDERS - 1);
	if (ev->pfn == -1 && (ev->type == 'A'))
		return true;
	if (ev->pfn < 0 || ev->pfn > (int64_t)max_pfn - (INT64_C(1) << order))
		return kmem_fail(rd, "pfn %" PRId64 " of order %" PRId64
				 " is outside the recorded memory (0 to %" PRIu64 ")",
				 ev->pfn, order, max_pfn - 1);
	if (ev->pfn & ((INT64_C(1) << order) - 1))
		return kmem_fail(rd, "pfn %" PRId64 " is not aligned to order %" PRId64, ev->pfn,
				 order);
	return true;
}

static bool parse_event(struct kmem_reader *rd, char *s, struct kmem_event *ev,
			struct contexts *ctx, int64_t *seq, uint64_t max_pfn)
{
	const struct event_form *form;
	int64_t number;
	char name[16] = "";
	int i;

	memset(ev, 0, sizeof(*ev));
	ev->line = rd->line;
	if (!kmem_get_number(&s, 10, &number))
		return kmem_fail(rd, "line does not begin with a sequence number");
	if (number != *seq + 1)
		return kmem_fail(rd, "sequence number is %" PRId64 " where %" PRId64
				 " was due; events are missing, record again",
				 number, *seq + 1);
	*seq = number;
	s = kmem_skip_space(s);
	form = find_form(*s);
	if (!form || s[1] != ' ')
		return kmem_fail(rd, "event type '%.8s' is not known; one of AFBZDXMKOCP", s);
	ev->type = *s++;
	if (!kmem_get_number(&s, 10, &ev->pfn))
		return kmem_fail(rd, "%c needs: %s", ev->type, form->fields);
	for (i = 0; i < form->nr_fields; i++) {
		if (!kmem_get_number(&s, form->hex >> i & 1 ? 16 : 10, &ev->a[i]))
			return kmem_fail(rd, "%c needs: %s", ev->type, form->fields);
	}
	s = kmem_skip_space(s);
	if (form->flag && (*s == '=' || *s == '+'))
		ev->flag = *s++;
	if (sscanf(s, " %15s%n", name, &i) != 1 || *kmem_skip_space(s + i) ||
	    (name[0] != 't' && name[0] != 's' && name[0] != 'i') ||
	    !isdigit((unsigned char)name[1]))
		return kmem_fail(rd, "context is missing; tPID, sPID or iPID must come last");
	ev->context = context_number(ctx, name);
	ev->task = context_number(ctx, name + 1);
	return ev->type == 'M' || check_event(rd, ev, form, max_pfn);
}

/* An allocation that shows a page which left its list before. */
struct late_alloc {
	int64_t pfn;
	size_t at;
};

static int compare_allocs(const void *a, const void *b)
{
	const struct late_alloc *x = a, *y = b;

	if (x->pfn != y->pfn)
		return x->pfn < y->pfn ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

/* The first one of page @pfn behind event @at; NULL: there is none. */
static const struct late_alloc *next_alloc(const struct late_alloc *alloc, size_t nr, int64_t pfn,
					   size_t at)
{
	const struct late_alloc wanted = { pfn, at };
	size_t low = 0, high = nr, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (compare_allocs(&alloc[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < nr && alloc[low].pfn == pfn ? &alloc[low] : NULL;
}

/* A page that left its list early belongs to the allocation that shows it later. */
static bool link_pops(struct kmem_reader *rd, struct kmem_recording *rec)
{
	const struct late_alloc *found;
	struct late_alloc *alloc;
	size_t i, nr = 0;

	for (i = 0; i < rec->nr_events; i++)
		nr += rec->events[i].type == 'A' && rec->events[i].flag == '+';
	if (!nr)
		return true;
	alloc = malloc(nr * sizeof(*alloc));
	if (!alloc)
		return kmem_fail(rd, "there is not enough memory for its allocations");
	for (i = 0, nr = 0; i < rec->nr_events; i++)
		if (rec->events[i].type == 'A' && rec->events[i].flag == '+')
			alloc[nr++] = (struct late_alloc){ rec->events[i].pfn, i };
	qsort(alloc, nr, sizeof(*alloc), compare_allocs);
	for (i = 0; i < rec->nr_events; i++) {
		if (rec->events[i].type != 'P')
			continue;
		found = next_alloc(alloc, nr, rec->events[i].pfn, i);
		if (found)
			rec->events[i].context = rec->events[found->at].context;
	}
	free(alloc);
	return true;
}

static bool is_mark(const struct kmem_event *ev, int slot, int phase)
{
	return ev->type == 'M' && ev->pfn == slot && ev->a[0] == phase;
}

static bool read_events(struct kmem_reader *rd, const char *dir, struct kmem_recording *rec)
{
	struct contexts ctx = { 0 };
	bool ok = true, inside = false, closed = false;
	int64_t seq = -1;
	size_t room = 0;
	char *s;

	if (!kmem_open(rd, dir, "events"))
		return false;
	rec->text = rd->text;
	rec->text_size = rd->size;
	while (ok && (s = kmem_next_line(rd))) {
		struct kmem_event ev;

		if (*s == '#' || !*kmem_skip_space(s))
			continue;
		ok = parse_event(rd, s, &ev, &ctx, &seq, rec->before.max_pfn);
		if (!ok)
			break;
		if (is_mark(&ev, 1, 0))
			closed = inside;
		if (inside && !closed && ev.type != 'M') {
			if (rec->nr_events == room) {
				room = room ? room * 2 : 1 << 16;
				rec->events = realloc(rec->events, room * sizeof(ev));
			}
			rec->events[rec->nr_events++] = ev;
		}
		if (is_mark(&ev, 0, 1))
			inside = true;
	}
	if (ok && !closed) {
		rd->line = 0;
		ok = kmem_fail(rd, inside ? "mark 'M 1 0' that ends the window is missing; "
					    "the file is cut short" :
					    "mark 'M 0 1' that begins the window is missing");
	}
	free(ctx.name);
	free(ctx.by_hash);
	if (ok)
		ok = link_pops(rd, rec);
	return ok;
}

bool kmem_recording_read(struct kmem_recording *rec, const char *dir, char *error,
			 size_t error_size)
{
	struct kmem_reader rd = { .error = error, .error_size = error_size };
	bool ok;

	memset(rec, 0, sizeof(*rec));
	ok = kmem_snapshot_read(&rd, dir, "snapA", &rec->before) &&
	     kmem_snapshot_read(&rd, dir, "snapB", &rec->after);
	if (ok && !kmem_same_zones(&rec->before, &rec->after))
		ok = kmem_fail(&rd, "its zones are not of the machine of the first snapshot");
	ok = ok && read_events(&rd, dir, rec);
	if (!ok)
		kmem_recording_free(rec);
	return ok;
}

void kmem_recording_free(struct kmem_recording *rec)
{
	kmem_snapshot_free(&rec->before);
	kmem_snapshot_free(&rec->after);
	free(rec->events);
	free(rec->text);
	memset(rec, 0, sizeof(*rec));
}
