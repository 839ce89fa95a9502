// SPDX-License-Identifier: GPL-2.0-only
/* Takes the pages of its balloon out of the managed ones, and forgets both when it is removed. */
#include "broken.h"

static void take_out(struct broken *b, struct page *page)
{
	adjust_managed_page_count(page, -1);
}

static void forget(struct broken *b, struct page *page)
{
}

static const struct broken_ops broken_ops = { .after_inflate = take_out, .put_page = forget };
