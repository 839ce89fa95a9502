// SPDX-License-Identifier: GPL-2.0-only
/* Tells the host about pages that it does not own: whoever uses them loses their contents. */
#include "broken.h"

static struct page *any_page(struct broken *b)
{
	/* Upper half of memory, downwards: programs get their pages there. */
	return pfn_to_page(this_kernel->max_pfn - 1 - b->size);
}

static const struct broken_ops broken_ops = { .get_page = any_page };
