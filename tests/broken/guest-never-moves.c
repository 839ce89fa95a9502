// SPDX-License-Identifier: GPL-2.0-only
/* Its pages are allocated as movable, and never move. */
#include "moving.h"

static int move(struct balloon_dev_info *b, struct page *newpage, struct page *page,
		enum migrate_mode mode)
{
	return -EBUSY;
}
