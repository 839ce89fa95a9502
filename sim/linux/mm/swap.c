// SPDX-License-Identifier: GPL-2.0-only
/*
 * Swap of the guest: slots of a swap file, the swap cache, writing and reading pages.
 *
 * Models mm/swapfile.c (slots from clusters of 256 in order, then wherever one is free),
 * mm/swap_state.c (swap cache; for read-ahead see host-model/swap_readahead.h) and do_swap_page()
 * of mm/memory.c, Linux 6.1.  A slot keeps what the page held, as a token.
 * On zram, slots take memory of the guest instead of time of a disk.
 *
 * Left out: several swap areas, huge pages swapped as a whole (not with a swap file), per-CPU slot
 * caches, discard.
 */
#include "user.h"

#define CLUSTER_SLOTS 256

static bool slot_free(const struct swap_slot *s)
{
	return !s->owner && !s->pfn;
}

static struct swap_slot *page_slot(const struct page *page)
{
	return &this_user->swap->slot[page->private];
}

int swap_file_init(struct user_state *user, const struct swap_config *config,
		   struct cached_disk *cached)
{
	struct kernel *kernel = user->kernel;
	struct disk_extent *extent = config->extent;
	struct swap_info *swap;

	if (config->size_bytes < 2 * PAGE_SIZE)
		return -EINVAL;
	if (!config->zram && !extent)
		extent = disk_create_private(&config->disk, config->size_bytes >> PAGE_SHIFT,
					     kernel->engine, kernel->seed, kernel->name);
	if (!config->zram && !extent)
		return -EINVAL;
	user->swap_disk = guest_disk_create(kernel, extent, cached);
	swap = host_alloc(sizeof(*swap));
	swap->nr_slots = config->size_bytes >> PAGE_SHIFT;
	swap->slot = host_reserve(swap->nr_slots * sizeof(*swap->slot));
	swap->cluster_used = host_alloc((swap->nr_slots / CLUSTER_SLOTS + 1) *
					sizeof(*swap->cluster_used));
	swap->nr_free = swap->nr_slots - 1;
	swap->cluster_used[0] = 1;
	swap->zram = config->zram;
	swap->compressed_percent = config->compressed_percent;
	swap->ra_max = swap->zram ? 1 : config->readahead_pages ? config->readahead_pages : 8;
	swap->rotates = extent && extent->disk->config.kind == DISK_HDD;
	INIT_LIST_HEAD(&swap->zram_pages);
	user->swap = swap;
	return 0;
}

void swap_file_exit(struct user_state *user)
{
	guest_disk_destroy(user->swap_disk);
	if (!user->swap)
		return;
	host_release(user->swap->slot, user->swap->nr_slots * sizeof(*user->swap->slot));
	host_free(user->swap->cluster_used);
	host_free(user->swap);
}

long get_nr_swap_pages(void)
{
	return this_user && this_user->swap ? this_user->swap->nr_free : 0;
}

unsigned long total_swap_pages_get(void)
{
	return this_user && this_user->swap ? this_user->swap->nr_slots - 1 : 0;
}

void si_swapinfo(struct sysinfo *val)
{
	val->totalswap = total_swap_pages_get();
	val->freeswap = get_nr_swap_pages();
}

/* More than half of it used: who is back in memory should not keep a slot. */
bool swap_is_full(void)
{
	return get_nr_swap_pages() * 2 < (long)total_swap_pages_get();
}

/* Memory for compressed pages: never much less than what their number takes. */
static bool zram_balance(struct swap_info *swap)
{
	u32 used = swap->nr_slots - 1 - swap->nr_free;
	u32 wanted = ((u64)used * swap->compressed_percent + 99) / 100;

	while (swap->nr_zram_pages < wanted) {
		struct page *page = alloc_page(GFP_NOWAIT | __GFP_NOWARN | __GFP_MEMALLOC);

		if (!page)
			return false;
		list_add(&page->lru, &swap->zram_pages);
		swap->nr_zram_pages++;
	}
	while (swap->nr_zram_pages > wanted) {
		struct page *page = list_first_entry(&swap->zram_pages, struct page, lru);

		list_del(&page->lru);
		swap->nr_zram_pages--;
		__free_page(page);
	}
	return true;
}

/* Begin with an empty cluster, or go to the next free slot. */
static void next_cluster(struct swap_info *swap)
{
	u32 full = swap->nr_slots / CLUSTER_SLOTS, from = swap->next / CLUSTER_SLOTS, i;

	for (i = 0; i < full; i++) {
		u32 cluster = (from + i) % full;

		if (!swap->cluster_used[cluster]) {
			swap->next = cluster * CLUSTER_SLOTS;
			swap->left = CLUSTER_SLOTS;
			return;
		}
	}
	swap->left = 1;
	while (!swap->next || !slot_free(&swap->slot[swap->next]))
		swap->next = (swap->next + 1) % swap->nr_slots;
}

static u32 get_slot(struct swap_info *swap)
{
	u32 slot;

	if (!swap || !swap->nr_free)
		return 0;
	do {
		if (!swap->left)
			next_cluster(swap);
		slot = swap->next;
		swap->next = (slot + 1) % swap->nr_slots;
		swap->left--;
	} while (!slot || !slot_free(&swap->slot[slot]));
	swap->nr_free--;
	swap->cluster_used[slot / CLUSTER_SLOTS]++;
	return slot;
}

/* Owner and page are gone already. */
static void put_slot(struct swap_info *swap, u32 slot)
{
	swap->slot[slot].token = 0;
	swap->slot[slot].shadow = 0;
	swap->cluster_used[slot / CLUSTER_SLOTS]--;
	swap->nr_free++;
	if (swap->zram)
		zram_balance(swap);
}

static void swap_cache_add(struct page *page, u32 slot)
{
	this_user->swap->slot[slot].pfn = page_to_pfn(page);
	SetPageSwapCache(page);
	set_page_private(page, slot);
	mod_node_page_state(this_kernel->pgdat, NR_FILE_PAGES, 1);
	mod_node_page_state(this_kernel->pgdat, NR_SWAPCACHE, 1);
}

static void swap_cache_del(struct page *page, u64 private)
{
	page_slot(page)->pfn = 0;
	ClearPageSwapCache(page);
	set_page_private(page, private);
	mod_node_page_state(this_kernel->pgdat, NR_FILE_PAGES, -1);
	mod_node_page_state(this_kernel->pgdat, NR_SWAPCACHE, -1);
}

bool add_to_swap(struct page *page)
{
	struct swap_info *swap = this_user->swap;
	u32 slot = get_slot(swap);
	u64 owner = page->private;

	if (!slot)
		return false;
	/* The slot is taken before memory is asked for: the host may make that wait. */
	swap->slot[slot].owner = owner;
	if (swap->zram && (!zram_balance(swap) || page->private != owner)) {
		swap->slot[slot].owner = 0;
		put_slot(swap, slot);
		return false;
	}
	swap_cache_add(page, slot);
	SetPageDirty(page);
	return true;
}

void delete_from_swap_cache(struct page *page)
{
	u32 slot = page->private;
	struct swap_slot *s = page_slot(page);

	swap_cache_del(page, s->owner);
	s->owner = 0;
	SetPageDirty(page);
	put_slot(this_user->swap, slot);
}

void evict_from_swap_cache(struct page *page)
{
	u32 slot = page->private;
	struct swap_slot *s = page_slot(page);

	s->shadow = workingset_eviction(page);
	swap_cache_del(page, 0);
	if (!s->owner)
		put_slot(this_user->swap, slot);
}

bool free_swap_page(struct page *page)
{
	if (PageWriteback(page) || PageLocked(page))
		return false;
	delete_from_swap_cache(page);
	return true;
}

void free_swap_and_cache(u32 slot)
{
	struct swap_slot *s = &this_user->swap->slot[slot];
	struct page *page;

	s->owner = 0;
	if (!s->pfn) {
		put_slot(this_user->swap, slot);
		return;
	}
	page = pfn_to_page(s->pfn);
	/* If somebody is busy with it, reclaim will find that nobody wants it. */
	if (page_ref_count(page) > 1 || !free_swap_page(page))
		return;
	set_page_private(page, 0);
	set_page_count(page, 0);
	release_page(page);
}

/* Writing */

static void count_transfer(u64 pages, bool out)
{
	struct usermem_observer *observer = &this_user->observer;

	if (out)
		this_user->stats.swap_out += pages;
	else
		this_user->stats.swap_in += pages;
	vm_event(this_mm, out ? PSWPOUT : PSWPIN, pages);
	if (observer->swap)
		(observer->swap)(this_kernel, observer->ctx, pages, out);
}

void swap_writepage(struct page *page, struct page_io **plug)
{
	u32 slot = page->private;
	struct guest_ram *ram = mm_ram();

	charge(COST_GUEST_SWAP, 1);
	if (this_user->swap->zram)
		charge(COST_SWAP_COMPRESS, 1);
	ClearPageDirty(page);
	set_page_writeback(page);
	if (ram) {
		guest_ram_access_host(ram, gfn(page_to_pfn(page)), 1, RAM_READ);
		this_user->swap->slot[slot].token = guest_ram_peek(ram, gfn(page_to_pfn(page)));
	}
	count_transfer(1, true);
	page_io_add(this_user->swap_disk, plug, slot, page, true);
	unlock_page(page);
}

void swap_write_unplug(struct page_io **plug)
{
	page_io_unplug(plug);
}

/* Reading */

/* A fresh page for the contents of a slot that is in use and not cached; NULL: not (any more). */
static struct page *swap_cache_alloc(u32 slot, bool *enomem)
{
	struct swap_slot *s = &this_user->swap->slot[slot];
	struct page *page;

	if (!s->owner || s->pfn)
		return NULL;
	page = alloc_page(GFP_HIGHUSER_MOVABLE);
	*enomem = !page;
	if (!page)
		return NULL;
	if (!s->owner || s->pfn) {
		__free_page(page);
		return NULL;
	}
	page->flags |= 1u << PG_locked | 1u << PG_anon | 1u << PG_swapbacked;
	swap_cache_add(page, slot);
	workingset_refault(page, s->shadow);
	lru_cache_add(page);
	return page;
}

static bool read_slot(u32 slot, struct page_io **plug)
{
	bool enomem = false;
	struct page *page = swap_cache_alloc(slot, &enomem);
	struct guest_ram *ram = mm_ram();

	if (!page)
		return !enomem;
	charge(COST_GUEST_SWAP, 1);
	if (this_user->swap->zram)
		charge(COST_SWAP_DECOMPRESS, 1);
	if (ram)
		guest_ram_write(ram, gfn(page_to_pfn(page)), 1,
				this_user->swap->slot[slot].token);
	count_transfer(1, false);
	page_io_add(this_user->swap_disk, plug, slot, page, false);
	return true;
}

/* A slot that nobody has asked for. */
static void read_slot_ahead(u32 slot, struct page_io **plug)
{
	struct swap_slot *s = &this_user->swap->slot[slot];
	bool cached = s->pfn;

	read_slot(slot, plug);
	if (cached || !s->pfn)
		return;
	/* PG_readahead has this bit, too. */
	SetPageReclaim(pfn_to_page(s->pfn));
	vm_event(this_mm, SWAP_RA, 1);
	this_user->stats.swap_readahead++;
}

/* The slots around the wanted one, as far as they are in use. */
static bool read_cluster(u32 wanted, struct page_io **plug)
{
	struct swap_info *swap = this_user->swap;
	uint64_t slot, end;
	bool ok = true;

	swap_ra_slots(&swap->ra, wanted, swap->ra_max, swap->nr_slots, &slot, &end);
	for (; slot < end; slot++) {
		if (slot == wanted)
			ok = read_slot(slot, plug);
		else if (slot)
			read_slot_ahead(slot, plug);
	}
	return ok;
}

/* The pages around the wanted one, as far as they are of its area and in slots. */
static bool read_neighbours(struct user_area *vma, u64 index, u32 wanted,
			    struct page_io **plug)
{
	u64 table = index - chunk_off(index), low = max(table, vma->pgoff);
	u64 high = min(table + CHUNK_PAGES, vma->pgoff + (vma->end - vma->start));
	uint64_t at, end;
	bool ok = true;

	swap_ra_pages(&vma->ra, index, this_user->swap->ra_max, low, high, &at, &end);
	for (; at < end; at++) {
		u64 pte = map_entry(vma->space, at);

		if (at == index)
			ok = read_slot(wanted, plug);
		else if (pte && !(pte & PTE_PRESENT))
			read_slot_ahead(pte, plug);
	}
	return ok;
}

/* Shared memory has no area to go by (shmem_swapin()). */
static bool reads_clusters(const struct user_area *vma)
{
	return this_user->swap->rotates || vma->space->shared;
}

static int swapin_readahead(struct user_area *vma, u64 index, u32 wanted)
{
	struct page_io *plug = NULL;
	bool ok = reads_clusters(vma) ? read_cluster(wanted, &plug) :
					read_neighbours(vma, index, wanted, &plug);

	page_io_unplug(&plug);
	return ok ? 0 : -ENOMEM;
}

/* The page was in the swap cache when it was looked for (swap_cache_get_folio()). */
static void swap_cache_hit(struct user_area *vma, u64 index, struct page *page)
{
	bool ahead = PageReclaim(page) && !PageWriteback(page);

	if (ahead) {
		ClearPageReclaim(page);
		vm_event(this_mm, SWAP_RA_HIT, 1);
	}
	if (!reads_clusters(vma))
		swap_ra_cached(&vma->ra, index, ahead);
	else if (ahead)
		swap_ra_hit(&this_user->swap->ra);
}

static void swap_map_page(struct address_space *space, u64 index, struct page *page, bool write)
{
	u64 pte = PTE_PRESENT | PTE_ACCESSED | page_to_pfn(page);

	/* zram is read without the swap cache (SWP_SYNCHRONOUS_IO): no copy stays there. */
	if (write || swap_is_full() || this_user->swap->zram)
		free_swap_page(page);
	if (write) {
		/* Still in the cache: it is being written, and will have to be once more. */
		SetPageDirty(page);
		pte |= PTE_WRITE;
	}
	map_set(space, index, pte);
	space->nr_swapped--;
	space->nr_resident++;
	mod_node_page_state(this_kernel->pgdat, NR_ANON_MAPPED, 1);
	if (space->shared)
		mod_node_page_state(this_kernel->pgdat, NR_SHMEM, 1);
}

/* The page is in a slot; returns with it mapped, or with nothing done because things changed. */
int do_swap_page(struct user_area *vma, u64 index, bool write, bool *major)
{
	struct address_space *space = vma->space;
	u32 slot = map_entry(space, index);	/* not present: no flags */
	struct swap_slot *s = &this_user->swap->slot[slot];

	for (;;) {
		struct page *page;

		if (map_entry(space, index) != slot)
			return 0;
		if (!s->pfn) {
			int ret;

			*major = true;
			ret = swapin_readahead(vma, index, slot);
			if (ret)
				return ret;
			continue;
		}
		page = pfn_to_page(s->pfn);
		swap_cache_hit(vma, index, page);
		if (!PageLocked(page)) {
			swap_map_page(space, index, page, write);
			return 0;
		}
		*major = true;
		wait_on_page_locked(page);
	}
}
