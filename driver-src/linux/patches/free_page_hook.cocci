// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hooks in mm/page_alloc.c of Linux 6.1 (include/linux/free_page_hook.h):
 *
 *   spatch --sp-file free_page_hook.cocci --in-place mm/page_alloc.c
 *
 * and then include/linux/free_page_hook.h and mm/free_page_hook.c, which are beside this file, go
 * into the tree, and "obj-y += free_page_hook.o" into mm/Makefile.  The statements after which a hook
 * is called are few in that file; a version that has others gets no hook there, which whoever applies
 * this has to look for: there are seven places.
 */

@ header @
@@
#include "page_reporting.h"
+#include <linux/free_page_hook.h>

@ freed @
identifier page, order;
@@
free_pages_prepare(struct page *page, unsigned int order, ...)
{
...
arch_free_page(page, order);
+free_page_hook_call(freed, page_zone(page), page, order);
...
}

@ merging @
identifier page, pfn, zone, order, to_pfn;
@@
__free_one_page(struct page *page, unsigned long pfn, struct zone *zone, unsigned int order, ...)
{
<...
pfn = to_pfn;
order++;
+free_page_hook_call(merging, zone, page, order);
...>
}

@ merged @
identifier page, pfn, zone, order;
@@
__free_one_page(struct page *page, unsigned long pfn, struct zone *zone, unsigned int order, ...)
{
<...
-page_reporting_notify_free(order);
+{
+	page_reporting_notify_free(order);
+	free_page_hook_call(merged, zone, page, order);
+}
...>
}

@ unlocked_bulk @
identifier zone, flags;
@@
free_pcppages_bulk(struct zone *zone, ...)
{
...
-spin_unlock_irqrestore(&zone->lock, flags);
+spin_unlock(&zone->lock);
+free_page_hook_call(unlocked, zone);
+local_irq_restore(flags);
}

@ unlocked_one @
identifier zone, flags;
@@
free_one_page(struct zone *zone, ...)
{
...
-spin_unlock_irqrestore(&zone->lock, flags);
+spin_unlock(&zone->lock);
+free_page_hook_call(unlocked, zone);
+local_irq_restore(flags);
}

@ unlocked_ok @
identifier page, order, zone, flags;
@@
__free_pages_ok(struct page *page, unsigned int order, ...)
{
...
-spin_unlock_irqrestore(&zone->lock, flags);
+spin_unlock(&zone->lock);
+free_page_hook_call(unlocked, zone);
+local_irq_restore(flags);
...
}

@ allocated @
identifier page, order;
@@
post_alloc_hook(struct page *page, unsigned int order, ...)
{
...
arch_alloc_page(page, order);
+free_page_hook_call(allocated, page_zone(page), page, order);
...
}
