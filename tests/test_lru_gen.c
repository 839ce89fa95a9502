// SPDX-License-Identifier: GPL-2.0-only
/*
 * The multi-generational LRU of the host, beside mm/vmscan.c and include/linux/mm_inline.h of Linux
 * 6.1: where pages come to, ageing, groups and kswapd, each rule step by step, by hand; and books
 * that balance whatever machines do.
 */
#include "lru_gen_host.h"
#include "scenario_run.h"
#include "suite.h"

/* Where pages come to */

/*
 * lru_gen_init_lruvec(): generations 0 to 3.  lru_gen_add_folio(): what a fault makes is of 3, a
 * page of a file that is read of the oldest but one, and so is what may be dropped.
 */
START_TEST(faults_make_young_pages_and_reading_old_ones)
{
	struct cache_file *file;
	struct kvm_vm *vm;

	make_generations(64, HOST_THP_NEVER);
	file = make_file(1);
	vm = make_vm("g", 8);
	ck_assert_uint_eq(lru->max_seq, 3);
	ck_assert_uint_eq(lru->min_seq[LRU_GEN_ANON], 0);
	guest_ram_access(vm->ram, gfn(0), 100, RAM_WRITE);
	cache_file_fill(file, 0, 10, 1);
	ck_assert_uint_eq(gen_of(vm, 0), 3);
	ck_assert_uint_eq(file_gen(file, 0), 1);
	ck_assert_uint_eq(host.root.lru_size[SCAN_ACTIVE_ANON], 100);
	ck_assert_uint_eq(host.root.lru_size[SCAN_INACTIVE_FILE], 10);
	guest_ram_madvise(vm->ram, 4096, 4096, HOST_MADV_FREE);
	ck_assert_uint_eq(gen_of(vm, 1), 1);
	ck_assert_uint_eq(host.root.lru_size[SCAN_INACTIVE_FILE], 11);
	/* Written after all. */
	guest_ram_access(vm->ram, gfn(1), 1, RAM_WRITE);
	ck_assert_uint_eq(gen_of(vm, 1), 3);
	/* With three generations the oldest is that of what is read. */
	lru->min_seq[LRU_GEN_ANON] = lru->min_seq[LRU_GEN_FILE] = 1;
	cache_file_fill(file, 10, 1, 1);
	ck_assert_uint_eq(file_gen(file, 10), 1);
	check_books();
	unmake_host();
}
END_TEST

/* What is being written is of the oldest but the youngest; when it is there, the next to go. */
START_TEST(pages_that_are_written_come_back_at_the_end)
{
	struct kvm_vm *vm;
	uint32_t index;

	make_generations(64, HOST_THP_NEVER);
	vm = faulted(8, 100);
	index = page_index(vm->ram, 5);
	lru_del(&host, index, false);
	page_set_kind(&vm->ram->page[5].state, PAGE_WRITEBACK);
	lru_add(&host, index, false, LRU_PLACE_INACTIVE);
	ck_assert_uint_eq(gen_of(vm, 5), 2);
	lru_move(&host, index, false, LRU_PLACE_TAIL);
	ck_assert_uint_eq(gen_of(vm, 5), 0);
	ck_assert_uint_eq(lru->list[0][LRU_GEN_ANON].tail, index);
	page_set_kind(&vm->ram->page[5].state, PAGE_PRESENT);
	check_books();
	unmake_host();
}
END_TEST

/* Ageing */

START_TEST(ageing_begins_a_generation_and_the_two_youngest_are_active)
{
	begin(100);
	lru_gen_age(&host.root, true);
	/* inc_max_seq(): the fifth makes room, and 3 is the last but one. */
	ck_assert_uint_eq(lru->max_seq, 4);
	ck_assert_uint_eq(lru->min_seq[LRU_GEN_ANON], 1);
	ck_assert_uint_eq(lru->min_seq[LRU_GEN_FILE], 1);
	ck_assert_uint_eq(host.root.lru_size[SCAN_ACTIVE_ANON], 100);
	check_books();
	lru_gen_age(&host.root, true);
	ck_assert_uint_eq(host.root.lru_size[SCAN_ACTIVE_ANON], 0);
	ck_assert_uint_eq(host.root.lru_size[SCAN_INACTIVE_ANON], 100);
	/* try_to_inc_min_seq(): up to the oldest that has pages, or to the last but one. */
	ck_assert(lru_gen_inc_min_seq(lru, true));
	ck_assert_uint_eq(lru->min_seq[LRU_GEN_ANON], 3);
	ck_assert_uint_eq(lru->min_seq[LRU_GEN_FILE], 3);
	ck_assert(!lru_gen_inc_min_seq(lru, true));
	check_books();
	ck_assert_uint_eq(host.stats.lru_gen_aged, 2);
	unmake_host();
}
END_TEST

/* try_to_inc_min_seq(): anonymous memory is not ahead of files. */
START_TEST(kinds_are_of_the_same_oldest_generation)
{
	struct cache_file *file;

	begin(100);
	file = make_file(1);
	cache_file_fill(file, 0, 10, 1);
	lru_gen_age(&host.root, true);
	lru_gen_age(&host.root, true);
	ck_assert_uint_eq(file_gen(file, 0), 2);
	ck_assert(!lru_gen_inc_min_seq(lru, true));
	ck_assert_uint_eq(lru->min_seq[LRU_GEN_ANON], 2);
	cache_drop_all(&host);
	ck_assert(lru_gen_inc_min_seq(lru, true));
	ck_assert_uint_eq(lru->min_seq[LRU_GEN_ANON], 3);
	ck_assert_uint_eq(lru->min_seq[LRU_GEN_FILE], 3);
	unmake_host();
}
END_TEST

/* inc_min_seq(): pages of the generation that goes are of the next, and the first of it to go. */
START_TEST(fifth_generation_takes_the_oldest_along)
{
	struct kvm_vm *vm;

	vm = begin(100);
	for (int i = 0; i < 3; i++)
		lru_gen_age(&host.root, true);
	ck_assert_uint_eq(lru->min_seq[LRU_GEN_ANON], 3);
	guest_ram_access(vm->ram, gfn(100), 1, RAM_WRITE);	/* of 6 */
	lru_gen_age(&host.root, true);
	ck_assert_uint_eq(lru->max_seq, 7);
	ck_assert_uint_eq(lru->min_seq[LRU_GEN_ANON], 4);
	ck_assert_uint_eq(gen_of(vm, 0), 4 % 4);
	ck_assert_uint_eq(gen_of(vm, 100), 6 % 4);
	check_books();
	unmake_host();
}
END_TEST

/* Without swap anonymous memory is not looked at; where numbers meet, old pages are young. */
START_TEST(without_swap_old_anonymous_pages_become_the_youngest)
{
	struct kvm_vm *vm;
	unsigned int i;

	make_generations(64, HOST_THP_NEVER);
	vm = faulted(8, 100);
	ck_assert_uint_eq(lru_gen_swappiness(&host.root), 0);
	for (i = 0; i < 4; i++) {
		lru_gen_age(&host.root, false);
		ck_assert_uint_eq(gen_of(vm, 0), 3);
	}
	/* 7 is where 3 was. */
	ck_assert_uint_eq(lru->max_seq, 7);
	ck_assert_uint_eq(lru->min_seq[LRU_GEN_ANON], 4);
	ck_assert_uint_eq(host.root.lru_size[SCAN_ACTIVE_ANON], 100);
	check_books();
	unmake_host();
}
END_TEST

/*
 * walk_pte_range() looks at the VMM's page table.  It has what a fault made, once, and what the VMM
 * accesses; what vCPUs access it has not.
 */
START_TEST(ageing_sees_what_the_vmm_uses_and_not_what_vcpus_do)
{
	struct kvm_vm *vm;

	vm = begin(128);
	lru_gen_age(&host.root, true);
	ck_assert_uint_eq(page_of(vm, 0)->young, 0);
	guest_ram_access(vm->ram, gfn(0), 128, RAM_WRITE);
	guest_ram_access_host(vm->ram, gfn(7), 1, RAM_READ);
	has_run(vm);
	lru_gen_age(&host.root, true);
	ck_assert_uint_eq(gen_of(vm, 6), 3);
	ck_assert_uint_eq(gen_of(vm, 7), 4 % 4);	/* the youngest then */
	ck_assert_uint_eq(host.stats.lru_gen_promoted, 1);
	/* It stays on its list until eviction gets there (lru_gen_struct: lazily sorted). */
	ck_assert_uint_eq(page_of(vm, 7)->on, 3);
	/* For KVM what vCPUs have accessed is still there to be seen. */
	ck_assert(vm->ram->page[6].state & PAGE_ACCESSED);
	check_books();
	unmake_host();
}
END_TEST

/*
 * walk_pmd_range() passes over tables whose own entry has not been accessed since the last walk: a
 * page that a vCPU faults in there is not seen, until the VMM uses one beside it.
 */
START_TEST(table_that_only_vcpus_fault_into_is_passed_over)
{
	struct kvm_vm *vm;

	vm = begin(128);
	lru_gen_age(&host.root, true);
	guest_ram_access(vm->ram, gfn(200), 1, RAM_WRITE);
	has_run(vm);
	lru_gen_age(&host.root, true);
	ck_assert_uint_eq(page_of(vm, 200)->young, 1);
	/* In another table, which is new, it is. */
	guest_ram_access(vm->ram, gfn(512), 64, RAM_WRITE);
	has_run(vm);
	vm->lru_gen.walked = false;
	lru_gen_age(&host.root, true);
	ck_assert_uint_eq(page_of(vm, 512)->young, 0);
	ck_assert_uint_eq(page_of(vm, 200)->young, 1);
	guest_ram_access_host(vm->ram, gfn(0), 1, RAM_READ);
	has_run(vm);
	vm->lru_gen.walked = false;
	lru_gen_age(&host.root, true);
	ck_assert_uint_eq(page_of(vm, 200)->young, 0);
	unmake_host();
}
END_TEST

/*
 * suitable_to_scan(): an eighth of a table's entries, 64 of 512, have to be young for it to be
 * looked at the next time; the first time all are.  should_skip_mm(): nor is a VMM that has not
 * run.
 */
START_TEST(tables_with_few_young_entries_and_idle_vmms_are_passed_over)
{
	struct kvm_vm *vm;

	vm = begin(64);
	guest_ram_access(vm->ram, gfn(512), 63, RAM_WRITE);
	lru_gen_age(&host.root, true);
	guest_ram_access_host(vm->ram, gfn(3), 1, RAM_READ);
	guest_ram_access_host(vm->ram, gfn(515), 1, RAM_READ);
	lru_gen_age(&host.root, true);
	ck_assert_uint_eq(page_of(vm, 3)->young, 1);		/* it has not run */
	guest_ram_access_host(vm->ram, gfn(3), 1, RAM_READ);
	/* The filter of that walk, which found nobody, is the first one still. */
	has_run(vm);
	lru->max_seq--;
	lru_gen_age(&host.root, true);
	ck_assert_uint_eq(page_of(vm, 3)->young, 0);
	ck_assert_uint_eq(page_of(vm, 515)->young, 1);
	unmake_host();
}
END_TEST

/* A 2 MiB leaf has one accessed bit, and is of one generation; its parts are of the same. */
START_TEST(leaf_is_promoted_as_one_and_splits_into_pages_of_its_generation)
{
	struct kvm_vm *vm;

	make_generations(64, HOST_THP_ALWAYS);
	add_swap(SWAP_ZRAM, 64);
	vm = make_vm("g", 8);
	guest_ram_access(vm->ram, gfn(0), 1024, RAM_WRITE);
	lru_gen_age(&host.root, true);
	guest_ram_access_host(vm->ram, gfn(5), 1, RAM_READ);
	has_run(vm);
	lru_gen_age(&host.root, true);
	ck_assert_uint_eq(gen_of(vm, 0), 0);
	ck_assert_uint_eq(gen_of(vm, 512), 3);
	ck_assert_uint_eq(host.stats.lru_gen_promoted, 512);
	check_books();
	ram_split_huge(vm->ram, 0);
	ck_assert_uint_eq(gen_of(vm, 100), 0);
	check_books();
	/* Unmapped in part it stays one entry, even when its first page is somebody else's. */
	guest_ram_madvise(vm->ram, 512 * 4096, 4096, HOST_MADV_DONTNEED);
	guest_ram_access(vm->ram, gfn(512), 1, RAM_WRITE);
	ck_assert_uint_eq(gen_of(vm, 513), 3);
	ck_assert_uint_eq(gen_of(vm, 512), 5 % 4);
	check_books();
	compound_split(vm->ram, 1);
	ck_assert_uint_eq(gen_of(vm, 513), 3);
	ck_assert_uint_eq(gen_of(vm, 512), 5 % 4);
	check_books();
	unmake_host();
}
END_TEST

/* should_run_aging(), with generations of the given sizes. */
static bool should_age(uint64_t min_anon, uint64_t min_file, const uint64_t size[MAX_NR_GENS],
		       bool can_swap)
{
	struct lru_gen g = { .max_seq = 11, .min_seq = { min_anon, min_file } };
	uint64_t nr, total = 0, seq;
	bool age;

	for (seq = 8; seq <= 11; seq++)
		g.nr_pages[seq % 4][LRU_GEN_FILE] = g.nr_pages[seq % 4][LRU_GEN_ANON] =
			size[seq - 8];
	age = lru_gen_should_age(&g, 4, can_swap, &nr);
	for (seq = can_swap ? min_anon : 12; seq <= 11; seq++)
		total += size[seq - 8];
	for (seq = min_file; seq <= 11; seq++)
		total += size[seq - 8];
	ck_assert_uint_eq(nr, total >> 4);
	return age;
}

START_TEST(three_generations_of_a_third_each_are_enough)
{
	const uint64_t even[] = { 0, 100, 100, 100 }, young[] = { 0, 101, 99, 201 };
	const uint64_t old[] = { 0, 49, 100, 50 };

	ck_assert(!should_age(9, 9, even, true));
	ck_assert(!should_age(8, 8, young, true));	/* there are four */
	ck_assert(should_age(10, 10, even, true));	/* and two */
	ck_assert(should_age(9, 9, young, true));	/* more than half are young */
	ck_assert(should_age(9, 9, old, true));		/* less than a quarter are old */
	/* Without swap it is files that count. */
	ck_assert(should_age(8, 10, even, false));
	ck_assert(!should_age(8, 10, even, true));
}
END_TEST

/* Groups, kswapd */

START_TEST(groups_have_generations_of_their_own)
{
	struct host_memcg *a, *b;
	struct kvm_vm *vm, *other;

	make_generations(64, HOST_THP_NEVER);
	add_swap(SWAP_ZRAM, 64);
	a = host_add_memcg(&host, "a", NULL);
	b = host_add_memcg(&host, "b", a);
	vm = make_vm("g", 8);
	other = make_vm("other", 8);
	host_set_memcg(vm, a);
	host_set_memcg(other, b);
	guest_ram_access(vm->ram, gfn(0), 100, RAM_WRITE);
	guest_ram_access(other->ram, gfn(0), 70, RAM_WRITE);
	lru_gen_age(a, true);
	lru_gen_age(a, true);
	ck_assert_uint_eq(a->gen->max_seq, 5);
	ck_assert_uint_eq(b->gen->max_seq, 3);
	ck_assert_uint_eq(lru->max_seq, 3);
	/* Sizes are those of the groups below, too. */
	ck_assert_uint_eq(a->lru_size[SCAN_INACTIVE_ANON], 100);
	ck_assert_uint_eq(a->lru_size[SCAN_ACTIVE_ANON], 70);
	ck_assert_uint_eq(page_of(vm, 0)->young, 0);
	ck_assert_uint_eq(page_of(other, 0)->young, 1);
	check_books();
	unmake_host();
}
END_TEST

/* lru_gen_age_node() begins with the second round, or when eviction had too little to take. */
START_TEST(kswapd_ages_when_eviction_has_not_found_enough)
{
	struct scan_control sc = { .target = &host.root, .priority = DEF_PRIORITY };

	begin(100);
	while (lru_gen_inc_min_seq(lru, true))
		;
	lru_gen_age_node(&host, &sc);
	ck_assert(sc.memcgs_need_aging);
	ck_assert_uint_eq(lru->max_seq, 3);
	lru_gen_age_node(&host, &sc);
	ck_assert_uint_eq(lru->max_seq, 4);
	unmake_host();
}
END_TEST

static void age_node(struct kvm_vm *vm, void *arg)
{
	struct scan_control sc = { .target = &host.root, .priority = DEF_PRIORITY,
				   .memcgs_need_aging = true };

	lru_gen_age_node(&host, &sc);
}

/* With an oldest generation that is so old; returns who is killed for it. */
static int kills_at_age(uint64_t ms)
{
	killed = 0;
	lru->birth[lru->min_seq[LRU_GEN_FILE] % 4] = lru_gen_jiffies(&host) - ms / 4;
	run(make_vm("caller", 8), age_node, NULL);
	return killed;
}

/*
 * min_ttl_ms: as long as the oldest generation is younger than that it does not go; if that is so
 * of all groups, somebody is killed.
 */
START_TEST(min_ttl_kills_when_all_there_is_is_young)
{
	make_generations(64, HOST_THP_NEVER);
	engine.now = 10 * NSEC_PER_SEC_U64;
	add_swap(SWAP_ZRAM, 64);
	faulted(8, 100);
	ck_assert_int_eq(kills_at_age(0), 0);
	host.config.lru_gen_min_ttl_ns = 1000 * NSEC_PER_MSEC_U64;
	ck_assert_int_eq(kills_at_age(1000), 0);
	ck_assert_int_eq(kills_at_age(996), 1);
	unmake_host();
}
END_TEST

/* Machines */

struct churn {
	struct cache_file *file;
	unsigned int rounds;
	uint64_t pages;
};

/* More than there is room for, with files, lazily free memory and holes in between. */
static void churn(struct kvm_vm *vm, void *arg)
{
	const struct churn *c = arg;
	uint64_t i;

	for (i = 0; i < c->rounds; i++) {
		uint64_t first = i * 1777 % (c->pages - 600);

		guest_ram_write(vm->ram, gfn(first), 600, 1 + first);
		guest_ram_check(vm->ram, gfn(first), 600, 1 + first, "g");
		if (c->file)
			cache_file_read(c->file, i * 37 % c->file->nr_pages, 40);
		if (i % 5 == 0)
			guest_ram_madvise(vm->ram, (first + 100) * 4096, 50 * 4096,
					  i % 2 ? HOST_MADV_DONTNEED : HOST_MADV_FREE);
		guest_ram_access_host(vm->ram, gfn(first + 300), 30, RAM_READ);
	}
}

START_TEST(whatever_a_machine_does_books_balance_and_nothing_is_lost)
{
	enum swap_on kind = (enum swap_on)(_i / 2);
	struct churn c = { .rounds = 400, .pages = PAGES(48) };
	struct kvm_vm *vm;

	make_generations(32, _i % 2 ? HOST_THP_ALWAYS : HOST_THP_NEVER);
	add_swap(kind, 128);
	c.file = make_file(8);
	vm = make_vm("g", 48);
	if (_i % 4 > 1) {
		struct host_memcg *memcg = host_add_memcg(&host, "a", NULL);

		memcg->max = PAGES(20);
		host_set_memcg(vm, memcg);
	}
	run(vm, churn, &c);
	check_books();
	ck_assert_uint_eq(losses, 0);
	ck_assert_uint_gt(host.stats.reclaimed, 10000);
	ck_assert_uint_gt(host.stats.lru_gen_aged, 5);
	ck_assert_uint_gt(host.stats.lru_gen_promoted, 100);
	unmake_host();
}
END_TEST

#define MACHINE(lru)                                                                               \
	TEST_HEAD "host { compatible = \"ballast,host\"; memory-mib = <512>; cpus = <2>; " lru    \
		  NVME_NODE "};\n"                                                                 \
		  "guest { compatible = \"ballast,guest\"; memory-mib = <512>; vcpus = <1>;"      \
		  " count = <2>; programs { w { compatible = \"ballast,program-memhog\";"          \
		  " size-mib = <300>; }; }; };"                                                    \
		  "};\n"

/* With generations the same twice; without, which is the default, something else. */
START_TEST(machines_repeat_and_have_generations_if_told_to)
{
	struct outcome o[3];
	unsigned int i;

	for (i = 0; i < 3; i++) {
		outcome_run(&o[i], i < 2 ? MACHINE("lru = \"mglru\";") : MACHINE(""), false);
		ck_assert_msg(!o[i].refused && o[i].end == TRACE_END_OK, "%s", o[i].text);
		ck_assert_int_eq(o[i].scenario.host.lru,
				 i < 2 ? SCENARIO_LRU_MGLRU : SCENARIO_LRU_CLASSIC);
	}
	ck_assert_uint_eq(o[0].over, o[1].over);
	ck_assert_uint_ne(o[0].over, o[2].over);
	for (i = 0; i < 3; i++)
		outcome_free(&o[i]);
}
END_TEST

/* Of the host model, all that it counts. */
START_TEST(what_is_done_twice_is_the_same)
{
	struct churn c = { .rounds = 200, .pages = PAGES(48) };
	struct host_stats stats;
	uint64_t now;
	int i;

	for (i = 0; i < 2; i++) {
		make_generations(32, HOST_THP_ALWAYS);
		add_swap(SWAP_NVME, 128);
		c.file = make_file(8);
		run(make_vm("g", 48), churn, &c);
		if (i) {
			ck_assert_mem_eq(&host.stats, &stats, sizeof(stats));
			ck_assert_uint_eq(engine.now, now);
		}
		stats = host.stats;
		now = engine.now;
		unmake_host();
	}
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("lru_gen");
	TCase *rules = tcase_create("rules"), *machines = tcase_create("machines");

	tcase_add_test(rules, faults_make_young_pages_and_reading_old_ones);
	tcase_add_test(rules, pages_that_are_written_come_back_at_the_end);
	tcase_add_test(rules, ageing_begins_a_generation_and_the_two_youngest_are_active);
	tcase_add_test(rules, kinds_are_of_the_same_oldest_generation);
	tcase_add_test(rules, fifth_generation_takes_the_oldest_along);
	tcase_add_test(rules, without_swap_old_anonymous_pages_become_the_youngest);
	tcase_add_test(rules, ageing_sees_what_the_vmm_uses_and_not_what_vcpus_do);
	tcase_add_test(rules, table_that_only_vcpus_fault_into_is_passed_over);
	tcase_add_test(rules, tables_with_few_young_entries_and_idle_vmms_are_passed_over);
	tcase_add_test(rules, leaf_is_promoted_as_one_and_splits_into_pages_of_its_generation);
	tcase_add_test(rules, three_generations_of_a_third_each_are_enough);
	tcase_add_test(rules, groups_have_generations_of_their_own);
	tcase_add_test(rules, kswapd_ages_when_eviction_has_not_found_enough);
	tcase_add_test(rules, min_ttl_kills_when_all_there_is_is_young);
	tcase_set_timeout(machines, 120);
	tcase_add_loop_test(machines, whatever_a_machine_does_books_balance_and_nothing_is_lost, 0,
			    8);
	tcase_add_test(machines, what_is_done_twice_is_the_same);
	tcase_add_test(machines, machines_repeat_and_have_generations_if_told_to);
	suite_add_tcase(s, rules);
	suite_add_tcase(s, machines);
	return s;
}
