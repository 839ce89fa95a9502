// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of hostile cases of virtio-page-hint, whose one queue takes buffers of free memory.
 * Rings as such are in cases.c: here are those mistakes that meet this device's own handler, and
 * what it does with requests that are unusual and right.
 */
#include "steps.h"

#define Q Q_PAGE_HINT
/* Does not fit into one piece of what is dropped at a time (16 MiB). */
#define LARGE (40 * MIB)

static const struct hostile_case page_hint_cases[] = {
	/* Rings */
	{ "head past the ring", STEPS(OFFER(Q, 128), KICK(Q)), BROKEN(&says_head) },
	{ "next past the ring", STEPS(DESC(RING(Q), 0, FREE, PAGE, D_WRITE | D_NEXT, 128), GO(Q)),
	  BROKEN(&says_next) },
	{ "loop of all descriptors",
	  STEPS(CHAIN(RING(Q), 128, FREE, PAGE, PAGE, D_WRITE),
		DESC(RING(Q), 127, FREE + 127 * PAGE, PAGE, D_WRITE | D_NEXT, 0), GO(Q)),
	  BROKEN(&says_loop) },
	{ "block of no bytes", STEPS(IN(Q, FREE, 0)), BROKEN(&says_empty) },
	{ "no bytes at the end of a request",
	  STEPS(DESC(RING(Q), 0, FREE, PAGE, D_WRITE | D_NEXT, 1),
		DESC(RING(Q), 1, FREE, 0, D_WRITE, 0), GO(Q)),
	  BROKEN(&says_empty) },
	{ "more avail entries than the ring has", STEPS(ADVANCE(Q, 129), KICK(Q)),
	  .end = ENDS_BROKEN },
	{ "1025 blocks",
	  STEPS(CHAIN(BUF, 1025, FREE, PAGE, PAGE, D_WRITE), TABLE(Q, BUF, 1025 * 16)),
	  BROKEN(&says_many) },
	{ "table of descriptors that is no table", STEPS(TABLE(Q, BUF, 15)),
	  BROKEN(&says_table_size) },
	{ "table over the end of RAM", STEPS(TABLE(Q, END - 16, 32)), BROKEN(&says_table_place) },
	{ "avail ring over the end of RAM",
	  STEPS(RINGS(Q, HOSTILE_DESC(0), END - 8, HOSTILE_USED(0), 128)), BROKEN(&says_rings) },
	{ "queue that is not there", STEPS(RINGS(1, BUF, BUF, BUF, 128)), .end = ENDS_IGNORED },

	/* Blocks */
	{ "unaligned start", STEPS(IN(Q, FREE + 512, PAGE)), MALFORMED(SAYS_PAGES) },
	{ "unaligned length", STEPS(IN(Q, FREE, PAGE + 1)), MALFORMED(SAYS_PAGES) },
	{ "one byte", STEPS(IN(Q, FREE, 1)), MALFORMED(SAYS_PAGES) },
	{ "ROM", STEPS(IN(Q, ROM, PAGE)), MALFORMED(SAYS_RAM) },
	{ "registers", STEPS(IN(Q, MMIO, PAGE)), MALFORMED(SAYS_RAM) },
	{ "nothing", STEPS(IN(Q, HOLE, PAGE)), MALFORMED(SAYS_RAM) },
	{ "over the end of RAM", STEPS(IN(Q, END - PAGE, 2 * PAGE)), MALFORMED(SAYS_RAM) },
	{ "over the end of all addresses", STEPS(IN(Q, UINT64_MAX - PAGE + 1, 2 * PAGE)),
	  MALFORMED(SAYS_RAM) },
	{ "as large as can be", STEPS(IN(Q, FREE, 0xffffffff)), BROKEN(&says_place) },
	{ "to be read", STEPS(OUT(Q, FREE, PAGE)), MALFORMED("buffers to read from") },
	{ "one to be read before a block",
	  STEPS(DESC(RING(Q), 0, BUF, 4, D_NEXT, 1), DESC(RING(Q), 1, FREE, PAGE, D_WRITE, 0),
		GO(Q)),
	  MALFORMED("buffers to read from") },
	{ "the same block 128 times", STEPS(CHAIN(RING(Q), 128, FREE, 0, PAGE, D_WRITE), GO(Q)),
	  MALFORMED(SAYS_OVERLAP) },
	{ "blocks that overlap by a page",
	  STEPS(DESC(RING(Q), 0, FREE, 2 * MIB, D_WRITE | D_NEXT, 1),
		DESC(RING(Q), 1, FREE + 2 * MIB - PAGE, 2 * MIB, D_WRITE, 0), GO(Q)),
	  MALFORMED(SAYS_OVERLAP) },
	{ "a good block before a bad one is kept",
	  STEPS(DESC(RING(Q), 0, FREE, 2 * MIB, D_WRITE | D_NEXT, 1),
		DESC(RING(Q), 1, HOLE, PAGE, D_WRITE, 0), GO(Q)),
	  MALFORMED(SAYS_RAM) },
	{ "a good request before a bad one is served",
	  STEPS(DESC(RING(Q), 0, FREE, 2 * MIB, D_WRITE, 0), OFFER(Q, 0),
		DESC(RING(Q), 1, FREE + 4 * MIB + 1, PAGE, D_WRITE, 0), OFFER(Q, 1), KICK(Q)),
	  MALFORMED(SAYS_PAGES), .used = 1, DISCARDED({ FREE, 2 * MIB }) },

	/* Unusual, and right */
	{ "128 pages in one request", STEPS(CHAIN(RING(Q), 128, FREE, PAGE, PAGE, D_WRITE), GO(Q)),
	  .end = ENDS_SERVED, .used = 1, DISCARDED({ FREE, 128 * PAGE }),
	  COUNTERS({ "hint-requests", 1 }, { "hint-blocks", 128 },
		   { "hint-discarded-bytes", 128 * PAGE }) },
	{ "1024 pages apart from each other",
	  STEPS(CHAIN(BUF, 1024, FREE, 2 * PAGE, PAGE, D_WRITE), TABLE(Q, BUF, 1024 * 16),
		CHAIN(BUF, 1024, FREE + PAGE, 2 * PAGE, PAGE, D_WRITE), TABLE(Q, BUF, 1024 * 16)),
	  .end = ENDS_SERVED, .used = 2, DISCARDED({ FREE, 2048 * PAGE }),
	  COUNTERS({ "hint-discards", 2048 }) },
	{ "blocks in descending order",
	  STEPS(DESC(RING(Q), 0, FREE + 2 * MIB, 2 * MIB, D_WRITE | D_NEXT, 1),
		DESC(RING(Q), 1, FREE, 2 * MIB, D_WRITE, 0), GO(Q)),
	  .end = ENDS_SERVED, .used = 1, DISCARDED({ FREE, 4 * MIB }) },
	{ "larger than what is dropped at a time",
	  STEPS(IN(Q, FREE, LARGE)), .end = ENDS_SERVED, .used = 1, DISCARDED({ FREE, LARGE }),
	  COUNTERS({ "hint-bytes", LARGE }, { "hint-discarded-bytes", LARGE }) },
	{ "128 requests of the same memory",
	  STEPS(DESC(RING(Q), 0, FREE, LARGE, D_WRITE, 0), OFFERS(Q, 0, 128), KICK(Q)),
	  .end = ENDS_SERVED, .used = 128, DISCARDED({ FREE, LARGE }),
	  COUNTERS({ "hint-requests", 128 }, { "hint-discarded-bytes", 128 * LARGE }) },
	{ "its own table of descriptors",
	  STEPS(DESC(BUF, 0, BUF, PAGE, D_WRITE, 0), TABLE(Q, BUF, 16)),
	  .end = ENDS_SERVED, .used = 1, DISCARDED({ BUF, PAGE }) },
	{ "reset with requests left",
	  STEPS(DESC(RING(Q), 0, FREE, PAGE, D_WRITE, 0), OFFER(Q, 0), RESET(),
		IN(Q, FREE + PAGE, PAGE)),
	  .end = ENDS_SERVED, .used = 1, DISCARDED({ FREE + PAGE, PAGE }),
	  COUNTERS({ "hint-requests", 1 }) },
	{ "kick with nothing there", STEPS(KICK(Q)), .end = ENDS_IGNORED },
	{ "configuration, of which there is none", STEPS(CONFIG(0, 4, 77)), .end = ENDS_IGNORED,
	  .config = &(const struct hostile_word){ 0, 0xffffffff } },
};

const struct hostile_device hostile_page_hint = {
	.type = "virtio-page-hint", .id = 13, .features = 1ull << 28 | 1ull << 32,
	.nr_queues = 1, .queue_size = { 128 },
	.cases = page_hint_cases, .nr_cases = sizeof(page_hint_cases) / sizeof(page_hint_cases[0]),
};
