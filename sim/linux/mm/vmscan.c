// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reclaim: which pages go when memory is short, and who does the work.
 *
 * Models mm/vmscan.c of Linux 6.1 without the multi-generational LRU: the balance of anonymous
 * and file pages by cost and swappiness (host-model/scan_balance.h), inactive lists
 * that are shrunk 32 pages at a time and refilled from the active ones (shrink_lruvec(),
 * shrink_active_list(), shrink_folio_list()), kswapd between the low and the high watermark
 * (balance_pgdat(), kswapd_try_to_sleep()), direct reclaim, and throttling of both.
 *
 * Left out: memory cgroups, NUMA, demotion, MADV_FREE, unevictable and executable
 * pages, the limit on isolated pages.
 */
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/shrinker.h>
#include "compaction.h"
#include "user.h"

#define DEF_PRIORITY 12

struct scan_control {
	unsigned long nr_to_reclaim;
	gfp_t gfp_mask;
	int order, reclaim_idx, priority;
	bool may_writepage, may_swap;
	bool force_deactivate, skipped_deactivate;
	bool compaction_ready;		/* a zone has enough to be compacted: no reclaim */
	bool may_deactivate[2];		/* [file] */
	unsigned long nr_scanned, nr_reclaimed;
	struct {
		unsigned long dirty, unqueued_dirty, congested, writeback, immediate;
		unsigned long file_taken, taken;
	} nr;
};

struct reclaim_stat {
	unsigned long nr_dirty, nr_unqueued_dirty, nr_congested, nr_writeback, nr_immediate;
	unsigned long nr_pageout;
};

enum throttle { THROTTLE_WRITEBACK, THROTTLE_NOPROGRESS, THROTTLE_CONGESTED };

enum page_references { PAGEREF_RECLAIM, PAGEREF_RECLAIM_CLEAN, PAGEREF_KEEP, PAGEREF_ACTIVATE };

static struct pglist_data *this_pgdat(void)
{
	return this_kernel->pgdat;
}

static bool current_is_kswapd(void)
{
	return current && current->flags & PF_KSWAPD;
}

static bool can_reclaim_anon_pages(void)
{
	return get_nr_swap_pages() > 0;
}

static bool can_age_anon_pages(void)
{
	return total_swap_pages_get() > 0;
}

static unsigned long lru_size(enum lru_list lru)
{
	return node_page_state(this_pgdat(), NR_LRU_BASE + lru);
}

unsigned long zone_reclaimable_pages(struct zone *zone)
{
	unsigned long nr = zone_page_state(zone, NR_ZONE_INACTIVE_FILE) +
			   zone_page_state(zone, NR_ZONE_ACTIVE_FILE);

	if (can_reclaim_anon_pages())
		nr += zone_page_state(zone, NR_ZONE_INACTIVE_ANON) +
		      zone_page_state(zone, NR_ZONE_ACTIVE_ANON);
	return nr ? nr : zone_page_state(zone, NR_FREE_PAGES);
}

/* Throttling */

/* Waiting for progress makes sense only when much of what could be reclaimed is being written. */
static bool skip_throttle_noprogress(void)
{
	unsigned long reclaimable = 0, write_pending = 0;
	struct zone *zone;

	if (this_pgdat()->kswapd_failures >= MAX_RECLAIM_RETRIES)
		return true;
	for_each_zone(zone) {
		if (!managed_zone(zone))
			continue;
		reclaimable += zone_reclaimable_pages(zone);
		write_pending += zone_page_state(zone, NR_ZONE_WRITE_PENDING);
	}
	return 2 * write_pending <= reclaimable;
}

static void throttled_wait(wait_queue_head_t *wq, const char *why, long timeout)
{
	struct wait_queue_entry wait = { .entry = LIST_HEAD_INIT(wait.entry) };

	__wait_enter(why, __func__, __FILE__, __LINE__);
	prepare_to_wait(wq, &wait, TASK_UNINTERRUPTIBLE);
	schedule_timeout(timeout);
	finish_wait(wq, &wait);
}

static void reclaim_throttle(enum throttle reason)
{
	struct user_state *user = this_user;

	if (!user_can_block())
		return;
	if ((!current_is_kswapd() && current->flags & PF_KTHREAD) ||
	    (reason != THROTTLE_WRITEBACK && skip_throttle_noprogress())) {
		cond_resched();
		return;
	}
	if (reason != THROTTLE_WRITEBACK) {
		throttled_wait(&user->noprogress_wait, "reclaim makes no progress", 1);
		return;
	}
	if (!user->nr_writeback_throttled++)
		user->nr_throttled_written = 0;
	throttled_wait(&user->reclaim_wait, "reclaim waits for writeback", HZ / 10);
	user->nr_writeback_throttled--;
}

void acct_reclaim_writeback(void)
{
	struct user_state *user = this_user;

	if (!user->nr_writeback_throttled)
		return;
	if (++user->nr_throttled_written > SWAP_CLUSTER_MAX * user->nr_writeback_throttled)
		wake_up_all(&user->reclaim_wait);
}

/* Isolated pages */

/*
 * Take up to @nr_to_scan pages off the old end of a list, with a reference each.  Pages of zones
 * that would not help go to the other end.
 */
static unsigned long isolate_lru_pages(unsigned long nr_to_scan, struct list_head *dst,
				       unsigned long *nr_scanned, const struct scan_control *sc,
				       enum lru_list lru)
{
	struct list_head *src = &this_pgdat()->__lruvec.lists[lru];
	unsigned long scan = 0, skipped = 0;
	LIST_HEAD(skip);

	while (scan < nr_to_scan && !list_empty(src)) {
		struct page *page = list_last_entry(src, struct page, lru);

		if ((int)page_zonenum(page) > sc->reclaim_idx) {
			list_move(&page->lru, &skip);
			skipped += compound_nr(page);
			continue;
		}
		scan += compound_nr(page);
		lruvec_del_page(page);
		atomic_inc(&page->_refcount);
		list_add(&page->lru, dst);
	}
	list_splice(&skip, src);
	*nr_scanned = scan + skipped;
	return scan;
}

/* Isolated pages go back where their flags say; those that nobody else holds are freed. */
static unsigned long move_pages_to_lru(struct list_head *list)
{
	unsigned long moved = 0;
	LIST_HEAD(to_free);

	while (!list_empty(list)) {
		struct page *page = list_last_entry(list, struct page, lru);

		list_del(&page->lru);
		if (put_page_testzero(page)) {
			ClearPageActive(page);
			free_with_batch(page, &to_free);
			continue;
		}
		moved += compound_nr(page);
		lruvec_add_page(page);
	}
	free_unref_page_list(&to_free);
	return moved;
}

static int clear_accessed(const struct pte_ref *ref)
{
	u64 pte = pte_ref_get(ref);

	pte_ref_set(ref, pte & ~PTE_ACCESSED);
	return pte & PTE_ACCESSED ? 1 : 0;
}

/* Accessed bits of a page's entries, which are cleared. */
static int page_referenced(struct page *page)
{
	struct pte_ref ref;
	int referenced = 0;
	u32 i;

	if (folio_is_small(page))
		return anon_folio_referenced(page);
	if (page_pte(page, &ref))
		return clear_accessed(&ref);
	if (!PageHead(page) || !page->private)
		return 0;
	/* A huge page that is mapped page by page. */
	for (i = 0; i < CHUNK_PAGES; i++) {
		u64 pte = pte_get(ref.chunk, i);

		ref.off = i;
		if (pte & PTE_PRESENT && pte_pfn(pte) == ref.chunk->compound + i)
			referenced += clear_accessed(&ref);
	}
	return referenced;
}

static enum page_references page_check_references(struct page *page)
{
	int referenced_ptes = page_is_file_lru(page) ? 0 : page_referenced(page);
	int referenced_page = PageReferenced(page);

	ClearPageReferenced(page);
	if (referenced_ptes) {
		/* A fresh page is accessed of course: it has to be found so twice. */
		SetPageReferenced(page);
		return referenced_page || referenced_ptes > 1 ? PAGEREF_ACTIVATE : PAGEREF_KEEP;
	}
	if (referenced_page && page_is_file_lru(page))
		return PAGEREF_RECLAIM_CLEAN;
	return PAGEREF_RECLAIM;
}

/* Nobody refers to it any more: it was unmapped while it was isolated or written. */
static bool page_unwanted(const struct page *page)
{
	if (PageWriteback(page))
		return false;
	return !page_owner(page);
}

/* Where the page was mapped, its slot is now; false: it is being accessed. */
static bool try_to_unmap(struct page *page)
{
	struct address_space *space;
	struct pte_ref ref;

	if (!page_pte(page, &ref))
		return true;
	if (ref.chunk->busy)
		return false;
	space = owner_space(page_owner(page));
	if (pte_ref_get(&ref) & PTE_WRITE)
		SetPageDirty(page);
	pte_ref_set(&ref, page->private);
	space->nr_resident--;
	space->nr_swapped++;
	mod_node_page_state(this_pgdat(), NR_ANON_MAPPED, -1);
	if (space->shared)
		mod_node_page_state(this_pgdat(), NR_SHMEM, -1);
	charge(COST_GUEST_UNMAP, 1);
	return true;
}

/* What becomes of an isolated page. */
enum verdict { FREE, KEEP, KEEP_UNLOCKED, ACTIVATE };

struct shrink {
	struct scan_control *sc;
	struct reclaim_stat *stat;
	struct list_head *pages;	/* those still to look at */
	struct page_io *plug;
};

/* Anonymous page: slot, and small pages only.  KEEP: go on. */
static enum verdict shrink_anon(struct shrink *s, struct page *page)
{
	struct map_chunk *chunk;

	if (PageSwapCache(page))
		return KEEP;
	if (!(s->sc->gfp_mask & __GFP_IO))
		return KEEP_UNLOCKED;
	chunk = chunk_of(owner_space(page->private), owner_index(page->private));
	if (chunk->busy)
		return KEEP_UNLOCKED;
	if (PageHead(page)) {
		if (page_ref_count(page) != 2)
			return ACTIVATE;
		s->sc->nr_scanned -= compound_nr(page) - 1;
		if (!folio_partially_mapped(page))
			count_mthp_stat(compound_order(page), MTHP_STAT_SWPOUT_FALLBACK, 1);
		split_huge_page_to_list(page, s->pages);
		if (!page->private)
			return FREE;
	}
	return add_to_swap(page) ? KEEP : ACTIVATE;
}

/* Dirty file pages are left to the flusher, anonymous ones are written here.  FREE: clean now. */
static enum verdict shrink_dirty(struct shrink *s, struct page *page, enum page_references refs)
{
	bool sync;

	if (page_is_file_lru(page)) {
		SetPageReclaim(page);
		return ACTIVATE;
	}
	if (refs == PAGEREF_RECLAIM_CLEAN || !(s->sc->gfp_mask & __GFP_IO) ||
	    !s->sc->may_writepage)
		return KEEP;
	sync = this_user->swap->zram || !coro_current->ctx.thread;
	/* When it is written, it is the next to be freed (pageout()). */
	SetPageReclaim(page);
	swap_writepage(page, &s->plug);
	s->stat->nr_pageout++;
	if (sync)
		swap_write_unplug(&s->plug);
	if (PageWriteback(page) || PageDirty(page) || PageLocked(page))
		return KEEP_UNLOCKED;
	SetPageLocked(page);
	return FREE;
}

static bool remove_mapping(struct page *page)
{
	struct pte_ref ref;

	if (page_ref_count(page) != 2 || PageDirty(page))
		return false;
	if (PageSwapCache(page)) {
		/* Faulted in again while it was written. */
		if (page_pte(page, &ref))
			return false;
		evict_from_swap_cache(page);
	} else {
		remove_file_page(page, true);
	}
	return true;
}

static enum verdict shrink_writeback(struct shrink *s, struct page *page)
{
	if (current_is_kswapd() && PageReclaim(page) && this_user->node_writeback) {
		s->stat->nr_immediate++;
	} else {
		SetPageReclaim(page);
		s->stat->nr_writeback++;
	}
	return ACTIVATE;
}

/* The page is locked; KEEP_UNLOCKED: it need not be unlocked for being locked by others, or is. */
static enum verdict shrink_page(struct shrink *s, struct page *page)
{
	bool file = page_is_file_lru(page), writeback = file && PageWriteback(page);
	bool dirty = file && PageDirty(page);
	enum page_references refs;
	enum verdict verdict;

	if (page_unwanted(page)) {
		if (PageSwapCache(page)) {
			evict_from_swap_cache(page);
			atomic_dec(&page->_refcount);
		}
		return FREE;
	}
	s->stat->nr_dirty += dirty || writeback;
	s->stat->nr_unqueued_dirty += dirty && !writeback;
	s->stat->nr_congested += writeback && PageReclaim(page);
	if (PageWriteback(page))
		return shrink_writeback(s, page);
	refs = page_check_references(page);
	if (refs == PAGEREF_ACTIVATE)
		return ACTIVATE;
	if (refs == PAGEREF_KEEP)
		return KEEP;
	if (!file) {
		verdict = shrink_anon(s, page);
		if (verdict == KEEP_UNLOCKED)
			return KEEP;
		if (verdict != KEEP)
			return verdict;
		if (!try_to_unmap(page))
			return KEEP;
	}
	if (PageDirty(page)) {
		verdict = shrink_dirty(s, page, refs);
		if (verdict != FREE)
			return verdict;
	}
	if (!remove_mapping(page))
		return KEEP;
	atomic_dec(&page->_refcount);
	return FREE;
}

/* It stays, and is worth it; when swap is short it need not keep a slot. */
static void activate_isolated(struct page *page)
{
	struct pte_ref ref;

	if (PageSwapCache(page) && swap_is_full() && !PageWriteback(page) &&
	    page_pte(page, &ref))
		delete_from_swap_cache(page);
	SetPageActive(page);
	vm_event(this_mm, PGACTIVATE, compound_nr(page));
}

/* Returns pages freed; the others are on @page_list again. */
static unsigned long shrink_page_list(struct list_head *page_list, struct scan_control *sc,
				      struct reclaim_stat *stat)
{
	struct shrink s = { .sc = sc, .stat = stat, .pages = page_list };
	unsigned long nr_reclaimed = 0;
	LIST_HEAD(to_free);
	LIST_HEAD(kept);

	while (!list_empty(page_list)) {
		struct page *page = list_last_entry(page_list, struct page, lru);
		enum verdict verdict;

		list_del(&page->lru);
		charge(COST_GUEST_RECLAIM, 1);
		if (PageLocked(page)) {
			list_add(&page->lru, &kept);
			continue;
		}
		SetPageLocked(page);
		sc->nr_scanned += compound_nr(page);
		verdict = shrink_page(&s, page);
		if (verdict == ACTIVATE)
			activate_isolated(page);
		if (verdict != KEEP_UNLOCKED)
			unlock_page(page);
		if (verdict == FREE) {
			/* Of the references only that of the isolation is left. */
			nr_reclaimed += compound_nr(page);
			ClearPageActive(page);
			set_page_count(page, 0);
			free_with_batch(page, &to_free);
		} else {
			list_add(&page->lru, &kept);
		}
		user_resched();
	}
	swap_write_unplug(&s.plug);
	free_unref_page_list(&to_free);
	list_splice(&kept, page_list);
	return nr_reclaimed;
}

/* The lists */

/* What a pass over one list came to counts for the whole of the zones. */
static void add_up(struct scan_control *sc, const struct reclaim_stat *stat,
		   unsigned long nr_taken, bool file)
{
	sc->nr.taken += nr_taken;
	sc->nr.file_taken += file ? nr_taken : 0;
	sc->nr.immediate += stat->nr_immediate;
	sc->nr.writeback += stat->nr_writeback;
	sc->nr.unqueued_dirty += stat->nr_unqueued_dirty;
	sc->nr.dirty += stat->nr_dirty;
	sc->nr.congested += stat->nr_congested;
}

static unsigned long shrink_inactive_list(unsigned long nr_to_scan, struct scan_control *sc,
					  enum lru_list lru)
{
	bool file = lru & LRU_FILE, kswapd = current_is_kswapd();
	unsigned long nr_taken, nr_scanned, nr_reclaimed;
	struct reclaim_stat stat = { 0 };
	LIST_HEAD(pages);

	nr_taken = isolate_lru_pages(nr_to_scan, &pages, &nr_scanned, sc, lru);
	vm_event(this_mm, kswapd ? PGSCAN_KSWAPD : PGSCAN_DIRECT, nr_scanned);
	vm_event(this_mm, file ? PGSCAN_FILE : PGSCAN_ANON, nr_scanned);
	this_user->stats.pages_scanned += nr_scanned;
	if (!nr_taken)
		return 0;
	nr_reclaimed = shrink_page_list(&pages, sc, &stat);
	move_pages_to_lru(&pages);
	vm_event(this_mm, kswapd ? PGSTEAL_KSWAPD : PGSTEAL_DIRECT, nr_reclaimed);
	vm_event(this_mm, file ? PGSTEAL_FILE : PGSTEAL_ANON, nr_reclaimed);
	this_user->stats.pages_reclaimed += nr_reclaimed;
	lru_note_cost(file, stat.nr_pageout);
	if (stat.nr_unqueued_dirty == nr_taken)
		wakeup_flusher_threads();
	add_up(sc, &stat, nr_taken, file);
	return nr_reclaimed;
}

/* Oldest active pages become inactive, whether accessed or not. */
static void shrink_active_list(unsigned long nr_to_scan, struct scan_control *sc,
			       enum lru_list lru)
{
	LIST_HEAD(hold);
	LIST_HEAD(inactive);
	unsigned long nr_scanned;

	isolate_lru_pages(nr_to_scan, &hold, &nr_scanned, sc, lru);
	vm_event(this_mm, PGREFILL, nr_scanned);
	while (!list_empty(&hold)) {
		struct page *page = list_last_entry(&hold, struct page, lru);

		list_del(&page->lru);
		charge(COST_GUEST_RECLAIM, 1);
		if (!page_is_file_lru(page))
			page_referenced(page);
		ClearPageActive(page);
		SetPageWorkingset(page);
		list_add(&page->lru, &inactive);
		user_resched();
	}
	vm_event(this_mm, PGDEACTIVATE, move_pages_to_lru(&inactive));
}

static bool inactive_is_low(enum lru_list inactive_lru)
{
	return scan_inactive_is_low(lru_size(inactive_lru), lru_size(inactive_lru + LRU_ACTIVE));
}

static unsigned long shrink_list(enum lru_list lru, unsigned long nr_to_scan,
				 struct scan_control *sc)
{
	if (!(lru & LRU_ACTIVE))
		return shrink_inactive_list(nr_to_scan, sc, lru);
	if (sc->may_deactivate[lru & LRU_FILE ? true : false])
		shrink_active_list(nr_to_scan, sc, lru);
	else
		sc->skipped_deactivate = true;
	return 0;
}

/* Pages of the list in zones that reclaim is for. */
static unsigned long lruvec_lru_size(enum lru_list lru, int reclaim_idx)
{
	unsigned long size = 0;
	int i;

	for (i = 0; i <= reclaim_idx && i < MAX_NR_ZONES; i++)
		size += zone_page_state(&this_pgdat()->node_zones[i], NR_ZONE_LRU_BASE + lru);
	return size;
}

static void prepare_scan_count(struct scan_control *sc, struct scan_balance *b)
{
	const struct user_state *user = this_user;
	struct zone *zone;
	int i;

	*b = (struct scan_balance){
		.cost = user->lru_cost, .swappiness = this_mm->config.swappiness,
		.priority = sc->priority, .swap = sc->may_swap && can_reclaim_anon_pages(),
		.force_deactivate = sc->force_deactivate,
	};
	for (i = 0; i < 2; i++)
		b->refaults[i] = user->workingset_activate[i] != user->refaults[i];
	lruvec_sizes(b->size);
	for (i = 0; i < NR_SCAN_LISTS; i++)
		b->eligible[i] = lruvec_lru_size(i, sc->reclaim_idx);
	for_each_zone(zone) {
		if (!managed_zone(zone))
			continue;
		b->free += zone_page_state(zone, NR_FREE_PAGES);
		b->high_watermark += high_wmark_pages(zone);
	}
	sc->may_deactivate[false] = scan_may_deactivate(b, false);
	sc->may_deactivate[true] = scan_may_deactivate(b, true);
}

static void shrink_lruvec(struct scan_control *sc)
{
	uint64_t nr[NR_SCAN_LISTS], targets[NR_SCAN_LISTS];
	unsigned long nr_reclaimed = 0;
	struct scan_balance balance;
	bool proportional = !current_is_kswapd() && sc->priority == DEF_PRIORITY;
	int lru;

	prepare_scan_count(sc, &balance);
	scan_count(&balance, nr);
	memcpy(targets, nr, sizeof(nr));
	while (nr[LRU_INACTIVE_ANON] || nr[LRU_ACTIVE_FILE] || nr[LRU_INACTIVE_FILE]) {
		for (lru = LRU_INACTIVE_ANON; lru <= LRU_ACTIVE_FILE; lru++) {
			unsigned long batch = min_t(uint64_t, nr[lru], SWAP_CLUSTER_MAX);

			nr[lru] -= batch;
			if (batch)
				nr_reclaimed += shrink_list(lru, batch, sc);
		}
		user_resched();
		if (nr_reclaimed < sc->nr_to_reclaim || proportional)
			continue;
		if (!scan_proportionally(nr, targets))
			break;
	}
	sc->nr_reclaimed += nr_reclaimed;
	if (can_age_anon_pages() && inactive_is_low(LRU_INACTIVE_ANON))
		shrink_active_list(SWAP_CLUSTER_MAX, sc, LRU_ACTIVE_ANON);
}

/* Reclaim that is to make compaction possible, rather than to free this many pages. */
static bool in_reclaim_compaction(const struct scan_control *sc)
{
	return sc->gfp_mask & __GFP_IO && sc->order &&
	       (sc->order > PAGE_ALLOC_COSTLY_ORDER || sc->priority < DEF_PRIORITY - 2);
}

static bool should_continue_reclaim(const struct scan_control *sc, unsigned long nr_reclaimed)
{
	unsigned long inactive;
	int i;

	if (!in_reclaim_compaction(sc) || !nr_reclaimed)
		return false;
	for (i = 0; i <= sc->reclaim_idx; i++) {
		struct zone *zone = &this_pgdat()->node_zones[i];

		if (managed_zone(zone) &&
		    compaction_suitable(zone, sc->order, 0, sc->reclaim_idx) >= COMPACT_CONTINUE)
			return false;
	}
	inactive = lru_size(LRU_INACTIVE_FILE);
	if (can_reclaim_anon_pages())
		inactive += lru_size(LRU_INACTIVE_ANON);
	return inactive > compact_gap(sc->order);
}

/* Enough is free in this zone to compact it, with a margin for others who allocate. */
static bool compaction_ready(struct zone *zone, const struct scan_control *sc)
{
	enum compact_result suitable;

	if (!(sc->gfp_mask & __GFP_IO))
		return false;
	suitable = compaction_suitable(zone, sc->order, 0, sc->reclaim_idx);
	if (suitable == COMPACT_SUCCESS || suitable == COMPACT_SKIPPED)
		return suitable == COMPACT_SUCCESS;
	return zone_watermark_ok_safe(zone, 0, high_wmark_pages(zone) + compact_gap(sc->order),
				      sc->reclaim_idx);
}

/* One round over the node; the kernel's flags for what stands in the way. */
static void shrink_node_once(struct scan_control *sc)
{
	struct user_state *user = this_user;

	memset(&sc->nr, 0, sizeof(sc->nr));
	shrink_lruvec(sc);
	shrink_slab(sc->gfp_mask, sc->priority);
	if (current_is_kswapd()) {
		if (sc->nr.writeback && sc->nr.writeback == sc->nr.taken)
			user->node_writeback = true;
		if (sc->nr.immediate)
			reclaim_throttle(THROTTLE_WRITEBACK);
		if (sc->nr.dirty && sc->nr.dirty == sc->nr.congested)
			user->node_congested = true;
	} else if (user->node_congested) {
		reclaim_throttle(THROTTLE_CONGESTED);
	}
}

static void shrink_node(struct scan_control *sc)
{
	unsigned long start = sc->nr_reclaimed, before;

	do {
		before = sc->nr_reclaimed;
		shrink_node_once(sc);
	} while (should_continue_reclaim(sc, sc->nr_reclaimed - before));
	if (sc->nr_reclaimed > start)
		this_pgdat()->kswapd_failures = 0;
}

/* The node is shrunk once, for whichever of its zones needs it. */
static void shrink_zones(struct zonelist *zonelist, struct scan_control *sc)
{
	struct zone **z;

	for (z = zonelist->zones; *z; z++) {
		if ((int)zone_idx(*z) > sc->reclaim_idx)
			continue;
		if (sc->order > PAGE_ALLOC_COSTLY_ORDER && compaction_ready(*z, sc)) {
			sc->compaction_ready = true;
			continue;
		}
		shrink_node(sc);
		return;
	}
}

static void snapshot_refaults(void)
{
	struct user_state *user = this_user;

	memcpy(user->refaults, user->workingset_activate, sizeof(user->refaults));
}

/* Direct reclaim */

static void consider_reclaim_throttle(const struct scan_control *sc)
{
	if (sc->nr_reclaimed > sc->nr_scanned >> 3) {
		if (waitqueue_active(&this_user->noprogress_wait))
			wake_up_all(&this_user->noprogress_wait);
		return;
	}
	if (sc->priority == 1 && !sc->nr_reclaimed)
		reclaim_throttle(THROTTLE_NOPROGRESS);
}

static unsigned long do_try_to_free_pages(struct zonelist *zonelist, struct scan_control *sc)
{
	for (;;) {
		vm_event(this_mm, ALLOCSTALL_DMA + sc->reclaim_idx, 1);
		sc->priority = DEF_PRIORITY;
		do {
			sc->nr_scanned = 0;
			shrink_zones(zonelist, sc);
			consider_reclaim_throttle(sc);
			if (sc->nr_reclaimed >= sc->nr_to_reclaim || sc->compaction_ready)
				break;
		} while (--sc->priority >= 0);
		snapshot_refaults();
		if (!sc->nr_reclaimed && sc->compaction_ready)
			return 1;
		if (sc->nr_reclaimed || !sc->skipped_deactivate)
			return sc->nr_reclaimed;
		/* Nothing, but there are active pages left that were spared. */
		sc->force_deactivate = true;
		sc->skipped_deactivate = false;
	}
}

/* Direct reclaim has to leave half of the minimum to those who free memory. */
static bool allow_direct_reclaim(void)
{
	struct pglist_data *pgdat = this_pgdat();
	unsigned long reserve = 0, free = 0;
	int i;

	if (pgdat->kswapd_failures >= MAX_RECLAIM_RETRIES)
		return true;
	for (i = 0; i <= ZONE_NORMAL; i++) {
		struct zone *zone = &pgdat->node_zones[i];

		if (!managed_zone(zone) || !zone_reclaimable_pages(zone))
			continue;
		reserve += min_wmark_pages(zone);
		free += zone_page_state(zone, NR_FREE_PAGES);
	}
	if (!reserve || free > reserve / 2)
		return true;
	if (waitqueue_active(&pgdat->kswapd_wait)) {
		if (pgdat->kswapd_highest_zoneidx > ZONE_NORMAL)
			pgdat->kswapd_highest_zoneidx = ZONE_NORMAL;
		wake_up_interruptible(&pgdat->kswapd_wait);
	}
	return false;
}

/* True: a fatal signal came, do not reclaim. */
static bool throttle_direct_reclaim(gfp_t gfp)
{
	struct pglist_data *pgdat = this_pgdat();

	if (!pgdat->kswapd || !user_can_block() || current->flags & PF_KTHREAD ||
	    fatal_signal_pending(current) || allow_direct_reclaim())
		return false;
	if (gfp & __GFP_FS)
		wait_event(pgdat->pfmemalloc_wait,
			   allow_direct_reclaim() || fatal_signal_pending(current));
	else
		wait_event_timeout(pgdat->pfmemalloc_wait, allow_direct_reclaim(), HZ);
	return fatal_signal_pending(current);
}

unsigned long try_to_free_pages(struct zonelist *zonelist, int order, gfp_t gfp_mask)
{
	struct scan_control sc = {
		.nr_to_reclaim = SWAP_CLUSTER_MAX,
		.gfp_mask = gfp_mask,
		.reclaim_idx = gfp_zone(gfp_mask),
		.order = order,
		.may_writepage = true,
		.may_swap = true,
	};
	unsigned int memalloc;
	unsigned long reclaimed;

	if (!this_user)
		return 0;
	if (throttle_direct_reclaim(gfp_mask))
		return 1;
	if (!current)
		return do_try_to_free_pages(zonelist, &sc);
	memalloc = current->flags & PF_MEMALLOC;
	current->flags |= PF_MEMALLOC;
	reclaimed = do_try_to_free_pages(zonelist, &sc);
	if (!memalloc)
		current->flags &= ~PF_MEMALLOC;
	return reclaimed;
}

/* kswapd */

static bool pgdat_watermark_boosted(const struct pglist_data *pgdat, int highest_zoneidx)
{
	int i;

	for (i = 0; i <= highest_zoneidx; i++) {
		if (managed_zone(&pgdat->node_zones[i]) && pgdat->node_zones[i].watermark_boost)
			return true;
	}
	return false;
}

/* Some zone that is allowed has enough. */
static bool pgdat_balanced(struct pglist_data *pgdat, int order, int highest_zoneidx)
{
	bool any = false;
	int i;

	for (i = 0; i <= highest_zoneidx; i++) {
		struct zone *zone = &pgdat->node_zones[i];

		if (!managed_zone(zone))
			continue;
		any = true;
		if (zone_watermark_ok_safe(zone, order, high_wmark_pages(zone),
					   highest_zoneidx))
			return true;
	}
	return !any;
}

static bool prepare_kswapd_sleep(struct pglist_data *pgdat, int order, int highest_zoneidx)
{
	if (waitqueue_active(&pgdat->pfmemalloc_wait))
		wake_up_all(&pgdat->pfmemalloc_wait);
	if (pgdat->kswapd_failures >= MAX_RECLAIM_RETRIES)
		return true;
	if (!pgdat_balanced(pgdat, order, highest_zoneidx))
		return false;
	this_user->node_writeback = false;
	this_user->node_congested = false;
	return true;
}

/* Returns whether so much was scanned that the next priority is not needed. */
static bool kswapd_shrink_node(struct pglist_data *pgdat, struct scan_control *sc)
{
	int i;

	sc->nr_to_reclaim = 0;
	for (i = 0; i <= sc->reclaim_idx; i++) {
		struct zone *zone = &pgdat->node_zones[i];

		if (managed_zone(zone))
			sc->nr_to_reclaim += max(high_wmark_pages(zone), SWAP_CLUSTER_MAX);
	}
	shrink_node(sc);
	if (sc->order && sc->nr_reclaimed >= 2UL << sc->order)
		sc->order = 0;
	return sc->nr_scanned >= sc->nr_to_reclaim;
}

static void set_reclaim_active(struct pglist_data *pgdat, int highest_zoneidx, bool active)
{
	int i;

	for (i = 0; i <= highest_zoneidx; i++) {
		if (active)
			set_bit(ZONE_RECLAIM_ACTIVE, &pgdat->node_zones[i].flags);
		else
			clear_bit(ZONE_RECLAIM_ACTIVE, &pgdat->node_zones[i].flags);
	}
}

/* One round after the other, each scanning more, until a zone is above its high mark. */
static void balance_rounds(struct pglist_data *pgdat, struct scan_control *sc,
			   int highest_zoneidx, unsigned long nr_boost)
{
	sc->priority = DEF_PRIORITY;
	do {
		unsigned long before = sc->nr_reclaimed, reclaimed;
		bool balanced = pgdat_balanced(pgdat, sc->order, highest_zoneidx);
		bool raise_priority = true;

		sc->reclaim_idx = highest_zoneidx;
		if (!balanced && nr_boost) {
			/* It is not only fragmentation: forget about the boost. */
			nr_boost = 0;
			sc->priority = DEF_PRIORITY;
			continue;
		}
		if (!nr_boost && balanced)
			return;
		if (nr_boost && sc->priority == DEF_PRIORITY - 2)
			raise_priority = false;
		sc->may_writepage = sc->may_swap = !nr_boost;
		if (can_age_anon_pages() && inactive_is_low(LRU_INACTIVE_ANON))
			shrink_active_list(SWAP_CLUSTER_MAX, sc, LRU_ACTIVE_ANON);
		if (sc->priority < DEF_PRIORITY - 2)
			sc->may_writepage = true;
		sc->nr_scanned = 0;
		if (kswapd_shrink_node(pgdat, sc))
			raise_priority = false;
		if (waitqueue_active(&pgdat->pfmemalloc_wait) && allow_direct_reclaim())
			wake_up_all(&pgdat->pfmemalloc_wait);
		if (kthread_should_stop())
			return;
		reclaimed = sc->nr_reclaimed - before;
		nr_boost -= min(nr_boost, reclaimed);
		if (nr_boost && !reclaimed)
			break;
		if (raise_priority || !reclaimed)
			sc->priority--;
	} while (sc->priority >= 1);
	if (!sc->nr_reclaimed)
		pgdat->kswapd_failures++;
}

static int balance_pgdat(struct pglist_data *pgdat, int order, int highest_zoneidx)
{
	struct scan_control sc = { .gfp_mask = GFP_KERNEL, .order = order };
	unsigned long boosts[MAX_NR_ZONES] = { 0 }, nr_boost = 0;
	int i;

	vm_event(this_mm, PAGEOUTRUN, 1);
	for (i = 0; i <= highest_zoneidx; i++) {
		boosts[i] = pgdat->node_zones[i].watermark_boost;
		nr_boost += boosts[i];
	}
	set_reclaim_active(pgdat, highest_zoneidx, true);
	balance_rounds(pgdat, &sc, highest_zoneidx, nr_boost);
	set_reclaim_active(pgdat, highest_zoneidx, false);
	for (i = 0; i <= highest_zoneidx; i++)
		pgdat->node_zones[i].watermark_boost -=
			min(pgdat->node_zones[i].watermark_boost, boosts[i]);
	if (nr_boost)
		wakeup_kcompactd(pgdat, pageblock_order, highest_zoneidx);
	snapshot_refaults();
	return sc.order;
}

static int requested_zoneidx(const struct pglist_data *pgdat, int previous)
{
	return pgdat->kswapd_highest_zoneidx == MAX_NR_ZONES ? previous :
							      (int)pgdat->kswapd_highest_zoneidx;
}

static void kswapd_try_to_sleep(struct pglist_data *pgdat, int alloc_order, int reclaim_order,
				int highest_zoneidx)
{
	struct wait_queue_entry wait = { .entry = LIST_HEAD_INIT(wait.entry) };
	long remaining = 0;

	if (kthread_should_stop())
		return;
	current->wait_reason = "kswapd_wait";
	prepare_to_wait(&pgdat->kswapd_wait, &wait, TASK_INTERRUPTIBLE);
	if (prepare_kswapd_sleep(pgdat, reclaim_order, highest_zoneidx)) {
		/* Free memory there is now; whether in blocks is kcompactd's affair. */
		reset_isolation_suitable(pgdat);
		wakeup_kcompactd(pgdat, alloc_order, highest_zoneidx);
		set_current_state(TASK_INTERRUPTIBLE);
		remaining = schedule_timeout(HZ / 10);
		if (remaining) {
			pgdat->kswapd_highest_zoneidx = requested_zoneidx(pgdat, highest_zoneidx);
			pgdat->kswapd_order = max(pgdat->kswapd_order, reclaim_order);
		}
		finish_wait(&pgdat->kswapd_wait, &wait);
		prepare_to_wait(&pgdat->kswapd_wait, &wait, TASK_INTERRUPTIBLE);
	}
	if (!remaining && prepare_kswapd_sleep(pgdat, reclaim_order, highest_zoneidx) &&
	    !kthread_should_stop()) {
		current->wait_expected = true;
		schedule();
		current->wait_expected = false;
	}
	finish_wait(&pgdat->kswapd_wait, &wait);
}

static int kswapd(void *data)
{
	struct pglist_data *pgdat = data;
	int alloc_order = 0, reclaim_order = 0, highest_zoneidx = MAX_NR_ZONES - 1;

	current->flags |= PF_MEMALLOC | PF_KSWAPD;
	while (!kthread_should_stop()) {
		kswapd_try_to_sleep(pgdat, alloc_order, reclaim_order, highest_zoneidx);
		if (kthread_should_stop())
			break;
		alloc_order = pgdat->kswapd_order;
		highest_zoneidx = requested_zoneidx(pgdat, highest_zoneidx);
		pgdat->kswapd_order = 0;
		pgdat->kswapd_highest_zoneidx = MAX_NR_ZONES;
		reclaim_order = balance_pgdat(pgdat, alloc_order, highest_zoneidx);
		if (reclaim_order < alloc_order)
			continue;	/* it gave up on the order: sleep if order 0 is all right */
		alloc_order = reclaim_order = pgdat->kswapd_order;
		highest_zoneidx = requested_zoneidx(pgdat, highest_zoneidx);
	}
	return 0;
}

void wakeup_kswapd(struct zone *zone, gfp_t gfp_mask, int order, enum zone_type highest_zoneidx)
{
	struct pglist_data *pgdat = zone->zone_pgdat;

	if (!this_user || !managed_zone(zone))
		return;
	if (pgdat->kswapd_highest_zoneidx == MAX_NR_ZONES ||
	    pgdat->kswapd_highest_zoneidx < highest_zoneidx)
		pgdat->kswapd_highest_zoneidx = highest_zoneidx;
	pgdat->kswapd_order = max(pgdat->kswapd_order, order);
	if (!waitqueue_active(&pgdat->kswapd_wait))
		return;
	if (pgdat->kswapd_failures >= MAX_RECLAIM_RETRIES ||
	    (pgdat_balanced(pgdat, order, highest_zoneidx) &&
	     !pgdat_watermark_boosted(pgdat, highest_zoneidx))) {
		/* Memory there is, only not in blocks; who may not compact leaves it to others. */
		if (!(gfp_mask & __GFP_DIRECT_RECLAIM))
			wakeup_kcompactd(pgdat, order, highest_zoneidx);
		return;
	}
	wake_up_interruptible(&pgdat->kswapd_wait);
}

void vmscan_init(struct user_state *user)
{
	struct pglist_data *pgdat = this_pgdat();
	int lru;

	for (lru = 0; lru < NR_LRU_LISTS; lru++)
		INIT_LIST_HEAD(&pgdat->__lruvec.lists[lru]);
	init_waitqueue_head(&pgdat->kswapd_wait);
	init_waitqueue_head(&pgdat->pfmemalloc_wait);
	init_waitqueue_head(&user->reclaim_wait);
	init_waitqueue_head(&user->noprogress_wait);
	pgdat->kswapd_highest_zoneidx = MAX_NR_ZONES;
}

int kswapd_run(void)
{
	struct task_struct *task = kthread_run(kswapd, this_pgdat(), "kswapd0");

	if (IS_ERR(task))
		return PTR_ERR(task);
	this_pgdat()->kswapd = task;
	return 0;
}
