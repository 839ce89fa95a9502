// SPDX-License-Identifier: GPL-2.0-only
/* Allocates with GFP_KERNEL while it holds a spinlock; there is memory, so it does not sleep. */
#include "broken.h"

static void allocate(struct broken *b, struct page *page)
{
	DEFINE_SPINLOCK(lock);

	spin_lock(&lock);
	kfree(kmalloc(100, GFP_KERNEL));
	spin_unlock(&lock);
}

static const struct broken_ops broken_ops = { .after_inflate = allocate };
