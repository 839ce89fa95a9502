// SPDX-License-Identifier: GPL-2.0-only
/* Frees a page before it tells the host that it is in the balloon. */
#include "broken.h"

static struct page *freed_already(struct broken *b)
{
	struct page *page = alloc_pages(GFP_HIGHUSER_MOVABLE, 0);

	if (page)
		__free_pages(page, 0);
	return page;
}

static const struct broken_ops broken_ops = { .get_page = freed_already };
