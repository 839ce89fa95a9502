// SPDX-License-Identifier: GPL-2.0-only
/*
 * When the host reclaims memory, and who does: watermarks, kswapd, direct reclaim, and waiting.
 *
 * Models balance_pgdat() and try_to_free_pages() of mm/vmscan.c and __alloc_pages_slowpath() of
 * mm/page_alloc.c (Linux 6.1).  Which pages go is shrink.c's to say.  Left out: memory cgroups,
 * throttling by anything but the swap device's queue.
 */
#include "memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hostmem.h"
#include "swap.h"

#define SWAP_CLUSTER_MAX SWAP_BATCH
/* What a request queue holds before its submitters wait (BLKDEV_DEFAULT_RQ of linux/blkdev.h). */
#define QUEUE_MAX 128
/* And of 128 KiB each. */
#define WRITEBACK_MAX (QUEUE_MAX * SWAP_BATCH)
/* MAX_RECLAIM_RETRIES of mm/internal.h */
#define MAX_RETRIES 16

struct memory_waiter {
	struct cpu_thread *thread;
	struct memory_waiter *next;
};

bool reclaim_queue_is_full(const struct host *host)
{
	return host->writeback_pages >= WRITEBACK_MAX ||
	       (host->swap && host->swap->nr_queued >= QUEUE_MAX);
}

static void wake_memory_waiters(struct host *host)
{
	struct memory_waiter *w = host->waiters;

	host->waiters = NULL;
	for (; w; w = w->next)
		cpu_wake(w->thread);
}

static void wait_for_memory(struct host *host, const char *why)
{
	struct memory_waiter waiter = { .thread = coro_current->ctx.thread };
	struct memory_waiter **link = &host->waiters;

	while (*link)
		link = &(*link)->next;
	*link = &waiter;
	cpu_stall(why);
	/* Woken by something else: nobody may find this stack frame later. */
	for (link = &host->waiters; *link; link = &(*link)->next) {
		if (*link == &waiter) {
			*link = waiter.next;
			break;
		}
	}
}

void reclaim_forget_vm(struct host *host, const struct kvm_vm *vm)
{
	struct memory_waiter **m = &host->waiters;
	struct page_waiter **p = &host->page_waiters;

	while (*m) {
		if ((*m)->thread->vm == vm)
			*m = (*m)->next;
		else
			m = &(*m)->next;
	}
	while (*p) {
		if ((*p)->thread->vm == vm)
			*p = (*p)->next;
		else
			p = &(*p)->next;
	}
}

static void wake_kswapd(struct host *host)
{
	if (host->kswapd_failures >= MAX_RETRIES || !host->kswapd.wait_forever)
		return;
	host->kswapd_cause = coro_current->ctx.cause;
	cpu_wake(&host->kswapd);
}

/*
 * Reclaim begins: what it does is done in its name.  Returns in whose name the code ran before.
 * kswapd works for whom it was woken by.
 */
static uint64_t reclaim_begin(struct host *host)
{
	const struct host_observer *observer = host->observer;
	const struct cpu_thread *thread = coro_current->ctx.thread;
	uint64_t old = coro_current->ctx.cause, id = host_new_id(host);

	if (observer && observer->reclaim)
		observer->reclaim(host, thread->vm, id,
				  thread == &host->kswapd ? host->kswapd_cause : old);
	coro_current->ctx.cause = id;
	return old;
}

/* Nothing goes before the device has written something. */
static bool cannot_shrink(const struct host *host)
{
	return reclaim_queue_is_full(host) && !host->lru[SCAN_INACTIVE_FILE].nr_pages &&
	       !host->lru[SCAN_ACTIVE_FILE].nr_pages;
}

/* do_try_to_free_pages(): until so many pages are free; returns how many were freed. */
static uint64_t try_to_free_pages(struct host *host, uint64_t nr)
{
	struct scan_control sc = { .nr_to_reclaim = nr };
	uint64_t cause = reclaim_begin(host);

	do {
		sc.skipped_deactivate = false;
		for (sc.priority = DEF_PRIORITY; sc.priority >= 0; sc.priority--) {
			shrink_node(host, &sc);
			if (sc.nr_reclaimed >= nr || sc.queue_full)
				break;
		}
		shrink_snapshot_refaults(host);
		if (sc.force_deactivate)
			break;
		/* Nothing, but there may be active pages that were spared. */
		sc.force_deactivate = true;
	} while (!sc.nr_reclaimed && sc.skipped_deactivate);
	coro_current->ctx.cause = cause;
	return sc.nr_reclaimed;
}

/*
 * One round after the other, each scanning more, until frames are free.  What is being written does
 * not count yet (pgdat_balanced()), so that on a slow device as much is under way as its queue
 * takes.
 */
static void balance(struct host *host)
{
	struct scan_control sc = { .priority = DEF_PRIORITY, .nr_to_reclaim = host->wmark_high };

	host->stats.kswapd_runs++;
	if (sc.nr_to_reclaim < SWAP_CLUSTER_MAX)
		sc.nr_to_reclaim = SWAP_CLUSTER_MAX;
	while (sc.priority >= 1 && host->free_pages < host->wmark_high) {
		uint64_t before = sc.nr_reclaimed;

		shrink_age_anon(host);
		sc.nr_scanned = 0;
		sc.queue_full = false;
		shrink_node(host, &sc);
		/* Nothing is left but what is being written: its submitter waits for a tag. */
		if (sc.nr_reclaimed == before && host->writeback_pages &&
		    (sc.queue_full || sc.priority == 1)) {
			wait_for_memory(host, "swap-out");
			continue;
		}
		if (sc.nr_scanned < sc.nr_to_reclaim || sc.nr_reclaimed == before)
			sc.priority--;
		cpu_sync();
	}
	shrink_snapshot_refaults(host);
	host->kswapd_failures = sc.nr_reclaimed ? 0 : host->kswapd_failures + 1;
}

static void kswapd_main(void *arg)
{
	struct host *host = arg;

	for (;;) {
		host->kswapd.wait_forever = true;
		cpu_block("kswapd sleeps");
		host->kswapd.wait_forever = false;
		if (host->free_pages >= host->wmark_high)
			continue;
		reclaim_begin(host);
		while (host->free_pages < host->wmark_high &&
		       host->kswapd_failures < MAX_RETRIES)
			balance(host);
		coro_current->ctx.cause = 0;
	}
}

int reclaim_init(struct host *host)
{
	struct coro *co = coro_create("kswapd", kswapd_main, host, CORO_STACK_DEFAULT);

	if (!co)
		return -ENOMEM;
	host_setup_watermarks(host);
	cpu_thread_init(&host->kswapd, &host->cpus, "kswapd", co, &host->kswapd_account);
	cpu_wake(&host->kswapd);
	return 0;
}

void reclaim_destroy(struct host *host)
{
	if (host->kswapd.co)
		coro_destroy(host->kswapd.co);
}

/* Before the number of frames in use changes. */
static void note_footprint(struct host *host)
{
	uint64_t now = host->engine->now;

	host->footprint += (unsigned __int128)host_used_pages(host) *
			   (now - host->footprint_until);
	host->footprint_until = now;
}

uint64_t host_footprint(struct host *host)
{
	note_footprint(host);
	return host->footprint / NSEC_PER_MSEC_U64;
}

static void take(struct host *host, uint64_t nr)
{
	note_footprint(host);
	host->free_pages -= nr;
	if (host_used_pages(host) > host->stats.peak_used)
		host->stats.peak_used = host_used_pages(host);
	if (host->free_pages < host->wmark_low)
		wake_kswapd(host);
}

/* The calling thread frees memory itself; returns false when even killing did not help. */
static bool direct_reclaim(struct host *host, uint64_t nr, unsigned int *retries)
{
	bool blocked = cannot_shrink(host);

	host->stats.direct_reclaims++;
	if (blocked || try_to_free_pages(host, SWAP_CLUSTER_MAX) || host->writeback_pages) {
		/* Without waiting, nothing more would become free: no time passes here. */
		if (host->free_pages < nr + host->wmark_min && (blocked || host->writeback_pages))
			wait_for_memory(host, "direct reclaim");
		else
			cpu_sync();
		*retries = 0;
		return true;
	}
	if (++*retries < MAX_RETRIES)
		return true;
	*retries = 0;
	return host_out_of_memory(host);
}

/*
 * Before its vCPUs run a guest fills free memory in no time (page_poison, init_on_free), so nothing
 * can be reclaimed for it: the caller would ask for ever.
 */
static void __attribute__((noreturn)) cannot_wait(void)
{
	fprintf(stderr, "ballast: a guest fills all of its memory when it boots (page-poison, "
		"init-on-free), and the host has no more of it; allowed: guests that fit into the "
		"host's free memory when they start\n");
	exit(2);
}

static uint64_t inactive_pages(const struct host *host)
{
	return host->lru[SCAN_INACTIVE_FILE].nr_pages +
	       (shrink_can_swap(host) ? host->lru[SCAN_INACTIVE_ANON].nr_pages : 0);
}

/*
 * try_to_free_pages() for an order that compaction could make: pass by pass more is looked at,
 * until as much is freed as is needed, or there is twice that above the low watermark
 * (should_continue_reclaim(), compaction_ready()).  What is being written is not free yet.  It is
 * one attempt, without the OOM killer: __alloc_pages_slowpath() does not retry such orders.
 */
static void reclaim_for_huge(struct host *host, uint64_t nr)
{
	struct scan_control sc = { .nr_to_reclaim = nr };
	uint64_t cause = reclaim_begin(host), enough = host->wmark_low + 2 * nr;
	uint64_t written = host->stats.swap_out + nr, before;
	bool last;

	host->stats.direct_reclaims++;
	do {
		last = host->stats.swap_out >= written;
		sc.queue_full = false;
		for (sc.priority = DEF_PRIORITY; sc.priority >= 0 && sc.nr_reclaimed < nr &&
		     !sc.queue_full; sc.priority--) {
			do {
				before = sc.nr_reclaimed;
				shrink_node(host, &sc);
			} while (sc.nr_reclaimed > before && host->free_pages < enough &&
				 inactive_pages(host) > 2 * nr && !sc.queue_full);
		}
		if (last || sc.nr_reclaimed >= nr || host->free_pages >= enough ||
		    !host->writeback_pages)
			break;
		wait_for_memory(host, "direct reclaim");
	} while (true);
	shrink_snapshot_refaults(host);
	coro_current->ctx.cause = cause;
}

/*
 * Frames that can be done without.  For a huge page of a mapping that is madvised a fault reclaims
 * itself and does not wake kswapd (vma_thp_gfp_mask()).
 */
static bool take_optional(struct host *host, uint64_t nr, enum frames_for what)
{
	if (host->free_pages < nr + host->wmark_low && what == FRAMES_AHEAD)
		wake_kswapd(host);
	if (host->free_pages < nr + host->wmark_min && what == FRAMES_HUGE &&
	    !host->config.thp_no_reclaim)
		reclaim_for_huge(host, nr);
	if (host->free_pages < nr + host->wmark_min)
		return false;
	take(host, nr);
	return true;
}

bool host_take_frames(struct host *host, uint64_t nr, enum frames_for what)
{
	unsigned int retries = 0;

	if (!coro_current->ctx.thread) {
		if (host->free_pages < nr && what == FRAMES_NEEDED)
			cannot_wait();
		if (host->free_pages < nr)
			return false;
		take(host, nr);
		return true;
	}
	if (what != FRAMES_NEEDED)
		return take_optional(host, nr, what);
	while (host->free_pages < nr + host->wmark_min) {
		wake_kswapd(host);
		if (!direct_reclaim(host, nr, &retries))
			return false;
	}
	take(host, nr);
	return true;
}

void host_put_frames(struct host *host, uint64_t nr)
{
	note_footprint(host);
	host->free_pages += nr;
	if (nr)
		host->kswapd_failures = 0;
	/* When nothing is under way any more, whoever waits has to look for more. */
	if (host->waiters && (host->free_pages > host->wmark_min || !host->writeback_pages))
		wake_memory_waiters(host);
}

void reclaim_wake_for_written(struct host *host)
{
	host->kswapd_failures = 0;
	if (host->waiters)
		wake_memory_waiters(host);
}

void reclaim_wake_waiters(struct host *host)
{
	struct page_waiter **link = &host->page_waiters;

	while (*link) {
		struct page_waiter *w = *link;

		if (page_kind(page_of_index(host, w->index)->state) == PAGE_READING) {
			link = &w->next;
			continue;
		}
		*link = w->next;
		w->index = 0;
		cpu_wake(w->thread);
	}
}

void host_add_page_waiter(struct host *host, struct page_waiter *waiter)
{
	struct page_waiter **link = &host->page_waiters;

	while (*link)
		link = &(*link)->next;
	waiter->next = NULL;
	*link = waiter;
}

void host_del_page_waiter(struct host *host, struct page_waiter *waiter)
{
	struct page_waiter **link = &host->page_waiters;

	while (*link && *link != waiter)
		link = &(*link)->next;
	if (*link)
		*link = waiter->next;
}

void host_wait_page(struct host *host, uint32_t index)
{
	struct page_waiter waiter = { .thread = coro_current->ctx.thread, .index = index };

	host_add_page_waiter(host, &waiter);
	while (waiter.index)
		cpu_stall(file_of_index(host, index) ? "a file's page" : "swap-in");
}
