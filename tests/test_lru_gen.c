// SPDX-License-Identifier: GPL-2.0-only
/*
 * The multi-generational LRU of the host, beside mm/vmscan.c, mm/workingset.c and
 * include/linux/mm_inline.h of Linux 6.1: each rule step by step, by hand; and books that balance
 * whatever machines do.
 */
#include "disk.h"
#include "host_vms.h"
#include "lru_gen.h"
#include "page_cache.h"
#include "scenario_run.h"
#include "shrink.h"
#include "suite.h"

#define PAGES(mib) ((mib) * MIB / 4096)

static struct lru_gen *lru;	/* of the root */

static void make_generations(uint64_t mib, enum host_thp thp)
{
	generations = true;
	make_host(mib, 1, thp);
	lru = host.root.gen;
}

static struct cache_file *make_file(uint64_t mib)
{
	static const struct disk_config disk = {
		.kind = DISK_SSD, .name = "files", .queue_depth = 4, .read_ns = 100000,
		.transfer_ns_page = 10000,
	};
	struct cache_file *file = cache_file_create(&host, "files", PAGES(mib), &disk, NULL);

	ck_assert_ptr_nonnull(file);
	return file;
}

/* On a vCPU of the VM. */
static void run(struct kvm_vm *vm, void (*fn)(struct kvm_vm *vm, void *arg), void *arg)
{
	struct body b = { .fn = fn, .arg = arg, .vm = vm };

	start(&b, 0);
	engine_run(&engine, engine.now + 1000 * NSEC_PER_SEC_U64);
	ck_assert(b.done);
	finish(&b);
}

/* A VM whose pages vCPUs have faulted in, and have not accessed since. */
static struct kvm_vm *faulted(uint64_t mib, uint64_t nr)
{
	struct kvm_vm *vm = make_vm("g", mib);
	uint64_t i;

	guest_ram_access(vm->ram, gfn(0), nr, RAM_WRITE);
	for (i = 0; i < nr; i++)
		vm->ram->page[i].state &= ~PAGE_ACCESSED;
	return vm;
}

/* On a host that can swap. */
static struct kvm_vm *begin(uint64_t nr)
{
	make_generations(64, HOST_THP_NEVER);
	add_swap(SWAP_ZRAM, 64);
	return faulted(8, nr);
}

static struct lru_gen_page *page_of(struct kvm_vm *vm, uint64_t nr)
{
	return lru_gen_entry(&host, page_index(vm->ram, nr));
}

static unsigned int gen_of(struct kvm_vm *vm, uint64_t nr)
{
	return page_of(vm, nr)->gen;
}

static unsigned int file_gen(struct cache_file *file, uint64_t nr)
{
	return lru_gen_page(&host, cache_page_index(file, nr))->gen;
}

/* Threads of the VMM have run. */
static void has_run(struct kvm_vm *vm)
{
	vm->vcpus[0]->switches++;
}

/* Books */

static void check_list(const struct host_memcg *memcg, unsigned int gen, unsigned int type,
		       uint64_t nr[MAX_NR_GENS])
{
	const struct page_list *list = &memcg->gen->list[gen][type];
	uint64_t pages = 0;
	uint32_t index, next;

	for (index = list->head; index; index = next) {
		const struct lru_gen_page *page = lru_gen_entry(&host, index);
		bool huge = lru_is_huge(&host, index);
		uint64_t n = huge ? HOST_PMD_PAGES : 1;

		ck_assert_uint_eq(page->on, gen);
		ck_assert_uint_eq(lru_gen_type(&host, index), type);
		ck_assert_ptr_eq(memcg_of_index(&host, index), memcg);
		pages += n;
		nr[page->gen] += n;
		next = huge ? ram_of_index(&host, index)->pmd[gfn_of_index(&host, index) >> 9].next
			    : page_of_index(&host, index)->next;
		if (!next)
			ck_assert_uint_eq(list->tail, index);
	}
	ck_assert_uint_eq(list->nr_pages, pages);
}

/* Lists have what they say, generations what they count, and the two youngest are active. */
static void check_books(void)
{
	uint64_t size[NR_SCAN_LISTS] = { 0 };
	unsigned int i, gen, type;

	for (i = 0; i <= host.nr_memcgs; i++) {
		const struct host_memcg *memcg = host_memcg(&host, i);
		const struct lru_gen *g = memcg->gen;

		for (type = 0; type < NR_LRU_GEN_TYPES; type++) {
			uint64_t nr[MAX_NR_GENS] = { 0 };

			for (gen = 0; gen < MAX_NR_GENS; gen++)
				check_list(memcg, gen, type, nr);
			for (gen = 0; gen < MAX_NR_GENS; gen++) {
				bool active = gen == g->max_seq % 4 || gen == (g->max_seq - 1) % 4;

				ck_assert_uint_eq(g->nr_pages[gen][type], nr[gen]);
				size[2 * type + active] += nr[gen];
			}
			ck_assert_uint_ge(lru_gen_nr(g, type), MIN_NR_GENS);
			ck_assert_uint_le(lru_gen_nr(g, type), MAX_NR_GENS);
		}
		ck_assert_uint_le(g->min_seq[LRU_GEN_ANON], g->min_seq[LRU_GEN_FILE]);
	}
	for (i = 0; i < NR_SCAN_LISTS; i++)
		ck_assert_uint_eq(host.root.lru_size[i], size[i]);
}

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
