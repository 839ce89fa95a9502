// SPDX-License-Identifier: GPL-2.0-only
/* Writes 32 bytes behind an object that it has allocated. */
#include "broken.h"

static void run_over(struct broken *b, struct page *page)
{
	u8 *object = kmalloc(200, GFP_KERNEL);

	if (!object)
		return;
	memset(object, 0, 232);
	kfree(object);
}

static const struct broken_ops broken_ops = { .after_inflate = run_over };
