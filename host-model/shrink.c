// SPDX-License-Identifier: GPL-2.0-only
/*
 * What reclaim does to the pages on the host's lists.
 *
 * Models shrink_node(), shrink_lruvec(), shrink_active_list(), shrink_inactive_list() and
 * folio_check_references() of mm/vmscan.c (Linux 6.1) without the multi-generational LRU.  New
 * anonymous pages start on the inactive list; one found accessed gets a second round, one found
 * accessed twice is activated.  A clean page of a file is dropped.  A 2 MiB leaf that is to go is
 * split first and its pages are judged one by one, as happens where swap has no whole clusters.
 *
 * A page that is being written stays on the lists (shrink_folio_list(), PG_writeback): it is
 * activated when it is found, and kswapd, if it finds nothing else, waits.  Reclaim for a group of
 * version 1 waits for the page (writeback_throttling_sane()).
 *
 * A dirty page of a file is activated, too: it is the flusher's to write.  Left out: mapped pages
 * of files.
 */
#include <string.h>

#include "memory.h"
#include "swap.h"

#define SWAP_CLUSTER_MAX SWAP_BATCH

/*
 * @nr pages leave and enter the lists.  lru_lock is held for that only, in slices of
 * SWAP_CLUSTER_MAX (isolate_lru_folios(), move_folios_to_lru()); all of COST_HOST_SCAN counts
 * as held, although the look at the rmap, which is a part of it, is taken outside.
 */
static void charge_scan(struct host *host, unsigned int nr)
{
	uint64_t since = cpu_lock_begin();

	if (!nr)
		return;
	charge(COST_HOST_SCAN, nr);
	host->stats.scanned += nr;
	cpu_lock_end(&host->lru_lock, since);
}

/* What the scan of one batch has found to write, and whose mapping it has unmapped. */
struct reclaim_batch {
	uint32_t index[SWAP_BATCH];
	unsigned int nr;
	struct kvm_vm *unmapped;	/* not flushed yet; NULL: nobody's */
	unsigned int of_leaf;	/* pages of a leaf that has been split, to be looked at still */
	uint64_t progress;	/* pages freed */
};

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

/* The accessed bit of a page, or of the leaf that it is in. */
static bool test_and_clear_young(const struct host *host, uint32_t index)
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
	return young;
}

static void shrink_active_list(struct host_memcg *memcg, enum scan_list list, uint64_t nr_to_scan)
{
	struct host *host = memcg->host;
	uint64_t scanned = 0;
	unsigned int nr = 0;

	while (scanned < nr_to_scan && memcg->lru[list].tail) {
		uint32_t index = memcg->lru[list].tail;
		bool huge = lru_is_huge(host, index);

		test_and_clear_young(host, index);
		lru_del(host, index, huge);
		lru_add(host, index, huge, false);
		workingset_deactivated(host, index, huge);
		scanned += huge ? HOST_PMD_PAGES : 1;
		nr++;
	}
	charge_scan(host, nr);
}

/*
 * Near its end reclaim looks twice between two ticks of a guest's timer, and takes what is used by
 * these as well.
 */
static bool was_accessed(const struct host *host, uint32_t index, bool huge, int priority)
{
	const struct guest_ram *ram = ram_of_index(host, index);

	if (test_and_clear_young(host, index))
		return true;
	return ram && priority > 1 && page_is_mapped(*lru_state(host, index)) &&
	       ram_is_ticking(ram, gfn_of_index(host, index), huge);
}

/* Returns whether the page may go; otherwise it has been put where it stays. */
static bool may_evict(struct host *host, uint32_t index, bool huge, int priority)
{
	uint32_t *state = lru_state(host, index);

	if (!was_accessed(host, index, huge, priority)) {
		*state &= ~PAGE_REFERENCED;
		return true;
	}
	if (*state & PAGE_REFERENCED) {
		if (page_is_mapped(*state) && !file_of_index(host, index))
			swap_free_if_full(ram_of_index(host, index), state);
		lru_del(host, index, huge);
		lru_add(host, index, huge, true);
		workingset_aged(memcg_of_index(host, index), huge ? HOST_PMD_PAGES : 1);
	} else {
		*state |= PAGE_REFERENCED;
		lru_rotate(host, index, huge);
	}
	return false;
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

static void note_unmapped(struct guest_ram *ram, uint32_t state, struct reclaim_batch *batch)
{
	if (page_kind(state) == PAGE_PRESENT)
		notify_kvm(ram);
	if (!page_is_mapped(state) || batch->unmapped == ram->vm)
		return;
	flush_unmapped(batch);
	batch->unmapped = ram->vm;
}

static void evict_page(struct host_memcg *target, uint32_t index, struct reclaim_batch *batch)
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
		return;
	}
	if (page_has_slot(page->state)) {
		shrink_free_clean(target, index);
		batch->progress++;
		return;
	}
	if (!swap_get_slot(host, index, &slot)) {
		lru_rotate(host, index, false);
		return;
	}
	charge(COST_SWAP_OUT, 1);
	lru_del(host, index, false);
	page->state = page_state(PAGE_WRITEBACK, slot);
	lru_add(host, index, false, false);
	note_ept(ram, gfn_of_index(host, index), 1, EPT_UNMAP);
	ram->resident--;
	ram->swapped++;
	host->swap_cached++;
	host->writeback_pages++;
	batch->index[batch->nr++] = index;
}

static void evict_huge(struct host *host, uint32_t index, struct reclaim_batch *batch)
{
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
	if (page_kind(ram->pmd[block].state) == PAGE_PRESENT)
		ram_split_huge(ram, block);
	else
		gone = compound_split(ram, block);
	batch->progress += gone;
	batch->of_leaf = HOST_PMD_PAGES - gone;
}

static void evict(struct host_memcg *target, uint32_t index, bool huge,
		  struct reclaim_batch *batch)
{
	struct host *host = target->host;
	struct cache_file *file = file_of_index(host, index);

	if (file) {
		cache_drop_page(file, gfn_of_index(host, index), target);
		batch->progress++;
	} else if (huge) {
		evict_huge(host, index, batch);
	} else {
		evict_page(target, index, batch);
	}
}

static void submit_batch(struct host_memcg *memcg, bool file, struct host_memcg *target,
			 struct reclaim_batch *batch)
{
	flush_unmapped(batch);
	if (!batch->nr)
		return;
	batch->progress += swap_write(target, batch->index, batch->nr);
	memcg_note_cost(memcg, file, batch->nr);
	batch->nr = 0;
}

/* The page is being written still: it need not be found again before it is there. */
static void activate_writeback(struct host *host, uint32_t index, struct scan_control *sc)
{
	if (is_kswapd(host) && host->all_in_writeback)
		sc->nr_immediate++;
	else
		sc->nr_writeback++;
	lru_del(host, index, false);
	lru_add(host, index, false, true);
	workingset_aged(memcg_of_index(host, index), 1);
}

static enum disk_writer writer_of(const struct host *host)
{
	return is_kswapd(host) ? DISK_WRITER_KSWAPD : DISK_WRITER_OTHER;
}

/* Whether it takes a request that has to be waited for.  Nothing must be on its way to that. */
static bool must_wait_for_tag(const struct host *host, uint32_t index, bool huge,
			      const struct reclaim_batch *batch)
{
	uint32_t state = *lru_state(host, index);

	return host->swap && !batch->nr && !huge && !file_of_index(host, index) &&
	       !page_has_slot(state) && !(state & PAGE_LAZYFREE) &&
	       swap_must_wait(host->swap, writer_of(host)) &&
	       !swap_would_merge(host->swap);
}

/* It is to be, or is being, written: it goes when that is done, and comes last until then. */
static void activate_file(struct host *host, uint32_t index)
{
	*lru_state(host, index) |= PAGE_FILE_RECLAIM;
	lru_del(host, index, false);
	lru_add(host, index, false, true);
	workingset_aged(memcg_of_index(host, index), 1);
}

/*
 * A page of a file that is being written.  In version 1 reclaim for a group would wait for it; that
 * is left out.
 */
static void keep_writeback(struct host *host, uint32_t index, struct scan_control *sc)
{
	if (is_kswapd(host) && host->all_in_writeback &&
	    *lru_state(host, index) & PAGE_FILE_RECLAIM)
		sc->nr_immediate++;
	else
		sc->nr_writeback++;
	activate_file(host, index);
}

/*
 * A dirty page.  Writing is the flusher's; kswapd does it itself when all that it finds of files is
 * dirty, and it has found this one before.  Returns false to try again.
 */
static bool shrink_dirty(struct host *host, uint32_t index, struct scan_control *sc)
{
	struct cache_file *file = file_of_index(host, index);
	bool found = *lru_state(host, index) & PAGE_FILE_RECLAIM;

	if (is_kswapd(host) && host->all_dirty && found &&
	    disk_must_wait(file->extent->disk, DISK_WRITER_KSWAPD)) {
		throttle_wait_tag(host, file->extent->disk, DISK_WRITER_KSWAPD);
		return false;
	}
	sc->nr_unqueued_dirty++;
	if (!may_evict(host, index, false, sc->priority))
		return true;
	if (is_kswapd(host) && host->all_dirty && found) {
		cache_write_page(file, gfn_of_index(host, index));
		lru_rotate(host, index, false);
	} else {
		activate_file(host, index);
	}
	return true;
}

/*
 * One page, or a leaf that is split for its pages to be looked at next.  Returns false to try
 * again.
 */
static bool shrink_page(struct host_memcg *memcg, enum scan_list list, struct scan_control *sc,
			struct reclaim_batch *batch)
{
	struct host *host = memcg->host;
	uint32_t index = memcg->lru[list].tail;
	bool huge = lru_is_huge(host, index), file = file_of_index(host, index);
	uint32_t state = *lru_state(host, index);

	if (file && state & PAGE_FILE_WRITEBACK) {
		keep_writeback(host, index, sc);
	} else if (file && state & PAGE_FILE_DIRTY) {
		return shrink_dirty(host, index, sc);
	} else if (page_kind(state) == PAGE_WRITEBACK) {
		if (sc->target->parent && host->config.cgroup_version == 1) {
			submit_batch(memcg, list & SCAN_FILE, sc->target, batch);
			host_wait_page(host, index);
			return false;
		}
		activate_writeback(host, index, sc);
	} else if (may_evict(host, index, huge, sc->priority)) {
		if (must_wait_for_tag(host, index, huge, batch)) {
			throttle_wait_tag(host, host->swap->extent->disk, writer_of(host));
			return false;
		}
		evict(sc->target, index, huge, batch);
	}
	if (batch->nr == SWAP_BATCH)
		submit_batch(memcg, list & SCAN_FILE, sc->target, batch);
	return true;
}

/* A leaf that is split counts once: its pages come with it (split_folio_to_list()). */
static uint64_t shrink_inactive_list(struct host_memcg *memcg, enum scan_list list,
				     uint64_t nr_to_scan, struct scan_control *sc)
{
	struct host *host = memcg->host;
	struct reclaim_batch batch = { .nr = 0 };
	uint64_t scanned = 0, most = memcg->lru[list].nr_pages, dirty = sc->nr_unqueued_dirty;
	unsigned int nr = 0;

	while (((scanned < nr_to_scan && scanned < most) || batch.of_leaf) &&
	       memcg->lru[list].tail) {
		bool huge = lru_is_huge(host, memcg->lru[list].tail), part = batch.of_leaf;

		if (!shrink_page(memcg, list, sc, &batch))
			continue;
		nr++;
		if (part && !huge)
			batch.of_leaf--;
		else
			scanned += huge ? HOST_PMD_PAGES : 1;
	}
	charge_scan(host, nr);
	submit_batch(memcg, list & SCAN_FILE, sc->target, &batch);
	sc->nr_scanned += scanned;
	sc->nr_taken += scanned;
	sc->nr_file_taken += list & SCAN_FILE ? scanned : 0;
	/* The flusher does not do its job (WB_REASON_VMSCAN). */
	if (scanned && sc->nr_unqueued_dirty - dirty == scanned)
		cache_wake_flusher(host, true);
	return batch.progress;
}

static uint64_t shrink_list(struct host_memcg *memcg, enum scan_list list, uint64_t nr_to_scan,
			    struct scan_control *sc)
{
	if (!(list & SCAN_ACTIVE))
		return shrink_inactive_list(memcg, list, nr_to_scan, sc);
	if (sc->may_deactivate[list & SCAN_FILE ? true : false])
		shrink_active_list(memcg, list, nr_to_scan);
	else
		sc->skipped_deactivate = true;
	return 0;
}

static void prepare_scan_count(struct scan_control *sc, struct scan_balance *b)
{
	const struct host_memcg *target = sc->target;
	const struct host *host = target->host;
	unsigned int i;

	*b = (struct scan_balance){
		.free = host->free_pages, .high_watermark = host->total_high_wmark,
		.cost = target->lru_cost, .swappiness = host->config.swappiness,
		.priority = sc->priority, .of_group = target->parent,
		.force_deactivate = sc->force_deactivate,
	};
	memcpy(b->size, target->lru_size, sizeof(b->size));
	for (i = 0; i < 2; i++) {
		b->refaults[i] = target->workingset_activate[i] != target->refaults[i];
		sc->may_deactivate[i] = scan_may_deactivate(b, i);
	}
}

void shrink_snapshot_refaults(struct host_memcg *target)
{
	memcpy(target->refaults, target->workingset_activate, sizeof(target->refaults));
}

static bool must_age_anon(const struct host_memcg *memcg)
{
	return memcg->host->swap && scan_inactive_is_low(memcg->lru_size[SCAN_INACTIVE_ANON],
							 memcg->lru_size[SCAN_ACTIVE_ANON]);
}

/* Of @nr pages on a list of the group, those that its protection leaves to reclaim. */
static uint64_t unprotected(const struct host_memcg *memcg, uint64_t nr,
			    const struct memcg_protection *p)
{
	uint64_t size = memcg->usage > p->min ? memcg->usage : p->min, scan;

	if (!p->min && !p->low)
		return nr;
	scan = nr - (uint64_t)((unsigned __int128)nr * p->min / (size + 1));
	return scan > SWAP_CLUSTER_MAX ? scan : SWAP_CLUSTER_MAX;
}

/* The lists of one group, of which p->min stay, by what @balance has for all of the target. */
static void shrink_lruvec(struct host_memcg *memcg, struct scan_control *sc,
			  struct scan_balance *balance, const struct memcg_protection *p)
{
	uint64_t nr[NR_SCAN_LISTS], targets[NR_SCAN_LISTS], before = sc->nr_reclaimed;
	struct host *host = memcg->host;
	bool proportional = !is_kswapd(host) && !sc->target->parent &&
			    sc->priority == DEF_PRIORITY;
	unsigned int list;

	balance->swap = memcg_free_swap(memcg);
	for (list = 0; list < NR_SCAN_LISTS; list++)
		balance->eligible[list] = unprotected(memcg, memcg->lru[list].nr_pages, p);
	scan_count(balance, nr);
	memcpy(targets, nr, sizeof(nr));
	while (nr[SCAN_INACTIVE_ANON] || nr[SCAN_ACTIVE_FILE] || nr[SCAN_INACTIVE_FILE]) {
		for (list = 0; list < NR_SCAN_LISTS; list++) {
			uint64_t batch = nr[list] < SWAP_CLUSTER_MAX ? nr[list] : SWAP_CLUSTER_MAX;

			nr[list] -= batch;
			if (batch)
				sc->nr_reclaimed += shrink_list(memcg, list, batch, sc);
		}
		/* What is being written gets on meanwhile. */
		sync_now_and_then();
		if (sc->nr_reclaimed - before < sc->nr_to_reclaim || proportional)
			continue;
		if (!scan_proportionally(nr, targets))
			break;
	}
	if (must_age_anon(memcg))
		shrink_active_list(memcg, SCAN_ACTIVE_ANON, SWAP_CLUSTER_MAX);
}

void shrink_age_anon(struct host *host)
{
	unsigned int i;

	if (!must_age_anon(&host->root))
		return;
	for (i = 0; i <= host->nr_memcgs; i++)
		shrink_active_list(host_memcg(host, i), SCAN_ACTIVE_ANON, SWAP_CLUSTER_MAX);
}

/* One turn of shrink_node_memcgs(). */
static void shrink_group(struct host_memcg *memcg, struct scan_control *sc,
			 struct scan_balance *balance)
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
	shrink_lruvec(memcg, sc, balance, &p);
	compound_shrink(memcg, sc->priority);
}

void shrink_node(struct scan_control *sc)
{
	struct host *host = sc->target->host;
	uint64_t before = sc->nr_reclaimed;
	struct scan_balance balance;
	unsigned int i;

	sc->nr_taken = sc->nr_writeback = sc->nr_immediate = 0;
	sc->nr_file_taken = sc->nr_unqueued_dirty = 0;
	prepare_scan_count(sc, &balance);
	shrink_group(sc->target, sc, &balance);
	/* Groups come after those above them. */
	for (i = 0; i < host->nr_memcgs; i++)
		if (host->memcg[i] != sc->target && memcg_is_below(host->memcg[i], sc->target))
			shrink_group(host->memcg[i], sc, &balance);
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
