// SPDX-License-Identifier: GPL-2.0-only
/*
 * khugepaged: 2 MiB blocks of guest memory that are mapped in small pages become huge pages again.
 *
 * Models khugepaged_do_scan(), khugepaged_scan_mm_slot(), hpage_collapse_scan_pmd() and
 * collapse_huge_page() of mm/khugepaged.c in Linux 6.1.  Every 10 s the thread looks at eight
 * blocks, of one VMM after the other.  One of which enough is mapped, little is in swap and
 * anything is in use is copied into a huge page, and what of it was backed by nothing gets
 * memory: by default a single page is enough, so that what a balloon, or reporting of small
 * blocks, has given back is taken again.
 *
 * What must be read from swap for it is read one cluster at a time: do_swap_page() has dropped the
 * mmap lock by then, and the block has to wait for the next round.
 *
 * The mmap lock is held for write while the block is copied, which keeps out faults and discards;
 * here that is mmu_lock, which they pass as well.  The EPT has the huge page at once: left out is
 * the violation by which KVM maps it.  Left out, too: the thread's nice value of 19, the other
 * mappings of a VMM (each counts as one page looked at), memory of shmem (shmem_enabled=never), and
 * NUMA nodes.
 */
#include "memory.h"

#include <errno.h>

#include "hostmem.h"

#define NO_VM UINT32_MAX

enum scan_result { SCAN_SUCCEED, SCAN_FAIL, SCAN_ALLOC_HUGE_PAGE_FAIL };

struct khugepaged {
	struct host *host;
	struct cpu_thread thread;
	struct coro *co;
	struct event timer;
	bool asleep;
	uint32_t vm;		/* whose memory is looked at, in host->vms; NO_VM: a round begins */
	uint64_t block;		/* the next one of it */
};

/* What a block has. */
struct scan {
	unsigned int nr_none, nr_swapped, nr_mapped, nr_referenced;
};

static bool in_swap(uint32_t state)
{
	return page_kind(state) != PAGE_NONE && !page_is_mapped(state);
}

static bool in_use(struct guest_ram *ram, uint64_t nr)
{
	const uint32_t used = PAGE_ACCESSED | PAGE_REFERENCED;

	return ram->page[nr].state & used || ram_is_ticking(ram, nr, false) ||
	       ram->host->lru->is_young(ram->host, page_index(ram, nr)) ||
	       (compound_has(ram, nr) && ram->pmd[nr >> HOST_PMD_ORDER].state & used);
}

/* As far as it matters: it ends when there is too much of something. */
static void scan_ptes(struct guest_ram *ram, uint64_t block, struct scan *scan)
{
	const struct host_khugepaged *config = &ram->host->config.khugepaged;
	uint64_t nr = block << HOST_PMD_ORDER, end = nr + HOST_PMD_PAGES, first = nr;

	*scan = (struct scan){ 0 };
	for (; nr < end && scan->nr_none <= config->max_ptes_none &&
	     scan->nr_swapped <= config->max_ptes_swap; nr++) {
		uint32_t state = ram->page[nr].state;

		scan->nr_swapped += in_swap(state);
		scan->nr_none += page_kind(state) == PAGE_NONE;
		if (!page_is_mapped(state))
			continue;
		scan->nr_mapped++;
		scan->nr_referenced += in_use(ram, nr);
	}
	charge(COST_HOST_SCAN, nr - first);
}

/* A huge page would be better, and is allowed. */
static bool wants_huge(struct guest_ram *ram, uint64_t block, struct scan *scan)
{
	const struct host_khugepaged *config = &ram->host->config.khugepaged;

	if (ram->vm->dead || page_kind(ram->pmd[block].state) == PAGE_PRESENT ||
	    !ram->pmd[block].has_table || ram->pinned)
		return false;
	scan_ptes(ram, block, scan);
	return scan->nr_none <= config->max_ptes_none &&
	       scan->nr_swapped <= config->max_ptes_swap && scan->nr_mapped &&
	       scan->nr_referenced &&
	       (!scan->nr_swapped || scan->nr_referenced >= HOST_PMD_PAGES / 2);
}

/* __collapse_huge_page_swapin(); false: something had to be waited for. */
static bool swap_in(struct guest_ram *ram, uint64_t block)
{
	uint64_t nr = block << HOST_PMD_ORDER, end = nr + HOST_PMD_PAGES;

	for (; nr < end; nr++) {
		const uint32_t *state = &ram->page[nr].state;

		if (page_kind(*state) == PAGE_SWAPPED)
			swap_read(ram, nr);
		if (page_kind(*state) == PAGE_READING) {
			host_wait_page(ram->host, page_index(ram, nr));
			return false;
		}
		if (page_is_cached(*state))
			ram_got_page(ram, nr);
	}
	return true;
}

/* Small pages go, and one takes their place.  Returns how many there were. */
static unsigned int copy_pages(struct guest_ram *ram, uint64_t block)
{
	uint64_t first = block << HOST_PMD_ORDER, nr;
	struct host *host = ram->host;
	unsigned int copied = 0;

	if (page_kind(ram->pmd[block].state) == PAGE_UNMAPPED)
		compound_split(ram, block);
	for (nr = first; nr < first + HOST_PMD_PAGES; nr++) {
		struct host_page *page = &ram->page[nr];

		if (page_kind(page->state) == PAGE_NONE)
			continue;
		lru_del(host, page_index(ram, nr), false);
		swap_free_slot(host, &page->state);
		*page = (struct host_page){ .state = PAGE_NONE };
		copied++;
	}
	workingset_forget(host, page_index(ram, first), HOST_PMD_PAGES);
	host_put_frames(ram->memcg, copied);
	charge(COST_PAGE_READ, copied);	/* a copy of 4 KiB, as guest-file-ns has it */
	charge(COST_EPT_ZAP, copied);
	charge(COST_HOST_ZERO, HOST_PMD_PAGES - copied);
	return copied;
}

/* The frames of the huge page are taken. */
static void collapse(struct guest_ram *ram, uint64_t block)
{
	uint64_t since = cpu_lock_begin(), first = block << HOST_PMD_ORDER;
	struct host_pmd *pmd = &ram->pmd[block];
	unsigned int copied = copy_pages(ram, block);

	pmd->nr_used = 0;
	pmd->has_table = 0;
	pmd->state = PAGE_PRESENT;
	tdp_map(ram, first, true);
	ram->host->lru->used(ram->host, page_index(ram, first), &pmd->state, false);
	lru_add(ram->host, page_index(ram, first), true, LRU_PLACE_INACTIVE);
	ram->huge += HOST_PMD_PAGES;
	ram_add_resident(ram, HOST_PMD_PAGES - copied);
	ram->nr_collapsed++;
	ram->collapse_filled += HOST_PMD_PAGES - copied;
	page_history_add(ram, OP_COLLAPSE, first, HOST_PMD_PAGES, 0);
	note_ept(ram, first, HOST_PMD_PAGES, EPT_COLLAPSE);
	kvm_flush_tlbs(ram->vm);
	kvm_flush_mm(ram->vm);
	cpu_lock_end(&ram->mmu_lock, since);
}

/* @tried: there was reason to, and other threads have had their turn. */
static enum scan_result scan_pmd(struct guest_ram *ram, uint64_t block, bool *tried)
{
	struct host *host = ram->host;
	struct scan scan;

	*tried = wants_huge(ram, block, &scan);
	if (!*tried)
		return SCAN_FAIL;
	cpu_sync();
	if (!host_take_frames(ram->memcg, HOST_PMD_PAGES, FRAMES_HUGE))
		return host->free_pages < HOST_PMD_PAGES + host->wmark_min ?
		       SCAN_ALLOC_HUGE_PAGE_FAIL : SCAN_FAIL;
	if ((scan.nr_swapped && !swap_in(ram, block)) || !wants_huge(ram, block, &scan) ||
	    scan.nr_swapped) {
		host_put_frames(ram->memcg, HOST_PMD_PAGES);
		return SCAN_FAIL;
	}
	collapse(ram, block);
	return SCAN_SUCCEED;
}

static bool is_listed(const struct kvm_vm *vm)
{
	return !vm->dead && vm->ram->khugepaged;
}

static uint32_t next_vm(const struct host *host, uint32_t from)
{
	while (from < host->nr_vms && !is_listed(host->vms[from]))
		from++;
	return from < host->nr_vms ? from : NO_VM;
}

/* khugepaged_scan_mm_slot(): at most @pages, of one VMM.  Returns how many that were. */
static uint64_t scan_mm(struct khugepaged *k, uint64_t pages, enum scan_result *result)
{
	struct host *host = k->host;
	struct guest_ram *ram = host->vms[k->vm]->ram;
	uint64_t progress = 1, end = ram->nr_pages >> HOST_PMD_ORDER;
	bool tried = false;

	while (!ram->vm->dead && k->block < end && progress < pages && !tried) {
		*result = scan_pmd(ram, k->block++, &tried);
		progress += HOST_PMD_PAGES;
	}
	if (ram->vm->dead || k->block >= end) {
		k->vm = next_vm(host, k->vm + 1);
		k->block = 0;
	}
	return progress;
}

/* Until @ns have passed, or longer, if nothing else happens. */
static void sleep_for(struct khugepaged *k, uint64_t ns)
{
	struct engine *engine = k->host->engine;

	cpu_sync();
	if (engine_has_work(engine))
		event_add_observer(engine, &k->timer, engine->now + ns);
	k->asleep = k->thread.wait_forever = true;
	cpu_block("khugepaged sleeps");
	k->asleep = k->thread.wait_forever = false;
}

static void do_scan(struct khugepaged *k)
{
	const struct host_khugepaged *config = &k->host->config.khugepaged;
	uint64_t progress = 0, pages = config->pages_to_scan;
	enum scan_result result = SCAN_FAIL;
	unsigned int rounds = 0;
	bool slept = false;

	while (progress < pages) {
		if (k->vm == NO_VM) {
			k->vm = next_vm(k->host, 0);
			k->block = 0;
			rounds++;
		}
		if (k->vm == NO_VM || rounds > 1)
			return;
		progress += scan_mm(k, pages - progress, &result);
		if (progress >= pages || result != SCAN_ALLOC_HUGE_PAGE_FAIL)
			continue;
		if (slept)
			return;
		slept = true;
		sleep_for(k, config->alloc_sleep_ns);
	}
}

static void timer_fn(struct event *ev)
{
	cpu_wake(&event_owner(ev, struct khugepaged, timer)->thread);
}

static void khugepaged_main(void *arg)
{
	struct khugepaged *k = arg;

	for (;;) {
		do_scan(k);
		sleep_for(k, k->host->config.khugepaged.scan_sleep_ns);
	}
}

int khugepaged_init(struct host *host)
{
	struct khugepaged *k;

	if (host->config.thp == HOST_THP_NEVER || !host->config.khugepaged.pages_to_scan)
		return 0;
	k = host_alloc(sizeof(*k));
	k->host = host;
	k->vm = NO_VM;
	k->co = coro_create("khugepaged", khugepaged_main, k, CORO_STACK_DEFAULT);
	if (!k->co) {
		host_free(k);
		return -ENOMEM;
	}
	event_init(&k->timer, timer_fn);
	host->khugepaged = k;
	return 0;
}

void khugepaged_destroy(struct host *host)
{
	if (!host->khugepaged)
		return;
	coro_destroy(host->khugepaged->co);
	host_free(host->khugepaged);
}

void khugepaged_enter(struct kvm_vm *vm)
{
	struct khugepaged *k = vm->host->khugepaged;

	if (!k || vm->ram->page_order || vm->ram->shared_file || vm->ram->of_vmm)
		return;
	vm->ram->khugepaged = true;
	/* The first one wakes it (__khugepaged_enter()). */
	if (!k->thread.cpus)
		cpu_thread_init(&k->thread, &vm->host->cpus, "khugepaged", k->co,
				&vm->host->kswapd_account);
	else if (!k->asleep || event_pending(&k->timer))
		return;
	cpu_wake(&k->thread);
}
