// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory groups of the host: limits, protection, and who is killed.
 *
 * What is asked for is what mm/memcontrol.c and mm/vmscan.c of Linux 6.1 do; each test names the
 * functions.
 */
#include "host_vms.h"
#include "memory.h"
#include "suite.h"

#define PAGES(mib) ((mib) * MIB / 4096)

static struct host_memcg *make_group(const char *name, struct host_memcg *parent, uint64_t max_mib)
{
	struct host_memcg *memcg = host_add_memcg(&host, name, parent);

	ck_assert_ptr_nonnull(memcg);
	if (max_mib)
		memcg->max = PAGES(max_mib);
	return memcg;
}

static struct kvm_vm *make_vm_in(const char *name, uint64_t mib, struct host_memcg *memcg)
{
	struct kvm_vm *vm = make_vm(name, mib);

	host_set_memcg(vm, memcg);
	return vm;
}

static void write_all(struct kvm_vm *vm, void *arg)
{
	uint64_t nr = guest_ram_pages(vm->ram);

	guest_ram_write(vm->ram, gfn(0), nr, 1);
	if (arg)
		guest_ram_check(vm->ram, gfn(0), nr, 1, "me");
}

static void run(struct body *b)
{
	start(b, 0);
	engine_run(&engine, engine.now + 1000 * NSEC_PER_SEC_U64);
	ck_assert_uint_eq(losses, 0);
}

/* try_charge_memcg(): who charges beyond the limit reclaims; kswapd has nothing to do with it. */
static void limit_is_kept(unsigned int version, enum host_thp thp)
{
	struct host_memcg *memcg;
	struct body a = { .fn = write_all, .arg = "read again" };
	uint64_t left;

	make_host(256, 2, thp);
	host.config.cgroup_version = version;
	add_swap(SWAP_SSD, 256);
	memcg = make_group("group", NULL, 32);
	a.vm = make_vm_in("g", 64, memcg);
	run(&a);
	ck_assert(a.done);
	ck_assert_uint_le(memcg->peak, PAGES(32));
	ck_assert_uint_eq(memcg->usage, host_used_pages(&host));
	ck_assert_uint_eq(memcg->usage, guest_ram_resident(a.vm->ram) + host.swap_cached);
	ck_assert_uint_eq(memcg->swap, swap_used_slots(host.swap));
	ck_assert_uint_gt(host.stats.swap_out, PAGES(32));
	ck_assert_uint_eq(host.stats.kswapd_runs, 0);
	ck_assert_uint_gt(memcg->events.max, 0);
	if (thp == HOST_THP_ALWAYS)	/* it reclaims for a huge page, and does not go without */
		ck_assert_uint_ge(host.stats.ept_huge_faults, 31);
	left = memcg->swap;
	ck_assert_uint_gt(left, 0);
	finish(&a);
	host_stop_vm(a.vm);
	ck_assert_uint_eq(memcg->usage, 0);
	ck_assert_uint_eq(memcg->swap, 0);
	unmake_host();
}

START_TEST(who_charges_beyond_a_limit_reclaims_from_the_group)
{
	limit_is_kept(_i, HOST_THP_NEVER);
	limit_is_kept(_i, HOST_THP_ALWAYS);
}
END_TEST

/* mem_cgroup_swapin_charge_folio() of neighbours: at its limit a group reads ahead all the same. */
START_TEST(a_group_at_its_limit_reads_ahead)
{
	struct body a = { .fn = write_all, .arg = "read again" };

	make_host(256, 2, HOST_THP_NEVER);
	host.config.cgroup_version = _i;
	add_swap(SWAP_SSD, 256);
	a.vm = make_vm_in("g", 64, make_group("group", NULL, 32));
	run(&a);
	ck_assert_uint_gt(host.stats.swap_readahead, host.stats.swap_in / 2);
	ck_assert_uint_lt(host.swap->extent->stats.reads, host.stats.swap_in / 2);
	finish(&a);
	unmake_host();
}
END_TEST

static uint64_t most_in_writeback(unsigned int version)
{
	struct body a = { .fn = write_all };
	uint64_t most = 0;

	make_host(256, 2, HOST_THP_NEVER);
	host.config.cgroup_version = version;
	add_swap(SWAP_HDD, 256);
	host.swap->extent->disk->config.write_ns = 20000000;
	host.swap->extent->disk->config.nr_requests = 4096;
	a.vm = make_vm_in("g", 64, make_group("group", NULL, 32));
	start(&a, 0);
	while (!a.done) {
		engine_run(&engine, engine.now + NSEC_PER_MSEC_U64);
		most = host.writeback_pages > most ? host.writeback_pages : most;
	}
	finish(&a);
	unmake_host();
	return most;
}

/*
 * shrink_folio_list(): in version 1, reclaim for a group waits for what it finds being written, so
 * that it comes no further than to the end of the inactive list; in version 2 it goes on.
 */
START_TEST(reclaim_for_a_group_of_version_1_waits_for_writeback)
{
	uint64_t v1 = most_in_writeback(1), v2 = most_in_writeback(2);

	ck_assert_uint_gt(v1, 0);
	ck_assert_uint_lt(v1, v2);
}
END_TEST

/* page_counter_try_charge(): limits of groups above hold for the sum of what is below. */
START_TEST(limits_of_groups_above_hold)
{
	struct body a = { .fn = write_all }, b = { .fn = write_all };
	struct host_memcg *above, *first, *second;

	make_host(256, 2, HOST_THP_NEVER);
	host.config.cgroup_version = 2;
	add_swap(SWAP_SSD, 256);
	above = make_group("above", NULL, 48);
	first = make_group("first", above, 0);
	second = make_group("second", above, 40);
	a.vm = make_vm_in("a", 32, first);
	b.vm = make_vm_in("b", 32, second);
	run(&a);
	run(&b);
	ck_assert_uint_le(above->peak, PAGES(48));
	ck_assert_uint_eq(above->usage, first->usage + second->usage);
	ck_assert_uint_eq(above->swap, first->swap + second->swap);
	/* Both have lost some, the older one more. */
	ck_assert_uint_gt(second->swap, 0);
	ck_assert_uint_gt(first->swap, PAGES(8));
	ck_assert_uint_eq(first->events.max, 0);
	ck_assert_uint_gt(above->events.max, 0);
	finish(&a);
	finish(&b);
	unmake_host();
}
END_TEST

/* mem_cgroup_out_of_memory() with memory.swap.max: in the group, whatever there is outside. */
START_TEST(without_swap_of_its_own_the_group_is_killed_in)
{
	struct body a = { .fn = write_all }, b = { .fn = write_all };
	struct host_memcg *memcg;

	make_host(256, 2, HOST_THP_NEVER);
	host.config.cgroup_version = 2;
	add_swap(SWAP_SSD, 256);
	memcg = make_group("group", NULL, 32);
	memcg->swap_max = PAGES(8);
	a.vm = make_vm("large", 100);
	b.vm = make_vm_in("b", 64, memcg);
	run(&a);
	run(&b);
	ck_assert(!a.vm->dead && b.vm->dead);
	ck_assert_uint_eq(memcg->swap_peak, PAGES(8));
	ck_assert_uint_eq(memcg->events.oom_kill, 1);
	ck_assert_uint_eq(memcg->usage, 0);
	finish(&a);
	finish(&b);
	unmake_host();
}
END_TEST

/* What an idle VM of 32 MiB has left when another wants 96 MiB of a host of 96. */
static uint64_t left_of_idle(uint64_t low_mib, uint64_t min_mib)
{
	struct body a = { .fn = write_all }, b = { .fn = write_all };
	struct host_memcg *memcg;
	uint64_t left;

	make_host(96, 2, HOST_THP_NEVER);
	host.config.cgroup_version = 2;
	add_swap(SWAP_SSD, 256);
	memcg = make_group("idle", NULL, 0);
	memcg->low = PAGES(low_mib);
	memcg->min = PAGES(min_mib);
	a.vm = make_vm_in("a", 32, memcg);
	b.vm = make_vm("b", 96);
	run(&a);
	run(&b);
	ck_assert(b.done);
	left = memcg->usage;
	finish(&a);
	finish(&b);
	unmake_host();
	return left;
}

/* mem_cgroup_below_low(), mem_cgroup_below_min(), get_scan_count(). */
START_TEST(protected_memory_stays)
{
	uint64_t left = left_of_idle(0, 0);

	/* All groups are scanned, as large as they are: a quarter of each has to go. */
	ck_assert_uint_lt(left, PAGES(25));
	/* memory.low gives way to a pass that would get nothing. */
	ck_assert_uint_gt(left_of_idle(32, 0), PAGES(29));
	ck_assert_uint_eq(left_of_idle(0, 32), PAGES(32));
	/* Of what is above its protection it gives. */
	ck_assert_uint_gt(left_of_idle(16, 0), left);
	ck_assert_uint_lt(left_of_idle(16, 0), PAGES(31));
}
END_TEST

/* effective_protection(): children share what their parent has, what nobody claims as well. */
START_TEST(protection_is_no_more_than_the_parents)
{
	struct host_memcg *above, *first, *second;
	struct memcg_protection p;

	make_host(96, 1, HOST_THP_NEVER);
	above = make_group("above", NULL, 0);
	first = make_group("first", above, 0);
	second = make_group("second", above, 0);
	first->usage = 1000;
	second->usage = 3000;
	above->usage = 4000;
	above->low = 1000;
	first->low = 800;
	second->low = 1200;
	p = memcg_protection(second, &host.root);
	ck_assert_uint_eq(p.low, 600);	/* 1200 of 2000 claimed */
	p = memcg_protection(second, above);
	ck_assert_uint_eq(p.low, 1200);	/* the target itself is not protected */
	second->low = 0;
	p = memcg_protection(second, &host.root);
	ck_assert_uint_eq(p.low, 200 * 3000 / 3200);	/* of what first does not claim */
	ck_assert_uint_eq(p.min, 0);
	unmake_host();
}
END_TEST

/* mem_cgroup_handle_over_high(): reclaim first; if that does not help, sleep, up to 2 s a batch. */
START_TEST(beyond_high_one_is_slowed_down)
{
	struct body a = { .fn = write_all };
	struct host_memcg *memcg;
	uint64_t with_swap;

	for (int swap = 1; swap >= 0; swap--) {
		make_host(256, 2, HOST_THP_NEVER);
		host.config.cgroup_version = 2;
		if (swap)
			add_swap(SWAP_SSD, 256);
		memcg = make_group("group", NULL, 0);
		memcg->high = PAGES(32);
		a.vm = make_vm_in("g", 48, memcg);
		a.done = false;
		run(&a);
		ck_assert_uint_gt(memcg->events.high, 0);
		if (swap) {
			ck_assert(a.done);
			ck_assert_uint_lt(memcg->peak, PAGES(40));
			ck_assert_uint_eq(memcg->events.throttled_ns, 0);
			with_swap = host.stats.swap_out;
			ck_assert_uint_gt(with_swap, PAGES(8));
		} else {
			/* 16 MiB are 64 batches; of the later ones each takes 2 s */
			ck_assert(a.done);
			ck_assert_uint_gt(memcg->events.throttled_ns, 60 * NSEC_PER_SEC_U64);
			ck_assert_uint_le(memcg->events.throttled_ns, 128 * NSEC_PER_SEC_U64);
		}
		finish(&a);
		unmake_host();
	}
}
END_TEST

/* A VM that is killed while it is slowed down leaves nothing behind. */
START_TEST(who_sleeps_can_be_killed)
{
	struct body a = { .fn = write_all };
	struct host_memcg *memcg;

	make_host(256, 2, HOST_THP_NEVER);
	host.config.cgroup_version = 2;
	memcg = make_group("group", NULL, 0);
	memcg->high = PAGES(8);
	a.vm = make_vm_in("g", 48, memcg);
	start(&a, 0);
	engine_run(&engine, 3 * NSEC_PER_SEC_U64);
	ck_assert_uint_gt(memcg->events.throttled_ns, 0);
	ck_assert(!a.done);
	host_stop_vm(a.vm);
	ck_assert_uint_eq(memcg->usage, 0);
	engine_run(&engine, 10 * NSEC_PER_SEC_U64);
	finish(&a);
	unmake_host();
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("memcg");
	TCase *tc = tcase_create("memcg");

	tcase_set_timeout(tc, 10);
	tcase_add_loop_test(tc, who_charges_beyond_a_limit_reclaims_from_the_group, 1, 3);
	tcase_add_loop_test(tc, a_group_at_its_limit_reads_ahead, 1, 3);
	tcase_add_test(tc, reclaim_for_a_group_of_version_1_waits_for_writeback);
	tcase_add_test(tc, limits_of_groups_above_hold);
	tcase_add_test(tc, without_swap_of_its_own_the_group_is_killed_in);
	tcase_add_test(tc, protected_memory_stays);
	tcase_add_test(tc, protection_is_no_more_than_the_parents);
	tcase_add_test(tc, beyond_high_one_is_slowed_down);
	tcase_add_test(tc, who_sleeps_can_be_killed);
	suite_add_tcase(s, tc);
	return s;
}
