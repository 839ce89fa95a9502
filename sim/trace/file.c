// SPDX-License-Identifier: GPL-2.0-only
/*
 * The trace file, writing side; the format is described in format.h.
 *
 * Records are collected in a buffer; when it holds TRACE_BLOCK_TARGET bytes, it becomes a block:
 * one zstd frame and one write().  A block is self-contained, so a crash loses what was in the
 * buffer and nothing else.  Memory does not grow with the length of a run.
 *
 * The first write error is printed and ends writing; the run goes on, its tables are still made.
 */
#define _GNU_SOURCE
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "file.h"
#include "format.h"
#include "histogram.h"
#include "hostmem.h"
#include "output.h"

#define ZSTD_LEVEL 1
#define STRING_SLOTS 4096		/* power of two */
#define STRINGS_PER_BLOCK (STRING_SLOTS / 2)

struct string_slot {
	uint32_t offset, len;		/* in text */
	uint32_t hash;
	uint32_t number;		/* 0: unused */
};

struct trace_file {
	int fd;
	enum trace_level level;
	char *path;
	char *temporary;		/* NULL once the file has its own name */
	char *error;
	bool opened;			/* until then the caller tells of errors */
	ZSTD_CCtx *zstd;
	uint32_t sequence;
	uint64_t digest, records;	/* of the whole file */
	uint64_t block_time, now;
	uint64_t block_records;
	uint32_t nr_strings;
	size_t used;
	size_t packed_size;
	uint8_t *packed;		/* block header and frame */
	struct string_slot strings[STRING_SLOTS];
	uint32_t text_used;
	char text[TRACE_BLOCK_MAX];	/* never holds more than raw */
	uint8_t raw[TRACE_BLOCK_MAX];
	uint8_t record[TRACE_RECORD_MAX];	/* without its strings */
};

enum trace_level trace_file_level(const struct trace_file *file)
{
	return file->level;
}

const char *trace_file_error(const struct trace_file *file)
{
	return file->error;
}

/* Only the first failure is told. */
static void file_fail(struct trace_file *file, const char *what, const char *why)
{
	if (file->error)
		return;
	if (asprintf(&file->error, "%s: %s: %s", file->path, what, why) < 0)
		abort();
	if (file->opened)
		fprintf(stderr, "ballast: %s; the trace ends here\n", file->error);
}

static void write_all(struct trace_file *file, const uint8_t *p, size_t len)
{
	while (len && !file->error) {
		ssize_t n = write(file->fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			file_fail(file, "cannot write", n ? strerror(errno) : "nothing written");
			return;
		}
		p += n;
		len -= n;
	}
}

static void write_file_header(struct trace_file *file)
{
	uint8_t h[TRACE_FILE_HEADER] = { 0 };

	_Static_assert(sizeof(TRACE_FILE_MAGIC) <= 17, "magic");
	put_le(h, TRACE_FRAME_MAGIC, 4);
	put_le(h + 4, TRACE_FILE_HEADER - 8, 4);
	memcpy(h + 8, TRACE_FILE_MAGIC, sizeof(TRACE_FILE_MAGIC) - 1);
	put_le(h + 24, TRACE_MAJOR, 2);
	put_le(h + 26, TRACE_MINOR, 2);
	write_all(file, h, sizeof(h));
}

/* Pack and write file->raw; the buffer is empty afterwards. */
static void write_block(struct trace_file *file, uint32_t kind)
{
	struct trace_block block = {
		.kind = kind,
		.sequence = file->sequence++,
		.raw_len = file->used,
		.time = file->block_time,
		.records = kind == TRACE_BLOCK_END ? file->records : file->block_records,
	};
	size_t n = 0;

	file->digest = trace_digest(file->digest, file->raw, file->used);
	block.digest = file->digest;
	if (kind != TRACE_BLOCK_END) {
		n = ZSTD_compress2(file->zstd, file->packed + TRACE_BLOCK_HEADER,
				   file->packed_size - TRACE_BLOCK_HEADER, file->raw, file->used);
		if (ZSTD_isError(n)) {
			file_fail(file, "cannot compress", ZSTD_getErrorName(n));
			n = 0;
		}
	}
	block.frame_len = n;
	put_block_header(file->packed, &block);
	write_all(file, file->packed, TRACE_BLOCK_HEADER + n);
	memset(file->strings, 0, sizeof(file->strings));
	file->nr_strings = 0;
	file->text_used = 0;
	file->used = 0;
	file->block_records = 0;
}

static unsigned int varint_size(uint64_t v)
{
	uint8_t buf[10];

	return put_varint(buf, v) - buf;
}

static uint8_t *put_string(uint8_t *p, const char *s, size_t len)
{
	p = put_varint(p, len);
	memcpy(p, s, len);
	p[len] = '\0';
	return p + len + 1;
}

static void write_schema(struct trace_file *file)
{
	uint8_t *p = file->raw;
	unsigned int nr = 0;

	for (unsigned int i = 0; i < NR_TRACE_IDS; i++)
		nr += trace_types[i].id != 0;
	p = put_varint(p, nr);
	for (unsigned int i = 0; i < NR_TRACE_IDS; i++) {
		const struct trace_type *t = &trace_types[i];

		if (!t->id)
			continue;
		p = put_varint(p, t->id);
		p = put_string(p, t->name, strlen(t->name));
		p = put_varint(p, t->level);
		p = put_string(p, t->doc, strlen(t->doc));
		p = put_varint(p, t->nr_fields);
		for (unsigned int f = 0; f < t->nr_fields; f++) {
			const struct trace_field *field = &t->fields[f];
			unsigned int values = 0;

			while (field->values && field->values[values])
				values++;
			p = put_string(p, field->name, strlen(field->name));
			p = put_varint(p, field->kind);
			p = put_varint(p, values);
			for (unsigned int v = 0; v < values; v++)
				p = put_string(p, field->values[v], strlen(field->values[v]));
		}
		assert(p < file->raw + TRACE_BLOCK_TARGET);
	}
	file->used = p - file->raw;
	write_block(file, TRACE_BLOCK_SCHEMA);
}

/* The slot of a string in this block's table; unused when it is new. */
static struct string_slot *find_string(struct trace_file *file, const char *s, uint32_t len,
				       uint32_t hash)
{
	for (uint32_t i = hash % STRING_SLOTS;; i = (i + 1) % STRING_SLOTS) {
		struct string_slot *slot = &file->strings[i];

		if (!slot->number || (slot->hash == hash && slot->len == len &&
				      !memcmp(file->text + slot->offset, s, len)))
			return slot;
	}
}

/* A new string gets a record of its own, before the one that is being encoded. */
static uint8_t *encode_string(struct trace_file *file, uint8_t *p, const char *s)
{
	uint8_t *raw = file->raw + file->used;
	uint32_t len = s ? strnlen(s, TRACE_STRING_MAX) : 0;
	struct string_slot *slot;
	uint32_t hash;

	if (!len)
		return put_varint(p, 1);
	hash = trace_digest(TRACE_DIGEST_START, (const uint8_t *)s, len) >> 16;
	slot = find_string(file, s, len, hash);
	if (slot->number)
		return put_varint(p, slot->number);
	slot->number = 2 + file->nr_strings++;
	slot->hash = hash;
	slot->len = len;
	slot->offset = file->text_used;
	memcpy(file->text + file->text_used, s, len);
	file->text_used += len;
	raw = put_varint(raw, 0);
	raw = put_varint(raw, varint_size(len) + len + 1);
	raw = put_string(raw, s, len);
	file->used = raw - file->raw;
	return put_varint(p, slot->number);
}

static uint8_t *encode_histogram(uint8_t *p, const struct trace_histogram *h)
{
	static const struct trace_histogram empty;
	unsigned int nr = 0, last = 0;

	if (!h)
		h = &empty;
	for (unsigned int i = 0; i < HISTOGRAM_INDICES; i++)
		nr += histogram_bucket(h, i) != 0;
	p = put_varint(p, h->count);
	p = put_varint(p, h->sum);
	p = put_varint(p, h->min);
	p = put_varint(p, h->max);
	p = put_varint(p, nr);
	for (unsigned int i = 0; i < HISTOGRAM_INDICES; i++) {
		uint64_t n = histogram_bucket(h, i);

		if (!n)
			continue;
		p = put_varint(p, i - last);
		p = put_varint(p, n);
		last = i;
	}
	return p;
}
static uint8_t *encode_value(struct trace_file *file, uint8_t *p, enum trace_kind kind,
			     const union trace_value *value)
{
	switch (kind) {
	case TRACE_SINT:
		return put_varint(p, zigzag(value->s));
	case TRACE_GUEST:
		return put_varint(p, value->u + 1);
	case TRACE_STRING:
		return encode_string(file, p, value->text);
	case TRACE_HISTOGRAM:
		return encode_histogram(p, value->histogram);
	default:
		return put_varint(p, value->u);
	}
}

void trace_file_record(struct trace_file *file, uint64_t now, const struct trace_type *type,
		       const union trace_value *value)
{
	uint8_t *p = file->record;

	if (file->error)
		return;
	if (file->used >= TRACE_BLOCK_TARGET ||
	    file->nr_strings > STRINGS_PER_BLOCK - TRACE_FIELDS_MAX)
		write_block(file, TRACE_BLOCK_DATA);
	if (!file->used)
		file->block_time = file->now = now;
	p = put_varint(p, now - file->now);
	for (unsigned int i = 0; i < type->nr_fields; i++)
		p = encode_value(file, p, type->fields[i].kind, &value[i]);
	assert(file->used + (p - file->record) + 20 <= TRACE_BLOCK_MAX);

	uint8_t *raw = put_varint(file->raw + file->used, type->id);

	raw = put_varint(raw, p - file->record);
	memcpy(raw, file->record, p - file->record);
	file->used = raw - file->raw + (p - file->record);
	file->now = now;
	file->block_records++;
	file->records++;
}

/* What stands at @path and is no regular file is written in place. */
static int open_in_place(const char *path)
{
	struct stat st;

	if (stat(path, &st) || S_ISREG(st.st_mode))
		return -1;
	return open(path, O_WRONLY | O_CLOEXEC);
}

static void file_free(struct trace_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	ZSTD_freeCCtx(file->zstd);
	free(file->path);
	free(file->temporary);
	free(file->error);
	host_free(file->packed);
	host_free(file);
}

struct trace_file *trace_file_open(const char *path, enum trace_level level,
				   char *error, size_t error_size)
{
	struct trace_file *file = host_alloc(sizeof(*file));

	file->path = strdup(path);
	file->level = level;
	file->digest = TRACE_DIGEST_START;
	file->packed_size = TRACE_BLOCK_HEADER + ZSTD_compressBound(TRACE_BLOCK_MAX);
	file->packed = host_alloc(file->packed_size);
	file->zstd = ZSTD_createCCtx();
	if (!file->path || !file->zstd)
		abort();
	ZSTD_CCtx_setParameter(file->zstd, ZSTD_c_compressionLevel, ZSTD_LEVEL);
	ZSTD_CCtx_setParameter(file->zstd, ZSTD_c_checksumFlag, 1);
	errno = 0;
	file->fd = open_in_place(path);
	if (file->fd < 0 && errno != EISDIR)
		file->fd = output_create(path, &file->temporary);
	if (file->fd < 0) {
		snprintf(error, error_size, "%s: cannot create the trace: %s", path,
			 strerror(errno));
		file_free(file);
		return NULL;
	}
	write_file_header(file);
	write_schema(file);
	if (file->error) {
		snprintf(error, error_size, "%s", file->error);
		trace_file_abandon(file);
		return NULL;
	}
	file->opened = true;
	return file;
}

int trace_file_start(struct trace_file *file)
{
	if (file->temporary) {
		if (rename(file->temporary, file->path)) {
			file_fail(file, "cannot put the trace in place", strerror(errno));
			return -1;
		}
		free(file->temporary);
		file->temporary = NULL;
	}
	return file->error ? -1 : 0;
}

void trace_file_flush(struct trace_file *file)
{
	if (file->used && !file->error)
		write_block(file, TRACE_BLOCK_DATA);
}

int trace_file_close(struct trace_file *file)
{
	int result;

	trace_file_flush(file);
	if (!file->error)
		write_block(file, TRACE_BLOCK_END);
	trace_file_start(file);
	/* some file systems report a full disk or quota only now */
	if (close(file->fd) && errno != EINTR)
		file_fail(file, "cannot write", strerror(errno));
	file->fd = -1;
	if (file->temporary)
		unlink(file->temporary);
	result = file->error ? -1 : 0;
	file_free(file);
	return result;
}

void trace_file_abandon(struct trace_file *file)
{
	if (file->temporary)
		unlink(file->temporary);
	else
		trace_file_flush(file);
	file_free(file);
}
