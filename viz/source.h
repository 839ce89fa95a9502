/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A trace that is shown: its index, and, where the index is too coarse for what is in view, the
 * blocks that hold it.
 *
 * How to use it: source_open(); while it is being read, source_poll() now and then; source_focus()
 * before a span is drawn, then source_columns() and source_value() as often as needed.
 */
#ifndef BALLAST_VIZ_SOURCE_H
#define BALLAST_VIZ_SOURCE_H

#include "index.h"
#include "index_pages.h"

#define SOURCES_MAX 2

struct events;

struct source {
	char *path;
	const char *name;		/* the last part of the path */
	struct trace_index *index;	/* NULL: nothing has been read yet, or this is no trace */
	struct index_build *build;	/* the index is being made */
	unsigned int done;		/* of it, in thousandths */
	char *error;			/* why there is nothing to show, or NULL */
	char *note;			/* what the user should know otherwise, or NULL */
	/* marks of each guest, of the host at the end */
	uint32_t *mark, *mark_first;
	uint32_t mark_kinds;		/* bits: there are such */
	/* blocks of what is in view */
	struct trace_index *part;
	struct index_memory *memory;	/* of the guest whose map is shown */
	struct events *events;		/* records around one that is looked at: events.h */
	uint64_t part_from, part_to;
};

/* @wait: come back with the whole index.  False: see ->error. */
bool source_open(struct source *s, const char *path, bool wait);
/* Whether something has changed since. */
bool source_poll(struct source *s);
void source_close(struct source *s);

/* When the longest of the traces ends. */
uint64_t sources_end(const struct source *source, unsigned int nr);
/* The guest of this name; -1: there is none.  @like: the number that it may well have. */
int64_t source_guest(const struct source *s, const char *name);
int64_t source_guest_like(const struct source *s, const char *name, uint32_t like);
/* "" if the trace is whole. */
const char *source_damage(const struct source *s);
/* Read what is needed to see this span; does nothing if it is there, or not needed, or too long. */
void source_focus(struct source *s, uint64_t from, uint64_t to);
/* False: there are no such records. */
bool source_has(const struct source *s, uint32_t guest, enum index_series_id id);
/* False as well; the columns are zero then. */
bool source_columns(const struct source *s, uint32_t guest, enum index_series_id id, uint64_t from,
		    uint64_t to, struct index_column *column, unsigned int nr);
/* The value at a time; NUMBER_NONE (number.h): it is not known yet, or any more. */
uint64_t source_value(const struct source *s, uint32_t guest, enum index_series_id id,
		      uint64_t time);
/* The largest value that there was in all of the trace. */
uint64_t source_peak(const struct source *s, uint32_t guest, enum index_series_id id);
/* Marks of a guest (INDEX_HOST: the host): how many, and their numbers in index->marks. */
uint32_t source_marks(const struct source *s, uint32_t guest, const uint32_t **mark);

#endif
