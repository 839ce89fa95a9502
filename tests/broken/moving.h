/* SPDX-License-Identifier: GPL-2.0-only */
/* Skeleton of drivers whose balloon pages compaction finds: each brings a move() of its own. */
#ifndef BALLAST_BROKEN_MOVING_H
#define BALLAST_BROKEN_MOVING_H

#include <linux/balloon_compaction.h>
#include "broken.h"

static int move(struct balloon_dev_info *b, struct page *newpage, struct page *page,
		enum migrate_mode mode);

static struct balloon_dev_info balloon;

static int moving_begin(struct broken *b)
{
	balloon_devinfo_init(&balloon);
	balloon.migratepage = move;
	return 0;
}

static struct page *moving_get(struct broken *b)
{
	struct page *page = balloon_page_alloc();

	if (page)
		balloon_page_enqueue(&balloon, page);
	return page;
}

static const struct broken_ops broken_ops = { .probe = moving_begin, .get_page = moving_get };

#endif
