// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the host remembers of pages that it has evicted.
 *
 * Models mm/workingset.c of Linux 6.1: an evicted page leaves the number of activations and
 * evictions so far; if it comes back after fewer of them than there are pages it could have
 * displaced, it is active at once, and if it had been active before, that counts as a cost of
 * reclaiming its kind.  What counts is the group for which it was reclaimed.  Left out: the
 * shrinker of shadow nodes.
 */
#include <string.h>

#include "hostmem.h"
#include "memory.h"
#include "swap.h"

#define WORKINGSET_BYTES ((RAM_CHUNK_MASK + 1) / 8)

static void set_bits(struct host *host, uint32_t index, uint64_t nr, bool value)
{
	struct page_chunk *chunk = &host->chunk[index >> RAM_CHUNK_SHIFT];
	uint64_t i, first = index & RAM_CHUNK_MASK;

	if (!chunk->workingset) {
		if (!value)
			return;
		chunk->workingset = host_alloc(WORKINGSET_BYTES);
	}
	for (i = first; i < first + nr; i++) {
		if (value)
			chunk->workingset[i / 64] |= UINT64_C(1) << i % 64;
		else
			chunk->workingset[i / 64] &= ~(UINT64_C(1) << i % 64);
	}
}

static bool get_bit(const struct host *host, uint32_t index)
{
	const struct page_chunk *chunk = &host->chunk[index >> RAM_CHUNK_SHIFT];
	uint64_t i = index & RAM_CHUNK_MASK;

	return chunk->workingset && chunk->workingset[i / 64] >> i % 64 & 1;
}

void workingset_deactivated(struct host *host, uint32_t index, bool huge)
{
	if (huge)
		set_bits(host, index & ~(uint32_t)(HOST_PMD_PAGES - 1), HOST_PMD_PAGES, true);
	else
		set_bits(host, index, 1, true);
}

void workingset_classic_forget(struct host *host, uint32_t index, uint64_t nr)
{
	set_bits(host, index, nr, false);
}

void workingset_aged(struct host_memcg *memcg, uint64_t nr)
{
	for (; memcg; memcg = memcg->parent)
		memcg->nonresident_age += nr;
}

void workingset_classic_evicted(struct host_memcg *target, uint32_t index)
{
	struct host *host = target->host;
	struct host_page *page = page_of_index(host, index);

	page->next = target->nonresident_age;
	page->prev = SHADOW_MARK | (get_bit(host, index) ? SHADOW_WORKINGSET : 0) |
		     target->id << SHADOW_MEMCG_SHIFT;
	workingset_aged(target, 1);
	set_bits(host, index, 1, false);
}

/* What it leaves says that it would still be there if it had been on an active list. */
static bool is_refault(const struct host *host, uint32_t index, const struct host_memcg *evicted)
{
	const struct host_page *page = page_of_index(host, index);

	return scan_refault_is_active(evicted->lru_size, file_of_index(host, index),
				      memcg_free_swap(evicted),
				      (uint32_t)evicted->nonresident_age - page->next);
}

static const struct host_memcg *evicted_for(struct host *host, const struct host_page *page)
{
	return host_memcg(host, page->prev >> SHADOW_MEMCG_SHIFT);
}

bool workingset_classic_is_missed(struct host *host, uint32_t index)
{
	const struct host_page *page = page_of_index(host, index);

	return (page->prev & (SHADOW_MARK | SHADOW_WORKINGSET)) ==
	       (SHADOW_MARK | SHADOW_WORKINGSET) &&
	       is_refault(host, index, evicted_for(host, page));
}

bool workingset_classic_returned(struct host *host, uint32_t index)
{
	const struct host_page *page = page_of_index(host, index);
	struct host_memcg *memcg = memcg_of_index(host, index), *above;
	bool file = file_of_index(host, index);

	if (!(page->prev & SHADOW_MARK) || !is_refault(host, index, evicted_for(host, page)))
		return false;
	workingset_aged(memcg, 1);
	for (above = memcg; above; above = above->parent)
		above->workingset_activate[file]++;
	if (page->prev & SHADOW_WORKINGSET) {
		set_bits(host, index, 1, true);
		memcg_note_cost(memcg, file, 1);
	}
	return true;
}

void workingset_evicted(struct host_memcg *target, uint32_t index)
{
	target->host->lru->evicted(target, index);
}

bool workingset_returned(struct host *host, uint32_t index)
{
	return host->lru->returned(host, index);
}

bool workingset_is_missed(struct host *host, uint32_t index)
{
	return host->lru->is_missed(host, index);
}

void workingset_forget(struct host *host, uint32_t index, uint64_t nr)
{
	host->lru->forget(host, index, nr);
}
