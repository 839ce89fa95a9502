// SPDX-License-Identifier: GPL-2.0-only
/* Frees a page of its balloon twice. */
#include "broken.h"

static void free_twice(struct broken *b, struct page *page)
{
	__free_pages(page, 0);
	__free_pages(page, 0);
}

static const struct broken_ops broken_ops = { .put_page = free_twice };
