// SPDX-License-Identifier: GPL-2.0-only
/* Its pages are allocated as movable, and never move. */
#include <linux/balloon_compaction.h>
#include "broken.h"

static struct balloon_dev_info balloon;

static int move(struct balloon_dev_info *b, struct page *newpage, struct page *page,
		enum migrate_mode mode)
{
	return -EBUSY;
}

static int begin(struct broken *b)
{
	balloon_devinfo_init(&balloon);
	balloon.migratepage = move;
	return 0;
}

static struct page *get(struct broken *b)
{
	struct page *page = balloon_page_alloc();

	if (page)
		balloon_page_enqueue(&balloon, page);
	return page;
}

static const struct broken_ops broken_ops = { .probe = begin, .get_page = get };
