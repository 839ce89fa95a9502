// SPDX-License-Identifier: GPL-2.0-only
/* Writes behind an object that it keeps, over whatever lies there. */
#include "broken.h"

static u8 *kept;

static void run_far(struct broken *b, struct page *page)
{
	if (kept)
		return;
	kept = kmalloc(256, GFP_KERNEL);
	if (kept)
		memset(kept, 0, 600);
	broken_tell(b, page_to_pfn(page));
}

static const struct broken_ops broken_ops = { .after_inflate = run_far };
