// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page cache: files of the guest's disk, read ahead and written back.
 *
 * Models mm/filemap.c, mm/readahead.c (ondemand_readahead(), windows of up to 128 KiB) and, in
 * outline, mm/page-writeback.c and fs/fs-writeback.c of Linux 6.1: dirty pages are written when
 * they are 30 s old or more than a tenth of what could be dirty; beyond a fifth, writers wait.
 *
 * A file has contents from the start, a token that follows from file and page; what is written
 * over them is remembered in the file's expected contents, which therefore are those of the disk
 * for every page that is not dirty.
 *
 * Left out: directories and everything else of file systems, truncation, large folios, mapped
 * files, read-ahead state per open file, smooth throttling of writers between the two limits.
 */
#include <linux/hash.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include "user.h"

#define RA_PAGES 32U				/* VM_READAHEAD_PAGES */
#define FILE_SPACING (1UL << (30 - PAGE_SHIFT))	/* of the beginnings of files on the disk */
#define DIRTY_EXPIRE_NS 30000000000ULL
#define DIRTY_WRITEBACK (5 * HZ)
#define DIRTY_RATELIMIT 32			/* pages between looks at the limits */

/* What a SATA SSD does: about 100 us for a page, 500 MB/s. */
static const struct disk_config default_disk = {
	.kind = DISK_SSD,
	.name = "files",
	.queue_depth = 32,
	.read_ns = 90000,
	.write_ns = 50000,
	.transfer_ns_page = 8000,
};
#define DEFAULT_PAGES (64ULL << (30 - PAGE_SHIFT))

int filemap_init(struct user_state *user, const struct usermem_config *config)
{
	struct kernel *kernel = user->kernel;
	struct disk_extent *extent = config->disk;

	INIT_LIST_HEAD(&user->files);
	init_waitqueue_head(&user->flusher_wait);
	init_waitqueue_head(&user->dirty_wait);
	if (!extent)
		extent = disk_create_private(&default_disk, DEFAULT_PAGES, kernel->engine,
					     kernel->seed, kernel->name);
	user->file_disk = guest_disk_create(kernel, extent, config->disk_cache);
	return 0;
}

void filemap_exit(struct user_state *user)
{
	struct address_space *file, *next;

	guest_disk_destroy(user->file_disk);
	list_for_each_entry_safe(file, next, &user->files, list)
		space_free(file);
}

struct address_space *find_file(const char *name)
{
	struct address_space *file;

	list_for_each_entry(file, &this_user->files, list) {
		if (!strcmp(file->name, name))
			return file;
	}
	return NULL;
}

static struct address_space *get_file(const char *name)
{
	struct user_state *user = this_user;
	u64 disk_pages = user->file_disk->extent->nr_pages;
	struct address_space *file = find_file(name);

	if (file)
		return file;
	file = space_create(SPACE_FILE, disk_pages);
	if (!file)
		return NULL;
	file->nr_pages = 0;
	file->name = host_alloc(strlen(name) + 1);
	memcpy(file->name, name, strlen(name) + 1);
	file->disk_page = user->file_disk_used;
	user->file_disk_used = (user->file_disk_used + FILE_SPACING) % disk_pages;
	list_add_tail(&file->list, &user->files);
	return file;
}

/* The file, made large enough, and the range in pages; NULL: *@ret says why not. */
static struct address_space *open_range(const char *name, u64 offset, u64 len, u64 *index,
					u64 *end, int *ret)
{
	struct address_space *file;

	*index = PFN_DOWN(offset);
	*end = PFN_UP(offset + len);
	*ret = -ENOSPC;
	if (*end > this_user->file_disk->extent->nr_pages || *end < *index)
		return NULL;
	*ret = -ENOMEM;
	file = get_file(name);
	if (file)
		file->nr_pages = max(file->nr_pages, *end);
	return file;
}

static u64 disk_block(const struct address_space *file, u64 index)
{
	return (file->disk_page + index) % this_user->file_disk->extent->nr_pages;
}

/* Contents that a page of the file should have. */
static u32 file_token(const struct address_space *file, u64 index)
{
	u32 token;

	token_run(chunk_of(file, index), chunk_off(index), 1, &token);
	return token ? token : 1u << 31 | hash_64((u64)file->id << 40 ^ index, 31);
}

static struct page *find_page(const struct address_space *file, u64 index)
{
	u64 pte = map_entry(file, index);

	return pte & PTE_PRESENT ? pfn_to_page(pte_pfn(pte)) : NULL;
}

/* A fresh page joins the file, locked; NULL: no memory, or there is one now. */
static struct page *add_page(struct address_space *file, u64 index, gfp_t gfp)
{
	struct page *page = alloc_page(gfp);

	if (!page)
		return NULL;
	if (find_page(file, index)) {
		__free_page(page);
		return NULL;
	}
	SetPageLocked(page);
	set_page_private(page, make_owner(file, index));
	workingset_refault(page, map_entry(file, index));
	map_set(file, index, PTE_PRESENT | page_to_pfn(page));
	file->nr_resident++;
	mod_node_page_state(this_kernel->pgdat, NR_FILE_PAGES, 1);
	lru_cache_add(page);
	return page;
}

void remove_file_page(struct page *page, bool reclaimed)
{
	struct address_space *file = owner_space(page->private);
	u64 index = owner_index(page->private);

	map_set(file, index, reclaimed ? workingset_eviction(page) : 0);
	set_page_private(page, 0);
	file->nr_resident--;
	mod_node_page_state(this_kernel->pgdat, NR_FILE_PAGES, -1);
}

/* Reading */

static void read_page(struct address_space *file, u64 index, struct page *page,
		      struct page_io **plug)
{
	struct guest_ram *ram = mm_ram();

	if (ram)
		guest_ram_write(ram, gfn(page_to_pfn(page)), 1, file_token(file, index));
	this_user->stats.file_read++;
	vm_event(this_mm, PGPGIN, PAGE_SIZE >> 10);
	page_io_add(this_user->file_disk, plug, disk_block(file, index), page, false);
}

/* Read what is missing of [start, start + nr); page nr - lookahead triggers the next one. */
static void do_page_cache_ra(struct address_space *file, u64 start, u32 nr, u32 lookahead)
{
	gfp_t gfp = GFP_HIGHUSER_MOVABLE | __GFP_NORETRY | __GFP_NOWARN;
	struct page_io *plug = NULL;
	u32 i;

	for (i = 0; i < nr && start + i < file->nr_pages; i++) {
		struct page *page;

		if (find_page(file, start + i))
			continue;
		page = add_page(file, start + i, gfp);
		if (!page)
			break;
		if (i == nr - lookahead)
			SetPageReclaim(page);	/* PG_readahead */
		read_page(file, start + i, page, &plug);
	}
	page_io_unplug(&plug);
}

static u32 init_ra_size(u32 size)
{
	size = roundup_pow_of_two(size);
	if (size <= RA_PAGES / 32)
		return size * 4;
	return size <= RA_PAGES / 4 ? size * 2 : RA_PAGES;
}

static u32 next_ra_size(u32 size)
{
	if (size < RA_PAGES / 16)
		return size * 4;
	return size <= RA_PAGES / 2 ? size * 2 : RA_PAGES;
}

/* First page from @index on that is not cached. */
static u64 next_miss(const struct address_space *file, u64 index)
{
	u64 end = index + RA_PAGES;

	while (index < end && index < file->nr_pages && find_page(file, index))
		index++;
	return index;
}

/* @marked: the page is there, and asks for the next window; otherwise it is missing. */
static void ondemand_readahead(struct address_space *file, u64 index, u32 request, bool marked)
{
	request = clamp_t(u32, request, 1, RA_PAGES);
	if (index && (index == file->ra_start + file->ra_size - file->ra_async ||
		      index == file->ra_start + file->ra_size)) {
		file->ra_start += file->ra_size;
		file->ra_size = next_ra_size(file->ra_size);
		file->ra_async = file->ra_size;
	} else if (index && marked) {
		u64 start = next_miss(file, index + 1);

		if (start - index > RA_PAGES)
			return;
		file->ra_start = start;
		file->ra_size = next_ra_size(start - index + request);
		file->ra_async = file->ra_size;
	} else if (!index || index - file->prev_index <= 1) {
		file->ra_start = index;
		file->ra_size = init_ra_size(request);
		file->ra_async = file->ra_size > request ? file->ra_size - request :
							   file->ra_size;
	} else {
		do_page_cache_ra(file, index, request, 0);
		return;
	}
	if (index == file->ra_start && file->ra_size == file->ra_async) {
		u32 add = next_ra_size(file->ra_size);

		file->ra_size = min(file->ra_size + add, RA_PAGES);
		file->ra_async = file->ra_size < RA_PAGES ? add : RA_PAGES / 2;
	}
	do_page_cache_ra(file, file->ra_start, file->ra_size, file->ra_async);
}

/* The page, up to date and with a reference; NULL: no memory. */
static struct page *get_page_uptodate(struct address_space *file, u64 index, u32 request)
{
	for (;;) {
		struct page *page = find_page(file, index);
		struct page_io *plug = NULL;

		if (!page) {
			ondemand_readahead(file, index, request, false);
			page = find_page(file, index);
		} else if (PageReclaim(page) && !PageWriteback(page)) {
			ClearPageReclaim(page);
			ondemand_readahead(file, index, request, true);
			page = find_page(file, index);
		}
		if (!page) {
			page = add_page(file, index, GFP_HIGHUSER_MOVABLE);
			if (!page && !find_page(file, index))
				return NULL;
			if (page) {
				read_page(file, index, page, &plug);
				page_io_unplug(&plug);
			}
			continue;
		}
		if (PageLocked(page) && user_can_block()) {
			wait_on_page_locked(page);
			continue;
		}
		get_page(page);
		return page;
	}
}

/* Evicted while somebody used it: then that was the last reference. */
static void put_file_page(struct page *page)
{
	if (put_page_testzero(page))
		release_page(page);
}

int user_read_file(struct mm_struct *mm, const char *name, uint64_t offset, uint64_t len)
{
	struct guest_ram *ram = mm_ram();
	struct address_space *file;
	u64 index, end;
	int ret;

	charge(COST_GUEST_SYSCALL, 1);
	file = open_range(name, offset, len, &index, &end, &ret);
	if (!file)
		return ret;
	for (; index < end; index++) {
		struct page *page = get_page_uptodate(file, index,
						      min_t(u64, end - index, RA_PAGES));

		if (!page)
			return fault_signal_pending() ? -EINTR : -ENOMEM;
		charge(COST_GUEST_FILE, 1);
		if (ram) {
			/* Nobody is to write to it while the host may make us wait. */
			SetPageLocked(page);
			guest_ram_check(ram, gfn(page_to_pfn(page)), 1,
					file_token(file, index), name);
			unlock_page(page);
		}
		mark_page_accessed(page);
		put_file_page(page);
		file->prev_index = index;
		user_resched();
		if (fault_signal_pending())
			return -EINTR;
	}
	return 0;
}

/* Writing */

static unsigned long nr_dirty(void)
{
	return node_page_state(this_kernel->pgdat, NR_FILE_DIRTY);
}

/* Pages that could be dirty: free ones, without reserves, and those of files. */
static unsigned long dirtyable_pages(void)
{
	struct pglist_data *pgdat = this_kernel->pgdat;
	unsigned long free = global_zone_page_state(NR_FREE_PAGES);

	free -= min(free, this_mm->totalreserve_pages);
	return free + node_page_state(pgdat, NR_INACTIVE_FILE) +
	       node_page_state(pgdat, NR_ACTIVE_FILE) + 1;
}

static bool over_background(void)
{
	return nr_dirty() > dirtyable_pages() / 10;
}

static bool over_limit(void)
{
	return nr_dirty() + this_user->nr_file_writeback > dirtyable_pages() / 5;
}

static void set_file_page_dirty(struct address_space *file, u64 index, struct page *page)
{
	if (TestSetPageDirty(page))
		return;
	map_set(file, index, map_entry(file, index) | PTE_WRITE);
	chunk_of(file, index)->nr_dirty++;
	if (!file->nr_dirty++) {
		file->dirtied_when = user_now();
		if (waitqueue_active(&this_user->flusher_wait))
			wake_up_all(&this_user->flusher_wait);
	}
	mod_node_page_state(this_kernel->pgdat, NR_FILE_DIRTY, 1);
	mod_zone_page_state(page_zone(page), NR_ZONE_WRITE_PENDING, 1);
}

static void clear_file_page_dirty(struct address_space *file, u64 index, struct page *page)
{
	ClearPageDirty(page);
	map_set(file, index, map_entry(file, index) & ~PTE_WRITE);
	chunk_of(file, index)->nr_dirty--;
	file->nr_dirty--;
	mod_node_page_state(this_kernel->pgdat, NR_FILE_DIRTY, -1);
	mod_zone_page_state(page_zone(page), NR_ZONE_WRITE_PENDING, -1);
}

/* Begin to write a dirty page, unless somebody holds it; what is written must be what it held. */
static void write_page(struct address_space *file, u64 index, struct page_io **plug)
{
	struct page *page = find_page(file, index);
	struct guest_ram *ram = mm_ram();

	if (!page || !PageDirty(page) || PageLocked(page) || PageWriteback(page))
		return;
	SetPageLocked(page);
	clear_file_page_dirty(file, index, page);
	set_page_writeback(page);
	if (ram) {
		guest_ram_access_host(ram, gfn(page_to_pfn(page)), 1, RAM_READ);
		if (guest_ram_peek(ram, gfn(page_to_pfn(page))) != file_token(file, index))
			guest_ram_check(ram, gfn(page_to_pfn(page)), 1, file_token(file, index),
					file->name);
	}
	this_user->stats.file_written++;
	vm_event(this_mm, PGPGOUT, PAGE_SIZE >> 10);
	page_io_add(this_user->file_disk, plug, disk_block(file, index), page, true);
	unlock_page(page);
	user_resched();
}

static void write_file_pages(struct address_space *file)
{
	u64 chunks = DIV_ROUND_UP(file->nr_pages, CHUNK_PAGES), c;
	struct page_io *plug = NULL;
	u32 i;

	for (c = 0; c < chunks && file->nr_dirty; c++) {
		struct map_chunk *chunk = &file->chunk[c];

		for (i = 0; i < CHUNK_PAGES && chunk->nr_dirty; i++) {
			u64 pte = pte_get(chunk, i);

			if (pte & PTE_PRESENT && pte & PTE_WRITE)
				write_page(file, (c << CHUNK_SHIFT) + i, &plug);
		}
	}
	page_io_unplug(&plug);
	if (file->nr_dirty)
		file->dirtied_when = user_now();
}

static void writeback_files(bool all)
{
	struct address_space *file;

	list_for_each_entry(file, &this_user->files, list) {
		if (file->nr_dirty &&
		    (all || over_background() ||
		     user_now() - file->dirtied_when >= DIRTY_EXPIRE_NS))
			write_file_pages(file);
	}
}

static int flusher(void *data)
{
	struct user_state *user = this_user;
	bool all;

	for (;;) {
		current->wait_expected = true;
		wait_event(user->flusher_wait, user->flush_now || nr_dirty());
		current->wait_expected = false;
		wait_event_timeout(user->flusher_wait, user->flush_now, DIRTY_WRITEBACK);
		all = user->flush_now;
		user->flush_now = false;
		writeback_files(all);
	}
	return 0;
}

int flusher_run(void)
{
	struct task_struct *task = kthread_run(flusher, NULL, "flush-8:0");

	if (IS_ERR(task))
		return PTR_ERR(task);
	this_user->flusher = task;
	return 0;
}

void wakeup_flusher_threads(void)
{
	this_user->flush_now = true;
	if (waitqueue_active(&this_user->flusher_wait))
		wake_up_all(&this_user->flusher_wait);
}

/* Who writes faster than the disk waits for it. */
static void balance_dirty_pages(void)
{
	struct user_state *user = this_user;

	if (!user->flusher || !user_can_block()) {
		if (over_limit())
			writeback_files(true);
		return;
	}
	if (!over_background())
		return;
	wakeup_flusher_threads();
	while (over_limit() && !fault_signal_pending()) {
		wait_event_timeout(user->dirty_wait, !over_limit(), HZ / 5);
		wakeup_flusher_threads();
	}
}

/* A page to be overwritten as a whole, with a reference. */
static struct page *get_page_for_write(struct address_space *file, u64 index)
{
	for (;;) {
		struct page *page = find_page(file, index);

		if (!page) {
			page = add_page(file, index, GFP_HIGHUSER_MOVABLE | __GFP_WRITE);
			if (!page && !find_page(file, index))
				return NULL;
			if (page) {
				SetPageUptodate(page);
				unlock_page(page);
			}
			continue;
		}
		if (PageLocked(page) && user_can_block()) {
			wait_on_page_locked(page);
			continue;
		}
		get_page(page);
		return page;
	}
}

/* Writing is no access: grab_cache_page_write_begin() does not ask for it (FGP_ACCESSED). */
static void overwrite_page(struct address_space *file, u64 index, struct page *page)
{
	struct guest_ram *ram = mm_ram();
	u32 token;

	charge(COST_GUEST_FILE, 1);
	/* From here on it is not clean, and so will not be dropped while it is written. */
	set_file_page_dirty(file, index, page);
	if (ram) {
		SetPageLocked(page);
		token = token_next(1);
		guest_ram_write(ram, gfn(page_to_pfn(page)), 1, token);
		token_set(chunk_of(file, index), chunk_off(index), 1, token);
		unlock_page(page);
	}
}

int user_write_file(struct mm_struct *mm, const char *name, uint64_t offset, uint64_t len)
{
	struct address_space *file;
	u64 index, end;
	int ret;

	charge(COST_GUEST_SYSCALL, 1);
	file = open_range(name, offset, len, &index, &end, &ret);
	if (!file)
		return ret;
	for (; index < end; index++) {
		struct page *page = get_page_for_write(file, index);

		if (!page)
			return fault_signal_pending() ? -EINTR : -ENOMEM;
		overwrite_page(file, index, page);
		put_file_page(page);
		if (index % DIRTY_RATELIMIT == 0)
			balance_dirty_pages();
		user_resched();
		if (fault_signal_pending())
			return -EINTR;
	}
	return 0;
}

int user_sync_files(struct kernel *kernel)
{
	struct user_state *user = kernel->mm->user;

	charge(COST_GUEST_SYSCALL, 1);
	do {
		writeback_files(true);
		if (!user_can_block())
			break;
		wait_event(user->dirty_wait, !user->nr_file_writeback);
		/* What is left is in use just now. */
		if (nr_dirty())
			schedule_timeout_uninterruptible(1);
	} while (nr_dirty() && !fault_signal_pending());
	return 0;
}
