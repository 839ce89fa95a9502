// SPDX-License-Identifier: GPL-2.0-only
/*
 * How many free frames the host keeps.
 *
 * Models init_per_zone_wmark_min(), __setup_per_zone_wmarks() and setup_per_zone_lowmem_reserve()
 * of mm/page_alloc.c and set_recommended_min_free_kbytes() of mm/khugepaged.c (Linux 6.1).  Frames
 * have no numbers here, so the marks of the zones are added up.  That is what they come to: guests'
 * memory is taken from the highest zone first, and a lower one is used down to its own mark and
 * what it reserves for requests that can use nothing else.  kswapd is content when one zone is
 * above its high mark (pgdat_balanced()): the highest, which the guests' pages are in.
 *
 * Assumed is where a PC has its memory: 16 MiB of ZONE_DMA, ZONE_DMA32 up to the hole at 3 GiB, the
 * rest above 4 GiB.
 */
#include "memory.h"

#include "minmax.h"

#define DMA_PAGES (UINT64_C(4096))
#define DMA_ABSENT_PAGES (UINT64_C(256))	/* below 1 MiB: no RAM, or the firmware's */
#define LOW_PAGES (UINT64_C(3) << (30 - HOST_PAGE_SHIFT))
#define RESERVE_RATIO 256	/* sysctl_lowmem_reserve_ratio of both lower zones */
#define MIGRATE_PCPTYPES 3
#define NR_ZONES 3

struct zone {
	uint64_t managed, reserve, min, step;	/* pages */
};

uint64_t host_isqrt(uint64_t x)
{
	uint64_t r = 0, bit = UINT64_C(1) << 62;

	while (bit > x)
		bit >>= 2;
	for (; bit; bit >>= 2) {
		if (x >= r + bit) {
			x -= r + bit;
			r = (r >> 1) + bit;
		} else {
			r >>= 1;
		}
	}
	return r;
}

static void fill_zones(struct zone zone[NR_ZONES], uint64_t pages)
{
	uint64_t below = min_u64(pages, DMA_PAGES);
	int i;

	zone[0].managed = below - min_u64(below, DMA_ABSENT_PAGES);
	zone[1].managed = min_u64(pages, LOW_PAGES) - below;
	zone[2].managed = pages - min_u64(pages, LOW_PAGES);
	/* Against requests that the highest zone could serve. */
	for (i = NR_ZONES - 2; i >= 0; i--)
		zone[i].reserve = zone[i + 1].managed / RESERVE_RATIO + zone[i + 1].reserve;
}

static uint64_t default_min(uint64_t pages)
{
	uint64_t kbytes = host_isqrt(pages * 4 * 16);

	return (kbytes < 128 ? 128 : min_u64(kbytes, 262144)) / 4;
}

/* Two free pageblocks of a zone, and as many as keep kinds of pages apart; 5 % at most. */
static uint64_t recommended_min(const struct zone zone[NR_ZONES], uint64_t pages)
{
	uint64_t nr = 0;
	int i;

	for (i = 0; i < NR_ZONES; i++)
		if (zone[i].managed)
			nr += HOST_PMD_PAGES * (2 + MIGRATE_PCPTYPES * MIGRATE_PCPTYPES);
	return min_u64(nr, pages / 20);
}

static void fill_marks(const struct host *host, struct zone zone[NR_ZONES], uint64_t pages)
{
	unsigned int scale = host->config.watermark_scale_factor;
	uint64_t min = host->config.min_free_bytes >> HOST_PAGE_SHIFT;
	int i;

	if (!min) {
		min = default_min(pages);
		if (host->config.thp != HOST_THP_NEVER && recommended_min(zone, pages) > min)
			min = recommended_min(zone, pages);
	}
	for (i = 0; i < NR_ZONES; i++) {
		zone[i].min = min * zone[i].managed / pages;
		zone[i].step = zone[i].managed * (scale ? scale : 10) / 10000;
		if (zone[i].step < zone[i].min / 4)
			zone[i].step = zone[i].min / 4;
	}
}

void host_setup_watermarks(struct host *host)
{
	struct zone zone[NR_ZONES] = { 0 };
	uint64_t pages = 0;
	int i, highest = 0;

	fill_zones(zone, host->config.memory_bytes >> HOST_PAGE_SHIFT);
	for (i = 0; i < NR_ZONES; i++) {
		pages += zone[i].managed;
		if (zone[i].managed)
			highest = i;
	}
	fill_marks(host, zone, pages ? pages : 1);
	for (i = 0; i < NR_ZONES; i++) {
		uint64_t mark = zone[i].min + (i < highest ? zone[i].reserve : 0);

		host->total_high_wmark += zone[i].min + 2 * zone[i].step;
		host->wmark_min += min_u64(mark, zone[i].managed);
		host->wmark_low += min_u64(mark + zone[i].step, zone[i].managed);
	}
	host->wmark_high = host->wmark_low + zone[highest].step;
}
