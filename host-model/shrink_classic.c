// SPDX-License-Identifier: GPL-2.0-only
/*
 * How reclaim goes through active and inactive lists.
 *
 * Models shrink_lruvec(), shrink_active_list(), shrink_inactive_list() and folio_check_references()
 * of mm/vmscan.c (Linux 6.1).  New anonymous pages start on the inactive list; one found accessed
 * gets a second round, one found accessed twice is activated.
 *
 * A page that is being written stays on the lists (shrink_folio_list(), PG_writeback): it is
 * activated when it is found, and kswapd, if it finds nothing else, waits.  Reclaim for a group of
 * version 1 waits for the page (writeback_throttling_sane()).
 *
 * A dirty page of a file is activated, too: it is the flusher's to write.
 */
#include <string.h>

#include "lru_classic.h"
#include "shrink.h"

static void shrink_active_list(struct host_memcg *memcg, enum scan_list list, uint64_t nr_to_scan)
{
	struct host *host = memcg->host;
	uint64_t scanned = 0;
	unsigned int nr = 0;

	while (scanned < nr_to_scan && memcg->lru[list].tail) {
		uint32_t index = memcg->lru[list].tail;
		bool huge = lru_is_huge(host, index);

		shrink_test_and_clear_young(host, index);
		lru_move(host, index, huge, LRU_PLACE_INACTIVE);
		workingset_deactivated(host, index, huge);
		scanned += huge ? HOST_PMD_PAGES : 1;
		nr++;
	}
	shrink_charge_scan(host, nr);
}

/* Returns whether the page may go; otherwise it has been put where it stays. */
static bool may_evict(struct host *host, uint32_t index, bool huge, int priority)
{
	uint32_t *state = lru_state(host, index);

	if (!shrink_was_accessed(host, index, huge, priority)) {
		*state &= ~PAGE_REFERENCED;
		return true;
	}
	if (*state & PAGE_REFERENCED) {
		if (page_is_mapped(*state) && !file_of_index(host, index))
			swap_free_if_full(ram_of_index(host, index), state);
		lru_move(host, index, huge, LRU_PLACE_ACTIVE);
		workingset_aged(memcg_of_index(host, index), huge ? HOST_PMD_PAGES : 1);
	} else {
		*state |= PAGE_REFERENCED;
		lru_rotate(host, index, huge);
	}
	return false;
}

/* What is held back after it is safe to sleep: it is the plug's. */
static void submit_batch(struct host_memcg *memcg, bool file, struct host_memcg *target,
			 struct reclaim_batch *batch)
{
	unsigned int nr = shrink_submit(target, batch);

	if (nr)
		memcg_note_cost(memcg, file, nr);
}

/* It is being written, and stays off the lists until all of the batch has been looked at. */
static void isolate(struct host *host, uint32_t index, struct reclaim_batch *batch)
{
	uint32_t *state = lru_state(host, index);

	if (page_kind(*state) != PAGE_WRITEBACK ||
	    batch->nr_isolated == sizeof(batch->isolated) / sizeof(batch->isolated[0]))
		return;
	*state |= PAGE_ISOLATED;
	batch->isolated[batch->nr_isolated++] = index;
}

/* move_pages_to_lru(): what has been written meanwhile is where pages come that were just used. */
static void put_back(struct host *host, struct reclaim_batch *batch)
{
	while (batch->nr_isolated) {
		uint32_t index = batch->isolated[--batch->nr_isolated];

		/* Unless its VMM is gone, or has it back. */
		if (ram_of_index(host, index) && !lru_is_huge(host, index) &&
		    (page_kind(*lru_state(host, index)) == PAGE_WRITEBACK ||
		     page_kind(*lru_state(host, index)) == PAGE_WRITTEN))
			*lru_state(host, index) &= ~PAGE_ISOLATED;
	}
}

/* The page is being written still: it need not be found again before it is there. */
static void activate_writeback(struct host *host, uint32_t index, struct scan_control *sc)
{
	if (is_kswapd(host) && host->all_in_writeback)
		sc->nr_immediate++;
	else
		sc->nr_writeback++;
	lru_move(host, index, false, LRU_PLACE_ACTIVE);
	workingset_aged(memcg_of_index(host, index), 1);
}

/* It is to be, or is being, written: it goes when that is done, and comes last until then. */
static void activate_file(struct host *host, uint32_t index)
{
	*lru_state(host, index) |= PAGE_FILE_RECLAIM;
	lru_move(host, index, false, LRU_PLACE_ACTIVE);
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
static bool shrink_page(struct host_memcg *memcg, enum scan_list list, uint32_t index,
			struct scan_control *sc, struct reclaim_batch *batch)
{
	struct host *host = memcg->host;
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
		if (shrink_must_wait_for_tag(host, index, huge, batch)) {
			shrink_wait_for_tag(host);
			return false;
		}
		if (!shrink_evict(sc->target, index, huge, batch))
			lru_rotate(host, index, false);
		else if (!huge && !file)
			isolate(host, index, batch);
	}
	if (batch->nr == SWAP_BATCH) {
		submit_batch(memcg, list & SCAN_FILE, sc->target, batch);
		sync_now_and_then();
	}
	return true;
}

/* The page is one of a leaf that was split, and in the same state. */
static bool is_part(const struct host *host, uint32_t index)
{
	return ram_of_index(host, index) && !lru_is_huge(host, index) &&
	       page_is_mapped(*lru_state(host, index));
}

/*
 * The pages of a leaf that has been split: isolated, all of them, where they would be put back.
 * Their VMM may drop or use them meanwhile.  Returns how many were looked at.
 */
static unsigned int shrink_parts(struct host_memcg *memcg, enum scan_list list, uint32_t first,
				 struct scan_control *sc, struct reclaim_batch *batch)
{
	struct host *host = memcg->host;
	unsigned int nr = 0, i;

	for (i = 0; i < HOST_PMD_PAGES; i++)
		if (is_part(host, first + i))
			lru_rotate(host, first + i, false);
	for (i = 0; i < HOST_PMD_PAGES; i++) {
		nr += is_part(host, first + i);
		while (is_part(host, first + i) &&
		       !shrink_page(memcg, list, first + i, sc, batch))
			;
	}
	batch->of_leaf = 0;
	return nr;
}

/* A leaf that is split counts once: its pages come with it (split_folio_to_list()). */
static uint64_t shrink_inactive_list(struct host_memcg *memcg, enum scan_list list,
				     uint64_t nr_to_scan, struct scan_control *sc)
{
	struct host *host = memcg->host;
	struct reclaim_batch batch = { .nr = 0 };
	uint64_t scanned = 0, most = memcg->lru[list].nr_pages, dirty = sc->nr_unqueued_dirty;
	unsigned int nr = 0;

	while (scanned < nr_to_scan && scanned < most && memcg->lru[list].tail) {
		uint32_t index = memcg->lru[list].tail;
		bool huge = lru_is_huge(host, index);

		if (!shrink_page(memcg, list, index, sc, &batch))
			continue;
		nr++;
		scanned += huge ? HOST_PMD_PAGES : 1;
		if (batch.of_leaf)
			nr += shrink_parts(memcg, list, index - index % HOST_PMD_PAGES, sc, &batch);
	}
	shrink_charge_scan(host, nr);
	submit_batch(memcg, list & SCAN_FILE, sc->target, &batch);
	put_back(host, &batch);
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

void shrink_classic_prepare(struct scan_control *sc)
{
	struct scan_balance *b = &sc->balance;
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

void shrink_classic_end(struct host_memcg *target)
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

/* The lists of one group, of which p->min stay, by what the balance has for all of the target. */
void shrink_classic_lruvec(struct host_memcg *memcg, struct scan_control *sc,
			   const struct memcg_protection *p)
{
	struct scan_balance *balance = &sc->balance;
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

void shrink_classic_age(struct host *host, struct scan_control *sc)
{
	unsigned int i;

	if (!must_age_anon(&host->root))
		return;
	for (i = 0; i <= host->nr_memcgs; i++)
		shrink_active_list(host_memcg(host, i), SCAN_ACTIVE_ANON, SWAP_CLUSTER_MAX);
}
