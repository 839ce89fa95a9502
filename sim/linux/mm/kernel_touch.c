// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel touches of its own memory as it works; for the host these pages are in use.
 *
 * The memory map: who allocates or frees pages reads and writes their struct page (prep_new_page(),
 * prep_compound_page(), free_pages_prepare() of mm/page_alloc.c, Linux 6.1), 64 bytes each.  It is
 * where sparse_init_nid() puts it, in one piece that ends 2 MiB before the end of memory (reserved
 * there with memblock=debug in guests of 512, 2048 and 5120 MiB).
 *
 * The rest: slab objects, stacks, page tables and per-CPU data that a process needs to begin and to
 * end, and memory of services when they wake up.  How much of what booting has allocated that is
 * was measured, where it lies was not: it is spread evenly.  On a host with huge pages that is all
 * of these blocks.
 *
 * Left out: free lists that run through struct pages of neighbours, and what system calls and
 * faults in between touch.
 */
#include "hostmem.h"
#include "user.h"

#define STRUCT_PAGE_SHIFT 6	/* 64 bytes, whatever the model's has */
#define MEMMAP_END_GAP (SZ_2M >> PAGE_SHIFT)

void kernel_touch_init(const struct mm_config *config)
{
	unsigned long memmap = DIV_ROUND_UP(config->ram_pages << STRUCT_PAGE_SHIFT, PAGE_SIZE);

	this_mm->memmap_start = ALIGN_DOWN(config->ram_pages - 1, MEMMAP_END_GAP) - memmap;
}

void kernel_touch_exit(struct mm_state *mm)
{
	host_free(mm->active_pfn);
}

void __touch_memmap(const struct page *page, unsigned int order)
{
	unsigned long pfn = page_to_pfn(page), last = pfn + (1UL << order) - 1;
	unsigned int shift = PAGE_SHIFT - STRUCT_PAGE_SHIFT;

	guest_ram_access(mm_ram(), gfn(this_mm->memmap_start + (pfn >> shift)),
			 (last >> shift) - (pfn >> shift) + 1, RAM_WRITE);
}

void kernel_active_reserve(u64 active, u64 of)
{
	struct mm_state *mm = this_mm;

	mm->active_pfn = host_alloc(active * sizeof(*mm->active_pfn));
	mm->active_pages = active;
	mm->active_of = of;
}

void kernel_active_consider(const struct page *page)
{
	struct mm_state *mm = this_mm;
	u64 i = mm->nr_considered++;

	if (i * mm->active_pages / mm->active_of != (i + 1) * mm->active_pages / mm->active_of)
		mm->active_pfn[mm->nr_active_pfns++] = page_to_pfn(page);
}

void kernel_active_touch(void)
{
	struct mm_state *mm = this_mm;
	u64 i;

	for (i = 0; i < mm->nr_active_pfns; i++)
		guest_ram_access(mm_ram(), gfn(mm->active_pfn[i]), 1, RAM_WRITE);
}
