// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host: scheduler, EPT, discards, reclaim, swap, OOM killer, and the data-loss oracle.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "oracle.h"
#include "swap.h"
#include "suite.h"

#define MIB (UINT64_C(1) << 20)

static struct engine engine;
static struct host host;
static struct cost_table costs;
static uint64_t losses;
static char last_owner[32];
static int killed;

static void on_loss(struct kvm_vm *vm, const struct data_loss *loss)
{
	losses++;
	snprintf(last_owner, sizeof(last_owner), "%s", loss->owner);
	ck_assert(strstr(loss->history, "found lost") != NULL);
}

static void on_kill(struct host *h, struct kvm_vm *vm, const char *reason)
{
	killed = vm->id + 1;
}

static const struct host_observer observer = { .data_loss = on_loss, .vm_killed = on_kill };

static void make_host(uint64_t mib, unsigned int cpus, enum host_thp thp)
{
	struct host_config config = { .memory_bytes = mib * MIB, .nr_cpus = cpus, .thp = thp,
				      .seed = 1 };

	engine_init(&engine);
	losses = 0;
	killed = 0;
	ck_assert_int_eq(host_init(&host, &engine, &config, &costs), 0);
	host.observer = &observer;
}

static void add_swap(enum swap_kind kind, uint64_t mib)
{
	struct swap_config config = { .kind = kind, .name = "test", .size_bytes = mib * MIB,
				      .queue_depth = kind == SWAP_ZRAM ? 0 : 1,
				      .read_ns = 100000, .write_ns = 100000,
				      .transfer_ns_page = 10000, .readahead_pages = 8,
				      .compressed_percent = 50 };

	host_add_swap(&host, swap_create(&config, &engine, 1, "test"));
	ck_assert_ptr_nonnull(host.swap);
}

static void unmake_host(void)
{
	host_destroy(&host);
	engine_destroy(&engine);
}

/* A vCPU whose "guest" is a function. */
struct body {
	void (*fn)(struct kvm_vm *vm, void *arg);
	struct kvm_vm *vm;
	void *arg;
	bool done;
	struct coro *co;
};

static void body_main(void *arg)
{
	struct body *b = arg;

	b->fn(b->vm, b->arg);
	cpu_sync();
	b->done = true;
	cpu_exit_current();
}

static void start(struct body *b, unsigned int vcpu)
{
	b->co = coro_create("vcpu", body_main, b, CORO_STACK_DEFAULT);
	b->co->ctx.thread = b->vm->vcpus[vcpu];
	b->vm->vcpus[vcpu]->co = b->co;
	cpu_wake(b->vm->vcpus[vcpu]);
}

static void finish(struct body *b)
{
	coro_destroy(b->co);
}

static struct kvm_vm *make_vm(const char *name, uint64_t mib)
{
	struct kvm_vm *vm = host_create_vm(&host, name, mib * MIB, 2);

	ck_assert_ptr_nonnull(vm);
	return vm;
}

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

static void blocker(struct kvm_vm *vm, void *arg)
{
	cpu_block("a wake-up that never comes");
}

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

/* Reclaim and swap */

#define BIG_MIB 48

static void write_and_check(struct kvm_vm *vm, void *arg)
{
	uint64_t nr = BIG_MIB * MIB / 4096;
	int round;

	for (round = 0; round < 2; round++) {
		guest_ram_write(vm->ram, gfn(0), nr, 1 + round * 100000);
		*(uint64_t *)arg += guest_ram_check(vm->ram, gfn(0), nr, 1 + round * 100000, "me");
	}
}

static void swap_round_trip(enum swap_kind kind, enum host_thp thp)
{
	uint64_t lost = 0;
	struct body a = { .fn = write_and_check, .arg = &lost };

	make_host(32, 2, thp);
	add_swap(kind, 64);
	a.vm = make_vm("g", 64);
	start(&a, 0);
	engine_run(&engine, 1000 * NSEC_PER_SEC_U64);
	ck_assert(a.done);
	ck_assert_uint_eq(lost, 0);
	ck_assert_uint_gt(host.stats.swap_out, (BIG_MIB - 32) * MIB / 4096);
	ck_assert_uint_gt(host.stats.swap_in, 0);
	ck_assert_uint_eq(guest_ram_resident(a.vm->ram) + guest_ram_swapped(a.vm->ram),
			  BIG_MIB * MIB / 4096);
	ck_assert_uint_eq(host_used_pages(&host),
			  guest_ram_resident(a.vm->ram) + host.swap->zram_frames);
	finish(&a);
	/* A discard gives slots back, too. */
	guest_ram_madvise(a.vm->ram, 0, 64 * MIB, HOST_MADV_DONTNEED);
	ck_assert_uint_eq(swap_used_slots(host.swap), 0);
	ck_assert_uint_eq(guest_ram_swapped(a.vm->ram), 0);
	unmake_host();
}

START_TEST(contents_survive_swapping_on_every_device)
{
	swap_round_trip((enum swap_kind)_i, HOST_THP_NEVER);
	swap_round_trip((enum swap_kind)_i, HOST_THP_ALWAYS);
}
END_TEST

static void start_another(struct kvm_vm *vm, void *arg)
{
	guest_ram_write(vm->ram, gfn(0), BIG_MIB * MIB / 4096, 1);
	host_start_vm(arg);
}

/* swap_cluster_readahead() and swap_vma_readahead() with page-cluster 3, step by step. */
START_TEST(windows_of_read_ahead_follow_hits)
{
	struct swap_ra slots = { 0 }, pages = SWAP_RA_VMA_INIT;
	uint64_t first, end;

	swap_ra_slots(&slots, 100, 8, 1000, &first, &end);	/* nothing known: alone */
	ck_assert(first == 100 && end == 101);
	swap_ra_slots(&slots, 101, 8, 1000, &first, &end);	/* the next one: two, aligned */
	ck_assert(first == 100 && end == 102);
	swap_ra_hit(&slots);
	swap_ra_slots(&slots, 203, 8, 1000, &first, &end);	/* 1 hit + 2: four */
	ck_assert(first == 200 && end == 204);
	for (int i = 0; i < 3; i++)
		swap_ra_hit(&slots);
	swap_ra_slots(&slots, 997, 8, 1000, &first, &end);	/* 3 + 2: eight */
	ck_assert(first == 992 && end == 1000);
	swap_ra_slots(&slots, 500, 8, 1000, &first, &end);	/* none: half, not less */
	ck_assert(first == 500 && end == 504);
	swap_ra_slots(&slots, 3, 1, 1000, &first, &end);	/* page-cluster 0 */
	ck_assert(first == 3 && end == 4);

	swap_ra_pages(&pages, 700, 8, 512, 1024, &first, &end);	/* taken for 4 hits: around it */
	ck_assert(first == 697 && end == 705);
	swap_ra_hit(&pages);
	swap_ra_hit(&pages);
	swap_ra_pages(&pages, 701, 8, 512, 1024, &first, &end);	/* upwards */
	ck_assert(first == 701 && end == 705);
	swap_ra_pages(&pages, 700, 8, 512, 1024, &first, &end);	/* downwards, and half */
	ck_assert(first == 699 && end == 701);
	swap_ra_hit(&pages);
	swap_ra_pages(&pages, 513, 8, 512, 1024, &first, &end);	/* not beyond the page table */
	ck_assert(first == 512 && end == 516);
	for (uint64_t page = 514; page < 516; page++)
		swap_ra_cached(&pages, page, true);
	swap_ra_cached(&pages, 516, false);
	swap_ra_pages(&pages, 517, 8, 512, 1024, &first, &end);	/* upwards from what was used */
	ck_assert(first == 517 && end == 521);
}
END_TEST

static void read_what_is_left(struct kvm_vm *vm, void *arg)
{
	uint64_t i, nr = BIG_MIB * MIB / 4096, *swapped = arg;

	guest_ram_write(vm->ram, gfn(0), nr, 1);
	/* of those in swap every other 64 KiB go, and so does all that is in memory */
	for (i = 0; i < nr; i++)
		if (i / 16 % 2 || guest_ram_state(vm->ram, gfn(i)) != RAM_SWAPPED)
			guest_ram_madvise(vm->ram, i * 4096, 4096, HOST_MADV_DONTNEED);
	*swapped = guest_ram_swapped(vm->ram);
	for (i = 0; i < nr; i++)
		if (guest_ram_peek(vm->ram, gfn(i)))
			guest_ram_check(vm->ram, gfn(i), 1, 1 + i, "g");
}

/* Slots that nobody has anything in any more are neither read nor counted. */
START_TEST(swap_in_reads_what_there_is_and_no_holes)
{
	enum swap_kind kind = (enum swap_kind)_i;
	uint64_t swapped = 0;
	struct body a = { .fn = read_what_is_left, .arg = &swapped };

	make_host(32, 1, HOST_THP_NEVER);
	add_swap(kind, 64);
	a.vm = make_vm("g", 64);
	start(&a, 0);
	engine_run(&engine, 1000 * NSEC_PER_SEC_U64);
	ck_assert(a.done);
	ck_assert_uint_gt(swapped, 1024);
	ck_assert_uint_eq(host.swap->stats.pages_in, swapped);
	ck_assert_uint_eq(losses, 0);
	/* pages beside each other, upwards: read ahead is what is used next */
	ck_assert_uint_ge(host.stats.swap_readahead_hits * 100,
			  host.stats.swap_readahead * (kind == SWAP_ZRAM ? 0 : 95));
	ck_assert(kind == SWAP_ZRAM || host.stats.swap_readahead > swapped / 2);
	finish(&a);
	unmake_host();
}
END_TEST

/*
 * 512 frames at once, when fewer than that are free above the watermark and the rest is being
 * written: the thread has to wait for the device, since looking again takes no time.
 */
START_TEST(large_allocation_waits_for_what_is_being_written)
{
	struct body a = { .fn = start_another };
	struct kvm_vm *other;

	make_host(32, 2, HOST_THP_NEVER);
	add_swap((enum swap_kind)_i, 64);
	host.config.vmm_overhead_bytes = 16 * MIB;
	a.vm = make_vm("g", 64);
	other = make_vm("other", 8);
	a.arg = other;
	start(&a, 0);
	engine_run(&engine, TIME_NEVER);
	ck_assert(a.done);
	ck_assert_uint_eq(other->overhead_pages, 16 * MIB / 4096);
	finish(&a);
	unmake_host();
}
END_TEST

static void write_only(struct kvm_vm *vm, void *arg)
{
	guest_ram_write(vm->ram, gfn(0), BIG_MIB * MIB / 4096, 1);
}

START_TEST(without_swap_the_largest_vmm_is_killed)
{
	struct body a = { .fn = write_only }, small = { .fn = blocker };

	make_host(32, 2, HOST_THP_NEVER);
	small.vm = make_vm("small", 8);
	guest_ram_write(small.vm->ram, gfn(0), 100, 1);
	a.vm = make_vm("big", 64);
	start(&small, 0);
	start(&a, 0);
	engine_run(&engine, TIME_NEVER);
	ck_assert(!a.done);
	ck_assert_int_eq(killed, a.vm->id + 1);
	ck_assert(a.vm->dead && !small.vm->dead);
	ck_assert_uint_eq(guest_ram_resident(a.vm->ram), 0);
	ck_assert_uint_eq(host_used_pages(&host), 100);
	finish(&a);
	finish(&small);
	unmake_host();
}
END_TEST

START_TEST(pages_marked_free_go_first_and_are_not_written)
{
	struct body a = { .fn = write_only };
	struct kvm_vm *idle;

	make_host(64, 2, HOST_THP_NEVER);
	add_swap(SWAP_SSD, 64);
	idle = make_vm("idle", 32);
	guest_ram_write(idle->ram, gfn(0), 24 * MIB / 4096, 1);
	ck_assert_int_eq(guest_ram_madvise(idle->ram, 0, 24 * MIB, HOST_MADV_FREE), 0);
	/* Written again: the mark is gone. */
	guest_ram_write(idle->ram, gfn(0), 16, 9000);
	a.vm = make_vm("big", 64);
	start(&a, 0);
	engine_run(&engine, 1000 * NSEC_PER_SEC_U64);
	ck_assert(a.done);
	ck_assert_uint_gt(host.stats.lazyfree_dropped, 1000);
	ck_assert_uint_eq(guest_ram_check(idle->ram, gfn(0), 16, 9000, "idle"), 0);
	finish(&a);
	unmake_host();
}
END_TEST

START_TEST(watermarks_are_those_of_linux)
{
	/* min = sqrt(16 * 4 GiB in KiB) = 8192 KiB; low = min + min / 4, high = min + min / 2. */
	make_host(4096, 1, HOST_THP_NEVER);
	ck_assert_uint_eq(host.wmark_min, 2048);
	ck_assert_uint_eq(host.wmark_low, 2048 + 1048);
	ck_assert_uint_eq(host.wmark_high, 2048 + 2 * 1048);
	unmake_host();
}
END_TEST

START_TEST(impossible_swap_devices_are_refused)
{
	struct swap_config config = { .kind = SWAP_HDD, .name = "x", .queue_depth = 1 };

	engine_init(&engine);
	config.size_bytes = 4095;
	ck_assert_ptr_null(swap_create(&config, &engine, 1, "test"));
	config.size_bytes = UINT64_C(1) << 40;
	ck_assert_ptr_null(swap_create(&config, &engine, 1, "test"));
	config.size_bytes = MIB;
	config.queue_depth = 0;
	ck_assert_ptr_null(swap_create(&config, &engine, 1, "test"));
	engine_destroy(&engine);
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
	tcase_add_test(tc, threads_that_wait_for_ever_are_named);
	tcase_add_test(tc, nobody_waits_for_a_lock_before_it_is_taken_or_after_it_is_free);
	tcase_add_test(tc, holders_of_a_lock_do_not_overlap);
	tcase_add_test(tc, a_lock_that_is_always_held_serves_no_more_than_its_time);
	tcase_add_test(tc, first_touch_maps_a_zeroed_frame_and_a_huge_one_where_allowed);
	tcase_add_test(tc, the_footprint_is_the_integral_of_used_frames_over_time);
	tcase_add_test(tc, discard_of_a_part_splits_the_leaf_and_zeroes_only_the_part);
	tcase_add_test(tc, a_block_discarded_in_parts_comes_back_in_small_pages_a_whole_one_huge);
	tcase_add_test(tc, discard_clears_real_bytes);
	tcase_add_test(tc, madvise_refuses_what_is_outside_or_unaligned);
	tcase_add_test(tc, oracle_names_a_lost_page_and_its_owner);
	tcase_add_loop_test(tc, contents_survive_swapping_on_every_device, SWAP_HDD,
			    SWAP_ZRAM + 1);
	tcase_add_loop_test(tc, large_allocation_waits_for_what_is_being_written, SWAP_HDD,
			    SWAP_ZRAM);
	tcase_add_test(tc, windows_of_read_ahead_follow_hits);
	tcase_add_loop_test(tc, swap_in_reads_what_there_is_and_no_holes, SWAP_HDD, SWAP_ZRAM + 1);
	tcase_add_test(tc, without_swap_the_largest_vmm_is_killed);
	tcase_add_test(tc, pages_marked_free_go_first_and_are_not_written);
	tcase_add_test(tc, watermarks_are_those_of_linux);
	tcase_add_test(tc, impossible_swap_devices_are_refused);
	suite_add_tcase(s, tc);
	return s;
}
