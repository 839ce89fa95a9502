// SPDX-License-Identifier: GPL-2.0-only
/*
 * echo 1 > /proc/sys/vm/drop_caches, and posix_fadvise(POSIX_FADV_DONTNEED), which is the same for
 * a part of one file.
 *
 * Models drop_pagecache_sb() of fs/drop_caches.c with invalidate_mapping_pages() and
 * mapping_evict_folio() of mm/truncate.c (Linux 6.1): of each file, pages go that are clean, not
 * being written, unlocked and in nobody's hands, active ones too; the others are moved to the
 * inactive list (deactivate_file_folio(): to its head when they are dirty or being written, else to
 * its tail).  generic_fadvise() of mm/fadvise.c begins to write dirty pages first, which is left
 * out: they stay.  Slab objects (echo 2) are left out: nothing in the models keeps inodes and
 * dentries.
 */
#include "user.h"

/* Of the references one is the file's. */
static bool may_evict(const struct page *page)
{
	return PageLRU(page) && !PageDirty(page) && !PageWriteback(page) &&
	       page_ref_count(page) == 1;
}

static void deactivate_file_page(struct page *page)
{
	if (!PageLRU(page))
		return;
	lruvec_del_page(page);
	ClearPageActive(page);
	ClearPageReferenced(page);
	if (PageDirty(page) || PageWriteback(page)) {
		lruvec_add_page(page);
		SetPageReclaim(page);
	} else {
		lruvec_add_page_tail(page);
	}
}

static bool evict_page(struct page *page)
{
	charge(COST_GUEST_RECLAIM, 1);
	if (!may_evict(page)) {
		deactivate_file_page(page);
		return false;
	}
	lruvec_del_page(page);
	remove_file_page(page, false);
	ClearPageActive(page);
	if (put_page_testzero(page))
		release_page(page);
	return true;
}

/* What reclaim has left of pages goes, too (invalidate_exceptional_entry()). */
static u64 invalidate_pages(struct address_space *file, u64 index, u64 end)
{
	u64 nr = 0;

	for (; index < end && index < file->nr_pages; index++) {
		u64 pte = map_entry(file, index);
		struct page *page = pte & PTE_PRESENT ? pfn_to_page(pte_pfn(pte)) : NULL;

		if (page && !PageLocked(page))
			nr += evict_page(page);
		else if (pte && !page)
			map_set(file, index, 0);
		user_resched();
	}
	return nr;
}

uint64_t user_drop_caches(void)
{
	struct address_space *file;
	u64 nr = 0;

	charge(COST_GUEST_SYSCALL, 1);
	list_for_each_entry(file, &this_user->files, list)
		nr += invalidate_pages(file, 0, file->nr_pages);
	return nr;
}

int user_drop_file(const char *name, uint64_t offset, uint64_t len)
{
	struct address_space *file = find_file(name);

	charge(COST_GUEST_SYSCALL, 1);
	if (file)
		invalidate_pages(file, PFN_UP(offset), PFN_DOWN(offset + len));
	return fault_signal_pending() ? -EINTR : 0;
}
