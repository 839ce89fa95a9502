// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mutations of traces, see mutate_trace.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "format.h"
#include "mutate_trace.h"
#include "random.h"

#define BLOCKS_KEPT 4		/* of data, in a variant */
#define CHANGES_MAX 6
#define VALUES_MAX 512		/* varints of a record */

struct raw_block {
	struct trace_block head;
	uint8_t *raw;
	size_t len;
};

struct mutable_trace {
	uint8_t header[TRACE_FILE_HEADER];
	struct raw_block schema, *data;
	unsigned int nr_data;
};

/* A file in the making. */
struct variant {
	struct random_stream random;
	uint8_t *bytes;
	size_t len, size;
	uint32_t sequence;
	uint64_t digest, records;
};

struct mutable_trace *mutable_trace_load(const char *path)
{
	struct mutable_trace *t = calloc(1, sizeof(*t));
	FILE *f = fopen(path, "r");
	uint8_t head[TRACE_BLOCK_HEADER];
	struct raw_block b;

	if (!f || fread(t->header, 1, sizeof(t->header), f) != sizeof(t->header))
		goto bad;
	while (fread(head, 1, sizeof(head), f) == sizeof(head)) {
		uint8_t *packed;

		if (!get_block_header(head, &b.head))
			goto bad;
		if (b.head.kind == TRACE_BLOCK_END) {
			fclose(f);
			return t;
		}
		packed = malloc(b.head.frame_len);
		b.raw = malloc(b.head.raw_len);
		b.len = b.head.raw_len;
		if (fread(packed, 1, b.head.frame_len, f) != b.head.frame_len ||
		    ZSTD_decompress(b.raw, b.len, packed, b.head.frame_len) != b.len)
			goto bad;
		free(packed);
		if (b.head.kind == TRACE_BLOCK_SCHEMA) {
			t->schema = b;
			continue;
		}
		t->data = realloc(t->data, (t->nr_data + 1) * sizeof(*t->data));
		t->data[t->nr_data++] = b;
	}
bad:
	fprintf(stderr, "%s: is not an intact trace\n", path);
	if (f)
		fclose(f);
	return NULL;
}

void mutable_trace_free(struct mutable_trace *t)
{
	for (unsigned int i = 0; i < t->nr_data; i++)
		free(t->data[i].raw);
	free(t->data);
	free(t->schema.raw);
	free(t);
}

/* Changes of a block's bytes; @raw has room for TRACE_BLOCK_MAX */

static size_t below(struct random_stream *r, size_t bound)
{
	return bound ? random_below(r, bound) : 0;
}

static void change_byte(struct random_stream *r, uint8_t *raw, size_t len)
{
	static const uint8_t odd[] = { 0, 1, 0x7f, 0x80, 0xff };
	size_t at = below(r, len);

	raw[at] = random_below(r, 2) ? odd[random_below(r, sizeof(odd))] : random_u64(r);
}

static size_t remove_bytes(struct random_stream *r, uint8_t *raw, size_t len)
{
	size_t at = below(r, len), n = 1 + below(r, len - at < 64 ? len - at : 64);

	n = n > len - at ? len - at : n;
	memmove(raw + at, raw + at + n, len - at - n);
	return len - n;
}

static size_t repeat_bytes(struct random_stream *r, uint8_t *raw, size_t len)
{
	size_t at = below(r, len), n = 1 + below(r, 64);

	n = n > len - at ? len - at : n;
	if (len + n > TRACE_BLOCK_MAX)
		return len;
	memmove(raw + at + n, raw + at, len - at);
	return len + n;
}

/* Changes of a record */

/* Returns where it ends; NULL: it runs over. */
static const uint8_t *skip_varint(const uint8_t *p, const uint8_t *end, uint64_t *v)
{
	*v = 0;
	for (unsigned int shift = 0; shift < 64 && p < end; shift += 7) {
		*v |= (uint64_t)(*p & 0x7f) << shift;
		if (!(*p++ & 0x80))
			return p;
	}
	return NULL;
}

/* A record in a block: where it is, its type, and where what follows its length begins. */
struct place {
	size_t at, body, end;
	uint64_t id;
};

static bool place_of(const uint8_t *raw, size_t len, size_t at, struct place *place)
{
	const uint8_t *end = raw + len, *p = raw + at;
	uint64_t n;

	place->at = at;
	p = skip_varint(p, end, &place->id);
	p = p ? skip_varint(p, end, &n) : NULL;
	if (!p || n > (uint64_t)(end - p))
		return false;
	place->body = p - raw;
	place->end = place->body + n;
	return true;
}

/* One of the block's records, each as likely; texts are not. */
static bool pick_record(struct random_stream *r, const uint8_t *raw, size_t len, struct place *pick)
{
	struct place place;
	uint64_t n = 0;

	for (size_t at = 0; at < len && place_of(raw, len, at, &place); at = place.end) {
		if (place.id && !random_below(r, ++n))
			*pick = place;
	}
	return n > 0;
}

static uint64_t odd_value(struct random_stream *r, uint64_t old)
{
	switch (random_below(r, 8)) {
	case 0:
		return 0;
	case 1:
		return UINT64_MAX;
	case 2:
		return old + 1;
	case 3:
		return old - 1;
	case 4:
		return old ^ UINT64_C(1) << random_below(r, 64);
	case 5:
		return UINT64_C(1) << random_below(r, 64);
	case 6:
		return random_below(r, 4096);
	default:
		return random_u64(r) >> random_below(r, 64);
	}
}

/* Put @n bytes in the place of a record. */
static size_t replace(uint8_t *raw, size_t len, const struct place *place, const uint8_t *bytes,
		      size_t n)
{
	if (len - (place->end - place->at) + n > TRACE_BLOCK_MAX)
		return len;
	memmove(raw + place->at + n, raw + place->end, len - place->end);
	memcpy(raw + place->at, bytes, n);
	return len - (place->end - place->at) + n;
}

/* One of its numbers, the time included, gets another value. */
static size_t change_value(struct random_stream *r, uint8_t *raw, size_t len)
{
	uint8_t body[VALUES_MAX * 10], bytes[sizeof(body) + 20], *q = body;
	uint64_t value[VALUES_MAX], n = 0, changed;
	const uint8_t *p, *end;
	struct place place;

	if (!pick_record(r, raw, len, &place))
		return len;
	end = raw + place.end;
	for (p = raw + place.body; p && p < end && n < VALUES_MAX; n++) {
		p = skip_varint(p, end, &value[n]);
		if (!p)
			return len;
	}
	changed = below(r, n);
	for (uint64_t i = 0; i < n; i++)
		q = put_varint(q, i == changed ? odd_value(r, value[i]) : value[i]);
	p = put_varint(put_varint(bytes, place.id), q - body);
	memcpy((uint8_t *)p, body, q - body);
	return replace(raw, len, &place, bytes, p - bytes + (q - body));
}

static size_t change_type(struct random_stream *r, uint8_t *raw, size_t len)
{
	uint8_t bytes[4096 + 20], *p;
	struct place place;
	size_t n;

	if (!pick_record(r, raw, len, &place) || place.end - place.body > 4096)
		return len;
	n = place.end - place.body;
	p = put_varint(put_varint(bytes, random_below(r, NR_TRACE_IDS + 2)), n);
	memcpy(p, raw + place.body, n);
	return replace(raw, len, &place, bytes, p - bytes + n);
}

/* Not there, or there twice. */
static size_t change_number(struct random_stream *r, uint8_t *raw, size_t len)
{
	uint8_t bytes[2 * 4096];
	struct place place;
	size_t n;

	if (!pick_record(r, raw, len, &place) || place.end - place.at > 4096)
		return len;
	n = place.end - place.at;
	memcpy(bytes, raw + place.at, n);
	memcpy(bytes + n, raw + place.at, n);
	return replace(raw, len, &place, bytes, random_below(r, 2) ? 2 * n : 0);
}

static size_t change_block(struct random_stream *r, uint8_t *raw, size_t len, bool records)
{
	switch (random_below(r, records ? 12 : 3)) {
	case 0:
		change_byte(r, raw, len);
		return len;
	case 1:
		return remove_bytes(r, raw, len);
	case 2:
		return repeat_bytes(r, raw, len);
	case 3:
		return change_type(r, raw, len);
	case 4:
		return change_number(r, raw, len);
	default:
		return change_value(r, raw, len);
	}
}

/* The file */

static uint8_t *room(struct variant *v, size_t n)
{
	if (v->size - v->len < n) {
		v->size = 2 * (v->size + n);
		v->bytes = realloc(v->bytes, v->size);
	}
	return v->bytes + v->len;
}

static uint64_t records_of(const uint8_t *raw, size_t len)
{
	struct place place;
	uint64_t n = 0;

	for (size_t at = 0; at < len && place_of(raw, len, at, &place); at = place.end)
		n += place.id != 0;
	return n;
}

static void add_block(struct variant *v, const struct raw_block *b, const uint8_t *raw, size_t len)
{
	struct trace_block head = b->head;
	uint8_t *p = room(v, TRACE_BLOCK_HEADER + ZSTD_compressBound(len));

	v->digest = trace_digest(v->digest, raw, len);
	head.sequence = v->sequence++;
	head.raw_len = len;
	head.digest = v->digest;
	head.frame_len = ZSTD_compress(p + TRACE_BLOCK_HEADER, ZSTD_compressBound(len), raw, len,
				       1);
	put_block_header(p, &head);
	v->len += TRACE_BLOCK_HEADER + head.frame_len;
}

static void add_end(struct variant *v)
{
	const struct trace_block end = {
		.kind = TRACE_BLOCK_END, .sequence = v->sequence, .records = v->records,
		.digest = v->digest,
	};

	put_block_header(room(v, TRACE_BLOCK_HEADER), &end);
	v->len += TRACE_BLOCK_HEADER;
}

static void add_changed(struct variant *v, const struct raw_block *b, bool change, bool records)
{
	/* What is read past a block is read past the end of this. */
	uint8_t *raw = malloc(TRACE_BLOCK_MAX);
	size_t len = b->len;

	memcpy(raw, b->raw, len);
	for (uint64_t n = change ? 1 + random_below(&v->random, CHANGES_MAX) : 0; n && len; n--)
		len = change_block(&v->random, raw, len, records);
	if (records)
		v->records += records_of(raw, len);
	add_block(v, b, raw, len);
	free(raw);
}

/* Damage of the file as it is. */
static void damage(struct variant *v)
{
	if (random_below(&v->random, 2))
		v->len = random_below(&v->random, v->len);
	else
		change_byte(&v->random, v->bytes, v->len);
}

bool mutable_trace_write(const struct mutable_trace *t, uint64_t number, const char *path)
{
	struct variant v = { .digest = TRACE_DIGEST_START };
	unsigned int kind, from = 0;
	FILE *f;
	bool ok;

	random_init(&v.random, number, "mutation");
	kind = random_below(&v.random, 16);	/* 0: the file, 1: the schema, else records */
	memcpy(room(&v, sizeof(t->header)), t->header, sizeof(t->header));
	v.len = sizeof(t->header);
	add_changed(&v, &t->schema, kind == 1, false);
	for (unsigned int i = 0; i < BLOCKS_KEPT && from < t->nr_data; i++) {
		add_changed(&v, &t->data[from], kind >= 2, true);
		from += 1 + below(&v.random, (t->nr_data - from) / (BLOCKS_KEPT - i));
	}
	add_end(&v);
	if (!kind)
		damage(&v);
	f = fopen(path, "w");
	ok = f && fwrite(v.bytes, 1, v.len, f) == v.len;
	ok = f && !fclose(f) && ok;
	free(v.bytes);
	return ok;
}
