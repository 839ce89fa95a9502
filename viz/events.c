// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records and what they follow from; see events.h.
 */
#include "events.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect.h"
#include "hostmem.h"

#define AROUND 8		/* blocks on each side */
#define SAME_BLOCKS_MAX 4000	/* that are looked through for the next one of a kind */

bool events_listed(uint8_t type)
{
	switch (type) {
	case 0:
	case TRACE_ID_guest_sample:
	case TRACE_ID_host_sample:
	case TRACE_ID_memory_sample:
	case TRACE_ID_cpu_sample:
	case TRACE_ID_swap_sample:
	case TRACE_ID_disk_sample:
	case TRACE_ID_disk_extent_sample:
	case TRACE_ID_disk_queue:
	case TRACE_ID_image_sample:
	case TRACE_ID_dirty_sample:
	case TRACE_ID_faults:
	case TRACE_ID_give_back:
	case TRACE_ID_exits:
	case TRACE_ID_notifications:
	case TRACE_ID_alloc_block:
	case TRACE_ID_free_block:
	case TRACE_ID_merge_block:
	case TRACE_ID_named:
	case TRACE_ID_ledger:
	case TRACE_ID_free_list:
	case TRACE_ID_site:
	case TRACE_ID_thread_cpu:
	case TRACE_ID_counter:
	case TRACE_ID_vmm_stat:
		return false;
	default:
		return true;
	}
}

static bool is_answer(enum trace_id type)
{
	return type == TRACE_ID_report_request || type == TRACE_ID_hint ||
	       type == TRACE_ID_inflate || type == TRACE_ID_deflate;
}

static uint64_t field(const struct trace_record *record, const char *name)
{
	const struct trace_type *type = &trace_types[record->id];

	for (unsigned int i = 0; i < type->nr_fields; i++)
		if (!strcmp(type->fields[i].name, name))
			return ((const uint64_t *)record->rec)[i];
	return 0;
}

static struct event event_of(const struct trace_record *record, uint64_t number)
{
	const struct trace_type *type = &trace_types[record->id];
	struct event e = { .record = number, .time = record->time, .type = record->id,
			   .guest = INDEX_HOST };

	if (type->nr_fields && type->fields[0].kind == TRACE_GUEST)
		e.guest = *(const uint64_t *)record->rec;
	if (record->id == TRACE_ID_site)
		return e;
	e.id = field(record, "id");
	e.cause = field(record, "cause");
	e.site = field(record, "site");
	if (is_answer(record->id)) {
		e.cause = e.id;
		e.id = 0;
	}
	return e;
}

static uint64_t block_of(const struct trace_index *index, uint64_t record)
{
	uint64_t low = 0, high = index->head.section[INDEX_BLOCKS].nr;

	while (low + 1 < high) {
		uint64_t mid = low + (high - low) / 2;

		if (index->blocks[mid].place.records <= record)
			low = mid;
		else
			high = mid;
	}
	return low;
}

static struct events *events_of(struct source *s)
{
	if (!s->events)
		s->events = host_alloc(sizeof(*s->events));
	return s->events;
}

static struct trace_reader *reader_of(struct source *s)
{
	struct events *e = events_of(s);
	char error[256];

	if (!e->reader)
		e->reader = trace_reader_open(s->path, error, sizeof(error));
	return e->reader;
}

/* Calls @each for the records of blocks until it returns false. */
static void each_record(struct source *s, uint64_t first, uint64_t last,
			bool (*each)(void *data, const struct trace_record *record,
				     uint64_t number),
			void *data)
{
	uint64_t nr = s->index->head.section[INDEX_BLOCKS].nr;
	uint64_t end = last + 1 < nr ? s->index->blocks[last + 1].place.records : UINT64_MAX;
	struct trace_reader *r = reader_of(s);
	struct trace_record record;

	if (!r || first >= nr)
		return;
	trace_reader_go(r, &s->index->blocks[first].place);
	while (trace_reader_records(r) < end && trace_reader_next(r, &record)) {
		uint64_t number = trace_reader_records(r) - 1;

		if (number >= end || !each(data, &record, number))
			break;
	}
}

static bool add_event(void *data, const struct trace_record *record, uint64_t number)
{
	struct events *e = data;

	if (record->id && (events_listed(record->id) || record->id == TRACE_ID_isolate))
		*(struct event *)collect_append(&e->event, &e->nr, sizeof(*e->event)) =
			event_of(record, number);
	return true;
}

static bool add_site(void *data, const struct trace_record *record, uint64_t number)
{
	const struct trace_rec_site *site = record->rec;
	struct events *e = data;
	struct event_site *to;
	char text[400];

	if (record->id != TRACE_ID_site)
		return true;
	snprintf(text, sizeof(text), "%.200s:%" PRIu64 " %.120s", site->file, site->line,
		 site->function);
	to = collect_append(&e->site, &e->nr_sites, sizeof(*to));
	to->id = site->id;
	to->text = collect_copy(text);
	return true;
}

static void forget(struct events *e)
{
	for (unsigned int i = 0; i < e->nr_sites; i++)
		free(e->site[i].text);
	host_free(e->site);
	host_free(e->event);
	if (e->reader)
		trace_reader_close(e->reader);
	*e = (struct events){ 0 };
}

struct events *events_around(struct source *s, uint64_t record)
{
	uint64_t nr = s->index->head.section[INDEX_BLOCKS].nr, at = block_of(s->index, record);
	uint64_t first = at > AROUND ? at - AROUND : 0;
	uint64_t last = at + AROUND < nr ? at + AROUND : nr ? nr - 1 : 0;
	struct events *e = events_of(s);

	if (e->index != s->index) {
		forget(e);
		e->index = s->index;
		for (uint64_t b = 0; b < nr; b++)
			if (s->index->blocks[b].types & index_type_bit(TRACE_ID_site))
				each_record(s, b, b, add_site, e);
	} else if (e->first == first && e->last == last) {
		return e;
	}
	e->nr = 0;
	host_free(e->event);
	e->event = NULL;
	e->first = first;
	e->last = last;
	each_record(s, first, last, add_event, e);
	return e;
}

uint64_t events_nearest(struct source *s, uint32_t guest, uint64_t time)
{
	uint64_t block = index_block_at(s->index, time), best = 0, off = UINT64_MAX;
	struct events *e = events_around(s, s->index->head.section[INDEX_BLOCKS].nr ?
					 s->index->blocks[block].place.records : 0);

	for (unsigned int i = 0; i < e->nr; i++) {
		uint64_t d = e->event[i].time > time ? e->event[i].time - time :
			     time - e->event[i].time;

		if (e->event[i].guest == guest && d < off) {
			off = d;
			best = e->event[i].record;
		}
	}
	return best;
}

const struct event *events_find(const struct events *e, uint64_t record)
{
	for (unsigned int i = 0; i < e->nr; i++)
		if (e->event[i].record == record)
			return &e->event[i];
	return NULL;
}

const struct event *events_cause(const struct events *e, uint64_t id)
{
	for (unsigned int i = 0; id && i < e->nr; i++)
		if (e->event[i].id == id)
			return &e->event[i];
	return NULL;
}

const struct event *events_effect(const struct events *e, uint64_t id, const struct event *after)
{
	for (unsigned int i = after ? after - e->event + 1 : 0; id && i < e->nr; i++)
		if (e->event[i].cause == id)
			return &e->event[i];
	return NULL;
}

const char *events_site(const struct events *e, uint64_t site)
{
	for (unsigned int i = 0; site && i < e->nr_sites; i++)
		if (e->site[i].id == site)
			return e->site[i].text;
	return "";
}

struct same {
	struct event like;
	bool forward;
	uint64_t found;
};

static bool look_for_same(void *data, const struct trace_record *record, uint64_t number)
{
	struct same *s = data;

	if (record->id != (enum trace_id)s->like.type ||
	    event_of(record, number).guest != s->like.guest)
		return true;
	if (s->forward && number > s->like.record) {
		s->found = number;
		return false;
	}
	if (!s->forward && number < s->like.record)
		s->found = number;
	return s->forward || number < s->like.record;
}

uint64_t events_same(struct source *s, uint64_t record, bool forward)
{
	const struct event *like = events_find(events_around(s, record), record);
	uint64_t nr = s->index->head.section[INDEX_BLOCKS].nr, b = block_of(s->index, record);
	struct same same = { .forward = forward, .found = UINT64_MAX };

	if (!like)
		return record;
	same.like = *like;
	for (unsigned int n = 0; n < SAME_BLOCKS_MAX && b < nr; n++, b += forward ? 1 : -1) {
		if (s->index->blocks[b].types & index_type_bit(like->type))
			each_record(s, b, b, look_for_same, &same);
		if (same.found != UINT64_MAX)
			return same.found;
		if (!forward && !b)
			break;
	}
	return record;
}

/* Fields */

struct wanted {
	uint64_t record;
	FILE *out;
};

static void put_value(FILE *out, const struct trace_field *f, union trace_value value)
{
	const char *text;

	switch (f->kind) {
	case TRACE_GUEST:
		if (value.u == TRACE_HOST)
			fputs("host", out);
		else
			fprintf(out, "%" PRIu64, value.u);
		break;
	case TRACE_ENUM:
		text = trace_enum_text(f, value.u);
		fputs(text ? text : "?", out);
		break;
	case TRACE_STRING:
		fprintf(out, "%.200s", value.text ? value.text : "");
		break;
	case TRACE_HISTOGRAM:
		fprintf(out, "%" PRIu64 " values", value.histogram ? value.histogram->count : 0);
		break;
	case TRACE_SINT:
		fprintf(out, "%" PRId64, value.s);
		break;
	case TRACE_NS:
		fprintf(out, "%" PRIu64 " ns", value.u);
		break;
	case TRACE_PAGES:
		fprintf(out, "%" PRIu64 " pages", value.u);
		break;
	default:
		fprintf(out, "%" PRIu64, value.u);
		break;
	}
}

static bool put_fields(void *data, const struct trace_record *record, uint64_t number)
{
	struct wanted *w = data;

	if (number != w->record)
		return number < w->record;
	for (unsigned int i = 0; i < record->type->nr_fields; i++) {
		fprintf(w->out, "%s=", record->type->fields[i].name);
		put_value(w->out, &record->type->fields[i], record->value[i]);
		fputc('\n', w->out);
	}
	return false;
}

char *events_fields(struct source *s, uint64_t record)
{
	uint64_t block = block_of(s->index, record);
	struct wanted w = { .record = record };
	char *text;
	size_t size;

	w.out = open_memstream(&text, &size);
	if (!w.out)
		abort();
	each_record(s, block, block, put_fields, &w);
	if (fclose(w.out))
		abort();
	return text;
}

void events_close(struct source *s)
{
	if (s->events)
		forget(s->events);
	host_free(s->events);
	s->events = NULL;
}
