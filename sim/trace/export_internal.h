/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the exports share: types as they come up, buffered output, and errors (export_out.c).
 * export.c gives a format one record after the other, those that were asked for.
 */
#ifndef BALLAST_TRACE_EXPORT_INTERNAL_H
#define BALLAST_TRACE_EXPORT_INTERNAL_H

#include <endian.h>
#include <string.h>

#include "export.h"

#define EXPORT_TYPES_MAX 1024
/* Bytes that out_room() gives at most: more than any record makes in any format. */
#define OUT_ROOM_MAX (512 * 1024)

struct export;

/* A record type of the file, when its first record has come. */
struct export_type {
	const struct trace_type *type;
	unsigned int number;		/* in the order of appearance */
	int guest_field;		/* first one of that kind; -1: none */
	bool always;			/* others refer to it: not filtered by time */
	bool named;			/* its names are words, so any format can have them */
	void *own;			/* of the format */
};

struct export_out {
	struct export *e;
	int fd;
	uint8_t *buf;
	size_t used, size;
};

struct export_ops {
	bool directory;
	void (*start)(struct export *e);
	void (*record)(struct export *e, struct export_type *t, const struct trace_record *record);
	/* Write what is left, unless e->failed; and free everything. */
	void (*finish)(struct export *e);
};

extern const struct export_ops export_csv, export_ctf, export_perfetto, export_sqlite;

struct export {
	const struct export_request *request;
	const struct export_ops *ops;
	char path[4200];		/* to write to: a temporary name, or the one asked for */
	bool in_place;
	int fd;				/* of a file; -1 */
	bool failed;
	char *error;
	size_t error_size;
	uint64_t guest;			/* of request->guest */
	struct export_type types[EXPORT_TYPES_MAX];
	unsigned int nr_types;
	struct export_type *by_id[256];	/* short cut into types */
	uint64_t in_range, last_time;
	void *own;			/* of the format */
};

/* Only the first failure is told. */
void export_fail(struct export *e, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "OUT: cannot be written: REASON" */
void export_fail_errno(struct export *e);

/* @size: bytes that are gathered for a write. */
void out_init(struct export_out *out, struct export *e, int fd, size_t size);
/* Create a file in the directory of the export. */
int out_create(struct export *e, const char *name);
void out_flush(struct export_out *out);
/* Flush unless something has failed, and free. */
void out_free(struct export_out *out);

/* Where to put at most @room bytes; then out_done(). */
static inline uint8_t *out_room(struct export_out *out, size_t room)
{
	if (out->size - out->used < room)
		out_flush(out);
	return out->buf + out->used;
}

static inline void out_done(struct export_out *out, const uint8_t *end)
{
	out->used = end - out->buf;
}

static inline uint8_t *put_bytes(uint8_t *p, const void *bytes, size_t len)
{
	memcpy(p, bytes, len);
	return p + len;
}

static inline uint8_t *put_text(uint8_t *p, const char *s)
{
	return put_bytes(p, s, strlen(s));
}

/* Little endian, as one store. */
static inline uint8_t *put_le64(uint8_t *p, uint64_t v)
{
	v = htole64(v);
	return put_bytes(p, &v, sizeof(v));
}

uint8_t *put_decimal(uint8_t *p, uint64_t v);

/* A histogram in a record: five numbers. */
#define EXPORT_HISTOGRAM_PARTS 5
extern const char *const export_histogram_parts[EXPORT_HISTOGRAM_PARTS];
void export_histogram(const struct trace_histogram *h, uint64_t v[EXPORT_HISTOGRAM_PARTS]);

#endif
