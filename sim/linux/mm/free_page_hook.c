// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hooks in the page allocator, as mechanisms outside of it have wanted them since 2019: whoever
 * registers is told of frees, merges and allocations, and may take free blocks out.
 *
 * Models what driver-src/linux/patches adds to Linux 6.1, at the same places.  Unregistering waits
 * for those who are inside of a hook, as synchronize_rcu() does there.
 */
#include <linux/export.h>
#include <linux/free_page_hook.h>
#include <linux/rcupdate.h>
#include "internal.h"

int free_page_hook_register(const struct free_page_hook *hook)
{
	if (this_mm->hook)
		return -EBUSY;
	rcu_assign_pointer(this_mm->hook, hook);
	return 0;
}
EXPORT_SYMBOL_GPL(free_page_hook_register);

void free_page_hook_unregister(const struct free_page_hook *hook)
{
	if (this_mm->hook != hook)
		return;
	RCU_INIT_POINTER(this_mm->hook, NULL);
	synchronize_rcu();
}
EXPORT_SYMBOL_GPL(free_page_hook_unregister);

struct page *free_page_hook_block(struct page *page, unsigned int *order)
{
	unsigned long pfn = page_to_pfn(page);

	charge(COST_FREE_HOOK, 1);
	for (*order = 0; *order < MAX_ORDER; (*order)++) {
		struct page *head = page - (pfn & ((1UL << *order) - 1));

		if (!PageBuddy(head))
			continue;
		if (buddy_order(head) < *order)
			break;
		*order = buddy_order(head);
		return head;
	}
	return NULL;
}
EXPORT_SYMBOL_GPL(free_page_hook_block);

/* Whose code calls it has been noted, and is still. */
int free_page_hook_isolate(struct page *page, unsigned int order)
{
	charge(COST_REPORT_BLOCK, 1);
	return __isolate_free_page(page, order);
}
EXPORT_SYMBOL_GPL(free_page_hook_isolate);

void free_page_hook_putback(struct page *page, unsigned int order)
{
	__putback_isolated_page(page, order, get_pageblock_migratetype(page));
}
EXPORT_SYMBOL_GPL(free_page_hook_putback);

void free_page_hook_drain(void)
{
	drain_local_pages(NULL);
}
EXPORT_SYMBOL_GPL(free_page_hook_drain);
