/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing the trace: everything observable goes through here (docs: events.def says what).
 *
 * How to use it:
 *  1. trace_open(path, level): path NULL records nothing to disk but still feeds consumers.
 *  2. TRACE(tw, now, record, .field = value, ...) emits a record; fields not named are 0 or "".
 *     tw may be NULL, and arguments are evaluated only when somebody listens at that level.
 *     Times must not go backwards.  Strings and histograms are read during the call only.
 *  3. trace_start() when the machine is built: from then on the file is kept under its name,
 *     readable up to its last block however the run ends.  Before, it has a temporary name.
 *  4. trace_close() ends a run, also a failed one; trace_abandon() a run that never started.
 *
 * The same input gives the same bytes: no clocks, no addresses, no order of hashing.
 * This header needs nothing of libc.
 */
#ifndef BALLAST_TRACE_H
#define BALLAST_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRACE_HOST UINT64_MAX		/* in a field of kind GUEST: the host itself */
#define TRACE_STRING_MAX 4095		/* bytes; longer strings are cut */
#define TRACE_FIELDS_MAX 26
#define TRACE_PAGE_SIZE UINT64_C(4096)

enum trace_kind { TRACE_UINT, TRACE_SINT, TRACE_BYTES, TRACE_PAGES, TRACE_NS, TRACE_GUEST,
		  TRACE_ENUM, TRACE_STRING, TRACE_HISTOGRAM, NR_TRACE_KINDS };

/*
 * Distribution of durations or sizes: 64 linear buckets per power of two, so that a quantile is
 * off by less than 0.8 %; buckets of a power of two are allocated when first needed.  All
 * zero is a valid empty one.  (Scheme of HdrHistogram, Gil Tene.)
 */
#define TRACE_HISTOGRAM_GROUPS 59
#define TRACE_HISTOGRAM_BUCKETS 64	/* per group */

struct trace_histogram {
	uint64_t count, sum, min, max;
	uint64_t *group[TRACE_HISTOGRAM_GROUPS];
};

void trace_histogram_add(struct trace_histogram *h, uint64_t value, uint64_t count);
void trace_histogram_merge(struct trace_histogram *into, const struct trace_histogram *h);
/* Empty it; buckets stay allocated. */
void trace_histogram_reset(struct trace_histogram *h);
void trace_histogram_free(struct trace_histogram *h);
/* The value below or at which num / den of all lie; 0 when empty. */
uint64_t trace_histogram_quantile(const struct trace_histogram *h, uint64_t num, uint64_t den);

/* enum trace_level, trace_fault, trace_exit_reason, ... */
#define VALUES(name) enum trace_##name {
#define VALUE(id, text) id,
#define END_VALUES };
#include "enums.def"

/* struct trace_rec_run, trace_rec_guest, ...: one 8-byte slot per field */
#define TRACE_C_UINT uint64_t
#define TRACE_C_SINT int64_t
#define TRACE_C_BYTES uint64_t
#define TRACE_C_PAGES uint64_t
#define TRACE_C_NS uint64_t
#define TRACE_C_GUEST uint64_t
#define TRACE_C_STRING const char *
#define TRACE_C_HISTOGRAM const struct trace_histogram *
#define RECORD(id, name, level, doc) struct trace_rec_##name {
#define FIELD(kind, name) TRACE_C_##kind name;
#define ENUM(values, name) uint64_t name;
#define END_RECORD };
#include "events.def"

/* TRACE_ID_run, ... */
enum trace_id {
#define RECORD(id, name, level, doc) TRACE_ID_##name = id,
#define FIELD(kind, name)
#define ENUM(values, name)
#define END_RECORD
#include "events.def"
	NR_TRACE_IDS = 96
};

/* TRACE_LEVEL_OF_run, ... */
enum {
#define RECORD(id, name, level, doc) TRACE_LEVEL_OF_##name = TRACE_##level,
#define FIELD(kind, name)
#define ENUM(values, name)
#define END_RECORD
#include "events.def"
};

/* The schema: of this program (trace_types), or of a file that is read. */
struct trace_field {
	const char *name;
	enum trace_kind kind;
	const char *const *values;	/* TRACE_ENUM: texts, NULL ends them */
};

struct trace_type {
	unsigned int id;		/* 0 in trace_types: there is no such type */
	const char *name;
	enum trace_level level;
	const char *doc;
	unsigned int nr_fields;
	const struct trace_field *fields;
};

extern const struct trace_type trace_types[NR_TRACE_IDS];
/* Text of a value of an enumeration; NULL: it has none. */
const char *trace_enum_text(const struct trace_field *field, uint64_t value);
/* The type of this program; NULL: there is none of this name. */
const struct trace_type *trace_type_named(const char *name);

union trace_value {
	uint64_t u;
	int64_t s;
	const char *text;
	const struct trace_histogram *histogram;
};

/* A record as a consumer gets it; valid during the call. */
struct trace_record {
	uint64_t time;			/* ns */
	enum trace_id id;		/* 0: a type that this program does not know */
	const void *rec;		/* struct trace_rec_*; NULL when id is 0 */
	const struct trace_type *type;	/* as in the file */
	const union trace_value *value;	/* nr_fields, as in the file */
};

struct trace_consumer {
	void (*record)(struct trace_consumer *consumer, const struct trace_record *record);
	enum trace_level level;
	struct trace_consumer *next;	/* owned by the writer */
};

struct trace_file;
struct trace_totals;

struct trace_writer {
	int level;			/* highest that anybody wants; -1: nobody listens */
	uint64_t now;			/* time of the last record, ns */
	struct trace_file *file;
	struct trace_consumer *consumers;
	struct trace_totals *totals;
};

/*
 * Returns NULL when the file cannot be made; @error then says why ("FILE: ...").  A path that is
 * not a regular file (a pipe, /dev/null) is written in place.
 */
struct trace_writer *trace_open(const char *path, enum trace_level level,
				char *error, size_t error_size);
/* @consumer gets every record of its level or below from now on, in the order of adding. */
void trace_add_consumer(struct trace_writer *tw, struct trace_consumer *consumer);
/* Give the file its name.  Returns 0 or -1, with the error as in trace_error(). */
int trace_start(struct trace_writer *tw);
/* Write what is buffered, as when the process is about to die. */
void trace_flush(struct trace_writer *tw);
/* The first write error, or NULL; it has been printed to stderr when it happened. */
const char *trace_error(const struct trace_writer *tw);
/* Returns 0, or -1 when the file is not complete. */
int trace_close(struct trace_writer *tw);
/* A run that did not start: nothing stays behind. */
void trace_abandon(struct trace_writer *tw);

/* Use TRACE(). */
void trace_emit(struct trace_writer *tw, uint64_t now, enum trace_id id, const void *rec);

static inline bool trace_wants(const struct trace_writer *tw, int level)
{
	return tw && level <= tw->level;
}

#define TRACE(tw, now, name, ...)                                                                  \
	do {                                                                                       \
		struct trace_writer *trace_tw_ = (tw);                                             \
                                                                                                   \
		if (__builtin_expect(trace_wants(trace_tw_, TRACE_LEVEL_OF_##name), 0))            \
			trace_emit(trace_tw_, (now), TRACE_ID_##name,                              \
				   &(const struct trace_rec_##name){ __VA_ARGS__ });               \
	} while (0)

#endif
