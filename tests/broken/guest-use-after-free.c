// SPDX-License-Identifier: GPL-2.0-only
/* Writes to an object that it has freed. */
#include "broken.h"

static void use_freed(struct broken *b, struct page *page)
{
	u32 *volatile object = kmalloc(200, GFP_KERNEL);

	kfree(object);
	if (object)
		object[3] = b->size;
}

static const struct broken_ops broken_ops = { .after_inflate = use_freed };
