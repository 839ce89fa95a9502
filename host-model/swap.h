/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Swap space: an extent of a disk, or zram.
 *
 * zram has no disk: its CPU time is charged to whoever swaps.
 *
 * Slots are handed out as mm/swapfile.c does: from a free cluster of 512 slots in order, the next
 * free slots when none is left.  A huge page takes a whole free cluster where there is one, the
 * disk does not rotate, and it is no file (CONFIG_THP_SWAP): it is written in one piece.  It is
 * read page by page, and slots are free one by one.
 *
 * Left out: more than one device, discard of free slots, zswap.
 */
#ifndef BALLAST_HOST_SWAP_H
#define BALLAST_HOST_SWAP_H

#include "disk.h"
#include "swap_readahead.h"
#include "types.h"

struct swap_config {
	const char *name;
	uint64_t size_bytes;
	struct disk_config disk;		/* all of it is swap space, unless there is */
	struct disk_extent *extent;		/* that it lies on; NULL: a disk of its own */
	bool zram;				/* neither */
	unsigned int readahead_pages;	/* 1 << page-cluster, aligned; 1: none */
	unsigned int compressed_percent;	/* zram: memory a page takes */
};

struct swap_stats {
	uint64_t pages_in, pages_out;
	uint64_t peak_slots;
};

struct swap_device {
	struct swap_config config;
	uint32_t nr_slots, nr_free;
	bool off;			/* swapoff: no slot is given any more (SWP_WRITEOK) */
	uint32_t *owner;		/* page index, 0: free slot */
	uint32_t *token;		/* contents of the slot */
	uint32_t cluster_next, cluster_left;	/* where the next slot is looked for */
	uint32_t *cluster_free;		/* free slots of each cluster */
	uint32_t nr_empty;		/* clusters of which all are free */
	struct disk_extent *extent;	/* NULL: zram */
	bool rotates;
	struct swap_ra ra;		/* of a disk that rotates */
	struct swap_stats stats;
	uint64_t nr_stored;		/* zram: slots whose page is not all zero */
	uint64_t zram_frames;		/* host frames that hold compressed pages */
};

/* SWAPFILE_CLUSTER of mm/swapfile.c with CONFIG_THP_SWAP */
#define SWAP_CLUSTER_SLOTS 512

/*
 * Returns NULL when @config is impossible (smaller than a page, more than 2^25 - 2 pages, no
 * queue).  @owner: of a disk of its own; see disk_create().
 */
struct swap_device *swap_create(const struct swap_config *config, struct engine *engine,
				uint64_t seed, const char *owner);
void swap_destroy(struct swap_device *swap);

/* Whoever submits another write waits until one is done. */
bool swap_must_wait(const struct swap_device *swap, enum disk_writer who);

/* That may be given still; NULL: there is no device. */
static inline uint32_t swap_free_slots(const struct swap_device *swap)
{
	return swap && !swap->off ? swap->nr_free : 0;
}

static inline uint64_t swap_used_slots(const struct swap_device *swap)
{
	return swap->nr_slots - swap->nr_free;
}

#endif
