// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a guest's memory is, counted from the kernel's own lists and counters.
 *
 * Everything that the kernel has is in one of the parts of struct guest_where.  Pages that are on
 * no list and in no cache were taken by the boot (kernel and services), or are drivers', or are
 * on their way from one place to another; which of the last two cannot be told.
 */
#include "guest_memory.h"

#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "guest.h"
#include "kernel/fork.h"
#include "kernel/internal.h"
#include "mm/internal.h"

static uint64_t slab_pages(void)
{
	return global_node_page_state_pages(NR_SLAB_RECLAIMABLE_B) +
	       global_node_page_state_pages(NR_SLAB_UNRECLAIMABLE_B);
}

static uint64_t percpu_pages(const struct zone *zone)
{
	uint64_t pages = 0;
	unsigned int cpu;

	for (cpu = 0; cpu < this_kernel->nr_cpus; cpu++)
		pages += zone->per_cpu_pageset[cpu].count;
	return pages;
}

/*
 * Pages that are neither free nor on an LRU list, nor slab's, nor a page table: the kernel's
 * own and drivers'.  What a module adds to them it has to give back.  They are counted from what
 * the allocator was given at boot, since drivers change the count of managed pages.
 */
int64_t kernel_unaccounted_pages(struct kernel *kernel)
{
	int64_t pages = kernel->managed - kernel->mm->offline_pages;
	struct zone *zone;
	unsigned int lru;

	for_each_populated_zone(zone) {
		pages -= zone_page_state(zone, NR_FREE_PAGES) + percpu_pages(zone);
	}
	for (lru = NR_LRU_BASE; lru <= NR_UNEVICTABLE; lru++)
		pages -= global_node_page_state(lru);
	pages -= global_node_page_state(NR_PAGETABLE) + process_pages();
	return pages - slab_pages();
}

uint64_t guest_kernel_freed_at(const struct kernel *kernel, uint64_t pfn)
{
	return kernel->mm->block_freed[pfn >> pageblock_order];
}

void guest_kernel_memory(struct kernel *kernel, struct guest_memory *memory)
{
	struct coro_context old = kernel_enter(kernel);
	struct usermem_stats user;
	struct sysinfo si;

	si_meminfo(&si);
	memory->total = si.totalram;
	memory->free = si.freeram;
	memory->cached = global_node_page_state(NR_FILE_PAGES);
	memory->reported = kernel->mm->reported_pages;
	usermem_stats(kernel, &user);
	memory->swapped = user.swap_pages;
	memory->nr_warnings = kernel->sched->nr_warnings;
	memory->first_warning = kernel->sched->first_warning;
	memory->balloon_failed = kernel->mm->nr_balloon_failed;
	memory->balloon_failed_ns = kernel->mm->balloon_failed_at;
	kernel_leave(old);
}

/* Free blocks of the zone that page reporting may take now, as process_zone() sees it. */
static bool above_watermark(struct zone *zone, unsigned int order)
{
	unsigned long mark = low_wmark_pages(zone) +
			     ((unsigned long)page_reporting_capacity() << order);

	return zone_watermark_ok(zone, 0, mark, 0, ALLOC_CMA);
}

static void count_free(struct kernel *kernel, struct guest_where *w)
{
	unsigned int first = *kernel->mm->reporting.order, order;
	bool reports = page_reporting_active();
	struct zone *zone;

	for_each_populated_zone(zone) {
		for (order = 0; order < MAX_ORDER; order++) {
			uint64_t pages = (uint64_t)zone->free_area[order].nr_free << order;

			w->free_order[order] += pages;
			if (order < first || !reports)
				w->free_small += pages;
			else if (above_watermark(zone, first))
				w->reportable += pages;
			else
				w->below_watermark += pages;
		}
		w->percpu += percpu_pages(zone);
	}
	/* What is reported already was counted with one of the last two. */
	w->reported = reports ? kernel->mm->reported_pages : 0;
	if (w->reported > w->reportable) {
		w->below_watermark -= min(w->below_watermark, w->reported - w->reportable);
		w->reportable = 0;
	} else {
		w->reportable -= w->reported;
	}
	w->reports = reports;
	w->order = reports ? first : MAX_ORDER;
}

void guest_kernel_where(struct kernel *kernel, uint64_t ballooned, struct guest_where *w)
{
	struct coro_context old = kernel_enter(kernel);
	uint64_t all = kernel->max_pfn, taken;

	*w = (struct guest_where){ .ballooned = ballooned };
	count_free(kernel, w);
	w->anon = global_node_page_state(NR_INACTIVE_ANON) +
		  global_node_page_state(NR_ACTIVE_ANON);
	w->cache = global_node_page_state(NR_INACTIVE_FILE) +
		   global_node_page_state(NR_ACTIVE_FILE) +
		   global_node_page_state(NR_UNEVICTABLE);
	taken = kernel_unaccounted_pages(kernel);
	/* Memory that is offline counts as the kernel's. */
	w->kernel = all - kernel->managed + kernel->mm->offline_pages + kernel->unaccounted +
		    slab_pages() + global_node_page_state(NR_PAGETABLE) + process_pages();
	w->isolated = taken > kernel->unaccounted + ballooned ?
		      taken - kernel->unaccounted - ballooned : 0;
	kernel_leave(old);
}
