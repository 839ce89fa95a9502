// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page allocator's front: which zone may serve a request, and what is done to a page when it
 * is handed out or given back; for what happens when no zone can, see page_alloc_slow.c.
 *
 * Models mm/page_alloc.c of Linux 6.1 and 6.12: get_page_from_freelist, __zone_watermark_ok,
 * __alloc_pages_bulk, free_pages_prepare, post_alloc_hook.  Contents: the oracle's tokens always,
 * real bytes only where somebody used them (PG_bytes), so that clearing a page that only programs
 * use touches no memory of the simulator.
 *
 * With mm_config.page_zeroed also what was proposed in 2026 and is in no release (M. Tsirkin,
 * "mm/virtio: skip redundant zeroing of host-zeroed pages", versions 2 to 6 on linux-mm): a free
 * page that the host has zeroed says so (PG_zeroed), and is not cleared again when it is handed out
 * to somebody who wants zeroes.  Whoever takes a page ends that, for he may write to it.  The
 * contents are looked at: a page that is not what was said of it is a data loss.
 *
 * Left out: cpusets, memory cgroups, dirty page spreading over nodes.
 */
#include <linux/export.h>
#include <linux/sched.h>
#include "internal.h"

#define POISON_TOKEN (0x01010101u * PAGE_POISON)

struct zone *page_zone(const struct page *page)
{
	return pfn_zone(page_to_pfn(page));
}

int get_pfnblock_migratetype(const struct page *page, unsigned long pfn)
{
	return pageblock_type(this_mm, pfn);
}

int get_pageblock_migratetype(const struct page *page)
{
	return pageblock_type(this_mm, page_to_pfn(page));
}

void set_pageblock_migratetype(struct page *page, int migratetype)
{
	unsigned char *block = &this_mm->pageblock[page_to_pfn(page) >> pageblock_order];

	*block = (*block & ~PAGEBLOCK_TYPE) | migratetype;
}

/* Whoever asks for the address of a page may use its bytes. */
void *page_address(const struct page *page)
{
	unsigned long pfn = page_to_pfn(page);

	if (!PageBytes(page)) {
		SetPageBytes((struct page *)page);
		this_mm->pageblock[pfn >> pageblock_order] |= PAGEBLOCK_BYTES;
		if (mm_ram())
			guest_ram_mark_bytes(mm_ram(), gfn(pfn), 1);
	}
	return __va(PFN_PHYS(pfn));
}
EXPORT_SYMBOL(page_address);

/* Tokens and, where there are any, bytes of @nr pages become zero; whoever asks pays. */
void clear_pages(struct page *page, unsigned long nr)
{
	unsigned long pfn = page_to_pfn(page), i;
	struct guest_ram *ram = mm_ram();

	charge(COST_PAGE_ZERO, nr);
	if (ram)
		guest_ram_fill(ram, gfn(pfn), nr, 0);
	if (!this_kernel->ram_base)
		return;
	for (i = 0; i < nr; i++) {
		if (!(this_mm->pageblock[(pfn + i) >> pageblock_order] & PAGEBLOCK_BYTES)) {
			i = pageblock_end_pfn(pfn + i) - pfn - 1;
			continue;
		}
		if (PageBytes(page + i))
			memset(__va(PFN_PHYS(pfn + i)), 0, PAGE_SIZE);
	}
}

void clear_highpage(struct page *page)
{
	clear_pages(page, 1);
}

bool want_init_on_free(void)
{
	return this_mm->init_on_free;
}

bool want_init_on_alloc(gfp_t flags)
{
	return this_mm->init_on_alloc || flags & __GFP_ZERO;
}

bool page_poisoning_enabled_static(void)
{
	return this_mm->page_poison;
}

bool mm_knows_zeroed(void)
{
	return this_mm->page_zeroed;
}
EXPORT_SYMBOL_GPL(mm_knows_zeroed);

/* Something is wrong with a page that is freed or handed out. */
static void bad_page(struct page *page, const char *reason)
{
	printk("BUG: Bad page state pfn:%05lx flags:%x count:%d: %s\n", page_to_pfn(page),
	       page->flags, page_ref_count(page), reason);
	kernel_warn("mm/page_alloc.c", 0, reason);
}

/*
 * Checks and contents before a free; false: the page is bad and must not be listed.  @zeroed: it is
 * all zero, and may be known to be.
 */
bool free_pages_prepare(struct page *page, unsigned int order, bool zeroed)
{
	struct mm_state *mm = this_mm;

	mm_trace(mm, page_free, page, order);
	touch_memmap(page, order);
	/* What was in a balloon says so until now. */
	if (unlikely(PageOffline(page)) && kernel_since(7, 2))
		__ClearPageOffline(page);
	if (unlikely(page->flags & PAGE_FLAGS_CHECK)) {
		bad_page(page, PageBuddy(page) ? "page is free already" :
						 "PAGE_FLAGS_CHECK_AT_FREE flag(s) set");
		return false;
	}
	if (unlikely(order && PageHead(page) && PageTail(page + 1))) {
		unsigned int i;

		for (i = 1; i < 1u << order; i++) {
			ClearPageTail(page + i);
			set_page_private(page + i, 0);
		}
	}
	page->flags &= 1u << PG_bytes;
	set_page_private(page, 0);
	if (unlikely(mm->page_poison) && mm_ram())
		guest_ram_fill(mm_ram(), gfn(page_to_pfn(page)), 1UL << order, POISON_TOKEN);
	else if (unlikely(zeroed && mm->page_zeroed))
		__SetPageZeroed(page);
	else if (unlikely(mm->init_on_free))
		clear_pages(page, 1UL << order);
	free_page_hook_call(freed, page_zone(page), page, order);
	return true;
}

/* The pattern that a free page was filled with must still be there (mm/page_poison.c). */
static void check_poison(struct page *page, unsigned int order)
{
	struct guest_ram *ram = mm_ram();
	unsigned long i;

	for (i = 0; ram && i < 1UL << order; i++) {
		if (guest_ram_read(ram, gfn(page_to_pfn(page) + i)) == POISON_TOKEN)
			continue;
		printk("pagealloc: memory corruption, pfn:%05lx\n", page_to_pfn(page) + i);
		kernel_warn("mm/page_poison.c", 0, "pagealloc: memory corruption");
		return;
	}
}

/* A page is handed out as it was left: zero, if nobody spoiled it, and @who says so is right. */
static void check_zero(struct page *page, unsigned int order, const char *who)
{
	struct guest_ram *ram = mm_ram();
	unsigned long pfn = page_to_pfn(page), i;

	for (i = 0; ram && i < 1UL << order; i++) {
		if (guest_ram_peek(ram, gfn(pfn + i)))
			guest_ram_check(ram, gfn(pfn + i), 1, 0, who);
	}
}

void prep_compound_page(struct page *page, unsigned int order)
{
	unsigned int i;

	SetPageHead(page);
	set_compound_order(page, order);
	/* Nobody holds on to a tail of a larger block; its struct pages stay untouched. */
	for (i = 1; order <= PAGE_ALLOC_COSTLY_ORDER && i < 1u << order; i++) {
		SetPageTail(page + i);
		set_page_private(page + i, i);
	}
}

void prep_new_page(struct page *page, unsigned int order, gfp_t gfp, unsigned int alloc_flags)
{
	struct mm_state *mm = this_mm;
	bool zeroed = PageZeroed(page);

	if (unlikely(page->flags & PAGE_FLAGS_CHECK || page_ref_count(page)))
		bad_page(page, "page in use is on a free list");
	__ClearPageZeroed(page);
	mm_trace(mm, page_alloc, page, order);
	touch_memmap(page, order && gfp & __GFP_COMP ? order : 0);
	set_page_private(page, 0);
	set_page_refcounted(page);
	free_page_hook_call(allocated, page_zone(page), page, order);
	if (unlikely(mm->page_poison))
		check_poison(page, order);
	if (unlikely(mm->init_on_free))
		check_zero(page, order, "init_on_free");
	else if (want_init_on_alloc(gfp) && unlikely(zeroed))
		check_zero(page, order, "PG_zeroed");
	else if (want_init_on_alloc(gfp))
		clear_pages(page, 1UL << order);
	if (order && gfp & __GFP_COMP)
		prep_compound_page(page, order);
}

/* Free pages that a request without rights to reserves cannot have. */
static inline long unusable_free(const struct zone *z, unsigned int order,
				 unsigned int alloc_flags)
{
	long unusable = (1L << order) - 1;

	/* 6.1 takes what is reserved for free. */
	if (likely(!(alloc_flags & ALLOC_RESERVES)))
		unusable += this_mm->since_6_12 ? z->nr_free_highatomic :
						  z->nr_reserved_highatomic;
	return unusable;
}

/* How far below the mark a request may go. */
static long reduced_mark(long min, unsigned int alloc_flags)
{
	if (alloc_flags & ALLOC_MIN_RESERVE) {
		min -= min / 2;
		if (alloc_flags & ALLOC_NON_BLOCK)
			min -= min / 4;
	}
	if (alloc_flags & ALLOC_OOM)
		min -= min / 2;
	return min;
}

/* Is there a free block, large enough, of a type that this request may take? */
static bool has_block(struct zone *z, unsigned int order, unsigned int alloc_flags)
{
	/* The reserve of atomic requests comes right behind the ordinary types. */
	bool reserve = alloc_flags & (ALLOC_HIGHATOMIC | ALLOC_OOM);
	int mt, types = reserve ? MIGRATE_HIGHATOMIC + 1 : MIGRATE_PCPTYPES;

	for (; order < MAX_ORDER; order++) {
		if (!z->free_area[order].nr_free)
			continue;
		for (mt = 0; mt < types; mt++)
			if (!free_area_empty(&z->free_area[order], mt))
				return true;
	}
	return false;
}

bool __zone_watermark_ok(struct zone *z, unsigned int order, unsigned long mark,
			 int highest_zoneidx, unsigned int alloc_flags, long free_pages)
{
	long min = mark;

	free_pages -= unusable_free(z, order, alloc_flags);
	if (unlikely(alloc_flags & ALLOC_RESERVES))
		min = reduced_mark(min, alloc_flags);
	if (free_pages <= min + z->lowmem_reserve[highest_zoneidx])
		return false;
	/* Any free page does for a single one. */
	return !order || has_block(z, order, alloc_flags);
}

bool zone_watermark_ok(struct zone *z, unsigned int order, unsigned long mark,
		       int highest_zoneidx, unsigned int alloc_flags)
{
	long free = zone_page_state(z, NR_FREE_PAGES);

	return __zone_watermark_ok(z, order, mark, highest_zoneidx, alloc_flags, free);
}

bool zone_watermark_ok_safe(struct zone *z, unsigned int order, unsigned long mark,
			    int highest_zoneidx)
{
	return zone_watermark_ok(z, order, mark, highest_zoneidx, 0);
}

static inline bool zone_watermark_fast(struct zone *z, unsigned int order, unsigned long mark,
				       int highest_zoneidx, unsigned int alloc_flags, gfp_t gfp)
{
	long free_pages = zone_page_state(z, NR_FREE_PAGES);
	bool urgent;

	if (!order) {
		long usable = free_pages - min(free_pages, unusable_free(z, 0, alloc_flags));

		if (usable > (long)mark + z->lowmem_reserve[highest_zoneidx])
			return true;
	}
	if (__zone_watermark_ok(z, order, mark, highest_zoneidx, alloc_flags, free_pages))
		return true;
	/* A boost is for kswapd, not against atomic requests, in 6.12 not against __GFP_HIGH. */
	urgent = this_mm->since_6_12 ? alloc_flags & ALLOC_MIN_RESERVE : gfp & __GFP_ATOMIC;
	if (unlikely(!order && urgent && z->watermark_boost &&
		     (alloc_flags & ALLOC_WMARK_MASK) == WMARK_MIN))
		return __zone_watermark_ok(z, order, z->_watermark[WMARK_MIN], highest_zoneidx,
					   alloc_flags, free_pages);
	return false;
}

static struct page *rmqueue_buddy(struct zone *zone, unsigned int order, unsigned int alloc_flags,
				  int migratetype)
{
	enum rmqueue_mode mode = RMQUEUE_NORMAL;
	struct page *page = NULL;
	unsigned long flags;

	spin_lock_irqsave(&zone->lock, flags);
	if (alloc_flags & ALLOC_HIGHATOMIC)
		page = __rmqueue_smallest(zone, order, MIGRATE_HIGHATOMIC);
	if (!page)
		page = __rmqueue(zone, order, migratetype, alloc_flags, &mode);
	if (!page && alloc_flags & (ALLOC_OOM | ALLOC_NON_BLOCK))
		page = __rmqueue_smallest(zone, order, MIGRATE_HIGHATOMIC);
	if (page)
		mod_zone_freepage_state(zone, -(1L << order));
	spin_unlock_irqrestore(&zone->lock, flags);
	if (page) {
		vm_event(this_mm, PGALLOC_DMA + zone_idx(zone), 1UL << order);
		charge(COST_BUDDY_ALLOC, 1);
	}
	return page;
}

static inline struct page *rmqueue(struct zone *zone, unsigned int order, unsigned int alloc_flags,
				   int migratetype)
{
	struct page *page = NULL;

	if (likely(pcp_allowed_order(order)))
		page = rmqueue_pcplist(zone, order, migratetype, alloc_flags);
	if (unlikely(!page))
		page = rmqueue_buddy(zone, order, alloc_flags, migratetype);
	if (unlikely(test_bit(ZONE_BOOSTED_WATERMARK, &zone->flags)) &&
	    (alloc_flags & ALLOC_KSWAPD || !this_mm->since_6_12)) {
		clear_bit(ZONE_BOOSTED_WATERMARK, &zone->flags);
		wakeup_kswapd(zone, 0, 0, zone_idx(zone));
	}
	return page;
}

/* Of 6.12: per-CPU lists do not grow while free memory is below the high watermark. */
static void note_below_high(struct zone *zone, unsigned int order, int highest_zoneidx,
			    unsigned int alloc_flags, gfp_t gfp)
{
	if (!test_bit(ZONE_BELOW_HIGH, &zone->flags) && !zone_flags_given() &&
	    !zone_watermark_fast(zone, order, high_wmark_pages(zone), highest_zoneidx, alloc_flags,
				 gfp))
		set_bit(ZONE_BELOW_HIGH, &zone->flags);
}

/* Walk the zones for one that is above its mark and has a page. */
struct page *get_page_from_freelist(gfp_t gfp, unsigned int order, unsigned int alloc_flags,
				    const struct alloc_context *ac)
{
	const struct mm_state *mm = this_mm;
	bool no_fallback;

	do {
		struct zone **z, *zone;

		no_fallback = alloc_flags & ALLOC_NOFRAGMENT;
		for_each_zone_of(z, zone, ac) {
			unsigned long mark = wmark_pages(zone, alloc_flags & ALLOC_WMARK_MASK);
			struct page *page;

			if (unlikely(mm->trace) && mm->trace->use_zone &&
			    !mm->trace->use_zone(mm->trace_ctx, zone))
				continue;
			if (unlikely(mm->since_6_12))
				note_below_high(zone, order, ac->highest_zoneidx, alloc_flags, gfp);
			if (!(alloc_flags & ALLOC_NO_WATERMARKS) &&
			    !zone_watermark_fast(zone, order, mark, ac->highest_zoneidx,
						 alloc_flags, gfp))
				continue;
			page = rmqueue(zone, order, alloc_flags, ac->migratetype);
			if (!page)
				continue;
			prep_new_page(page, order, gfp, alloc_flags);
			if (unlikely(alloc_flags & ALLOC_HIGHATOMIC))
				reserve_highatomic_pageblock(page, order, zone);
			return page;
		}
		/* Every zone would have to mix types in a pageblock: then so be it. */
		alloc_flags &= ~ALLOC_NOFRAGMENT;
	} while (no_fallback);
	return NULL;
}

/* First zone of the list that a request may use. */
static struct zone **first_zone_of(int highest_zoneidx)
{
	struct zone **z = this_kernel->pgdat->node_zonelist.zones;

	while (*z && (int)zone_idx(*z) > highest_zoneidx)
		z++;
	return z;
}

static void prepare_alloc_pages(gfp_t gfp, struct alloc_context *ac)
{
	ac->highest_zoneidx = gfp_zone(gfp);
	ac->migratetype = gfp_migratetype(gfp);
	ac->preferred = first_zone_of(ac->highest_zoneidx);
}

/* ZONE_NORMAL has DMA32 beside it: rather take a page there than mix types. */
static unsigned int alloc_flags_nofragment(const struct zone *zone, gfp_t gfp)
{
	unsigned int alloc_flags = gfp & __GFP_KSWAPD_RECLAIM;

	if (zone && zone_idx(zone) == ZONE_NORMAL)
		alloc_flags |= ALLOC_NOFRAGMENT;
	return alloc_flags;
}

struct page *__alloc_pages(gfp_t gfp, unsigned int order, int preferred_nid, void *nodemask)
{
	unsigned int alloc_flags = ALLOC_WMARK_LOW;
	struct alloc_context ac;
	struct page *page;

	if (WARN_ON_ONCE(order >= MAX_ORDER))
		return NULL;
	might_alloc(gfp);
	prepare_alloc_pages(gfp, &ac);
	alloc_flags |= alloc_flags_nofragment(*ac.preferred, gfp);
	page = get_page_from_freelist(gfp, order, alloc_flags, &ac);
	if (unlikely(!page))
		page = alloc_pages_slowpath(gfp, order, &ac);
	return page;
}
EXPORT_SYMBOL(__alloc_pages);

/* Who watches pages being handed out takes the note of whose code this is. */
struct page *alloc_pages(gfp_t gfp, unsigned int order)
{
	struct page *page = __alloc_pages(gfp, order, 0, NULL);

	call_site_take();
	return page;
}
EXPORT_SYMBOL(alloc_pages);

/* The first zone that stays above its low mark with @nr pages less. */
static struct zone *bulk_zone(const struct alloc_context *ac, gfp_t gfp, int nr)
{
	const struct mm_state *mm = this_mm;
	struct zone **z, *zone;

	for_each_zone_of(z, zone, ac) {
		if (unlikely(mm->trace) && mm->trace->use_zone &&
		    !mm->trace->use_zone(mm->trace_ctx, zone))
			continue;
		if (zone_watermark_fast(zone, 0, low_wmark_pages(zone) + nr, ac->highest_zoneidx,
					ALLOC_WMARK_LOW, gfp))
			return zone;
	}
	return NULL;
}

/* Where the pages of a bulk request go. */
struct bulk {
	struct list_head *list;		/* or NULL, and then */
	struct page **slots;		/* those that are NULL are to be filled */
	int nr, wanted;			/* pages that are there, old ones in slots included */
	int added;
};

/* Step over slots that have a page; false: there is nothing left to do. */
static bool bulk_next(struct bulk *b)
{
	while (b->slots && b->nr < b->wanted && b->slots[b->nr])
		b->nr++;
	return b->nr < b->wanted;
}

static void bulk_add(struct bulk *b, struct page *page)
{
	if (!page)
		return;
	if (b->list)
		list_add(&page->lru, b->list);
	else
		b->slots[b->nr] = page;
	b->nr++;
	b->added++;
}

/*
 * Order-0 pages in one go, onto a list or into the empty slots of an array.  Whatever stands in the
 * way, at least one page is tried for in the ordinary manner.
 */
unsigned long __alloc_pages_bulk(gfp_t gfp, int preferred_nid, void *nodemask, int nr_pages,
				 struct list_head *page_list, struct page **page_array)
{
	struct bulk out = { .list = page_list, .slots = page_array, .wanted = nr_pages };
	struct alloc_context ac;
	unsigned long flags;
	struct zone *zone;
	int had;

	if (!bulk_next(&out))
		return out.nr;
	had = out.nr;
	might_alloc(gfp);
	prepare_alloc_pages(gfp, &ac);
	zone = nr_pages - had > 1 ? bulk_zone(&ac, gfp, nr_pages) : NULL;
	while (zone && bulk_next(&out)) {
		struct page *page;

		local_irq_save(flags);
		page = __rmqueue_pcplist(zone, 0, ac.migratetype, ALLOC_WMARK_LOW,
					 &zone->per_cpu_pageset[this_cpu_id()]);
		local_irq_restore(flags);
		if (!page)
			break;
		prep_new_page(page, 0, gfp, 0);
		bulk_add(&out, page);
	}
	if (out.added) {
		vm_event(this_mm, PGALLOC_DMA + zone_idx(zone), out.added);
		charge(COST_PAGE_ALLOC, out.added);
	} else {
		bulk_add(&out, __alloc_pages(gfp, 0, preferred_nid, nodemask));
	}
	return out.nr;
}
EXPORT_SYMBOL(__alloc_pages_bulk);

/* Memory by address: its bytes are going to be used. */
unsigned long __get_free_pages(gfp_t gfp, unsigned int order)
{
	struct page *page = alloc_pages(gfp & ~__GFP_HIGHMEM, order);
	unsigned long i;

	if (!page)
		return 0;
	for (i = 0; i < 1UL << order; i++)
		page_address(page + i);
	return (unsigned long)page_address(page);
}
EXPORT_SYMBOL(__get_free_pages);

unsigned long get_zeroed_page(gfp_t gfp)
{
	return __get_free_pages(gfp | __GFP_ZERO, 0);
}
EXPORT_SYMBOL(get_zeroed_page);

static void __free_pages_ok(struct page *page, unsigned int order)
{
	unsigned long pfn = page_to_pfn(page);

	if (!free_pages_prepare(page, order, false))
		return;
	free_one_page(pfn_zone(pfn), page, pfn, order, pageblock_type(this_mm, pfn), FPI_NONE);
	vm_event(this_mm, PGFREE, 1UL << order);
}

void free_the_page(struct page *page, unsigned int order)
{
	if (pcp_allowed_order(order))
		free_unref_page(page, order);
	else
		__free_pages_ok(page, order);
}

void __free_pages(struct page *page, unsigned int order)
{
	if (WARN_ON(page_ref_count(page) <= 0)) {
		bad_page(page, "page is freed twice");
		return;
	}
	if (put_page_testzero(page))
		free_the_page(page, order);
	else if (!PageHead(page))
		while (order-- > 0)
			free_the_page(page + (1UL << order), order);
}
EXPORT_SYMBOL(__free_pages);

void free_pages(unsigned long addr, unsigned int order)
{
	if (addr)
		__free_pages(virt_to_page(addr), order);
}
EXPORT_SYMBOL(free_pages);

void put_page(struct page *page)
{
	page = compound_head(page);
	if (WARN_ON(page_ref_count(page) <= 0)) {
		bad_page(page, "page is put twice");
		return;
	}
	if (put_page_testzero(page))
		free_the_page(page, compound_order(page));
}
EXPORT_SYMBOL(put_page);

/* If somebody else has a reference, too, he may write to the page: then nothing is known of it. */
void put_page_zeroed(struct page *page)
{
	VM_BUG_ON_PAGE(PageCompound(page), page);
	if (page_ref_count(page) != 1) {
		put_page(page);
		return;
	}
	atomic_dec(&page->_refcount);
	free_unref_page_zeroed(page);
}
EXPORT_SYMBOL_GPL(put_page_zeroed);

/* One block without head becomes single pages, each with its own reference. */
void split_page(struct page *page, unsigned int order)
{
	unsigned long i;

	VM_BUG_ON_PAGE(PageCompound(page), page);
	for (i = 1; i < 1UL << order; i++)
		set_page_refcounted(page + i);
}
EXPORT_SYMBOL(split_page);

void *alloc_pages_exact(size_t size, gfp_t gfp)
{
	unsigned int order = get_order(size);
	unsigned long addr = __get_free_pages(gfp, order), used = PFN_UP(size), i;
	struct page *page;

	if (!addr)
		return NULL;
	page = virt_to_page(addr);
	split_page(page, order);
	for (i = used; i < 1UL << order; i++)
		__free_page(page + i);
	return (void *)addr;
}
EXPORT_SYMBOL(alloc_pages_exact);

void free_pages_exact(void *virt, size_t size)
{
	unsigned long i;

	for (i = 0; i < PFN_UP(size); i++)
		free_page((unsigned long)virt + i * PAGE_SIZE);
}
EXPORT_SYMBOL(free_pages_exact);
