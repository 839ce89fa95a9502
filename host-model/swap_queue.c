// SPDX-License-Identifier: GPL-2.0-only
/*
 * The request queue of a device, and what it serves when; see swap.h.
 *
 * Models block/mq-deadline.c and the merging in front of it (blk_mq_sched_try_merge()) of Linux
 * 6.1: a request that begins where one that waits ends becomes a part of it, up to the largest
 * request of the device.  Left out: merging in front of a request, priorities, and fairness between
 * those who submit.
 */
#include "swap.h"

/* block/mq-deadline.c: writes_starved, fifo_batch, read_expire, write_expire */
#define WRITES_STARVED 2
#define FIFO_BATCH 16
#define READ_EXPIRE_NS (500 * NSEC_PER_MSEC_U64)
#define WRITE_EXPIRE_NS (5 * NSEC_PER_SEC_U64)

static void queue_init(struct swap_queue *queue)
{
	queue->head = NULL;
	queue->tail = &queue->head;
}

static void queue_push(struct swap_queue *queue, struct swap_request *rq)
{
	rq->next = NULL;
	*queue->tail = rq;
	queue->tail = &rq->next;
}

static void queue_remove(struct swap_queue *queue, struct swap_request *rq)
{
	struct swap_request **link = &queue->head;

	while (*link != rq)
		link = &(*link)->next;
	*link = rq->next;
	if (!*link)
		queue->tail = link;
}

/* The first at or behind @slot (deadline_next_request()). */
static struct swap_request *next_sorted(const struct swap_queue *queue, uint32_t slot)
{
	struct swap_request *rq, *next = NULL;

	for (rq = queue->head; rq; rq = rq->next)
		if (rq->slot >= slot && (!next || rq->slot < next->slot))
			next = rq;
	return next;
}

/*
 * From now until the request is done.  Positioning and the fixed part overlap with those of other
 * requests; the data of all goes over one link.
 */
static uint64_t service_ns(struct swap_device *swap, const struct swap_request *rq)
{
	const struct swap_config *config = &swap->config;
	uint64_t ns = rq->write ? config->write_ns : config->read_ns, now = swap->engine->now;

	if (config->seek_ns && rq->slot != swap->head_slot) {
		uint64_t seek = random_exp(&swap->random, config->seek_ns);

		ns += config->seek_max_ns && seek > config->seek_max_ns ? config->seek_max_ns :
									   seek;
	}
	if (swap->link_free < now + ns)
		swap->link_free = now + ns;
	swap->link_free += rq->total * config->transfer_ns_page;
	return swap->link_free - now;
}

static struct swap_queue *queue_of(struct swap_device *swap, bool write)
{
	return write ? &swap->writes : &swap->reads;
}

/* Another batch: which direction, and where it begins. */
static struct swap_request *begin_batch(struct swap_device *swap)
{
	bool write = !swap->reads.head;
	struct swap_request *first, *next;

	if (!write && swap->writes.head && swap->nr_starved++ >= WRITES_STARVED)
		write = true;
	if (write)
		swap->nr_starved = 0;
	first = queue_of(swap, write)->head;
	if (!first)
		return NULL;
	next = next_sorted(queue_of(swap, write), swap->next_slot[write]);
	swap->last_write = write;
	swap->batching = 0;
	/* Who has waited too long, or there is nothing further up. */
	if (!next || swap->engine->now - first->queued >= (write ? WRITE_EXPIRE_NS :
								   READ_EXPIRE_NS))
		return first;
	return next;
}

/* __dd_dispatch_request(); without a scheduler in the order of coming. */
static struct swap_request *next_request(struct swap_device *swap)
{
	struct swap_request *read = swap->reads.head, *write = swap->writes.head, *rq;

	if (swap->config.kind == SWAP_NVME) {
		rq = !write || (read && read->sequence < write->sequence) ? read : write;
	} else {
		rq = next_sorted(queue_of(swap, swap->last_write),
				 swap->next_slot[swap->last_write]);
		if (!rq || swap->batching >= FIFO_BATCH)
			rq = begin_batch(swap);
	}
	if (!rq)
		return NULL;
	swap->batching++;
	swap->next_slot[rq->write] = rq->slot + rq->total;
	queue_remove(queue_of(swap, rq->write), rq);
	return rq;
}

static void swap_dispatch(struct swap_device *swap)
{
	struct swap_request *rq;

	while (swap->nr_active < swap->config.queue_depth && (rq = next_request(swap))) {
		uint64_t ns = service_ns(swap, rq);

		swap->head_slot = rq->slot + rq->total;
		swap->stats.busy_ns += ns;
		swap->nr_active++;
		rq->issued = swap->engine->now;
		wbt_issue(swap, rq);
		event_add(swap->engine, &rq->done, swap->engine->now + ns);
	}
}

static void request_done(struct event *ev)
{
	struct swap_request *rq = event_owner(ev, struct swap_request, done), *next;
	struct swap_device *swap = rq->swap;

	swap->nr_active--;
	swap->nr_queued--;
	if (rq->write)
		swap->wbt.inflight[rq->kswapd]--;
	wbt_done(swap, rq, swap->engine->now - rq->issued);
	for (; rq; rq = next) {
		next = rq->merged;
		rq->complete(rq);
	}
	swap_dispatch(swap);
}

/* Whether it has become a part of a request that waits (bio_attempt_back_merge()). */
static bool merge(struct swap_device *swap, struct swap_request *rq)
{
	struct swap_request *at = rq->write ? swap->writes.head : swap->reads.head;
	struct swap_request **link;

	for (; at; at = at->next) {
		if (at->slot + at->total != rq->slot ||
		    at->total + rq->nr > swap->config.request_pages)
			continue;
		for (link = &at->merged; *link; link = &(*link)->merged)
			;
		*link = rq;
		at->total += rq->nr;
		return true;
	}
	return false;
}

void swap_submit(struct swap_device *swap, struct swap_request *rq)
{
	event_init(&rq->done, request_done);
	rq->swap = swap;
	rq->total = rq->nr;
	rq->merged = NULL;
	if (rq->write)
		swap->stats.pages_out += rq->nr;
	else
		swap->stats.pages_in += rq->nr - rq->nr_holes;
	if (merge(swap, rq))
		return;
	if (++swap->nr_queued > swap->stats.peak_queue)
		swap->stats.peak_queue = swap->nr_queued;
	rq->queued = swap->engine->now;
	rq->sequence = swap->sequence++;
	if (rq->write) {
		swap->wbt.inflight[rq->kswapd]++;
		swap->stats.writes++;
		queue_push(&swap->writes, rq);
	} else {
		swap->stats.reads++;
		queue_push(&swap->reads, rq);
	}
	swap_dispatch(swap);
}

bool swap_must_wait(struct swap_device *swap, bool kswapd)
{
	return swap->nr_queued >= swap->config.nr_requests || wbt_must_wait(swap, kswapd);
}

bool swap_would_merge(const struct swap_device *swap)
{
	const struct swap_request *at;
	uint32_t slot = swap->cluster_next;

	/* Unless that is the next slot, it lies elsewhere. */
	if (swap->owner[slot] || (!swap->cluster_left && swap->nr_empty))
		return false;
	for (at = swap->writes.head; at; at = at->next)
		if (at->slot + at->total == slot && at->total < swap->config.request_pages)
			return true;
	return false;
}

void swap_queue_init(struct swap_device *swap)
{
	queue_init(&swap->reads);
	queue_init(&swap->writes);
	if (!swap->config.nr_requests)
		swap->config.nr_requests = SWAP_REQUESTS_SATA;
	wbt_init(swap);
}
