// SPDX-License-Identifier: GPL-2.0-only
/*
 * Process memory as a whole: setting it up, taking it down, what it shows, whether it is in order.
 */
#include "compaction.h"
#include "user.h"

#define FIRST_SPACES 64

int usermem_init(struct kernel *kernel, const struct usermem_config *config)
{
	struct user_state *user = host_alloc(sizeof(*user));
	unsigned int i;
	int ret;

	BUG_ON(this_kernel != kernel);
	kernel->mm->user = user;
	user->kernel = kernel;
	user->observer = config->observer;
	user->nr_spaces = FIRST_SPACES;
	user->space = host_alloc(user->nr_spaces * sizeof(*user->space));
	INIT_LIST_HEAD(&user->mms);
	INIT_LIST_HEAD(&user->shared);
	for (i = 0; i < NR_PAGE_WAITS; i++)
		init_waitqueue_head(&user->page_wait[i]);
	init_waitqueue_head(&user->busy_wait);
	pgtable_init(user);
	vmscan_init(user);
	compaction_init();
	huge_memory_init(user);
	ret = filemap_init(user, config);
	if (!ret && config->swap)
		ret = swap_file_init(user, config->swap, config->swap_cache);
	if (!ret && kernel->vm && kernel->sched && !config->no_kswapd) {
		ret = kswapd_run();
		if (!ret)
			ret = kcompactd_run();
		if (!ret)
			ret = flusher_run();
	}
	return ret;
}

/*
 * The kernel's tasks do not run any more.  Guest pages stay as they are: the memory they are in
 * goes away as a whole.
 */
void usermem_exit(struct kernel *kernel)
{
	struct user_state *user = kernel->mm->user;
	struct mm_struct *mm, *next;
	u32 i;

	if (!user)
		return;
	BUG_ON(this_kernel != kernel);
	list_for_each_entry_safe(mm, next, &user->mms, list) {
		mm_free(mm);
	}
	huge_memory_exit(user);
	filemap_exit(user);
	swap_file_exit(user);
	for (i = 0; i < user->nr_spaces; i++) {
		if (user->space[i])
			space_free(user->space[i]);
	}
	host_free(user->space);
	host_free(user);
	kernel->mm->user = NULL;
	kernel->pgdat->kswapd = NULL;
	compaction_exit();
}

void usermem_stats(struct kernel *kernel, struct usermem_stats *stats)
{
	const struct user_state *user = kernel->mm->user;
	struct pglist_data *pgdat = kernel->pgdat;

	memset(stats, 0, sizeof(*stats));
	if (!user)
		return;
	*stats = user->stats;
	stats->anon_pages = node_page_state(pgdat, NR_ANON_MAPPED);
	stats->file_pages = node_page_state(pgdat, NR_FILE_PAGES);
	stats->dirty_pages = node_page_state(pgdat, NR_FILE_DIRTY);
	if (user->swap) {
		stats->swap_total = user->swap->nr_slots - 1;
		stats->swap_pages = stats->swap_total - user->swap->nr_free;
	}
}

void usermem_mthp_stats(struct kernel *kernel, unsigned int order, uint64_t value[NR_MTHP_STATS])
{
	unsigned int i;

	for (i = 0; i < NR_MTHP_STATS; i++)
		value[i] = kernel->mm->user ? kernel->mm->user->mthp[order][i] : 0;
}

/* Is everything where everything else says it is? */

/* Of a folio that is mapped by small entries: at the place that the folio is for. */
static u64 check_folio_entry(struct page *head, u32 pfn, u64 owner)
{
	u64 off = pfn - page_to_pfn(head);

	return !folio_is_small(head) || off >= compound_nr(head) || page_ref_count(head) < 1 ||
	       page_owner(head) + off != owner ||
	       (folio_partially_mapped(head) != (head[1].nr_pages_mapped < compound_nr(head)));
}

static u64 check_entry(const struct address_space *space, u64 index, u64 pte)
{
	const struct map_chunk *chunk = chunk_of(space, index);
	const struct user_state *user = this_user;
	const struct page *page;

	if (!(pte & PTE_PRESENT))
		return space->anon && user->swap->slot[pte].owner != make_owner(space, index);
	page = pfn_to_page(pte_pfn(pte));
	if (chunk->compound && pte_pfn(pte) == chunk->compound + chunk_off(index))
		page = pfn_to_page(chunk->compound);
	else if (PageCompound(page))
		return check_folio_entry(compound_head((struct page *)page), pte_pfn(pte),
					 make_owner(space, index));
	else if (page_owner(page) != make_owner(space, index))
		return 1;
	return page_ref_count(page) < 1 || PageBuddy(page);
}

static u64 check_chunk(const struct address_space *space, u64 c, u64 *resident, u64 *swapped)
{
	const struct map_chunk *chunk = &space->chunk[c];
	u64 index = c << CHUNK_SHIFT, wrong = 0;
	u32 i;

	if (pte_pfn(chunk->huge)) {
		*resident += CHUNK_PAGES;
		return pfn_to_page(pte_pfn(chunk->huge))->private != make_owner(space, index);
	}
	for (i = 0; has_ptes(chunk) && i < CHUNK_PAGES; i++) {
		u64 pte = pte_get(chunk, i);

		if (pte & PTE_PRESENT)
			*resident += pte_pfn(pte) != 0;
		else if (space->anon)
			*swapped += pte != 0;
		if (pte && (!(pte & PTE_PRESENT) || pte_pfn(pte)))
			wrong += check_entry(space, index + i, pte);
	}
	return wrong;
}

static u64 check_space(const struct address_space *space)
{
	u64 chunks = DIV_ROUND_UP(space->nr_pages, CHUNK_PAGES), c;
	u64 resident = 0, swapped = 0, wrong = 0;

	for (c = space->first_chunk; c < chunks; c++)
		wrong += check_chunk(space, c, &resident, &swapped);
	return wrong + (resident != space->nr_resident) + (swapped != space->nr_swapped);
}

static u64 check_lru(enum lru_list lru)
{
	struct list_head *list = &this_kernel->pgdat->__lruvec.lists[lru];
	struct page *page;
	u64 nr = 0, wrong = 0;

	list_for_each_entry(page, list, lru) {
		nr += compound_nr(page);
		wrong += !PageLRU(page) || page_lru(page) != lru || page_ref_count(page) < 1;
		/* Only who isolates a page has a reference beside that of the mapping. */
		wrong += PageAnon(page) && page_ref_count(page) != 1;
	}
	return wrong + (nr != node_page_state(this_kernel->pgdat, NR_LRU_BASE + lru));
}

static u64 check_swap(const struct swap_info *swap)
{
	u32 used = 0, i;

	for (i = 1; i < swap->nr_slots; i++)
		used += swap->slot[i].owner || swap->slot[i].pfn;
	return used != swap->nr_slots - 1 - swap->nr_free;
}

uint64_t usermem_check(struct kernel *kernel)
{
	struct kernel *old = this_kernel;
	struct user_state *user = kernel->mm->user;
	u64 wrong = 0;
	u32 i;

	if (!user)
		return 0;
	coro_current->ctx.kernel = kernel;
	for (i = 0; i < user->nr_spaces; i++)
		wrong += user->space[i] ? check_space(user->space[i]) : 0;
	for (i = LRU_INACTIVE_ANON; i <= LRU_ACTIVE_FILE; i++)
		wrong += check_lru(i);
	if (user->swap)
		wrong += check_swap(user->swap);
	coro_current->ctx.kernel = old;
	return wrong;
}
