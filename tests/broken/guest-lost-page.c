// SPDX-License-Identifier: GPL-2.0-only
/* Forgets pages that it allocated: they are missing when it is gone. */
#include "broken.h"

static void forget(struct broken *b, struct page *page)
{
	if (page_to_pfn(page) % 2)
		__free_pages(page, 0);
}

static const struct broken_ops broken_ops = { .put_page = forget };
