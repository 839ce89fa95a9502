// SPDX-License-Identifier: GPL-2.0-only
/* Leaves a timer armed when it is removed. */
#include <linux/timer.h>
#include "broken.h"

static struct timer_list timer;

static void tick(struct timer_list *t)
{
	mod_timer(t, jiffies + HZ);
}

static void arm(struct broken *b, struct page *page)
{
	if (!timer.function)
		timer_setup(&timer, tick, 0);
	mod_timer(&timer, jiffies + HZ);
}

static const struct broken_ops broken_ops = { .after_inflate = arm };
