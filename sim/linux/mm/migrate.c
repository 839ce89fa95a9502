// SPDX-License-Identifier: GPL-2.0-only
/*
 * Moving the contents of a page to another one, and everything that refers to it along.
 *
 * Models mm/migrate.c of Linux 6.1: migrate_pages() with its ten passes, what each mode waits for,
 * huge pages and smaller folios that are split when there is none to move to, or when parts of them
 * have been unmapped (6.12), pages of drivers (movable_operations).
 *
 * The real kernel replaces the mapping by a migration entry, on which accesses wait, and copies
 * then.  Here the page stays mapped until the copy is complete; what was written meanwhile is
 * copied again, and a page whose access is under way (the host may have stopped that vCPU in the
 * middle of it) counts as one that could not be unmapped.
 *
 * Left out: batches of up to 512 pages with one TLB flush (the cost of a migration has its share),
 * hugetlbfs, pages mapped page by page of a huge one (these are split first).
 */
#include <linux/balloon_compaction.h>
#include <linux/export.h>
#include "compaction.h"
#include "user.h"

#define NR_MAX_MIGRATE_PASSES 10
/* From this pass on, a page is waited for if the mode allows it. */
#define FORCE_PASS 3

/* What of a page's state goes with its contents (folio_migrate_flags()). */
#define MIGRATED_FLAGS                                                                             \
	(1u << PG_referenced | 1u << PG_uptodate | 1u << PG_active | 1u << PG_workingset |         \
	 1u << PG_dirty | 1u << PG_swapbacked | 1u << PG_swapcache | 1u << PG_reclaim |            \
	 1u << PG_anon)

static const struct movable_operations *balloon_operations(void)
{
	if (this_mm->balloon.ops)
		return this_mm->balloon.ops;
	return kernel_since(7, 2) ? &balloon_mops_of_7 : &balloon_mops;
}

/* Of an image of the real mm/balloon.c, as it is loaded. */
int set_movable_ops(const struct movable_operations *ops, enum pagetype type)
{
	if (type != PGTY_offline || this_mm->balloon.ops)
		return -EBUSY;
	this_mm->balloon.ops = ops;
	return 0;
}
EXPORT_SYMBOL_GPL(set_movable_ops);

void __SetPageMovable(struct page *page, const struct movable_operations *ops)
{
	WARN_ON_ONCE(ops != balloon_operations());
	page->flags |= PAGE_MOVABLE;
}
EXPORT_SYMBOL(__SetPageMovable);

void __ClearPageMovable(struct page *page)
{
	page->flags &= ~PAGE_MOVABLE;
}
EXPORT_SYMBOL(__ClearPageMovable);

/* Isolating, and putting back */

bool isolate_lru_page(struct page *page)
{
	if (!PageLRU(page))
		return false;
	atomic_inc(&page->_refcount);
	lruvec_del_page(page);
	return true;
}

int isolate_movable_page(struct page *page, isolate_mode_t mode)
{
	if (!page_ref_count(page) || !PageMovable(page) || PageLocked(page) || PageIsolated(page))
		return -EBUSY;
	if (!balloon_operations()->isolate_page(page, mode))
		return -EBUSY;
	atomic_inc(&page->_refcount);
	SetPageIsolated(page);
	return 0;
}

/* The reference of the isolation goes; that of the owner mostly is left. */
static void put_isolated(struct page *page)
{
	if (put_page_testzero(page))
		release_page(page);
}

static void putback_lru_page(struct page *page)
{
	if (put_page_testzero(page))
		release_page(page);
	else
		lruvec_add_page(page);
}

static void putback_movable_page(struct page *page)
{
	balloon_operations()->putback_page(page);
	ClearPageIsolated(page);
	put_page(page);
}

void putback_movable_pages(struct list_head *pages)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, pages, lru) {
		list_del(&page->lru);
		if (PageMovable(page))
			putback_movable_page(page);
		else
			putback_lru_page(page);
	}
}

/* Pages of programs and of files */

static bool lock_page_for(struct page *page, enum migrate_mode mode, bool force)
{
	while (PageLocked(page)) {
		/* Direct compaction may hold locks of others up, so it does not wait. */
		if (!force || mode == MIGRATE_ASYNC || !user_can_block() ||
		    current->flags & PF_MEMALLOC)
			return false;
		wait_on_page_locked(page);
	}
	SetPageLocked(page);
	return true;
}

/* What is left of a large folio, page by page, when parts of it have been unmapped. */
static bool in_parts(struct page *page)
{
	return PageHead(page) && PageAnon(page) && folio_partially_mapped(page);
}

/* Only its mapping and the isolation hold it, and nobody is in the middle of an access. */
static bool can_unmap(const struct page *page)
{
	u64 owner = page_owner(page);

	return owner && !PageWriteback(page) && page_ref_count(page) == 2 &&
	       !chunk_of(owner_space(owner), owner_index(owner))->busy;
}

/* May block; the page may be somebody else's afterwards. */
static void copy_contents(struct page *newpage, struct page *page)
{
	unsigned long to = page_to_pfn(newpage), from = page_to_pfn(page), i;
	struct guest_ram *ram = mm_ram();

	charge(COST_MIGRATE, compound_nr(page));
	for (i = 0; ram && i < compound_nr(page); i++) {
		u32 token;

		do {
			token = guest_ram_read(ram, gfn(from + i));
			guest_ram_write(ram, gfn(to + i), 1, token);
		} while (guest_ram_peek(ram, gfn(from + i)) != token);
	}
}

/* Blocking is over: whoever looks for the page finds the new one. */
static void replace_page(struct page *newpage, struct page *page)
{
	struct zone *from = page_zone(page), *to = page_zone(newpage);
	struct pte_ref ref;

	if (PageHead(page))
		folio_init_anon(newpage);
	if (folio_is_small(page))
		move_anon_folio(newpage, page);
	else if (page_pte(page, &ref))
		pte_ref_set(&ref, (pte_ref_get(&ref) & ~(u64)U32_MAX) | page_to_pfn(newpage));
	if (PageSwapCache(page))
		this_user->swap->slot[page->private].pfn = page_to_pfn(newpage);
	if (from != to && page_is_file_lru(page) && PageDirty(page)) {
		mod_zone_page_state(from, NR_ZONE_WRITE_PENDING, -1);
		mod_zone_page_state(to, NR_ZONE_WRITE_PENDING, 1);
	}
	newpage->flags |= page->flags & MIGRATED_FLAGS;
	set_page_private(newpage, page->private);
	page->flags &= ~MIGRATED_FLAGS;
	set_page_private(page, 0);
	/* The reference of the mapping; the new page's first one is that now. */
	atomic_dec(&page->_refcount);
}

/* Both pages are locked. */
static int move_user_page(struct page *newpage, struct page *page)
{
	struct address_space *space;
	u64 owner = page_owner(page);

	if (!can_unmap(page) || in_parts(page))
		return -EAGAIN;
	space = owner_space(owner);
	if (space->anon && mm_ram())
		contents_check_quietly(space, owner_index(owner), compound_nr(page),
				       page_to_pfn(page));
	copy_contents(newpage, page);
	if (page_owner(page) != owner || !can_unmap(page) || in_parts(page))
		return -EAGAIN;
	replace_page(newpage, page);
	return MIGRATEPAGE_SUCCESS;
}

static int unmap_and_move_user(struct page *newpage, struct page *page, enum migrate_mode mode,
			       bool force)
{
	int rc = -EAGAIN;

	if (!lock_page_for(page, mode, force))
		return -EAGAIN;
	if (PageWriteback(page)) {
		rc = mode == MIGRATE_SYNC || mode == MIGRATE_SYNC_NO_COPY ? -EAGAIN : -EBUSY;
		if (rc == -EAGAIN && force && user_can_block())
			wait_event(*page_waitqueue(page), !PageWriteback(page));
	}
	if (!PageWriteback(page)) {
		SetPageLocked(newpage);
		rc = move_user_page(newpage, page);
		ClearPageLocked(newpage);
	}
	unlock_page(page);
	if (rc)
		return rc;
	lruvec_add_page(newpage);
	list_del(&page->lru);
	put_isolated(page);
	return MIGRATEPAGE_SUCCESS;
}

/* Pages of drivers */

static int unmap_and_move_movable(struct page *newpage, struct page *page, enum migrate_mode mode,
				  bool force)
{
	int rc;

	if (!lock_page_for(page, mode, force))
		return -EAGAIN;
	SetPageLocked(newpage);
	rc = balloon_operations()->migrate_page(newpage, page, mode);
	ClearPageLocked(newpage);
	if (!rc)
		ClearPageIsolated(page);
	unlock_page(page);
	if (rc)
		return rc;
	put_page(newpage);
	list_del(&page->lru);
	put_page(page);
	return MIGRATEPAGE_SUCCESS;
}

/* Nobody but the isolation holds it: it was freed meanwhile. */
static bool freed_meanwhile(struct page *page)
{
	if (page_ref_count(page) != 1)
		return false;
	ClearPageIsolated(page);
	list_del(&page->lru);
	put_isolated(page);
	return true;
}

static void put_target(struct page *page, free_page_t put_new_page, unsigned long private)
{
	if (put_new_page)
		put_new_page(page, private);
	else
		put_page(page);
}

/* On its list while it is moved, as with Linux; on success the page is gone, and off it. */
static int unmap_and_move(struct page *page, new_page_t get_new_page, free_page_t put_new_page,
			  unsigned long private, enum migrate_mode mode, bool force)
{
	struct page *newpage;
	int rc;

	if (freed_meanwhile(page))
		return MIGRATEPAGE_SUCCESS;
	newpage = get_new_page(page, private);
	if (!newpage)
		return -ENOMEM;
	rc = PageMovable(page) ? unmap_and_move_movable(newpage, page, mode, force) :
				 unmap_and_move_user(newpage, page, mode, force);
	if (rc)
		put_target(newpage, put_new_page, private);
	return rc;
}

/* Make small pages of a huge one that is locked by nobody; these go to @list. */
static bool split_for_migration(struct page *page, struct list_head *list)
{
	if (PageLocked(page) || !can_unmap(page))
		return false;
	if (!folio_is_small(page))
		vm_event(this_mm, THP_MIGRATION_SPLIT, 1);
	split_huge_page_to_list(page, list);
	list_move(&page->lru, list);
	return true;
}

/* Mapped page by page, it has no entry that could be replaced. */
static bool mapped_by_pages(const struct page *page)
{
	u64 owner = page->private;

	return PageHead(page) && owner &&
	       chunk_of(owner_space(owner), owner_index(owner))->compound == page_to_pfn(page);
}

struct migrate_stats {
	unsigned int succeeded, failed, again;
};

/* One pass over @from; what has to be tried again is on it afterwards, the rest on @failed. */
static int migrate_pass(struct list_head *from, struct list_head *failed, new_page_t get_new_page,
			free_page_t put_new_page, unsigned long private, enum migrate_mode mode,
			int pass, struct migrate_stats *stats)
{
	LIST_HEAD(again);
	int rc = 0;

	stats->again = 0;
	while (!list_empty(from)) {
		struct page *page = list_first_entry(from, struct page, lru);
		unsigned int nr = compound_nr(page);

		user_resched();
		if ((mapped_by_pages(page) || in_parts(page)) && split_for_migration(page, from))
			continue;
		rc = unmap_and_move(page, get_new_page, put_new_page, private, mode,
				    pass >= FORCE_PASS);
		if (rc == -ENOMEM && nr > 1 && split_for_migration(page, from))
			continue;
		if (!rc) {
			stats->succeeded += nr;
			if (nr == CHUNK_PAGES)
				vm_event(this_mm, THP_MIGRATION_SUCCESS, 1);
		} else if (rc == -EAGAIN) {
			stats->again += nr;
			list_move_tail(&page->lru, &again);
		} else {
			stats->failed += nr;
			list_move_tail(&page->lru, failed);
		}
		if (rc == -ENOMEM)
			break;
	}
	list_splice(&again, from);
	return rc == -ENOMEM ? rc : 0;
}

int migrate_pages(struct list_head *from, new_page_t get_new_page, free_page_t put_new_page,
		  unsigned long private, enum migrate_mode mode, unsigned int *nr_succeeded)
{
	struct migrate_stats stats = { 0 };
	LIST_HEAD(failed);
	int pass, rc = 0;

	for (pass = 0; pass < NR_MAX_MIGRATE_PASSES && !rc && !list_empty(from); pass++)
		rc = migrate_pass(from, &failed, get_new_page, put_new_page, private, mode, pass,
				  &stats);
	stats.failed += stats.again;
	list_splice(&failed, from);
	vm_event(this_mm, PGMIGRATE_SUCCESS, stats.succeeded);
	vm_event(this_mm, PGMIGRATE_FAIL, stats.failed);
	if (nr_succeeded)
		*nr_succeeded = stats.succeeded;
	return rc ? rc : (int)stats.failed;
}

struct page *alloc_migration_target(struct page *page, unsigned long private)
{
	gfp_t gfp = (gfp_t)private;

	if (page_zonenum(page) == ZONE_MOVABLE)
		gfp |= __GFP_HIGHMEM;
	if (PageHead(page))
		return alloc_pages((gfp & ~__GFP_RECLAIM) | GFP_TRANSHUGE, compound_order(page));
	return alloc_page(gfp);
}
