/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Swap devices.
 *
 * A device serves queue_depth requests at a time, reads before writes unless writes have been
 * passed over too often (as block/mq-deadline.c, writes_starved); those that follow each other are
 * merged while they wait.  A request takes positioning
 * time, when it does not follow the one before it, a fixed service time, and transfer time per
 * page, which is the device's: the data of one request after the other.  zram has no queue: its
 * CPU time is charged to whoever swaps.
 *
 * Slots are handed out as mm/swapfile.c does: from a free cluster of 256 slots in order, the next
 * free slots when none is left.  Left out: more than one device, discard of free slots, zswap.
 */
#ifndef BALLAST_HOST_SWAP_H
#define BALLAST_HOST_SWAP_H

#include "engine.h"
#include "random.h"
#include "swap_readahead.h"
#include "types.h"

enum swap_kind { SWAP_HDD, SWAP_SSD, SWAP_NVME, SWAP_ZRAM };

struct swap_config {
	enum swap_kind kind;
	const char *name;
	uint64_t size_bytes;
	unsigned int queue_depth;		/* 0 for zram */
	/* Before submitters wait, those being served included; 0: as a SATA disk has them. */
	unsigned int nr_requests;
	unsigned int request_pages;		/* of the largest one; 0: none are merged */
	uint64_t seek_ns, seek_max_ns;		/* mean and limit of positioning; exponential */
	uint64_t read_ns, write_ns;		/* per request */
	uint64_t transfer_ns_page;		/* per 4 KiB */
	unsigned int readahead_pages;		/* 1 << page-cluster, aligned; 1: none */
	unsigned int compressed_percent;	/* zram: memory a page takes */
};

struct swap_stats {
	uint64_t reads, writes;			/* requests */
	uint64_t pages_in, pages_out;
	uint64_t busy_ns;			/* sum over queue entries */
	uint64_t peak_slots;
	uint64_t peak_queue;			/* requests waiting or being served */
};

struct swap_device;

/* One transfer of consecutive slots; owned by whoever submits it, until complete() is called. */
struct swap_request {
	struct event done;
	struct swap_device *swap;
	uint32_t slot, nr;
	uint32_t nr_holes;		/* slots of these that are passed over, not read */
	uint32_t total;			/* slots of it and of those that are merged into it */
	struct swap_request *merged;
	bool write;
	void (*complete)(struct swap_request *rq);	/* in an event */
	struct swap_request *next;
};

struct swap_queue {
	struct swap_request *head, **tail;
};

struct swap_device {
	struct swap_config config;
	uint32_t nr_slots, nr_free;
	bool off;			/* swapoff: no slot is given any more (SWP_WRITEOK) */
	uint32_t *owner;		/* page index, 0: free slot */
	uint32_t *token;		/* contents of the slot */
	uint32_t cluster_next, cluster_left;	/* where the next slot is looked for */
	uint32_t *cluster_free;		/* free slots of each cluster */
	struct engine *engine;
	struct swap_queue reads, writes;
	unsigned int nr_queued;		/* requests waiting or being served */
	unsigned int nr_active;		/* requests being served */
	unsigned int nr_writes;		/* of nr_queued */
	unsigned int nr_starved;	/* reads served while writes waited */
	uint32_t head_slot;		/* where the last request ended */
	uint64_t link_free;		/* ns; until then data of other requests is on its way */
	struct swap_ra ra;		/* of a device that rotates */
	struct random_stream random;
	struct swap_stats stats;
	uint64_t zram_frames;		/* host frames that hold compressed pages */
	uint64_t zram_bytes;
};

#define SWAP_CLUSTER_SLOTS 256

/* Returns NULL when @config is impossible (smaller than a page, more than 2^25 - 2 pages). */
/* @owner: whose disk it is ("host", a guest); names its random stream, with config->name. */
struct swap_device *swap_create(const struct swap_config *config, struct engine *engine,
				uint64_t seed, const char *owner);
void swap_destroy(struct swap_device *swap);

/* swap_queue.c */
/*
 * Requests that a SATA disk has with mq-deadline: twice its 32 tags (blk_mq_init_sched()).  Of
 * these, writes take three quarters (dd_depth_updated()).
 */
#define SWAP_REQUESTS_SATA 64
void swap_queue_init(struct swap_device *swap);
void swap_submit(struct swap_device *swap, struct swap_request *rq);
/* Whoever submits another write waits until one is done (blk_mq_get_tag()). */
bool swap_queue_is_full(const struct swap_device *swap);

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
