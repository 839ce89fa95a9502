// SPDX-License-Identifier: GPL-2.0-only
/* Lets compaction move its pages, and tells the host neither of the new one nor of the old one. */
#include "moving.h"

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
