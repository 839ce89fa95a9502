// SPDX-License-Identifier: GPL-2.0-only
/* Counts each page of its balloon as managed again when it is removed, but never took it out. */
#include "broken.h"

static void put(struct broken *b, struct page *page)
{
	adjust_managed_page_count(page, 1);
	__free_pages(page, 0);
}

static const struct broken_ops broken_ops = { .put_page = put };
