/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * model: zones, free areas and per-CPU page lists of one node.
 *
 * Left out: NUMA, memory hotplug, the per-CPU differences of the counters (zone_page_state() is
 * always exact here; the real one may lag behind by stat_threshold pages per CPU).
 */
#ifndef _LINUX_MMZONE_H
#define _LINUX_MMZONE_H

#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/list.h>
#include <linux/mm_types.h>
#include <linux/page-flags.h>
#include <linux/pageblock-flags.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/vm_event_item.h>
#include <linux/types.h>
#include <linux/version.h>
#include <linux/wait.h>

/* The largest order is 10: MAX_ORDER is above it until 6.3, is it until 6.7, and is gone then. */
#if LINUX_LEVEL < KERNEL_VERSION(6, 4, 0)
#define MAX_ORDER 11
#elif LINUX_LEVEL < KERNEL_VERSION(6, 8, 0)
#define MAX_ORDER 10
#else
#define MAX_PAGE_ORDER 10
#endif
#if LINUX_LEVEL >= KERNEL_VERSION(6, 6, 0)
#define NR_PAGE_ORDERS 11
#endif
#define MAX_ORDER_NR_PAGES (1 << 10)
#define PAGE_ALLOC_COSTLY_ORDER 3

enum migratetype {
	/* those with per-CPU lists */
	MIGRATE_UNMOVABLE, MIGRATE_MOVABLE, MIGRATE_RECLAIMABLE, MIGRATE_PCPTYPES,
	/* and those without */
	MIGRATE_HIGHATOMIC = MIGRATE_PCPTYPES, MIGRATE_ISOLATE, MIGRATE_TYPES
};

#define is_migrate_cma(mt) false
#define is_migrate_highatomic(mt) ((mt) == MIGRATE_HIGHATOMIC)

/* Blocks of other types must not merge across pageblocks. */
static inline bool migratetype_is_mergeable(int mt)
{
	return mt < MIGRATE_PCPTYPES;
}

enum zone_type { ZONE_DMA, ZONE_DMA32, ZONE_NORMAL, ZONE_MOVABLE, ZONE_DEVICE, __MAX_NR_ZONES };
#define MAX_NR_ZONES 5
_Static_assert((int)__MAX_NR_ZONES == MAX_NR_ZONES, "zones");

enum zone_watermarks { WMARK_MIN, WMARK_LOW, WMARK_HIGH, WMARK_PROMO, NR_WMARK };

enum zone_stat_item {
	NR_FREE_PAGES,
	NR_ZONE_LRU_BASE,	/* from here in the order of enum lru_list */
	NR_ZONE_INACTIVE_ANON = NR_ZONE_LRU_BASE, NR_ZONE_ACTIVE_ANON,
	NR_ZONE_INACTIVE_FILE, NR_ZONE_ACTIVE_FILE, NR_ZONE_UNEVICTABLE,
	NR_ZONE_WRITE_PENDING,
	NR_VM_ZONE_STAT_ITEMS
};

enum node_stat_item {
	NR_LRU_BASE,
	NR_INACTIVE_ANON = NR_LRU_BASE,
	NR_ACTIVE_ANON,
	NR_INACTIVE_FILE,
	NR_ACTIVE_FILE,
	NR_UNEVICTABLE,
	NR_SLAB_RECLAIMABLE_B,
	NR_SLAB_UNRECLAIMABLE_B,
	NR_ANON_MAPPED,
	NR_FILE_MAPPED,
	NR_FILE_PAGES,
	NR_FILE_DIRTY,
	NR_WRITEBACK,
	NR_SHMEM,
	NR_ANON_THPS,
	NR_KERNEL_MISC_RECLAIMABLE,
	NR_PAGETABLE,
	NR_SWAPCACHE,
	NR_BALLOON_PAGES,	/* since 6.16; of 7.2's core only */
	NR_VM_NODE_STAT_ITEMS,
	/* Events of vm_event_item.h that 7.2 counts by node, asked for as such (mm/vmstat.c). */
	NODE_STAT_EVENTS = 0x1000,
#if LINUX_LEVEL >= KERNEL_VERSION(7, 2, 0)
#define VM_EVENT(item, name)
#define VM_NODE_EVENT(item, name) item = NODE_STAT_EVENTS + VM_EVENT_##item,
	VM_EVENT_TABLE(VM_EVENT, VM_NODE_EVENT)
#undef VM_NODE_EVENT
#undef VM_EVENT
#endif
};

enum lru_list {
	LRU_INACTIVE_ANON,
	LRU_ACTIVE_ANON,
	LRU_INACTIVE_FILE,
	LRU_ACTIVE_FILE,
	LRU_UNEVICTABLE,
	NR_LRU_LISTS
};
#define LRU_BASE LRU_INACTIVE_ANON
#define LRU_ACTIVE 1
#define LRU_FILE 2

struct free_area {
	struct list_head free_list[MIGRATE_TYPES];
	unsigned long nr_free;		/* blocks */
	/*
	 * After what is on the movable list come blocks that are not listed yet, these frames, and
	 * after those what is on this one (buddy.c).
	 */
	unsigned long unlisted, unlisted_end;
	struct list_head behind;
};

#define NR_LOWORDER_PCP_LISTS (MIGRATE_PCPTYPES * (PAGE_ALLOC_COSTLY_ORDER + 1))
#define NR_PCP_THP 2
#define NR_PCP_LISTS (NR_LOWORDER_PCP_LISTS + NR_PCP_THP)

/* Counts in base pages. */
struct per_cpu_pages {
	int count;
	int high;
	int batch;
	short free_factor;
	/* since 6.7; high moves between these */
	int high_min, high_max;
	short free_count;		/* pages freed lately */
	unsigned char alloc_factor, flags;
	spinlock_t lock;		/* only who has it: mm/pcp.c */
	struct list_head lists[NR_PCP_LISTS];
};

enum zone_flags {
	ZONE_BOOSTED_WATERMARK,		/* kswapd is to be woken for the boost */
	ZONE_RECLAIM_ACTIVE,		/* kswapd is balancing this node */
	ZONE_BELOW_HIGH,		/* since 6.7: free pages were below the high watermark */
};

struct pglist_data;

struct zone {
	unsigned long _watermark[NR_WMARK];
	unsigned long watermark_boost;
	unsigned long nr_reserved_highatomic;	/* pages */
	unsigned long nr_free_highatomic;	/* since 6.12: of these, free */
	long lowmem_reserve[MAX_NR_ZONES];
	struct pglist_data *zone_pgdat;
	struct per_cpu_pages *per_cpu_pageset;	/* one per CPU */
	unsigned long zone_start_pfn;
	atomic_long_t managed_pages;
	unsigned long spanned_pages;
	unsigned long present_pages;
	const char *name;
	unsigned long nr_isolate_pageblock;
	/* Where compaction goes on: frames; for the migration scanner by asynchronous or not. */
	unsigned long compact_cached_free_pfn, compact_cached_migrate_pfn[2];
	unsigned long compact_init_free_pfn, compact_init_migrate_pfn;
	unsigned int compact_considered, compact_defer_shift;	/* how often to leave it */
	int compact_order_failed;
	bool compact_blockskip_flush;
	unsigned long flags;
	spinlock_t lock;
	struct free_area free_area[10 + 1];
	atomic_long_t vm_stat[NR_VM_ZONE_STAT_ITEMS];
};

struct zonelist {
	struct zone *zones[MAX_NR_ZONES + 1];	/* highest first, NULL at the end */
};

struct lruvec {
	struct list_head lists[NR_LRU_LISTS];
};

typedef struct pglist_data {
	struct zone node_zones[MAX_NR_ZONES];
	struct zonelist node_zonelist;
	int nr_zones;
	int node_id;
	unsigned long node_start_pfn, node_present_pages, node_spanned_pages;
	unsigned long totalreserve_pages;
	struct lruvec __lruvec;
	wait_queue_head_t kswapd_wait, pfmemalloc_wait;
	struct task_struct *kswapd;
	int kswapd_order;
	enum zone_type kswapd_highest_zoneidx;
	int kswapd_failures;
	wait_queue_head_t kcompactd_wait;
	struct task_struct *kcompactd;
	bool kcompactd_dormant;		/* model: free memory is as it was when it last looked */
	unsigned long kcompactd_looked;	/* jiffies, when that was */
	struct timer_list kcompactd_timer;
	int kcompactd_max_order;
	enum zone_type kcompactd_highest_zoneidx;
	atomic_long_t vm_stat[NR_VM_NODE_STAT_ITEMS];
} pg_data_t;

#define zone_idx(zone) ((enum zone_type)((zone) - (zone)->zone_pgdat->node_zones))
#define zone_to_nid(zone) 0

static inline unsigned long zone_managed_pages(const struct zone *zone)
{
	return atomic_long_read(&zone->managed_pages);
}

static inline bool managed_zone(const struct zone *zone)
{
	return zone_managed_pages(zone) != 0;
}

static inline bool populated_zone(const struct zone *zone)
{
	return zone->present_pages != 0;
}

static inline unsigned long zone_end_pfn(const struct zone *zone)
{
	return zone->zone_start_pfn + zone->spanned_pages;
}

static inline bool zone_spans_pfn(const struct zone *zone, unsigned long pfn)
{
	return pfn - zone->zone_start_pfn < zone->spanned_pages;
}

#define wmark_pages(z, i) ((z)->_watermark[i] + (z)->watermark_boost)
#define min_wmark_pages(z) wmark_pages(z, WMARK_MIN)
#define low_wmark_pages(z) wmark_pages(z, WMARK_LOW)
#define high_wmark_pages(z) wmark_pages(z, WMARK_HIGH)

static inline bool free_area_empty(const struct free_area *area, int migratetype)
{
	return list_empty(&area->free_list[migratetype]) &&
	       (migratetype != MIGRATE_MOVABLE || area->unlisted == area->unlisted_end);
}

struct pglist_data *first_online_pgdat(void);
struct zone *next_zone(struct zone *zone);

#define NODE_DATA(nid) first_online_pgdat()
#define for_each_online_pgdat(pgdat)                                                               \
	for ((pgdat) = first_online_pgdat(); (pgdat); (pgdat) = NULL)
#define for_each_zone(zone)                                                                        \
	for ((zone) = first_online_pgdat()->node_zones; (zone); (zone) = next_zone(zone))
#define for_each_populated_zone(zone)                                                              \
	for_each_zone(zone)                                                                        \
		if (!populated_zone(zone)) {                                                       \
		} else

bool __zone_watermark_ok(struct zone *z, unsigned int order, unsigned long mark,
			 int highest_zoneidx, unsigned int alloc_flags, long free_pages);
bool zone_watermark_ok(struct zone *z, unsigned int order, unsigned long mark,
		       int highest_zoneidx, unsigned int alloc_flags);
bool zone_watermark_ok_safe(struct zone *z, unsigned int order, unsigned long mark,
			    int highest_zoneidx);
void wakeup_kswapd(struct zone *zone, gfp_t gfp_mask, int order, enum zone_type highest_zoneidx);

int get_pfnblock_migratetype(const struct page *page, unsigned long pfn);
int get_pageblock_migratetype(const struct page *page);
void set_pageblock_migratetype(struct page *page, int migratetype);

#endif
