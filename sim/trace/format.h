/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The trace file, version 1.  All fixed-size numbers are little endian.
 *
 *   file    = frame(magic[16], u16 major, u16 minor, u32 0),
 *             block(SCHEMA), block(DATA)*, block(END)
 *   block   = frame(u32 kind, u32 sequence, u32 frame_len, u32 raw_len, u64 time, u64 records,
 *                   u64 digest, u32 check, u32 0), zstd frame of frame_len bytes
 *   frame   = u32 FRAME_MAGIC, u32 length, that many bytes
 *
 * FRAME_MAGIC is a zstd skippable frame (RFC 8878, section 3.1.2), so `zstd -dc` unpacks a trace.
 * The zstd frames carry their own checksum; `check` covers the block header, `digest` all raw bytes
 * from the first block to this one, whatever zstd made of them: traces with one digest are equal.
 * An END block has no zstd frame; `records` there counts those of the whole file.
 *
 *   SCHEMA  = varint types, type*
 *   type    = varint id, string name, varint level, string doc, varint fields, field*
 *   field   = string name, varint kind, varint values, string*
 *   string  = varint length, bytes, 0
 *
 *   DATA    = (record | text)*
 *   text    = varint 0, varint length of the rest, string: numbered from 2 on in each block
 *   record  = varint id, varint length of the rest, varint time since the one before (the first:
 *             since the block's time), value*
 *   value   = varint (UINT, BYTES, PAGES, NS, ENUM) | zigzag varint (SINT) | varint id + 1 (GUEST)
 *           | varint number of a text of this block, 1: ""                            (STRING)
 *           | varint count, sum, min, max, buckets, (index - previous, count)*     (HISTOGRAM)
 *
 * A reader takes what it knows by name and skips the rest by length.  Appended types, fields and
 * kinds raise minor; anything that would mislead an old reader raises major.
 */
#ifndef BALLAST_TRACE_FORMAT_H
#define BALLAST_TRACE_FORMAT_H

#include <stdint.h>
#include <string.h>

#include "trace.h"

#define TRACE_MAJOR 1
#define TRACE_MINOR 8
#define TRACE_FRAME_MAGIC UINT32_C(0x184d2a5b)
#define TRACE_FILE_MAGIC "ballast trace\r\n\x1a"	/* 16 bytes; text-mode damage shows */
#define TRACE_FILE_HEADER 32				/* bytes, frame included */
#define TRACE_BLOCK_HEADER 56				/* bytes, frame included */
#define TRACE_BLOCK_SCHEMA UINT32_C(0x4d484353)		/* "SCHM" */
#define TRACE_BLOCK_DATA UINT32_C(0x41544144)		/* "DATA" */
#define TRACE_BLOCK_END UINT32_C(0x20444e45)		/* "END " */
#define TRACE_BLOCK_TARGET (64 * 1024)			/* raw bytes after which a block ends */
#define TRACE_RECORD_MAX (128 * 1024)			/* raw bytes, with its new strings */
#define TRACE_BLOCK_MAX (TRACE_BLOCK_TARGET + TRACE_RECORD_MAX)

struct trace_block {
	uint32_t kind, sequence, frame_len, raw_len;
	uint64_t time, records, digest;
};

static inline void put_le(uint8_t *p, uint64_t v, unsigned int bytes)
{
	for (unsigned int i = 0; i < bytes; i++)
		p[i] = v >> 8 * i;
}

static inline uint64_t get_le(const uint8_t *p, unsigned int bytes)
{
	uint64_t v = 0;

	for (unsigned int i = 0; i < bytes; i++)
		v |= (uint64_t)p[i] << 8 * i;
	return v;
}

/* LEB128; at most 10 bytes. */
static inline uint8_t *put_varint(uint8_t *p, uint64_t v)
{
	while (v >= 0x80) {
		*p++ = v | 0x80;
		v >>= 7;
	}
	*p++ = v;
	return p;
}

static inline uint64_t zigzag(int64_t v)
{
	return (uint64_t)v << 1 ^ (uint64_t)(v >> 63);
}

static inline int64_t unzigzag(uint64_t v)
{
	return (int64_t)(v >> 1 ^ -(v & 1));
}

/* Go on with a digest; eight bytes at a time, FNV-1a's structure with a stronger mix. */
static inline uint64_t trace_digest(uint64_t digest, const uint8_t *p, size_t len)
{
	for (; len; len -= len < 8 ? len : 8, p += 8) {
		digest ^= get_le(p, len < 8 ? len : 8);
		digest *= UINT64_C(0x9e3779b97f4a7c15);
		digest ^= digest >> 29;
	}
	return digest;
}

#define TRACE_DIGEST_START UINT64_C(0xcbf29ce484222325)

static inline void put_block_header(uint8_t *p, const struct trace_block *b)
{
	put_le(p, TRACE_FRAME_MAGIC, 4);
	put_le(p + 4, TRACE_BLOCK_HEADER - 8, 4);
	put_le(p + 8, b->kind, 4);
	put_le(p + 12, b->sequence, 4);
	put_le(p + 16, b->frame_len, 4);
	put_le(p + 20, b->raw_len, 4);
	put_le(p + 24, b->time, 8);
	put_le(p + 32, b->records, 8);
	put_le(p + 40, b->digest, 8);
	put_le(p + 48, trace_digest(TRACE_DIGEST_START, p + 8, 40), 4);
	put_le(p + 52, 0, 4);
}

/* Returns false when this is no intact block header. */
static inline bool get_block_header(const uint8_t *p, struct trace_block *b)
{
	if (get_le(p, 4) != TRACE_FRAME_MAGIC || get_le(p + 4, 4) != TRACE_BLOCK_HEADER - 8)
		return false;
	if (get_le(p + 48, 4) != (uint32_t)trace_digest(TRACE_DIGEST_START, p + 8, 40))
		return false;
	b->kind = get_le(p + 8, 4);
	b->sequence = get_le(p + 12, 4);
	b->frame_len = get_le(p + 16, 4);
	b->raw_len = get_le(p + 20, 4);
	b->time = get_le(p + 24, 8);
	b->records = get_le(p + 32, 8);
	b->digest = get_le(p + 40, 8);
	return true;
}

#endif
