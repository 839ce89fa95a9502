// SPDX-License-Identifier: GPL-2.0-only
/*
 * Active and inactive lists: four of each memory group, of anonymous memory and of files.
 *
 * Models where folio_add_lru(), folio_activate() and folio_mark_accessed() of mm/swap.c (Linux 6.1)
 * put pages; what reclaim does with the lists is shrink_classic.c's.
 */
#include "lru_classic.h"
#include "memory.h"

static unsigned int list_nr(const struct host *host, uint32_t index)
{
	uint32_t state = *lru_state(host, index);

	return (state & PAGE_ACTIVE ? SCAN_ACTIVE : 0) +
	       (lru_is_file(host, index, state) ? SCAN_FILE : 0);
}

static struct page_list *classic_list(struct host *host, uint32_t index)
{
	return &memcg_of_index(host, index)->lru[list_nr(host, index)];
}

static void classic_place(struct host *host, uint32_t index, enum lru_place place)
{
	uint32_t *state = lru_state(host, index);

	*state = place == LRU_PLACE_ACTIVE ? *state | PAGE_ACTIVE : *state & ~PAGE_ACTIVE;
}

/* update_lru_size() */
static void classic_resize(struct host *host, uint32_t index, uint64_t nr)
{
	lru_add_size(memcg_of_index(host, index), list_nr(host, index), nr);
}

/* Inactive, referenced, active. */
static void classic_accessed(struct host *host, uint32_t index)
{
	uint32_t *state = lru_state(host, index);

	if (!(*state & PAGE_REFERENCED)) {
		*state |= PAGE_REFERENCED;
	} else if (!(*state & PAGE_ACTIVE)) {
		*state &= ~PAGE_REFERENCED;
		lru_move(host, index, false, LRU_PLACE_ACTIVE);
		workingset_aged(memcg_of_index(host, index), 1);
	}
}

static void classic_looked_up(struct host *host, uint32_t index)
{
	page_of_index(host, index)->state |= PAGE_REFERENCED;
}

static void classic_used(struct host *host, uint32_t index, uint32_t *state, bool touch)
{
	*state |= PAGE_ACCESSED;
}

/* The state has it all. */
static bool classic_is_young(struct host *host, uint32_t index)
{
	return false;
}

/* The state of pages says on which list they are, and splitting copies that. */
static void classic_split(struct host *host, uint32_t index)
{
}

const struct lru_ops lru_classic = {
	.list = classic_list,
	.place = classic_place,
	.resize = classic_resize,
	.new_table = classic_split,
	.split_mapping = classic_split,
	.split = classic_split,
	.accessed = classic_accessed,
	.looked_up = classic_looked_up,
	.used = classic_used,
	.is_young = classic_is_young,
	.clear_young = classic_is_young,
	.evicted = workingset_classic_evicted,
	.returned = workingset_classic_returned,
	.is_missed = workingset_classic_is_missed,
	.forget = workingset_classic_forget,
	.prepare = shrink_classic_prepare,
	.shrink = shrink_classic_lruvec,
	.age = shrink_classic_age,
	.end = shrink_classic_end,
};
