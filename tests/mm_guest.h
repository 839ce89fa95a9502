/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest for tests of the page allocator: a kernel of which only mm/ runs, without huge pages and
 * without a host below it.  In the end no page may be missing or doubled.
 */
#ifndef TEST_MM_GUEST_H
#define TEST_MM_GUEST_H

#include <check.h>

#include "engine.h"
#include "kernel/mm_probe.h"

/* The recorded guest of 512 MiB, with one CPU: pfns in the tests are worked out for it. */
#define GUEST_PAGES 131040
#define LARGEST_BLOCK 11264	/* the first one in ZONE_DMA32 */
#define EXHAUST (PROBE_MOVABLE | PROBE_FAIL | 0x20000)	/* __GFP_MEMALLOC: no watermark */

static struct engine engine;
static struct mm_probe *p;

static inline void mm_setup(void)
{
	struct mm_config config;

	engine_init(&engine);
	mm_config_default(&config, GUEST_PAGES, 1);
	config.thp = THP_NEVER;
	p = mm_probe_new(&config, &engine, NULL);
}

static inline void mm_teardown(void)
{
	ck_assert_int_eq(mm_check(mm_probe_kernel(p)), 0);
	mm_probe_free(p);
	engine_destroy(&engine);
}

/* Take every page, then free @nr of the first pageblock of the zone, none next to another. */
static inline void leave_scattered(int nr)
{
	int64_t pfn;
	int i;

	while ((pfn = mm_probe_alloc(p, EXHAUST, 0)) >= 0)
		mm_probe_set_lru(p, pfn, true);
	for (i = 0; i < nr; i++) {
		/* Even pages first, then odd ones from the other end: no more pairs than needed. */
		pfn = LARGEST_BLOCK + (i < 256 ? 2 * i : 511 - 2 * (i - 256));
		mm_probe_set_lru(p, pfn, false);
		mm_probe_free_page(p, pfn, 0);
	}
	mm_probe_drain(p);
}

#endif
