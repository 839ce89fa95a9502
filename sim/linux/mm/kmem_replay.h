/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Recordings of a real kernel's page allocator, as the replay takes them.  Plain types: the reader
 * of the files is ordinary C, the replay is kernel code.
 */
#ifndef __MM_KMEM_REPLAY_H
#define __MM_KMEM_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KMEM_ORDERS 11
#define KMEM_TYPES 5
#define KMEM_PCP_LISTS 14
#define KMEM_ZONES 5
#define KMEM_NO_BLOCK 0xff

struct kmem_list {
	uint32_t nr;
	uint32_t *pfn;		/* head first */
	uint8_t *type;		/* per-CPU lists only */
};

struct kmem_zone {
	bool present;
	char name[16];
	uint64_t start, spanned, present_pages, managed;
	uint64_t wmark[4], boost, nr_highatomic, nr_free_highatomic, flags, nr_isolate;
	int64_t vm_stat_free;
	int64_t lowmem_reserve[KMEM_ZONES];
	uint64_t nr_free[KMEM_ORDERS];
	struct kmem_list free[KMEM_ORDERS][KMEM_TYPES];
	int pcp_count, pcp_high, pcp_batch, pcp_free_factor;
	/* of 6.12 */
	int pcp_high_min, pcp_high_max, pcp_free_count, pcp_alloc_factor, pcp_flags;
	struct kmem_list pcp[KMEM_PCP_LISTS];
	uint64_t block_first;	/* pfn */
	uint32_t nr_blocks;
	uint8_t *block;		/* type or KMEM_NO_BLOCK */
};

struct kmem_snapshot {
	struct kmem_zone zone[KMEM_ZONES];
	uint64_t max_pfn;
	uint32_t version;	/* of Linux, as KERNEL_VERSION(); 0: not said, that is 6.1 */
};

struct kmem_event {
	uint64_t line;		/* in the file */
	int64_t pfn;		/* -1: none */
	int64_t a[5];		/* further fields, as the type has them */
	uint32_t context;	/* number of the task or interrupt, dense */
	uint32_t task;		/* number of the task that a context belongs to, dense */
	char type;		/* A F B Z D X K M O C P */
	char flag;		/* = + or 0 */
};

/* What is counted: events of one kind, and how many the model had alike. */
struct kmem_count {
	uint64_t total, right;
};

struct kmem_result {
	struct kmem_count alloc[KMEM_ORDERS];
	struct kmem_count failed;		/* allocations that failed */
	struct kmem_count bulk;
	struct kmem_count refill;		/* Z */
	struct kmem_count steal;		/* X */
	struct kmem_count drain;		/* D */
	uint64_t frees;
	uint64_t direct_frees;			/* straight to the buddy, lock taken */
	uint64_t direct_allocs;			/* straight from the buddy, lock taken */
	uint64_t drains_ordered;		/* by nobody's free: drain_all_pages() */
	uint64_t early_pops;			/* page left its list before others ran */
	uint64_t retypes;
	uint64_t isolated;
	uint64_t ops_unknown;
	uint64_t drains_missing;		/* predicted, did not happen */
	uint64_t impossible;			/* frees of pages that are free here */
	struct kmem_count free_lists[KMEM_ZONES];
	struct kmem_count pcp_lists[KMEM_ZONES];
	bool counts_equal[KMEM_ZONES], blocks_equal[KMEM_ZONES];
	uint64_t free_pages[KMEM_ZONES], pcp_pages[KMEM_ZONES];
	bool diverged;
	uint64_t diverged_at;			/* index of the event; nr: at the end */
	char divergence[160];			/* what was recorded and what came out */
	bool equal;				/* everything is as recorded */
};

/* Replay the events between the snapshots; @nr events, window only. */
void kmem_replay(const struct kmem_snapshot *before, const struct kmem_snapshot *after,
		 const struct kmem_event *events, size_t nr, struct kmem_result *result);

#endif
