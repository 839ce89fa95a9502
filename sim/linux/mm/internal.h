/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of mm/ share, and what the state of one kernel's memory management is.
 *
 * Reading order: mm_init.c (zones and watermarks), buddy.c (free lists), fallback.c (other types'
 * lists), pcp.c (per-CPU lists), pcp_limits.c (how long these are), page_alloc.c (who gets a page),
 * highatomic.c (reserves), page_alloc_slow.c (what happens when nobody gets one), kernel_touch.c
 * (what that touches of the kernel's own memory), page_reporting.c, page_isolation.c, vmscan.c,
 * memory.c; migrate.c, compact_scan.c, compact_free.c, compaction.c, memory_hotplug.c (pages that
 * move).
 *
 * Rules:
 *  1. Everything hangs off this_kernel->mm and this_kernel->pgdat; nothing is file-level.
 *  2. Without a VM (replay, unit tests) contents are not kept and nothing blocks.
 *  3. No code blocks while it holds zone->lock; what works on a per-CPU list does not either, but
 *     for hooks, which is why the lists have a lock.
 */
#ifndef __MM_INTERNAL_H
#define __MM_INTERNAL_H

#include <linux/free_page_hook.h>
#include <linux/jump_label.h>
#include <linux/mm.h>
#include <linux/page-isolation.h>
#include <linux/rcupdate.h>
#include <linux/string.h>
#include "kernel/internal.h"
#include "cpu.h"
#include "kvm.h"
#include "ram.h"
#include "call_site.h"
#include "mm_boot.h"

/* How far an allocation may go (values of 6.1's mm/internal.h). */
#define ALLOC_WMARK_MIN WMARK_MIN
#define ALLOC_WMARK_LOW WMARK_LOW
#define ALLOC_WMARK_HIGH WMARK_HIGH
#define ALLOC_NO_WATERMARKS 0x04
#define ALLOC_WMARK_MASK (ALLOC_NO_WATERMARKS - 1)
#define ALLOC_OOM 0x08
#define ALLOC_NON_BLOCK 0x10
#define ALLOC_MIN_RESERVE 0x20
#define ALLOC_CPUSET 0x40
#define ALLOC_CMA 0x80
#define ALLOC_NOFRAGMENT 0x100
#define ALLOC_HIGHATOMIC 0x200
#define ALLOC_KSWAPD 0x800
#define ALLOC_RESERVES (ALLOC_NON_BLOCK | ALLOC_MIN_RESERVE | ALLOC_OOM)

/* How a block is put on a free list. */
typedef unsigned int fpi_t;
#define FPI_NONE 0u
#define FPI_SKIP_REPORT_NOTIFY 1u
#define FPI_TO_TAIL 2u

#define MAX_RECLAIM_RETRIES 16
#define PCP_BATCH_SCALE_MAX 5	/* CONFIG_PCP_BATCH_SCALE_MAX */

/*
 * Somebody who watches every step of the allocator (a trace at full detail, a replay).  The names
 * are those of the kernel's tracepoints, where there are any.  The last four tell what a replay
 * knows and the model cannot: whether a steal takes a whole pageblock (-1: as computed), whether a
 * request may look at a zone, whether somebody else holds the lock of the per-CPU lists, and that
 * the zones' flags are not to be touched.
 */
struct mm_trace_ops {
	void (*page_alloc)(void *ctx, struct page *page, unsigned int order);
	void (*page_free)(void *ctx, struct page *page, unsigned int order);
	void (*page_free_batched)(void *ctx, struct page *page);
	void (*zone_locked)(void *ctx, struct page *page, unsigned int order, int mt);
	void (*pcpu_drain)(void *ctx, struct page *page, unsigned int order, int mt);
	/* A block has come about of @last that came back; one is taken out, or put back. */
	void (*merged)(void *ctx, struct page *page, unsigned int order, unsigned long last,
		       unsigned int last_order, bool told);
	void (*isolated)(void *ctx, struct page *page, unsigned int order, u64 id,
			 const struct call_site *site);
	void (*putback)(void *ctx, struct page *page, unsigned int order);
	void (*extfrag)(void *ctx, struct page *page, int alloc_order, int fallback_order,
			int alloc_mt, int fallback_mt);
	int (*claim_block)(void *ctx, struct page *page);
	bool (*use_zone)(void *ctx, struct zone *zone);
	bool (*pcp_locked)(void *ctx);
	bool zone_flags_given;
};

#define mm_trace(mm, event, ...)                                                                   \
	do {                                                                                       \
		if (unlikely((mm)->trace) && (mm)->trace->event)                                   \
			(mm)->trace->event((mm)->trace_ctx, ##__VA_ARGS__);                        \
	} while (0)

struct page_reporting_dev_info;

/*
 * Who reports free pages: mm/page_reporting.c, or an image of the real one, whose loader fills
 * this in from the image's symbols of the same names.
 */
struct page_reporting_impl {
	struct static_key_false *enabled;	/* page_reporting_enabled */
	unsigned int *order;			/* page_reporting_order */
	void (*notify)(void);			/* __page_reporting_notify */
	int (*reg)(struct page_reporting_dev_info *prdev);
	void (*unreg)(struct page_reporting_dev_info *prdev);
	const char *name;			/* of the image */
};

/*
 * Who keeps the pages of balloons: ours (all NULL), or an image of the real
 * mm/balloon_compaction.c or mm/balloon.c.
 */
struct balloon_dev_info;
struct movable_operations;

struct balloon_impl {
	struct page *(*alloc)(void);			/* balloon_page_alloc, and so on */
	void (*enqueue)(struct balloon_dev_info *b, struct page *page);
	struct page *(*dequeue)(struct balloon_dev_info *b);
	size_t (*list_enqueue)(struct balloon_dev_info *b, struct list_head *pages);
	size_t (*list_dequeue)(struct balloon_dev_info *b, struct list_head *pages,
			       size_t n_req_pages);
	const struct movable_operations *ops;		/* balloon_mops, or of set_movable_ops() */
};

struct reporting_state;
struct user_state;	/* process memory */
struct slab_state;
struct oom_state;

/* Of the pages that booting allocates, what kernel and services need all the time. */
struct kernel_active {
	u32 *pfn;
	u64 nr, max, of;		/* named so far, in the end, of so many */
	u64 considered, next;		/* so many, and which of them is the next */
	u32 *gaps;			/* from one to the next, shuffled; NULL: evenly */
	unsigned int nr_gaps, dealt;
	struct random_stream random;
};

struct mm_state {
	struct mm_config config;
	unsigned long zone_end[MAX_NR_ZONES];	/* pfn; of absent zones: that of the one below */
	unsigned char *pageblock;		/* migratetype | PAGEBLOCK_BYTES */
	unsigned long nr_pageblocks;
	u64 *block_freed;	/* ns, when a page of it came to the free lists last; 0: never */
	unsigned long vm_events[NR_VM_EVENT_ITEMS];
	unsigned long totalram_pages;
	unsigned long reported_pages;		/* free, and the host knows */
	unsigned long totalreserve_pages;
	unsigned long min_free_kbytes;
	unsigned long watermark_scale_factor;	/* 10 */
	unsigned long watermark_boost_factor;	/* 15000 */
	bool init_on_free, init_on_alloc, page_poison;
	bool page_zeroed;		/* as proposed in 2026 */
	bool since_6_12;		/* its allocator is that of 6.12, else of 6.1 */
	const struct mm_trace_ops *trace;
	void *trace_ctx;
	const struct free_page_hook *hook;	/* NULL: none */
	struct page_reporting_impl reporting;
	struct reporting_state *reporting_state;
	struct balloon_impl balloon;
	struct pcp_decay *pcp_decay;
	struct slab_state *slab;
	struct fork_state *fork;	/* kernel/fork.c */
	struct oom_state *oom;
	struct user_state *user;
	struct list_head shrinkers;
	spinlock_t balloon_pages_lock;		/* of 7.2: balloon.c */
	unsigned long nr_balloon_failed;	/* balloon_page_alloc() found none */
	u64 balloon_failed_at;			/* ns, when last */
	unsigned long memmap_bytes;
	unsigned long memmap_start;	/* kernel_touch.c: where the guest has it; 0: not booted */
	struct kernel_active active;
	unsigned char *offline_blocks;	/* memory_hotplug.c: a flag each; NULL: none ever was */
	long offline_pages;
};

#define PAGEBLOCK_TYPE 0x07
#define PAGEBLOCK_SKIP 0x08	/* compaction found nothing there lately */
#define PAGEBLOCK_BYTES 0x80	/* some page of the block may hold real bytes */

#define this_mm (this_kernel->mm)

static inline struct guest_ram *mm_ram(void)
{
	return this_kernel->vm ? this_kernel->vm->ram : NULL;
}

/* Who is inside of a hook cannot sleep, and is waited for when the hook is taken away. */
#define free_page_hook_call(which, ...)                                                            \
	do {                                                                                       \
		if (unlikely(this_mm->hook) && this_mm->hook->which) {                             \
			rcu_read_lock();                                                           \
			charge(COST_FREE_HOOK, 1);                                                 \
			this_mm->hook->which(__VA_ARGS__);                                         \
			rcu_read_unlock();                                                         \
		}                                                                                  \
	} while (0)

static inline int pageblock_type(const struct mm_state *mm, unsigned long pfn)
{
	return mm->pageblock[pfn >> pageblock_order] & PAGEBLOCK_TYPE;
}

/* For statistics: how long had been free what somebody tells the host of? */
static inline void block_freed(struct mm_state *mm, unsigned long pfn, unsigned int order, u64 now)
{
	unsigned long block = pfn >> pageblock_order;
	unsigned long last = (pfn + (1UL << order) - 1) >> pageblock_order;

	for (; block <= last; block++)
		mm->block_freed[block] = now;
}

static inline u64 mm_now(void)
{
	return this_kernel->engine ? this_kernel->engine->now : 0;
}

static inline struct zone *pfn_zone(unsigned long pfn)
{
	const struct mm_state *mm = this_mm;
	struct zone *zones = this_kernel->pgdat->node_zones;

	if (unlikely(pfn >= mm->zone_end[ZONE_NORMAL]))
		return &zones[ZONE_MOVABLE];
	if (pfn >= mm->zone_end[ZONE_DMA32])
		return &zones[ZONE_NORMAL];
	return &zones[pfn >= mm->zone_end[ZONE_DMA] ? ZONE_DMA32 : ZONE_DMA];
}

/* The type under which a page came to or left a free or per-CPU list (page->index in 6.1). */
static inline int get_pcppage_migratetype(const struct page *page)
{
	return page->flags >> PAGE_PCPTYPE_SHIFT & PAGE_PCPTYPE_MASK;
}

static inline void set_pcppage_migratetype(struct page *page, int migratetype)
{
	page->flags = (page->flags & ~(PAGE_PCPTYPE_MASK << PAGE_PCPTYPE_SHIFT)) |
		      (unsigned int)migratetype << PAGE_PCPTYPE_SHIFT;
}

static inline unsigned int buddy_order(const struct page *page)
{
	return page_private(page);
}

static inline void set_buddy_order(struct page *page, unsigned int order)
{
	set_page_private(page, order);
	__SetPageBuddy(page);
}

static inline void set_compound_order(struct page *page, unsigned int order)
{
	page->flags = (page->flags & ~(PAGE_ORDER_MASK << PAGE_ORDER_SHIFT)) |
		      order << PAGE_ORDER_SHIFT;
}

static inline void vm_event(struct mm_state *mm, enum vm_event_item item, unsigned long n)
{
	mm->vm_events[item] += n;
}

/* compaction.c: kcompactd looks at free memory every now and then as long as that changes. */
void kcompactd_rouse(struct pglist_data *pgdat);

static inline void mod_zone_freepage_state(struct zone *zone, long nr)
{
	atomic_long_add(nr, &zone->vm_stat[NR_FREE_PAGES]);
	if (unlikely(zone->zone_pgdat->kcompactd_dormant))
		kcompactd_rouse(zone->zone_pgdat);
}

/*
 * The memory of a guest that has just booted is one run of largest blocks.  They are counted, and
 * where they begin and end is known; struct page and list entry of each are written when somebody
 * wants to see them, so that memory that a guest does not use costs nothing.
 */
struct page *list_one_block(struct free_area *area);
/* For whoever looks at all of a list. */
void list_all_blocks(struct zone *zone);
void list_all_zones(void);
void rotate_free_list(struct page *page, struct free_area *area, int mt);

static inline struct page *get_page_from_free_area(struct free_area *area, int migratetype)
{
	struct list_head *list = &area->free_list[migratetype];

	if (list_empty(list) && !free_area_empty(area, migratetype))
		list_one_block(area);
	return list_first_entry_or_null(list, struct page, buddy_list);
}

/* buddy.c; all under zone->lock */
void add_to_free_list_tail(struct page *page, struct zone *zone, unsigned int order, int mt);
void __free_one_page(struct page *page, unsigned long pfn, struct zone *zone, unsigned int order,
		     int migratetype, fpi_t fpi_flags);
struct page *__rmqueue_smallest(struct zone *zone, unsigned int order, int migratetype);
struct page *find_buddy_page_pfn(struct page *page, unsigned long pfn, unsigned int order,
				 unsigned long *buddy_pfn);
/* fallback.c */
/* Where the last page was found that was taken under one hold of the lock (6.12). */
enum rmqueue_mode { RMQUEUE_NORMAL, RMQUEUE_STEAL };
struct page *__rmqueue(struct zone *zone, unsigned int order, int migratetype,
		       unsigned int alloc_flags, enum rmqueue_mode *mode);
/* Whether a request of this type would take a whole pageblock of another one from this list. */
bool fallback_would_steal(struct free_area *area, unsigned int order, int migratetype);
int __isolate_free_page(struct page *page, unsigned int order);
/* The same for who keeps the block: not for a request to the host. */
int isolate_free_page(struct page *page, unsigned int order);
#ifdef BALLAST_IMAGE_SOURCE
#define __isolate_free_page CALL_FROM_HERE(__isolate_free_page)
#endif
/* Take a block off its list for good; under zone->lock. */
void remove_free_block(struct page *page, struct zone *zone);
/* Of a block that was taken out, if it is half a pageblock or more. */
void make_pageblocks_movable(struct zone *zone, struct page *page, unsigned int order);
void __putback_isolated_page(struct page *page, unsigned int order, int mt);

static inline bool zone_flags_given(void)
{
	return unlikely(this_mm->trace) && this_mm->trace->zone_flags_given;
}

/* pcp.c */
bool pcp_allowed_order(unsigned int order);
unsigned int order_to_pindex(int migratetype, int order);
int pindex_to_order(unsigned int pindex);
struct page *rmqueue_pcplist(struct zone *zone, unsigned int order, int migratetype,
			     unsigned int alloc_flags);
struct page *__rmqueue_pcplist(struct zone *zone, unsigned int order, int migratetype,
			       unsigned int alloc_flags, struct per_cpu_pages *pcp);
bool free_unref_page_prepare(struct page *page, unsigned long pfn, unsigned int order, bool zeroed);
void free_unref_page_commit(struct zone *zone, struct per_cpu_pages *pcp, struct page *page,
			    int migratetype, unsigned int order);
void free_unref_page(struct page *page, unsigned int order);
/* A single page that is all zero. */
void free_unref_page_zeroed(struct page *page);
void free_unref_page_list(struct list_head *list);
/* Free @pages of one CPU's lists, whichever that is. */
void pcp_drain_some(struct zone *zone, struct per_cpu_pages *pcp, int pages);

/* In which order pages of one request are freed: 6.1 lists them from the last, 6.12 in order. */
static inline void list_to_free(struct page *page, struct list_head *to_free)
{
	if (this_mm->since_6_12)
		list_add_tail(&page->lru, to_free);
	else
		list_add(&page->lru, to_free);
}

/* pcp_limits.c */
/* Blocks that an empty list is filled with. */
int pcp_refill_blocks(struct per_cpu_pages *pcp, struct zone *zone, unsigned int order);
/*
 * A page is going to be handed out from the lists; one has come to them, and then so many are to be
 * drained (0: none); they were.
 */
void pcp_count_alloc(struct per_cpu_pages *pcp);
int pcp_count_free(struct per_cpu_pages *pcp, struct zone *zone, unsigned int order);
void pcp_drained(struct zone *zone);
void pcp_set_limits(struct zone *zone, int high_min, int high_max, int batch);
/* Of 6.12: lists that nobody uses shrink; returns whether there is more to do. */
bool decay_pcp_high(struct zone *zone, struct per_cpu_pages *pcp);
void pcp_decay_init(void);
void pcp_decay_exit(void);

void free_pcppages_bulk(struct zone *zone, int count, struct per_cpu_pages *pcp, int pindex);
void free_one_page(struct zone *zone, struct page *page, unsigned long pfn, unsigned int order,
		   int migratetype, fpi_t fpi_flags);

/* kernel_touch.c: the memory map, and some of the pages that booting has allocated */
void kernel_touch_init(const struct mm_config *config);
void kernel_touch_exit(struct mm_state *mm);
void __touch_memmap(const struct page *page, unsigned int order);
/*
 * Of @of pages that are about to be named, @active are in use; from one to the next it is one of
 * @gaps, each equally often, in random order.  No gaps: evenly spread.
 */
void kernel_active_reserve(u64 active, u64 of, const u32 *gaps, unsigned int nr_gaps);
void kernel_active_consider(const struct page *page);
/* A process begins or ends, or a service wakes up. */
void kernel_active_touch(void);

static inline void touch_memmap(const struct page *page, unsigned int order)
{
	if (this_mm->memmap_start)
		__touch_memmap(page, order);
}

/* page_alloc.c */
struct alloc_context {
	int highest_zoneidx;
	int migratetype;
	struct zone **preferred;	/* into the zonelist */
};

#define for_each_zone_of(z, zone, ac)                                                              \
	for ((z) = (ac)->preferred; ((zone) = *(z)); (z)++)

struct page *get_page_from_freelist(gfp_t gfp, unsigned int order, unsigned int alloc_flags,
				    const struct alloc_context *ac);
/* page_alloc_slow.c */
struct page *alloc_pages_slowpath(gfp_t gfp, unsigned int order, struct alloc_context *ac);

bool free_pages_prepare(struct page *page, unsigned int order, bool zeroed);
void prep_new_page(struct page *page, unsigned int order, gfp_t gfp, unsigned int alloc_flags);
void clear_pages(struct page *page, unsigned long nr);
void free_the_page(struct page *page, unsigned int order);
void prep_compound_page(struct page *page, unsigned int order);

/* highatomic.c */
void reserve_highatomic_pageblock(struct page *page, unsigned int order, struct zone *zone);
bool unreserve_highatomic_pageblock(const struct alloc_context *ac, bool force);

/* mm_init.c */
void mm_init_zones(struct kernel *kernel, const struct mm_config *config);
void build_zonelist(struct pglist_data *pgdat);
void setup_per_zone_wmarks(void);
void init_per_zone_wmark_min(void);
void setup_per_zone_lowmem_reserve(void);
void calculate_min_free_kbytes(void);
void zone_pcp_update(struct zone *zone);

/* page_reporting.c */
void page_reporting_init(void);
void page_reporting_exit(void);

/* vmscan.c */
unsigned long try_to_free_pages(struct zonelist *zonelist, int order, gfp_t gfp_mask);
unsigned long zone_reclaimable_pages(struct zone *zone);

/* shrinker.c */
unsigned long shrink_slab(gfp_t gfp_mask, int priority);

/* slab.c, oom_kill.c */
/* Of a cache: its objects come and go with tasks; no module has left them behind. */
#define SLAB_OF_TASKS 0x80000000u
/* Frames that the page allocator never had. */
bool mm_pfn_reserved(unsigned long pfn);
/*
 * Why the host must not be told that nobody needs @nr pages, and of which that is true; NULL:
 * whoever asks may own them.  @single: each is for itself, as against a block of pages.
 */
const char *mm_pages_use(unsigned long pfn, unsigned long nr, bool single, unsigned long *bad);
void slab_init(void);
/* Remember how many objects are in use; then name the caches that have more of them. */
void slab_mark(void);
size_t slab_report_since_mark(char *buf, size_t size);
/* Whether somebody is told of free pages, and of how many blocks at a time. */
bool page_reporting_active(void);
unsigned int page_reporting_capacity(void);
/* Who is told of free pages, by the kernel's own core; NULL: nobody. */
const struct page_reporting_dev_info *page_reporting_device(void);
const struct blocking_notifier_head *oom_notifiers(void);
void slab_exit(void);
/* Look for objects that were written over: the oldest ones, in the name of @caller; all. */
void slab_look(const void *caller);
void slab_check(void);
void slab_describe(const void *address, char *text, unsigned int size);
void oom_init(void);
void oom_exit(void);

/* Process memory: mmap.c and others */
/* Resident, swapped and page table pages of a process, for the OOM killer. */
unsigned long mm_badness_pages(const struct mm_struct *mm);
/* The OOM killer has chosen this task. */
void user_oom_killed(struct task_struct *victim);

#endif
