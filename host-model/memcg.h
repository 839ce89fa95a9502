/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory groups of the host (memory cgroups): LRU lists, limits, protection.
 *
 * Models struct mem_cgroup, struct lruvec and struct page_counter of Linux 6.1: what a VMM or a
 * file of the host takes is charged to its group and to those above it; who charges beyond a limit
 * reclaims from the group himself, is slowed down (memory.high), or kills in it.  Everything is in
 * the root group, which is not charged, or in one below it.  Sizes, ages and costs of a group
 * include those of the groups below it (lruvec_page_state(), workingset_age_nonresident(),
 * lru_note_cost()); lists do not.
 *
 * Left out: per-CPU stocks of charges (a group may have 64 pages less than it is charged for, on
 * each CPU), memory of the kernel but page tables, soft limits and memory+swap limits of version 1,
 * memory.swap.high, moving from one group to another.
 *
 * Units: pages of 4 KiB.
 */
#ifndef BALLAST_HOST_MEMCG_H
#define BALLAST_HOST_MEMCG_H

#include <stdint.h>

#include "scan_balance.h"

struct host;
struct psi_group;
struct cpu_group;
struct lru_gen;

/* Doubly linked list of pages or 2 MiB leaves, by page index; index 0 is never a page. */
struct page_list {
	uint32_t head, tail;
	uint64_t nr_pages;
};

#define MEMCG_NO_LIMIT UINT64_MAX

/* memory.events; those of the groups below are counted, too.  */
struct host_memcg_events {
	uint64_t low;			/* reclaimed although protected */
	uint64_t high, max, swap_max;	/* charged beyond it, or tried to */
	uint64_t oom, oom_kill;
	uint64_t throttled_ns;		/* wall time that memory.high has had threads sleep */
};

struct host_memcg {
	struct host *host;
	struct host_memcg *parent;	/* NULL: the root */
	const char *name;
	unsigned int id;		/* of host_memcg() */
	struct psi_group *psi;
	struct cpu_group *cpu;		/* of the root: NULL */

	uint64_t usage, peak, swap, swap_peak;	/* charged */
	uint64_t max, high, low, min, swap_max;	/* MEMCG_NO_LIMIT: none; low, min: protection */
	/*
	 * Of usage, those below included: page tables, those of KVM, and all that is the kernel's
	 * (pagetables, sec_pagetables, kernel of memory.stat).
	 */
	uint64_t pagetables, sec_pagetables, kernel;
	uint64_t nr_partial;		/* huge pages that are mapped in parts */
	uint64_t over_high;		/* charged beyond memory.high; not slowed down for yet */
	struct host_memcg_events events;

	struct page_list lru[NR_SCAN_LISTS];	/* lru_classic.c's */
	struct lru_gen *gen;		/* lru_gen.c's; NULL: there are none */
	uint64_t lru_size[NR_SCAN_LISTS];
	struct scan_cost lru_cost;
	uint64_t nonresident_age;	/* activations and evictions so far */
	uint64_t workingset_activate[2];	/* [file]: refaults that were active */
	uint64_t refaults[2];		/* of these, when reclaim last ended */
};

/*
 * A group below @parent (NULL: the root), without limits.  The host owns it; @name must outlive it.
 * Returns NULL when there is no memory.
 */
struct host_memcg *host_add_memcg(struct host *host, const char *name, struct host_memcg *parent);
/* The @id-th, in the order of adding, from 1 on; 0: the root. */
struct host_memcg *host_memcg(struct host *host, unsigned int id);

#endif
