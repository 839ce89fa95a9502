// SPDX-License-Identifier: GPL-2.0-only
/* Frees a page that is none. */
#include "broken.h"

static void free_nonsense(struct broken *b, struct page *page)
{
	__free_pages(pfn_to_page(page_to_pfn(page) + (1UL << 40)), 0);
}

static const struct broken_ops broken_ops = { .after_inflate = free_nonsense };
