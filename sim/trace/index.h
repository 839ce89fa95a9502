/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An index of a trace: what one has to know of a whole trace to draw any part of it at once.
 *
 * For each series of index_series.def there are nodes: a span of time with the least and the
 * greatest value in it, the mean weighted by time, and the value at its end; eight nodes of a
 * level make one of the next.  The lowest level is a sample a node if there is room, else it is
 * folded: all nodes together take at most a tenth of the trace.  Where that is too coarse, the
 * blocks that a view needs are read again (index_part()).  Beside the series: guests, programs,
 * commands, marks (what happened once, with words), and where blocks begin and which records they
 * hold.
 *
 * How to use it:
 *   index_open() maps the file TRACE.index beside the trace, or in the cache directory, if it fits
 * the trace: format version, size and digest.  Else index_build_start() reads the trace on all
 *   CPUs; index_build_done() says how far it is, index_build_take() gives what has been read
 *   so far, or all of it, and index_write() keeps that for the next time.
 *
 * A file's sections are arrays of the structures below as this machine has them in memory (x86-64:
 * little endian), so opening costs no more than checking.  It is written to a temporary name and
 * renamed. The same trace gives the same bytes however many CPUs read it.
 */
#ifndef BALLAST_TRACE_INDEX_H
#define BALLAST_TRACE_INDEX_H

#include "read.h"

#define INDEX_VERSION 3
#define INDEX_FAN 8		/* nodes that make one of the next level */
#define INDEX_LEVELS 10
#define INDEX_HOST UINT32_MAX	/* in the place of a guest */

enum index_kind { INDEX_LEVEL, INDEX_TOTAL, INDEX_AMOUNT, INDEX_SINCE, INDEX_DERIVED };
enum index_unit { INDEX_PAGES, INDEX_BYTES, INDEX_NS, INDEX_COUNT };

enum index_series_id {
#define SERIES(record, name, field, kind, unit) INDEX_##name,
#define COUNTS(record, name) INDEX_##name,
#include "index_series.def"
	NR_INDEX_SERIES
};

/* Mean and last lie between min and max: in 1 / 2^32 of the difference; 2^32 - 1 is all of it. */
struct index_node {
	uint64_t time;		/* it begins; the next one's is its end */
	uint64_t min, max;
	uint32_t mean, last;
};

struct index_row {
	uint32_t id, guest;	/* enum index_series_id */
	uint32_t name, unit;	/* text */
	uint32_t counter;	/* 0, or enum index_kind: TOTAL goes up evenly between samples */
	uint32_t folded;	/* a node of the lowest level may be more than one sample */
	uint64_t end;		/* of the last node */
	uint64_t first, nr;	/* nodes of the lowest level; the next levels' follow them */
};

/* The same in memory: where each level is. */
struct index_series {
	uint32_t id, guest, unit, counter, folded;
	uint64_t end;
	uint64_t first[INDEX_LEVELS], nr[INDEX_LEVELS];
	/* TOTAL: what it had come to before the first node; from there it goes up evenly */
	uint64_t start, base;
};

struct index_guest {
	uint32_t name, mechanism;	/* texts */
	uint64_t memory, vcpus;		/* pages */
};

struct index_block {
	struct trace_place place;
	uint64_t time;		/* of its first record, or earlier */
	uint64_t types;		/* index_type_bit() of the ids of its records */
};

enum index_mark_kind { INDEX_MARK_GUEST_START, INDEX_MARK_GUEST_END, INDEX_MARK_PROGRAM_START,
		       INDEX_MARK_PHASE, INDEX_MARK_PROGRAM_END, INDEX_MARK_PROGRAM_KILLED,
		       INDEX_MARK_COMMAND_START, INDEX_MARK_COMMAND_END, INDEX_MARK_TARGET,
		       INDEX_MARK_MESSAGE, INDEX_MARK_GUEST_OOM, INDEX_MARK_HOST_OOM,
		       INDEX_MARK_DATA_LOSS, INDEX_MARK_RUN_END, NR_INDEX_MARKS };

struct index_mark {
	uint64_t time, value, record;	/* record: its number in the trace */
	uint32_t guest, kind;
	uint32_t name, text;	/* texts: program or command; phase, message, victim, reason */
	uint32_t number, pad;	/* of the program or command */
};

/* What pages of a guest have come to in a part of the trace; see index_pages.h. */
struct index_frame {
	uint64_t time;		/* of the last record of the part */
	uint64_t next_block;	/* the one behind the part */
	uint64_t offset, len;	/* in the frames' bytes */
	uint32_t guest, pad;
};

enum index_section_id { INDEX_TEXTS, INDEX_GUESTS, INDEX_ROWS, INDEX_NODES, INDEX_BLOCKS,
			INDEX_MARKS, INDEX_FRAMES, INDEX_FRAME_BYTES, NR_INDEX_SECTIONS };

struct index_section {
	uint64_t offset, nr, size;	/* elements, bytes of one */
};

struct index_head {
	char magic[16];
	uint32_t version, layout;	/* layout: digest of the list of series */
	uint64_t trace_size, trace_digest;
	uint64_t file_size, digest; /* of this file: of all behind the head; the head's own is 0 */
	uint64_t records, time;		/* of the trace */
	uint64_t seed, cpus, frames, swap, result;
	uint64_t wmark_low;	/* of the host, pages; 0: not recorded */
	uint64_t marks_left_out;
	uint32_t trace_name, scenario, program_version, swap_model, overrides, end_text; /* texts */
	uint32_t damage;		/* text: "" if the trace is whole */
	uint32_t level, world, ended;
	uint32_t fine, pad;	/* single pages are recorded when they are swapped (full) */
	struct index_section section[NR_INDEX_SECTIONS];
	uint64_t head_digest;
};

struct trace_index {
	struct index_head head;
	const char *texts;
	const struct index_guest *guests;
	const struct index_row *rows;
	struct index_series *series;	/* of the rows */
	const struct index_node *nodes;
	const struct index_block *blocks;
	const struct index_mark *marks;
	const struct index_frame *frames;
	const uint8_t *frame_bytes;
	void *map;		/* the file, or NULL: the sections are allocated */
	size_t map_size;
	int32_t *by_id;		/* [guest or the host at the end][series]: place in series, or -1 */
};

/* What becomes of a series in a span of time. */
struct index_column {
	uint64_t min, max, mean, last;
	uint64_t delta;		/* counters: what was added */
	bool any;		/* false: nothing is known yet, or any more */
};

/* A text by its number; never NULL. */
const char *index_text(const struct trace_index *index, uint32_t text);
static inline uint32_t index_nr_guests(const struct trace_index *index)
{
	return index->head.section[INDEX_GUESTS].nr;
}

/* NULL: the trace has no such records. */
const struct index_series *index_find(const struct trace_index *index, uint32_t guest,
				      enum index_series_id id);
/* @nr columns of equal width from @from to @to. */
void index_columns(const struct trace_index *index, const struct index_series *series,
		   uint64_t from, uint64_t to, struct index_column *column, unsigned int nr);
/* The value at @time, as exact as the nodes are. */
struct index_column index_at(const struct trace_index *index, const struct index_series *series,
			     uint64_t time);
/* First mark at or after @time; as many as there are if there is none. */
uint64_t index_mark_from(const struct trace_index *index, uint64_t time);
/* The last block that begins at or before @time (0 if none does). */
uint64_t index_block_at(const struct trace_index *index, uint64_t time);

/* Whether there are records of a type. */
bool index_has_type(const struct trace_index *index, enum trace_id id);
/* Those from 64 on share the bit of the id that there is not. */
static inline uint64_t index_type_bit(enum trace_id id)
{
	return UINT64_C(1) << (id < 64 ? id : 0);
}

/* The names under which the index of a trace may be kept; NULL: the second does not exist. */
char *index_path_beside(const char *trace);
char *index_path_cache(const char *trace);

/* NULL: there is none, or it does not fit this trace.  @why is then a word on it, or "". */
struct trace_index *index_open(const char *trace, char *why, size_t why_size);
/* 0 if it is kept somewhere; else -1, which @why explains. */
int index_write(const struct trace_index *index, const char *trace, char *why, size_t why_size);
void index_free(struct trace_index *index);

struct index_build;
/* NULL: this is no trace; @error says so.  @cpus 0: as many as there are. */
struct index_build *index_build_start(const char *trace, unsigned int cpus, char *error,
				      size_t error_size);
/* In thousandths. */
unsigned int index_build_done(struct index_build *build);
/*
 * Of what has been read without a gap from the beginning; NULL if that is nothing yet.  @wait: of
 * all; then there is nothing more to take.
 */
struct trace_index *index_build_take(struct index_build *build, bool wait);
void index_build_free(struct index_build *build);
/* All of it at once, without keeping it. */
struct trace_index *index_make(const char *trace, unsigned int cpus, char *error,
			       size_t error_size);

/*
 * An index of the given blocks of @index alone, with nothing folded if it can be helped: series
 * and nodes only.  NULL: the file cannot be read any more.
 */
struct trace_index *index_part(const struct trace_index *index, const char *trace,
			       uint64_t first_block, uint64_t last_block);

#endif
