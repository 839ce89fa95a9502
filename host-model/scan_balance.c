// SPDX-License-Identifier: GPL-2.0-only
/*
 * How much reclaim scans of which list; see scan_balance.h.
 */
#include "scan_balance.h"

#include "memory.h"

#define GIB_SHIFT (30 - HOST_PAGE_SHIFT)

bool scan_inactive_is_low(uint64_t inactive, uint64_t active)
{
	uint64_t gb = (inactive + active) >> GIB_SHIFT;
	uint64_t ratio = gb ? host_isqrt(10 * gb) : 1;

	return inactive * ratio < active;
}

bool scan_may_deactivate(const struct scan_balance *b, bool file)
{
	unsigned int list = file ? SCAN_FILE : 0;

	return b->force_deactivate || b->refaults[file] ||
	       scan_inactive_is_low(b->size[list], b->size[list + SCAN_ACTIVE]);
}

/* There is inactive page cache enough that it need not be taken from elsewhere. */
static bool cache_trim_mode(const struct scan_balance *b)
{
	return b->size[SCAN_INACTIVE_FILE] >> b->priority && !scan_may_deactivate(b, true);
}

/* Dropping all of the page cache would not do. */
static bool file_is_tiny(const struct scan_balance *b)
{
	uint64_t file = b->size[SCAN_INACTIVE_FILE] + b->size[SCAN_ACTIVE_FILE];

	return file + b->free <= b->high_watermark && !scan_may_deactivate(b, false) &&
	       b->size[SCAN_INACTIVE_ANON] >> b->priority;
}

/* Shares of anonymous [0] and file [1] lists in the scan, of their sum; both 0: all of both. */
static void fractions(const struct scan_balance *b, uint64_t fraction[2])
{
	uint64_t total = b->cost.anon + b->cost.file;
	uint64_t anon = total + b->cost.anon, file = total + b->cost.file;

	fraction[0] = 0;
	fraction[1] = 1;
	if (!b->swap || (b->of_group && !b->swappiness))
		return;
	if (!b->priority && b->swappiness) {
		/* Near the end: everything, as large as it is. */
		fraction[1] = 0;
		return;
	}
	if (!b->of_group && file_is_tiny(b)) {
		fraction[0] = 1;
		fraction[1] = 0;
		return;
	}
	if (cache_trim_mode(b))
		return;
	total = anon + file;
	fraction[0] = b->swappiness * (total + 1) / (anon + 1);
	fraction[1] = (200 - b->swappiness) * (total + 1) / (file + 1);
}

void scan_count(const struct scan_balance *b, uint64_t nr[NR_SCAN_LISTS])
{
	uint64_t fraction[2], sum;
	unsigned int list;

	fractions(b, fraction);
	sum = fraction[0] + fraction[1];
	for (list = 0; list < NR_SCAN_LISTS; list++) {
		uint64_t scan = b->eligible[list] >> b->priority;

		nr[list] = sum ? scan * fraction[list & SCAN_FILE ? 1 : 0] / sum : scan;
	}
}

bool scan_proportionally(uint64_t nr[NR_SCAN_LISTS], const uint64_t targets[NR_SCAN_LISTS])
{
	uint64_t nr_file = nr[SCAN_INACTIVE_FILE] + nr[SCAN_ACTIVE_FILE];
	uint64_t nr_anon = nr[SCAN_INACTIVE_ANON] + nr[SCAN_ACTIVE_ANON];
	unsigned int less = nr_file > nr_anon ? 0 : SCAN_FILE, more = less ^ SCAN_FILE, i;
	uint64_t percentage;

	if (!nr_file || !nr_anon)
		return false;
	percentage = (nr_file > nr_anon ? nr_anon : nr_file) * 100 /
		     (targets[less] + targets[less + SCAN_ACTIVE] + 1);
	for (i = 0; i <= SCAN_ACTIVE; i++) {
		uint64_t scanned = targets[more + i] - nr[more + i];
		uint64_t left = targets[more + i] * (100 - percentage) / 100;

		nr[less + i] = 0;
		nr[more + i] = left > scanned ? left - scanned : 0;
	}
	return true;
}

void scan_note_cost(struct scan_cost *cost, bool file, uint64_t nr,
		    const uint64_t size[NR_SCAN_LISTS])
{
	uint64_t pages = 0;
	unsigned int list;

	*(file ? &cost->file : &cost->anon) += nr;
	for (list = 0; list < NR_SCAN_LISTS; list++)
		pages += size[list];
	if (cost->file + cost->anon > pages / 4) {
		cost->file /= 2;
		cost->anon /= 2;
	}
}

bool scan_refault_is_active(const uint64_t size[NR_SCAN_LISTS], bool file, bool swap,
			    uint64_t distance)
{
	/* What the page could have displaced. */
	uint64_t pages = size[SCAN_ACTIVE_FILE] + (file ? 0 : size[SCAN_INACTIVE_FILE]);

	if (swap)
		pages += size[SCAN_ACTIVE_ANON] + (file ? size[SCAN_INACTIVE_ANON] : 0);
	return distance <= pages;
}
