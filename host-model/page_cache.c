// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host's page cache; see page_cache.h.
 */
#include "page_cache.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "disk.h"
#include "hostmem.h"
#include "memory.h"

#define RA_PAGES UINT64_C(32)	/* VM_READAHEAD_PAGES of include/linux/mm.h */

/* Pages of one request, all of them READING. */
struct file_read {
	struct disk_request rq;
	struct cache_file *file;
	uint64_t first;
	struct file_read *next, **link;		/* in file->reads */
};

struct cache_file *cache_file_create(struct host *host, const char *name, uint64_t nr_pages,
				     const struct disk_config *disk, struct disk_extent *extent)
{
	struct cache_file *file = host_alloc(sizeof(*file)), **link = &host->files;

	file->host = host;
	file->memcg = &host->root;
	file->name = name;
	file->nr_pages = nr_pages;
	file->page = host_reserve(nr_pages * sizeof(*file->page));
	file->chunk = host_alloc(((nr_pages >> RAM_CHUNK_SHIFT) + 1) * sizeof(*file->chunk));
	file->extent = extent ? extent : disk_create_private(disk, nr_pages, host->engine,
							      host->config.seed, name);
	while (*link)
		link = &(*link)->next;
	*link = file;
	return file->page && file->extent ? file : NULL;
}

static void file_read_free(struct file_read *io)
{
	*io->link = io->next;
	if (io->next)
		io->next->link = io->link;
	host_free(io);
}

static void read_release(struct disk_request *rq)
{
	host_free(rq);
}

void cache_destroy(struct host *host)
{
	struct cache_file *file = host->files, *next;
	struct file_read *io;

	for (; file; file = next) {
		next = file->next;
		for (io = file->reads; io; io = io->next)
			disk_abandon(&io->rq, read_release);
		cache_abandon_writes(file);
		disk_put_extent(file->extent);
		host_release(file->page, file->nr_pages * sizeof(*file->page));
		host_free(file->chunk);
		host_free(file);
	}
	host->files = NULL;
}

uint32_t cache_page_index(struct cache_file *file, uint64_t nr)
{
	uint16_t *chunk = &file->chunk[nr >> RAM_CHUNK_SHIFT];

	if (!*chunk)
		*chunk = host_map_chunk(file->host, NULL, file, nr & ~(uint64_t)RAM_CHUNK_MASK);
	return (uint32_t)*chunk << RAM_CHUNK_SHIFT | (nr & RAM_CHUNK_MASK);
}

/* The page is in memory now; its frame has been taken. */
static void add_page(struct cache_file *file, uint64_t nr)
{
	struct host *host = file->host;
	uint32_t index = cache_page_index(file, nr);
	bool active = workingset_returned(host, index);

	file->page[nr].state = PAGE_PRESENT;
	lru_add(host, index, false, active ? LRU_PLACE_ACTIVE : LRU_PLACE_INACTIVE);
	file->resident++;
	host->file_pages++;
	host->stats.file_refaults += active;
}

bool cache_add_page(struct cache_file *file, uint64_t nr)
{
	if (!host_take_frames(file->memcg, 1, FRAMES_NEEDED))
		return false;
	/* It may have waited. */
	if (page_kind(file->page[nr].state) != PAGE_NONE) {
		host_put_frames(file->memcg, 1);
		return false;
	}
	add_page(file, nr);
	return true;
}

bool cache_reader_is_dead(void)
{
	const struct kvm_vm *vm = coro_current->ctx.thread->vm;

	return vm && vm->dead;
}

void cache_drop_page(struct cache_file *file, uint64_t nr, struct host_memcg *target)
{
	struct host *host = file->host;
	uint32_t index = cache_page_index(file, nr);

	assert(!(file->page[nr].state & (PAGE_FILE_DIRTY | PAGE_FILE_WRITEBACK)));
	lru_del(host, index, false);
	file->page[nr].state = PAGE_NONE;
	if (target) {
		workingset_evicted(target, index);
	} else {
		workingset_forget(host, index, 1);
		file->page[nr].prev = 0;
	}
	file->resident--;
	host->file_pages--;
	host->stats.file_dropped++;
	host_put_frames(file->memcg, 1);
}

static void mark_accessed(struct cache_file *file, uint64_t nr)
{
	file->host->lru->accessed(file->host, cache_page_index(file, nr));
}

static void read_complete(struct disk_request *rq)
{
	struct file_read *io = (struct file_read *)rq;
	struct cache_file *file = io->file;
	uint64_t i;

	for (i = 0; i < rq->nr; i++)
		add_page(file, io->first + i);
	file->host->stats.file_reads += rq->nr;
	file_read_free(io);
	host_wake_pages(file->host);
}

static void submit(struct cache_file *file, uint64_t first, uint64_t nr)
{
	struct file_read *io = host_alloc(sizeof(*io));

	io->file = file;
	io->first = first;
	io->rq.extent = file->extent;
	io->rq.page = first;
	io->rq.nr = nr;
	io->rq.complete = read_complete;
	io->next = file->reads;
	io->link = &file->reads;
	if (io->next)
		io->next->link = &io->next;
	file->reads = io;
	disk_submit(&io->rq);
}

/* Read what is missing of [start, start + nr); @wanted: one of them that somebody waits for. */
static void read_pages(struct cache_file *file, uint64_t start, uint64_t nr, uint64_t wanted)
{
	uint64_t at, run = 0, end = start + nr < file->nr_pages ? start + nr : file->nr_pages;

	host_make_room_ahead(file->memcg, nr);
	for (at = start; at < end; at++) {
		bool missing = page_kind(file->page[at].state) == PAGE_NONE;

		if (missing && !host_take_frames(file->memcg, 1, at == wanted ? FRAMES_NEEDED :
						 FRAMES_AHEAD))
			break;
		/* It may have waited. */
		if (missing && page_kind(file->page[at].state) != PAGE_NONE) {
			host_put_frames(file->memcg, 1);
			missing = false;
		}
		if (missing) {
			file->page[at].state = PAGE_READING;
			run++;
		} else if (run) {
			submit(file, at - run, run);
			run = 0;
		}
	}
	if (run)
		submit(file, at - run, run);
}

/* The window doubles as long as reading is sequential; half of it is read before it is needed. */
static void read_ahead(struct cache_file *file, uint64_t nr, bool missing)
{
	uint64_t next = file->ra_start + file->ra_size;

	if (file->ra_size && (nr == next || !missing)) {
		file->ra_start = missing ? nr : next;
		file->ra_size = file->ra_size * 2 < RA_PAGES ? file->ra_size * 2 : RA_PAGES;
	} else {
		file->ra_start = nr;
		file->ra_size = RA_PAGES / 8;
	}
	file->ra_mark = file->ra_start + (missing ? file->ra_size / 2 : 0);
	read_pages(file, file->ra_start, file->ra_size, missing ? nr : UINT64_MAX);
}

void cache_file_read(struct cache_file *file, uint64_t first, uint64_t nr)
{
	uint64_t at = first, end = first + nr < file->nr_pages ? first + nr : file->nr_pages;

	while (at < end) {
		switch (page_kind(file->page[at].state)) {
		case PAGE_PRESENT:
			mark_accessed(file, at);
			if (at == file->ra_mark && file->ra_size)
				read_ahead(file, at, false);
			at++;
			break;
		case PAGE_READING:
			host_wait_page(file->host, cache_page_index(file, at));
			break;
		default:
			read_ahead(file, at, true);
			break;
		}
	}
	cpu_sync();
}

/* Requests */

/* get_init_ra_size(), get_next_ra_size() */
static uint64_t init_ra_size(uint64_t size, uint64_t max)
{
	uint64_t pages = 1;

	while (pages < size)
		pages *= 2;
	if (pages <= max / 32)
		return pages * 4;
	return pages <= max / 4 ? pages * 2 : max;
}

static uint64_t next_ra_size(uint64_t size, uint64_t max)
{
	if (size < max / 16)
		return size * 4;
	return size <= max / 2 ? size * 2 : max;
}

/*
 * ondemand_readahead() at page @nr, for @request pages from there on; @marked: it is there, and
 * asks for more.  Left out: a look at what is cached in front of it (try_context_readahead()).
 */
static void ondemand_readahead(struct cache_file *file, uint64_t nr, uint64_t request,
			       bool marked)
{
	uint64_t max = request > RA_PAGES ? request : RA_PAGES, async, add;

	if (nr && file->ra_size && (marked || nr == file->ra_start + file->ra_size)) {
		file->ra_start += file->ra_size;
		file->ra_size = async = next_ra_size(file->ra_size, max);
	} else if (!nr || request > RA_PAGES || nr - file->prev <= 1) {
		file->ra_start = nr;
		file->ra_size = init_ra_size(request, max);
		async = file->ra_size > request ? file->ra_size - request : file->ra_size;
	} else {
		/* A small random read: what is asked for, and no more. */
		read_pages(file, nr, request, nr);
		return;
	}
	if (nr == file->ra_start && file->ra_size == async) {
		add = next_ra_size(file->ra_size, max);
		async = file->ra_size + add <= max ? add : max / 2;
		file->ra_size = file->ra_size + add <= max ? file->ra_size + add : max;
	}
	file->ra_mark = file->ra_start + file->ra_size - async;
	read_pages(file, file->ra_start, file->ra_size, marked ? UINT64_MAX : nr);
}

void cache_file_pread(struct cache_file *file, uint64_t first, uint64_t nr)
{
	uint64_t at = first, end = first + nr < file->nr_pages ? first + nr : file->nr_pages;

	while (at < end && !cache_reader_is_dead()) {
		switch (page_kind(file->page[at].state)) {
		case PAGE_PRESENT:
			mark_accessed(file, at);
			charge(COST_GUEST_FILE, 1);
			if (at == file->ra_mark && file->ra_size)
				ondemand_readahead(file, at, end - at, true);
			file->prev = at++;
			break;
		case PAGE_READING:
			host_wait_page(file->host, cache_page_index(file, at));
			break;
		default:
			file->missed += end - at;
			ondemand_readahead(file, at, end - at, false);
			break;
		}
	}
	cpu_sync();
}

void cache_file_fill(struct cache_file *file, uint64_t first, uint64_t nr, unsigned int times)
{
	uint64_t at, end = first + nr < file->nr_pages ? first + nr : file->nr_pages;
	unsigned int i;

	for (at = first; at < end; at++) {
		if (page_kind(file->page[at].state) == PAGE_NONE) {
			/* Before the run kswapd has seen to it that some frames are free. */
			if (file->host->free_pages <= file->host->wmark_high ||
			    !host_take_frames(file->memcg, 1, FRAMES_AHEAD))
				return;
			add_page(file, at);
		}
		for (i = 0; i < times; i++)
			mark_accessed(file, at);
	}
}

/*
 * drop_pagecache_sb(), invalidate_mapping_pages(): nobody was short of memory, so what comes back
 * is no refault, and what reclaim has left of pages goes, too.  What is dirty or being written
 * stays.
 */
static uint64_t drop_file(struct cache_file *file)
{
	uint64_t at, dropped = 0;

	for (at = 0; at < file->nr_pages; at++) {
		enum page_kind kind;

		if (!file->chunk[at >> RAM_CHUNK_SHIFT]) {
			at |= RAM_CHUNK_MASK;
			continue;
		}
		kind = page_kind(file->page[at].state);
		if (kind == PAGE_NONE)
			file->page[at].prev = 0;
		if (kind != PAGE_PRESENT ||
		    file->page[at].state & (PAGE_FILE_DIRTY | PAGE_FILE_WRITEBACK))
			continue;
		charge(COST_HOST_SCAN, 1);
		cache_drop_page(file, at, NULL);
		dropped++;
		sync_now_and_then();
	}
	return dropped;
}

uint64_t cache_drop_all(struct host *host)
{
	struct cache_file *file;
	uint64_t dropped = 0;

	for (file = host->files; file; file = file->next)
		dropped += drop_file(file);
	return dropped;
}
