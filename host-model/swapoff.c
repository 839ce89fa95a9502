// SPDX-License-Identifier: GPL-2.0-only
/*
 * swapoff: everything in swap is read back, then the device is off.
 *
 * Models the system call swapoff(), try_to_unuse() and unuse_pte_range() of mm/swapfile.c (Linux
 * 6.1).  No slot is given from the beginning on; process by process, page by page what is in swap
 * is read, neighbours ahead with it, and mapped as not accessed, so that it is the first to go; but
 * it has nowhere to go.  When memory does not do, the OOM killer takes swapoff before anybody else
 * (oom_task_origin()), and the device is used again with what is left in it.  That there is enough
 * memory is looked at before, in vain: with overcommit_memory=0, __vm_enough_memory() refuses only
 * more than all memory and swap together.
 *
 * Left out: swapon afterwards; memory that swapoff itself takes.
 */
#include "swapoff.h"

#include "memory.h"

#define RETRY_NS NSEC_PER_MSEC_U64	/* what is left is somebody else's just now */

static enum swapoff_end read_back(struct guest_ram *ram, uint64_t nr)
{
	struct host *host = ram->host;

	swap_read(ram, nr);
	if (host->swapoff_killed)
		return SWAPOFF_KILLED;
	return page_kind(ram->page[nr].state) == PAGE_SWAPPED ? SWAPOFF_NO_MEMORY : SWAPOFF_DONE;
}

static enum swapoff_end unuse_page(struct guest_ram *ram, uint64_t nr)
{
	struct host *host = ram->host;
	enum swapoff_end end = SWAPOFF_DONE;

	while (end == SWAPOFF_DONE && page_has_slot(ram->page[nr].state)) {
		if (host->swapoff_killed)
			return SWAPOFF_KILLED;
		switch (page_kind(ram->page[nr].state)) {
		case PAGE_SWAPPED:
			end = read_back(ram, nr);
			break;
		case PAGE_READING:
		case PAGE_WRITEBACK:
			host_wait_page(host, page_index(ram, nr));
			break;
		case PAGE_CACHED:
		case PAGE_WRITTEN:
			ram_unuse_page(ram, nr);
			break;
		default:
			swap_free_slot(host, &ram->page[nr].state);
			break;
		}
	}
	return end;
}

/* unuse_mm() */
static enum swapoff_end unuse_ram(struct guest_ram *ram)
{
	enum swapoff_end end = SWAPOFF_DONE;
	uint64_t block, nr, last;

	for (block = 0; block < ram->nr_blocks && end == SWAPOFF_DONE; block++) {
		nr = block << HOST_PMD_ORDER;
		last = nr + HOST_PMD_PAGES < ram->nr_pages ? nr + HOST_PMD_PAGES : ram->nr_pages;
		for (; ram->pmd[block].nr_used && nr < last && end == SWAPOFF_DONE; nr++)
			end = unuse_page(ram, nr);
		cpu_sync();
	}
	return end;
}

static enum swapoff_end try_to_unuse(struct host *host)
{
	enum swapoff_end end = SWAPOFF_DONE;
	uint64_t before;
	unsigned int i;

	while (end == SWAPOFF_DONE && swap_used_slots(host->swap)) {
		before = swap_used_slots(host->swap);
		for (i = 0; i < host->nr_vms && end == SWAPOFF_DONE; i++) {
			if (host->vms[i]->own)
				end = unuse_ram(host->vms[i]->own);
			if (end == SWAPOFF_DONE)
				end = unuse_ram(host->vms[i]->ram);
		}
		if (end == SWAPOFF_DONE && swap_used_slots(host->swap) == before)
			cpu_sleep(RETRY_NS);
	}
	swap_zram_balance(host);
	return end;
}

enum swapoff_end host_swapoff(struct host *host)
{
	enum swapoff_end end;

	if (!host->swap || host->swap->off)
		return SWAPOFF_NO_SWAP;
	host->swap->off = true;
	host->swapoff = coro_current->ctx.thread;
	host->swapoff_killed = false;
	end = try_to_unuse(host);
	host->swapoff = NULL;
	if (end != SWAPOFF_DONE)
		host->swap->off = false;	/* reinsert_swap_info() */
	return end;
}
