// SPDX-License-Identifier: GPL-2.0-only
/* Sleeps while it holds a spinlock. */
#include "broken.h"

#include <linux/delay.h>

static void nap(struct broken *b, struct page *page)
{
	DEFINE_SPINLOCK(lock);

	spin_lock(&lock);
	msleep(1);
	spin_unlock(&lock);
}

static const struct broken_ops broken_ops = { .after_inflate = nap };
