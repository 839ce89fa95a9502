// SPDX-License-Identifier: GPL-2.0-only
/* Lets compaction move its pages, and tells the host neither of the new one nor of the old one. */
#include <linux/balloon_compaction.h>
#include "broken.h"

static struct balloon_dev_info balloon;

static int move(struct balloon_dev_info *b, struct page *newpage, struct page *page,
		enum migrate_mode mode)
{
	get_page(newpage);
	balloon_page_insert(b, newpage);
	b->isolated_pages--;
	balloon_page_finalize(page);
	put_page(page);
	return MIGRATEPAGE_SUCCESS;
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
