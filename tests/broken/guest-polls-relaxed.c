// SPDX-License-Identifier: GPL-2.0-only
/* Not broken: polls a queue as drivers do that may, and lets time pass meanwhile. */
#include "broken.h"

static void poll(struct broken *b, struct page *page)
{
	broken_poll(b, cpu_relax);
	/* That took the page out of the balloon: it goes back in. */
	broken_tell(b, page_to_pfn(page));
}

static const struct broken_ops broken_ops = { .after_inflate = poll };
