/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the free path and page reporting share.  The first part is for an image of the real
 * mm/page_reporting.c, which brings these symbols along; ours keeps its state per kernel.
 */
#ifndef _MM_PAGE_REPORTING_H
#define _MM_PAGE_REPORTING_H

#include <linux/jump_label.h>
#include <linux/mmzone.h>
#include <linux/page-isolation.h>
#include <linux/pageblock-flags.h>
#include <linux/pgtable.h>
#include <linux/slab.h>
#include "internal.h"

DECLARE_STATIC_KEY_FALSE(page_reporting_enabled);
extern unsigned int page_reporting_order;
#if LINUX_LEVEL < KERNEL_VERSION(5, 14, 0)
#define PAGE_REPORTING_MIN_ORDER pageblock_order
#endif
void __page_reporting_notify(void);

/* A block was listed: tell whoever reports, if it is large enough to be reported. */
static inline void notify_page_reporting(unsigned int order)
{
	const struct page_reporting_impl *impl = &this_mm->reporting;

	if (likely(!impl->enabled || !static_key_enabled(impl->enabled)))
		return;
	if (order >= *impl->order)
		impl->notify();
}

#endif
