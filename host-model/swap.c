// SPDX-License-Identifier: GPL-2.0-only
/*
 * Swap space: its slots, and who has them; see swap.h.  The transfer of pages is swap_io.c's.
 */
#include "swap.h"

#include "hostmem.h"
#include "memory.h"

struct swap_device *swap_create(const struct swap_config *config, struct engine *engine,
				uint64_t seed, const char *owner)
{
	uint64_t nr_slots = config->size_bytes >> HOST_PAGE_SHIFT;
	uint32_t nr_clusters = nr_slots / SWAP_CLUSTER_SLOTS + 1, i;
	struct disk_extent *extent = config->extent;
	struct swap_device *swap;

	if (!nr_slots || nr_slots > PAGE_SLOT_MAX)
		return NULL;
	if (!config->zram && !extent)
		extent = disk_create_private(&config->disk, nr_slots, engine, seed, owner);
	if (!config->zram && !extent)
		return NULL;
	swap = host_alloc(sizeof(*swap));
	swap->config = *config;
	swap->nr_slots = swap->nr_free = nr_slots;
	swap->owner = host_reserve(nr_slots * sizeof(*swap->owner));
	swap->token = host_reserve(nr_slots * sizeof(*swap->token));
	swap->cluster_free = host_alloc(nr_clusters * sizeof(*swap->cluster_free));
	for (i = 0; i < nr_slots / SWAP_CLUSTER_SLOTS; i++)
		swap->cluster_free[i] = SWAP_CLUSTER_SLOTS;
	swap->cluster_free[i] = nr_slots % SWAP_CLUSTER_SLOTS;
	swap->nr_empty = nr_slots / SWAP_CLUSTER_SLOTS;
	swap->extent = extent;
	swap->rotates = extent && extent->disk->config.kind == DISK_HDD;
	swap->ra.hits = 4;	/* swapin_readahead_hits */
	return swap;
}

void swap_destroy(struct swap_device *swap)
{
	if (!swap)
		return;
	disk_put_extent(swap->extent);
	host_release(swap->owner, swap->nr_slots * sizeof(*swap->owner));
	host_release(swap->token, swap->nr_slots * sizeof(*swap->token));
	host_free(swap->cluster_free);
	host_free(swap);
}

bool swap_must_wait(const struct swap_device *swap, enum disk_writer who)
{
	return swap->extent && disk_must_wait(swap->extent->disk, who);
}

/* The first that is empty, from where slots are given on; there is one. */
static uint32_t empty_cluster(const struct swap_device *swap)
{
	uint32_t full = swap->nr_slots / SWAP_CLUSTER_SLOTS;
	uint32_t cluster = swap->cluster_next / SWAP_CLUSTER_SLOTS % full;

	while (swap->cluster_free[cluster] != SWAP_CLUSTER_SLOTS)
		cluster = (cluster + 1) % full;
	return cluster;
}

/* Start a new cluster: an empty one if there is any, else wherever the next free slot is. */
static void find_cluster(struct swap_device *swap)
{
	if (swap->nr_empty) {
		swap->cluster_next = empty_cluster(swap) * SWAP_CLUSTER_SLOTS;
		swap->cluster_left = SWAP_CLUSTER_SLOTS;
		return;
	}
	swap->cluster_left = 1;
	while (swap->owner[swap->cluster_next]) {
		uint32_t cluster = swap->cluster_next / SWAP_CLUSTER_SLOTS;

		swap->cluster_next = swap->cluster_free[cluster] ? swap->cluster_next + 1 :
				     (cluster + 1) * SWAP_CLUSTER_SLOTS;
		if (swap->cluster_next >= swap->nr_slots)
			swap->cluster_next = 0;
	}
}

/* From @slot on, in one cluster, for the pages from @index on. */
static void take_slots(struct swap_device *swap, uint32_t slot, uint32_t index, uint32_t nr)
{
	uint32_t *left = &swap->cluster_free[slot / SWAP_CLUSTER_SLOTS], i;

	for (i = 0; i < nr; i++)
		swap->owner[slot + i] = index + i;
	if (*left == SWAP_CLUSTER_SLOTS)
		swap->nr_empty--;
	*left -= nr;
	swap->nr_free -= nr;
	if (swap_used_slots(swap) > swap->stats.peak_slots)
		swap->stats.peak_slots = swap_used_slots(swap);
}

bool swap_get_slot(struct host *host, uint32_t index, swap_slot_t *slot)
{
	struct swap_device *swap = host->swap;

	if (!swap_free_slots(swap) || !memcg_charge_swap(memcg_of_index(host, index), 1))
		return false;
	while (!swap->cluster_left || swap->owner[swap->cluster_next]) {
		if (swap->cluster_left) {
			swap->cluster_left--;
			swap->cluster_next = (swap->cluster_next + 1) % swap->nr_slots;
		} else {
			find_cluster(swap);
		}
	}
	slot->nr = swap->cluster_next;
	take_slots(swap, slot->nr, index, 1);
	swap->cluster_left--;
	swap->cluster_next = (swap->cluster_next + 1) % swap->nr_slots;
	return true;
}

/*
 * Devices that rotate have no list of free clusters (SWP_SOLIDSTATE), and those of a file are not
 * asked (SWP_BLKDEV).
 */
bool swap_has_cluster(const struct host *host)
{
	const struct swap_device *swap = host->swap;

	return swap_free_slots(swap) >= SWAP_CLUSTER_SLOTS && !swap->rotates &&
	       !swap->config.extent && swap->nr_empty;
}

/* get_swap_pages() for SWAPFILE_CLUSTER entries, swap_alloc_cluster() */
bool swap_get_cluster(struct host *host, uint32_t index, swap_slot_t *slot)
{
	struct swap_device *swap = host->swap;
	uint32_t cluster;

	if (!swap_has_cluster(host) ||
	    !memcg_charge_swap(memcg_of_index(host, index), SWAP_CLUSTER_SLOTS))
		return false;
	cluster = empty_cluster(swap);
	slot->nr = cluster * SWAP_CLUSTER_SLOTS;
	take_slots(swap, slot->nr, index, SWAP_CLUSTER_SLOTS);
	/* Slots for single pages come from another one. */
	if (swap->cluster_next / SWAP_CLUSTER_SLOTS == cluster)
		swap->cluster_left = 0;
	return true;
}

void swap_free_slot(struct host *host, uint32_t *state)
{
	struct swap_device *swap = host->swap;
	swap_slot_t slot = page_slot(*state);

	if (!page_has_slot(*state))
		return;
	memcg_uncharge_swap(memcg_of_index(host, swap->owner[slot.nr]));
	swap->owner[slot.nr] = 0;
	if (swap->config.zram && swap->token[slot.nr])
		swap->nr_stored--;
	swap->token[slot.nr] = 0;
	if (++swap->cluster_free[slot.nr / SWAP_CLUSTER_SLOTS] == SWAP_CLUSTER_SLOTS)
		swap->nr_empty++;
	swap->nr_free++;
	*state &= (1u << PAGE_SLOT_SHIFT) - 1;
}

void swap_free_if_full(struct guest_ram *ram, uint32_t *state)
{
	if (page_has_slot(*state) && memcg_swap_is_full(ram->memcg))
		swap_free_slot(ram->host, state);
}
