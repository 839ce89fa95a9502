// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dirty pages of the host's page cache: who writes files, who writes them back, and who waits.
 *
 * Models generic_perform_write(), balance_dirty_pages() and domain_dirty_limits() of
 * mm/filemap.c and mm/page-writeback.c, and wb_do_writeback() of fs/fs-writeback.c, Linux 6.1.
 * Beyond vm.dirty_background_ratio of what could be dirty the flusher writes until it is less; what
 * is older than vm.dirty_expire_centisecs it writes in any case, looking every
 * vm.dirty_writeback_centisecs.  Whoever writes sleeps after each 32 pages once more than the mean
 * of both limits is dirty: as long as the disk takes for them, more the closer vm.dirty_ratio is
 * (pos_ratio_polynom()), and beyond that until there is less.  In a memory group of version 2 the
 * same holds for what the group could have dirty (mem_cgroup_wb_stats()).
 *
 * Left out: pages of which only a part is written (a request is whole pages of 4 KiB, as a guest's
 * are); what a file system has to write besides; a flusher for each disk: one thread writes all
 * files, a chunk of each in turn; the feedback by which 6.1 divides the disk's rate between several
 * writers (dirty_ratelimit), who here get more than that together, until they are closer to the
 * limit; fsync(); that what writes takes CPU time by extents rather than by pages.
 */
#include "page_cache.h"

#include <errno.h>

#include "cpu_psi.h"
#include "disk.h"
#include "hostmem.h"
#include "memory.h"

#define BLOCK_SHIFT 9			/* of the counts of dirty pages */
#define WRITE_PAGES 256			/* of one request; more are merged */
#define DIRTY_POLL_PAGES 32		/* DIRTY_POLL_THRESH */
#define MAX_PAUSE_NS (200 * NSEC_PER_MSEC_U64)	/* MAX_PAUSE */
#define MIN_WRITEBACK_PAGES UINT64_C(1024)
#define DIRTY_SCOPE 8
/* INIT_BW, BANDWIDTH_INTERVAL, and the period of wb_update_write_bandwidth(): 1024 ticks */
#define INIT_BANDWIDTH UINT64_C(25600)
#define BANDWIDTH_NS (200 * NSEC_PER_MSEC_U64)
#define BANDWIDTH_PERIOD_NS (1024 * HOST_JIFFY_NS)
#define CALC_SHIFT 10			/* RATELIMIT_CALC_SHIFT */

/* Pages of one request, all of them being written. */
struct file_write {
	struct disk_request rq;
	struct cache_file *file;
	struct file_write *next, **link;	/* in file->writes */
};

/* What there is, of the host or of a group: pages. */
struct dirty_domain {
	uint64_t dirty, writeback;
	uint64_t background, limit;
};

/* Limits */

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void set_limits(const struct host *host, struct dirty_domain *d, uint64_t available)
{
	d->limit = available * host->config.dirty_ratio / 100;
	d->background = available * host->config.dirty_background_ratio / 100;
	if (d->background >= d->limit)
		d->background = d->limit / 2;
}

/* global_dirtyable_memory(): free pages without those that are kept, and files. */
static struct dirty_domain host_domain(const struct host *host)
{
	const uint64_t *size = host->root.lru_size;
	struct dirty_domain d = { .dirty = host->dirty_pages,
				  .writeback = host->file_writeback };
	uint64_t free = host->free_pages;

	set_limits(host, &d, free - min_u64(free, host->wmark_high) + size[SCAN_INACTIVE_FILE] +
		   size[SCAN_ACTIVE_FILE] + 1);
	return d;
}

static bool is_below(const struct host_memcg *memcg, const struct host_memcg *above)
{
	return memcg == above || memcg_is_below(memcg, above);
}

/* mem_cgroup_wb_stats(), mdtc_calc_avail(): its files, and the room that it has, if it is clean. */
static struct dirty_domain group_domain(const struct host_memcg *memcg)
{
	const struct host *host = memcg->host;
	uint64_t files = memcg->lru_size[SCAN_INACTIVE_FILE] + memcg->lru_size[SCAN_ACTIVE_FILE];
	uint64_t room = UINT64_MAX, clean, other;
	struct dirty_domain all = host_domain(host), d = { 0 };
	const struct host_memcg *at;
	const struct cache_file *file;

	for (file = host->files; file; file = file->next) {
		if (!is_below(file->memcg, memcg))
			continue;
		d.dirty += file->nr_dirty;
		d.writeback += file->nr_writeback;
	}
	for (at = memcg; at->parent; at = at->parent) {
		uint64_t most = min_u64(at->max, at->high);

		room = min_u64(room, most > at->usage ? most - at->usage : 0);
	}
	clean = files - min_u64(files, d.dirty);
	other = all.limit * 100 / (host->config.dirty_ratio ? host->config.dirty_ratio : 1);
	other -= min_u64(other, files);
	set_limits(host, &d, d.dirty + clean + min_u64(room, other));
	return d;
}

struct cache_dirty cache_dirty(const struct host *host)
{
	struct dirty_domain d = host_domain(host);

	return (struct cache_dirty){ .dirty = d.dirty, .writeback = d.writeback,
				     .background = d.background, .limit = d.limit };
}

static bool over_background(const struct host *host)
{
	return host->dirty_pages > host_domain(host).background;
}

/* How fast the disk takes what is written: in windows, an average over some seconds. */
static void update_bandwidth(struct host *host)
{
	struct cache_flusher *f = &host->flusher;
	uint64_t now = host->engine->now, elapsed = now - f->stamp;
	uint64_t written = host->stats.file_written - f->written, rate;

	if (!f->bandwidth)
		f->bandwidth = INIT_BANDWIDTH;
	if (elapsed < BANDWIDTH_NS)
		return;
	rate = written * NSEC_PER_SEC_U64 / elapsed;
	f->stamp = now;
	f->written = host->stats.file_written;
	if (elapsed > BANDWIDTH_PERIOD_NS)
		f->bandwidth = rate;
	else
		f->bandwidth = ((unsigned __int128)rate * elapsed + (unsigned __int128)
				f->bandwidth * (BANDWIDTH_PERIOD_NS - elapsed)) /
			       BANDWIDTH_PERIOD_NS;
	if (!f->bandwidth)
		f->bandwidth = 1;
}

/* 1 + ((setpoint - dirty) / (limit - setpoint))^3, in 1/1024; beyond the limit 0. */
static uint64_t pos_ratio(const struct dirty_domain *d)
{
	int64_t dirty = d->dirty + d->writeback, limit = d->limit, x, ratio;
	int64_t setpoint = ((limit + (int64_t)d->background) / 2 + limit) / 2;

	if (dirty >= limit)
		return 0;
	x = (setpoint - dirty) * (1 << CALC_SHIFT) / ((limit - setpoint) | 1);
	ratio = x * x / (1 << CALC_SHIFT) * x / (1 << CALC_SHIFT) + (1 << CALC_SHIFT);
	return ratio < 0 ? 0 : ratio > 2 << CALC_SHIFT ? 2 << CALC_SHIFT : (uint64_t)ratio;
}

static bool in_freerun(const struct dirty_domain *d)
{
	return d->dirty + d->writeback <= (d->limit + d->background) / 2;
}

/* What the writer has to keep to, in 1/1024 of the disk's rate; UINT64_MAX: nothing. */
static uint64_t ratio_for(struct cache_file *file)
{
	struct host *host = file->host;
	struct dirty_domain d = host_domain(host), group;
	uint64_t ratio;

	if (d.dirty > d.background)
		cache_wake_flusher(host, false);
	ratio = in_freerun(&d) ? UINT64_MAX : pos_ratio(&d);
	if (!file->memcg->parent || host->config.cgroup_version == 1)
		return ratio;
	group = group_domain(file->memcg);
	if (group.dirty > group.background)
		cache_wake_flusher(host, true);
	return in_freerun(&group) ? ratio : min_u64(ratio, pos_ratio(&group));
}

/* The time that @nr pages have to take, less what has passed: how long to sleep (ns). */
static int64_t pause_for(struct cache_file *file, unsigned int nr, uint64_t rate)
{
	int64_t now = file->host->engine->now, pause;
	int64_t period = rate ? nr * NSEC_PER_SEC_U64 / rate : MAX_PAUSE_NS;

	pause = period - (now - file->paused);
	if (pause >= (int64_t)HOST_JIFFY_NS)
		return pause < (int64_t)MAX_PAUSE_NS ? pause : (int64_t)MAX_PAUSE_NS;
	/* It counts the next time; one who has been slow for long begins anew. */
	if (pause < -(int64_t)NSEC_PER_SEC_U64)
		file->paused = now;
	else
		file->paused += period;
	return 0;
}

/*
 * balance_dirty_pages(): the calling thread has made @nr pages dirty.  What 6.1 remembers of a task
 * is remembered of the file: threads of a VMM are as fast together as one writer.
 */
static void balance(struct cache_file *file, unsigned int nr)
{
	struct host *host = file->host;
	struct disk *disk = file->extent->disk;
	uint64_t ratio, rate;
	int64_t pause;

	do {
		ratio = ratio_for(file);
		if (ratio == UINT64_MAX) {
			file->paused = host->engine->now;
			return;
		}
		update_bandwidth(host);
		rate = host->flusher.bandwidth * ratio >> CALC_SHIFT;
		pause = pause_for(file, nr, rate);
		if (!pause)
			return;
		file->paused = host->engine->now + pause;
		host->stats.dirty_throttled_ns += pause;
		disk->dirty_slept = host->engine->now;
		disk->has_dirty_slept = true;
		throttle_dirty(host, pause);
	} while (!rate && !cache_reader_is_dead());
}

/* Writing to a file */

static uint16_t *count_of(const struct cache_file *file, uint64_t nr)
{
	return &file->dirty[nr >> BLOCK_SHIFT];
}

static void set_dirty(struct cache_file *file, uint64_t nr)
{
	struct host *host = file->host;
	uint32_t *state = &file->page[nr].state;

	if (*state & PAGE_FILE_DIRTY)
		return;
	*state |= PAGE_FILE_DIRTY;
	(*count_of(file, nr))++;
	if (!file->nr_dirty++)
		file->dirtied = host->engine->now;
	if (!host->dirty_pages++)
		cache_arm_flusher(host);
	host->stats.file_dirtied++;
}

static void clear_dirty(struct cache_file *file, uint64_t nr)
{
	file->page[nr].state &= ~PAGE_FILE_DIRTY;
	(*count_of(file, nr))--;
	file->nr_dirty--;
	file->host->dirty_pages--;
}

static void begin_write(struct cache_file *file)
{
	if (!file->dirty)
		file->dirty = host_reserve(((file->nr_pages >> BLOCK_SHIFT) + 1) *
					   sizeof(*file->dirty));
}

void cache_file_write(struct cache_file *file, uint64_t first, uint64_t nr)
{
	uint64_t at = first, end = first + nr < file->nr_pages ? first + nr : file->nr_pages;

	begin_write(file);
	while (at < end) {
		switch (page_kind(file->page[at].state)) {
		case PAGE_READING:
			host_wait_page(file->host, cache_page_index(file, at));
			continue;
		case PAGE_NONE:
			/* All of it is written, so that it need not be read. */
			if (!cache_add_page(file, at)) {
				if (cache_reader_is_dead())
					return;
				continue;
			}
			break;
		default:
			break;
		}
		charge(COST_GUEST_FILE, 1);
		set_dirty(file, at++);
		if (++file->unpaid == DIRTY_POLL_PAGES) {
			file->unpaid = 0;
			balance(file, DIRTY_POLL_PAGES);
		}
	}
	cpu_sync();
}

/* Writing back */

static void write_free(struct file_write *io)
{
	*io->link = io->next;
	if (io->next)
		io->next->link = io->link;
	host_free(io);
}

/* folio_end_writeback(): what reclaim has found meanwhile is the next that it looks at. */
static void end_writeback(struct cache_file *file, uint64_t nr)
{
	struct host *host = file->host;
	uint32_t *state = &file->page[nr].state, index = cache_page_index(file, nr);
	bool reclaim = *state & PAGE_FILE_RECLAIM;

	*state &= ~(PAGE_FILE_WRITEBACK | PAGE_FILE_RECLAIM);
	file->nr_writeback--;
	host->file_writeback--;
	host->stats.file_written++;
	if (reclaim && !(*state & PAGE_FILE_DIRTY))
		lru_move(host, index, false, LRU_PLACE_TAIL);
	throttle_page_written(host);
}

static void write_complete(struct disk_request *rq)
{
	struct file_write *io = (struct file_write *)rq;
	uint64_t i;

	for (i = 0; i < rq->nr; i++)
		end_writeback(io->file, rq->page + i);
	write_free(io);
}

static void write_release(struct disk_request *rq)
{
	host_free(rq);
}

void cache_abandon_writes(struct cache_file *file)
{
	struct file_write *io;

	for (io = file->writes; io; io = io->next)
		disk_abandon(&io->rq, write_release);
	if (file->dirty)
		host_release(file->dirty, ((file->nr_pages >> BLOCK_SHIFT) + 1) *
					  sizeof(*file->dirty));
}

static void submit(struct cache_file *file, uint64_t first, uint64_t nr)
{
	struct file_write *io = host_alloc(sizeof(*io));
	struct host *host = file->host;
	uint64_t i;

	for (i = first; i < first + nr; i++) {
		clear_dirty(file, i);
		file->page[i].state |= PAGE_FILE_WRITEBACK;
	}
	file->nr_writeback += nr;
	host->file_writeback += nr;
	io->file = file;
	io->rq = (struct disk_request){ .extent = file->extent, .page = first, .nr = nr,
					.write = true, .complete = write_complete,
					.kswapd = is_kswapd(host) };
	io->next = file->writes;
	io->link = &file->writes;
	if (io->next)
		io->next->link = &io->next;
	file->writes = io;
	disk_submit(&io->rq);
}

void cache_write_page(struct cache_file *file, uint64_t nr)
{
	submit(file, nr, 1);
}

static bool may_write(const struct cache_file *file, uint64_t nr)
{
	return (file->page[nr].state & (PAGE_FILE_DIRTY | PAGE_FILE_WRITEBACK)) == PAGE_FILE_DIRTY;
}

/* The next page from @from on that can be written; nr_pages: none. */
static uint64_t next_dirty(const struct cache_file *file, uint64_t from)
{
	while (from < file->nr_pages) {
		if (!*count_of(file, from)) {
			from = ((from >> BLOCK_SHIFT) + 1) << BLOCK_SHIFT;
			continue;
		}
		if (may_write(file, from))
			return from;
		from++;
	}
	return file->nr_pages;
}

/* write_cache_pages(): upwards, from where the last time ended (range_cyclic). */
static uint64_t write_chunk(struct cache_file *file, uint64_t budget)
{
	struct host *host = file->host;
	uint64_t done = 0, first, nr;

	while (done < budget && file->nr_dirty) {
		throttle_wait_tag(host, file->extent->disk, DISK_WRITER_FLUSHER);
		first = next_dirty(file, file->write_from);
		if (first == file->nr_pages) {
			file->write_from = 0;
			break;
		}
		for (nr = 1; nr < WRITE_PAGES && first + nr < file->nr_pages &&
		     may_write(file, first + nr); nr++)
			;
		submit(file, first, nr);
		file->write_from = first + nr;
		charge(COST_GUEST_FILE, nr);
		done += nr;
		sync_now_and_then();
	}
	return done;
}

/* writeback_chunk_size() */
static uint64_t chunk_pages(struct host *host)
{
	uint64_t pages;

	update_bandwidth(host);
	pages = min_u64(host->flusher.bandwidth / 2, host_domain(host).limit / DIRTY_SCOPE);
	return (pages + MIN_WRITEBACK_PAGES) / MIN_WRITEBACK_PAGES * MIN_WRITEBACK_PAGES;
}

static bool is_due(const struct cache_file *file, bool all)
{
	const struct host *host = file->host;

	return file->nr_dirty && (all || over_background(host) ||
				  host->engine->now - file->dirtied >=
				  host->config.dirty_expire_ns);
}

/* One turn over all files; returns how much was written. */
static uint64_t write_files(struct host *host, bool all)
{
	struct cache_file *file;
	uint64_t nr = 0;

	for (file = host->files; file; file = file->next) {
		uint64_t from = file->write_from, done;

		if (!is_due(file, all))
			continue;
		done = write_chunk(file, chunk_pages(host));
		/* From the start again, unless that is where it has begun. */
		if (!done && from)
			done = write_chunk(file, chunk_pages(host));
		nr += done;
		/* What is dirty still has become so lately (redirty_tail()). */
		if (!file->write_from)
			file->dirtied = host->engine->now;
	}
	return nr;
}

static void flusher_main(void *arg)
{
	struct host *host = arg;
	struct cache_flusher *f = &host->flusher;
	uint64_t left, nr;
	bool all;

	for (;;) {
		cpu_sync();
		all = f->all;
		f->all = f->woken = false;
		if (!host->file_writeback) {	/* wb_bandwidth_estimate_start() */
			f->stamp = host->engine->now;
			f->written = host->stats.file_written;
		}
		/* If all are asked for, those that are dirty now. */
		left = host->dirty_pages;
		while ((nr = write_files(host, all)))
			all = all && nr < left && (left -= nr);
		if (host->dirty_pages)
			cache_arm_flusher(host);
		if (f->woken)
			continue;
		f->thread.wait_forever = true;
		cpu_block("dirty pages");
		f->thread.wait_forever = false;
	}
}

/* Of runs in which nobody writes to files the thread is no part. */
void cache_wake_flusher(struct host *host, bool all)
{
	struct cache_flusher *f = &host->flusher;

	f->all |= all;
	f->woken = true;
	if (!f->co) {
		f->co = coro_create("flusher", flusher_main, host, CORO_STACK_DEFAULT);
		if (!f->co)
			return;
		cpu_thread_init(&f->thread, &host->cpus, "kworker/flush", f->co,
				&host->kswapd_account);
	}
	cpu_wake(&f->thread);
}

static void look_fn(struct event *ev)
{
	struct host *host = event_owner(ev, struct host, flusher.look);

	cache_wake_flusher(host, false);
}

/* wb_wakeup_delayed() */
void cache_arm_flusher(struct host *host)
{
	struct event *look = &host->flusher.look;

	if (event_pending(look))
		return;
	event_init(look, look_fn);
	event_add(host->engine, look, host->engine->now + host->config.dirty_writeback_ns);
}

void cache_flusher_destroy(struct host *host)
{
	event_cancel(host->engine, &host->flusher.look);
	if (host->flusher.co)
		coro_destroy(host->flusher.co);
}
