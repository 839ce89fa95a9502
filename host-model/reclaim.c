// SPDX-License-Identifier: GPL-2.0-only
/*
 * When the host reclaims memory, and who does: watermarks, kswapd, direct reclaim.
 *
 * Models balance_pgdat() and try_to_free_pages() of mm/vmscan.c and __alloc_pages_slowpath() of
 * mm/page_alloc.c (Linux 6.1).  Which pages go is shrink.c's to say, who waits meanwhile
 * throttle.c's.
 */
#include "memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "cpu_psi.h"
#include "hostmem.h"
#include "shrink.h"
#include "swap.h"

static void wake_kswapd(struct host *host)
{
	if (host->kswapd_failures >= RECLAIM_RETRIES || !host->kswapd.wait_forever)
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

uint64_t reclaim_try_to_free(struct host_memcg *target, uint64_t nr)
{
	struct scan_control sc = {
		.target = target, .nr_to_reclaim = nr > SWAP_CLUSTER_MAX ? nr : SWAP_CLUSTER_MAX,
	};
	struct host *host = target->host;
	uint64_t cause = reclaim_begin(host);
	bool again, nested = psi_memstall_enter();

	do {
		again = false;
		sc.skipped_deactivate = sc.low_skipped = false;
		for (sc.priority = DEF_PRIORITY; sc.priority >= 0; sc.priority--) {
			sc.nr_scanned = 0;
			shrink_node(&sc);
			throttle_progress(&sc);
			if (sc.nr_reclaimed >= sc.nr_to_reclaim)
				break;
		}
		host->lru->end(target);
		/* Nothing, but there may be active pages, or groups, that were spared. */
		if (!sc.nr_reclaimed && sc.skipped_deactivate && !sc.force_deactivate) {
			again = sc.force_deactivate = true;
		} else if (!sc.nr_reclaimed && sc.low_skipped && !sc.low_reclaim) {
			sc.force_deactivate = false;
			again = sc.low_reclaim = true;
		}
	} while (again);
	psi_memstall_leave(nested);
	coro_current->ctx.cause = cause;
	return sc.nr_reclaimed;
}

/*
 * balance_pgdat(): one round after the other, each scanning more, until frames are free.  What is
 * being written does not count yet (pgdat_balanced()), so that on a slow device as much is under
 * way as its queue takes.
 */
static void balance(struct host *host)
{
	struct scan_control sc = { .target = &host->root, .priority = DEF_PRIORITY,
				   .nr_to_reclaim = host->total_high_wmark };

	host->stats.kswapd_runs++;
	if (sc.nr_to_reclaim < SWAP_CLUSTER_MAX)
		sc.nr_to_reclaim = SWAP_CLUSTER_MAX;
	while (sc.priority >= 1 && host->free_pages < host->wmark_high) {
		uint64_t before = sc.nr_reclaimed;

		host->lru->age(host, &sc);
		sc.nr_scanned = 0;
		shrink_node(&sc);
		if (sc.nr_scanned < sc.nr_to_reclaim || sc.nr_reclaimed == before)
			sc.priority--;
		cpu_sync();
	}
	host->lru->end(&host->root);
	if (!sc.nr_reclaimed)
		host->kswapd_failures++;
}

static void kswapd_main(void *arg)
{
	struct host *host = arg;
	bool nested;

	for (;;) {
		host->kswapd.wait_forever = true;
		cpu_block("kswapd sleeps");
		host->kswapd.wait_forever = false;
		if (host->free_pages >= host->wmark_high)
			continue;
		reclaim_begin(host);
		nested = psi_memstall_enter();
		while (host->free_pages < host->wmark_high &&
		       host->kswapd_failures < RECLAIM_RETRIES)
			balance(host);
		psi_memstall_leave(nested);
		host->all_in_writeback = host->all_dirty = false;
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
static bool direct_reclaim(struct host *host, unsigned int *retries)
{
	host->stats.direct_reclaims++;
	if (reclaim_try_to_free(&host->root, SWAP_CLUSTER_MAX) || throttle_until_written(host)) {
		cpu_sync();
		*retries = 0;
		return true;
	}
	if (++*retries < RECLAIM_RETRIES)
		return true;
	*retries = 0;
	return host_out_of_memory(&host->root);
}

/*
 * Before its vCPUs run a guest fills free memory in no time (page_poison, init_on_free), so nothing
 * can be reclaimed for it: the caller would ask for ever.
 */
static void __attribute__((noreturn)) cannot_wait(void)
{
	fprintf(stderr, "ballast: a guest fills all of its memory when it boots (page-poison, "
		"init-on-free), and the host, or the guest's memory group, has no more of it; "
		"allowed: guests that fit into free memory when they start\n");
	exit(2);
}

static uint64_t inactive_pages(const struct host *host)
{
	return host->root.lru_size[SCAN_INACTIVE_FILE] +
	       (memcg_free_swap(&host->root) ? host->root.lru_size[SCAN_INACTIVE_ANON] : 0);
}

uint64_t host_reclaimable_pages(const struct host *host)
{
	return inactive_pages(host) + host->root.lru_size[SCAN_ACTIVE_FILE] +
	       (memcg_free_swap(&host->root) ? host->root.lru_size[SCAN_ACTIVE_ANON] : 0);
}

/*
 * try_to_free_pages() for an order that compaction could make: pass by pass more is looked at, and
 * of each as long as something comes of it and is needed (should_continue_reclaim()), until there
 * is twice that above the low watermark (compaction_ready()).  It is one attempt, without the OOM
 * killer: __alloc_pages_slowpath() does not retry such orders.
 */
static void reclaim_for_huge(struct host *host)
{
	struct scan_control sc = { .target = &host->root, .nr_to_reclaim = SWAP_CLUSTER_MAX };
	uint64_t cause = reclaim_begin(host), before;
	uint64_t enough = host->wmark_low + 2 * HOST_PMD_PAGES;
	bool nested = psi_memstall_enter();

	host->stats.direct_reclaims++;
	for (sc.priority = DEF_PRIORITY; sc.priority >= 0; sc.priority--) {
		sc.nr_scanned = 0;
		do {
			before = sc.nr_reclaimed;
			shrink_node(&sc);
		} while (sc.nr_reclaimed > before && host->free_pages < enough &&
			 inactive_pages(host) > 2 * HOST_PMD_PAGES);
		throttle_progress(&sc);
		if (sc.nr_reclaimed >= sc.nr_to_reclaim || host->free_pages >= enough)
			break;
	}
	host->lru->end(&host->root);
	psi_memstall_leave(nested);
	coro_current->ctx.cause = cause;
}

static bool have_room(const struct host *host, uint64_t nr)
{
	return host->free_pages >= nr + host->wmark_min;
}

/*
 * Frames that can be done without.  For a huge page of a mapping that is madvised a fault reclaims
 * itself and does not wake kswapd (vma_thp_gfp_mask()).
 */
static bool make_room_optional(struct host *host, uint64_t nr, enum frames_for what)
{
	if (host->free_pages < nr + host->wmark_low && what == FRAMES_AHEAD)
		wake_kswapd(host);
	if (!have_room(host, nr) && what == FRAMES_HUGE && !host->config.thp_no_reclaim)
		reclaim_for_huge(host);
	return have_room(host, nr);
}

static bool make_room(struct host *host, uint64_t nr, enum frames_for what)
{
	unsigned int retries = 0;

	if (what != FRAMES_NEEDED)
		return make_room_optional(host, nr, what);
	while (!have_room(host, nr)) {
		wake_kswapd(host);
		if (!direct_reclaim(host, &retries))
			return false;
	}
	return true;
}

/* Nobody is there to wait. */
static bool take_at_once(struct host_memcg *memcg, uint64_t nr, enum frames_for what)
{
	struct host *host = memcg->host;
	bool taken = host->free_pages >= nr && memcg_charge(memcg, nr, what);

	if (taken)
		take(host, nr);
	else if (what == FRAMES_NEEDED)
		cannot_wait();
	return taken;
}

/* Whoever waits has nothing yet: it may be killed meanwhile. */
bool host_take_frames(struct host_memcg *memcg, uint64_t nr, enum frames_for what)
{
	struct host *host = memcg->host;

	if (!coro_current->ctx.thread)
		return take_at_once(memcg, nr, what);
	if (what != FRAMES_AHEAD)
		memcg_throttle(memcg);
	for (;;) {
		if (!make_room(host, nr, what) || !memcg_charge(memcg, nr, what))
			return false;
		if (have_room(host, nr))
			break;
		memcg_uncharge(memcg, nr);
	}
	take(host, nr);
	return true;
}

void host_make_room_ahead(struct host_memcg *memcg, uint64_t nr)
{
	if (!have_room(memcg->host, nr))
		reclaim_try_to_free(&memcg->host->root, nr);
	memcg_make_room(memcg, nr);
}

void host_put_frames(struct host_memcg *memcg, uint64_t nr)
{
	struct host *host = memcg->host;

	memcg_uncharge(memcg, nr);
	note_footprint(host);
	host->free_pages += nr;
}
