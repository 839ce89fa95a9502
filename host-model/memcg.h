/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory groups of the host: the LRU lists, one set for each group.
 *
 * Models struct mem_cgroup and struct lruvec of Linux 6.1.  Everything is in the root group or in
 * one below it.  Sizes, ages and costs of a group include those of the groups below it
 * (lruvec_page_state(), workingset_age_nonresident(), lru_note_cost()); lists do not.
 *
 * Units: pages of 4 KiB.
 */
#ifndef BALLAST_HOST_MEMCG_H
#define BALLAST_HOST_MEMCG_H

#include <stdint.h>

#include "scan_balance.h"

struct host;

/* Doubly linked list of pages or 2 MiB leaves, by page index; index 0 is never a page. */
struct page_list {
	uint32_t head, tail;
	uint64_t nr_pages;
};

struct host_memcg {
	struct host *host;
	struct host_memcg *parent;	/* NULL: the root */
	const char *name;
	unsigned int id;		/* of host->memcg */

	struct page_list lru[NR_SCAN_LISTS];
	uint64_t lru_size[NR_SCAN_LISTS];
	struct scan_cost lru_cost;
	uint64_t nonresident_age;	/* activations and evictions so far */
	uint64_t workingset_activate[2];	/* [file]: refaults that were active */
	uint64_t refaults[2];		/* of these, when reclaim last ended */
};

#endif
