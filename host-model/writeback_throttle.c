// SPDX-License-Identifier: GPL-2.0-only
/*
 * How many writes may be under way to a device: the more, the less reads suffer.
 *
 * Models block/blk-wbt.c with block/blk-rq-qos.c of Linux 6.1 (CONFIG_BLK_WBT_MQ): at first 16 for
 * kswapd and 8 for others, 4 if somebody has read lately, and for the flusher; 16 for all while
 * somebody waits for dirty pages to be written.  In windows of 100 ms it looks at the
 * fastest read: if that was too slow, there may be half as many, else, or if nobody reads, twice as
 * many, up to three quarters of the device's queue.  Left out: a device without a write cache lets
 * waiters in one by one.
 */
#include "disk.h"

#include "coro.h"
#include "host.h"
#include "memory.h"

#define WINDOW_NS (100 * NSEC_PER_MSEC_U64)	/* RWB_WINDOW_NSEC */
#define DEFAULT_DEPTH 16			/* RWB_DEF_DEPTH */
#define MIN_WRITE_SAMPLES 3			/* RWB_MIN_WRITE_SAMPLES */
#define UNKNOWN_BUMP 5				/* RWB_UNKNOWN_BUMP */
/* wbt_default_latency_nsec() */
#define LATENCY_FLASH_NS (2 * NSEC_PER_MSEC_U64)
#define LATENCY_ROTATING_NS (75 * NSEC_PER_MSEC_U64)

static uint64_t wanted_latency(const struct disk *disk)
{
	return disk->config.kind == DISK_HDD ? LATENCY_ROTATING_NS : LATENCY_FLASH_NS;
}

/* rq_depth_calc_max_depth(); returns whether it is as large as it gets. */
static bool calc_depth(struct wbt *wbt, unsigned int queue_depth)
{
	unsigned int depth = queue_depth < DEFAULT_DEPTH ? queue_depth : DEFAULT_DEPTH;
	unsigned int most = 3 * queue_depth / 4;
	bool maximal = false;

	if (queue_depth == 1) {
		wbt->max_depth = wbt->step > 0 ? 1 : 2;
		return wbt->step < 0;
	}
	if (wbt->step > 0) {
		depth = 1 + ((depth - 1) >> (wbt->step < 31 ? wbt->step : 31));
	} else if (wbt->step < 0) {
		depth = 1 + ((depth - 1) << (wbt->step > -16 ? -wbt->step : 16));
		maximal = depth > most;
		depth = maximal ? most : depth;
	}
	wbt->max_depth = depth;
	return maximal;
}

/* A SCSI disk's: half of the requests that its queue has. */
static unsigned int queue_depth(const struct disk *disk)
{
	return disk->config.nr_requests > 1 ? disk->config.nr_requests / 2 : 1;
}

static void scale_up(struct disk *disk)
{
	struct wbt *wbt = &disk->wbt;

	if (wbt->maximal)
		return;
	wbt->step--;
	wbt->maximal = calc_depth(wbt, queue_depth(disk));
	wbt->unknown = 0;
}

static void scale_down(struct disk *disk, bool hard)
{
	struct wbt *wbt = &disk->wbt;

	if (wbt->max_depth == 1)
		return;
	wbt->step = wbt->step < 0 && hard ? 0 : wbt->step + 1;
	wbt->maximal = false;
	calc_depth(wbt, queue_depth(disk));
	wbt->unknown = 0;
}

static bool latency_exceeded(const struct disk *disk)
{
	const struct wbt *wbt = &disk->wbt;
	uint64_t waits = wbt->read ? disk->engine->now - wbt->read_issued : 0;

	return waits > wbt->window ||
	       (waits > wanted_latency(disk) && !wbt->nr_reads) ||
	       (wbt->nr_reads && wbt->nr_writes >= MIN_WRITE_SAMPLES &&
		wbt->least_read > wanted_latency(disk));
}

static unsigned int nr_inflight(const struct wbt *wbt)
{
	return wbt->inflight[0] + wbt->inflight[1];
}

/* wb_timer_fn() */
static void end_window(struct disk *disk)
{
	struct wbt *wbt = &disk->wbt;
	bool valid = wbt->nr_reads && wbt->nr_writes >= MIN_WRITE_SAMPLES;

	if (latency_exceeded(disk)) {
		scale_down(disk, true);
	} else if (valid || wbt->nr_writes || nr_inflight(wbt)) {
		scale_up(disk);
	} else if (++wbt->unknown >= UNKNOWN_BUMP) {
		if (wbt->step > 0)
			scale_up(disk);
		else if (wbt->step < 0)
			scale_down(disk, false);
	}
}

static void arm(struct disk *disk)
{
	struct wbt *wbt = &disk->wbt;

	wbt->window = WINDOW_NS;
	if (wbt->step > 0)
		wbt->window = (WINDOW_NS << 4) / host_isqrt((uint64_t)(wbt->step + 1) << 8);
	wbt->nr_reads = wbt->nr_writes = 0;
	wbt->least_read = UINT64_MAX;
	event_add(disk->engine, &wbt->timer, disk->engine->now + wbt->window);
}

static void timer_fn(struct event *ev)
{
	struct disk *disk = event_owner(ev, struct disk, wbt.timer);

	end_window(disk);
	if (disk->wbt.step || nr_inflight(&disk->wbt))
		arm(disk);
}

void wbt_init(struct disk *disk)
{
	event_init(&disk->wbt.timer, timer_fn);
	calc_depth(&disk->wbt, queue_depth(disk));
}

void wbt_issue(struct disk *disk, const struct disk_request *rq)
{
	struct wbt *wbt = &disk->wbt;

	if (rq->write)
		return;
	wbt->last_read = disk->engine->now;
	wbt->has_read = true;
	if (!wbt->read) {
		wbt->read = rq;
		wbt->read_issued = disk->engine->now;
	}
}

void wbt_done(struct disk *disk, const struct disk_request *rq, uint64_t ns)
{
	struct wbt *wbt = &disk->wbt;

	if (rq->write) {
		wbt->nr_writes++;
		return;
	}
	wbt->last_read = disk->engine->now;
	wbt->nr_reads++;
	if (ns < wbt->least_read)
		wbt->least_read = ns;
	if (wbt->read == rq)
		wbt->read = NULL;
}

/* wb_recent_wait(), close_io() */
static bool somebody_slept(const struct disk *disk)
{
	return disk->has_dirty_slept &&
	       disk->engine->now < disk->dirty_slept + NSEC_PER_SEC_U64;
}

static bool somebody_reads(const struct disk *disk)
{
	return disk->wbt.has_read && disk->engine->now < disk->wbt.last_read + WINDOW_NS;
}

/* get_limit(), rq_wait_inc_below() */
bool wbt_must_wait(struct disk *disk, enum disk_writer who)
{
	struct wbt *wbt = &disk->wbt;
	unsigned int limit = wbt->max_depth;

	if (!event_pending(&wbt->timer))
		arm(disk);
	if (who == DISK_WRITER_KSWAPD)
		return wbt->inflight[1] >= limit;
	if (somebody_slept(disk))
		return wbt->inflight[0] >= limit;
	if (who == DISK_WRITER_FLUSHER || somebody_reads(disk))
		return wbt->inflight[0] >= (limit + 3) / 4;
	return wbt->inflight[0] >= (limit + 1) / 2;
}
