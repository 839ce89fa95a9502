// SPDX-License-Identifier: GPL-2.0-only
/* Says that its balloon has its target size, with fewer pages in it. */
#include "broken.h"

static struct page *few(struct broken *b)
{
	struct page *page = b->size < 100 ? alloc_pages(GFP_HIGHUSER_MOVABLE, 0) : NULL;

	if (page)
		list_add(&page->lru, &b->pages);
	return page;
}

static u32 says(struct broken *b, u32 target)
{
	return target;
}

static const struct broken_ops broken_ops = { .get_page = few, .says = says };
