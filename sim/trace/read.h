/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading a trace file, record by record, in bounded memory.
 *
 * A damaged file gives every record of the intact blocks before the damage; then
 * trace_reader_damage() says what is wrong and where.  Types that this program does not know
 * come with id 0 and can still be printed; types whose fields it cannot decode are skipped and
 * counted.
 */
#ifndef BALLAST_TRACE_READ_H
#define BALLAST_TRACE_READ_H

#include "trace.h"

struct trace_reader;

/* Returns NULL when this is no trace or a newer major version; @error says so. */
struct trace_reader *trace_reader_open(const char *path, char *error, size_t error_size);
/* Next record, valid until the next call; false at the end or at damage. */
bool trace_reader_next(struct trace_reader *r, struct trace_record *record);
/* After the last record: NULL when the trace is whole, else what is wrong ("FILE: ..."). */
const char *trace_reader_damage(const struct trace_reader *r);
/* Records of types that this program does not know, decoded or not. */
uint64_t trace_reader_unknown(const struct trace_reader *r);
/* Records so far, and the digest of the raw bytes: equal for equal traces. */
uint64_t trace_reader_records(const struct trace_reader *r);
uint64_t trace_reader_digest(const struct trace_reader *r);
/* Whether the schema of the file has this type: there may still be no record of it. */
bool trace_reader_has(const struct trace_reader *r, enum trace_id id);
void trace_reader_close(struct trace_reader *r);

/*
 * Where a block begins, for whoever reads a part of a trace or several parts at a time: what the
 * blocks before it have come to.  format.h says where to find it.
 */
struct trace_place {
	uint64_t offset;		/* of the block in the file */
	uint64_t records, digest;	/* before it */
	uint32_t sequence;
};

/* Go on there.  What lay before and was damaged is forgotten. */
void trace_reader_go(struct trace_reader *r, const struct trace_place *place);

/* Feed what is left of a trace to a consumer, as a run would. */
void trace_reader_feed(struct trace_reader *r, struct trace_consumer *consumer);

#endif
