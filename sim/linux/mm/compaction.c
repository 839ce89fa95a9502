// SPDX-License-Identifier: GPL-2.0-only
/*
 * Compaction: when it runs, how far, and who does it: whoever needs a large block (direct
 * compaction), kcompactd, or the administrator.
 *
 * Models mm/compaction.c of Linux 6.1: compaction_suitable() with the fragmentation index,
 * compact_finished(), deferral after failures (compaction_deferred()), cached positions and the
 * hints that are forgotten when a pass is complete, kcompactd with its proactive half (every
 * 500 ms, proactiveness 20), and of mm/vmstat.c extfrag_for_order() and fragmentation_index().
 *
 * Left out: capture of the block that direct compaction makes, which is for the compactor alone
 * (nobody runs between the one and the other here), contention of locks.
 */
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include "compaction.h"
#include "user.h"

#define COMPACT_MAX_DEFER_SHIFT 6
#define EXTFRAG_THRESHOLD 500		/* vm.extfrag_threshold */
#define COMPACTION_PROACTIVENESS 20	/* vm.compaction_proactiveness */
#define COMPACTION_HPAGE_ORDER HOST_PMD_ORDER
#define PROACTIVE_INTERVAL (HZ / 2)	/* HPAGE_FRAG_CHECK_INTERVAL_MSEC */

/* How free memory is cut up */

struct contig_page_info {
	unsigned long free_pages, free_blocks_total, free_blocks_suitable;
};

static void fill_contig_page_info(const struct zone *zone, unsigned int suitable_order,
				  struct contig_page_info *info)
{
	unsigned int order;

	memset(info, 0, sizeof(*info));
	for (order = 0; order < MAX_ORDER; order++) {
		unsigned long blocks = zone->free_area[order].nr_free;

		info->free_blocks_total += blocks;
		info->free_pages += blocks << order;
		if (order >= suitable_order)
			info->free_blocks_suitable += blocks << (order - suitable_order);
	}
}

unsigned int extfrag_for_order(const struct zone *zone, unsigned int order)
{
	struct contig_page_info info;

	fill_contig_page_info(zone, order, &info);
	if (!info.free_pages)
		return 0;
	return (info.free_pages - (info.free_blocks_suitable << order)) * 100 / info.free_pages;
}

/*
 * Why a block of this order is not to be had: towards 0, too little memory is free, towards 1000,
 * it is cut up; -1000: one is there.
 */
static int fragmentation_index(const struct zone *zone, unsigned int order)
{
	struct contig_page_info info;

	fill_contig_page_info(zone, order, &info);
	if (!info.free_blocks_total)
		return 0;
	if (info.free_blocks_suitable)
		return -1000;
	return 1000 - (int)((1000 + info.free_pages * 1000 / (1UL << order)) /
			    info.free_blocks_total);
}

/* The score of a zone counts by its share of the node. */
static unsigned int fragmentation_score_node(void)
{
	unsigned long present = 0;
	unsigned int score = 0;
	struct zone *zone;

	for_each_zone(zone)
		present += zone->present_pages;
	for_each_zone(zone)
		score += zone->present_pages * extfrag_for_order(zone, COMPACTION_HPAGE_ORDER) /
			 (present + 1);
	return score;
}

static unsigned int fragmentation_score_wmark(bool low)
{
	unsigned int wmark_low = 100 - COMPACTION_PROACTIVENESS;

	return low ? wmark_low : wmark_low + 10;
}

/* Deferral: after a failure the next ones who ask are sent away, each time twice as many */

static void defer_compaction(struct zone *zone, int order)
{
	zone->compact_considered = 0;
	if (zone->compact_defer_shift < COMPACT_MAX_DEFER_SHIFT)
		zone->compact_defer_shift++;
	zone->compact_order_failed = min(zone->compact_order_failed, order);
}

static bool compaction_deferred(struct zone *zone, int order)
{
	unsigned int limit = 1U << zone->compact_defer_shift;

	if (order < zone->compact_order_failed)
		return false;
	if (++zone->compact_considered < limit)
		return true;
	zone->compact_considered = limit;
	return false;
}

void compaction_defer_reset(struct zone *zone, int order, bool alloc_success)
{
	zone->compact_order_failed = max(zone->compact_order_failed, order + 1);
	if (alloc_success)
		zone->compact_considered = zone->compact_defer_shift = 0;
}

static bool compaction_restarting(const struct zone *zone, int order)
{
	return order >= zone->compact_order_failed &&
	       zone->compact_defer_shift == COMPACT_MAX_DEFER_SHIFT &&
	       zone->compact_considered >= 1U << zone->compact_defer_shift;
}

/* Where scanners begin, and what they pass over */

static void reset_cached_positions(struct zone *zone)
{
	zone->compact_cached_migrate_pfn[0] = zone->zone_start_pfn;
	zone->compact_cached_migrate_pfn[1] = zone->zone_start_pfn;
	zone->compact_cached_free_pfn = pageblock_start_pfn(zone_end_pfn(zone) - 1);
}

/* A look at every eighth page: does the block have some to move, or some to move to? */
static bool reset_isolation_block(const struct zone *zone, unsigned long pfn, bool check_source,
				  bool check_target)
{
	unsigned long end = min(pageblock_end_pfn(pfn), zone_end_pfn(zone));
	struct page *page = pfn_to_page(pfn);

	if (PageCompound(page) && compound_order(compound_head(page)) >= pageblock_order)
		return false;
	if (check_source && check_target && !get_pageblock_skip(page))
		return true;
	if (!check_source && check_target && get_pageblock_migratetype(page) != MIGRATE_MOVABLE)
		return false;
	for (pfn = max(pageblock_start_pfn(pfn), zone->zone_start_pfn); pfn < end;
	     pfn += 1UL << PAGE_ALLOC_COSTLY_ORDER) {
		page = pfn_to_page(pfn);
		charge(COST_COMPACT_SCAN, 1);
		if ((check_source && PageLRU(page)) || (check_target && PageBuddy(page))) {
			clear_pageblock_skip(page);
			return true;
		}
	}
	return false;
}

static void reset_isolation_zone(struct zone *zone)
{
	unsigned long migrate = zone->zone_start_pfn, free = zone_end_pfn(zone) - 1;
	unsigned long reset_migrate = free, reset_free = migrate;
	bool source_set = false, free_set = false;

	if (!zone->compact_blockskip_flush)
		return;
	zone->compact_blockskip_flush = false;
	list_all_blocks(zone);
	for (; migrate < free; migrate += pageblock_nr_pages, free -= pageblock_nr_pages) {
		user_resched();
		if (reset_isolation_block(zone, migrate, true, source_set) &&
		    migrate < reset_migrate) {
			source_set = true;
			reset_migrate = migrate;
			zone->compact_init_migrate_pfn = migrate;
			zone->compact_cached_migrate_pfn[0] = migrate;
			zone->compact_cached_migrate_pfn[1] = migrate;
		}
		if (reset_isolation_block(zone, free, free_set, true) && free > reset_free) {
			free_set = true;
			reset_free = free;
			zone->compact_init_free_pfn = free;
			zone->compact_cached_free_pfn = free;
		}
	}
	if (reset_migrate >= reset_free) {
		zone->compact_cached_migrate_pfn[0] = migrate;
		zone->compact_cached_migrate_pfn[1] = migrate;
		zone->compact_cached_free_pfn = free;
	}
}

void reset_isolation_suitable(struct pglist_data *pgdat)
{
	struct zone *zone;

	for_each_populated_zone(zone)
		reset_isolation_zone(zone);
}

/* Whether to run at all */

static enum compact_result watermarks_suitable(struct zone *zone, int order,
					       unsigned int alloc_flags, int highest_zoneidx,
					       unsigned long wmark_target)
{
	unsigned long watermark;

	if (order < 0)
		return COMPACT_CONTINUE;
	watermark = wmark_pages(zone, alloc_flags & ALLOC_WMARK_MASK);
	if (zone_watermark_ok(zone, order, watermark, highest_zoneidx, alloc_flags))
		return COMPACT_SUCCESS;
	watermark = order > PAGE_ALLOC_COSTLY_ORDER ? low_wmark_pages(zone) :
						      min_wmark_pages(zone);
	watermark += compact_gap(order);
	if (!__zone_watermark_ok(zone, 0, watermark, highest_zoneidx, ALLOC_CMA, wmark_target))
		return COMPACT_SKIPPED;
	return COMPACT_CONTINUE;
}

enum compact_result compaction_suitable(struct zone *zone, int order, unsigned int alloc_flags,
					int highest_zoneidx)
{
	enum compact_result ret = watermarks_suitable(zone, order, alloc_flags, highest_zoneidx,
						      zone_page_state(zone, NR_FREE_PAGES));
	int index;

	if (ret != COMPACT_CONTINUE || order <= PAGE_ALLOC_COSTLY_ORDER)
		return ret;
	index = fragmentation_index(zone, order);
	return index >= 0 && index <= EXTFRAG_THRESHOLD ? COMPACT_SKIPPED : ret;
}

bool compaction_zonelist_suitable(const struct alloc_context *ac, int order,
				  unsigned int alloc_flags)
{
	struct zone **z, *zone;

	for_each_zone_of(z, zone, ac) {
		unsigned long available = zone_reclaimable_pages(zone) / order +
					  zone_page_state(zone, NR_FREE_PAGES);

		if (watermarks_suitable(zone, order, alloc_flags, ac->highest_zoneidx,
					available) == COMPACT_CONTINUE)
			return true;
	}
	return false;
}

/* One zone */

static bool kswapd_is_running(void)
{
	const struct task_struct *kswapd = this_kernel->pgdat->kswapd;

	return kswapd && kswapd->__state == TASK_RUNNING;
}

static enum compact_result scan_complete(struct compact_control *cc)
{
	reset_cached_positions(cc->zone);
	/* kswapd forgets the hints when it goes to sleep; only who allocates may ask for that. */
	if (cc->direct_compaction)
		cc->zone->compact_blockskip_flush = true;
	return cc->whole_zone ? COMPACT_COMPLETE : COMPACT_PARTIAL_SKIPPED;
}

/* Is there a block that the allocation could have, be it of another type? */
static bool block_available(const struct compact_control *cc)
{
	unsigned int order;

	for (order = cc->order; order < MAX_ORDER; order++) {
		struct free_area *area = &cc->zone->free_area[order];

		if (!free_area_empty(area, cc->migratetype) ||
		    fallback_would_steal(area, order, cc->migratetype))
			return true;
	}
	return false;
}

static enum compact_result compact_finished(struct compact_control *cc)
{
	enum compact_result ret = COMPACT_CONTINUE;

	if (compact_scanners_met(cc))
		return scan_complete(cc);
	if (cc->proactive_compaction) {
		if (kswapd_is_running())
			return COMPACT_PARTIAL_SKIPPED;
		if (extfrag_for_order(cc->zone, COMPACTION_HPAGE_ORDER) <=
		    fragmentation_score_wmark(true))
			ret = COMPACT_SUCCESS;
	} else {
		/* A pageblock that was begun is finished, so that it is as free as can be. */
		if (cc->order < 0 || !pageblock_aligned(cc->migrate_pfn))
			return COMPACT_CONTINUE;
		if (block_available(cc))
			return COMPACT_SUCCESS;
	}
	return cc->contended || fault_signal_pending() ? COMPACT_CONTENDED : ret;
}

static void set_scanners(struct compact_control *cc)
{
	unsigned long start = cc->zone->zone_start_pfn, end = zone_end_pfn(cc->zone);
	struct zone *zone = cc->zone;

	cc->fast_start_pfn = 0;
	if (cc->whole_zone) {
		cc->migrate_pfn = start;
		cc->free_pfn = pageblock_start_pfn(end - 1);
		return;
	}
	cc->migrate_pfn = zone->compact_cached_migrate_pfn[cc->mode != MIGRATE_ASYNC];
	cc->free_pfn = zone->compact_cached_free_pfn;
	if (cc->free_pfn < start || cc->free_pfn >= end) {
		cc->free_pfn = pageblock_start_pfn(end - 1);
		zone->compact_cached_free_pfn = cc->free_pfn;
	}
	if (cc->migrate_pfn < start || cc->migrate_pfn >= end) {
		cc->migrate_pfn = start;
		zone->compact_cached_migrate_pfn[0] = start;
		zone->compact_cached_migrate_pfn[1] = start;
	}
	if (cc->migrate_pfn <= zone->compact_init_migrate_pfn)
		cc->whole_zone = true;
}

/* Isolate and move one cluster; @last: where pages were last moved from, 0: nowhere. */
static enum compact_result compact_cluster(struct compact_control *cc, unsigned long *last,
					   bool *update_cached)
{
	unsigned long from = cc->migrate_pfn;
	int err;

	cc->rescan = pageblock_start_pfn(*last) == pageblock_start_pfn(from);
	switch (isolate_migratepages(cc)) {
	case ISOLATE_ABORT:
		putback_movable_pages(&cc->migratepages);
		cc->nr_migratepages = 0;
		return COMPACT_CONTENDED;
	case ISOLATE_NONE:
		if (*update_cached)
			cc->zone->compact_cached_migrate_pfn[1] =
				cc->zone->compact_cached_migrate_pfn[0];
		return COMPACT_CONTINUE;
	case ISOLATE_SUCCESS:
		*update_cached = false;
		*last = from;
	}
	err = migrate_pages(&cc->migratepages, compaction_alloc, compaction_free,
			    (unsigned long)cc, cc->mode, NULL);
	cc->nr_migratepages = 0;
	if (!err)
		return COMPACT_CONTINUE;
	putback_movable_pages(&cc->migratepages);
	if (err == -ENOMEM && !compact_scanners_met(cc))
		return COMPACT_CONTENDED;
	if (cc->direct_compaction && cc->mode == MIGRATE_ASYNC) {
		/* A page of the block stays: on to the next one. */
		cc->migrate_pfn = round_up(cc->migrate_pfn, 1UL << cc->order);
		*last = 0;
	}
	return COMPACT_CONTINUE;
}

/* What was freed can merge only once it has left the per-CPU lists. */
static void drain_behind(const struct compact_control *cc, unsigned long *last)
{
	if (cc->order <= 0 || !*last ||
	    *last >= round_down(cc->migrate_pfn, 1UL << cc->order))
		return;
	drain_local_pages(cc->zone);
	*last = 0;
}

static void release_rest(struct compact_control *cc)
{
	unsigned long pfn;

	if (!cc->nr_freepages)
		return;
	pfn = pageblock_start_pfn(release_freepages(cc));
	if (pfn > cc->zone->compact_cached_free_pfn)
		cc->zone->compact_cached_free_pfn = pfn;
}

static enum compact_result compact_zone(struct compact_control *cc)
{
	struct zone *zone = cc->zone;
	unsigned long last = 0;
	enum compact_result ret;
	bool update_cached;

	cc->total_migrate_scanned = cc->total_free_scanned = 0;
	cc->nr_migratepages = cc->nr_freepages = 0;
	INIT_LIST_HEAD(&cc->freepages);
	INIT_LIST_HEAD(&cc->migratepages);
	cc->migratetype = gfp_migratetype(cc->gfp_mask);
	ret = compaction_suitable(zone, cc->order, cc->alloc_flags, cc->highest_zoneidx);
	if (ret != COMPACT_CONTINUE)
		return ret;
	if (compaction_restarting(zone, cc->order))
		reset_isolation_zone(zone);
	list_all_blocks(zone);
	set_scanners(cc);
	update_cached = cc->mode == MIGRATE_ASYNC && zone->compact_cached_migrate_pfn[0] ==
							   zone->compact_cached_migrate_pfn[1];
	while ((ret = compact_finished(cc)) == COMPACT_CONTINUE) {
		ret = compact_cluster(cc, &last, &update_cached);
		if (ret != COMPACT_CONTINUE)
			break;
		drain_behind(cc, &last);
	}
	release_rest(cc);
	vm_event(this_mm, COMPACTMIGRATE_SCANNED, cc->total_migrate_scanned);
	vm_event(this_mm, COMPACTFREE_SCANNED, cc->total_free_scanned);
	return ret;
}

/* Direct compaction */

static enum compact_result compact_zone_order(struct zone *zone, int order, gfp_t gfp,
					      enum compact_priority prio,
					      unsigned int alloc_flags, int highest_zoneidx)
{
	bool all = prio == MIN_COMPACT_PRIORITY;
	struct compact_control cc = {
		.order = order,
		.search_order = order,
		.gfp_mask = gfp,
		.zone = zone,
		.mode = prio == COMPACT_PRIO_ASYNC ? MIGRATE_ASYNC : MIGRATE_SYNC_LIGHT,
		.alloc_flags = alloc_flags,
		.highest_zoneidx = highest_zoneidx,
		.direct_compaction = true,
		.whole_zone = all,
		.ignore_skip_hint = all,
		.ignore_block_suitable = all,
	};

	return compact_zone(&cc);
}

enum compact_result try_to_compact_pages(gfp_t gfp, unsigned int order, unsigned int alloc_flags,
					 const struct alloc_context *ac,
					 enum compact_priority prio)
{
	enum compact_result result = COMPACT_SKIPPED;
	struct zone **z, *zone;

	if (!(gfp & __GFP_IO))
		return COMPACT_SKIPPED;
	for_each_zone_of(z, zone, ac) {
		enum compact_result status;

		if (prio > MIN_COMPACT_PRIORITY && compaction_deferred(zone, order)) {
			result = max_t(enum compact_result, result, COMPACT_DEFERRED);
			continue;
		}
		status = compact_zone_order(zone, order, gfp, prio, alloc_flags,
					    ac->highest_zoneidx);
		result = max(result, status);
		if (status == COMPACT_SUCCESS) {
			compaction_defer_reset(zone, order, false);
			break;
		}
		if (prio != COMPACT_PRIO_ASYNC &&
		    (status == COMPACT_COMPLETE || status == COMPACT_PARTIAL_SKIPPED))
			defer_compaction(zone, order);
		if (fault_signal_pending())
			break;
	}
	return result;
}

/* Everything */

static void compact_node(enum migrate_mode mode, bool proactive)
{
	struct compact_control cc = {
		.order = -1,
		.mode = mode,
		.ignore_skip_hint = true,
		.whole_zone = true,
		.gfp_mask = GFP_KERNEL,
		.proactive_compaction = proactive,
	};
	struct zone *zone;

	for_each_populated_zone(zone) {
		cc.zone = zone;
		compact_zone(&cc);
	}
}

int user_compact(void)
{
	compact_node(MIGRATE_SYNC, false);
	return 0;
}

/* kcompactd */

static bool kcompactd_node_suitable(const struct pglist_data *pgdat)
{
	struct zone *zone;

	for_each_populated_zone(zone) {
		if (zone_idx(zone) <= pgdat->kcompactd_highest_zoneidx &&
		    compaction_suitable(zone, pgdat->kcompactd_max_order, 0,
					pgdat->kcompactd_highest_zoneidx) == COMPACT_CONTINUE)
			return true;
	}
	return false;
}

void wakeup_kcompactd(struct pglist_data *pgdat, int order, int highest_zoneidx)
{
	if (!order || !pgdat->kcompactd)
		return;
	pgdat->kcompactd_max_order = max(pgdat->kcompactd_max_order, order);
	if ((int)pgdat->kcompactd_highest_zoneidx > highest_zoneidx)
		pgdat->kcompactd_highest_zoneidx = highest_zoneidx;
	if (waitqueue_active(&pgdat->kcompactd_wait) && kcompactd_node_suitable(pgdat))
		wake_up_interruptible(&pgdat->kcompactd_wait);
}

static void kcompactd_zone(struct compact_control *cc, struct zone *zone)
{
	enum compact_result status;

	if (compaction_deferred(zone, cc->order) ||
	    compaction_suitable(zone, cc->order, 0, zone_idx(zone)) != COMPACT_CONTINUE)
		return;
	cc->zone = zone;
	status = compact_zone(cc);
	if (status == COMPACT_SUCCESS) {
		compaction_defer_reset(zone, cc->order, false);
	} else if (status == COMPACT_PARTIAL_SKIPPED || status == COMPACT_COMPLETE) {
		drain_all_pages(zone);
		defer_compaction(zone, cc->order);
	}
	vm_event(this_mm, KCOMPACTD_MIGRATE_SCANNED, cc->total_migrate_scanned);
	vm_event(this_mm, KCOMPACTD_FREE_SCANNED, cc->total_free_scanned);
}

/* Somebody asked for blocks of an order. */
static void kcompactd_do_work(struct pglist_data *pgdat)
{
	int order = pgdat->kcompactd_max_order, highest = pgdat->kcompactd_highest_zoneidx;
	struct compact_control cc = {
		.mode = MIGRATE_SYNC_LIGHT,
		.gfp_mask = GFP_KERNEL,
		.highest_zoneidx = highest,
		.order = order,
		.search_order = order,
	};
	struct zone *zone;

	vm_event(this_mm, KCOMPACTD_WAKE, 1);
	for_each_populated_zone(zone) {
		if ((int)zone_idx(zone) > cc.highest_zoneidx)
			break;
		if (kthread_should_stop())
			return;
		kcompactd_zone(&cc, zone);
	}
	if (pgdat->kcompactd_max_order <= cc.order)
		pgdat->kcompactd_max_order = 0;
	if ((int)pgdat->kcompactd_highest_zoneidx >= cc.highest_zoneidx)
		pgdat->kcompactd_highest_zoneidx = MAX_NR_ZONES - 1;
}

/*
 * The real one looks every 500 ms.  As long as free lists do not change there is nothing to see,
 * so this one sleeps until they do, and then until the next of these times.
 */
void kcompactd_rouse(struct pglist_data *pgdat)
{
	unsigned long since = jiffies - pgdat->kcompactd_looked;

	pgdat->kcompactd_dormant = false;
	mod_timer(&pgdat->kcompactd_timer,
		  pgdat->kcompactd_looked + (since / PROACTIVE_INTERVAL + 1) * PROACTIVE_INTERVAL);
}

static void kcompactd_time(struct timer_list *timer)
{
	wake_up_interruptible(&this_kernel->pgdat->kcompactd_wait);
}

/* Before anybody asks; false: it was of no use. */
static bool kcompactd_proactive(void)
{
	unsigned int before = fragmentation_score_node();

	if (kswapd_is_running() || before <= fragmentation_score_wmark(false))
		return true;
	compact_node(MIGRATE_SYNC_LIGHT, true);
	return fragmentation_score_node() < before;
}

/* Until somebody asks, or it is time to look (again). */
static void kcompactd_sleep(struct pglist_data *pgdat)
{
	struct wait_queue_entry wait = { .entry = LIST_HEAD_INIT(wait.entry) };

	current->wait_reason = "kcompactd_wait";
	prepare_to_wait(&pgdat->kcompactd_wait, &wait, TASK_INTERRUPTIBLE);
	if (!pgdat->kcompactd_max_order && !kthread_should_stop()) {
		current->wait_expected = true;
		schedule();
		current->wait_expected = false;
	}
	finish_wait(&pgdat->kcompactd_wait, &wait);
}

static int kcompactd(void *data)
{
	struct pglist_data *pgdat = data;

	pgdat->kcompactd_looked = jiffies;
	pgdat->kcompactd_dormant = true;
	while (!kthread_should_stop()) {
		kcompactd_sleep(pgdat);
		if (kthread_should_stop())
			break;
		if (pgdat->kcompactd_max_order > 0) {
			kcompactd_do_work(pgdat);
			kcompactd_rouse(pgdat);
			continue;
		}
		pgdat->kcompactd_looked = jiffies;
		if (kcompactd_proactive()) {
			pgdat->kcompactd_dormant = true;
		} else {
			/* No progress: leave it for longer. */
			mod_timer(&pgdat->kcompactd_timer,
				  jiffies + (PROACTIVE_INTERVAL << COMPACT_MAX_DEFER_SHIFT));
		}
	}
	return 0;
}

void compaction_init(void)
{
	struct pglist_data *pgdat = this_kernel->pgdat;

	init_waitqueue_head(&pgdat->kcompactd_wait);
	timer_setup(&pgdat->kcompactd_timer, kcompactd_time, 0);
	pgdat->kcompactd_max_order = 0;
	pgdat->kcompactd_highest_zoneidx = MAX_NR_ZONES - 1;
}

void compaction_exit(void)
{
	struct pglist_data *pgdat = this_kernel->pgdat;

	pgdat->kcompactd = NULL;
	pgdat->kcompactd_dormant = false;
	if (this_kernel->sched)
		del_timer(&pgdat->kcompactd_timer);
}

int kcompactd_run(void)
{
	struct pglist_data *pgdat = this_kernel->pgdat;
	struct task_struct *task = kthread_run(kcompactd, pgdat, "kcompactd0");

	if (IS_ERR(task))
		return PTR_ERR(task);
	pgdat->kcompactd = task;
	return 0;
}
