// SPDX-License-Identifier: GPL-2.0-only
/*
 * Per-CPU lists of free pages in front of the buddy: orders 0 to 3 by migratetype, and order 9.
 *
 * Models mm/page_alloc.c of Linux 6.1 and 6.12 (rmqueue_bulk, __rmqueue_pcplist,
 * free_unref_page_commit, free_pcppages_bulk): refills go to the tail, allocation and free work on
 * the head, drains take the tail.  How many pages these are: pcp_limits.c.
 *
 * Interrupts are off while lists and count are worked on, as by pcp_spin_lock_irqsave(): a
 * handler, or another task that runs after it, would find them half changed.  Time passes inside
 * only where a hook lets some pass (free_page_hook.c): then allocations and frees go past the
 * lists, as those do that find pcp->lock taken, and drains wait.
 */
#include "internal.h"

bool pcp_allowed_order(unsigned int order)
{
	return order <= PAGE_ALLOC_COSTLY_ORDER || order == pageblock_order;
}

unsigned int order_to_pindex(int migratetype, int order)
{
	if (order > PAGE_ALLOC_COSTLY_ORDER)
		return NR_LOWORDER_PCP_LISTS + (migratetype == MIGRATE_MOVABLE);
	return MIGRATE_PCPTYPES * order + migratetype;
}

int pindex_to_order(unsigned int pindex)
{
	return pindex >= NR_LOWORDER_PCP_LISTS ? pageblock_order : pindex / MIGRATE_PCPTYPES;
}

static struct per_cpu_pages *this_pcp(struct zone *zone)
{
	return &zone->per_cpu_pageset[this_cpu_id()];
}

static bool pcp_trylock(struct per_cpu_pages *pcp)
{
	if (unlikely(pcp->lock.owner))
		return false;
	pcp->lock.owner = coro_current;
	return true;
}

static void pcp_unlock(struct per_cpu_pages *pcp)
{
	pcp->lock.owner = NULL;
}

/* Interrupts are off. */
static void pcp_lock(struct per_cpu_pages *pcp)
{
	if (unlikely(pcp->lock.owner))
		__spin_lock_contended(&pcp->lock);
	pcp->lock.owner = coro_current;
}

/* Take up to @count blocks from the buddy to the tail of @list. */
static int rmqueue_bulk(struct zone *zone, unsigned int order, int count, struct list_head *list,
			int migratetype, unsigned int alloc_flags)
{
	enum rmqueue_mode mode = RMQUEUE_NORMAL;
	unsigned long flags;
	int i;

	spin_lock_irqsave(&zone->lock, flags);
	for (i = 0; i < count; i++) {
		struct page *page = __rmqueue(zone, order, migratetype, alloc_flags, &mode);

		if (unlikely(!page))
			break;
		list_add_tail(&page->pcp_list, list);
	}
	mod_zone_freepage_state(zone, -((long)i << order));
	charge(COST_BUDDY_ALLOC, i);
	spin_unlock_irqrestore(&zone->lock, flags);
	return i;
}

struct page *__rmqueue_pcplist(struct zone *zone, unsigned int order, int migratetype,
			       unsigned int alloc_flags, struct per_cpu_pages *pcp)
{
	struct list_head *list = &pcp->lists[order_to_pindex(migratetype, order)];
	struct page *page;

	if (list_empty(list))
		pcp->count += rmqueue_bulk(zone, order, pcp_refill_blocks(pcp, zone, order),
					   list, migratetype, alloc_flags) << order;
	page = list_first_entry_or_null(list, struct page, pcp_list);
	if (unlikely(!page))
		return NULL;
	list_del(&page->pcp_list);
	pcp->count -= 1 << order;
	return page;
}

struct page *rmqueue_pcplist(struct zone *zone, unsigned int order, int migratetype,
			     unsigned int alloc_flags)
{
	struct per_cpu_pages *pcp = this_pcp(zone);
	struct mm_state *mm = this_mm;
	struct page *page = NULL;
	unsigned long flags;

	if (unlikely(mm->trace) && mm->trace->pcp_locked && mm->trace->pcp_locked(mm->trace_ctx))
		return NULL;
	local_irq_save(flags);
	if (likely(pcp_trylock(pcp))) {
		pcp_count_alloc(pcp);
		page = __rmqueue_pcplist(zone, order, migratetype, alloc_flags, pcp);
		pcp_unlock(pcp);
	}
	local_irq_restore(flags);
	if (page) {
		vm_event(mm, PGALLOC_DMA + zone_idx(zone), 1UL << order);
		charge(COST_PAGE_ALLOC, 1);
	}
	return page;
}

/*
 * Free @count pages, from the tails of the lists: all of list @pindex first, then the others in
 * turn.
 */
void free_pcppages_bulk(struct zone *zone, int count, struct per_cpu_pages *pcp, int pindex)
{
	int min_pindex = 0, max_pindex = NR_PCP_LISTS - 1;
	struct mm_state *mm = this_mm;
	unsigned long flags;
	u64 now = mm_now();
	bool isolated;

	count = min(pcp->count, count);
	pindex--;
	spin_lock_irqsave(&zone->lock, flags);
	isolated = has_isolate_pageblock(zone);
	while (count > 0) {
		struct list_head *list;
		unsigned int order;

		for (;;) {
			if (++pindex > max_pindex)
				pindex = min_pindex;
			list = &pcp->lists[pindex];
			if (!list_empty(list))
				break;
			/* An empty list at either end is not looked at again. */
			if (pindex == max_pindex)
				max_pindex--;
			if (pindex == min_pindex)
				min_pindex++;
		}
		order = pindex_to_order(pindex);
		do {
			struct page *page = list_last_entry(list, struct page, pcp_list);
			int mt = get_pcppage_migratetype(page);

			list_del(&page->pcp_list);
			count -= 1 << order;
			pcp->count -= 1 << order;
			/* 6.1 remembers the type from when the page was freed. */
			if (unlikely(isolated || mm->since_6_12))
				mt = get_pageblock_migratetype(page);
			block_freed(mm, page_to_pfn(page), order, now);
			__free_one_page(page, page_to_pfn(page), zone, order, mt, FPI_NONE);
			mm_trace(mm, pcpu_drain, page, order, mt);
			charge(COST_BUDDY_FREE, 1);
		} while (count > 0 && !list_empty(list));
	}
	spin_unlock(&zone->lock);
	free_page_hook_call(unlocked, zone);
	local_irq_restore(flags);
}

/* Of 6.12: pageblock by pageblock, as each may be of another type. */
static void free_by_pageblock(struct zone *zone, unsigned long pfn, unsigned int order,
			      fpi_t fpi_flags)
{
	unsigned long end = pfn + (1UL << order);

	for (order = min(order, (unsigned int)pageblock_order); pfn < end; pfn += 1UL << order)
		__free_one_page(pfn_to_page(pfn), pfn, zone, order, pageblock_type(this_mm, pfn),
				fpi_flags);
}

void free_one_page(struct zone *zone, struct page *page, unsigned long pfn, unsigned int order,
		   int migratetype, fpi_t fpi_flags)
{
	unsigned long flags;

	spin_lock_irqsave(&zone->lock, flags);
	if (unlikely(has_isolate_pageblock(zone) || is_migrate_isolate(migratetype)))
		migratetype = pageblock_type(this_mm, pfn);
	block_freed(this_mm, pfn, order, mm_now());
	if (this_mm->since_6_12)
		free_by_pageblock(zone, pfn, order, fpi_flags);
	else
		__free_one_page(page, pfn, zone, order, migratetype, fpi_flags);
	charge(COST_BUDDY_FREE, 1);
	spin_unlock(&zone->lock);
	free_page_hook_call(unlocked, zone);
	local_irq_restore(flags);
}

/* The part of a free that looks at the page; its pageblock's type is read here, not later. */
bool free_unref_page_prepare(struct page *page, unsigned long pfn, unsigned int order, bool zeroed)
{
	if (!free_pages_prepare(page, order, zeroed))
		return false;
	set_pcppage_migratetype(page, pageblock_type(this_mm, pfn));
	return true;
}

/* The part of a free that lists the page, and drains the lists when they hold too much. */
void free_unref_page_commit(struct zone *zone, struct per_cpu_pages *pcp, struct page *page,
			    int migratetype, unsigned int order)
{
	unsigned int pindex = order_to_pindex(migratetype, order);
	int drain;

	vm_event(this_mm, PGFREE, 1UL << order);
	charge(COST_PAGE_FREE, 1);
	list_add(&page->pcp_list, &pcp->lists[pindex]);
	pcp->count += 1 << order;
	drain = pcp_count_free(pcp, zone, order);
	if (drain) {
		free_pcppages_bulk(zone, drain, pcp, pindex);
		if (this_mm->since_6_12)
			pcp_drained(zone);
	}
}

/* Types without a list of their own go with the movable ones. */
static int pcp_list_type(int migratetype)
{
	return migratetype < MIGRATE_PCPTYPES ? migratetype : MIGRATE_MOVABLE;
}

/* To this CPU's lists, or past them. */
static void commit(struct zone *zone, struct page *page, unsigned long pfn, int migratetype,
		   unsigned int order)
{
	struct per_cpu_pages *pcp;
	unsigned long flags;

	local_irq_save(flags);
	pcp = this_pcp(zone);
	if (likely(pcp_trylock(pcp))) {
		free_unref_page_commit(zone, pcp, page, pcp_list_type(migratetype), order);
		pcp_unlock(pcp);
	} else {
		free_one_page(zone, page, pfn, order, migratetype, FPI_NONE);
	}
	local_irq_restore(flags);
}

static void free_page_as(struct page *page, unsigned int order, bool zeroed)
{
	unsigned long pfn = page_to_pfn(page);
	struct zone *zone = pfn_zone(pfn);
	int mt;

	if (!free_unref_page_prepare(page, pfn, order, zeroed))
		return;
	mt = get_pcppage_migratetype(page);
	if (unlikely(is_migrate_isolate(mt))) {
		free_one_page(zone, page, pfn, order, mt, FPI_NONE);
		return;
	}
	commit(zone, page, pfn, mt, order);
}

void free_unref_page(struct page *page, unsigned int order)
{
	free_page_as(page, order, false);
}

void free_unref_page_zeroed(struct page *page)
{
	free_page_as(page, 0, true);
}

/*
 * Free pages and small folios: all are prepared before the first one is listed.  Meanwhile each
 * remembers its order, as folio->private does in 6.12.
 */
void free_unref_page_list(struct list_head *list)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, list, lru) {
		unsigned long pfn = page_to_pfn(page);
		unsigned int order = compound_order(page);
		bool good = free_unref_page_prepare(page, pfn, order, false);
		bool isolated = good && is_migrate_isolate(get_pcppage_migratetype(page));

		if (!good || unlikely(isolated))
			list_del(&page->lru);
		if (unlikely(isolated))
			free_one_page(pfn_zone(pfn), page, pfn, order, MIGRATE_ISOLATE, FPI_NONE);
		else if (good)
			set_page_private(page, order);
	}
	list_for_each_entry_safe(page, next, list, lru) {
		struct zone *zone = page_zone(page);
		unsigned int order = page_private(page);

		list_del(&page->lru);
		set_page_private(page, 0);
		mm_trace(this_mm, page_free_batched, page);
		commit(zone, page, page_to_pfn(page), get_pcppage_migratetype(page), order);
	}
}

void pcp_drain_some(struct zone *zone, struct per_cpu_pages *pcp, int pages)
{
	unsigned long flags;

	local_irq_save(flags);
	pcp_lock(pcp);
	free_pcppages_bulk(zone, pages, pcp, 0);
	pcp_unlock(pcp);
	local_irq_restore(flags);
}

static void drain_pages_zone(unsigned int cpu, struct zone *zone)
{
	struct per_cpu_pages *pcp = &zone->per_cpu_pageset[cpu];
	unsigned long flags;

	local_irq_save(flags);
	pcp_lock(pcp);
	while (pcp->count)
		free_pcppages_bulk(zone, min(pcp->count, pcp->batch << PCP_BATCH_SCALE_MAX), pcp,
				   0);
	pcp_unlock(pcp);
	local_irq_restore(flags);
}

void drain_local_pages(struct zone *only)
{
	struct zone *zone;

	for_each_populated_zone(zone) {
		if (!only || zone == only)
			drain_pages_zone(this_cpu_id(), zone);
	}
}

void drain_all_pages(struct zone *only)
{
	unsigned int cpu;
	struct zone *zone;

	for (cpu = 0; cpu < this_kernel->nr_cpus; cpu++) {
		for_each_populated_zone(zone) {
			if (!only || zone == only)
				drain_pages_zone(cpu, zone);
		}
	}
}
