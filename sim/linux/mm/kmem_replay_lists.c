// SPDX-License-Identifier: GPL-2.0-only
/*
 * Snapshots of the replay: the first becomes the allocator's state, and every list at the end is
 * compared with the second.
 */
#include "hostmem.h"
#include "kmem_replay_internal.h"

/* The first */

static void load_lists(struct replay *r, struct zone *zone, const struct kmem_zone *kz)
{
	struct per_cpu_pages *pcp = &zone->per_cpu_pageset[0];
	unsigned int order, mt, i, pindex;

	for (order = 0; order < MAX_ORDER; order++) {
		for (mt = 0; mt < MIGRATE_TYPES; mt++) {
			const struct kmem_list *list = &kz->free[order][mt];

			for (i = 0; i < list->nr; i++) {
				struct page *page = pfn_to_page(list->pfn[i]);

				set_buddy_order(page, order);
				add_to_free_list_tail(page, zone, order, mt);
				replay_set_state(r, list->pfn[i], order, PAGE_LISTED);
			}
		}
	}
	for (pindex = 0; pindex < NR_PCP_LISTS; pindex++) {
		const struct kmem_list *list = &kz->pcp[pindex];

		for (i = 0; i < list->nr; i++) {
			struct page *page = pfn_to_page(list->pfn[i]);

			set_pcppage_migratetype(page, list->type[i]);
			list_add_tail(&page->pcp_list, &pcp->lists[pindex]);
			replay_set_state(r, list->pfn[i], pindex_to_order(pindex), PAGE_LISTED);
		}
	}
	pcp->count = kz->pcp_count;
	pcp->high = kz->pcp_high;
	pcp->batch = kz->pcp_batch;
	pcp->free_factor = kz->pcp_free_factor;
	pcp->high_min = kz->pcp_high_min;
	pcp->high_max = kz->pcp_high_max;
	pcp->free_count = kz->pcp_free_count;
	pcp->alloc_factor = kz->pcp_alloc_factor;
	pcp->flags = kz->pcp_flags;
}

static void load_zone(struct replay *r, int idx, const struct kmem_zone *kz)
{
	struct kernel *kernel = &r->kernel;
	struct zone *zone = &kernel->pgdat->node_zones[idx];
	unsigned int i;

	zone->zone_start_pfn = kz->start;
	zone->spanned_pages = kz->spanned;
	zone->present_pages = kz->present_pages;
	atomic_long_set(&zone->managed_pages, kz->managed);
	for (i = 0; i < NR_WMARK; i++)
		zone->_watermark[i] = kz->wmark[i];
	zone->watermark_boost = kz->boost;
	zone->nr_reserved_highatomic = kz->nr_highatomic;
	zone->nr_isolate_pageblock = kz->nr_isolate;
	zone->flags = kz->flags;
	for (i = 0; i < MAX_NR_ZONES; i++)
		zone->lowmem_reserve[i] = kz->lowmem_reserve[i];
	for (i = 0; i < kz->nr_blocks; i++) {
		unsigned long pfn = kz->block_first + (unsigned long)i * pageblock_nr_pages;

		if (kz->block[i] != KMEM_NO_BLOCK)
			kernel->mm->pageblock[pfn >> pageblock_order] = kz->block[i];
	}
	load_lists(r, zone, kz);
	zone->nr_free_highatomic = kz->nr_free_highatomic;
	atomic_long_set(&zone->vm_stat[NR_FREE_PAGES], kz->vm_stat_free);
}

void replay_load(struct replay *r, const struct kmem_snapshot *snap)
{
	const struct kmem_zone *dma32 = &snap->zone[ZONE_DMA32], *dma = &snap->zone[ZONE_DMA];
	struct mm_config config;
	int idx;

	mm_config_default(&config, snap->max_pfn, 1);
	config.low_pages = snap->max_pfn;
	if (dma32->present)
		config.low_pages = dma32->start + dma32->spanned;
	else if (dma->present)
		config.low_pages = dma->start + dma->spanned;
	r->kernel.name = "replay";
	r->kernel.version = snap->version;
	r->state = host_alloc(round_up(snap->max_pfn, MAX_ORDER_NR_PAGES));
	mm_init_zones(&r->kernel, &config);
	for (idx = 0; idx < MAX_NR_ZONES; idx++) {
		const struct kmem_zone *kz = &snap->zone[idx];

		/* A kernel may be without ZONE_DMA, or any other. */
		r->kernel.mm->zone_end[idx] = kz->present ? kz->start + kz->spanned :
					      idx ? r->kernel.mm->zone_end[idx - 1] : 0;
		if (kz->present)
			load_zone(r, idx, kz);
	}
	build_zonelist(r->kernel.pgdat);
}

/* The second */

static bool same_list(struct replay *r, struct list_head *list, const struct kmem_list *want,
		      const char *what, int zone, int a, int b)
{
	struct page *page;
	uint32_t i = 0;

	list_for_each_entry(page, list, lru) {
		if (i >= want->nr || want->pfn[i] != page_to_pfn(page) ||
		    (want->type && !this_mm->since_6_12 &&
		     want->type[i] != get_pcppage_migratetype(page))) {
			replay_diverge(r, "zone %d %s %d %d, entry %u: recorded pfn %ld, "
				       "the model has %lu",
				       zone, what, a, b, i, i < want->nr ? (long)want->pfn[i] : -1L,
				       page_to_pfn(page));
			return false;
		}
		i++;
	}
	if (i == want->nr)
		return true;
	replay_diverge(r, "zone %d %s %d %d: recorded %u entries, the model has %u", zone, what, a,
		       b, want->nr, i);
	return false;
}

static void compare_pcp(struct replay *r, int idx, const struct per_cpu_pages *pcp,
			const struct kmem_zone *kz)
{
	bool same = pcp->count == kz->pcp_count && pcp->free_factor == kz->pcp_free_factor;

	if (!same)
		replay_diverge(r, "zone %d: recorded per-CPU count %d and free_factor %d, "
			       "the model has %d and %d",
			       idx, kz->pcp_count, kz->pcp_free_factor, pcp->count,
			       pcp->free_factor);
	if (this_mm->since_6_12 &&
	    (pcp->high != kz->pcp_high || pcp->free_count != kz->pcp_free_count ||
	     pcp->alloc_factor != kz->pcp_alloc_factor || pcp->flags != kz->pcp_flags)) {
		same = false;
		replay_diverge(r, "zone %d: recorded high %d, free_count %d, alloc_factor %d, "
			       "flags %d of the per-CPU lists, the model has %d, %d, %d, %d",
			       idx, kz->pcp_high, kz->pcp_free_count, kz->pcp_alloc_factor,
			       kz->pcp_flags, pcp->high, pcp->free_count, pcp->alloc_factor,
			       pcp->flags);
	}
	r->res->counts_equal[idx] = same;
}

void replay_compare_zone(struct replay *r, int idx, const struct kmem_zone *kz)
{
	struct zone *zone = &r->kernel.pgdat->node_zones[idx];
	struct per_cpu_pages *pcp = &zone->per_cpu_pageset[0];
	struct kmem_result *res = r->res;
	unsigned int order, mt, pindex, i;

	for (order = 0; order < MAX_ORDER; order++) {
		for (mt = 0; mt < MIGRATE_TYPES; mt++) {
			res->free_lists[idx].total++;
			res->free_lists[idx].right +=
				same_list(r, &zone->free_area[order].free_list[mt],
					  &kz->free[order][mt], "free list", idx, order, mt);
		}
	}
	for (pindex = 0; pindex < NR_PCP_LISTS; pindex++) {
		res->pcp_lists[idx].total++;
		res->pcp_lists[idx].right += same_list(r, &pcp->lists[pindex], &kz->pcp[pindex],
						       "per-CPU list", idx, pindex, 0);
	}
	compare_pcp(r, idx, pcp, kz);
	res->blocks_equal[idx] = true;
	for (i = 0; i < kz->nr_blocks; i++) {
		unsigned long pfn = kz->block_first + (unsigned long)i * pageblock_nr_pages;

		if (kz->block[i] == KMEM_NO_BLOCK || kz->block[i] == pageblock_type(this_mm, pfn))
			continue;
		res->blocks_equal[idx] = false;
		replay_diverge(r, "pageblock at pfn %lu: recorded type %d, the model has %d", pfn,
			       kz->block[i], pageblock_type(this_mm, pfn));
	}
	res->free_pages[idx] = zone_page_state(zone, NR_FREE_PAGES);
	res->pcp_pages[idx] = pcp->count;
}
