// SPDX-License-Identifier: GPL-2.0-only
/*
 * Host reclaim: watermarks, kswapd, direct reclaim over the active and inactive lists.
 *
 * Models mm/vmscan.c of Linux 6.1 without the multi-generational LRU: new anonymous pages start
 * on the inactive list; one found accessed gets a second round, one found accessed twice is
 * activated (folio_check_references()); the active list is shrunk while inactive_is_low().  A 2
 * MiB leaf that is to go is split first and its pages are judged one by one, as happens where
 * swap has no whole clusters.  Left out: page cache of the host, memory cgroups, workingset
 * refault distances.
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
/* DEF_PRIORITY of include/linux/mmzone.h */
#define DEF_PRIORITY 12
/* Rounds over both lists before reclaim gives up: clear, look again, evict, and one spare. */
#define MAX_ROUNDS 4

struct memory_waiter {
	struct cpu_thread *thread;
	struct memory_waiter *next;
};

struct page_waiter {
	struct cpu_thread *thread;
	uint32_t index;
	struct page_waiter *next;
};

static bool inactive_is_low(const struct host *host)
{
	uint64_t total = host->active.nr_pages + host->inactive.nr_pages;
	uint64_t gb = total >> (30 - HOST_PAGE_SHIFT);
	uint64_t ratio = gb ? host_isqrt(10 * gb) : 1;

	return host->inactive.nr_pages * ratio < host->active.nr_pages;
}

/*
 * @nr pages leave and enter the lists.  lru_lock is held for that only, in slices of
 * SWAP_CLUSTER_MAX (isolate_lru_folios(), move_folios_to_lru()); all of COST_HOST_SCAN counts
 * as held, although the look at the rmap, which is a part of it, is taken outside.
 */
static void charge_scan(struct host *host, unsigned int nr)
{
	uint64_t since = cpu_lock_begin();

	if (!nr)
		return;
	charge(COST_HOST_SCAN, nr);
	host->stats.scanned += nr;
	cpu_lock_end(&host->lru_lock, since);
}

static void shrink_active(struct host *host)
{
	unsigned int i;

	for (i = 0; i < SWAP_CLUSTER_MAX && host->active.tail; i++) {
		uint32_t index = host->active.tail;
		bool huge = lru_is_huge(host, index);

		*lru_state(host, index) &= ~PAGE_ACCESSED;
		lru_del(host, index, huge);
		lru_add(host, index, huge, false);
	}
	charge_scan(host, i);
}

/* What the scan of one batch has found to write. */
struct reclaim_batch {
	uint32_t index[SWAP_BATCH];
	unsigned int nr;
	unsigned int nr_scanned;	/* not charged yet */
	uint64_t progress;	/* pages freed or on their way */
};

/* Returns whether the page may go; otherwise it has been put where it stays. */
static bool may_evict(struct host *host, uint32_t index, bool huge)
{
	uint32_t *state = lru_state(host, index);

	if (!(*state & PAGE_ACCESSED)) {
		*state &= ~PAGE_REFERENCED;
		return true;
	}
	*state &= ~PAGE_ACCESSED;
	if (*state & PAGE_REFERENCED) {
		lru_del(host, index, huge);
		lru_add(host, index, huge, true);
	} else {
		*state |= PAGE_REFERENCED;
		lru_rotate(host, index, huge);
	}
	return false;
}

static void evict_page(struct host *host, uint32_t index, struct reclaim_batch *batch)
{
	struct guest_ram *ram = ram_of_index(host, index);
	struct host_page *page = &ram->page[gfn_of_index(host, index)];
	swap_slot_t slot;

	if (page->state & PAGE_LAZYFREE) {
		ram_drop_page(ram, gfn_of_index(host, index));
		note_ept(ram, gfn_of_index(host, index), 1, EPT_DROP);
		host->stats.lazyfree_dropped++;
		ram->given_back++;
		batch->progress++;
		return;
	}
	if (page_has_slot(page->state)) {
		/* Clean: its slot still holds the same contents. */
		lru_del(host, index, false);
		note_ept(ram, gfn_of_index(host, index), 1, EPT_UNMAP_CLEAN);
		page->state = page_state(PAGE_SWAPPED, page_slot(page->state));
		ram->token[gfn_of_index(host, index)] = ~0u;
		ram->resident--;
		ram->swapped++;
		host_put_frames(host, 1);
		batch->progress++;
		return;
	}
	if (!swap_get_slot(host->swap, index, &slot)) {
		lru_rotate(host, index, false);
		return;
	}
	charge(COST_SWAP_OUT, 1);
	lru_del(host, index, false);
	page->state = page_state(PAGE_WRITEBACK, slot);
	note_ept(ram, gfn_of_index(host, index), 1, EPT_UNMAP);
	host->writeback_pages++;
	batch->index[batch->nr++] = index;
	batch->progress++;
}

static void evict_huge(struct host *host, uint32_t index, struct reclaim_batch *batch)
{
	struct guest_ram *ram = ram_of_index(host, index);
	uint64_t block = gfn_of_index(host, index) >> HOST_PMD_ORDER;

	if (ram->pmd[block].state & PAGE_LAZYFREE) {
		ram_drop_huge(ram, block);
		note_ept(ram, block << HOST_PMD_ORDER, HOST_PMD_PAGES, EPT_DROP);
		host->stats.lazyfree_dropped += HOST_PMD_PAGES;
		ram->given_back += HOST_PMD_PAGES;
		batch->progress += HOST_PMD_PAGES;
		return;
	}
	ram_split_huge(ram, block);
}

/* One TLB flush per batch and running vCPU whose pages it unmaps (try_to_unmap_flush()). */
static void flush_batch(struct host *host, const struct reclaim_batch *batch)
{
	const struct kvm_vm *last = NULL;
	unsigned int i;

	for (i = 0; i < batch->nr; i++) {
		struct kvm_vm *vm = ram_of_index(host, batch->index[i])->vm;

		if (vm == last)
			continue;
		last = vm;
		kvm_flush_tlbs(vm);
	}
}

static bool can_reclaim(const struct host *host)
{
	return host->lazyfree_pages || (host->swap && host->swap->nr_free);
}

/* Scan until about SWAP_CLUSTER_MAX pages are on their way; returns how many. */
static uint64_t shrink_lists(struct host *host)
{
	struct reclaim_batch batch = { .nr = 0 };
	uint64_t budget = MAX_ROUNDS * (host->active.nr_pages + host->inactive.nr_pages);

	if (!can_reclaim(host))
		return 0;
	while (batch.progress < SWAP_CLUSTER_MAX && batch.nr < SWAP_BATCH && budget &&
	       can_reclaim(host)) {
		uint32_t index;
		bool huge;

		while (inactive_is_low(host))
			shrink_active(host);
		index = host->inactive.tail;
		if (!index) {
			if (!host->active.tail)
				break;
			shrink_active(host);
			continue;
		}
		huge = lru_is_huge(host, index);
		budget -= huge && budget > HOST_PMD_PAGES ? HOST_PMD_PAGES : 1;
		if (++batch.nr_scanned == SWAP_CLUSTER_MAX) {
			charge_scan(host, batch.nr_scanned);
			batch.nr_scanned = 0;
		}
		if (!may_evict(host, index, huge))
			continue;
		if (huge)
			evict_huge(host, index, &batch);
		else
			evict_page(host, index, &batch);
	}
	charge_scan(host, batch.nr_scanned);
	flush_batch(host, &batch);
	if (batch.nr)
		swap_write(host, batch.index, batch.nr);
	host->stats.reclaimed += batch.progress;
	return batch.progress;
}

/* Whoever submits another write waits for one of those before it. */
static bool queue_is_full(const struct host *host)
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
 * @vm: who needs frames; NULL: kswapd, which works for whom it was woken by.
 */
static uint64_t reclaim_begin(struct host *host, struct kvm_vm *vm)
{
	const struct host_observer *observer = host->observer;
	uint64_t old = coro_current->ctx.cause, id = host_new_id(host);

	if (observer && observer->reclaim)
		observer->reclaim(host, vm, id, vm ? old : host->kswapd_cause);
	coro_current->ctx.cause = id;
	return old;
}

/*
 * Until frames are free: what is being written does not count yet (pgdat_balanced()), so that on a
 * slow device as much is under way as its queue takes.
 */
static void balance(struct host *host)
{
	host->stats.kswapd_runs++;
	while (host->free_pages < host->wmark_high) {
		if (!queue_is_full(host)) {
			if (shrink_lists(host)) {
				host->kswapd_failures = 0;
				cpu_sync();
				continue;
			}
			host->kswapd_failures++;
			if (!host->writeback_pages)
				return;
		}
		wait_for_memory(host, "swap-out");
	}
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
		reclaim_begin(host, NULL);
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
	bool progress = queue_is_full(host);

	host->stats.direct_reclaims++;
	if (!progress) {
		uint64_t cause = reclaim_begin(host, coro_current->ctx.thread->vm);

		progress = shrink_lists(host);
		coro_current->ctx.cause = cause;
	}
	if (progress || host->writeback_pages) {
		/* Without waiting, nothing more would become free: no time passes here. */
		if (host->free_pages < nr + host->wmark_min && host->writeback_pages)
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

/*
 * try_to_free_pages() for an order that compaction could make: pass by pass more is looked at,
 * until there is twice as much as is needed above the low watermark (should_continue_reclaim()).
 * It is one attempt, without the OOM killer: __alloc_pages_slowpath() does not retry such orders.
 */
static void reclaim_for_huge(struct host *host, uint64_t nr)
{
	uint64_t cause = reclaim_begin(host, coro_current->ctx.thread->vm);
	uint64_t enough = host->wmark_low + 2 * nr;
	int priority = DEF_PRIORITY;

	host->stats.direct_reclaims++;
	for (; priority >= 0 && host->free_pages < enough; priority--) {
		uint64_t pages = (host->active.nr_pages + host->inactive.nr_pages) >> priority;
		uint64_t done = 0, more = 1;

		while (more && done <= pages && host->free_pages < enough &&
		       !queue_is_full(host))
			done += more = shrink_lists(host);
		if (host->free_pages < enough && host->writeback_pages)
			wait_for_memory(host, "direct reclaim");
		else if (!done)
			break;
	}
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
	if (host->waiters && host->free_pages > host->wmark_min)
		wake_memory_waiters(host);
}

void reclaim_wake_waiters(struct host *host)
{
	struct page_waiter **link = &host->page_waiters;

	while (*link) {
		struct page_waiter *w = *link;
		struct guest_ram *ram = ram_of_index(host, w->index);

		if (page_kind(ram->page[gfn_of_index(host, w->index)].state) == PAGE_READING) {
			link = &w->next;
			continue;
		}
		*link = w->next;
		w->index = 0;
		cpu_wake(w->thread);
	}
}

void swap_wait_page(struct host *host, uint32_t index)
{
	struct page_waiter waiter = { .thread = coro_current->ctx.thread, .index = index };
	struct page_waiter **link = &host->page_waiters;

	while (*link)
		link = &(*link)->next;
	*link = &waiter;
	while (waiter.index)
		cpu_stall("swap-in");
}
