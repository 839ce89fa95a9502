/* SPDX-License-Identifier: GPL-2.0-only */
/* same: a pageblock is a huge page. */
#ifndef _LINUX_PAGEBLOCK_FLAGS_H
#define _LINUX_PAGEBLOCK_FLAGS_H

#define pageblock_order 9U
#define pageblock_nr_pages (1UL << pageblock_order)
#define pageblock_start_pfn(pfn) ((pfn) & ~(pageblock_nr_pages - 1))
#define pageblock_aligned(pfn) (((pfn) & (pageblock_nr_pages - 1)) == 0)
#define pageblock_end_pfn(pfn) (pageblock_start_pfn(pfn) + pageblock_nr_pages)

#endif
