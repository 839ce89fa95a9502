// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lists of pages by index; see lru.h.
 *
 * Links are in a page's struct host_page, of a 2 MiB leaf in its struct host_pmd.  Index 0 ends a
 * list.
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

void lru_add_size(struct host_memcg *memcg, unsigned int list, uint64_t nr)
{
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

static void list_remove(struct host *host, struct page_list *list, uint32_t index)
{
	struct links l = links_of(host, index);

	if (*l.prev)
		*links_of(host, *l.prev).next = *l.next;
	else
		list->head = *l.next;
	if (*l.next)
		*links_of(host, *l.next).prev = *l.prev;
	else
		list->tail = *l.prev;
}

/* The entry comes to its list, or leaves it. */
static void resize(struct host *host, struct page_list *list, uint32_t index, uint64_t nr)
{
	list->nr_pages += nr;
	host->lru->resize(host, index, nr);
}

void lru_add(struct host *host, uint32_t index, bool huge, enum lru_place place)
{
	struct page_list *list;

	host->lru->place(host, index, place);
	list = host->lru->list(host, index);
	if (place == LRU_PLACE_TAIL)
		list_insert_tail(host, list, index);
	else
		list_insert_head(host, list, index);
	resize(host, list, index, huge ? HOST_PMD_PAGES : 1);
}

void lru_del(struct host *host, uint32_t index, bool huge)
{
	struct page_list *list = host->lru->list(host, index);

	list_remove(host, list, index);
	resize(host, list, index, huge ? -HOST_PMD_PAGES : -(uint64_t)1);
}

void lru_move(struct host *host, uint32_t index, bool huge, enum lru_place place)
{
	lru_del(host, index, huge);
	lru_add(host, index, huge, place);
}

void lru_rotate(struct host *host, uint32_t index, bool huge)
{
	struct page_list *list = host->lru->list(host, index);

	list_remove(host, list, index);
	list_insert_head(host, list, index);
}

void lru_list_move(struct host *host, struct page_list *from, struct page_list *to,
		   uint32_t index, bool tail)
{
	uint64_t nr = lru_is_huge(host, index) ? HOST_PMD_PAGES : 1;

	list_remove(host, from, index);
	from->nr_pages -= nr;
	if (tail)
		list_insert_tail(host, to, index);
	else
		list_insert_head(host, to, index);
	to->nr_pages += nr;
}

void lru_add_part(struct host *host, uint32_t index)
{
	struct page_list *list;

	host->lru->split(host, index);
	list = host->lru->list(host, index);
	list_insert_tail(host, list, index);
	resize(host, list, index, 1);
}

void lru_rename(struct host *host, uint32_t from, uint32_t to)
{
	struct page_list *list = host->lru->list(host, from);
	struct links l = links_of(host, from);

	*(*l.prev ? links_of(host, *l.prev).next : &list->head) = to;
	*(*l.next ? links_of(host, *l.next).prev : &list->tail) = to;
}
