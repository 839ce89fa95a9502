// SPDX-License-Identifier: GPL-2.0-only
/* Leaves its OOM notifier and what it allocated behind when it is removed. */
#include <linux/oom.h>
#include "broken.h"

static int notify(struct notifier_block *nb, unsigned long dummy, void *parm)
{
	return NOTIFY_OK;
}

static struct notifier_block nb = { .notifier_call = notify };

static void once(struct broken *b, struct page *page)
{
	if (!b->size || b->size > 1)
		return;
	register_oom_notifier(&nb);
}

static const struct broken_ops broken_ops = { .after_inflate = once };
