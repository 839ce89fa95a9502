/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A page that reclaim has written to swap, for tests that begin there.
 */
#ifndef TEST_HOST_SWAP_H
#define TEST_HOST_SWAP_H

#include <check.h>

#include "memory.h"
#include "swap.h"

/* As reclaim leaves it when the page, which is on a list of its own, has been written. */
static inline void swap_out_page(struct guest_ram *ram, uint64_t nr)
{
	struct host *host = ram->host;
	swap_slot_t slot;

	ck_assert(swap_get_slot(host, page_index(ram, nr), &slot));
	host->swap->token[slot.nr] = ram->token[nr];
	ram->token[nr] = 0;
	lru_del(host, page_index(ram, nr), false);
	workingset_evicted(&host->root, page_index(ram, nr));
	ram->page[nr].state = page_state(PAGE_SWAPPED, slot);
	ram->resident--;
	ram->swapped++;
	host_put_frames(&host->root, 1);
}

#endif
