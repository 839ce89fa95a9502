// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host: scheduler, locks, EPT, discards, and the data-loss oracle.
 */
#include "host_vms.h"
#include "suite.h"

/* Scheduler */

static void spin_ms(struct kvm_vm *vm, void *arg)
{
	uint64_t i, ms = *(uint64_t *)arg;

	for (i = 0; i < ms; i++) {
		charge_ns(LEDGER_PROGRAM, NSEC_PER_MSEC_U64);
		cpu_sync();
	}
}

START_TEST(two_threads_share_one_cpu_fairly)
{
	uint64_t ms = 100;
	struct kvm_vm *vm;
	struct body a = { .fn = spin_ms, .arg = &ms }, b = a;

	make_host(64, 1, HOST_THP_NEVER);
	vm = make_vm("g", 4);
	a.vm = b.vm = vm;
	start(&a, 0);
	start(&b, 1);
	engine_run(&engine, 150 * NSEC_PER_MSEC_U64);
	/* Half of the time each, give or take a slice. */
	ck_assert_uint_ge(vm->vcpus[0]->ran, 68 * NSEC_PER_MSEC_U64);
	ck_assert_uint_ge(vm->vcpus[1]->ran, 68 * NSEC_PER_MSEC_U64);
	engine_run(&engine, TIME_NEVER);
	ck_assert(a.done && b.done);
	ck_assert_uint_eq(engine.now, 200 * NSEC_PER_MSEC_U64);
	finish(&a);
	finish(&b);
	unmake_host();
}
END_TEST

START_TEST(a_thread_alone_on_its_cpu_waits_for_nobody)
{
	uint64_t ms = 50;
	struct body a = { .fn = spin_ms, .arg = &ms }, b = a;

	make_host(64, 2, HOST_THP_NEVER);
	a.vm = b.vm = make_vm("g", 4);
	start(&a, 0);
	start(&b, 1);
	engine_run(&engine, TIME_NEVER);
	ck_assert_uint_eq(engine.now, 50 * NSEC_PER_MSEC_U64);
	ck_assert_uint_eq(a.vm->vcpus[0]->waited + a.vm->vcpus[1]->waited, 0);
	finish(&a);
	finish(&b);
	unmake_host();
}
END_TEST

static void sleeper(struct kvm_vm *vm, void *arg)
{
	cpu_sleep(5 * NSEC_PER_MSEC_U64);
	*(uint64_t *)arg = engine.now;
}

START_TEST(a_woken_thread_preempts_one_that_is_ahead)
{
	uint64_t ms = 100, woke = 0;
	struct body a = { .fn = spin_ms, .arg = &ms }, b = { .fn = sleeper, .arg = &woke };

	make_host(64, 1, HOST_THP_NEVER);
	a.vm = b.vm = make_vm("g", 4);
	start(&b, 0);
	start(&a, 1);
	engine_run(&engine, TIME_NEVER);
	ck_assert(a.done && b.done);
	/* Not after the other's 100 ms, nor at the end of a slice of 3 ms later. */
	ck_assert_uint_ge(woke, 5 * NSEC_PER_MSEC_U64);
	ck_assert_uint_le(woke, 6 * NSEC_PER_MSEC_U64);
	finish(&a);
	finish(&b);
	unmake_host();
}
END_TEST

static void compute_at_once(struct kvm_vm *vm, void *arg)
{
	charge_ns(LEDGER_PROGRAM, 100 * NSEC_PER_MSEC_U64);
}


/* check_preempt_wakeup() begins with update_curr(): what has run up to now counts. */
START_TEST(a_woken_thread_preempts_one_that_nobody_has_looked_at)
{
	uint64_t woke = 0;
	struct body a = { .fn = compute_at_once }, b = a;
	struct body c = { .fn = sleeper, .arg = &woke };

	make_host(64, 1, HOST_THP_NEVER);
	a.vm = b.vm = make_vm("g", 4);
	c.vm = make_vm("h", 4);
	start(&c, 0);
	start(&a, 0);
	start(&b, 1);
	engine_run(&engine, TIME_NEVER);
	ck_assert(a.done && b.done && c.done);
	/* The second has run from 3 ms on, in a slice of 3 ms; 2 ms ahead is more than 1 ms. */
	ck_assert_uint_ge(woke, 5 * NSEC_PER_MSEC_U64);
	ck_assert_uint_le(woke, 5 * NSEC_PER_MSEC_U64 + NSEC_PER_MSEC_U64 / 10);
	finish(&a);
	finish(&b);
	finish(&c);
	unmake_host();
}
END_TEST

START_TEST(threads_that_wait_for_ever_are_named)
{
	struct body a = { .fn = blocker };
	char text[256];

	make_host(64, 1, HOST_THP_NEVER);
	a.vm = make_vm("g", 4);
	start(&a, 0);
	ck_assert_int_eq(engine_run(&engine, TIME_NEVER), ENGINE_EMPTY);
	a.vm->vcpus[1]->wait_forever = true;
	ck_assert_uint_eq(cpu_report_blocked(&host.cpus, 0, text, sizeof(text)), 1);
	ck_assert_str_eq(text, "g/vcpu0 waits for 0.000 s: a wake-up that never comes");
	finish(&a);
	unmake_host();
}
END_TEST

/* Locks: who is ahead of the engine's clock takes them at a time that others have yet to reach. */

static struct cpu_lock_times lock;

struct hold {
	uint64_t before_us, held_us;
};

static void hold_lock(struct kvm_vm *vm, void *arg)
{
	const struct hold *hold = arg;
	uint64_t since;

	charge_ns(LEDGER_PROGRAM, hold->before_us * NSEC_PER_USEC_U64);
	since = cpu_lock_begin();
	charge_ns(LEDGER_PROGRAM, hold->held_us * NSEC_PER_USEC_U64);
	cpu_lock_end(&lock, since);
}

/* Each vCPU takes the lock once; returns the time spun. */
static uint64_t spin_us(struct hold first, struct hold second)
{
	struct body a = { .fn = hold_lock, .arg = &first }, b = { .fn = hold_lock, .arg = &second };
	struct kvm_vm *vm;
	uint64_t spun;

	memset(&lock, 0, sizeof(lock));
	make_host(64, 2, HOST_THP_NEVER);
	vm = make_vm("g", 4);
	a.vm = b.vm = vm;
	start(&a, 0);
	start(&b, 1);
	engine_run(&engine, TIME_NEVER);
	ck_assert(a.done && b.done);
	spun = vm->account[ACCOUNT_GUEST].ns[LEDGER_LOCK_SPIN];
	finish(&a);
	finish(&b);
	unmake_host();
	return spun / NSEC_PER_USEC_U64;
}

START_TEST(nobody_waits_for_a_lock_before_it_is_taken_or_after_it_is_free)
{
	/* code of the first runs first: its hold lies in the other's future, then in its past */
	ck_assert_uint_eq(spin_us((struct hold){ 500, 100 }, (struct hold){ 0, 50 }), 0);
	ck_assert_uint_eq(spin_us((struct hold){ 500, 100 }, (struct hold){ 450, 50 }), 0);
	ck_assert_uint_eq(spin_us((struct hold){ 500, 100 }, (struct hold){ 600, 50 }), 0);
}
END_TEST

START_TEST(holders_of_a_lock_do_not_overlap)
{
	ck_assert_uint_eq(spin_us((struct hold){ 500, 100 }, (struct hold){ 500, 50 }), 100);
	ck_assert_uint_eq(spin_us((struct hold){ 500, 100 }, (struct hold){ 570, 50 }), 30);
	/* one that is reached before the work is done is waited out in the middle of it */
	ck_assert_uint_eq(spin_us((struct hold){ 500, 100 }, (struct hold){ 480, 50 }), 100);
}
END_TEST

static void hold_often(struct kvm_vm *vm, void *arg)
{
	struct hold short_hold = { 3, 2 };
	int i;

	for (i = 0; i < 1000; i++) {
		hold_lock(vm, &short_hold);
		if (i % 8 == 0)
			cpu_sync();
	}
}

START_TEST(a_lock_that_is_always_held_serves_no_more_than_its_time)
{
	struct body body[4];
	struct kvm_vm *vm;
	int i;

	memset(&lock, 0, sizeof(lock));
	make_host(64, 4, HOST_THP_NEVER);
	vm = host_create_vm(&host, "g", 4 * MIB, 4);
	for (i = 0; i < 4; i++) {
		body[i] = (struct body){ .fn = hold_often, .vm = vm };
		start(&body[i], i);
	}
	engine_run(&engine, TIME_NEVER);
	/* 4 x 1000 x 2 us are more than 1000 x (3 + 2) us */
	ck_assert_uint_ge(engine.now, 7900 * NSEC_PER_USEC_U64);
	ck_assert_uint_le(engine.now, 8400 * NSEC_PER_USEC_U64);
	for (i = 0; i < 4; i++)
		finish(&body[i]);
	unmake_host();
}
END_TEST

/* Memory bandwidth: pages cleared by each vCPU, in steps of 64 between which time passes. */

#define ZERO_NS 1000

struct clearing {
	uint64_t pages, other_ns;	/* and what it does besides, for each page */
	uint64_t took;
};

static void clears(struct kvm_vm *vm, void *arg)
{
	struct clearing *c = arg;
	uint64_t i;

	for (i = 0; i < c->pages; i++) {
		charge(COST_PAGE_ZERO, 1);
		charge_ns(LEDGER_PROGRAM, c->other_ns);
		if (i % 64 == 63)
			cpu_sync();
	}
	cpu_sync();
	c->took = engine.now;
}

/* @percent of what one can move alone, the memory has. */
static void clear_together(struct clearing *a, struct clearing *b, unsigned int percent)
{
	struct body first = { .fn = clears, .arg = a }, second = { .fn = clears, .arg = b };

	costs.ns[COST_PAGE_ZERO] = ZERO_NS;
	costs.memory_mb_per_s = 4096 * percent / 100;
	make_host(64, 2, HOST_THP_NEVER);
	first.vm = second.vm = make_vm("g", 4);
	start(&first, 0);
	if (b)
		start(&second, 1);
	engine_run(&engine, TIME_NEVER);
	ck_assert(first.done);
	finish(&first);
	if (b)
		finish(&second);
	unmake_host();
	memset(&costs, 0, sizeof(costs));
}

static void check_took(const struct clearing *c, uint64_t ns)
{
	/* give or take the first step, in which the other was not known yet */
	ck_assert_uint_ge(c->took, ns - 64 * ZERO_NS);
	ck_assert_uint_le(c->took, ns + 64 * ZERO_NS);
}

START_TEST(memory_bandwidth_is_shared_by_those_who_use_it_at_once)
{
	struct clearing a = { .pages = 6400 }, b = a;

	/* no limit, and enough for both */
	clear_together(&a, &b, 0);
	ck_assert_uint_eq(a.took, 6400 * ZERO_NS);
	ck_assert_uint_eq(b.took, 6400 * ZERO_NS);
	clear_together(&a, &b, 200);
	ck_assert_uint_eq(a.took, 6400 * ZERO_NS);
	ck_assert_uint_eq(b.took, 6400 * ZERO_NS);
	/* enough for one */
	clear_together(&a, &b, 100);
	check_took(&a, 2 * 6400 * ZERO_NS);
	check_took(&b, 2 * 6400 * ZERO_NS);
	clear_together(&a, &b, 150);
	check_took(&a, 6400 * ZERO_NS * 4 / 3);
	check_took(&b, 6400 * ZERO_NS * 4 / 3);
	/* not even for one */
	clear_together(&a, NULL, 50);
	ck_assert_uint_eq(a.took, 2 * 6400 * ZERO_NS);
}
END_TEST

START_TEST(who_uses_it_half_of_the_time_takes_a_third)
{
	struct clearing a = { .pages = 6400 }, b = { .pages = 6400, .other_ns = ZERO_NS };

	/* a has two thirds of the memory for 9.6 ms, the other one a third, and then all of it */
	clear_together(&a, &b, 100);
	check_took(&a, 6400 * ZERO_NS * 3 / 2);
	ck_assert_uint_le(b.took, 6400 * ZERO_NS * 5 / 2);
	ck_assert_uint_ge(b.took, 6400 * ZERO_NS * 2);
}
END_TEST

START_TEST(who_is_alone_again_has_all_of_it)
{
	struct clearing a = { .pages = 6400 }, b = { .pages = 640 };

	clear_together(&a, &b, 100);
	check_took(&b, 2 * 640 * ZERO_NS);
	check_took(&a, (6400 + 640) * ZERO_NS);
}
END_TEST

/* EPT and contents; without a thread everything is free and at once */

START_TEST(first_touch_maps_a_zeroed_frame_and_a_huge_one_where_allowed)
{
	struct kvm_vm *vm;

	make_host(64, 1, HOST_THP_NEVER);
	vm = make_vm("g", 8);
	ck_assert_uint_eq(guest_ram_read(vm->ram, gfn(5)), 0);
	ck_assert_int_eq(guest_ram_state(vm->ram, gfn(5)), RAM_PRESENT);
	ck_assert_int_eq(guest_ram_state(vm->ram, gfn(6)), RAM_NONE);
	ck_assert_uint_eq(guest_ram_resident(vm->ram), 1);
	unmake_host();

	make_host(64, 1, HOST_THP_ALWAYS);
	vm = make_vm("g", 8);
	guest_ram_write(vm->ram, gfn(513), 1, 77);
	ck_assert_int_eq(guest_ram_state(vm->ram, gfn(1023)), RAM_PRESENT_HUGE);
	ck_assert_int_eq(guest_ram_state(vm->ram, gfn(511)), RAM_NONE);
	ck_assert_uint_eq(guest_ram_resident(vm->ram), 512);
	ck_assert_uint_eq(guest_ram_huge(vm->ram), 512);
	ck_assert_uint_eq(guest_ram_read(vm->ram, gfn(513)), 77);
	unmake_host();
}
END_TEST

START_TEST(the_footprint_is_the_integral_of_used_frames_over_time)
{
	struct kvm_vm *vm;

	make_host(64, 1, HOST_THP_ALWAYS);
	vm = make_vm("g", 8);
	engine.now = 5 * NSEC_PER_MSEC_U64;
	guest_ram_write(vm->ram, gfn(0), 1, 77);
	ck_assert_uint_eq(host_footprint(&host), 0);
	engine.now += 3 * NSEC_PER_MSEC_U64;
	guest_ram_madvise(vm->ram, 0, 2 * MIB, HOST_MADV_DONTNEED);
	engine.now += 7 * NSEC_PER_MSEC_U64;
	ck_assert_uint_eq(host_footprint(&host), 3 * 512);
	/* 0.512 page-ms twice are more than one: nothing is lost between looks. */
	guest_ram_write(vm->ram, gfn(0), 1, 77);
	engine.now += 1000;
	ck_assert_uint_eq(host_footprint(&host), 3 * 512);
	engine.now += 1000;
	ck_assert_uint_eq(host_footprint(&host), 3 * 512 + 1);
	unmake_host();
}
END_TEST

START_TEST(discard_of_a_part_splits_the_leaf_and_zeroes_only_the_part)
{
	struct kvm_vm *vm;

	make_host(64, 1, HOST_THP_ALWAYS);
	vm = make_vm("g", 8);
	guest_ram_write(vm->ram, gfn(0), 512, 1000);
	ck_assert_int_eq(guest_ram_madvise(vm->ram, 4096 * 10, 4096 * 2, HOST_MADV_DONTNEED), 0);
	ck_assert_uint_eq(guest_ram_resident(vm->ram), 510);
	ck_assert_uint_eq(guest_ram_huge(vm->ram), 0);
	ck_assert_uint_eq(host.stats.ept_splits, 1);
	ck_assert_uint_eq(guest_ram_read(vm->ram, gfn(10)), 0);
	ck_assert_uint_eq(guest_ram_read(vm->ram, gfn(11)), 0);
	ck_assert_uint_eq(guest_ram_read(vm->ram, gfn(9)), 1009);
	ck_assert_uint_eq(guest_ram_read(vm->ram, gfn(12)), 1012);
	unmake_host();
}
END_TEST

/*
 * Of a real 6.1: 64 MiB discarded by 4 KiB or by 1 MiB come back with AnonHugePages 0 kB, by 2 MiB
 * with 65,536 kB.  MADV_DONTNEED frees no page table.
 */
START_TEST(a_block_discarded_in_parts_comes_back_in_small_pages_a_whole_one_huge)
{
	struct kvm_vm *vm;
	int i;

	make_host(64, 1, HOST_THP_ALWAYS);
	vm = make_vm("g", 8);
	guest_ram_write(vm->ram, gfn(0), 1024, 1000);
	for (i = 0; i < 2; i++)
		guest_ram_madvise(vm->ram, (uint64_t)i << 20, 1 << 20, HOST_MADV_DONTNEED);
	guest_ram_madvise(vm->ram, 2 << 20, 2 << 20, HOST_MADV_DONTNEED);
	ck_assert_uint_eq(guest_ram_resident(vm->ram), 0);
	guest_ram_write(vm->ram, gfn(0), 1024, 1000);
	ck_assert_int_eq(guest_ram_state(vm->ram, gfn(0)), RAM_PRESENT);
	ck_assert_int_eq(guest_ram_state(vm->ram, gfn(512)), RAM_PRESENT_HUGE);
	/* The empty page table stays, too, when all of the block is discarded at once. */
	guest_ram_madvise(vm->ram, 0, 2 << 20, HOST_MADV_DONTNEED);
	guest_ram_write(vm->ram, gfn(0), 1, 1);
	ck_assert_int_eq(guest_ram_state(vm->ram, gfn(0)), RAM_PRESENT);
	ck_assert_int_eq(guest_ram_state(vm->ram, gfn(1)), RAM_NONE);
	unmake_host();
}
END_TEST

static void touch_all(struct kvm_vm *vm, void *arg)
{
	guest_ram_access(vm->ram, gfn(0), 512, RAM_READ);
	guest_ram_check(vm->ram, gfn(0), 511, 1, "me");
}

/* __split_huge_pmd() tells MMU notifiers of all of it: each page is mapped again, not zeroed. */
static void touch_half(struct kvm_vm *vm, void *arg)
{
	guest_ram_write(vm->ram, gfn(arg ? 1024 : 0), 1024, 1);
}

static void zap_all_the_time(struct kvm_vm *vm, void *arg)
{
	for (uint64_t nr = 2048; nr < 3072; nr++)
		guest_ram_madvise(vm->ram, nr * 4096, 4096, HOST_MADV_DONTNEED);
}

/*
 * kvm_faultin_pfn() allocates and zeroes before mmu_lock, which tdp_mmu_map() takes for read:
 * faults are not in each other's way, but in that of who zaps.
 */
START_TEST(faults_exclude_each_other_no_more)
{
	struct body a = { .fn = touch_half }, b = { .fn = touch_half, .arg = "other half" };
	struct body c = { .fn = zap_all_the_time }, d = { .fn = touch_half };
	const struct ledger_account *exits;

	costs.ns[COST_HOST_ZERO] = 1000;
	costs.ns[COST_EPT_FAULT] = 1000;
	costs.ns[COST_EPT_ZAP] = 2000;
	make_host(64, 4, HOST_THP_NEVER);
	a.vm = b.vm = c.vm = d.vm = host_create_vm(&host, "g", 16 * MIB, 4);
	exits = &a.vm->account[ACCOUNT_EXIT];
	start(&a, 0);
	start(&b, 1);
	engine_run(&engine, TIME_NEVER);
	ck_assert(a.done && b.done);
	ck_assert_uint_eq(exits->ns[LEDGER_LOCK_SPIN], 0);
	finish(&a);
	finish(&b);
	guest_ram_write(a.vm->ram, gfn(2048), 1024, 1);
	guest_ram_madvise(a.vm->ram, 0, 2048 * 4096, HOST_MADV_DONTNEED);
	start(&c, 2);
	start(&d, 3);
	engine_run(&engine, TIME_NEVER);
	ck_assert(c.done && d.done);
	ck_assert_uint_gt(exits->ns[LEDGER_LOCK_SPIN], 0);
	costs.ns[COST_HOST_ZERO] = costs.ns[COST_EPT_FAULT] = costs.ns[COST_EPT_ZAP] = 0;
	finish(&c);
	finish(&d);
	unmake_host();
}
END_TEST

START_TEST(a_split_takes_the_whole_leaf_out_of_the_ept)
{
	struct body a = { .fn = touch_all };
	uint64_t before;

	make_host(64, 1, HOST_THP_ALWAYS);
	a.vm = make_vm("g", 8);
	guest_ram_write(a.vm->ram, gfn(0), 512, 1);
	ck_assert_int_eq(guest_ram_madvise(a.vm->ram, 511 * 4096, 4096, HOST_MADV_DONTNEED), 0);
	ck_assert_uint_eq(guest_ram_resident(a.vm->ram), 511);
	ck_assert_int_eq(guest_ram_mapping(a.vm->ram, gfn(0)), RAM_NONE);
	ck_assert_int_eq(guest_ram_state(a.vm->ram, gfn(0)), RAM_PRESENT);
	/* The VMM's own mapping has them. */
	guest_ram_access_host(a.vm->ram, gfn(0), 511, RAM_READ);
	ck_assert_int_eq(guest_ram_mapping(a.vm->ram, gfn(0)), RAM_NONE);
	before = a.vm->exits[KVM_EXIT_EPT_VIOLATION];
	start(&a, 0);
	engine_run(&engine, TIME_NEVER);
	ck_assert(a.done);
	ck_assert_uint_eq(a.vm->exits[KVM_EXIT_EPT_VIOLATION] - before, 512);
	ck_assert_int_eq(guest_ram_mapping(a.vm->ram, gfn(0)), RAM_PRESENT);
	ck_assert_uint_eq(losses, 0);
	finish(&a);
	unmake_host();
}
END_TEST

/* TLB flushes: what the other vCPU, which computes for 1 ms, has to do for a discard of pages. */

struct discards {
	unsigned int nr;		/* pages of a 2 MiB leaf, one by one */
	enum host_madvise advice;
	uint64_t us[4], exits[4];	/* of the other vCPU, after each */
};

static void computes(struct kvm_vm *vm, void *arg)
{
	charge_ns(LEDGER_PROGRAM, NSEC_PER_MSEC_U64);
	cpu_sync();
}

static void discards(struct kvm_vm *vm, void *arg)
{
	struct discards *d = arg;

	guest_ram_access(vm->ram, gfn(0), 512, RAM_WRITE);
	for (unsigned int i = 0; i < d->nr; i++) {
		guest_ram_madvise(vm->ram, i * 4096, 4096, d->advice);
		d->exits[i] = vm->exits[KVM_EXIT_INTERRUPT];
		d->us[i] = vm->account[ACCOUNT_EXIT].ns[COST_VMEXIT] / NSEC_PER_USEC_U64;
	}
}

static struct kvm_vm *discard_beside(struct discards *d, struct body *other)
{
	struct body a = { .fn = discards, .arg = d };

	make_host(64, 4, HOST_THP_ALWAYS);
	a.vm = make_vm("g", 4);
	if (other) {
		other->vm = a.vm;
		start(other, 1);
	}
	start(&a, 0);
	engine_run(&engine, TIME_NEVER);
	ck_assert(a.done && (!other || other->done));
	finish(&a);
	return a.vm;
}

/*
 * zap_page_range_single(): mmu_notifier_invalidate_range_start() flushes vCPUs if the EPT had
 * something (kvm_flush_remote_tlbs()), tlb_finish_mmu() the mm, whose mm_cpumask() has the CPUs of
 * vCPUs that are in the guest.
 */
START_TEST(a_discard_interrupts_the_vcpus_that_run_whether_or_not_the_ept_had_the_page)
{
	struct body other = { .fn = computes };
	struct discards d = { .nr = 3, .advice = HOST_MADV_DONTNEED };
	struct kvm_vm *vm;

	costs.ns[COST_VMEXIT] = 1000;
	costs.ns[COST_TLB_FLUSH] = 500;
	vm = discard_beside(&d, &other);
	/* the 2 MiB leaf was split: it was in the EPT, and what is left of it is not */
	ck_assert_uint_eq(d.exits[0], 2);
	ck_assert_uint_eq(d.exits[1], 3);
	ck_assert_uint_eq(d.exits[2], 4);
	ck_assert_uint_eq(d.us[2], 4 + 1);	/* and the fault of the one that discards */
	/* it computes that much longer, flushes included */
	ck_assert_uint_eq(vm->vcpus[1]->ran, NSEC_PER_MSEC_U64 + 4 * (1000 + 500));
	finish(&other);
	unmake_host();
	memset(&costs, 0, sizeof(costs));
}
END_TEST

START_TEST(who_discards_pays_for_each_that_it_interrupts_and_who_sleeps_is_left_alone)
{
	struct discards d = { .nr = 2, .advice = HOST_MADV_DONTNEED };
	struct body other = { .fn = computes };
	struct kvm_vm *vm;

	costs.ns[COST_TLB_FLUSH] = 500;
	vm = discard_beside(&d, NULL);
	ck_assert_uint_eq(d.exits[1], 0);
	/* its own mapping twice, and itself once as a vCPU */
	ck_assert_uint_eq(vm->account[ACCOUNT_VMM_KERNEL].count[COST_TLB_FLUSH], 3);
	unmake_host();
	vm = discard_beside(&d, &other);
	ck_assert_uint_eq(vm->account[ACCOUNT_VMM_KERNEL].count[COST_TLB_FLUSH], 3 + 1 + 2);
	finish(&other);
	unmake_host();
	memset(&costs, 0, sizeof(costs));
}
END_TEST

START_TEST(discard_clears_real_bytes)
{
	struct kvm_vm *vm;
	char *bytes;

	make_host(64, 1, HOST_THP_NEVER);
	vm = make_vm("g", 8);
	bytes = guest_ram_ptr(vm->ram);
	guest_ram_mark_bytes(vm->ram, gfn(3), 1);
	guest_ram_access(vm->ram, gfn(2), 3, RAM_WRITE);
	strcpy(bytes + 3 * 4096, "ring");
	guest_ram_madvise(vm->ram, 3 * 4096, 4096, HOST_MADV_DONTNEED);
	ck_assert_int_eq(bytes[3 * 4096], 0);
	unmake_host();
}
END_TEST

START_TEST(madvise_refuses_what_is_outside_or_unaligned)
{
	struct kvm_vm *vm;

	make_host(64, 1, HOST_THP_NEVER);
	vm = make_vm("g", 8);
	ck_assert_int_ne(guest_ram_madvise(vm->ram, 100, 4096, HOST_MADV_DONTNEED), 0);
	ck_assert_int_ne(guest_ram_madvise(vm->ram, 8 * MIB, 4096, HOST_MADV_DONTNEED), 0);
	ck_assert_int_ne(guest_ram_madvise(vm->ram, 8 * MIB - 4096, 8192, HOST_MADV_DONTNEED), 0);
	ck_assert_int_ne(guest_ram_madvise(vm->ram, 4096, UINT64_MAX - 4095, HOST_MADV_DONTNEED),
			 0);
	unmake_host();
}
END_TEST

START_TEST(oracle_names_a_lost_page_and_its_owner)
{
	struct kvm_vm *vm;

	make_host(64, 1, HOST_THP_NEVER);
	vm = make_vm("g", 8);
	guest_ram_write(vm->ram, gfn(20), 4, 500);
	ck_assert_uint_eq(guest_ram_check(vm->ram, gfn(20), 4, 500, "program"), 0);
	guest_ram_madvise(vm->ram, 22 * 4096, 4096, HOST_MADV_DONTNEED);
	ck_assert_uint_eq(guest_ram_check(vm->ram, gfn(20), 4, 500, "program"), 1);
	ck_assert_uint_eq(losses, 1);
	ck_assert_str_eq(last_owner, "program");
	ck_assert(host.failed);
	unmake_host();
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("host");
	TCase *tc = tcase_create("host");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, two_threads_share_one_cpu_fairly);
	tcase_add_test(tc, a_thread_alone_on_its_cpu_waits_for_nobody);
	tcase_add_test(tc, a_woken_thread_preempts_one_that_is_ahead);
	tcase_add_test(tc, a_woken_thread_preempts_one_that_nobody_has_looked_at);
	tcase_add_test(tc, threads_that_wait_for_ever_are_named);
	tcase_add_test(tc, nobody_waits_for_a_lock_before_it_is_taken_or_after_it_is_free);
	tcase_add_test(tc, holders_of_a_lock_do_not_overlap);
	tcase_add_test(tc, a_lock_that_is_always_held_serves_no_more_than_its_time);
	tcase_add_test(tc, memory_bandwidth_is_shared_by_those_who_use_it_at_once);
	tcase_add_test(tc, who_uses_it_half_of_the_time_takes_a_third);
	tcase_add_test(tc, who_is_alone_again_has_all_of_it);
	tcase_add_test(tc, first_touch_maps_a_zeroed_frame_and_a_huge_one_where_allowed);
	tcase_add_test(tc, the_footprint_is_the_integral_of_used_frames_over_time);
	tcase_add_test(tc, discard_of_a_part_splits_the_leaf_and_zeroes_only_the_part);
	tcase_add_test(tc, a_block_discarded_in_parts_comes_back_in_small_pages_a_whole_one_huge);
	tcase_add_test(tc, a_split_takes_the_whole_leaf_out_of_the_ept);
	tcase_add_test(tc, faults_exclude_each_other_no_more);
	tcase_add_test(
		tc, a_discard_interrupts_the_vcpus_that_run_whether_or_not_the_ept_had_the_page);
	tcase_add_test(
		tc, who_discards_pays_for_each_that_it_interrupts_and_who_sleeps_is_left_alone);
	tcase_add_test(tc, discard_clears_real_bytes);
	tcase_add_test(tc, madvise_refuses_what_is_outside_or_unaligned);
	tcase_add_test(tc, oracle_names_a_lost_page_and_its_owner);
	suite_add_tcase(s, tc);
	return s;
}
