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
 * end, and memory of services when they wake up.  How much of what booting has allocated that is,
 * and how far it is from one such page to the next, was measured (scenarios/boot).  Next distances
 * of that guest hardly depend on each other (the correlation of their logarithms is 0.2), so they
 * are drawn one by one, like cards, of which a new pack is shuffled when all are dealt.
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
	host_free(mm->active.pfn);
	host_free(mm->active.gaps);
}

void __touch_memmap(const struct page *page, unsigned int order)
{
	unsigned long pfn = page_to_pfn(page), last = pfn + (1UL << order) - 1;
	unsigned int shift = PAGE_SHIFT - STRUCT_PAGE_SHIFT;

	guest_ram_access(mm_ram(), gfn(this_mm->memmap_start + (pfn >> shift)),
			 (last >> shift) - (pfn >> shift) + 1, RAM_WRITE);
}

static void shuffle(struct kernel_active *a)
{
	unsigned int i, j;

	for (i = a->nr_gaps; i > 1; i--) {
		j = random_below(&a->random, i);
		swap(a->gaps[i - 1], a->gaps[j]);
	}
	a->dealt = 0;
}

/* Which page is the next. */
static void plan_next(struct kernel_active *a)
{
	if (!a->gaps) {
		a->next = DIV_ROUND_UP((a->nr + 1) * a->of, a->max) - 1;
		return;
	}
	if (a->dealt == a->nr_gaps)
		shuffle(a);
	a->next += a->gaps[a->dealt++];
}

void kernel_active_reserve(u64 active, u64 of, const u32 *gaps, unsigned int nr_gaps)
{
	struct kernel_active *a = &this_mm->active;

	a->pfn = host_alloc(active * sizeof(*a->pfn));
	a->max = active;
	a->of = of;
	if (nr_gaps && active) {
		kernel_random(this_kernel, &a->random, "active");
		a->gaps = host_alloc(nr_gaps * sizeof(*gaps));
		memcpy(a->gaps, gaps, nr_gaps * sizeof(*gaps));
		a->nr_gaps = nr_gaps;
		shuffle(a);
	}
	if (active)
		plan_next(a);
}

void kernel_active_consider(const struct page *page)
{
	struct kernel_active *a = &this_mm->active;

	if (a->considered++ != a->next || a->nr == a->max)
		return;
	a->pfn[a->nr++] = page_to_pfn(page);
	plan_next(a);
}

void kernel_active_touch(void)
{
	const struct kernel_active *a = &this_mm->active;
	u64 i;

	for (i = 0; i < a->nr; i++)
		guest_ram_access(mm_ram(), gfn(a->pfn[i]), 1, RAM_WRITE);
}
