/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * page_hinting: what its files share.
 *
 * A design decides which free blocks the host hears of, when, and in whose time;
 * page_hinting_main.c has the device and the requests.
 */
#ifndef PAGE_HINTING_H
#define PAGE_HINTING_H

#include <linux/free_page_hook.h>
#include <linux/list.h>
#include <linux/percpu.h>
#include <linux/scatterlist.h>
#include <linux/spinlock.h>
#include <linux/virtio.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

struct page_hinting;

/* Blocks that are isolated from the page allocator while the host looks at them. */
struct page_hint_request {
	struct list_head list;		/* all requests of the device */
	struct page_hinting *ph;
	struct scatterlist *sg;
	unsigned int nr, capacity;	/* blocks in it: 0 again when they were given back */
	bool wait;			/* who sent it waits, and gives the blocks back */
	bool in_flight;			/* the device has it; ph->lock */
};

/* What happens to what was freed.  Kept for each CPU: nothing is shared in the free path. */
struct page_hint_counts {
	unsigned long captured;		/* frees that were remembered */
	unsigned long lost;		/* frees that were not, since there was no room */
	unsigned long stale;		/* remembered, and in no free block of the order */
	unsigned long short_of_memory;	/* blocks that the allocator did not let go */
	unsigned long requests;
	unsigned long blocks;		/* in them */
	unsigned long pages;		/* in those */
	unsigned long errors;		/* requests that the device did not take */
};

struct page_hint_design {
	const char *name;
	unsigned int batch, threshold;	/* defaults */
	struct free_page_hook hook;
	int (*start)(struct page_hinting *ph);
	/* The hook is gone, and the device as well: nobody waits. */
	void (*stop)(struct page_hinting *ph);
};

struct page_hinting {
	struct virtio_device *vdev;
	struct virtqueue *vq;
	const struct page_hint_design *design;
	unsigned int order;		/* of the smallest block that is hinted */
	unsigned int batch;		/* entries of an array, or blocks in a request */
	unsigned int threshold;		/* entries from which on the host is told */
	spinlock_t lock;		/* guards the queue and "dead" */
	bool dead;			/* the device takes no requests */
	bool started;
	wait_queue_head_t answered;
	struct work_struct health_work;
	struct list_head requests;
	struct page_hint_counts __percpu *counts;
	void *state;			/* the design's, or: */
	void __percpu *percpu;
};

extern const struct page_hint_design page_hint_v8, page_hint_v9, page_hint_v12;

/* The one device whose guest is hooked; the hooks have no other way to know. */
extern struct page_hinting *page_hinting;

/* A request with room for @capacity blocks, which the device owns; NULL: no memory. */
struct page_hint_request *page_hint_request_new(struct page_hinting *ph, unsigned int capacity);

/*
 * Isolate the free block that @page is part of and add it to the request; the request must have
 * room, and zone->lock is held.  Returns the block's order, or a negative number: there is none
 * that is large enough, or the zone is short of memory.
 */
int page_hint_take(struct page_hint_request *req, struct page *page);

/* Send it; the blocks are free again when the device has answered.  From any context. */
void page_hint_send(struct page_hint_request *req);
/* Send it and wait until they are. */
void page_hint_send_wait(struct page_hint_request *req);

#endif
