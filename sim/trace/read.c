// SPDX-License-Identifier: GPL-2.0-only
/*
 * The trace file, reading side; the format is described in format.h.
 *
 * Everything that comes from the file is checked before it is used: a trace may come from
 * anywhere.  Types and fields are found by name in the schema of the file; values of enumerations
 * are translated by their text, so that a table of a later version may have another order.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <zstd.h>

#include "format.h"
#include "histogram.h"
#include "hostmem.h"
#include "read.h"

#define SCHEMA_TYPES_MAX 1024
#define SCHEMA_VALUES_MAX 256

/* A field as the file describes it, and where its value belongs in this program. */
struct file_type {
	struct trace_type type;		/* names point into reader->schema */
	const struct trace_type *own;	/* NULL: not known here */
	bool decodable;
	bool same;			/* as own, field by field and value by value */
	struct trace_field *fields;
	int *slot;			/* per field: index in own, or -1 */
	uint64_t **value_map;		/* per field: file value -> own value, or NULL */
	unsigned int *nr_values;
};

struct cursor {
	const uint8_t *p, *end;
	bool bad;
};

struct trace_reader {
	FILE *in;
	char *path;
	char *damage;
	bool ended;
	uint64_t offset;		/* of the block that is being read */
	uint64_t file_offset;		/* read so far */
	uint32_t sequence;
	uint64_t digest, records, unknown;
	uint8_t *schema;		/* raw bytes of the schema block */
	struct file_type *types;
	unsigned int nr_types;
	const struct file_type *by_id[NR_TRACE_IDS];	/* the ids that are used most */
	uint8_t *packed, *raw;
	size_t packed_size;
	struct cursor block;		/* rest of the current block */
	uint64_t time;
	const char **strings;
	uint32_t nr_strings, strings_size;
	union trace_value value[TRACE_FIELDS_MAX];
	union trace_value own[TRACE_FIELDS_MAX];
	struct trace_histogram histogram[TRACE_FIELDS_MAX];
};

__attribute__((format(printf, 2, 3)))
static void damaged(struct trace_reader *r, const char *format, ...)
{
	char *what;
	va_list args;

	if (r->damage)
		return;
	va_start(args, format);
	if (vasprintf(&what, format, args) < 0)
		abort();
	va_end(args);
	if (asprintf(&r->damage, "%s: at byte %llu: %s; the %llu records before it are intact",
		     r->path, (unsigned long long)r->offset, what,
		     (unsigned long long)r->records) < 0)
		abort();
	free(what);
	r->ended = true;
}

static uint64_t take_long_varint(struct cursor *c)
{
	uint64_t v = 0;

	for (unsigned int shift = 0; shift < 64 && c->p < c->end; shift += 7) {
		uint8_t byte = *c->p++;

		v |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return v;
	}
	c->bad = true;
	return 0;
}

/* Most are one byte. */
static inline uint64_t take_varint(struct cursor *c)
{
	if (c->p < c->end && *c->p < 0x80)
		return *c->p++;
	return take_long_varint(c);
}

static const char *take_string(struct cursor *c)
{
	uint64_t len = take_varint(c);
	const char *s = (const char *)c->p;

	if (c->bad || len >= (uint64_t)(c->end - c->p) || c->p[len]) {
		c->bad = true;
		return "";
	}
	c->p += len + 1;
	return s;
}

static bool read_exactly(struct trace_reader *r, void *buf, size_t len)
{
	size_t n = fread(buf, 1, len, r->in);

	r->file_offset += n;
	if (n == len)
		return true;
	if (ferror(r->in))
		damaged(r, "cannot read: %s", strerror(errno));
	else
		damaged(r, "the file is cut off after %zu of %zu bytes", n, len);
	return false;
}

/* Read and unpack the next block into r->raw.  Returns its kind, 0 at damage. */
static uint32_t read_block(struct trace_reader *r, struct trace_block *b)
{
	uint8_t header[TRACE_BLOCK_HEADER];
	size_t n;
	int c;

	r->offset = r->file_offset;
	c = getc(r->in);
	if (c == EOF && !ferror(r->in)) {
		damaged(r, "the file has no end mark (the run crashed, or the file is cut off)");
		return 0;
	}
	ungetc(c, r->in);
	if (!read_exactly(r, header, sizeof(header)))
		return 0;
	if (!get_block_header(header, b) || b->raw_len > TRACE_BLOCK_MAX ||
	    b->frame_len > r->packed_size) {
		damaged(r, "damaged block header");
		return 0;
	}
	if (b->sequence != r->sequence++) {
		damaged(r, "block %u where %u should be", b->sequence, r->sequence - 1);
		return 0;
	}
	if (b->kind == TRACE_BLOCK_END) {
		if (b->records != r->records || b->digest != r->digest) {
			damaged(r, "the end mark does not fit what comes before it");
			return 0;
		}
		return b->kind;
	}
	if (!read_exactly(r, r->packed, b->frame_len))
		return 0;
	n = ZSTD_decompress(r->raw, TRACE_BLOCK_MAX, r->packed, b->frame_len);
	if (ZSTD_isError(n)) {
		damaged(r, "damaged block (%s)", ZSTD_getErrorName(n));
		return 0;
	}
	r->digest = trace_digest(r->digest, r->raw, n);
	if (n != b->raw_len || r->digest != b->digest) {
		damaged(r, "damaged block (digest)");
		return 0;
	}
	return b->kind;
}

static int find_text(const char *const *values, const char *text)
{
	for (int i = 0; values[i]; i++) {
		if (!strcmp(values[i], text))
			return i;
	}
	return -1;
}

/* Tie a field of the file to ours of the same name and kind. */
static void bind_field(struct file_type *ft, unsigned int i, unsigned int nr_values)
{
	const struct trace_field *field = &ft->fields[i];

	ft->slot[i] = -1;
	ft->nr_values[i] = nr_values;
	for (unsigned int f = 0; ft->own && f < ft->own->nr_fields; f++) {
		const struct trace_field *own = &ft->own->fields[f];

		if (strcmp(own->name, field->name) || own->kind != field->kind)
			continue;
		ft->slot[i] = f;
		if (field->kind != TRACE_ENUM)
			break;
		ft->value_map[i] = host_alloc(nr_values * sizeof(uint64_t));
		for (unsigned int v = 0; v < nr_values; v++) {
			int at = find_text(own->values, field->values[v]);

			ft->value_map[i][v] = at < 0 ? UINT64_MAX : at;
		}
		break;
	}
}

static void take_field(struct cursor *c, struct file_type *ft, unsigned int i)
{
	struct trace_field *field = &ft->fields[i];
	const char **values = NULL;
	uint64_t kind, nr;

	field->name = take_string(c);
	kind = take_varint(c);
	nr = take_varint(c);
	if (c->bad || nr > SCHEMA_VALUES_MAX) {
		c->bad = true;
		return;
	}
	if (kind >= NR_TRACE_KINDS)
		ft->decodable = false;
	field->kind = kind;
	values = host_alloc((nr + 1) * sizeof(*values));
	for (uint64_t v = 0; v < nr; v++)
		values[v] = take_string(c);
	field->values = values;
	if (!c->bad && ft->decodable)
		bind_field(ft, i, nr);
}

/* A record of the file can be used as one of ours as it is. */
static bool is_same(const struct file_type *ft)
{
	if (!ft->own || !ft->decodable || ft->type.nr_fields != ft->own->nr_fields)
		return false;
	for (unsigned int i = 0; i < ft->type.nr_fields; i++) {
		if (ft->slot[i] != (int)i)
			return false;
		for (unsigned int v = 0; ft->value_map[i] && v < ft->nr_values[i]; v++) {
			if (ft->value_map[i][v] != v)
				return false;
		}
	}
	return true;
}

static void take_type(struct cursor *c, struct file_type *ft)
{
	struct trace_type *t = &ft->type;

	t->id = take_varint(c);
	t->name = take_string(c);
	t->level = take_varint(c);
	t->doc = take_string(c);
	t->nr_fields = take_varint(c);
	if (c->bad || t->nr_fields > 4096) {
		c->bad = true;
		t->nr_fields = 0;
		return;
	}
	ft->own = trace_type_named(t->name);
	ft->decodable = t->nr_fields <= TRACE_FIELDS_MAX;
	ft->fields = host_alloc(t->nr_fields * sizeof(*ft->fields));
	ft->slot = host_alloc(t->nr_fields * sizeof(*ft->slot));
	ft->value_map = host_alloc(t->nr_fields * sizeof(*ft->value_map));
	ft->nr_values = host_alloc(t->nr_fields * sizeof(*ft->nr_values));
	t->fields = ft->fields;
	for (unsigned int i = 0; i < t->nr_fields && !c->bad; i++)
		take_field(c, ft, i);
	ft->same = !c->bad && is_same(ft);
}

static bool read_schema(struct trace_reader *r)
{
	struct trace_block b;
	struct cursor c;
	uint64_t nr;

	if (read_block(r, &b) != TRACE_BLOCK_SCHEMA) {
		damaged(r, "no schema");
		return false;
	}
	r->schema = host_alloc(b.raw_len);
	memcpy(r->schema, r->raw, b.raw_len);
	c = (struct cursor){ .p = r->schema, .end = r->schema + b.raw_len };
	nr = take_varint(&c);
	if (c.bad || nr > SCHEMA_TYPES_MAX) {
		damaged(r, "damaged schema");
		return false;
	}
	r->types = host_alloc(nr * sizeof(*r->types));
	r->nr_types = nr;
	for (uint64_t i = 0; i < nr && !c.bad; i++) {
		const struct file_type *ft = &r->types[i];

		take_type(&c, &r->types[i]);
		if (ft->type.id < NR_TRACE_IDS && !r->by_id[ft->type.id])
			r->by_id[ft->type.id] = ft;
	}
	if (c.bad)
		damaged(r, "damaged schema");
	return !c.bad;
}

static bool check_file_header(struct trace_reader *r, char *error, size_t error_size)
{
	uint8_t h[TRACE_FILE_HEADER], magic[16] = TRACE_FILE_MAGIC;
	size_t n = fread(h, 1, sizeof(h), r->in);

	r->file_offset = n;
	if (n < sizeof(h) || get_le(h, 4) != TRACE_FRAME_MAGIC ||
	    get_le(h + 4, 4) != TRACE_FILE_HEADER - 8 || memcmp(h + 8, magic, 16)) {
		snprintf(error, error_size, "%s: not a ballast trace", r->path);
		return false;
	}
	if (get_le(h + 24, 2) > TRACE_MAJOR) {
		snprintf(error, error_size,
			 "%s: trace of format %u.%u; this program reads up to format %u", r->path,
			 (unsigned int)get_le(h + 24, 2), (unsigned int)get_le(h + 26, 2),
			 TRACE_MAJOR);
		return false;
	}
	return true;
}

struct trace_reader *trace_reader_open(const char *path, char *error, size_t error_size)
{
	struct trace_reader *r;
	FILE *in = fopen(path, "re");

	if (!in) {
		snprintf(error, error_size, "%s: %s", path, strerror(errno));
		return NULL;
	}
	r = host_alloc(sizeof(*r));
	r->in = in;
	r->path = strdup(path);
	if (!r->path)
		abort();
	r->digest = TRACE_DIGEST_START;
	r->packed_size = ZSTD_compressBound(TRACE_BLOCK_MAX);
	r->packed = host_alloc(r->packed_size);
	r->raw = host_alloc(TRACE_BLOCK_MAX);
	if (!check_file_header(r, error, error_size)) {
		trace_reader_close(r);
		return NULL;
	}
	if (!read_schema(r)) {
		snprintf(error, error_size, "%s", r->damage);
		trace_reader_close(r);
		return NULL;
	}
	return r;
}

static void define_string(struct trace_reader *r, struct cursor *c)
{
	const char *s = take_string(c);

	if (r->nr_strings == r->strings_size) {
		r->strings_size = r->strings_size ? 2 * r->strings_size : 256;
		r->strings = host_realloc(r->strings, r->strings_size * sizeof(*r->strings));
	}
	r->strings[r->nr_strings++] = s;
}

static const char *decode_string(struct trace_reader *r, struct cursor *c)
{
	uint64_t number = take_varint(c);

	if (number >= 2 && number - 2 < r->nr_strings)
		return r->strings[number - 2];
	if (number != 1)
		c->bad = true;
	return "";
}

static void decode_histogram(struct cursor *c, struct trace_histogram *h)
{
	uint64_t nr, index = 0;

	trace_histogram_reset(h);
	h->count = take_varint(c);
	h->sum = take_varint(c);
	h->min = take_varint(c);
	h->max = take_varint(c);
	nr = take_varint(c);
	for (uint64_t i = 0; i < nr && !c->bad; i++) {
		uint64_t step = take_varint(c), count = take_varint(c);

		if (c->bad || step >= HISTOGRAM_INDICES || index + step >= HISTOGRAM_INDICES) {
			c->bad = true;
			return;
		}
		index += step;
		histogram_add_index(h, index, count);
	}
}

/* Returns false for a value of an enumeration that the file does not describe. */
static inline bool decode_value(struct trace_reader *r, struct cursor *c,
				const struct file_type *ft, unsigned int i)
{
	union trace_value *value = &r->value[i];

	switch (ft->fields[i].kind) {
	case TRACE_SINT:
		value->s = unzigzag(take_varint(c));
		return true;
	case TRACE_GUEST:
		value->u = take_varint(c) - 1;
		return true;
	case TRACE_STRING:
		value->text = decode_string(r, c);
		return true;
	case TRACE_HISTOGRAM:
		decode_histogram(c, &r->histogram[i]);
		value->histogram = &r->histogram[i];
		return true;
	case TRACE_ENUM:
		value->u = take_varint(c);
		return value->u < ft->nr_values[i];
	default:
		value->u = take_varint(c);
		return true;
	}
}

/* Fields that an older file does not have. */
static void clear_own(struct trace_reader *r, const struct trace_type *own)
{
	static const struct trace_histogram empty;

	for (unsigned int i = 0; i < own->nr_fields; i++) {
		r->own[i].u = 0;
		if (own->fields[i].kind == TRACE_STRING)
			r->own[i].text = "";
		else if (own->fields[i].kind == TRACE_HISTOGRAM)
			r->own[i].histogram = &empty;
	}
}

/* The record as one of ours. */
static void translate(struct trace_reader *r, const struct file_type *ft)
{
	clear_own(r, ft->own);
	for (unsigned int i = 0; i < ft->type.nr_fields; i++) {
		union trace_value own = r->value[i];

		if (ft->slot[i] < 0)
			continue;
		if (ft->value_map[i])
			own.u = own.u < ft->nr_values[i] ? ft->value_map[i][own.u] : UINT64_MAX;
		r->own[ft->slot[i]] = own;
	}
}

static const struct file_type *find_type(const struct trace_reader *r, uint64_t id)
{
	if (id < NR_TRACE_IDS)
		return r->by_id[id];
	for (unsigned int i = 0; i < r->nr_types; i++) {
		if (r->types[i].type.id == id)
			return &r->types[i];
	}
	return NULL;
}

/* One record of the current block; false: it was skipped, or damage (r->damage). */
static bool decode_record(struct trace_reader *r, struct trace_record *record)
{
	uint64_t id = take_varint(&r->block), len = take_varint(&r->block);
	const struct file_type *ft = find_type(r, id);
	const union trace_value *rec = r->value;
	struct cursor c = { .p = r->block.p };
	bool same;

	if (r->block.bad || len > (uint64_t)(r->block.end - r->block.p)) {
		damaged(r, "record %llu runs over its block", (unsigned long long)r->records);
		return false;
	}
	c.end = r->block.p += len;
	if (!id) {
		define_string(r, &c);
		if (c.bad)
			damaged(r, "text before record %llu cannot be decoded",
				(unsigned long long)r->records);
		return false;
	}
	r->time += take_varint(&c);
	if (!ft || !ft->own)
		r->unknown++;
	if (!c.bad && (!ft || !ft->decodable)) {
		r->records++;
		return false;
	}
	same = !c.bad && ft->same;
	for (unsigned int i = 0; !c.bad && i < ft->type.nr_fields; i++)
		same &= decode_value(r, &c, ft, i);
	if (c.bad) {
		damaged(r, "record %llu cannot be decoded", (unsigned long long)r->records);
		return false;
	}
	r->records++;
	if (ft->own && !same) {
		translate(r, ft);
		rec = r->own;
	}
	*record = (struct trace_record){
		.time = r->time,
		.id = ft->own ? ft->own->id : 0,
		.rec = ft->own ? rec : NULL,
		.type = &ft->type,
		.value = r->value,
	};
	return true;
}

/* Returns false when there are no more blocks. */
static bool next_block(struct trace_reader *r)
{
	struct trace_block b;

	switch (read_block(r, &b)) {
	case 0:
		return false;
	case TRACE_BLOCK_END:
		r->ended = true;
		r->offset = r->file_offset;
		if (getc(r->in) != EOF)
			damaged(r, "something follows the end mark");
		return false;
	case TRACE_BLOCK_DATA:
		r->block = (struct cursor){ .p = r->raw, .end = r->raw + b.raw_len };
		r->time = b.time;
		r->nr_strings = 0;
		return true;
	default:	/* of a later minor version */
		r->block = (struct cursor){ 0 };
		return true;
	}
}

bool trace_reader_next(struct trace_reader *r, struct trace_record *record)
{
	while (!r->ended) {
		if (r->block.p == r->block.end) {
			if (!next_block(r))
				return false;
			continue;
		}
		if (decode_record(r, record))
			return true;
	}
	return false;
}

bool trace_reader_has(const struct trace_reader *r, enum trace_id id)
{
	for (unsigned int i = 0; i < r->nr_types; i++)
		if (r->types[i].own && r->types[i].own->id == id)
			return true;
	return false;
}

void trace_reader_go(struct trace_reader *r, const struct trace_place *place)
{
	free(r->damage);
	r->damage = NULL;
	r->ended = false;
	r->block = (struct cursor){ 0 };
	r->offset = r->file_offset = place->offset;
	r->sequence = place->sequence;
	r->records = place->records;
	r->digest = place->digest;
	if (fseeko(r->in, (off_t)place->offset, SEEK_SET))
		damaged(r, "cannot go there: %s", strerror(errno));
}

const char *trace_reader_damage(const struct trace_reader *r)
{
	return r->damage;
}

uint64_t trace_reader_unknown(const struct trace_reader *r)
{
	return r->unknown;
}

uint64_t trace_reader_records(const struct trace_reader *r)
{
	return r->records;
}

uint64_t trace_reader_digest(const struct trace_reader *r)
{
	return r->digest;
}

void trace_reader_feed(struct trace_reader *r, struct trace_consumer *consumer)
{
	struct trace_record record;

	while (trace_reader_next(r, &record))
		consumer->record(consumer, &record);
}

void trace_reader_close(struct trace_reader *r)
{
	for (unsigned int i = 0; i < r->nr_types; i++) {
		struct file_type *ft = &r->types[i];

		for (unsigned int f = 0; ft->fields && f < ft->type.nr_fields; f++) {
			host_free((void *)ft->fields[f].values);
			host_free(ft->value_map[f]);
		}
		host_free(ft->fields);
		host_free(ft->slot);
		host_free(ft->value_map);
		host_free(ft->nr_values);
	}
	for (unsigned int i = 0; i < TRACE_FIELDS_MAX; i++)
		trace_histogram_free(&r->histogram[i]);
	host_free(r->types);
	host_free(r->schema);
	host_free(r->strings);
	host_free(r->packed);
	host_free(r->raw);
	fclose(r->in);
	free(r->path);
	free(r->damage);
	host_free(r);
}
