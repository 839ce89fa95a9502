// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters, and what is derived from them: events of /proc/vmstat, si_meminfo(), the estimate of
 * available memory (si_mem_available() of mm/page_alloc.c, Linux 6.1).
 */
#include <linux/export.h>
#include <linux/swap.h>
#include "internal.h"

/* What a page costs on its way into a balloon is charged here, where real code comes by, too. */
void count_vm_events(enum vm_event_item item, long delta)
{
	this_mm->vm_events[item] += delta;
	if (item == BALLOON_INFLATE)
		charge(COST_BALLOON_INFLATE, delta);
	else if (item == BALLOON_DEFLATE)
		charge(COST_BALLOON_DEFLATE, delta);
}
EXPORT_SYMBOL_GPL(count_vm_events);

void all_vm_events(unsigned long *ret)
{
	memcpy(ret, this_mm->vm_events, sizeof(this_mm->vm_events));
}
EXPORT_SYMBOL_GPL(all_vm_events);

unsigned long global_zone_page_state(enum zone_stat_item item)
{
	unsigned long sum = 0;
	struct zone *zone;

	for_each_zone(zone)
		sum += zone_page_state(zone, item);
	return sum;
}
EXPORT_SYMBOL_GPL(global_zone_page_state);

unsigned long global_node_page_state(enum node_stat_item item)
{
	long value;

	if (item >= NODE_STAT_EVENTS)
		return this_mm->vm_events[item - NODE_STAT_EVENTS];
	value = node_page_state(this_kernel->pgdat, item);

	return value < 0 ? 0 : value;
}
EXPORT_SYMBOL_GPL(global_node_page_state);

/* Slab counters are in bytes. */
unsigned long global_node_page_state_pages(enum node_stat_item item)
{
	unsigned long value = global_node_page_state(item);

	if (item == NR_SLAB_RECLAIMABLE_B || item == NR_SLAB_UNRECLAIMABLE_B)
		return value >> PAGE_SHIFT;
	return value;
}

unsigned long totalram_pages(void)
{
	return this_mm->totalram_pages;
}
EXPORT_SYMBOL(totalram_pages);

void si_meminfo(struct sysinfo *val)
{
	val->totalram = totalram_pages();
	val->sharedram = global_node_page_state(NR_SHMEM);
	val->freeram = global_zone_page_state(NR_FREE_PAGES);
	val->bufferram = 0;
	val->totalhigh = 0;
	val->freehigh = 0;
	val->mem_unit = PAGE_SIZE;
}
EXPORT_SYMBOL(si_meminfo);

/* Of page cache and reclaimable slab, about half counts, and a low watermark's worth does not. */
long si_mem_available(void)
{
	unsigned long pagecache, reclaimable, wmark_low = 0;
	struct zone *zone;
	long available;

	for_each_zone(zone)
		wmark_low += low_wmark_pages(zone);
	available = global_zone_page_state(NR_FREE_PAGES) - this_mm->totalreserve_pages;
	pagecache = global_node_page_state(NR_ACTIVE_FILE) +
		    global_node_page_state(NR_INACTIVE_FILE);
	available += pagecache - min(pagecache / 2, wmark_low);
	reclaimable = global_node_page_state_pages(NR_SLAB_RECLAIMABLE_B) +
		      global_node_page_state(NR_KERNEL_MISC_RECLAIMABLE);
	available += reclaimable - min(reclaimable / 2, wmark_low);
	return available < 0 ? 0 : available;
}
EXPORT_SYMBOL_GPL(si_mem_available);

/* Memory goes to or comes from the balloon: total RAM changes, watermarks do not. */
void adjust_managed_page_count(struct page *page, long count)
{
	atomic_long_add(count, &page_zone(page)->managed_pages);
	this_mm->totalram_pages += count;
}
EXPORT_SYMBOL(adjust_managed_page_count);

void free_reserved_page(struct page *page)
{
	adjust_managed_page_count(page, 1);
	ClearPageReserved(page);
	init_page_count(page);
	__free_page(page);
}
EXPORT_SYMBOL(free_reserved_page);
