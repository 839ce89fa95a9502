/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Moving pages so that free ones come together: what migrate.c, compact_scan.c, compact_free.c,
 * compaction.c and page_isolation.c share.  Results, priorities and the control structure are those
 * of Linux 6.1 (include/linux/compaction.h, mm/internal.h), without what the model leaves out.
 */
#ifndef __MM_COMPACTION_H
#define __MM_COMPACTION_H

#include <linux/migrate.h>
#include <linux/swap.h>
#include "internal.h"

#define COMPACT_CLUSTER_MAX SWAP_CLUSTER_MAX

/* In ascending order: of several zones the greatest counts. */
enum compact_result {
	COMPACT_SKIPPED,		/* too little free memory, or none needed by the index */
	COMPACT_DEFERRED,		/* failed lately */
	COMPACT_CONTINUE,		/* to be done, or not at its end */
	COMPACT_COMPLETE,		/* the whole zone was scanned, for nothing */
	COMPACT_PARTIAL_SKIPPED,	/* a part of it */
	COMPACT_CONTENDED,		/* given up */
	COMPACT_SUCCESS,
};

/* How hard to try, hardest first. */
enum compact_priority { COMPACT_PRIO_SYNC_FULL, COMPACT_PRIO_SYNC_LIGHT, COMPACT_PRIO_ASYNC };

#define MIN_COMPACT_PRIORITY COMPACT_PRIO_SYNC_FULL
#define MIN_COMPACT_COSTLY_PRIORITY COMPACT_PRIO_SYNC_LIGHT
#define DEF_COMPACT_PRIORITY COMPACT_PRIO_SYNC_LIGHT
#define INIT_COMPACT_PRIORITY COMPACT_PRIO_ASYNC

/* One run over one zone. */
struct compact_control {
	struct list_head freepages;	/* taken, to move pages to */
	struct list_head migratepages;	/* isolated, to be moved */
	unsigned int nr_freepages, nr_migratepages;
	unsigned long free_pfn;		/* the free scanner comes down from the zone's end */
	unsigned long migrate_pfn;	/* the migration scanner comes up from its start */
	unsigned long fast_start_pfn;	/* lowest block that the search of the lists found */
	struct zone *zone;
	unsigned long total_migrate_scanned, total_free_scanned;
	unsigned int fast_search_fail;	/* searches of the lists since one found something */
	int search_order;		/* where the next one begins */
	gfp_t gfp_mask;
	int order;			/* wanted; -1: all there is */
	int migratetype;
	unsigned int alloc_flags;
	int highest_zoneidx;
	enum migrate_mode mode;
	bool ignore_skip_hint, no_set_skip_hint, ignore_block_suitable;
	bool direct_compaction, proactive_compaction, whole_zone;
	bool contended;			/* a fatal signal */
	bool rescan, alloc_contig;
};

/* Free pages that compaction of this order takes for itself meanwhile. */
static inline unsigned long compact_gap(unsigned int order)
{
	return 2UL << order;
}

static inline bool get_pageblock_skip(const struct page *page)
{
	return this_mm->pageblock[page_to_pfn(page) >> pageblock_order] & PAGEBLOCK_SKIP;
}

static inline void set_pageblock_skip(const struct page *page)
{
	this_mm->pageblock[page_to_pfn(page) >> pageblock_order] |= PAGEBLOCK_SKIP;
}

static inline void clear_pageblock_skip(const struct page *page)
{
	this_mm->pageblock[page_to_pfn(page) >> pageblock_order] &= ~PAGEBLOCK_SKIP;
}

static inline bool compact_scanners_met(const struct compact_control *cc)
{
	return cc->free_pfn >> pageblock_order <= cc->migrate_pfn >> pageblock_order;
}

/* Whether a pageblock should be scanned, or was in vain lately. */
static inline bool isolation_suitable(const struct compact_control *cc, const struct page *page)
{
	return cc->ignore_skip_hint || !get_pageblock_skip(page);
}

/* First page of the part of a pageblock that is in the zone; NULL: not all of it is. */
static inline struct page *pageblock_pfn_to_page(unsigned long start, unsigned long end,
						const struct zone *zone)
{
	if (start >= end || !zone_spans_pfn(zone, start) || !zone_spans_pfn(zone, end - 1))
		return NULL;
	return pfn_to_page(start);
}

/* Free lists in which the search goes this deep. */
static inline unsigned int freelist_scan_limit(const struct compact_control *cc)
{
	return (unsigned int)(COMPACT_CLUSTER_MAX >> min(63U, cc->fast_search_fail)) + 1;
}

/* migrate.c */
/*
 * Move the pages of @from, which are isolated, to those that @get_new_page gives; those that could
 * not be moved stay on the list.  Returns how many these are, or -ENOMEM when there was no page to
 * move to.  A new page that was not needed goes to @put_new_page, or is freed if that is NULL.  May
 * block.
 */
int migrate_pages(struct list_head *from, new_page_t get_new_page, free_page_t put_new_page,
		  unsigned long private, enum migrate_mode mode, unsigned int *nr_succeeded);
/* A page to move to, from anywhere but isolated blocks; @private: gfp mask. */
struct page *alloc_migration_target(struct page *page, unsigned long private);
/* Take a page off its LRU list, with a reference; false: it is not on one. */
bool isolate_lru_page(struct page *page);

/* compact_scan.c */
enum isolate_result { ISOLATE_ABORT, ISOLATE_NONE, ISOLATE_SUCCESS };
enum isolate_result isolate_migratepages(struct compact_control *cc);
/* The same for one cluster of pages of [start, end); 0, or -EINTR. */
int isolate_migratepages_range(struct compact_control *cc, unsigned long start,
			       unsigned long end);

/* compact_free.c */
/* Take all of [start, end), which is free, out; false: it is not. */
bool isolate_freepages_range(struct compact_control *cc, unsigned long start, unsigned long end);
/* For migrate_pages(): pages from the free scanner; @private is the control. */
struct page *compaction_alloc(struct page *page, unsigned long private);
void compaction_free(struct page *page, unsigned long private);
/* Free what the free scanner took and nobody used; returns the highest frame of it. */
unsigned long release_freepages(struct compact_control *cc);

/* compaction.c */
enum compact_result compaction_suitable(struct zone *zone, int order, unsigned int alloc_flags,
					int highest_zoneidx);
bool compaction_zonelist_suitable(const struct alloc_context *ac, int order,
				  unsigned int alloc_flags);
enum compact_result try_to_compact_pages(gfp_t gfp, unsigned int order, unsigned int alloc_flags,
					 const struct alloc_context *ac,
					 enum compact_priority prio);
void compaction_defer_reset(struct zone *zone, int order, bool alloc_success);
void reset_isolation_suitable(struct pglist_data *pgdat);
void wakeup_kcompactd(struct pglist_data *pgdat, int order, int highest_zoneidx);
int kcompactd_run(void);
void compaction_init(void);
void compaction_exit(void);
/* Of the free memory of a zone, what is in blocks smaller than @order; percent. */
unsigned int extfrag_for_order(const struct zone *zone, unsigned int order);

#endif
