/* SPDX-License-Identifier: GPL-2.0-only */
/* model: locks of pages. */
#ifndef _LINUX_PAGEMAP_H
#define _LINUX_PAGEMAP_H

#include <linux/init.h>
#include <linux/mm.h>
#include <linux/page-flags.h>

static inline int trylock_page(struct page *page)
{
	return !TestSetPageLocked(page);
}

void unlock_page(struct page *page);

#endif
