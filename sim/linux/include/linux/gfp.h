/* SPDX-License-Identifier: GPL-2.0-only */
/* model: the page allocator's front door. */
#ifndef _LINUX_GFP_H
#define _LINUX_GFP_H

#include <linux/gfp_types.h>
#include <linux/kernel.h>
#include <linux/mmzone.h>

static inline int gfp_migratetype(gfp_t gfp)
{
	return (gfp & (__GFP_RECLAIMABLE | __GFP_MOVABLE)) >> 3;
}

static inline bool gfpflags_allow_blocking(gfp_t gfp)
{
	return gfp & __GFP_DIRECT_RECLAIM;
}

/* Called where memory may be allocated, whether it then is at once or not. */
static inline void might_alloc(gfp_t gfp)
{
	might_sleep_if(gfpflags_allow_blocking(gfp));
}

/* Highest zone that a request may be served from (GFP_ZONE_TABLE; there is no ZONE_HIGHMEM). */
static inline enum zone_type gfp_zone(gfp_t gfp)
{
	if ((gfp & (__GFP_HIGHMEM | __GFP_MOVABLE)) == (__GFP_HIGHMEM | __GFP_MOVABLE))
		return ZONE_MOVABLE;
	if (gfp & __GFP_DMA)
		return ZONE_DMA;
	return gfp & __GFP_DMA32 ? ZONE_DMA32 : ZONE_NORMAL;
}

struct page *__alloc_pages(gfp_t gfp, unsigned int order, int preferred_nid, void *nodemask);
struct page *alloc_pages(gfp_t gfp, unsigned int order);
#ifdef BALLAST_IMAGE_SOURCE
#define alloc_pages CALL_FROM_HERE(alloc_pages)
#endif
unsigned long __alloc_pages_bulk(gfp_t gfp, int preferred_nid, void *nodemask, int nr_pages,
				 struct list_head *page_list, struct page **page_array);
unsigned long __get_free_pages(gfp_t gfp, unsigned int order);
unsigned long get_zeroed_page(gfp_t gfp);
void __free_pages(struct page *page, unsigned int order);
void free_pages(unsigned long addr, unsigned int order);
void *alloc_pages_exact(size_t size, gfp_t gfp);
void free_pages_exact(void *virt, size_t size);
void drain_all_pages(struct zone *zone);
void drain_local_pages(struct zone *zone);
int alloc_contig_range(unsigned long start, unsigned long end, unsigned int migratetype,
		       gfp_t gfp_mask);
void free_contig_range(unsigned long pfn, unsigned long nr_pages);

#define alloc_page(gfp) alloc_pages(gfp, 0)
#define alloc_pages_node(nid, gfp, order) alloc_pages(gfp, order)
#define __get_free_page(gfp) __get_free_pages(gfp, 0)
#define __free_page(page) __free_pages(page, 0)
#define free_page(addr) free_pages(addr, 0)

static inline unsigned long alloc_pages_bulk_list(gfp_t gfp, unsigned long nr_pages,
						  struct list_head *list)
{
	return __alloc_pages_bulk(gfp, 0, NULL, nr_pages, list, NULL);
}

static inline unsigned long alloc_pages_bulk_array(gfp_t gfp, unsigned long nr_pages,
						   struct page **array)
{
	return __alloc_pages_bulk(gfp, 0, NULL, nr_pages, NULL, array);
}

#endif
