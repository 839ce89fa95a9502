// SPDX-License-Identifier: GPL-2.0-only
/*
 * The multi-generational LRU of the host, beside mm/vmscan.c and mm/workingset.c of Linux 6.1: what
 * eviction takes, what it looks at on the way, tiers of files and what comes back too early.
 */
#include "lru_gen_host.h"
#include "suite.h"

/* Eviction */

/* Two generations later than what there is: it is the oldest, with two younger ones. */
static void make_old(void)
{
	lru_gen_age(&host.root, true);
	lru_gen_age(&host.root, true);
	while (lru_gen_inc_min_seq(lru, true))
		;
	ck_assert_uint_eq(lru_gen_nr(lru, LRU_GEN_ANON), 3);
}

static void shrink_at(int priority, uint64_t *freed)
{
	struct scan_control sc = { .target = &host.root, .nr_to_reclaim = 1,
				   .priority = priority };

	shrink_node(&sc);
	*freed = sc.nr_reclaimed;
}

/* One batch: the number of pages that are to go is small. */
static void shrink(struct kvm_vm *vm, void *arg)
{
	shrink_at(2, arg);
}

static void shrink_lightly(struct kvm_vm *vm, void *arg)
{
	shrink_at(DEF_PRIORITY, arg);
}

/* evict_folios(): 64 of the oldest; those that a vCPU has accessed are young again. */
START_TEST(oldest_pages_go_but_for_those_that_vcpus_have_accessed)
{
	struct kvm_vm *vm;
	uint64_t i, freed;

	vm = begin(256);
	make_old();
	for (i = 1; i < 64; i += 2)
		vm->ram->page[i].state |= PAGE_ACCESSED;
	run(vm, shrink, &freed);
	ck_assert_uint_eq(freed, 32);
	for (i = 0; i < 64; i++)
		ck_assert_int_eq(guest_ram_state(vm->ram, gfn(i)),
				 i % 2 ? RAM_PRESENT : RAM_SWAPPED);
	ck_assert_uint_eq(gen_of(vm, 1), lru->max_seq % 4);
	ck_assert_uint_eq(page_of(vm, 1)->on, lru->max_seq % 4);
	ck_assert(!(vm->ram->page[1].state & PAGE_ACCESSED));
	ck_assert_uint_eq(guest_ram_state(vm->ram, gfn(64)), RAM_PRESENT);
	ck_assert_uint_eq(gen_of(vm, 64), 3);
	ck_assert_uint_eq(lru->evicted[LRU_GEN_ANON][0], 32);
	check_books();
	unmake_host();
}
END_TEST

/* sort_folio(): what has been promoted is put where it belongs, without another look. */
START_TEST(promoted_pages_are_sorted_when_eviction_gets_there)
{
	struct kvm_vm *vm;
	uint64_t i, freed;

	vm = begin(256);
	make_old();
	for (i = 0; i < 10; i++)
		lru_gen_update(&host, page_index(vm->ram, i), lru->max_seq % 4);
	ck_assert_uint_eq(page_of(vm, 0)->on, 3);
	run(vm, shrink, &freed);
	/* They are not among the 64. */
	ck_assert_uint_eq(freed, 64);
	ck_assert_uint_eq(page_of(vm, 0)->on, lru->max_seq % 4);
	ck_assert_int_eq(guest_ram_state(vm->ram, gfn(9)), RAM_PRESENT);
	ck_assert_int_eq(guest_ram_state(vm->ram, gfn(73)), RAM_SWAPPED);
	ck_assert_int_eq(guest_ram_state(vm->ram, gfn(74)), RAM_PRESENT);
	check_books();
	unmake_host();
}
END_TEST

/*
 * lru_gen_look_around(): beside a page that is young in the VMM's page table, of 64 entries with it
 * in their middle, those that are, too, become young pages; an eighth of them make the table worth
 * a walk.
 */
START_TEST(eviction_looks_around_what_the_vmm_has_used)
{
	struct kvm_vm *vm;
	uint64_t freed;

	vm = begin(256);
	make_old();
	guest_ram_access_host(vm->ram, gfn(50), 1, RAM_READ);
	guest_ram_access_host(vm->ram, gfn(75), 7, RAM_READ);
	guest_ram_access_host(vm->ram, gfn(82), 1, RAM_READ);	/* 50 + 32: out of sight */
	run(vm, shrink, &freed);
	ck_assert_uint_eq(freed, 63);
	ck_assert_uint_eq(gen_of(vm, 50), lru->max_seq % 4);
	ck_assert_uint_eq(page_of(vm, 50)->on, lru->max_seq % 4);
	ck_assert_uint_eq(gen_of(vm, 75), lru->max_seq % 4);
	ck_assert_uint_eq(page_of(vm, 75)->on, 3);
	ck_assert_uint_eq(gen_of(vm, 81), lru->max_seq % 4);
	ck_assert_uint_eq(gen_of(vm, 82), 3);
	ck_assert_uint_eq(page_of(vm, 82)->young, 1);
	ck_assert_uint_eq(lru_gen_block(&host, page_index(vm->ram, 50))->filter >>
			  lru->max_seq % 2 & 1, 1);
	check_books();
	unmake_host();
}
END_TEST

START_TEST(seven_of_64_are_too_few_to_walk_a_table)
{
	ck_assert(!lru_gen_suits_walk(64, 7));
	ck_assert(lru_gen_suits_walk(64, 8));
	ck_assert(!lru_gen_suits_walk(512, 63));
}
END_TEST

/* scan_folios(): of the two youngest generations nothing goes. */
START_TEST(two_generations_are_left_alone)
{
	struct kvm_vm *vm;
	uint64_t freed;

	vm = begin(256);
	lru_gen_age(&host.root, true);
	while (lru_gen_inc_min_seq(lru, true))
		;
	ck_assert_uint_eq(lru_gen_nr(lru, LRU_GEN_ANON), 2);
	lru->birth[lru->max_seq % 4] = 0;
	/* get_nr_to_scan(): at the default priority nobody ages; below, it is done at once. */
	{
		struct scan_control sc = { .target = &host.root, .nr_to_reclaim = 1,
					   .priority = DEF_PRIORITY };

		lru_gen_shrink(&host.root, &sc, NULL);
		ck_assert_uint_eq(sc.nr_scanned, 0);
		ck_assert_uint_eq(lru->max_seq, 4);
	}
	run(vm, shrink, &freed);
	ck_assert_uint_eq(lru->max_seq, 5);
	ck_assert_uint_eq(freed, 64);
	unmake_host();
}
END_TEST

/* The same by kind: files do not go because anonymous memory has nothing old. */
START_TEST(two_generations_of_files_are_left_alone)
{
	struct cache_file *file;
	uint64_t freed, i;
	struct kvm_vm *vm;

	make_generations(64, HOST_THP_NEVER);
	add_swap(SWAP_ZRAM, 64);
	file = make_file(1);
	vm = faulted(32, 5000);
	make_old();
	for (i = 0; i < 5000; i++) {
		lru_gen_update(&host, page_index(vm->ram, i), lru->max_seq % 4);
		lru_gen_sort(&host, page_index(vm->ram, i));
	}
	lru->min_seq[LRU_GEN_FILE] = lru->max_seq - 1;
	cache_file_fill(file, 0, 10, 1);
	ck_assert_uint_eq(file_gen(file, 0), (lru->max_seq - 1) % 4);
	run(vm, shrink_lightly, &freed);
	ck_assert_uint_eq(freed, 0);
	ck_assert_uint_eq(page_kind(file->page[0].state), PAGE_PRESENT);
	check_books();
	unmake_host();
}
END_TEST

/* Tiers */

/* folio_inc_refs(), folio_lru_refs(): the first access counts for nothing. */
START_TEST(accesses_through_file_descriptors_make_tiers)
{
	static const struct {
		unsigned int accesses, refs, tier;
	} rows[] = { { 0, 0, 0 }, { 1, 0, 0 }, { 2, 1, 1 }, { 3, 2, 2 }, { 4, 3, 2 }, { 5, 4, 3 },
		     { 9, 4, 3 } };
	struct cache_file *file;
	unsigned int i;

	make_generations(64, HOST_THP_NEVER);
	file = make_file(1);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct lru_gen_page *page;

		cache_file_fill(file, i, 1, rows[i].accesses);
		page = lru_gen_page(&host, cache_page_index(file, i));
		ck_assert_uint_eq(lru_gen_refs(page), rows[i].refs);
		ck_assert_uint_eq(lru_gen_tier(rows[i].refs), rows[i].tier);
		/* They do not change generations by that. */
		ck_assert_uint_eq(page->gen, 1);
	}
	unmake_host();
}
END_TEST

/* read_ctrl_pos(), positive_ctrl_err(), get_tier_idx(), get_type_to_scan(): sums by hand. */
START_TEST(tiers_that_refault_twice_as_much_are_protected)
{
	struct lru_gen g = { 0 };
	unsigned int tier;

	ck_assert_uint_eq(lru_gen_tier_to_scan(&g, LRU_GEN_FILE), 3);
	g.evicted[LRU_GEN_FILE][0] = 1000;
	g.refaulted[LRU_GEN_FILE][0] = 50;
	g.evicted[LRU_GEN_FILE][1] = 60;
	g.protected[LRU_GEN_FILE][1] = 40;
	/* 64 of 100, twice, against 51 of 1064; 63 would be too few to tell. */
	g.refaulted[LRU_GEN_FILE][1] = 63;
	ck_assert_uint_eq(lru_gen_tier_to_scan(&g, LRU_GEN_FILE), 3);
	g.refaulted[LRU_GEN_FILE][1] = 64;
	ck_assert_uint_eq(lru_gen_tier_to_scan(&g, LRU_GEN_FILE), 0);
	/* 64 * 1064 <= 51 * n * 2 from n = 668 on. */
	g.evicted[LRU_GEN_FILE][1] = 627;
	ck_assert_uint_eq(lru_gen_tier_to_scan(&g, LRU_GEN_FILE), 0);
	g.evicted[LRU_GEN_FILE][1] = 628;
	ck_assert_uint_eq(lru_gen_tier_to_scan(&g, LRU_GEN_FILE), 3);
	/* Half of it is remembered when the generation is gone, and a quarter after the next. */
	lru_gen_carry_over(&g, LRU_GEN_FILE);
	ck_assert_uint_eq(g.avg_refaulted[LRU_GEN_FILE][1], 32);
	ck_assert_uint_eq(g.avg_total[LRU_GEN_FILE][1], 334);
	ck_assert_uint_eq(g.refaulted[LRU_GEN_FILE][1] + g.evicted[LRU_GEN_FILE][1] +
			  g.protected[LRU_GEN_FILE][1], 0);
	lru_gen_carry_over(&g, LRU_GEN_FILE);
	ck_assert_uint_eq(g.avg_total[LRU_GEN_FILE][1], 167);

	/* Of files: 200 * 1064 * 60 <= 101 * 1000 * 140 and 222 * 1064 * 60 > that. */
	g = (struct lru_gen){ .evicted = { { 1000 }, { 1000 } },
			      .refaulted = { { 100 }, { 200 } } };
	ck_assert_uint_eq(lru_gen_type_to_scan(&g, 60, &tier), LRU_GEN_FILE);
	ck_assert_uint_eq(tier, 3);
	g.refaulted[LRU_GEN_FILE][0] = 222;
	ck_assert_uint_eq(lru_gen_type_to_scan(&g, 60, &tier), LRU_GEN_ANON);
	/* The second tier of anonymous memory, against the first of files: 223 of 1064. */
	g.evicted[LRU_GEN_ANON][1] = 100;
	g.refaulted[LRU_GEN_ANON][1] = 64;
	ck_assert_uint_eq(lru_gen_type_to_scan(&g, 60, &tier), LRU_GEN_ANON);
	ck_assert_uint_eq(tier, 0);
}
END_TEST

/* sort_folio(): what is protected goes to the next generation, and begins anew there. */
START_TEST(protected_pages_go_to_the_next_generation)
{
	struct cache_file *file;
	uint64_t freed, i;

	make_generations(64, HOST_THP_NEVER);
	file = make_file(1);
	for (i = 0; i < 200; i++)
		cache_file_fill(file, i, 1, i % 4 == 3 ? 2 : i == 0 ? 6 : 1);
	lru_gen_inc_min_seq(lru, false);
	ck_assert_uint_eq(lru->min_seq[LRU_GEN_FILE], 1);	/* and 2, 3 */
	ck_assert_uint_eq(file_gen(file, 0), 1);
	/* Of the second tier too many have come back. */
	lru->evicted[LRU_GEN_FILE][0] = lru->evicted[LRU_GEN_FILE][1] = 1000;
	lru->refaulted[LRU_GEN_FILE][1] = 100;
	run(make_vm("g", 8), shrink, &freed);
	ck_assert_uint_ge(freed, 64);
	ck_assert_uint_eq(page_kind(file->page[1].state), PAGE_NONE);
	ck_assert_uint_eq(page_kind(file->page[3].state), PAGE_PRESENT);
	ck_assert_uint_eq(file_gen(file, 3), 2);
	ck_assert_uint_eq(lru_gen_refs(lru_gen_page(&host, cache_page_index(file, 3))), 0);
	ck_assert(!(file->page[3].state & PAGE_REFERENCED));
	ck_assert_uint_eq(page_kind(file->page[0].state), PAGE_PRESENT);
	ck_assert_uint_gt(lru->protected[LRU_GEN_FILE][1], 0);
	ck_assert_uint_eq(lru->protected[LRU_GEN_FILE][3], 1);
	ck_assert_uint_eq(host.stats.lru_gen_protected,
			  lru->protected[LRU_GEN_FILE][1] + lru->protected[LRU_GEN_FILE][3]);
	check_books();
	unmake_host();
}
END_TEST

/* Whoever has all references that can be counted, whether that tier refaults or not. */
START_TEST(last_tier_is_spared_once)
{
	struct cache_file *file;
	uint64_t freed, i;

	make_generations(64, HOST_THP_NEVER);
	file = make_file(1);
	for (i = 0; i < 100; i++)
		cache_file_fill(file, i, 1, i == 7 ? 5 : 4);
	lru_gen_inc_min_seq(lru, false);
	ck_assert_uint_eq(lru_gen_tier_to_scan(lru, LRU_GEN_FILE), 3);
	run(make_vm("g", 8), shrink, &freed);
	ck_assert_uint_ge(freed, 64);
	ck_assert_uint_eq(page_kind(file->page[8].state), PAGE_NONE);
	ck_assert_uint_eq(page_kind(file->page[7].state), PAGE_PRESENT);
	ck_assert_uint_eq(lru_gen_refs(lru_gen_page(&host, cache_page_index(file, 7))), 0);
	check_books();
	unmake_host();
}
END_TEST

static void write_file(struct kvm_vm *vm, void *arg)
{
	cache_file_write(arg, 0, 100);
}

/*
 * sort_folio(): a dirty page is of the next generation, and the next to go when it has been
 * written; in 6.1 nobody wakes the flusher for it.
 */
START_TEST(dirty_pages_go_to_the_next_generation_and_wait)
{
	struct cache_file *file;
	uint64_t freed;
	uint32_t index;

	make_generations(64, HOST_THP_NEVER);
	host.config.dirty_background_ratio = 90;
	host.config.dirty_ratio = 95;
	host.config.dirty_writeback_ns = host.config.dirty_expire_ns = 5000 * NSEC_PER_SEC_U64;
	file = make_file(1);
	run(make_vm("g", 8), write_file, file);
	ck_assert_uint_eq(file_gen(file, 0), 1);
	cache_file_fill(file, 100, 100, 1);
	lru_gen_inc_min_seq(lru, false);
	run(make_vm("h", 8), shrink, &freed);
	/* Sorted pages are none of the 64. */
	ck_assert_uint_eq(freed, 64);
	ck_assert_uint_eq(file_gen(file, 0), 2);
	ck_assert(file->page[0].state & PAGE_FILE_RECLAIM);
	ck_assert_uint_eq(file->nr_dirty, 100);
	ck_assert(!host.flusher.woken);
	index = cache_page_index(file, 0);
	cache_write_page(file, 0);
	engine_run(&engine, engine.now + NSEC_PER_SEC_U64);
	ck_assert_uint_eq(host.stats.file_written, 1);
	ck_assert_uint_eq(file_gen(file, 0), lru->min_seq[LRU_GEN_FILE] % 4);
	ck_assert_uint_eq(lru->list[lru->min_seq[LRU_GEN_FILE] % 4][LRU_GEN_FILE].tail, index);
	check_books();
	unmake_host();
}
END_TEST

/* isolate_folios(): swappiness 0 and 1 are for files first, 200 for anonymous memory. */
START_TEST(swappiness_says_which_kind_goes)
{
	static const struct {
		unsigned int swappiness;
		bool file_goes;
	} rows[] = { { 1, true }, { 60, true }, { 200, false } };
	struct cache_file *file;
	struct kvm_vm *vm;
	uint64_t freed;

	make_generations(64, HOST_THP_NEVER);
	add_swap(SWAP_ZRAM, 64);
	file = make_file(1);
	vm = faulted(8, 256);
	make_old();
	cache_file_fill(file, 0, 256, 1);
	ck_assert_uint_eq(file_gen(file, 0), 3);
	host.config.swappiness = rows[_i].swappiness;
	run(vm, shrink, &freed);
	ck_assert_int_eq(page_kind(file->page[0].state),
			 rows[_i].file_goes ? PAGE_NONE : PAGE_PRESENT);
	ck_assert_int_eq(guest_ram_state(vm->ram, gfn(0)),
			 rows[_i].file_goes ? RAM_PRESENT : RAM_SWAPPED);
	unmake_host();
}
END_TEST

/* Shadows */

/*
 * lru_gen_eviction(), lru_gen_refault(): a refault counts as long as the generation that the page
 * was of is the oldest; one of a fault makes the page as if it had been used often.
 */
START_TEST(refaults_count_within_the_generation_that_was_evicted)
{
	struct cache_file *file;
	struct host_memcg *other;
	struct kvm_vm *vm;
	uint32_t index, page;

	make_generations(64, HOST_THP_NEVER);
	add_swap(SWAP_ZRAM, 64);
	other = host_add_memcg(&host, "other", NULL);
	file = make_file(1);
	vm = faulted(8, 10);
	cache_file_fill(file, 0, 1, 3);
	index = cache_page_index(file, 0);
	cache_drop_page(file, 0, &host.root);
	ck_assert_uint_eq(lru->evicted[LRU_GEN_FILE][2], 1);
	/* Two references: nobody has lost much. */
	ck_assert(!workingset_is_missed(&host, index));
	ck_assert(!workingset_returned(&host, index));
	ck_assert_uint_eq(lru->refaulted[LRU_GEN_FILE][2], 1);
	ck_assert_uint_eq(lru_gen_refs(lru_gen_page(&host, index)), 0);
	lru->min_seq[LRU_GEN_FILE]++;
	workingset_returned(&host, index);
	ck_assert_uint_eq(lru->refaulted[LRU_GEN_FILE][2], 1);
	lru->min_seq[LRU_GEN_FILE]--;
	/* Of guest memory: it comes back by a fault. */
	page = page_index(vm->ram, 4);
	ck_assert(!workingset_is_missed(&host, page));
	lru_del(&host, page, false);
	workingset_evicted(&host.root, page);
	ck_assert_uint_eq(lru->evicted[LRU_GEN_ANON][0], 1);
	ck_assert(workingset_is_missed(&host, page));
	workingset_returned(&host, page);
	ck_assert_uint_eq(lru->refaulted[LRU_GEN_ANON][0], 1);
	ck_assert_uint_eq(lru_gen_refs(lru_gen_page(&host, page)), 4);
	/* Another group's generations are others. */
	host.chunk[page >> RAM_CHUNK_SHIFT].memcg = other;
	ck_assert(!workingset_is_missed(&host, page));
	host.chunk[page >> RAM_CHUNK_SHIFT].memcg = &host.root;
	lru_add(&host, page, false, LRU_PLACE_FAULT);
	ck_assert_uint_eq(host.stats.lru_gen_refaults, 2);
	check_books();
	unmake_host();
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("lru_gen_evict");
	TCase *rules = tcase_create("rules");

	tcase_add_test(rules, oldest_pages_go_but_for_those_that_vcpus_have_accessed);
	tcase_add_test(rules, promoted_pages_are_sorted_when_eviction_gets_there);
	tcase_add_test(rules, eviction_looks_around_what_the_vmm_has_used);
	tcase_add_test(rules, seven_of_64_are_too_few_to_walk_a_table);
	tcase_add_test(rules, two_generations_are_left_alone);
	tcase_add_test(rules, two_generations_of_files_are_left_alone);
	tcase_add_test(rules, accesses_through_file_descriptors_make_tiers);
	tcase_add_test(rules, tiers_that_refault_twice_as_much_are_protected);
	tcase_add_test(rules, protected_pages_go_to_the_next_generation);
	tcase_add_test(rules, last_tier_is_spared_once);
	tcase_add_test(rules, dirty_pages_go_to_the_next_generation_and_wait);
	tcase_add_loop_test(rules, swappiness_says_which_kind_goes, 0, 3);
	tcase_add_test(rules, refaults_count_within_the_generation_that_was_evicted);
	suite_add_tcase(s, rules);
	return s;
}
