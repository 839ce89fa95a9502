/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * LRU lists of the host's pages, and what decides which of them go.
 *
 * Lists are of pages by index (memory.h).  A 2 MiB leaf is one entry of 512 pages, at the index of
 * its first page.  Anonymous pages that may be dropped (MADV_FREE) are on the lists of files, as
 * lru_lazyfree_fn() of mm/swap.c (Linux 6.1) puts them.
 *
 * Who decides is a struct lru_ops of the host: lru_classic.c, of active and inactive lists, or
 * lru_gen.c, of generations.
 */
#ifndef BALLAST_HOST_LRU_H
#define BALLAST_HOST_LRU_H

#include <stdbool.h>
#include <stdint.h>

#include "memcg.h"

struct memcg_protection;
struct scan_control;

/*
 * Why a page comes to a list: it has been read, or is not worth much; a fault has made it
 * (lru_gen_in_fault()); it is worth its frame; it is the next to go (folio_rotate_reclaimable()).
 */
enum lru_place { LRU_PLACE_INACTIVE, LRU_PLACE_FAULT, LRU_PLACE_ACTIVE, LRU_PLACE_TAIL };

struct lru_ops {
	/* The list that an entry is on, or is put on now. */
	struct page_list *(*list)(struct host *host, uint32_t index);
	/* From now on list() says where @place is. */
	void (*place)(struct host *host, uint32_t index, enum lru_place place);
	/* Sizes, of the group and of those above it: @nr pages more, in two's complement. */
	void (*resize)(struct host *host, uint32_t index, uint64_t nr);

	/*
	 * The VMM's mapping gets a page table for 2 MiB, @index: of a page of them.  Or a leaf's
	 * entry becomes 512 in a table of their own, @index: of the first.  And of a huge page one
	 * page becomes an entry of lists itself.
	 */
	void (*new_table)(struct host *host, uint32_t index);
	void (*split_mapping)(struct host *host, uint32_t index);
	void (*split)(struct host *host, uint32_t index);

	/* A page of a file is read (folio_mark_accessed()). */
	void (*accessed)(struct host *host, uint32_t index);
	/* KVM has looked a guest's page up to map it (follow_page_pte() with FOLL_TOUCH). */
	void (*looked_up)(struct host *host, uint32_t index);

	/*
	 * The VMM's own entry for a guest's page, or its leaf, has been accessed: made by a fault,
	 * or used by the VMM (@touch).  @state: of the page or leaf.
	 */
	void (*used)(struct host *host, uint32_t index, uint32_t *state, bool touch);
	/* Whether it has been, where that is not in the state. */
	bool (*is_young)(struct host *host, uint32_t index);
	bool (*clear_young)(struct host *host, uint32_t index);

	/* mm/workingset.c; see workingset_evicted() and those after it. */
	void (*evicted)(struct host_memcg *target, uint32_t index);
	bool (*returned)(struct host *host, uint32_t index);
	bool (*is_missed)(struct host *host, uint32_t index);
	void (*forget)(struct host *host, uint32_t index, uint64_t nr);

	/* mm/vmscan.c: before a pass; the lists of one group, which @p protects. */
	void (*prepare)(struct scan_control *sc);
	void (*shrink)(struct host_memcg *memcg, struct scan_control *sc,
		       const struct memcg_protection *p);
	/* kswapd begins a round (kswapd_age_node()). */
	void (*age)(struct host *host, struct scan_control *sc);
	/* Reclaim for @target ends (snapshot_refaults()). */
	void (*end)(struct host_memcg *target);
};

extern const struct lru_ops lru_classic, lru_gen;

void lru_add(struct host *host, uint32_t index, bool huge, enum lru_place place);
void lru_del(struct host *host, uint32_t index, bool huge);
/* To another place. */
void lru_move(struct host *host, uint32_t index, bool huge, enum lru_place place);
/* To the head of the list that it is on. */
void lru_rotate(struct host *host, uint32_t index, bool huge);
/* The entry, which is on @from, comes to @to; what it counts for stays. */
void lru_list_move(struct host *host, struct page_list *from, struct page_list *to,
		   uint32_t index, bool tail);
/* Where reclaim looks next, on the list that its leaf was on: a page of one that has been split. */
void lru_add_part(struct host *host, uint32_t index);
/* The leaf at @from is one at @to: another page of it. */
void lru_rename(struct host *host, uint32_t from, uint32_t to);
bool lru_is_huge(const struct host *host, uint32_t index);
uint32_t *lru_state(const struct host *host, uint32_t index);
bool lru_is_file(const struct host *host, uint32_t index, uint32_t state);
/* What a group, and those above it, have in lists of the kind: @nr pages more. */
void lru_add_size(struct host_memcg *memcg, unsigned int list, uint64_t nr);

/* workingset.c */
/*
 * The shadow, in the links of a page that has been evicted: in @prev these, in @next an age.
 */
#define SHADOW_MARK 1u
#define SHADOW_WORKINGSET 2u
#define SHADOW_MEMCG_SHIFT 2	/* of which group */
/* The page becomes inactive: it has been worth something. */
void workingset_deactivated(struct host *host, uint32_t index, bool huge);
/* Its frame is free for something else, or nothing is left of it. */
void workingset_forget(struct host *host, uint32_t index, uint64_t nr);
/* Reclaim, for @target, drops what the frame holds: leaves a shadow in the page's links. */
void workingset_evicted(struct host_memcg *target, uint32_t index);
/* It comes back, by its shadow.  Returns whether it is active at once. */
bool workingset_returned(struct host *host, uint32_t index);
/*
 * If it is read now it comes back so soon that it would have been worth keeping (PG_workingset):
 * whoever waits for it waits for memory.
 */
bool workingset_is_missed(struct host *host, uint32_t index);
void workingset_aged(struct host_memcg *memcg, uint64_t nr);
/* Of struct lru_ops, for lru_classic.c. */
void workingset_classic_evicted(struct host_memcg *target, uint32_t index);
bool workingset_classic_returned(struct host *host, uint32_t index);
bool workingset_classic_is_missed(struct host *host, uint32_t index);
void workingset_classic_forget(struct host *host, uint32_t index, uint64_t nr);

#endif
