/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much reclaim scans of which list; for the host and for guests.
 *
 * The arithmetic of mm/vmscan.c (prepare_scan_count(), get_scan_count(), shrink_lruvec(),
 * inactive_is_low()), mm/swap.c (lru_note_cost()) and mm/workingset.c (workingset_refault()) of
 * Linux 6.1, without the lists.  Whoever has lists gives their sizes.
 *
 * All numbers are pages of 4 KiB.
 */
#ifndef BALLAST_SCAN_BALANCE_H
#define BALLAST_SCAN_BALANCE_H

#include <stdbool.h>
#include <stdint.h>

/* Numbers of lists, as enum lru_list of linux/mmzone.h. */
#define SCAN_ACTIVE 1u
#define SCAN_FILE 2u
enum scan_list { SCAN_INACTIVE_ANON, SCAN_ACTIVE_ANON, SCAN_INACTIVE_FILE, SCAN_ACTIVE_FILE,
		 NR_SCAN_LISTS };

/* Costs of having reclaimed too much of a kind: what was written, and what came back. */
struct scan_cost {
	uint64_t anon, file;
};

struct scan_balance {
	uint64_t size[NR_SCAN_LISTS];		/* all of them, for what depends on proportions */
	uint64_t eligible[NR_SCAN_LISTS];	/* in zones that reclaim is for */
	uint64_t free, high_watermark;
	struct scan_cost cost;
	unsigned int swappiness;		/* 0 to 200 */
	int priority;				/* 12 to 0: 1 / 2^priority of each list at a time */
	bool swap;				/* anonymous pages can be written */
	bool of_group;				/* reclaim is for a memory group's limit */
	bool refaults[2];			/* [file]: pages came back active, lately */
	bool force_deactivate;			/* active pages were spared, in vain */
};

/* Whether active pages may become inactive. */
bool scan_may_deactivate(const struct scan_balance *b, bool file);
bool scan_inactive_is_low(uint64_t inactive, uint64_t active);
/* How many pages of each list to look at, now. */
void scan_count(const struct scan_balance *b, uint64_t nr[NR_SCAN_LISTS]);
/*
 * Enough has been reclaimed: of what is left to scan, @nr of @targets, the smaller kind is left
 * alone and the other gets the same share.  Returns whether there is something left.
 */
bool scan_proportionally(uint64_t nr[NR_SCAN_LISTS], const uint64_t targets[NR_SCAN_LISTS]);
/* @nr pages were written, or have come back. */
void scan_note_cost(struct scan_cost *cost, bool file, uint64_t nr,
		    const uint64_t size[NR_SCAN_LISTS]);
/*
 * A page comes back, @distance activations and evictions after it was evicted: whether it would
 * still be there if it had been on an active list.
 */
bool scan_refault_is_active(const uint64_t size[NR_SCAN_LISTS], bool file, bool swap,
			    uint64_t distance);

#endif
