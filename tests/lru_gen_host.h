/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A host with generations for tests of them: pages that are where they are wanted, and books that
 * must balance.
 */
#ifndef BALLAST_TEST_LRU_GEN_HOST_H
#define BALLAST_TEST_LRU_GEN_HOST_H

#include "disk.h"
#include "host_vms.h"
#include "lru_gen.h"
#include "page_cache.h"
#include "shrink.h"

#define PAGES(mib) ((mib) * MIB / 4096)

static struct lru_gen *lru;	/* of the root */

static inline void make_generations(uint64_t mib, enum host_thp thp)
{
	generations = true;
	make_host(mib, 1, thp);
	lru = host.root.gen;
}

static inline struct cache_file *make_file(uint64_t mib)
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
static inline void run(struct kvm_vm *vm, void (*fn)(struct kvm_vm *vm, void *arg), void *arg)
{
	struct body b = { .fn = fn, .arg = arg, .vm = vm };

	start(&b, 0);
	engine_run(&engine, engine.now + 1000 * NSEC_PER_SEC_U64);
	ck_assert(b.done);
	finish(&b);
}

/* A VM whose pages vCPUs have faulted in, and have not accessed since. */
static inline struct kvm_vm *faulted(uint64_t mib, uint64_t nr)
{
	struct kvm_vm *vm = make_vm("g", mib);
	uint64_t i;

	guest_ram_access(vm->ram, gfn(0), nr, RAM_WRITE);
	for (i = 0; i < nr; i++)
		vm->ram->page[i].state &= ~PAGE_ACCESSED;
	return vm;
}

/* On a host that can swap. */
static inline struct kvm_vm *begin(uint64_t nr)
{
	make_generations(64, HOST_THP_NEVER);
	add_swap(SWAP_ZRAM, 64);
	return faulted(8, nr);
}

static inline struct lru_gen_page *page_of(struct kvm_vm *vm, uint64_t nr)
{
	return lru_gen_entry(&host, page_index(vm->ram, nr));
}

static inline unsigned int gen_of(struct kvm_vm *vm, uint64_t nr)
{
	return page_of(vm, nr)->gen;
}

static inline unsigned int file_gen(struct cache_file *file, uint64_t nr)
{
	return lru_gen_page(&host, cache_page_index(file, nr))->gen;
}

/* Threads of the VMM have run. */
static inline void has_run(struct kvm_vm *vm)
{
	vm->vcpus[0]->switches++;
}

/* Books */

static inline void check_list(const struct host_memcg *memcg, unsigned int gen, unsigned int type,
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
static inline void check_books(void)
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

#endif
