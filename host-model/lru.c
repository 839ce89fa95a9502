// SPDX-License-Identifier: GPL-2.0-only
/*
 * The four LRU lists of a memory group of the host, of pages by index: active and inactive, of
 * anonymous memory and of files.
 *
 * A 2 MiB leaf is one entry of 512 pages, at the index of its first page; its links are in its
 * struct host_pmd.  Index 0 ends a list.  Anonymous pages that may be dropped (MADV_FREE) are on
 * the lists of files, as lru_lazyfree_fn() of mm/swap.c (Linux 6.1) puts them.
 */
#include "memory.h"

struct links {
	uint32_t *next, *prev;
};

/* The 2 MiB leaf or huge page that the page is in; NULL: none, or it is of a file. */
static struct host_pmd *leaf_of(const struct host *host, uint32_t index)
{
	struct guest_ram *ram = ram_of_index(host, index);
	struct host_pmd *pmd;

	if (!ram)
		return NULL;
	pmd = &ram->pmd[gfn_of_index(host, index) >> HOST_PMD_ORDER];
	return page_kind(pmd->state) == PAGE_PRESENT ||
	       compound_has(ram, gfn_of_index(host, index)) ? pmd : NULL;
}

bool lru_is_huge(const struct host *host, uint32_t index)
{
	return leaf_of(host, index);
}

uint32_t *lru_state(const struct host *host, uint32_t index)
{
	struct host_pmd *pmd = leaf_of(host, index);

	return pmd ? &pmd->state : &page_of_index(host, index)->state;
}

static struct links links_of(const struct host *host, uint32_t index)
{
	struct host_pmd *pmd = leaf_of(host, index);
	struct host_page *page;

	if (pmd)
		return (struct links){ &pmd->next, &pmd->prev };
	page = page_of_index(host, index);
	return (struct links){ &page->next, &page->prev };
}

bool lru_is_file(const struct host *host, uint32_t index, uint32_t state)
{
	return file_of_index(host, index) || state & PAGE_LAZYFREE;
}

static unsigned int list_nr(const struct host *host, uint32_t index, uint32_t state)
{
	return (state & PAGE_ACTIVE ? SCAN_ACTIVE : 0) +
	       (lru_is_file(host, index, state) ? SCAN_FILE : 0);
}

/* update_lru_size(): the group's list, and what it and those above it have in such lists. */
static void add_size(struct host_memcg *memcg, unsigned int list, uint64_t nr)
{
	memcg->lru[list].nr_pages += nr;
	for (; memcg; memcg = memcg->parent)
		memcg->lru_size[list] += nr;
}

static void list_insert_head(struct host *host, struct page_list *list, uint32_t index)
{
	struct links l = links_of(host, index);

	*l.prev = 0;
	*l.next = list->head;
	if (list->head)
		*links_of(host, list->head).prev = index;
	else
		list->tail = index;
	list->head = index;
}

void lru_add(struct host *host, uint32_t index, bool huge, bool active)
{
	struct host_memcg *memcg = memcg_of_index(host, index);
	uint32_t *state = lru_state(host, index);
	unsigned int nr;

	*state = active ? *state | PAGE_ACTIVE : *state & ~PAGE_ACTIVE;
	nr = list_nr(host, index, *state);
	list_insert_head(host, &memcg->lru[nr], index);
	add_size(memcg, nr, huge ? HOST_PMD_PAGES : 1);
}

void lru_del(struct host *host, uint32_t index, bool huge)
{
	unsigned int nr = list_nr(host, index, *lru_state(host, index));
	struct host_memcg *memcg = memcg_of_index(host, index);
	struct page_list *list = &memcg->lru[nr];
	struct links l = links_of(host, index);

	if (*l.prev)
		*links_of(host, *l.prev).next = *l.next;
	else
		list->head = *l.next;
	if (*l.next)
		*links_of(host, *l.next).prev = *l.prev;
	else
		list->tail = *l.prev;
	add_size(memcg, nr, huge ? -HOST_PMD_PAGES : -(uint64_t)1);
}

void lru_rotate(struct host *host, uint32_t index, bool huge)
{
	bool active = *lru_state(host, index) & PAGE_ACTIVE;

	lru_del(host, index, huge);
	lru_add(host, index, huge, active);
}

static void list_insert_tail(struct host *host, struct page_list *list, uint32_t index)
{
	struct links l = links_of(host, index);

	*l.next = 0;
	*l.prev = list->tail;
	if (list->tail)
		*links_of(host, list->tail).next = index;
	else
		list->head = index;
	list->tail = index;
}

void lru_add_tail(struct host *host, uint32_t index)
{
	*lru_state(host, index) &= ~PAGE_ACTIVE;
	lru_add_part(host, index);
}

void lru_add_part(struct host *host, uint32_t index)
{
	struct host_memcg *memcg = memcg_of_index(host, index);
	unsigned int nr = list_nr(host, index, *lru_state(host, index));

	list_insert_tail(host, &memcg->lru[nr], index);
	add_size(memcg, nr, 1);
}

void lru_rename(struct host *host, uint32_t from, uint32_t to)
{
	unsigned int nr = list_nr(host, from, *lru_state(host, from));
	struct page_list *list = &memcg_of_index(host, from)->lru[nr];
	struct links l = links_of(host, from);

	*(*l.prev ? links_of(host, *l.prev).next : &list->head) = to;
	*(*l.next ? links_of(host, *l.next).prev : &list->tail) = to;
}
