// SPDX-License-Identifier: GPL-2.0-only
/*
 * The request queue of a disk, and what it serves when; see disk.h.
 *
 * Models block/mq-deadline.c and the merging in front of it (blk_mq_sched_try_merge()) of Linux
 * 6.1: a request that begins where one that waits ends becomes a part of it, up to the largest
 * request of the disk.  Requests of all extents are in one queue and under one head.
 *
 * A disk has nr_requests tags (blk_mq_get_tag()): requests of those who do not wait themselves,
 * which are reads and what guests write, are held back in the order of coming.  While
 * threads wait, as many tags are left to them, which stands for the wait queues of
 * sbitmap_queue.  Left out: merging in front of a request and across extents, priorities,
 * the part of the tags that mq-deadline leaves to reads (async_depth).
 */
#include "disk.h"

#include <stdio.h>

#include "hostmem.h"

/* block/mq-deadline.c: writes_starved, fifo_batch, read_expire, write_expire */
#define WRITES_STARVED 2
#define FIFO_BATCH 16
#define READ_EXPIRE_NS (500 * NSEC_PER_MSEC_U64)
#define WRITE_EXPIRE_NS (5 * NSEC_PER_SEC_U64)

static void queue_init(struct disk_queue *queue)
{
	queue->head = NULL;
	queue->tail = &queue->head;
}

static void queue_push(struct disk_queue *queue, struct disk_request *rq)
{
	rq->next = NULL;
	*queue->tail = rq;
	queue->tail = &rq->next;
}

static void queue_remove(struct disk_queue *queue, struct disk_request *rq)
{
	struct disk_request **link = &queue->head;

	while (*link != rq)
		link = &(*link)->next;
	*link = rq->next;
	if (!*link)
		queue->tail = link;
}

/* The first at or behind @block (deadline_next_request()). */
static struct disk_request *next_sorted(const struct disk_queue *queue, uint64_t block)
{
	struct disk_request *rq, *next = NULL;

	for (rq = queue->head; rq; rq = rq->next)
		if (rq->at >= block && (!next || rq->at < next->at))
			next = rq;
	return next;
}

/*
 * From now until the request is done.  Positioning and the fixed part overlap with those of other
 * requests; the data of all goes over one link.
 */
static uint64_t service_ns(struct disk *disk, const struct disk_request *rq)
{
	const struct disk_config *config = &disk->config;
	uint64_t ns = rq->write ? config->write_ns : config->read_ns, now = disk->engine->now;

	if (config->seek_ns && rq->at != disk->head) {
		uint64_t seek = random_exp(&disk->random, config->seek_ns);

		ns += config->seek_max_ns && seek > config->seek_max_ns ? config->seek_max_ns :
									   seek;
	}
	if (disk->link_free < now + ns)
		disk->link_free = now + ns;
	disk->link_free += rq->total * config->transfer_ns_page;
	return disk->link_free - now;
}

static struct disk_queue *queue_of(struct disk *disk, bool write)
{
	return write ? &disk->writes : &disk->reads;
}

/* Another batch: which direction, and where it begins. */
static struct disk_request *begin_batch(struct disk *disk)
{
	bool write = !disk->reads.head;
	struct disk_request *first, *next;

	if (!write && disk->writes.head && disk->nr_starved++ >= WRITES_STARVED)
		write = true;
	if (write)
		disk->nr_starved = 0;
	first = queue_of(disk, write)->head;
	if (!first)
		return NULL;
	next = next_sorted(queue_of(disk, write), disk->next_block[write]);
	disk->last_write = write;
	disk->batching = 0;
	/* Who has waited too long, or there is nothing further up. */
	if (!next || disk->engine->now - first->queued >= (write ? WRITE_EXPIRE_NS :
								   READ_EXPIRE_NS))
		return first;
	return next;
}

/* __dd_dispatch_request(); without a scheduler in the order of coming. */
static struct disk_request *next_request(struct disk *disk)
{
	struct disk_request *read = disk->reads.head, *write = disk->writes.head, *rq;

	if (disk->config.kind == DISK_NVME) {
		rq = !write || (read && read->sequence < write->sequence) ? read : write;
	} else {
		rq = next_sorted(queue_of(disk, disk->last_write),
				 disk->next_block[disk->last_write]);
		if (!rq || disk->batching >= FIFO_BATCH)
			rq = begin_batch(disk);
	}
	if (!rq)
		return NULL;
	disk->batching++;
	disk->next_block[rq->write] = rq->at + rq->total;
	queue_remove(queue_of(disk, rq->write), rq);
	return rq;
}

static void dispatch(struct disk *disk)
{
	struct disk_request *rq;

	while (disk->nr_active < disk->config.queue_depth && (rq = next_request(disk))) {
		uint64_t ns = service_ns(disk, rq);

		disk->head = rq->at + rq->total;
		disk->stats.busy_ns += ns;
		rq->extent->stats.busy_ns += ns;
		disk->nr_active++;
		rq->extent->nr_active++;
		rq->issued = disk->engine->now;
		queue_push(&disk->active, rq);
		wbt_issue(disk, rq);
		event_add(disk->engine, &rq->done, disk->engine->now + ns);
	}
}

/*
 * Whether it has become a part of a request that waits (bio_attempt_back_merge()).  What lies on
 * two extents is not merged.
 */
static bool merge(struct disk *disk, struct disk_request *rq)
{
	struct disk_request *at = rq->write ? disk->writes.head : disk->reads.head;
	struct disk_request **link;

	for (; at; at = at->next) {
		if (at->at + at->total != rq->at || at->extent != rq->extent ||
		    at->total + rq->nr > disk->config.request_pages)
			continue;
		for (link = &at->merged; *link; link = &(*link)->merged)
			;
		*link = rq;
		at->total += rq->nr;
		return true;
	}
	return false;
}

static void count_request(struct disk_stats *stats, const struct disk_request *rq)
{
	if (rq->write)
		stats->writes++;
	else
		stats->reads++;
}

static void count_pages(struct disk_stats *stats, const struct disk_request *rq)
{
	if (rq->write)
		stats->pages_written += rq->nr;
	else
		stats->pages_read += rq->nr - rq->nr_holes;
}

static void note_queued(struct disk_stats *stats, unsigned int nr)
{
	if (nr > stats->peak_queue)
		stats->peak_queue = nr;
}

/* Whoever writes back sleeps until all that it has submitted has tags. */
static bool is_writeback(const struct disk_request *rq)
{
	return rq->write && !rq->direct;
}

/* With a tag; it is counted as queued already. */
static void insert(struct disk *disk, struct disk_request *rq)
{
	struct disk_extent *extent = rq->extent;

	count_request(&disk->stats, rq);
	count_request(&extent->stats, rq);
	note_queued(&disk->stats, disk->nr_queued - disk->nr_held);
	note_queued(&extent->stats, extent->nr_queued - extent->nr_held);
	rq->queued = disk->engine->now;
	rq->sequence = disk->sequence++;
	if (is_writeback(rq))
		disk->wbt.inflight[rq->kswapd]++;
	queue_push(queue_of(disk, rq->write), rq);
}

static unsigned int nr_tags(const struct disk *disk)
{
	return disk->nr_queued - disk->nr_held + disk->nr_plugged;
}

static bool has_tag(const struct disk *disk)
{
	unsigned int most = disk->config.nr_requests;

	most = disk->nr_waiting < most ? most - disk->nr_waiting : 1;
	return nr_tags(disk) < most;
}

static void count_held(struct disk *disk, const struct disk_request *rq, int nr)
{
	disk->nr_held += nr;
	rq->extent->nr_held += nr;
	if (is_writeback(rq))
		disk->nr_held_writeback += nr;
}

/* Held requests get tags; with one they may still be merged (elv_attempt_insert_merge()). */
static void admit(struct disk *disk)
{
	struct disk_request *rq;

	while ((rq = disk->held.head) && has_tag(disk)) {
		queue_remove(&disk->held, rq);
		count_held(disk, rq, -1);
		if (merge(disk, rq)) {
			disk->nr_queued--;
			rq->extent->nr_queued--;
			continue;
		}
		insert(disk, rq);
	}
}

static void request_done(struct event *ev)
{
	struct disk_request *rq = event_owner(ev, struct disk_request, done), *next;
	struct disk *disk = rq->extent->disk;

	disk->nr_active--;
	disk->nr_queued--;
	rq->extent->nr_active--;
	rq->extent->nr_queued--;
	queue_remove(&disk->active, rq);
	if (is_writeback(rq))
		disk->wbt.inflight[rq->kswapd]--;
	wbt_done(disk, rq, disk->engine->now - rq->issued);
	for (; rq; rq = next) {
		next = rq->merged;
		rq->complete(rq);
		if (disk->freed)
			disk->freed(disk);
	}
	admit(disk);
	dispatch(disk);
}

void disk_plug(struct disk_request *rq)
{
	struct disk *disk = rq->extent->disk;

	rq->plugged = true;
	disk->nr_plugged++;
	if (is_writeback(rq))
		disk->wbt.inflight[rq->kswapd]++;
}

void disk_unplug(struct disk_request *rq)
{
	struct disk *disk = rq->extent->disk;

	if (!rq->plugged)
		return;
	rq->plugged = false;
	disk->nr_plugged--;
	if (is_writeback(rq))
		disk->wbt.inflight[rq->kswapd]--;
}

void disk_submit(struct disk_request *rq)
{
	struct disk_extent *extent = rq->extent;
	struct disk *disk = extent->disk;
	bool tag;

	disk_unplug(rq);
	tag = has_tag(disk);
	event_init(&rq->done, request_done);
	rq->at = extent->first + rq->page;
	rq->total = rq->nr;
	rq->merged = NULL;
	count_pages(&disk->stats, rq);
	count_pages(&extent->stats, rq);
	if (merge(disk, rq))
		return;
	disk->nr_queued++;
	extent->nr_queued++;
	if (tag) {
		insert(disk, rq);
	} else {
		count_held(disk, rq, 1);
		queue_push(&disk->held, rq);
	}
	dispatch(disk);
}

void disk_abandon(struct disk_request *rq, void (*release)(struct disk_request *rq))
{
	rq->complete = release;
	rq->abandoned = true;
}

bool disk_must_wait(struct disk *disk, enum disk_writer who)
{
	return disk->nr_held_writeback || nr_tags(disk) >= disk->config.nr_requests ||
	       wbt_must_wait(disk, who);
}

bool disk_would_merge(const struct disk_extent *extent, uint64_t page)
{
	const struct disk_request *at = extent->disk->writes.head;

	for (; at; at = at->next)
		if (at->extent == extent && at->at + at->total == extent->first + page &&
		    at->total < extent->disk->config.request_pages)
			return true;
	return false;
}

struct disk *disk_create(const struct disk_config *config, uint64_t nr_pages,
			 struct engine *engine, uint64_t seed, const char *owner)
{
	struct disk *disk;
	char name[192];

	if (!nr_pages || !config->queue_depth)
		return NULL;
	disk = host_alloc(sizeof(*disk));
	disk->config = *config;
	disk->nr_pages = nr_pages;
	disk->engine = engine;
	queue_init(&disk->reads);
	queue_init(&disk->writes);
	queue_init(&disk->active);
	queue_init(&disk->held);
	if (!disk->config.nr_requests)
		disk->config.nr_requests = DISK_REQUESTS_SATA;
	wbt_init(disk);
	snprintf(name, sizeof(name), "disk/%s/%s", owner, config->name);
	random_init(&disk->random, seed, name);
	return disk;
}

/* What nobody waits for any more; all that is left is. */
static void release_all(struct disk *disk, struct disk_queue *queue)
{
	struct disk_request *rq, *next;

	while ((rq = queue->head)) {
		queue_remove(queue, rq);
		event_cancel(disk->engine, &rq->done);
		for (; rq; rq = next) {
			next = rq->merged;
			if (rq->abandoned)
				rq->complete(rq);
		}
	}
}

void disk_destroy(struct disk *disk)
{
	struct disk_extent *extent = disk->extents, *next;

	event_cancel(disk->engine, &disk->wbt.timer);
	release_all(disk, &disk->reads);
	release_all(disk, &disk->writes);
	release_all(disk, &disk->active);
	release_all(disk, &disk->held);
	for (; extent; extent = next) {
		next = extent->next;
		host_free(extent);
	}
	host_free(disk);
}

struct disk_extent *disk_add_extent(struct disk *disk, const char *name, uint64_t nr_pages)
{
	struct disk_extent *extent, **link = &disk->extents;

	if (!nr_pages || nr_pages > disk->nr_pages - disk->nr_used)
		return NULL;
	extent = host_alloc(sizeof(*extent));
	*extent = (struct disk_extent){ .disk = disk, .name = name, .first = disk->nr_used,
					.nr_pages = nr_pages };
	disk->nr_used += nr_pages;
	while (*link)
		link = &(*link)->next;
	*link = extent;
	return extent;
}

struct disk_extent *disk_create_private(const struct disk_config *config, uint64_t nr_pages,
					struct engine *engine, uint64_t seed, const char *owner)
{
	struct disk *disk = disk_create(config, nr_pages, engine, seed, owner);

	if (!disk)
		return NULL;
	disk->is_private = true;
	return disk_add_extent(disk, config->name, nr_pages);
}

void disk_put_extent(struct disk_extent *extent)
{
	if (extent && extent->disk->is_private)
		disk_destroy(extent->disk);
}
