// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which page is where: forward maps of address spaces, and what programs wrote into their pages.
 *
 * In place of page tables and the page cache's xarray of Linux there is one table per address
 * space (of a file, of shared memory, of all private memory of a process): per 2 MiB a chunk with
 * either a huge entry or, once needed, 512 entries of 4 bytes.
 *
 * Expected contents are a run of counting tokens per chunk as long as it was written that way,
 * one token per page otherwise; they stay when a page goes to swap or is lost.
 *
 * Left out: several mappings of one page, page table locks; for the memory that tables take see
 * pgtable.c.
 */
#include "user.h"

struct address_space *space_create(enum space_kind kind, u64 nr_pages)
{
	struct user_state *user = this_user;
	struct address_space *space = host_alloc(sizeof(*space));
	u32 id = user->last_id;

	do {
		id = id + 1 < user->nr_spaces ? id + 1 : 1;
		if (id == user->last_id) {
			u32 old = user->nr_spaces;

			user->nr_spaces = old * 2;
			user->space = host_realloc(user->space,
						   user->nr_spaces * sizeof(*user->space));
			memset(user->space + old, 0, old * sizeof(*user->space));
			id = old;
		}
	} while (user->space[id]);
	user->last_id = id;
	user->space[id] = space;
	space->id = id;
	space->anon = kind != SPACE_FILE;
	space->shared = kind == SPACE_SHARED;
	space->nr_pages = nr_pages;
	space->nr_chunks = (nr_pages + CHUNK_PAGES - 1) >> CHUNK_SHIFT;
	/* Files may become as large as the disk, and processes as large as memory: mostly not. */
	space->first_chunk = kind == SPACE_PRIVATE ? space->nr_chunks : 0;
	if (kind == SPACE_SHARED)
		space->chunk = host_alloc(space->nr_chunks * sizeof(*space->chunk));
	else
		space->chunk = host_reserve(space->nr_chunks * sizeof(*space->chunk));
	INIT_LIST_HEAD(&space->list);
	if (space->chunk)
		return space;
	user->space[id] = NULL;
	host_free(space);
	return NULL;
}

/* The tables themselves; pages in them must be gone. */
void space_free(struct address_space *space)
{
	u64 used = DIV_ROUND_UP(space->nr_pages, CHUNK_PAGES), i;

	for (i = space->first_chunk; i < used; i++) {
		if (space->chunk[i].table)
			host_free(space->chunk[i].table);
		if (space->chunk[i].token_table)
			host_free(space->chunk[i].token_table);
	}
	if (space->shared)
		host_free(space->chunk);
	else
		host_release(space->chunk, space->nr_chunks * sizeof(*space->chunk));
	this_user->space[space->id] = NULL;
	host_free(space->name);
	host_free(space);
}

u64 map_entry(const struct address_space *space, u64 index)
{
	const struct map_chunk *chunk = chunk_of(space, index);

	if (chunk->huge)
		return pte_pfn(chunk->huge) ? chunk->huge + chunk_off(index) : chunk->huge;
	return pte_get(chunk, chunk_off(index));
}

void pte_alloc_table(struct map_chunk *chunk)
{
	u64 run = chunk->run;
	u32 i;

	chunk->table = host_alloc(sizeof(*chunk->table));
	chunk->run = 0;
	for (i = 0; run && i < CHUNK_PAGES; i++)
		pte_set(chunk, i, run + i);
}

/* Memory that is touched from its start to its end mostly needs no table afterwards. */
static void pte_free_table(struct map_chunk *chunk)
{
	u64 run = pte_get(chunk, 0);
	u32 i;

	if (!(run & PTE_PRESENT) || !pte_pfn(run))
		return;
	for (i = 1; i < CHUNK_PAGES; i++)
		if (pte_get(chunk, i) != run + i)
			return;
	host_free(chunk->table);
	chunk->table = NULL;
	chunk->run = run;
}

void map_set(struct address_space *space, u64 index, u64 pte)
{
	struct map_chunk *chunk = chunk_of(space, index);

	pte_set(chunk, chunk_off(index), pte);
	if (chunk_off(index) == CHUNK_PAGES - 1)
		pte_free_table(chunk);
}

/*
 * Present pages from @index on, within the chunk, whose frames follow each other (or are all the
 * zero page) and whose entries have @need set.  They count as accessed.
 */
u32 map_run(struct address_space *space, u64 index, u32 max, u64 need, u32 *pfn)
{
	struct map_chunk *chunk = chunk_of(space, index);
	u32 off = chunk_off(index), nr = 0, step;
	u64 pte;

	if (max > CHUNK_PAGES - off)
		max = CHUNK_PAGES - off;
	need |= PTE_PRESENT;
	if (chunk->huge) {
		if ((chunk->huge & need) != need)
			return 0;
		chunk->huge |= PTE_ACCESSED;
		*pfn = pte_pfn(chunk->huge) ? pte_pfn(chunk->huge) + off : 0;
		return max;
	}
	if (chunk->run && (chunk->run & (need | PTE_ACCESSED)) == (need | PTE_ACCESSED)) {
		*pfn = pte_pfn(chunk->run) + off;
		return max;
	}
	if (!has_ptes(chunk))
		return 0;
	*pfn = pte_pfn(pte_get(chunk, off));
	step = *pfn ? 1 : 0;
	for (; nr < max; nr++) {
		pte = pte_get(chunk, off + nr);
		if ((pte & need) != need || pte_pfn(pte) != *pfn + nr * step)
			break;
		if (!(pte & PTE_ACCESSED))
			pte_set(chunk, off + nr, pte | PTE_ACCESSED);
	}
	return nr;
}

u64 page_owner(const struct page *page)
{
	if (PageSwapCache(page))
		return this_user->swap->slot[page->private].owner;
	return page->private;
}

bool page_pte(const struct page *page, struct pte_ref *ref)
{
	u64 owner = page_owner(page), pte;
	struct map_chunk *chunk;

	if (!owner)
		return false;
	chunk = chunk_of(owner_space(owner), owner_index(owner));
	ref->chunk = chunk;
	ref->off = PageHead(page) ? PTE_OFF_HUGE : chunk_off(owner_index(owner));
	pte = pte_ref_get(ref);
	return pte & PTE_PRESENT && pte_pfn(pte) == page_to_pfn(page);
}

void pte_ref_set(const struct pte_ref *ref, u64 pte)
{
	if (ref->off == PTE_OFF_HUGE)
		ref->chunk->huge = pte;
	else
		pte_set(ref->chunk, ref->off, pte);
}

/* Expected contents */

/* @nr tokens that follow each other, none of them 0, none used before (until they wrap). */
u32 token_next(u32 nr)
{
	struct user_state *user = this_user;
	u32 token = user->next_token;

	if (token + nr < token || !token)
		token = 1;
	user->next_token = token + nr;
	return token;
}

static u32 token_at(const struct map_chunk *chunk, u32 off)
{
	if (chunk->token_table)
		return chunk->token_table[off];
	return off >= chunk->token_lo && off < chunk->token_hi ?
		       chunk->token_first + (off - chunk->token_lo) : 0;
}

static void token_make_table(struct map_chunk *chunk)
{
	u32 *table, off;

	if (chunk->token_table)
		return;
	table = host_alloc(CHUNK_PAGES * sizeof(*table));
	for (off = chunk->token_lo; off < chunk->token_hi; off++)
		table[off] = token_at(chunk, off);
	chunk->token_table = table;
	chunk->token_lo = chunk->token_hi = 0;
}

static void token_drop_table(struct map_chunk *chunk)
{
	if (chunk->token_table)
		host_free(chunk->token_table);
	chunk->token_table = NULL;
}

void token_set(struct map_chunk *chunk, u32 off, u32 nr, u32 token)
{
	u32 i;

	if (nr == CHUNK_PAGES)
		token_drop_table(chunk);
	if (!chunk->token_table) {
		u32 lo = chunk->token_lo, hi = chunk->token_hi;

		if (lo == hi || (off <= lo && off + nr >= hi)) {
			chunk->token_lo = off;
			chunk->token_hi = off + nr;
			chunk->token_first = token;
			return;
		}
		if (off == hi && token == chunk->token_first + (hi - lo)) {
			chunk->token_hi += nr;
			return;
		}
		token_make_table(chunk);
	}
	for (i = 0; i < nr; i++)
		chunk->token_table[off + i] = token + i;
}

void token_clear(struct map_chunk *chunk, u32 off, u32 nr)
{
	u32 lo = chunk->token_lo, hi = chunk->token_hi;

	if (nr == CHUNK_PAGES)
		token_drop_table(chunk);
	if (!chunk->token_table) {
		if (off + nr <= lo || off >= hi)
			return;
		if (off > lo && off + nr < hi) {
			token_make_table(chunk);
		} else {
			if (off <= lo) {
				chunk->token_first += off + nr - lo;
				chunk->token_lo = min(off + nr, hi);
				if (chunk->token_lo == hi)
					chunk->token_lo = chunk->token_hi = 0;
			} else {
				chunk->token_hi = off;
			}
			return;
		}
	}
	memset(chunk->token_table + off, 0, nr * sizeof(*chunk->token_table));
}

/* Pages from @off on whose tokens count up, or which all have none; *token is the first. */
u32 token_run(const struct map_chunk *chunk, u32 off, u32 max, u32 *token)
{
	u32 nr = 1;

	*token = token_at(chunk, off);
	if (!chunk->token_table) {
		u32 end = off < chunk->token_lo ? chunk->token_lo :
			  off < chunk->token_hi ? chunk->token_hi : CHUNK_PAGES;

		return min(max, end - off);
	}
	while (nr < max && chunk->token_table[off + nr] == (*token ? *token + nr : 0))
		nr++;
	return nr;
}

static const char *contents_owner(const struct address_space *space)
{
	return space->name ? space->name : current ? current->comm : "anonymous memory";
}

/* Compare pages with what was written; a lost one fails the run.  May block. */
void contents_check(struct address_space *space, u64 index, u32 nr, u32 pfn)
{
	struct map_chunk *chunk = chunk_of(space, index);
	struct guest_ram *ram = mm_ram();
	u32 off = chunk_off(index), token, run;

	for (; ram && nr; nr -= run, off += run, pfn += run) {
		run = token_run(chunk, off, nr, &token);
		guest_ram_check(ram, gfn(pfn), run, token, contents_owner(space));
	}
}

/*
 * What is about to be overwritten must not have been lost.  To look costs nothing and touches
 * nothing; only a page that is wrong is read to report it.
 */
void contents_check_quietly(struct address_space *space, u64 index, u32 nr, u32 pfn)
{
	struct map_chunk *chunk = chunk_of(space, index);
	struct guest_ram *ram = mm_ram();
	u32 off = chunk_off(index), token, run, i;

	for (; nr; nr -= run, off += run, pfn += run) {
		run = token_run(chunk, off, nr, &token);
		for (i = 0; i < run; i++) {
			u32 expected = token ? token + i : 0;

			if (unlikely(guest_ram_peek(ram, gfn(pfn + i)) != expected))
				guest_ram_check(ram, gfn(pfn + i), 1, expected,
						contents_owner(space));
		}
	}
}

/* Fresh contents for pages of one chunk.  May block. */
void contents_write(struct address_space *space, u64 index, u32 nr, u32 pfn)
{
	struct map_chunk *chunk = chunk_of(space, index);
	struct guest_ram *ram = mm_ram();
	u32 token;

	if (!ram)
		return;
	contents_check_quietly(space, index, nr, pfn);
	token = token_next(nr);
	guest_ram_write(ram, gfn(pfn), nr, token);
	token_set(chunk, chunk_off(index), nr, token);
}

/* Waiting for pages */

wait_queue_head_t *page_waitqueue(const struct page *page)
{
	return &this_user->page_wait[page_to_pfn(page) % NR_PAGE_WAITS];
}

void wait_on_page_locked(struct page *page)
{
	if (PageLocked(page) && user_can_block())
		wait_event(*page_waitqueue(page), !PageLocked(page));
}

void unlock_page(struct page *page)
{
	wait_queue_head_t *wq = page_waitqueue(page);

	ClearPageLocked(page);
	if (waitqueue_active(wq))
		wake_up_all(wq);
}
