// SPDX-License-Identifier: GPL-2.0-only
/*
 * The trace writer: hands each record to the file and to the consumers of this process.
 *
 * It also sums up the extents of each guest and emits the sums (guest_total) just before run_end,
 * so that tables can be made from a trace that was recorded at summary level.  That is why
 * records of level normal are always wanted while anybody listens.
 */
#include <assert.h>
#include <stdio.h>

#include "file.h"
#include "hostmem.h"
#include "trace.h"

struct trace_totals {
	struct trace_rec_guest_total *guest;
	uint64_t nr_guests;
};

#define TOTALS_GUESTS_MAX (1u << 20)	/* a larger id is a bug of the caller */

static struct trace_rec_guest_total *total_of(struct trace_totals *totals, uint64_t guest)
{
	assert(guest < TOTALS_GUESTS_MAX);
	if (guest >= totals->nr_guests) {
		uint64_t nr = guest + 1 > 2 * totals->nr_guests ? guest + 1 : 2 * totals->nr_guests;

		totals->guest = host_realloc(totals->guest, nr * sizeof(*totals->guest));
		for (uint64_t i = totals->nr_guests; i < nr; i++)
			totals->guest[i] = (struct trace_rec_guest_total){ .guest = TRACE_HOST };
		totals->nr_guests = nr;
	}
	totals->guest[guest].guest = guest;
	return &totals->guest[guest];
}

static void count(struct trace_totals *totals, enum trace_id id, const void *fields)
{
	const union {
		struct trace_rec_report_request request;	/* hint, too */
		struct trace_rec_discard extent;		/* swap_out, swap_in, too */
		struct trace_rec_inflate balloon;		/* deflate, too */
	} *rec = fields;
	struct trace_rec_guest_total *total;

	switch (id) {
	case TRACE_ID_report_request:
		total = total_of(totals, rec->request.guest);
		total->report_requests++;
		total->report_blocks += rec->request.blocks;
		total->report_bytes += rec->request.bytes;
		break;
	case TRACE_ID_hint:
		total = total_of(totals, rec->request.guest);
		total->hint_requests++;
		total->hint_bytes += rec->request.bytes;
		break;
	case TRACE_ID_discard:
		total = total_of(totals, rec->extent.guest);
		total->discards++;
		total->discard_pages += rec->extent.nr;
		break;
	case TRACE_ID_inflate:
		total = total_of(totals, rec->balloon.guest);
		total->inflate_requests++;
		total->inflate_pages += rec->balloon.pages;
		break;
	case TRACE_ID_deflate:
		total = total_of(totals, rec->balloon.guest);
		total->deflate_requests++;
		total->deflate_pages += rec->balloon.pages;
		break;
	case TRACE_ID_swap_out:
		total_of(totals, rec->extent.guest)->swap_out_pages += rec->extent.nr;
		break;
	case TRACE_ID_swap_in:
		total_of(totals, rec->extent.guest)->swap_in_pages += rec->extent.nr;
		break;
	default:
		break;
	}
}

static void deliver(struct trace_writer *tw, enum trace_id id, const void *rec)
{
	const struct trace_type *type = &trace_types[id];
	const struct trace_record record = {
		.time = tw->now, .id = id, .rec = rec, .type = type, .value = rec,
	};

	if (tw->file && type->level <= trace_file_level(tw->file))
		trace_file_record(tw->file, tw->now, type, rec);
	for (struct trace_consumer *c = tw->consumers; c; c = c->next) {
		if (type->level <= c->level)
			c->record(c, &record);
	}
}

void trace_emit(struct trace_writer *tw, uint64_t now, enum trace_id id, const void *rec)
{
	struct trace_totals *totals = tw->totals;

	assert(id < NR_TRACE_IDS && trace_types[id].id == id);
	assert(now >= tw->now);
	tw->now = now;
	if (trace_types[id].level == TRACE_NORMAL)
		count(totals, id, rec);
	if (id == TRACE_ID_run_end) {
		for (uint64_t i = 0; i < totals->nr_guests; i++) {
			if (totals->guest[i].guest == i)
				deliver(tw, TRACE_ID_guest_total, &totals->guest[i]);
		}
	}
	deliver(tw, id, rec);
}

static void set_level(struct trace_writer *tw)
{
	int level = tw->file || tw->consumers ? TRACE_NORMAL : -1;

	if (tw->file && (int)trace_file_level(tw->file) > level)
		level = trace_file_level(tw->file);
	for (struct trace_consumer *c = tw->consumers; c; c = c->next) {
		if ((int)c->level > level)
			level = c->level;
	}
	tw->level = level;
}

struct trace_writer *trace_open(const char *path, enum trace_level level,
				char *error, size_t error_size)
{
	struct trace_file *file = NULL;
	struct trace_writer *tw;

	if (path) {
		file = trace_file_open(path, level, error, error_size);
		if (!file)
			return NULL;
	}
	tw = host_alloc(sizeof(*tw));
	tw->file = file;
	tw->totals = host_alloc(sizeof(*tw->totals));
	set_level(tw);
	return tw;
}

void trace_add_consumer(struct trace_writer *tw, struct trace_consumer *consumer)
{
	struct trace_consumer **last = &tw->consumers;

	while (*last)
		last = &(*last)->next;
	consumer->next = NULL;
	*last = consumer;
	set_level(tw);
}

int trace_start(struct trace_writer *tw)
{
	return tw->file ? trace_file_start(tw->file) : 0;
}

void trace_flush(struct trace_writer *tw)
{
	if (tw->file)
		trace_file_flush(tw->file);
}

const char *trace_error(const struct trace_writer *tw)
{
	return tw->file ? trace_file_error(tw->file) : NULL;
}

static void writer_free(struct trace_writer *tw)
{
	host_free(tw->totals->guest);
	host_free(tw->totals);
	host_free(tw);
}

int trace_close(struct trace_writer *tw)
{
	int result = 0;

	if (!tw)
		return 0;
	if (tw->file)
		result = trace_file_close(tw->file);
	writer_free(tw);
	return result;
}

void trace_abandon(struct trace_writer *tw)
{
	if (!tw)
		return;
	if (tw->file)
		trace_file_abandon(tw->file);
	writer_free(tw);
}
