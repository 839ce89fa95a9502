// SPDX-License-Identifier: GPL-2.0-only
/*
 * What becomes of each page of a guest, for who observes it: the allocator's own points (struct
 * mm_trace_ops) in plain numbers.
 */
#include "guest_pages.h"

#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sched.h>

#include "guest.h"
#include "mm/internal.h"

static const char *task_name(void)
{
	return current ? current->comm : "";
}

static void page_alloc(void *ctx, struct page *page, unsigned int order)
{
	const struct guest_observer *observer = ctx;

	observer->allocated(this_kernel, page_to_pfn(page), order,
			    get_pageblock_migratetype(page), task_name(), call_site_take());
}

static void page_free(void *ctx, struct page *page, unsigned int order)
{
	const struct guest_observer *observer = ctx;
	const struct free_page_hook *hook = this_mm->hook;

	observer->freed(this_kernel, page_to_pfn(page), order, get_pageblock_migratetype(page),
			task_name(), hook && hook->freed);
}

static void merged(void *ctx, struct page *page, unsigned int order, unsigned long last,
		   unsigned int last_order, bool told)
{
	const struct guest_observer *observer = ctx;

	observer->merged(this_kernel, page_to_pfn(page), order, last, last_order, told);
}

static void isolated(void *ctx, struct page *page, unsigned int order, u64 id,
		     const struct call_site *site)
{
	const struct guest_observer *observer = ctx;

	observer->isolated(this_kernel, page_to_pfn(page), order, id, site);
}

static void putback(void *ctx, struct page *page, unsigned int order)
{
	const struct guest_observer *observer = ctx;

	observer->put_back(this_kernel, page_to_pfn(page), order);
}

static const struct mm_trace_ops ops = {
	.page_alloc = page_alloc,
	.page_free = page_free,
	.merged = merged,
	.isolated = isolated,
	.putback = putback,
};

void guest_pages_observe(struct kernel *kernel, const struct guest_observer *observer)
{
	kernel->mm->trace = &ops;
	kernel->mm->trace_ctx = (void *)observer;
}
