// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lists of pages by index: the active and the inactive list of the host's anonymous memory.
 *
 * A 2 MiB leaf is one entry of 512 pages, at the index of its first page; its links are in its
 * struct host_pmd.  Index 0 ends a list.
 */
#include "memory.h"

struct links {
	uint32_t *next, *prev;
};

bool lru_is_huge(const struct host *host, uint32_t index)
{
	struct guest_ram *ram = ram_of_index(host, index);
	uint64_t nr = gfn_of_index(host, index);

	return page_kind(ram->pmd[nr >> HOST_PMD_ORDER].state) == PAGE_PRESENT;
}

uint32_t *lru_state(const struct host *host, uint32_t index)
{
	struct guest_ram *ram = ram_of_index(host, index);
	uint64_t nr = gfn_of_index(host, index);

	if (page_kind(ram->pmd[nr >> HOST_PMD_ORDER].state) == PAGE_PRESENT)
		return &ram->pmd[nr >> HOST_PMD_ORDER].state;
	return &ram->page[nr].state;
}

static struct links links_of(const struct host *host, uint32_t index)
{
	struct guest_ram *ram = ram_of_index(host, index);
	uint64_t nr = gfn_of_index(host, index);
	struct host_pmd *pmd = &ram->pmd[nr >> HOST_PMD_ORDER];

	if (page_kind(pmd->state) == PAGE_PRESENT)
		return (struct links){ &pmd->next, &pmd->prev };
	return (struct links){ &ram->page[nr].next, &ram->page[nr].prev };
}

static struct page_list *list_of(struct host *host, uint32_t state)
{
	return state & PAGE_ACTIVE ? &host->active : &host->inactive;
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
	uint32_t *state = lru_state(host, index);
	struct page_list *list;

	*state = active ? *state | PAGE_ACTIVE : *state & ~PAGE_ACTIVE;
	list = list_of(host, *state);
	list_insert_head(host, list, index);
	list->nr_pages += huge ? HOST_PMD_PAGES : 1;
}

void lru_del(struct host *host, uint32_t index, bool huge)
{
	struct page_list *list = list_of(host, *lru_state(host, index));
	struct links l = links_of(host, index);

	if (*l.prev)
		*links_of(host, *l.prev).next = *l.next;
	else
		list->head = *l.next;
	if (*l.next)
		*links_of(host, *l.next).prev = *l.prev;
	else
		list->tail = *l.prev;
	list->nr_pages -= huge ? HOST_PMD_PAGES : 1;
}

void lru_rotate(struct host *host, uint32_t index, bool huge)
{
	bool active = *lru_state(host, index) & PAGE_ACTIVE;

	lru_del(host, index, huge);
	lru_add(host, index, huge, active);
}

/*
 * The leaf at @index has been taken off its list with lru_del() and split: its pages go where
 * they are looked at next, the tail, in address order (as lru_add_page_tail() keeps them
 * together).
 */
void lru_replace_huge(struct host *host, uint32_t index)
{
	struct page_list *list = list_of(host, *lru_state(host, index));
	uint32_t i;

	for (i = 0; i < HOST_PMD_PAGES; i++) {
		struct links l = links_of(host, index + i);

		*l.next = 0;
		*l.prev = list->tail;
		if (list->tail)
			*links_of(host, list->tail).next = index + i;
		else
			list->head = index + i;
		list->tail = index + i;
	}
	list->nr_pages += HOST_PMD_PAGES;
}
