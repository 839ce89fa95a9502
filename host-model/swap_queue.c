// SPDX-License-Identifier: GPL-2.0-only
/*
 * The request queue of a device, and what it serves when; see swap.h.
 *
 * Models block/mq-deadline.c and the merging in front of it (blk_mq_sched_try_merge()) of Linux
 * 6.1: a request that begins where one that waits ends becomes a part of it, up to the largest
 * request of the device.  Left out: merging in front of a request, expiry of requests, and
 * fairness between those who submit.
 */
#include "swap.h"

#include <stddef.h>

/* block/mq-deadline.c: writes_starved */
#define WRITES_STARVED 2

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

static struct swap_request *queue_pop(struct swap_queue *queue)
{
	struct swap_request *rq = queue->head;

	queue->head = rq->next;
	if (!queue->head)
		queue->tail = &queue->head;
	return rq;
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

static struct swap_request *next_request(struct swap_device *swap)
{
	if (!swap->reads.head && !swap->writes.head)
		return NULL;
	if (!swap->reads.head ||
	    (swap->writes.head && swap->nr_starved >= WRITES_STARVED)) {
		swap->nr_starved = 0;
		return queue_pop(&swap->writes);
	}
	if (swap->writes.head)
		swap->nr_starved++;
	return queue_pop(&swap->reads);
}

static void swap_dispatch(struct swap_device *swap)
{
	struct swap_request *rq;

	while (swap->nr_active < swap->config.queue_depth && (rq = next_request(swap))) {
		uint64_t ns = service_ns(swap, rq);

		swap->head_slot = rq->slot + rq->total;
		swap->stats.busy_ns += ns;
		swap->nr_active++;
		event_add(swap->engine, &rq->done, swap->engine->now + ns);
	}
}

static void request_done(struct event *ev)
{
	struct swap_request *rq = (struct swap_request *)ev, *next;
	struct swap_device *swap = rq->swap;

	swap->nr_active--;
	swap->nr_queued--;
	swap->nr_writes -= rq->write;
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
	static_assert(offsetof(struct swap_request, done) == 0, "request_done() casts");

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
	swap->nr_writes += rq->write;
	if (rq->write) {
		swap->stats.writes++;
		queue_push(&swap->writes, rq);
	} else {
		swap->stats.reads++;
		queue_push(&swap->reads, rq);
	}
	swap_dispatch(swap);
}

bool swap_queue_is_full(const struct swap_device *swap)
{
	unsigned int max = swap->config.nr_requests;

	return swap->nr_queued >= max || swap->nr_writes >= (max * 3 / 4 ? max * 3 / 4 : 1);
}

void swap_queue_init(struct swap_device *swap)
{
	queue_init(&swap->reads);
	queue_init(&swap->writes);
	if (!swap->config.nr_requests)
		swap->config.nr_requests = SWAP_REQUESTS_SATA;
}

