// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads that wait: for a page, for a tag of a disk's queue, for dirty pages to be written, and in
 * reclaim that gets nowhere.
 *
 * Models folio_wait_bit(), blk_mq_get_tag() and reclaim_throttle() with __acct_reclaim_writeback()
 * and consider_reclaim_throttle() of Linux 6.1.  Left out: VMSCAN_THROTTLE_ISOLATED (more pages off
 * the lists than an eighth of what is on them) and VMSCAN_THROTTLE_CONGESTED (a tick, when all
 * dirty pages of files that a direct reclaimer finds are being written).
 *
 * What a wait is to pressure stall information (cpu_psi.h): for pages, tags and in
 * balance_dirty_pages() io_schedule(), in reclaim_throttle() and for memory.high
 * schedule_timeout().  A page that is read, and is missed (folio_test_workingset() in
 * folio_wait_bit_common()), and memory.high (psi_memstall_enter() in
 * mem_cgroup_handle_over_high()) are memory stalls; in reclaim all waits are, by reclaim.c.
 */
#include "cpu_psi.h"
#include "disk.h"
#include "memory.h"
#include "shrink.h"

#define WRITEBACK_NS (100 * NSEC_PER_MSEC_U64)

static void wake(struct host_waiter **link)
{
	struct host_waiter *w = *link;

	*link = w->next;
	w->woken = true;
	event_cancel(w->host->engine, &w->timeout);
	if (w->sleeper)
		cpu_psi_sleeper(&w->host->cpus, w->sleeper, w->sleeper->cpu, 0);
	cpu_wake(w->thread);
}

static void wake_all(struct host_waiter **list)
{
	while (*list)
		wake(list);
}

static void timeout_fn(struct event *ev)
{
	struct host_waiter *w = event_owner(ev, struct host_waiter, timeout), **link;
	unsigned int i;

	for (i = 0; i < NR_HOST_WAITS; i++) {
		for (link = &w->host->waiters[i]; *link; link = &(*link)->next) {
			if (*link == w) {
				wake(link);
				return;
			}
		}
	}
}

static void add(struct host *host, enum host_wait what, struct host_waiter *w)
{
	struct host_waiter **link = &host->waiters[what];

	w->host = host;
	event_init(&w->timeout, timeout_fn);
	while (*link)
		link = &(*link)->next;
	*link = w;
}

/*
 * Until woken, or for @ns, of which the first tick does not count (schedule_timeout()); 0: no
 * limit.
 */
static void wait_for(struct host *host, enum host_wait what, struct host_waiter *w, uint64_t ns,
		     const char *why)
{
	struct cpu_stalls *stalls = &coro_current->ctx.thread->stalls;

	/* Whoever sleeps holds nothing back: it may wait for that itself (blk_flush_plug()). */
	swap_unplug(host);
	w->thread = coro_current->ctx.thread;
	add(host, what, w);
	if (ns)
		event_add(host->engine, &w->timeout,
			  (cpu_local_time() / HOST_JIFFY_NS + 1) * HOST_JIFFY_NS + ns);
	stalls->in_iowait = what == WAIT_PAGE || what == WAIT_TAG || what == WAIT_DIRTY;
	while (!w->woken)
		cpu_stall(why);
	stalls->in_iowait = false;
}

/* @vm: NULL: all. */
static void forget(struct host *host, const struct kvm_vm *vm)
{
	unsigned int i;

	for (i = 0; i < NR_HOST_WAITS; i++) {
		struct host_waiter **link = &host->waiters[i];

		while (*link) {
			struct host_waiter *w = *link;

			if (vm && w->thread->vm != vm) {
				link = &w->next;
				continue;
			}
			event_cancel(host->engine, &w->timeout);
			if (w->disk)
				w->disk->nr_waiting--;
			*link = w->next;
		}
	}
}

void throttle_forget_vm(struct host *host, const struct kvm_vm *vm)
{
	forget(host, vm);
}

void throttle_destroy(struct host *host)
{
	forget(host, NULL);
}

static bool is_missed(struct host *host, uint32_t index)
{
	return page_kind(page_of_index(host, index)->state) == PAGE_READING &&
	       workingset_is_missed(host, index);
}

void host_wait_page(struct host *host, uint32_t index)
{
	enum page_kind kind = page_kind(page_of_index(host, index)->state);
	struct host_waiter w = { .index = index, .kind = kind };
	bool nested = is_missed(host, index) ? psi_memstall_enter() : true;

	wait_for(host, WAIT_PAGE, &w, 0, kind == PAGE_WRITEBACK ? "writeback" :
		 file_of_index(host, index) ? "a file's page" : "swap-in");
	psi_memstall_leave(nested);
}

void host_add_page_waiter(struct host *host, struct host_waiter *w, uint32_t index,
			  struct psi_task *sleeper, unsigned int cpu)
{
	w->sleeper = sleeper;
	cpu_psi_sleeper(&host->cpus, sleeper, cpu,
			PSI_TSK_IOWAIT | (is_missed(host, index) ? PSI_TSK_MEMSTALL : 0));
	w->index = index;
	w->kind = page_kind(page_of_index(host, index)->state);
	add(host, WAIT_PAGE, w);
}

void host_del_page_waiter(struct host *host, struct host_waiter *waiter)
{
	struct host_waiter **link = &host->waiters[WAIT_PAGE];

	while (*link && *link != waiter)
		link = &(*link)->next;
	if (!*link)
		return;
	*link = waiter->next;
	cpu_psi_sleeper(&host->cpus, waiter->sleeper, waiter->sleeper->cpu, 0);
}

void host_wake_pages(struct host *host)
{
	struct host_waiter **link = &host->waiters[WAIT_PAGE];

	while (*link) {
		struct host_waiter *w = *link;

		if (page_kind(page_of_index(host, w->index)->state) == w->kind)
			link = &w->next;
		else
			wake(link);
	}
}

void throttle_wait_tag(struct host *host, struct disk *disk, enum disk_writer who)
{
	while (disk_must_wait(disk, who)) {
		struct host_waiter w = { .disk = disk };

		disk->nr_waiting++;
		wait_for(host, WAIT_TAG, &w, 0, who == DISK_WRITER_FLUSHER ? "writeback" :
			 "swap-out");
		disk->nr_waiting--;
	}
}

void throttle_wake_tags(struct disk *disk)
{
	struct host *host = disk->opaque;
	struct host_waiter **link = &host->waiters[WAIT_TAG];

	while (*link) {
		if ((*link)->disk == disk)
			wake(link);
		else
			link = &(*link)->next;
	}
}

/* Pages, of either kind. */
static uint64_t nr_written(const struct host *host)
{
	return host->swap_written + host->stats.file_written;
}

static uint64_t nr_writeback(const struct host *host)
{
	return host->writeback_pages + host->file_writeback;
}

void throttle_writeback(struct host *host)
{
	struct host_waiter w = { 0 };

	if (!host->nr_writeback_throttled++)
		host->throttled_since = nr_written(host);
	wait_for(host, WAIT_WRITEBACK, &w, WRITEBACK_NS, "writeback");
	host->nr_writeback_throttled--;
}

void throttle_page_written(struct host *host)
{
	if (host->nr_writeback_throttled && nr_written(host) - host->throttled_since >
	    SWAP_BATCH * (uint64_t)host->nr_writeback_throttled)
		wake_all(&host->waiters[WAIT_WRITEBACK]);
}

void throttle_high(struct host *host, uint64_t ns)
{
	struct host_waiter w = { 0 };
	bool nested = psi_memstall_enter();

	wait_for(host, WAIT_MEMCG_HIGH, &w, ns, "memory.high");
	psi_memstall_leave(nested);
}

void throttle_dirty(struct host *host, uint64_t ns)
{
	struct host_waiter w = { 0 };

	wait_for(host, WAIT_DIRTY, &w, ns, "dirty pages to be written");
}

bool throttle_until_written(struct host *host)
{
	struct host_waiter w = { 0 };
	bool nested;

	if (!nr_writeback(host))
		return false;
	nested = psi_memstall_enter();
	wait_for(host, WAIT_PROGRESS, &w, HOST_JIFFY_NS, "direct reclaim");
	psi_memstall_leave(nested);
	return true;
}

void throttle_progress(const struct scan_control *sc)
{
	struct host *host = sc->target->host;
	struct host_waiter w = { 0 };

	if (sc->nr_reclaimed > sc->nr_scanned >> 3)
		wake_all(&host->waiters[WAIT_PROGRESS]);
	else if (sc->priority == 1 && !sc->nr_reclaimed && !sc->target->parent &&
		 !is_kswapd(host) &&
		 2 * (nr_writeback(host) + host->dirty_pages) > host_reclaimable_pages(host))
		wait_for(host, WAIT_PROGRESS, &w, HOST_JIFFY_NS, "direct reclaim");
}
