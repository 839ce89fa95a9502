// SPDX-License-Identifier: GPL-2.0-only
/*
 * Putting things right after a difference: the recorded page takes the place of the one that the
 * model had, so that one divergence does not make everything after it wrong.
 */
#include "kmem_replay_internal.h"

int replay_pcp_list_of(struct page *page, unsigned int order)
{
	struct per_cpu_pages *pcp = &page_zone(page)->per_cpu_pageset[0];
	unsigned int pindex;
	struct page *pos;

	for (pindex = 0; pindex < NR_PCP_LISTS; pindex++) {
		if (pindex_to_order(pindex) != order)
			continue;
		list_for_each_entry(pos, &pcp->lists[pindex], pcp_list) {
			if (pos == page)
				return pindex;
		}
	}
	return -1;
}

/* Take the block of @order at @pfn out of the buddy; NULL: it is not free there. */
static struct page *extract_buddy(unsigned long pfn, unsigned int order)
{
	struct zone *zone = pfn_zone(pfn);
	unsigned int o;

	for (o = order; o < MAX_ORDER; o++) {
		unsigned long base = pfn & ~((1UL << o) - 1), i;
		struct page *head = pfn_to_page(base);
		int mt;

		if (!PageBuddy(head) || buddy_order(head) != o)
			continue;
		mt = pageblock_type(this_mm, base);
		list_del(&head->buddy_list);
		head->flags &= ~(1u << PG_buddy);
		zone->free_area[o].nr_free--;
		if (!is_migrate_isolate(mt))
			mod_zone_freepage_state(zone, -(1L << o));
		for (i = base; i < base + (1UL << o); i += 1UL << order) {
			if (i != pfn)
				__free_one_page(pfn_to_page(i), i, zone, order, mt, FPI_NONE);
		}
		set_page_private(pfn_to_page(pfn), 0);
		return pfn_to_page(pfn);
	}
	return NULL;
}

struct page *replay_extract(unsigned long pfn, unsigned int order)
{
	struct page *page = pfn_to_page(pfn);

	if (replay_pcp_list_of(page, order) >= 0) {
		list_del(&page->pcp_list);
		page_zone(page)->per_cpu_pageset[0].count -= 1 << order;
		return page;
	}
	return extract_buddy(pfn, order);
}

void replay_exchange(struct replay *r, struct page *got, long want, unsigned int order)
{
	r->resync = true;
	if (got) {
		unsigned long pfn = page_to_pfn(got);

		set_page_count(got, 0);
		got->flags = 0;
		set_page_private(got, 0);
		free_one_page(pfn_zone(pfn), got, pfn, order, pageblock_type(this_mm, pfn),
			      FPI_NONE);
	}
	if (want >= 0) {
		struct page *page = replay_extract(want, order);

		if (page) {
			set_page_private(page, 0);
			set_page_refcounted(page);
			replay_set_state(r, want, order, PAGE_IN_USE);
		}
	}
	r->resync = false;
}

/* Two entries of per-CPU lists change places. */
static void swap_entries(struct list_head *a, struct list_head *b)
{
	struct list_head mark;

	list_replace(a, &mark);
	list_replace(b, a);
	list_replace(&mark, b);
}

void replay_exchange_refill(struct replay *r, struct page *got, unsigned long want,
			    unsigned int order)
{
	bool handed_out = r->cur->pending && r->cur->page == got;
	struct page *page = pfn_to_page(want);
	unsigned long pfn = page_to_pfn(got);
	int mt = get_pcppage_migratetype(got);

	if (page == r->cur->page || (!handed_out && replay_pcp_list_of(got, order) < 0))
		return;
	if (!handed_out && replay_pcp_list_of(page, order) >= 0) {
		swap_entries(&got->pcp_list, &page->pcp_list);
		return;
	}
	page = extract_buddy(want, order);
	if (!page)
		return;
	r->resync = true;
	if (handed_out) {
		set_page_refcounted(page);
		r->cur->page = page;
		set_page_count(got, 0);
		got->flags = 0;
	} else {
		list_replace(&got->pcp_list, &page->pcp_list);
		set_pcppage_migratetype(page, mt);
	}
	set_page_private(got, 0);
	free_one_page(pfn_zone(pfn), got, pfn, order, pageblock_type(this_mm, pfn), FPI_NONE);
	r->resync = false;
}

/* What is to be freed or listed must be in the state that comes before. */
bool replay_can_free(struct replay *r, const struct kmem_event *ev, unsigned int order,
		     enum page_state from, enum page_state to)
{
	if (replay_is_state(r, ev->pfn, order, from)) {
		replay_set_state(r, ev->pfn, order, to);
		return true;
	}
	r->res->impossible++;
	replay_diverge(r, "recorded %c of pfn %ld, which %s", ev->type, (long)ev->pfn,
		       from == PAGE_IN_USE ? "is free" : "has not been freed before");
	/* Somebody took it, and the record of it is missing or not understood: take it now. */
	if (from != PAGE_IN_USE || !replay_extract(ev->pfn, order))
		return false;
	replay_set_state(r, ev->pfn, order, to);
	return true;
}
