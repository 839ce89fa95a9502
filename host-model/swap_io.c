// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages on their way to swap, and back; see swap.h.
 *
 * Models swap_writepage(), block plugs (block/blk-mq.c), end_swap_bio_write() and
 * swapin_readahead() of Linux 6.1.  What is read with a page is swap_readahead.c's to say.
 */
#include "swap.h"

#include "cpu_psi.h"
#include "hostmem.h"
#include "memory.h"

/* include/linux/swap.h: the largest cluster that page-cluster is used with here */
#define READAHEAD_MAX 64

#define REQUEST_PAGES 320	/* BLK_DEF_MAX_SECTORS: 1280 KiB */

/* Pages of one transfer, and what they were when it began: they may change meanwhile. */
struct page_transfer {
	struct disk_request rq;
	struct host *host;
	struct page_transfer *next, **link;	/* in host->transfers, or host->plugged */
	const struct cpu_thread *thread;	/* whose it is, while it is in host->plugged */
	uint64_t cause, submitted;	/* for whom, and when (ns) */
	uint32_t most;			/* pages */
	uint32_t index[];
};

/* In the name of whoever has asked for the transfer. */
static void observe(struct guest_ram *ram, uint64_t nr, bool out, const struct page_transfer *io)
{
	const struct host_observer *observer = ram_observer(ram);
	uint64_t old = coro_current->ctx.cause;

	page_history_add(ram, out ? OP_SWAP_OUT : OP_SWAP_IN, nr, 1, 0);
	if (!observer || !observer->swapped)
		return;
	if (io)
		coro_current->ctx.cause = io->cause;
	observer->swapped(ram->vm, gfn(nr), page_slot(ram->page[nr].state), out,
			  io ? ram->host->engine->now - io->submitted : 0);
	coro_current->ctx.cause = old;
}

/*
 * A page's contents are in its slot now.  Its frame is the first that reclaim will look at, unless
 * that has not put the page back yet: then it is on no list, and is put back as one that was just
 * used (folio_rotate_reclaimable() asks for PG_lru).
 */
static void page_written(struct guest_ram *ram, uint64_t nr, const struct page_transfer *io)
{
	uint32_t index = page_index(ram, nr);

	if (!(ram->page[nr].state & PAGE_ISOLATED))
		lru_move(ram->host, index, false, LRU_PLACE_TAIL);
	ram_leave_writeback(ram, nr, PAGE_WRITTEN);
	ram->host->swap_written++;
	observe(ram, nr, true, io);
	throttle_page_written(ram->host);
}

static void transfer_link(struct page_transfer *io, struct page_transfer **list)
{
	io->next = *list;
	io->link = list;
	if (io->next)
		io->next->link = &io->next;
	*list = io;
}

static void transfer_unlink(struct page_transfer *io)
{
	*io->link = io->next;
	if (io->next)
		io->next->link = io->link;
}

static void transfer_free(struct page_transfer *io)
{
	transfer_unlink(io);
	host_free(io);
}

static void read_complete(struct disk_request *rq);
static void write_complete(struct disk_request *rq);

static void transfer_release(struct disk_request *rq)
{
	host_free(rq);
}

void swap_cancel_transfers(struct host *host)
{
	struct page_transfer *io = host->transfers;

	while (host->plugged) {
		disk_unplug(&host->plugged->rq);
		transfer_free(host->plugged);
	}
	host->transfers = NULL;
	for (; io; io = io->next)
		disk_abandon(&io->rq, transfer_release);
}

static void write_complete(struct disk_request *rq)
{
	struct page_transfer *io = (struct page_transfer *)rq;
	struct host *host = io->host;
	uint32_t i;

	for (i = 0; i < rq->nr; i++) {
		struct guest_ram *ram = ram_of_index(host, io->index[i]);
		uint64_t nr = gfn_of_index(host, io->index[i]);

		if (!ram || page_kind(ram->page[nr].state) != PAGE_WRITEBACK ||
		    page_slot(ram->page[nr].state).nr != rq->page + i)
			continue;
		page_written(ram, nr, io);
	}
	transfer_free(io);
}

static struct page_transfer *transfer_new(struct host *host, uint32_t slot, bool write,
					  uint32_t most)
{
	struct page_transfer *io = host_alloc(sizeof(*io) + most * sizeof(io->index[0]));

	io->host = host;
	io->most = most;
	io->cause = coro_current->ctx.cause;
	io->rq.extent = host->swap->extent;
	io->rq.page = slot;
	io->rq.write = write;
	io->rq.kswapd = is_kswapd(host);
	io->rq.complete = write ? write_complete : read_complete;
	io->thread = coro_current->ctx.thread;
	transfer_link(io, write ? &host->plugged : &host->transfers);
	return io;
}

static void submit(struct page_transfer *io)
{
	struct swap_device *swap = io->host->swap;

	io->submitted = io->host->engine->now;
	if (io->rq.write)
		swap->stats.pages_out += io->rq.nr;
	else
		swap->stats.pages_in += io->rq.nr - io->rq.nr_holes;
	disk_submit(&io->rq);
}

/* Pages that are all zero take no memory and no time worth counting (page_same_filled()). */
static void zram_write(struct host_memcg *target, uint32_t index, uint32_t token)
{
	struct host *host = target->host;
	struct swap_device *swap = host->swap;

	if (token) {
		charge(COST_SWAP_COMPRESS, 1);
		swap->nr_stored++;
	}
	swap->stats.pages_out++;
	page_written(ram_of_index(host, index), gfn_of_index(host, index), NULL);
	shrink_free_clean(target, index);
}

/* What compressed pages take follows their number. */
void swap_zram_balance(struct host *host)
{
	struct swap_device *swap = host->swap;
	uint64_t frames;

	if (!swap || !swap->config.zram)
		return;
	frames = (swap->nr_stored * swap->config.compressed_percent + 99) / 100;
	while (swap->zram_frames < frames && host->free_pages) {
		swap->zram_frames++;
		host->free_pages--;
	}
	while (swap->zram_frames > frames) {
		swap->zram_frames--;
		host->free_pages++;
	}
}

/*
 * What a thread writes in a pass of reclaim is held back (blk_start_plug() of shrink_lruvec()): a
 * page that follows the one before it becomes a part of its request, and any other lets all go when
 * that request is large, or there are many (blk_add_rq_to_plug()).
 */
#define PLUG_REQUESTS 32		/* BLK_MAX_REQUEST_COUNT */
#define PLUG_FLUSH_PAGES 32		/* BLK_PLUG_FLUSH_SIZE */

/* The youngest of a thread's, and how many there are. */
static struct page_transfer *plug_last(const struct host *host, const struct cpu_thread *thread,
				       unsigned int *nr)
{
	struct page_transfer *last = NULL, *io;

	*nr = 0;
	for (io = host->plugged; io; io = io->next) {
		if (io->thread != thread)
			continue;
		last = last ? last : io;
		++*nr;
	}
	return last;
}

static void unplug(struct host *host, const struct cpu_thread *thread)
{
	struct page_transfer *oldest_first[PLUG_REQUESTS + 1], *io;
	unsigned int nr = 0;

	for (io = host->plugged; io; io = io->next)
		if (io->thread == thread)
			oldest_first[nr++] = io;
	while (nr) {
		io = oldest_first[--nr];
		transfer_unlink(io);
		transfer_link(io, &host->transfers);
		submit(io);
	}
}

void swap_unplug(struct host *host)
{
	unplug(host, coro_current->ctx.thread);
}

void swap_thread_killed(struct cpu_thread *t)
{
	unplug(t->cpus->opaque, t);
}

static unsigned int largest_write(const struct swap_device *swap)
{
	unsigned int most = swap->extent->disk->config.request_pages;

	return most ? most : REQUEST_PAGES;
}

static void plug_write(struct host *host, uint32_t slot, uint32_t index)
{
	const struct cpu_thread *thread = coro_current->ctx.thread;
	struct page_transfer *io;
	unsigned int nr;

	io = plug_last(host, thread, &nr);
	if (!io || slot != io->rq.page + io->rq.nr || io->rq.nr == io->most) {
		if (io && (nr == PLUG_REQUESTS || io->rq.nr >= PLUG_FLUSH_PAGES))
			unplug(host, thread);
		io = transfer_new(host, slot, true, largest_write(host->swap));
		disk_plug(&io->rq);
	}
	io->index[io->rq.nr++] = index;
}

bool swap_would_merge(const struct host *host)
{
	const struct swap_device *swap = host->swap;
	const struct page_transfer *io;
	uint32_t slot = swap->cluster_next;
	unsigned int nr;

	/* Unless that is the next slot, it lies elsewhere. */
	if (!swap->extent || swap->owner[slot] || (!swap->cluster_left && swap->nr_empty))
		return false;
	io = plug_last(host, coro_current->ctx.thread, &nr);
	if (io && slot == io->rq.page + io->rq.nr && io->rq.nr < io->most)
		return true;
	return disk_would_merge(swap->extent, slot);
}

unsigned int swap_write(struct host_memcg *target, const uint32_t *index, unsigned int nr)
{
	struct host *host = target->host;
	struct swap_device *swap = host->swap;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		struct guest_ram *ram = ram_of_index(host, index[i]);
		uint64_t at = gfn_of_index(host, index[i]);
		uint32_t slot = page_slot(ram->page[at].state).nr;

		swap->token[slot] = ram->token[at];
		if (swap->config.zram)
			zram_write(target, index[i], ram->token[at]);
		else
			plug_write(host, slot, index[i]);
	}
	/* Each time that a page is submitted (count_swpout_vm_event()). */
	host->stats.swap_out += nr;
	swap_zram_balance(host);
	return swap->config.zram ? nr : 0;
}

static void page_read_in(struct guest_ram *ram, uint64_t nr, const struct page_transfer *io)
{
	struct host_page *page = &ram->page[nr];
	uint32_t index = page_index(ram, nr);

	ram->token[nr] = ram->host->swap->token[page_slot(page->state).nr];
	page_set_kind(&page->state, PAGE_CACHED);
	lru_add(ram->host, index, false,
		workingset_returned(ram->host, index) ? LRU_PLACE_ACTIVE : LRU_PLACE_FAULT);
	ram->host->swap_cached++;
	ram->host->stats.swap_in++;
	observe(ram, nr, false, io);
}

static void read_complete(struct disk_request *rq)
{
	struct page_transfer *io = (struct page_transfer *)rq;
	struct host *host = io->host;
	uint32_t i;

	for (i = 0; i < rq->nr; i++) {
		struct guest_ram *ram;
		uint64_t nr;

		if (!io->index[i])
			continue;	/* a hole */
		ram = ram_of_index(host, io->index[i]);
		nr = gfn_of_index(host, io->index[i]);
		if (ram && page_kind(ram->page[nr].state) == PAGE_READING &&
		    page_slot(ram->page[nr].state).nr == rq->page + i)
			page_read_in(ram, nr, io);
		else
			/* discarded or killed while it was read */
			host_put_frames(memcg_of_index(host, io->index[i]), 1);
	}
	transfer_free(io);
	host_wake_pages(host);
}

/* It has a frame now. */
static void begin_reading(struct host *host, uint32_t *state, bool ahead)
{
	*state = (*state & ~(PAGE_KIND_MASK | PAGE_READAHEAD)) | PAGE_READING |
		 (ahead ? PAGE_READAHEAD : 0);
	host->stats.swap_readahead += ahead;
	charge(COST_SWAP_IN, 1);
}

/* A neighbour of what is wanted.  Nobody sleeps here: others are READING already. */
static bool read_ahead(struct host *host, uint32_t index)
{
	struct guest_ram *ram = ram_of_index(host, index);
	uint32_t *state = &ram->page[gfn_of_index(host, index)].state;

	if (page_kind(*state) != PAGE_SWAPPED || !host_take_frames(ram->memcg, 1, FRAMES_AHEAD))
		return false;
	begin_reading(host, state, true);
	return true;
}

/* Transfers under construction: one after the other, submitted together (a block plug). */
struct read_plug {
	struct host *host;
	struct page_transfer *io[READAHEAD_MAX];
	unsigned int nr;
};

/*
 * Add a page.  Pages whose slots follow each other are one request; a head that rotates passes
 * over a hole as fast as it would read it.
 */
static void plug_add(struct read_plug *plug, uint32_t index)
{
	struct host *host = plug->host;
	const struct guest_ram *ram = ram_of_index(host, index);
	uint32_t slot = page_slot(ram->page[gfn_of_index(host, index)].state).nr;
	struct page_transfer *io = plug->nr ? plug->io[plug->nr - 1] : NULL;
	uint32_t hole = io ? slot - (io->rq.page + io->rq.nr) : 0;

	if (!io || hole >= READAHEAD_MAX - io->rq.nr ||
	    (hole && !host->swap->rotates)) {
		io = transfer_new(host, slot, false, READAHEAD_MAX);
		plug->io[plug->nr++] = io;
		hole = 0;
	}
	io->rq.nr_holes += hole;
	io->rq.nr += hole;
	io->index[io->rq.nr++] = index;
}

static void add_slots(struct read_plug *plug, struct guest_ram *ram, uint64_t nr, uint32_t max)
{
	struct swap_device *swap = plug->host->swap;
	uint32_t wanted = page_slot(ram->page[nr].state).nr;
	uint64_t slot, end;

	swap_ra_slots(&swap->ra, wanted, max, swap->nr_slots, &slot, &end);
	for (; slot < end; slot++) {
		uint32_t index = swap->owner[slot];

		if (index && (slot == wanted || read_ahead(plug->host, index)))
			plug_add(plug, index);
	}
}

static void add_pages(struct read_plug *plug, struct guest_ram *ram, uint64_t nr, uint32_t max)
{
	uint64_t low = nr & ~(HOST_PMD_PAGES - 1), high = low + HOST_PMD_PAGES, at, end;

	if (high > ram->nr_pages)
		high = ram->nr_pages;
	swap_ra_pages(&ram->ra, nr, max, low, high, &at, &end);
	for (; at < end; at++)
		if (at == nr || read_ahead(plug->host, page_index(ram, at)))
			plug_add(plug, page_index(ram, at));
}

void swap_page_used(struct guest_ram *ram, uint64_t nr)
{
	uint32_t *state = &ram->page[nr].state;
	bool ahead = page_kind(*state) == PAGE_CACHED && *state & PAGE_READAHEAD;

	if (ahead) {
		*state &= ~PAGE_READAHEAD;
		ram->host->stats.swap_readahead_hits++;
	}
	if (!ram->host->swap->rotates)
		swap_ra_cached(&ram->ra, nr, ahead);
	else if (ahead)
		swap_ra_hit(&ram->host->swap->ra);
}

/* Compressed memory is read by the CPU, page by page, without read-ahead (SWP_SYNCHRONOUS_IO). */
static void read_compressed(struct guest_ram *ram, uint64_t nr)
{
	struct host *host = ram->host;
	struct page_transfer *io = transfer_new(host, page_slot(ram->page[nr].state).nr, false, 1);
	bool missed = workingset_is_missed(host, page_index(ram, nr));
	bool nested = missed ? psi_memstall_enter() : true;

	io->index[io->rq.nr++] = page_index(ram, nr);
	host->swap->stats.pages_in++;
	if (host->swap->token[io->rq.page])
		charge(COST_SWAP_DECOMPRESS, 1);
	psi_memstall_leave(nested);
	read_complete(&io->rq);
}

static void submit_reads(struct read_plug *plug)
{
	struct swap_device *swap = plug->host->swap;
	unsigned int i;

	for (i = 0; i < plug->nr; i++) {
		if (coro_current->ctx.thread) {
			submit(plug->io[i]);
		} else {
			swap->stats.pages_in += plug->io[i]->rq.nr - plug->io[i]->rq.nr_holes;
			read_complete(&plug->io[i]->rq);
		}
	}
}

/* All that can sleep comes before the first page is READING: it may end in being killed. */
void swap_read(struct guest_ram *ram, uint64_t nr)
{
	struct host *host = ram->host;
	struct read_plug plug = { .host = host };
	uint32_t max = host->swap->config.readahead_pages;
	bool zram = host->swap->config.zram;

	max = max < READAHEAD_MAX ? max : READAHEAD_MAX;
	if (coro_current->ctx.thread) {
		cpu_sync();
		host_make_room_ahead(ram->memcg, zram ? 1 : max);
	}
	if (!host_take_frames(ram->memcg, 1, FRAMES_NEEDED))
		return;
	if (page_kind(ram->page[nr].state) != PAGE_SWAPPED) {
		host_put_frames(ram->memcg, 1);
		return;
	}
	begin_reading(host, &ram->page[nr].state, false);
	if (zram) {
		read_compressed(ram, nr);
		return;
	}
	if (host->swap->rotates)
		add_slots(&plug, ram, nr, max);
	else
		add_pages(&plug, ram, nr, max);
	submit_reads(&plug);
}
