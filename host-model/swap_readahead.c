// SPDX-License-Identifier: GPL-2.0-only
/*
 * Windows of swap read-ahead; see swap_readahead.h.
 */
#include "swap_readahead.h"

#define HITS_MAX 63		/* SWAP_RA_HITS_MAX */

/* Two more than were used, as a power of two; a sequence of single pages begins with two. */
static uint32_t window_size(const struct swap_ra *ra, uint64_t wanted, uint32_t max)
{
	uint32_t pages = ra->hits + 2, power = 4;

	if (ra->hits) {
		while (power < pages)
			power <<= 1;
		pages = power;
	} else if (wanted != ra->prev + 1 && wanted + 1 != ra->prev) {
		pages = 1;
	}
	if (pages > max)
		pages = max;
	/* It shrinks by half at most. */
	return pages > ra->window / 2 ? pages : ra->window / 2;
}

void swap_ra_slots(struct swap_ra *ra, uint64_t wanted, uint32_t max, uint64_t nr_slots,
		   uint64_t *first, uint64_t *end)
{
	uint64_t pages = 1, mask;

	if (max > 1) {
		pages = window_size(ra, wanted, max);
		if (!ra->hits)
			ra->prev = wanted;
		ra->hits = 0;
		ra->window = pages;
	}
	for (mask = 1; mask * 2 <= pages; mask *= 2)
		;
	mask--;
	*first = wanted & ~mask;
	*end = (wanted | mask) + 1 < nr_slots ? (wanted | mask) + 1 : nr_slots;
}

void swap_ra_pages(struct swap_ra *ra, uint64_t wanted, uint32_t max, uint64_t low, uint64_t high,
		   uint64_t *first, uint64_t *end)
{
	uint64_t prev = ra->prev, pages, before;

	*first = wanted;
	*end = wanted + 1;
	if (max <= 1)
		return;
	pages = window_size(ra, wanted, max);
	*ra = (struct swap_ra){ .prev = wanted, .window = pages };
	if (pages == 1)
		return;
	if (wanted == prev + 1)
		before = 0;
	else if (wanted + 1 == prev)
		before = pages - 1;
	else
		before = (pages - 1) / 2;
	*end = wanted - before + pages;
	if (*end > high)
		*end = high;
	*first = wanted - low < before ? low : wanted - before;
}

void swap_ra_hit(struct swap_ra *ra)
{
	if (ra->hits < HITS_MAX)
		ra->hits++;
}

void swap_ra_cached(struct swap_ra *ra, uint64_t page, bool ahead)
{
	ra->prev = page;
	if (ahead)
		swap_ra_hit(ra);
}
