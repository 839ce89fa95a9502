// SPDX-License-Identifier: GPL-2.0-only
/*
 * The story of a page; see why.h.  Here is collected what the trace says, why_text.c tells it.
 *
 * Kept are the records of the page itself, and all that can be a cause (targets, requests, kicks,
 * reclaim passes): their ids come in ascending order, so that they are found by halving.
 */
#include "why.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "collect.h"
#include "hostmem.h"
#include "why_internal.h"

/* Causes */

struct why_cause *why_find_cause(const struct trace_why *why, uint64_t id)
{
	size_t low = 0, high = why->nr_causes;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (why->causes[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return id && low < why->nr_causes && why->causes[low].id == id ? &why->causes[low] : NULL;
}

static struct why_cause *add_cause(struct trace_why *why, const struct why_cause *cause)
{
	struct why_cause *kept;

	/* A damaged trace may say anything. */
	if (why->nr_causes && why->causes[why->nr_causes - 1].id >= cause->id)
		return NULL;
	kept = collect_append(&why->causes, &why->nr_causes, sizeof(*kept));
	*kept = *cause;
	return kept;
}

static struct why_cause begin_cause(const struct trace_why *why, const struct trace_record *record,
				    uint64_t id, uint64_t cause)
{
	return (struct why_cause){ .type = record->id, .id = id, .cause = cause, .seq = why->seq,
				   .time = record->time };
}

static void see_request(struct trace_why *why, const struct trace_record *record)
{
	const struct trace_rec_request *rec = record->rec;
	struct why_cause c = begin_cause(why, record, rec->id, rec->cause);
	struct why_cause *kept;

	c.role = rec->role;
	c.queue = rec->queue;
	c.site = rec->site;
	kept = add_cause(why, &c);
	if (kept)
		kept->device = collect_copy(rec->device);
}

static void see_kick(struct trace_why *why, const struct trace_record *record)
{
	const struct trace_rec_kick *rec = record->rec;
	struct why_cause c = begin_cause(why, record, rec->id, rec->cause);

	c.queue = rec->queue;
	c.site = rec->site;
	add_cause(why, &c);
}

static void see_target(struct trace_why *why, const struct trace_record *record)
{
	const struct trace_rec_balloon_target *rec = record->rec;
	struct why_cause c = begin_cause(why, record, rec->id, 0);

	c.pages = rec->pages;
	add_cause(why, &c);
}

static void see_reclaim(struct trace_why *why, const struct trace_record *record)
{
	const struct trace_rec_reclaim *rec = record->rec;
	struct why_cause c = begin_cause(why, record, rec->id, rec->cause);

	c.role = rec->guest == TRACE_HOST;
	add_cause(why, &c);
}

/* Answers name the request. */
static void see_answer(struct trace_why *why, const struct trace_record *record, uint64_t id,
		       uint64_t kick, uint64_t waited, uint64_t took, const char *thread,
		       uint64_t site, uint64_t pages)
{
	struct why_cause *c = why_find_cause(why, id);

	if (!c || c->type != TRACE_ID_request || c->answered_seq)
		return;
	c->answered_seq = why->seq;
	c->answered = record->time;
	c->kick = kick;
	c->waited = waited;
	c->took = took;
	c->thread = collect_copy(thread);
	c->answered_site = site;
	c->pages = pages;
}

#define SEE_ANSWER(why, record, rec, pages)                                                        \
	see_answer(why, record, (rec)->id, (rec)->kick, (rec)->waited, (rec)->took, (rec)->thread, \
		   (rec)->site, pages)

static void see_site(struct trace_why *why, const struct trace_record *record)
{
	const struct trace_rec_site *rec = record->rec;

	struct why_site *site;

	if (rec->id != why->nr_sites + UINT64_C(1))
		return;
	site = collect_append(&why->sites, &why->nr_sites, sizeof(*site));
	*site = (struct why_site){ collect_copy(rec->function), collect_copy(rec->file),
				   rec->line };
}

static void see_cause(struct trace_why *why, const struct trace_record *record)
{
	const union {
		struct trace_rec_report_request report;
		struct trace_rec_hint hint;
		struct trace_rec_inflate inflate;
		struct trace_rec_deflate deflate;
	} *rec = record->rec;

	switch (record->id) {
	case TRACE_ID_request:
		see_request(why, record);
		break;
	case TRACE_ID_kick:
		see_kick(why, record);
		break;
	case TRACE_ID_balloon_target:
		see_target(why, record);
		break;
	case TRACE_ID_reclaim:
		see_reclaim(why, record);
		break;
	case TRACE_ID_site:
		see_site(why, record);
		break;
	case TRACE_ID_report_request:
		SEE_ANSWER(why, record, &rec->report, rec->report.bytes / TRACE_PAGE_SIZE);
		break;
	case TRACE_ID_hint:
		SEE_ANSWER(why, record, &rec->hint, rec->hint.bytes / TRACE_PAGE_SIZE);
		break;
	case TRACE_ID_inflate:
		SEE_ANSWER(why, record, &rec->inflate, rec->inflate.pages);
		break;
	case TRACE_ID_deflate:
		SEE_ANSWER(why, record, &rec->deflate, rec->deflate.pages);
		break;
	default:
		break;
	}
}

/* The page */

static bool covers(const struct trace_why *why, uint64_t guest, uint64_t first, uint64_t nr)
{
	return why->found && guest == why->guest && why->gfn >= first && why->gfn - first < nr;
}

/* Of the guest's allocator; the guest, or TRACE_HOST: it is none. */
static uint64_t block_event(const struct trace_record *record, struct why_event *e)
{
	const union {
		struct trace_rec_alloc_block alloc;
		struct trace_rec_free_block free;
		struct trace_rec_merge_block merge;
		struct trace_rec_isolate isolate;
		struct trace_rec_putback putback;
	} *rec = record->rec;

#define BLOCK(r) (e->first = (r).pfn, e->nr = UINT64_C(1) << ((r).order & 63), (r).guest)
	switch (record->id) {
	case TRACE_ID_alloc_block:
		e->site = rec->alloc.site;
		e->task = rec->alloc.task;
		return BLOCK(rec->alloc);
	case TRACE_ID_free_block:
		e->told = rec->free.told;
		e->task = rec->free.task;
		return BLOCK(rec->free);
	case TRACE_ID_merge_block:
		e->told = rec->merge.told;
		e->last = rec->merge.last;
		return BLOCK(rec->merge);
	case TRACE_ID_isolate:
		e->cause = rec->isolate.id;
		e->site = rec->isolate.site;
		return BLOCK(rec->isolate);
	case TRACE_ID_putback:
		return BLOCK(rec->putback);
	default:
		return TRACE_HOST;
	}
#undef BLOCK
}

/* Of swap, in extents or page by page; as above. */
static uint64_t swap_event(const struct trace_record *record, struct why_event *e)
{
	const union {
		struct trace_rec_swap_out out;
		struct trace_rec_swap_in in;
		struct trace_rec_swap_out_page out_page;
		struct trace_rec_swap_in_page in_page;
	} *rec = record->rec;

	e->nr = 1;
	switch (record->id) {
	case TRACE_ID_swap_out:
	case TRACE_ID_swap_in:		/* has the same fields */
		e->first = rec->out.gfn;
		e->nr = rec->out.nr;
		e->cause = rec->out.cause;
		return rec->out.guest;
	case TRACE_ID_swap_out_page:
		e->first = rec->out_page.gfn;
		e->cause = rec->out_page.cause;
		e->last = rec->out_page.slot;
		return rec->out_page.guest;
	case TRACE_ID_swap_in_page:
		e->first = rec->in_page.gfn;
		e->cause = rec->in_page.cause;
		e->last = rec->in_page.slot;
		e->ns = rec->in_page.latency;
		return rec->in_page.guest;
	default:
		return TRACE_HOST;
	}
}

/* Of what the host does with pages; as above. */
static uint64_t host_event(const struct trace_record *record, struct why_event *e)
{
	const union {
		struct trace_rec_named named;
		struct trace_rec_discard discard;
		struct trace_rec_ept_fault fault;
		struct trace_rec_ept ept;
		struct trace_rec_data_loss loss;
	} *rec = record->rec;

#define EXTENT(r) (e->first = (r).gfn, e->nr = (r).nr, (r).guest)
	switch (record->id) {
	case TRACE_ID_named:
		e->cause = rec->named.cause;
		return EXTENT(rec->named);
	case TRACE_ID_discard:
		e->cause = rec->discard.cause;
		e->site = rec->discard.site;
		e->last = rec->discard.given_back;
		e->told = rec->discard.lazy;
		return EXTENT(rec->discard);
	case TRACE_ID_ept_fault:
		e->cause = rec->fault.id;
		e->told = rec->fault.write;
		e->ns = rec->fault.latency;
		e->last = rec->fault.wait;
		e->task = rec->fault.task;
		return EXTENT(rec->fault);
	case TRACE_ID_ept:
		e->cause = rec->ept.cause;
		e->last = rec->ept.change;
		return EXTENT(rec->ept);
	case TRACE_ID_data_loss:
		e->first = rec->loss.gfn;
		e->nr = 1;
		e->task = rec->loss.text;
		return rec->loss.guest;
	default:
		return swap_event(record, e);
	}
#undef EXTENT
}

static bool page_event(const struct trace_why *why, const struct trace_record *record,
		       struct why_event *e)
{
	uint64_t guest = block_event(record, e);

	if (guest == TRACE_HOST)
		guest = host_event(record, e);
	return guest != TRACE_HOST && covers(why, guest, e->first, e->nr);
}

static void add_event(struct trace_why *why, const struct trace_record *record)
{
	struct why_event e = { .type = record->id, .seq = why->seq, .time = record->time };
	struct why_event *kept;

	if (!page_event(why, record, &e))
		return;
	e.task = e.task ? collect_copy(e.task) : NULL;
	kept = collect_append(&why->events, &why->nr_events, sizeof(*kept));
	*kept = e;
}

static void see_guest(struct trace_why *why, const struct trace_rec_guest *rec)
{
	size_t used = strlen(why->others);
	char number[24];

	snprintf(number, sizeof(number), "%" PRIu64, rec->guest);
	snprintf(why->others + used, sizeof(why->others) - used, "%s%s", used ? ", " : "",
		 rec->name);
	if (why->found || (strcmp(why->name, rec->name) && strcmp(why->name, number)))
		return;
	why->found = true;
	why->guest = rec->guest;
	why->memory = rec->memory;
	snprintf(why->guest_name, sizeof(why->guest_name), "%s", rec->name);
}

static void see(struct trace_consumer *consumer, const struct trace_record *record)
{
	struct trace_why *why = (struct trace_why *)consumer;
	struct page_change change;

	why->seq++;
	why->last = record->time;
	if (record->id == TRACE_ID_guest)
		see_guest(why, record->rec);
	if (record->id == TRACE_ID_run)
		why->full = ((const struct trace_rec_run *)record->rec)->level == TRACE_FULL;
	see_cause(why, record);
	add_event(why, record);
	if (record->time <= why->at && page_change_of(record, &change) &&
	    covers(why, change.guest, change.gfn, change.nr))
		why->page = page_changed(why->page, &change);
}

void trace_why_init(struct trace_why *why)
{
	why->consumer = (struct trace_consumer){ .record = see, .level = TRACE_FULL };
}

void trace_why_free(struct trace_why *why)
{
	unsigned int i;

	for (i = 0; i < why->nr_events; i++)
		free((char *)why->events[i].task);
	for (i = 0; i < why->nr_causes; i++) {
		free(why->causes[i].device);
		free(why->causes[i].thread);
	}
	for (i = 0; i < why->nr_sites; i++) {
		free(why->sites[i].function);
		free(why->sites[i].file);
	}
	host_free(why->events);
	host_free(why->causes);
	host_free(why->sites);
}
