// SPDX-License-Identifier: GPL-2.0-only
/*
 * What reclaim does to the pages that it looks at, and to whose.
 *
 * Models shrink_node() and shrink_folio_list() of mm/vmscan.c (Linux 6.1).  A clean page of a file
 * is dropped.  A 2 MiB leaf that is to go is written as a whole where swap has a cluster for it;
 * else it is split first and its pages are judged one by one.  Left out: mapped pages of files;
 * that a huge page stays one in the swap cache, where here its pages are on the list by themselves.
 */
#include "shrink.h"

/*
 * @nr pages leave and enter the lists.  lru_lock is held for that only, in slices of
 * SWAP_CLUSTER_MAX (isolate_lru_folios(), move_folios_to_lru()); all of COST_HOST_SCAN counts
 * as held, although the look at the rmap, which is a part of it, is taken outside.
 */
void shrink_charge_scan(struct host *host, unsigned int nr)
{
	uint64_t since = cpu_lock_begin();

	if (!nr)
		return;
	charge(COST_HOST_SCAN, nr);
	host->stats.scanned += nr;
	cpu_lock_end(&host->lru_lock, since);
}

/*
 * KVM clears accessed bits, or takes a leaf out of the EPT: with mmu_lock held, and vCPUs in the
 * guest have to leave it (kvm_mmu_notifier_clear_flush_young(),
 * kvm_mmu_notifier_invalidate_range_start()).
 */
static void notify_kvm(struct guest_ram *ram)
{
	uint64_t since = cpu_lock_begin();

	if (ram->of_vmm)
		return;
	kvm_flush_tlbs(ram->vm);
	cpu_lock_end(&ram->mmu_lock, since);
}

bool shrink_test_and_clear_young(struct host *host, uint32_t index)
{
	uint32_t *state = lru_state(host, index);
	struct guest_ram *ram = ram_of_index(host, index);
	bool young = *state & PAGE_ACCESSED, mapped = page_kind(*state) == PAGE_PRESENT;

	if (ram && compound_has(ram, gfn_of_index(host, index)))
		young = compound_test_and_clear_young(ram, gfn_of_index(host, index) >>
						      HOST_PMD_ORDER, &mapped);
	*state &= ~PAGE_ACCESSED;
	if (young && ram && mapped)
		notify_kvm(ram);
	return host->lru->clear_young(host, index) || young;
}

/*
 * Near its end reclaim looks twice between two ticks of a guest's timer, and takes what is used by
 * these as well.
 */
bool shrink_was_accessed(struct host *host, uint32_t index, bool huge, int priority)
{
	const struct guest_ram *ram = ram_of_index(host, index);

	if (shrink_test_and_clear_young(host, index))
		return true;
	return ram && priority > 1 && page_is_mapped(*lru_state(host, index)) &&
	       ram_is_ticking(ram, gfn_of_index(host, index), huge);
}

void shrink_free_clean(struct host_memcg *target, uint32_t index)
{
	struct host *host = target->host;
	struct guest_ram *ram = ram_of_index(host, index);
	uint64_t nr = gfn_of_index(host, index);
	struct host_page *page = &ram->page[nr];

	lru_del(host, index, false);
	if (page_kind(page->state) != PAGE_WRITTEN)
		note_ept(ram, nr, 1, EPT_UNMAP_CLEAN);
	if (page_is_mapped(page->state)) {
		ram->resident--;
		ram->swapped++;
	} else {
		host->swap_cached--;
	}
	page->state = page_state(PAGE_SWAPPED, page_slot(page->state));
	workingset_evicted(target, index);
	ram->token[nr] = ~0u;
	host_put_frames(ram->memcg, 1);
}

/* What is unmapped of a VMM is flushed from its TLBs once in a batch (try_to_unmap_flush()). */
static void flush_unmapped(struct reclaim_batch *batch)
{
	if (batch->unmapped)
		kvm_flush_mm(batch->unmapped);
	batch->unmapped = NULL;
}

/*
 * A page whose entry is dirty is flushed before it is written, by itself; others are at the end of
 * the batch.  A huge page that reclaim splits has migration entries meanwhile: only if these have
 * room for the bit are its pages' entries dirty afterwards (migration_entry_supports_ad()).
 */
static void note_unmapped(struct guest_ram *ram, uint32_t state, struct reclaim_batch *batch)
{
	bool split = page_kind(state) == PAGE_UNMAPPED;
	bool dirty = !page_has_slot(state) && !(state & PAGE_LAZYFREE) &&
		     (!split || ram->host->config.thp_split_dirty);

	if (page_kind(state) == PAGE_PRESENT)
		notify_kvm(ram);
	if (!page_is_mapped(state))
		return;
	if (batch->unmapped != ram->vm)
		flush_unmapped(batch);
	batch->unmapped = ram->vm;
	if (!dirty)
		return;
	/* try_to_unmap_flush_dirty() */
	if (kvm_mm_runs(ram->vm))
		kvm_flush_mm(ram->vm);
	batch->unmapped = NULL;
}

static bool evict_page(struct host_memcg *target, uint32_t index, struct reclaim_batch *batch)
{
	struct host *host = target->host;
	struct guest_ram *ram = ram_of_index(host, index);
	struct host_page *page = page_of_index(host, index);
	swap_slot_t slot;

	note_unmapped(ram, page->state, batch);
	if (page->state & PAGE_LAZYFREE) {
		ram_drop_page(ram, gfn_of_index(host, index));
		note_ept(ram, gfn_of_index(host, index), 1, EPT_DROP);
		host->stats.lazyfree_dropped++;
		ram->given_back++;
		batch->progress++;
		return true;
	}
	if (page_has_slot(page->state)) {
		shrink_free_clean(target, index);
		batch->progress++;
		return true;
	}
	if (!swap_get_slot(host, index, &slot))
		return false;
	charge(COST_SWAP_OUT, 1);
	lru_del(host, index, false);
	page->state = page_state(PAGE_WRITEBACK, slot);
	lru_add(host, index, false, LRU_PLACE_INACTIVE);
	note_ept(ram, gfn_of_index(host, index), 1, EPT_UNMAP);
	ram->resident--;
	ram->swapped++;
	host->swap_cached++;
	host->writeback_pages++;
	batch->index[batch->nr++] = index;
	return true;
}

/*
 * Of what it costs to swap a page, that of a huge page costs so much: swapping out became faster
 * from 5.81 to 8.25 GB/s when huge pages were no longer split for it (Linux commit bd4c82c22c36).
 */
#define WHOLE_PAGES_COST (HOST_PMD_PAGES * 581 / 825)

/* try_to_unmap() with TTU_SPLIT_HUGE_PMD: the VMM's mapping has 512 entries, all swapped. */
static void unmap_whole(struct guest_ram *ram, uint64_t block, swap_slot_t slot, uint32_t *index)
{
	struct host *host = ram->host;
	uint64_t nr = block << HOST_PMD_ORDER;
	uint32_t first = page_index(ram, nr), i;

	ram_split_mapping(ram, block);
	for (i = 0; i < HOST_PMD_PAGES; i++) {
		host->lru->split(host, first + i);
		ram->page[nr + i].state = page_state(PAGE_WRITEBACK, slot);
		slot.nr++;
		lru_add(host, first + i, false, LRU_PLACE_INACTIVE);
		index[i] = first + i;
	}
	ram->resident -= HOST_PMD_PAGES;
	ram->swapped += HOST_PMD_PAGES;
	host->swap_cached += HOST_PMD_PAGES;
	host->writeback_pages += HOST_PMD_PAGES;
	note_ept(ram, nr, HOST_PMD_PAGES, EPT_UNMAP);
}

/* add_to_swap() of a huge page; false: it is to be split (THP_SWPOUT_FALLBACK). */
static bool evict_whole(struct host_memcg *target, uint32_t index, struct reclaim_batch *batch)
{
	struct host *host = target->host;
	struct guest_ram *ram = ram_of_index(host, index);
	uint64_t block = gfn_of_index(host, index) >> HOST_PMD_ORDER;
	uint32_t pages[HOST_PMD_PAGES];
	swap_slot_t slot;

	if (!swap_get_cluster(host, index, &slot)) {
		host->stats.thp_swpout_fallback++;
		return false;
	}
	note_unmapped(ram, ram->pmd[block].state, batch);
	charge(COST_SWAP_OUT, WHOLE_PAGES_COST);
	unmap_whole(ram, block, slot, pages);
	flush_unmapped(batch);
	batch->progress += swap_write(target, pages, HOST_PMD_PAGES);
	batch->nr_whole += HOST_PMD_PAGES;
	host->stats.thp_swpout++;
	return true;
}

static void evict_huge(struct host_memcg *target, uint32_t index, struct reclaim_batch *batch)
{
	struct host *host = target->host;
	struct guest_ram *ram = ram_of_index(host, index);
	uint64_t block = gfn_of_index(host, index) >> HOST_PMD_ORDER;
	unsigned int gone = 0;

	if (ram->pmd[block].state & PAGE_LAZYFREE) {
		ram_drop_huge(ram, block);
		note_ept(ram, block << HOST_PMD_ORDER, HOST_PMD_PAGES, EPT_DROP);
		host->stats.lazyfree_dropped += HOST_PMD_PAGES;
		ram->given_back += HOST_PMD_PAGES;
		batch->progress += HOST_PMD_PAGES;
		return;
	}
	if (page_kind(ram->pmd[block].state) == PAGE_PRESENT) {
		if (evict_whole(target, index, batch))
			return;
		ram_split_huge(ram, block);
	} else {
		gone = compound_split(ram, block);
	}
	batch->progress += gone;
	batch->of_leaf = HOST_PMD_PAGES - gone;
}

bool shrink_evict(struct host_memcg *target, uint32_t index, bool huge,
		  struct reclaim_batch *batch)
{
	struct host *host = target->host;
	struct cache_file *file = file_of_index(host, index);

	if (!file && !huge)
		return evict_page(target, index, batch);
	if (file) {
		cache_drop_page(file, gfn_of_index(host, index), target);
		batch->progress++;
	} else {
		evict_huge(target, index, batch);
	}
	return true;
}

unsigned int shrink_submit(struct host_memcg *target, struct reclaim_batch *batch)
{
	unsigned int nr = batch->nr + batch->nr_whole;

	flush_unmapped(batch);
	if (batch->nr)
		batch->progress += swap_write(target, batch->index, batch->nr);
	batch->nr = batch->nr_whole = 0;
	return nr;
}

static enum disk_writer writer_of(const struct host *host)
{
	return is_kswapd(host) ? DISK_WRITER_KSWAPD : DISK_WRITER_OTHER;
}

static bool is_written_whole(const struct host *host, uint32_t index)
{
	return page_kind(*lru_state(host, index)) == PAGE_PRESENT && swap_has_cluster(host);
}

/* Nothing must be on its way to the disk meanwhile. */
bool shrink_must_wait_for_tag(const struct host *host, uint32_t index, bool huge,
			      const struct reclaim_batch *batch)
{
	uint32_t state = *lru_state(host, index);

	return host->swap && !batch->nr && (!huge || is_written_whole(host, index)) &&
	       !file_of_index(host, index) &&
	       !page_has_slot(state) && !(state & PAGE_LAZYFREE) &&
	       swap_must_wait(host->swap, writer_of(host)) &&
	       (huge || !swap_would_merge(host));
}

void shrink_wait_for_tag(struct host *host)
{
	swap_unplug(host);
	throttle_wait_tag(host, host->swap->extent->disk, writer_of(host));
}

/* One turn of shrink_node_memcgs(). */
static void shrink_group(struct host_memcg *memcg, struct scan_control *sc)
{
	struct memcg_protection p = memcg_protection(memcg, sc->target);

	if (memcg != sc->target && memcg->usage <= p.min)
		return;
	if (memcg != sc->target && memcg->usage <= p.low) {
		if (!sc->low_reclaim) {
			sc->low_skipped = true;
			return;
		}
		memcg_event(memcg, low);
	}
	if (!sc->low_reclaim && p.low > p.min) {
		p.min = p.low;
		sc->low_skipped = true;
	}
	memcg->host->lru->shrink(memcg, sc, &p);
	swap_unplug(memcg->host);
	compound_shrink(memcg, sc->priority);
}

void shrink_node(struct scan_control *sc)
{
	struct host *host = sc->target->host;
	uint64_t before = sc->nr_reclaimed;
	unsigned int i;

	sc->nr_taken = sc->nr_writeback = sc->nr_immediate = 0;
	sc->nr_file_taken = sc->nr_unqueued_dirty = 0;
	host->lru->prepare(sc);
	shrink_group(sc->target, sc);
	/* Groups come after those above them. */
	for (i = 0; i < host->nr_memcgs; i++)
		if (host->memcg[i] != sc->target && memcg_is_below(host->memcg[i], sc->target))
			shrink_group(host->memcg[i], sc);
	host->stats.reclaimed += sc->nr_reclaimed - before;
	if (sc->nr_reclaimed > before)
		host->kswapd_failures = 0;
	if (!is_kswapd(host))
		return;
	if (sc->nr_writeback && sc->nr_writeback == sc->nr_taken)
		host->all_in_writeback = true;
	if (sc->nr_unqueued_dirty && sc->nr_unqueued_dirty == sc->nr_file_taken)
		host->all_dirty = true;
	if (sc->nr_immediate)
		throttle_writeback(host);
}
