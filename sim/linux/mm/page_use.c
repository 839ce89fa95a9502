// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a page is used for, asked from outside: may a driver tell the host that nobody needs it?
 *
 * A page that was allocated and is on no list, in no cache and no mapping is its owner's, who may.
 * Everything else is somebody else's; also a free one, which the next allocation hands out while
 * the host still drops it.  Which pages the kernel never had is known from the boot
 * (mm_pfn_reserved()).
 */
#include "internal.h"
#include "user.h"

/* Whether the page is part of a block on a free list, or of one that is yet to be listed. */
static bool in_free_block(unsigned long pfn)
{
	const struct free_area *area = &pfn_zone(pfn)->free_area[MAX_ORDER - 1];
	unsigned int order;

	if (pfn >= area->unlisted && pfn < area->unlisted_end)
		return true;

	for (order = 0; order < MAX_ORDER; order++) {
		const struct page *head = pfn_to_page(pfn & ~((1UL << order) - 1));

		if (PageBuddy(head))
			return buddy_order(head) >= order;
	}
	return false;
}

static bool on_percpu_list(const struct page *page)
{
	const struct zone *zone = pfn_zone(page_to_pfn(page));
	const struct page *other;
	unsigned int cpu, list;

	for (cpu = 0; cpu < this_kernel->nr_cpus; cpu++)
		for (list = 0; list < NR_PCP_LISTS; list++)
			list_for_each_entry(other, &zone->per_cpu_pageset[cpu].lists[list],
					    pcp_list)
				if (other == page)
					return true;
	return false;
}

/* Any of these, and the page is somebody else's, or has to be looked at more closely. */
#define LOOK_AT (1u << PG_slab | 1u << PG_table | 1u << PG_lru | 1u << PG_anon | 1u << PG_mapped | \
		 1u << PG_swapcache | 1u << PG_buddy | 1u << PG_tail)

static const char *page_use(unsigned long pfn, bool percpu)
{
	const struct page *page = pfn_to_page(pfn), *head;

	head = PageTail(page) ? compound_head((struct page *)page) : page;
	if (PageSlab(head))
		return "slab memory of the kernel";
	if (PageTable(head))
		return "a page table";
	if (PageLRU(head) || PageAnon(head) || PageMapped(head) || PageSwapCache(head))
		return PageAnon(head) || PageSwapBacked(head) ? "memory of a program" :
								"page cache";
	if (page_ref_count(page) > 0)
		return NULL;
	if (in_free_block(pfn))
		return "free: it is on a free list";
	if (percpu && on_percpu_list(page))
		return "free: it is on a per-CPU list";
	return NULL;
}

const char *mm_pages_use(unsigned long pfn, unsigned long nr, bool single, unsigned long *bad)
{
	unsigned long i;

	for (i = 0; i < nr; i++) {
		const struct page *page;
		const char *use = NULL;

		*bad = pfn + i;
		if (pfn + i >= this_kernel->max_pfn)
			return "no memory of the guest";
		if ((single || !i || i + 1 == nr) && mm_pfn_reserved(pfn + i))
			return "the kernel's own since boot (image, memory map, firmware)";
		page = pfn_to_page(pfn + i);
		/* Inside of a block that is isolated nothing else can be free. */
		if (!i || page->flags & LOOK_AT || (single && page_ref_count(page) <= 0))
			use = page_use(pfn + i, single || !i);
		if (use)
			return use;
	}
	return NULL;
}
