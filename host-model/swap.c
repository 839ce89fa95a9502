// SPDX-License-Identifier: GPL-2.0-only
/*
 * Swap devices: slots, the request queue, and the transfer of pages; see swap.h.
 *
 * Read-ahead is swap_cluster_readahead() of mm/swap_state.c (Linux 6.1): the aligned window of
 * slots around the wanted one comes in the same request, as far as those slots hold pages.
 */
#include "swap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hostmem.h"
#include "memory.h"

/* block/mq-deadline.c: writes_starved */
#define WRITES_STARVED 2
/* include/linux/swap.h: the largest cluster that page-cluster is used with here */
#define READAHEAD_MAX 64

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

struct swap_device *swap_create(const struct swap_config *config, struct engine *engine,
				uint64_t seed, const char *owner)
{
	uint64_t nr_slots = config->size_bytes >> HOST_PAGE_SHIFT;
	uint32_t nr_clusters = nr_slots / SWAP_CLUSTER_SLOTS + 1, i;
	struct swap_device *swap;
	char name[96];

	if (!nr_slots || nr_slots > PAGE_SLOT_MAX ||
	    (config->kind != SWAP_ZRAM && !config->queue_depth))
		return NULL;
	swap = host_alloc(sizeof(*swap));
	swap->config = *config;
	swap->engine = engine;
	swap->nr_slots = swap->nr_free = nr_slots;
	swap->owner = host_reserve(nr_slots * sizeof(*swap->owner));
	swap->token = host_reserve(nr_slots * sizeof(*swap->token));
	swap->cluster_free = host_alloc(nr_clusters * sizeof(*swap->cluster_free));
	for (i = 0; i < nr_slots / SWAP_CLUSTER_SLOTS; i++)
		swap->cluster_free[i] = SWAP_CLUSTER_SLOTS;
	swap->cluster_free[i] = nr_slots % SWAP_CLUSTER_SLOTS;
	queue_init(&swap->reads);
	queue_init(&swap->writes);
	snprintf(name, sizeof(name), "disk/%s/%s", owner, config->name);
	random_init(&swap->random, seed, name);
	return swap;
}

void swap_destroy(struct swap_device *swap)
{
	if (!swap)
		return;
	host_release(swap->owner, swap->nr_slots * sizeof(*swap->owner));
	host_release(swap->token, swap->nr_slots * sizeof(*swap->token));
	host_free(swap->cluster_free);
	host_free(swap);
}

/* Start a new cluster: an empty one if there is any, else wherever the next free slot is. */
static void find_cluster(struct swap_device *swap)
{
	uint32_t full = swap->nr_slots / SWAP_CLUSTER_SLOTS, i;
	uint32_t from = swap->cluster_next / SWAP_CLUSTER_SLOTS;

	for (i = 0; i < full; i++) {
		uint32_t cluster = (from + i) % full;

		if (swap->cluster_free[cluster] == SWAP_CLUSTER_SLOTS) {
			swap->cluster_next = cluster * SWAP_CLUSTER_SLOTS;
			swap->cluster_left = SWAP_CLUSTER_SLOTS;
			return;
		}
	}
	swap->cluster_left = 1;
	while (swap->owner[swap->cluster_next])
		swap->cluster_next = (swap->cluster_next + 1) % swap->nr_slots;
}

bool swap_get_slot(struct swap_device *swap, uint32_t index, swap_slot_t *slot)
{
	if (!swap || !swap->nr_free)
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
	swap->owner[slot->nr] = index;
	swap->cluster_free[slot->nr / SWAP_CLUSTER_SLOTS]--;
	swap->cluster_left--;
	swap->cluster_next = (swap->cluster_next + 1) % swap->nr_slots;
	swap->nr_free--;
	if (swap_used_slots(swap) > swap->stats.peak_slots)
		swap->stats.peak_slots = swap_used_slots(swap);
	return true;
}

void swap_put_slot(struct swap_device *swap, swap_slot_t slot)
{
	swap->owner[slot.nr] = 0;
	swap->token[slot.nr] = 0;
	swap->cluster_free[slot.nr / SWAP_CLUSTER_SLOTS]++;
	swap->nr_free++;
}

static uint64_t service_ns(struct swap_device *swap, const struct swap_request *rq)
{
	const struct swap_config *config = &swap->config;
	uint64_t ns = rq->write ? config->write_ns : config->read_ns;

	ns += rq->nr * config->transfer_ns_page;
	if (config->seek_ns && rq->slot != swap->head_slot) {
		uint64_t seek = random_exp(&swap->random, config->seek_ns);

		ns += config->seek_max_ns && seek > config->seek_max_ns ? config->seek_max_ns :
									   seek;
	}
	return ns;
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

		swap->head_slot = rq->slot + rq->nr;
		swap->stats.busy_ns += ns;
		swap->nr_active++;
		event_add(swap->engine, &rq->done, swap->engine->now + ns);
	}
}

static void request_done(struct event *ev)
{
	struct swap_request *rq = (struct swap_request *)ev;
	struct swap_device *swap = rq->swap;

	swap->nr_active--;
	swap->nr_queued--;
	rq->complete(rq);
	swap_dispatch(swap);
}

void swap_submit(struct swap_device *swap, struct swap_request *rq)
{
	static_assert(offsetof(struct swap_request, done) == 0, "request_done() casts");

	event_init(&rq->done, request_done);
	if (++swap->nr_queued > swap->stats.peak_queue)
		swap->stats.peak_queue = swap->nr_queued;
	rq->swap = swap;
	if (rq->write) {
		swap->stats.writes++;
		swap->stats.pages_out += rq->nr;
		queue_push(&swap->writes, rq);
	} else {
		swap->stats.reads++;
		swap->stats.pages_in += rq->nr;
		queue_push(&swap->reads, rq);
	}
	swap_dispatch(swap);
}

/* Pages of one transfer, and what they were when it began: they may change meanwhile. */
struct page_transfer {
	struct swap_request rq;
	struct host *host;
	uint32_t index[READAHEAD_MAX];
};

static void observe(struct guest_ram *ram, uint64_t nr, bool out)
{
	struct host *host = ram->host;

	page_history_add(ram, out ? OP_SWAP_OUT : OP_SWAP_IN, nr, 1, 0);
	if (host->observer && host->observer->swapped)
		host->observer->swapped(ram->vm, gfn(nr), 1, out);
}

/* A page's contents are in its slot now, and its frame is free. */
static void page_swapped_out(struct guest_ram *ram, uint64_t nr)
{
	struct host_page *page = &ram->page[nr];

	page->state = (page->state & ~PAGE_KIND_MASK) | PAGE_SWAPPED;
	ram->token[nr] = ~0u;
	ram->resident--;
	ram->swapped++;
	ram->host->stats.swap_out++;
	observe(ram, nr, true);
}

static void write_complete(struct swap_request *rq)
{
	struct page_transfer *io = (struct page_transfer *)rq;
	struct host *host = io->host;
	uint32_t i, freed = 0;

	for (i = 0; i < rq->nr; i++) {
		struct guest_ram *ram = ram_of_index(host, io->index[i]);
		uint64_t nr = gfn_of_index(host, io->index[i]);

		if (!ram || page_kind(ram->page[nr].state) != PAGE_WRITEBACK ||
		    page_slot(ram->page[nr].state).nr != rq->slot + i)
			continue;
		page_swapped_out(ram, nr);
		host->writeback_pages--;
		freed++;
	}
	host_put_frames(host, freed);
	free(io);
}

static struct page_transfer *transfer_new(struct host *host, uint32_t slot, bool write,
					  void (*complete)(struct swap_request *rq))
{
	struct page_transfer *io = host_alloc(sizeof(*io));

	io->host = host;
	io->rq.slot = slot;
	io->rq.write = write;
	io->rq.complete = complete;
	return io;
}

static void zram_write(struct host *host, uint32_t index)
{
	struct swap_device *swap = host->swap;
	struct guest_ram *ram = ram_of_index(host, index);

	charge(COST_SWAP_COMPRESS, 1);
	swap->stats.pages_out++;
	page_swapped_out(ram, gfn_of_index(host, index));
	host->writeback_pages--;
	host_put_frames(host, 1);
}

/* What compressed pages take follows the number of used slots. */
void swap_zram_balance(struct host *host)
{
	struct swap_device *swap = host->swap;
	uint64_t frames;

	if (!swap || swap->config.kind != SWAP_ZRAM)
		return;
	frames = (swap_used_slots(swap) * swap->config.compressed_percent + 99) / 100;
	while (swap->zram_frames < frames && host->free_pages) {
		swap->zram_frames++;
		host->free_pages--;
	}
	while (swap->zram_frames > frames) {
		swap->zram_frames--;
		host->free_pages++;
	}
}

void swap_write(struct host *host, const uint32_t *index, unsigned int nr)
{
	struct swap_device *swap = host->swap;
	struct page_transfer *io = NULL;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		struct guest_ram *ram = ram_of_index(host, index[i]);
		uint64_t at = gfn_of_index(host, index[i]);
		uint32_t slot = page_slot(ram->page[at].state).nr;

		swap->token[slot] = ram->token[at];
		if (swap->config.kind == SWAP_ZRAM) {
			zram_write(host, index[i]);
			continue;
		}
		if (io && slot != io->rq.slot + io->rq.nr) {
			swap_submit(swap, &io->rq);
			io = NULL;
		}
		if (!io)
			io = transfer_new(host, slot, true, write_complete);
		io->index[io->rq.nr++] = index[i];
	}
	if (io)
		swap_submit(swap, &io->rq);
	swap_zram_balance(host);
}

static void page_read_in(struct guest_ram *ram, uint64_t nr)
{
	struct host_page *page = &ram->page[nr];

	ram->token[nr] = ram->host->swap->token[page_slot(page->state).nr];
	page->state = (page->state & ~PAGE_KIND_MASK) | PAGE_CACHED;
	lru_add(ram->host, page_index(ram, nr), false, false);
	ram_add_resident(ram, 1);
	ram->swapped--;
	ram->host->stats.swap_in++;
	observe(ram, nr, false);
}

static void read_complete(struct swap_request *rq)
{
	struct page_transfer *io = (struct page_transfer *)rq;
	struct host *host = io->host;
	uint32_t i, unused = 0;

	for (i = 0; i < rq->nr; i++) {
		struct guest_ram *ram;
		uint64_t nr;

		if (!io->index[i])
			continue;	/* a hole in the window: read, and dropped */
		ram = ram_of_index(host, io->index[i]);
		nr = gfn_of_index(host, io->index[i]);
		if (ram && page_kind(ram->page[nr].state) == PAGE_READING &&
		    page_slot(ram->page[nr].state).nr == rq->slot + i)
			page_read_in(ram, nr);
		else
			unused++;	/* discarded or killed while it was read */
	}
	host_put_frames(host, unused);
	free(io);
	reclaim_wake_waiters(host);
}

/* The page itself is there, frames for neighbours are taken while there are plenty. */
static bool window_take(struct host *host, uint32_t slot, uint32_t wanted)
{
	struct guest_ram *ram;
	uint32_t index;

	if (slot == wanted)
		return true;
	index = host->swap->owner[slot];
	if (!index)
		return false;
	ram = ram_of_index(host, index);
	if (page_kind(ram->page[gfn_of_index(host, index)].state) != PAGE_SWAPPED)
		return false;
	if (!host_take_frames(host, 1, false))
		return false;
	host->stats.swap_readahead++;
	return true;
}

static struct page_transfer *read_window(struct guest_ram *ram, uint64_t nr)
{
	struct host *host = ram->host;
	struct swap_device *swap = host->swap;
	uint32_t wanted = page_slot(ram->page[nr].state).nr;
	uint32_t window = swap->config.readahead_pages ? swap->config.readahead_pages : 1;
	uint32_t slot, first, end;
	struct page_transfer *io;

	if (window > READAHEAD_MAX)
		window = READAHEAD_MAX;
	first = wanted / window * window;
	end = first + window < swap->nr_slots ? first + window : swap->nr_slots;
	io = transfer_new(host, first, false, read_complete);
	for (slot = first; slot < end; slot++) {
		struct guest_ram *owner;
		uint32_t index = swap->owner[slot];

		if (!window_take(host, slot, wanted)) {
			io->index[io->rq.nr++] = 0;
			continue;
		}
		owner = ram_of_index(host, index);
		owner->page[gfn_of_index(host, index)].state += PAGE_READING - PAGE_SWAPPED;
		charge(COST_SWAP_IN, 1);
		io->index[io->rq.nr++] = index;
	}
	while (!io->index[io->rq.nr - 1])
		io->rq.nr--;
	return io;
}

void swap_read(struct guest_ram *ram, uint64_t nr)
{
	struct host *host = ram->host;
	struct page_transfer *io;

	if (!host_take_frames(host, 1, true))
		return;
	if (page_kind(ram->page[nr].state) != PAGE_SWAPPED) {
		host_put_frames(host, 1);
		return;
	}
	io = read_window(ram, nr);
	if (host->swap->config.kind == SWAP_ZRAM || !coro_current->ctx.thread) {
		host->swap->stats.pages_in += io->rq.nr;
		charge(COST_SWAP_DECOMPRESS, io->rq.nr);
		read_complete(&io->rq);
		return;
	}
	cpu_sync();
	swap_submit(host->swap, &io->rq);
	swap_wait_page(host, page_index(ram, nr));
}
