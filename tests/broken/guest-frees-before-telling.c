// SPDX-License-Identifier: GPL-2.0-only
/* Frees a page of its balloon before it tells the host, and has promised the reverse. */
#include "broken.h"

static struct page *get(struct broken *b)
{
	return alloc_pages(GFP_HIGHUSER_MOVABLE, 0);
}

static void release(struct broken *b, struct page *page)
{
	__free_pages(page, 0);
	broken_poll(b, cpu_relax);
}

static const struct broken_ops broken_ops = { .get_page = get, .after_inflate = release };
