/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Swap devices.
 *
 * A device serves queue_depth requests at a time, in batches of reads or of writes, by slot (as
 * block/mq-deadline.c; NVMe in order); those that follow each other are merged while they wait.  A
 * request takes positioning time, when it does not follow the one before it, a fixed service time,
 * and transfer time per page, which is the device's: the data of one request after the other.  zram
 * has no queue: its CPU time is charged to whoever swaps.
 *
 * Slots are handed out as mm/swapfile.c does: from a free cluster of 512 slots in order, the next
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
	bool kswapd;			/* writes: who has submitted it */
	uint64_t queued, issued;	/* ns */
	uint64_t sequence;
	struct swap_request *next;
};

struct swap_queue {
	struct swap_request *head, **tail;
};

/* State of writeback_throttle.c; counts of the window that has not ended. */
struct wbt {
	struct event timer;
	uint64_t window;		/* ns */
	int step;			/* of scaling; below 0: more than at first */
	bool maximal;
	unsigned int max_depth, unknown;
	unsigned int inflight[2];	/* writes, of others and of kswapd */
	unsigned int nr_reads, nr_writes;
	uint64_t least_read;		/* ns that one took */
	const struct swap_request *read;	/* one that has been issued and is not done */
	uint64_t read_issued, last_read;	/* ns */
	bool has_read;
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
	struct engine *engine;
	struct swap_queue reads, writes;
	unsigned int nr_queued;		/* requests waiting or being served */
	unsigned int nr_active;		/* requests being served */
	unsigned int nr_starved;	/* batches of reads while writes waited */
	unsigned int batching;		/* requests of this batch */
	bool last_write;		/* its direction */
	uint32_t next_slot[2];		/* where the last read, and write, ended */
	struct wbt wbt;
	uint32_t head_slot;		/* where the last request ended */
	uint64_t sequence;		/* of the next request */
	uint64_t link_free;		/* ns; until then data of other requests is on its way */
	struct swap_ra ra;		/* of a device that rotates */
	struct random_stream random;
	struct swap_stats stats;
	uint64_t nr_stored;		/* zram: slots whose page is not all zero */
	uint64_t zram_frames;		/* host frames that hold compressed pages */
};

/* SWAPFILE_CLUSTER of mm/swapfile.c with CONFIG_THP_SWAP */
#define SWAP_CLUSTER_SLOTS 512

/* Returns NULL when @config is impossible (smaller than a page, more than 2^25 - 2 pages). */
/* @owner: whose disk it is ("host", a guest); names its random stream, with config->name. */
struct swap_device *swap_create(const struct swap_config *config, struct engine *engine,
				uint64_t seed, const char *owner);
void swap_destroy(struct swap_device *swap);

/* swap_queue.c */
/* Requests that a SATA disk has with mq-deadline: twice its 32 tags (blk_mq_init_sched()). */
#define SWAP_REQUESTS_SATA 64
void swap_queue_init(struct swap_device *swap);
void swap_submit(struct swap_device *swap, struct swap_request *rq);
/* Whoever submits another write waits until one is done (blk_mq_get_tag(), rq_qos_wait()). */
bool swap_must_wait(struct swap_device *swap, bool kswapd);
/* A page that is given the next slot becomes a part of a request that waits. */
bool swap_would_merge(const struct swap_device *swap);

/* writeback_throttle.c */
void wbt_init(struct swap_device *swap);
/* A request goes to the device; it is done, in @ns. */
void wbt_issue(struct swap_device *swap, const struct swap_request *rq);
void wbt_done(struct swap_device *swap, const struct swap_request *rq, uint64_t ns);
bool wbt_must_wait(struct swap_device *swap, bool kswapd);

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
