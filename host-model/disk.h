/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Disks of the host, and of guests: a request queue, what it serves when, and how long that takes.
 *
 * A disk serves queue_depth requests at a time, in batches of reads or of writes, by block (as
 * block/mq-deadline.c; NVMe in order); those that follow each other are merged while they wait.  A
 * request takes positioning time, when it does not follow the one before it, a fixed service time,
 * and transfer time per page, which is the disk's: the data of one request after the other.
 *
 * What lies on a disk (swap space, files, the image of a guest) is an extent of it: pages in a row.
 *
 * How to use it:
 *  1. disk_create(), or disk_create_private() for a disk with nothing but one extent.
 *  2. disk_add_extent() for each of those who share it, in the order in which they lie on it.
 *  3. disk_submit() a request; complete() is called in an event when it is done.
 *  4. Whoever goes away before that leaves it to the disk (disk_abandon()).
 *
 * Units: pages of 4 KiB, ns.
 */
#ifndef BALLAST_DISK_H
#define BALLAST_DISK_H

#include "engine.h"
#include "random.h"

enum disk_kind { DISK_HDD, DISK_SSD, DISK_NVME };

/* Who has submitted a write, or is about to; the flusher's wait with those of others. */
enum disk_writer { DISK_WRITER_OTHER, DISK_WRITER_KSWAPD, DISK_WRITER_FLUSHER };

struct disk_config {
	enum disk_kind kind;
	const char *name;
	unsigned int queue_depth;
	/* Before submitters wait, those being served included; 0: as a SATA disk has them. */
	unsigned int nr_requests;
	unsigned int request_pages;		/* of the largest one; 0: none are merged */
	uint64_t seek_ns, seek_max_ns;		/* mean and limit of positioning; exponential */
	uint64_t read_ns, write_ns;		/* per request */
	uint64_t transfer_ns_page;
};

/* Requests that a SATA disk has with mq-deadline: twice its 32 tags (blk_mq_init_sched()). */
#define DISK_REQUESTS_SATA 64

struct disk_stats {
	uint64_t reads, writes;			/* requests */
	uint64_t pages_read, pages_written;
	uint64_t busy_ns;			/* sum over queue entries */
	uint64_t peak_queue;			/* requests with tags: waiting or being served */
};

struct disk;

/* A part of a disk.  The disk owns it. */
struct disk_extent {
	struct disk *disk;
	const char *name;			/* whose it is */
	uint64_t first, nr_pages;
	unsigned int nr_queued, nr_active;	/* requests waiting or being served; being served */
	unsigned int nr_held;			/* of those that wait, without a tag */
	struct disk_stats stats;
	struct disk_extent *next;
};

/* One transfer of consecutive pages; owned by whoever submits it, until complete() is called. */
struct disk_request {
	struct event done;
	struct disk_extent *extent;
	uint64_t page;			/* of the extent */
	uint32_t nr;
	uint32_t nr_holes;		/* pages of these that are passed over, not read */
	uint32_t total;			/* pages of it and of those that are merged into it */
	struct disk_request *merged;
	bool write;
	void (*complete)(struct disk_request *rq);	/* in an event */
	bool kswapd;			/* writes: who has submitted it */
	bool direct;			/* O_DIRECT: not throttled (wbt_should_throttle()) */
	bool abandoned;
	bool plugged;			/* disk_plug() */
	uint64_t at;			/* of the disk */
	uint64_t queued, issued;	/* ns */
	uint64_t sequence;
	struct disk_request *next;
};

struct disk_queue {
	struct disk_request *head, **tail;
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
	const struct disk_request *read;	/* one that has been issued and is not done */
	uint64_t read_issued, last_read;	/* ns */
	bool has_read;
};

struct disk {
	struct disk_config config;
	uint64_t nr_pages;
	bool is_private;		/* of one extent, and goes with it */
	struct disk_extent *extents;
	uint64_t nr_used;		/* pages of all of them */
	struct engine *engine;
	struct disk_queue reads, writes, active;
	struct disk_queue held;		/* that wait for a tag, in the order of coming */
	unsigned int nr_queued;		/* requests in all of these */
	unsigned int nr_held;
	unsigned int nr_plugged;	/* that have tags, and are not submitted yet */
	unsigned int nr_held_writeback;	/* of those: while there are any, nobody writes back more */
	unsigned int nr_active;		/* requests being served */
	unsigned int nr_waiting;	/* threads that wait for a tag */
	unsigned int nr_starved;	/* batches of reads while writes waited */
	unsigned int batching;		/* requests of this batch */
	bool last_write;		/* its direction */
	uint64_t next_block[2];		/* where the last read, and write, ended */
	struct wbt wbt;
	bool has_dirty_slept;		/* somebody, in balance_dirty_pages() */
	uint64_t dirty_slept;		/* ns, when it began last */
	uint64_t head;			/* where the last request ended */
	uint64_t sequence;		/* of the next request */
	uint64_t link_free;		/* ns; until then data of other requests is on its way */
	struct random_stream random;
	struct disk_stats stats;
	void (*freed)(struct disk *disk);	/* a tag; NULL: nobody waits for one */
	void *opaque;
	struct disk *next;		/* of the host's */
};

/*
 * @owner: whose disk it is ("host", a guest; "" for one that is shared); names its random stream,
 * with config->name.  NULL: it is impossible (no page, no queue).
 */
struct disk *disk_create(const struct disk_config *config, uint64_t nr_pages,
			 struct engine *engine, uint64_t seed, const char *owner);
void disk_destroy(struct disk *disk);
/* The next @nr_pages pages of it; NULL: there is no room.  @name must outlive it. */
struct disk_extent *disk_add_extent(struct disk *disk, const char *name, uint64_t nr_pages);
/* A disk that is all of one extent. */
struct disk_extent *disk_create_private(const struct disk_config *config, uint64_t nr_pages,
					struct engine *engine, uint64_t seed, const char *owner);
/* Its user goes away, and a private disk with it; NULL is ignored. */
void disk_put_extent(struct disk_extent *extent);

/*
 * @rq: extent, page, nr, nr_holes, write, complete, kswapd and direct are set, the rest is 0.  A
 * request beyond nr_requests is held back until a tag is free.
 */
void disk_submit(struct disk_request *rq);
/*
 * It is going to be submitted, by somebody who holds it back for more (a block plug): from now on
 * it has a tag, and counts as being written (blk_mq_get_new_requests()).  disk_unplug(): it is not.
 */
void disk_plug(struct disk_request *rq);
void disk_unplug(struct disk_request *rq);
/* Whoever has submitted it goes away; when the disk has done it, or ends, it is @release()'s. */
void disk_abandon(struct disk_request *rq, void (*release)(struct disk_request *rq));
/* Whoever submits another write waits until one is done (blk_mq_get_tag(), rq_qos_wait()). */
bool disk_must_wait(struct disk *disk, enum disk_writer who);
/* A write to @page becomes a part of a request that waits. */
bool disk_would_merge(const struct disk_extent *extent, uint64_t page);

/* writeback_throttle.c */
void wbt_init(struct disk *disk);
/* A request goes to the device; it is done, in @ns. */
void wbt_issue(struct disk *disk, const struct disk_request *rq);
void wbt_done(struct disk *disk, const struct disk_request *rq, uint64_t ns);
bool wbt_must_wait(struct disk *disk, enum disk_writer who);

#endif
