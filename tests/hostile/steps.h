/* SPDX-License-Identifier: GPL-2.0-only */
/* How the tables of hostile cases are written down, and what a VMM says of rings. */
#ifndef HOSTILE_STEPS_H
#define HOSTILE_STEPS_H

#include "cases.h"

#define RING(q) HOSTILE_DESC(q)
#define BUF HOSTILE_BUFFERS
#define MIB HOSTILE_MIB
#define PAGE HOSTILE_PAGE
#define END HOSTILE_RAM
#define HOLE HOSTILE_HOLE
#define ROM HOSTILE_ROM
#define MMIO HOSTILE_MMIO
/* Memory that is not written to, so that discards show. */
#define FREE (16 * MIB)

#define STEPS(...) ((const struct hostile_step[]){ __VA_ARGS__, { .what = DO_NOTHING } })
#define DESC(table, i, a, l, f, n)                                                                 \
	{ .what = DO_DESC, .at = (table), .index = (i), .addr = (a), .len = (l), .flags = (f),     \
	  .next = (n) }
#define CHAIN(table, n, a, s, l, f)                                                                \
	{ .what = DO_CHAIN, .at = (table), .count = (n), .addr = (a), .stride = (s), .len = (l),   \
	  .flags = (f) }
#define FRAMES(to, n, a, s)                                                                        \
	{ .what = DO_FRAMES, .at = (to), .count = (n), .addr = (a), .stride = (s) }
#define WORD(to, v) { .what = DO_WORD, .at = (to), .value = (v) }
#define ID(to, round, plus) { .what = DO_ID, .at = (to), .index = (round), .value = (plus) }
#define OFFER(q, head) { .what = DO_OFFER, .queue = (q), .index = (head), .count = 1 }
#define OFFERS(q, head, n) { .what = DO_OFFER, .queue = (q), .index = (head), .count = (n) }
#define ADVANCE(q, n) { .what = DO_ADVANCE, .queue = (q), .count = (n) }
#define KICK(q) { .what = DO_KICK, .queue = (q) }
#define RINGS(q, d, a, u, n)                                                                       \
	{ .what = DO_RINGS, .queue = (q), .at = (d), .addr = (a), .used = (u), .count = (n) }
#define CONFIG(offset, size, v)                                                                    \
	{ .what = DO_CONFIG, .index = (offset), .len = (size), .value = (v) }
#define ROUND() { .what = DO_ROUND }
#define NO_ROUND() { .what = DO_NO_ROUND }
#define RESET() { .what = DO_RESET }
/* What has been written as descriptor 0 is a request. */
#define GO(q) OFFER(q, 0), KICK(q)
/* A request of one buffer to read from, or to write to. */
#define OUT(q, a, l) DESC(RING(q), 0, a, l, 0, 0), GO(q)
#define IN(q, a, l) DESC(RING(q), 0, a, l, D_WRITE, 0), GO(q)
#define TABLE(q, a, l) DESC(RING(q), 0, a, l, D_INDIRECT, 0), GO(q)
/* A list of one frame. */
#define FRAME(q, a) FRAMES(BUF, 1, a, 0), OUT(q, BUF, 4)

#define DISCARDED(...) .discarded = { __VA_ARGS__ }
#define COUNTERS(...) .counters = { __VA_ARGS__ }
#define BROKEN(words) .end = ENDS_BROKEN, .says = (words)
/* Frames that are not RAM are left alone, as QEMU's own device does it. */
#define NOT_RAM(n) .end = ENDS_SERVED, .used = 1, COUNTERS({ "skipped-bytes", (n) * PAGE })
/* Our device's own message is the same in both worlds. */
#define MALFORMED(text)                                                                            \
	.end = ENDS_BROKEN, .malformed = 1, .says = &(const struct hostile_words){ text, text }

/* Of rings: the model's words and QEMU's. */
extern const struct hostile_words says_head, says_next, says_loop, says_empty, says_order,
	says_place, says_many, says_table_size, says_table_place, says_rings;

/* Of blocks: ours, in ballast-blocks.c. */
#define SAYS_PAGES "not made of pages"
#define SAYS_RAM "that is not RAM"
#define SAYS_OVERLAP "has buffers that overlap"

#endif
