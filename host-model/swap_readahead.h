/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which neighbours of a swapped page are read with it; for the host and for guests.
 *
 * Two rules of mm/swap_state.c (Linux 6.1).  Where a swap device rotates, neighbours are the slots
 * around the wanted one (swap_cluster_readahead()); where none does, the pages around it in memory
 * (swap_vma_readahead()), as far as they are swapped and have a page table in common.  Either way
 * the window follows from how many pages of the last one were wanted (swapin_nr_pages()).
 */
#ifndef BALLAST_SWAP_READAHEAD_H
#define BALLAST_SWAP_READAHEAD_H

#include <stdbool.h>
#include <stdint.h>

struct swap_ra {
	uint64_t prev;		/* slot of the last window; page that was wanted last */
	uint32_t window;	/* pages of it */
	uint32_t hits;		/* that were used since */
};

/* The first window of a mapping is taken for a used one. */
#define SWAP_RA_VMA_INIT ((struct swap_ra){ .hits = 4 })

/* [*first, *end) with @wanted in it; @max, a power of two, is 1 << page-cluster. */
void swap_ra_slots(struct swap_ra *ra, uint64_t wanted, uint32_t max, uint64_t nr_slots,
		   uint64_t *first, uint64_t *end);
/* The same for pages; none below @low or from @high on. */
void swap_ra_pages(struct swap_ra *ra, uint64_t wanted, uint32_t max, uint64_t low, uint64_t high,
		   uint64_t *first, uint64_t *end);
/* A slot that was read ahead is wanted. */
void swap_ra_hit(struct swap_ra *ra);
/*
 * A page is wanted that is in memory still or again, @ahead: because it was read ahead.  Either way
 * the next window is in the direction from it (swap_cache_get_folio()).
 */
void swap_ra_cached(struct swap_ra *ra, uint64_t page, bool ahead);

#endif
