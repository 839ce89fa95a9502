// SPDX-License-Identifier: GPL-2.0-only
/* Runs into a BUG() after a few pages, and warns about each before. */
#include "broken.h"

static void fall(struct broken *b, struct page *page)
{
	printk(KERN_ERR "broken: page %lx is not liked\n", page_to_pfn(page));
	BUG_ON(b->size == 100);
}

static const struct broken_ops broken_ops = { .after_inflate = fall };
