/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest for tests of process memory: a kernel without tasks on a host of 2 GiB, so that nothing
 * blocks.  After each step the maps, lists and counters must agree (usermem_check()), and no page
 * may have lost what was written (the host's oracle).
 */
#ifndef TEST_USER_GUEST_H
#define TEST_USER_GUEST_H

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coro.h"
#include "engine.h"
#include "host.h"
#include "kernel/mm_probe.h"
#include "level.h"
#include "mm/usermem.h"
#include "ram.h"
#include "random.h"
#include "swap.h"

#define MIB(n) ((uint64_t)(n) << 20)
#define PAGES(mib) ((uint64_t)(mib) << 8)

static struct engine engine;
static struct host host;
static struct cost_table costs;
static struct kvm_vm *vm;
static struct mm_probe *p;
static struct kernel *kernel;

static uint64_t guest_mib = 640;	/* with less than 512 there would be no huge pages */
static uint64_t movable_mib;
static bool guest_swap_zram;
/* hugepages-<size>kB/enabled, by order; with any of them the kernel is 6.12 */
static unsigned int orders_always, orders_madvise, orders_inherit;
static bool page_zeroed;
static enum thp_defrag guest_defrag;

static inline void boot(enum thp_policy thp, uint64_t swap_mib)
{
	struct host_config hc = { .memory_bytes = MIB(2048), .nr_cpus = 1 };
	struct swap_config swap = {
		.name = "guest-swap", .size_bytes = MIB(swap_mib), .readahead_pages = 8,
		.zram = guest_swap_zram, .compressed_percent = 50,
		.disk = { .kind = DISK_SSD, .name = "guest-swap", .queue_depth = 32,
			  .read_ns = 100000, .write_ns = 50000, .transfer_ns_page = 8000 },
	};
	struct usermem_config uc = { .swap = swap_mib ? &swap : NULL, .no_kswapd = true };
	struct mm_config config;

	engine_init(&engine);
	ck_assert_int_eq(host_init(&host, &engine, &hc, &costs), 0);
	vm = host_create_vm(&host, "guest", MIB(guest_mib), 1);
	ck_assert_ptr_nonnull(vm);
	mm_config_default(&config, PAGES(guest_mib), 1);
	config.thp = thp;
	config.movable_pages = PAGES(movable_mib);
	config.thp_defrag = guest_defrag;
	config.page_zeroed = page_zeroed;
	config.orders_always = orders_always;
	config.orders_madvise = orders_madvise;
	config.orders_inherit = orders_inherit;
	p = mm_probe_new(&config, &engine, vm);
	if (orders_always | orders_madvise | orders_inherit)
		mm_probe_version(p, LEVEL(6, 12));
	kernel = mm_probe_kernel(p);
	coro_current->ctx.kernel = kernel;
	ck_assert_int_eq(usermem_init(kernel, &uc), 0);
}

static inline struct usermem_stats stats(void)
{
	struct usermem_stats s;

	usermem_stats(kernel, &s);
	return s;
}

static inline void check_all(void)
{
	ck_assert_uint_eq(usermem_check(kernel), 0);
	ck_assert_int_eq(mm_check(kernel), 0);
	ck_assert_uint_eq(host.stats.data_losses, 0);
	ck_assert_uint_eq(mm_probe_warnings(p), 0);
}

static inline void shut_down(void)
{
	check_all();
	usermem_exit(kernel);
	coro_current->ctx.kernel = NULL;
	mm_probe_free(p);
	host_destroy(&host);
	engine_destroy(&engine);
}

static inline uint64_t map(struct mm_struct *mm, uint64_t bytes, enum user_thp thp)
{
	int64_t addr = user_map(mm, bytes, thp, NULL);

	ck_assert_int_gt(addr, 0);
	return addr;
}

static inline void write_all(struct mm_struct *mm, uint64_t addr, uint64_t bytes)
{
	ck_assert_int_eq(user_touch(mm, addr, bytes, true), 0);
	check_all();
}

static inline void verify(struct mm_struct *mm, uint64_t addr, uint64_t bytes)
{
	ck_assert_int_eq(user_verify(mm, addr, bytes), 0);
	check_all();
}

/* Nothing of programs is left: neither pages nor slots. */
static inline void check_nothing_left(void)
{
	ck_assert_uint_eq(stats().anon_pages, 0);
	ck_assert_uint_eq(stats().swap_pages, 0);
	check_all();
}

#endif
