/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records around a place of a trace, with what they follow from: `id` and `cause` of the records,
 * and the places in drivers' source that they name.
 */
#ifndef BALLAST_VIZ_EVENTS_H
#define BALLAST_VIZ_EVENTS_H

#include "pixel.h"
#include "source.h"

#define EVENTS_LINES 64

struct event {
	uint64_t record, time;		/* record: its number in the trace */
	uint64_t id, cause, site;	/* 0: none; an answer follows from its request */
	uint32_t guest;
	uint8_t type;			/* enum trace_id */
};

struct events {
	const struct trace_index *index;
	struct trace_reader *reader;	/* or NULL: not opened yet, or the file is gone */
	struct event *event;
	unsigned int nr;
	uint64_t first, last;		/* blocks */
	struct event_site {
		uint64_t id;
		char *text;		/* "driver-src/FILE:LINE FUNCTION" */
	} *site;
	unsigned int nr_sites;
	/* where the records are that were drawn last: what a click hits */
	struct {
		struct box box;
		uint64_t record;
	} line[EVENTS_LINES];
	unsigned int nr_lines;
};

/* The records around @record; they stay until another place is asked for. */
struct events *events_around(struct source *s, uint64_t record);
/* The number of the record at or after @time that is of @guest and worth to be listed. */
uint64_t events_nearest(struct source *s, uint32_t guest, uint64_t time);
const struct event *events_find(const struct events *e, uint64_t record);
/* What began @id; NULL: it is not around. */
const struct event *events_cause(const struct events *e, uint64_t id);
/* What follows from @id behind @after (NULL: from the beginning). */
const struct event *events_effect(const struct events *e, uint64_t id, const struct event *after);
/* The next (or previous) one of this type and guest in all of the trace; @record if there is none.
 */
uint64_t events_same(struct source *s, uint64_t record, bool forward);
/* "" if it has none. */
const char *events_site(const struct events *e, uint64_t site);
/* Whether it is listed: samples and single blocks of the allocator are not. */
bool events_listed(uint8_t type);
/* "name=value" of each field, separated by new lines; free() it. */
char *events_fields(struct source *s, uint64_t record);

void events_close(struct source *s);

#endif
