// SPDX-License-Identifier: GPL-2.0-only
/*
 * A huge page of which the VMM has unmapped a part.
 *
 * Models deferred_split_huge_page(), deferred_split_scan() and what splits such a page before: of
 * mm/huge_memory.c, mm/rmap.c and mm/vmscan.c in Linux 6.1.  Discarding a part of a huge page
 * splits its mapping; the page itself stays one, on its list and charged, parts that nobody has any
 * more included.  Its frames come back when the last part is gone, when reclaim looks at it and
 * finds it unused, or when memory is so short that the shrinker gets to it.  Whoever touches a part
 * again takes another frame.
 *
 * Such a page is one entry of the LRU lists, as a leaf is, by the index of the first page that is
 * left of it.
 */
#include "memory.h"

static bool is_part(const struct host_page *page)
{
	return page->prev == COMPOUND_PART;
}

/* From @nr on, in its block; the end of the block: there is none. */
static uint64_t next_part(const struct guest_ram *ram, uint64_t nr, uint64_t end)
{
	while (nr < end && !is_part(&ram->page[nr]))
		nr++;
	return nr;
}

void compound_begin(struct guest_ram *ram, uint64_t block)
{
	struct host_pmd *pmd = &ram->pmd[block];
	uint64_t nr = block << HOST_PMD_ORDER, i;
	uint32_t state = (pmd->state & PAGE_ACCESSED) | PAGE_UNMAPPED;

	charge(COST_EPT_SPLIT, 1);
	page_set_kind(&pmd->state, PAGE_UNMAPPED);
	pmd->nr_used = HOST_PMD_PAGES;
	pmd->has_table = 1;
	ram->huge -= HOST_PMD_PAGES;
	ram->host->lru->split_mapping(ram->host, page_index(ram, nr));
	for (i = nr; i < nr + HOST_PMD_PAGES; i++)
		ram->page[i] = (struct host_page){ .next = COMPOUND_PART, .prev = COMPOUND_PART,
						    .state = state };
	ram->memcg->nr_partial++;
	ram->host->stats.ept_splits++;
	note_ept(ram, nr, HOST_PMD_PAGES, EPT_SPLIT);
	note_ept(ram, nr, HOST_PMD_PAGES, EPT_ZAP);
}

/* It is no huge page any more; what its parts' frames held has to be dealt with. */
static void end(struct guest_ram *ram, uint64_t block)
{
	struct host_pmd *pmd = &ram->pmd[block];

	pmd->state = PAGE_NONE;
	ram->memcg->nr_partial--;
	ram->host->partial_pages -= pmd->nr_gone;
	pmd->nr_gone = 0;
}

uint64_t compound_drop(struct guest_ram *ram, uint64_t nr)
{
	struct host_pmd *pmd = &ram->pmd[nr >> HOST_PMD_ORDER];
	uint64_t first = nr & ~(HOST_PMD_PAGES - 1), last = first + HOST_PMD_PAGES, next;
	bool is_first = next_part(ram, first, last) == nr;

	if (pmd->nr_gone + 1 == HOST_PMD_PAGES) {
		lru_del(ram->host, page_index(ram, nr), true);
		end(ram, nr >> HOST_PMD_ORDER);
		ram->page[nr].next = ram->page[nr].prev = 0;
		return HOST_PMD_PAGES;
	}
	next = next_part(ram, nr + 1, last);
	if (is_first)
		lru_rename(ram->host, page_index(ram, nr), page_index(ram, next));
	ram->page[nr].next = ram->page[nr].prev = 0;
	pmd->nr_gone++;
	ram->host->partial_pages++;
	return 0;
}

unsigned int compound_split(struct guest_ram *ram, uint64_t block)
{
	struct host_pmd *pmd = &ram->pmd[block];
	uint64_t first = block << HOST_PMD_ORDER, last = first + HOST_PMD_PAGES, nr;
	uint32_t flags = pmd->state & (PAGE_REFERENCED | PAGE_ACTIVE);
	unsigned int gone = pmd->nr_gone;

	lru_del(ram->host, page_index(ram, next_part(ram, first, last)), true);
	end(ram, block);
	for (nr = last; nr-- > first;) {
		struct host_page *page = &ram->page[nr];

		if (!is_part(page))
			continue;
		page->state |= flags;
		lru_add_part(ram->host, page_index(ram, nr));
	}
	ram->given_back += gone;
	host_put_frames(ram->memcg, gone);
	return gone;
}

bool compound_test_and_clear_young(struct guest_ram *ram, uint64_t block, bool *mapped)
{
	uint64_t first = block << HOST_PMD_ORDER, nr;
	bool young = ram->pmd[block].state & PAGE_ACCESSED;

	ram->pmd[block].state &= ~PAGE_ACCESSED;
	for (nr = first; nr < first + HOST_PMD_PAGES; nr++) {
		struct host_page *page = &ram->page[nr];

		if (!is_part(page) || !(page->state & PAGE_ACCESSED))
			continue;
		page->state &= ~PAGE_ACCESSED;
		*mapped |= page_kind(page->state) == PAGE_PRESENT;
		young = true;
	}
	return young;
}

/* Of one VM, @nr at most. */
static uint64_t split_some(struct guest_ram *ram, uint64_t nr)
{
	uint64_t block, done = 0;

	for (block = 0; block < ram->nr_blocks && done < nr; block++) {
		if (page_kind(ram->pmd[block].state) != PAGE_UNMAPPED)
			continue;
		compound_split(ram, block);
		done++;
	}
	return done;
}

/* do_shrink_slab() with a batch of 128 (SHRINK_BATCH) and the cost of two seeks. */
void compound_shrink(struct host_memcg *memcg, int priority)
{
	uint64_t nr = 2 * (memcg->nr_partial >> priority);
	unsigned int i;

	if (!nr || (nr < 128 && nr < memcg->nr_partial))
		return;
	for (i = 0; i < memcg->host->nr_vms && nr; i++) {
		struct kvm_vm *vm = memcg->host->vms[i];

		if (!vm->dead && vm->ram->memcg == memcg)
			nr -= split_some(vm->ram, nr);
	}
}
