// SPDX-License-Identifier: GPL-2.0-only
/* Does not free a structure for each page of its balloon. */
#include "broken.h"

static void allocate(struct broken *b, struct page *page)
{
	void *state = kmalloc(100, GFP_KERNEL);

	if (state)
		memset(state, 0, 100);
}

static const struct broken_ops broken_ops = { .after_inflate = allocate };
