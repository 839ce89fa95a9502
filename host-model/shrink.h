/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What reclaim wants, how far it has come, and what it does to a page.
 *
 * Which pages it looks at is lru.h's to say.
 */
#ifndef BALLAST_HOST_SHRINK_H
#define BALLAST_HOST_SHRINK_H

#include <stdbool.h>
#include <stdint.h>

#include "disk.h"
#include "memory.h"
#include "scan_balance.h"
#include "swap.h"

#define SWAP_CLUSTER_MAX SWAP_BATCH
#define DEF_PRIORITY 12			/* include/linux/mmzone.h */

/* What kswapd or direct reclaim wants, and how far it has come; see scan_balance.h. */
struct scan_control {
	struct host_memcg *target;	/* for which memory is short; the root: the host */
	uint64_t nr_to_reclaim;
	int priority;
	bool force_deactivate;
	uint64_t nr_scanned;
	uint64_t nr_reclaimed;		/* pages freed: not what is being written */
	bool skipped_deactivate;	/* active pages were spared */
	bool low_skipped;		/* protected groups were, */
	bool low_reclaim;		/* so now they are not */
	/* Of this pass: looked at; of these being written, for kswapd already the second time. */
	uint64_t nr_taken, nr_writeback, nr_immediate;
	uint64_t nr_file_taken, nr_unqueued_dirty;	/* of files; dirty and not being written */
	/* lru_classic: of this pass */
	struct scan_balance balance;
	bool may_deactivate[2];		/* [file] */
	/* lru_gen: groups may have to be aged; what was freed when kswapd's round began */
	bool memcgs_need_aging;
	uint64_t last_reclaimed;
};

/* Scan a 2^priority-th of the lists, or until enough is on its way. */
void shrink_node(struct scan_control *sc);

/*
 * What the scan of one batch has found to write, and whose mapping it has unmapped; and all of it
 * that is being written, if it is put back only at the end (move_pages_to_lru()).
 */
struct reclaim_batch {
	uint32_t index[SWAP_BATCH];
	unsigned int nr;
	uint32_t isolated[SWAP_BATCH + HOST_PMD_PAGES];
	unsigned int nr_isolated;
	struct kvm_vm *unmapped;	/* not flushed yet; NULL: nobody's */
	unsigned int of_leaf;	/* pages of a leaf that has been split, to be looked at still */
	unsigned int nr_whole;	/* pages of huge pages that are being written as a whole */
	uint64_t progress;	/* pages freed */
};

/* @nr pages, or leaves, were looked at, and left or entered lists. */
void shrink_charge_scan(struct host *host, unsigned int nr);
/* The accessed bit of a page, or of the leaf that it is in (folio_referenced()). */
bool shrink_test_and_clear_young(struct host *host, uint32_t index);
/* The same; or something uses it all the time, and reclaim is not near its end. */
bool shrink_was_accessed(struct host *host, uint32_t index, bool huge, int priority);
/*
 * A page that is on a list, clean or anonymous, goes: it is free, or in @batch to be written; or it
 * was a leaf, which is being written as a whole, or whose pages are to be looked at next.  Returns
 * false when there is no slot for it.
 */
bool shrink_evict(struct host_memcg *target, uint32_t index, bool huge,
		  struct reclaim_batch *batch);
/* Before that: it takes a request to write it that this thread has to wait for. */
bool shrink_must_wait_for_tag(const struct host *host, uint32_t index, bool huge,
			      const struct reclaim_batch *batch);
void shrink_wait_for_tag(struct host *host);
/* What is unmapped is flushed, what is to be written submitted.  Returns how many pages. */
unsigned int shrink_submit(struct host_memcg *target, struct reclaim_batch *batch);

#endif
