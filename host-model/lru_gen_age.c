// SPDX-License-Identifier: GPL-2.0-only
/*
 * The multi-generational LRU: ageing.
 *
 * Models should_run_aging(), try_to_inc_max_seq(), walk_mm(), lru_gen_age_node() and
 * lru_gen_look_around() of mm/vmscan.c (Linux 6.1).
 *
 * Both look at the page tables of processes and at nothing else: walk_pte_range() and
 * lru_gen_look_around() call ptep_test_and_clear_young(), no MMU notifier, and
 * kvm_mmu_notifier_clear_young() of virt/kvm/kvm_main.c is not asked.  So of a guest's memory they
 * see what the VMM has accessed, and that a fault has made the page, which is once.  What vCPUs
 * access is in the EPT, where only eviction looks (folio_referenced_one(),
 * ptep_clear_flush_young_notify()).  And a table is passed over unless its own entry has been
 * accessed (LRU_GEN_NONLEAF_YOUNG), which faults of vCPUs do when they make it, and not later: what
 * they fault into a table that has been walked waits for eviction, too.
 *
 * A process that has not run since the last walk is passed over, and so is a table that had too few
 * young entries (a Bloom filter, here without false positives), but for processes that are new.
 *
 * What a walk costs: reading a table of 4 KiB is COST_PAGE_READ, and a young entry's page is looked
 * at as reclaim does, COST_HOST_SCAN.  A walk takes its time when it is over, so there is never
 * more than one of a group (lru_gen_mm_state.nr_walkers); it finds no lock taken.  Left out: zones,
 * reclaim for an order (lru_gen_age_node() kills for none but order 0).
 */
#include "lru_gen.h"
#include "shrink.h"

/* struct lru_gen_mm_walk */
struct walk {
	struct host_memcg *memcg;
	uint64_t max_seq;
	bool force_scan;
};

bool lru_gen_suits_walk(unsigned int total, unsigned int young)
{
	return young * 8 >= total;
}

static void promote(struct host *host, uint32_t index, uint64_t seq)
{
	host->stats.lru_gen_promoted += lru_gen_update(host, index, lru_gen_from_seq(seq)) ?
					(lru_is_huge(host, index) ? HOST_PMD_PAGES : 1) : 0;
}

/* If the page's entry is young it is not any more.  Returns whether it was. */
static bool take_young(struct guest_ram *ram, uint64_t nr)
{
	struct lru_gen_page *page = lru_gen_page(ram->host, page_index(ram, nr));

	if (!page_is_mapped(ram->page[nr].state) || !page->young)
		return false;
	page->young = 0;
	return true;
}

/* walk_pte_range() */
static void walk_table(const struct walk *walk, struct guest_ram *ram, uint64_t first)
{
	struct lru_gen_block *block = lru_gen_block(ram->host, page_index(ram, first));
	uint64_t nr, end = first + HOST_PMD_PAGES;
	unsigned int young = 0;

	if (end > ram->nr_pages)
		end = ram->nr_pages;
	for (nr = first; nr < end; nr++) {
		if (!take_young(ram, nr))
			continue;
		young++;
		promote(ram->host, page_index(ram, nr), walk->max_seq);
	}
	charge(COST_PAGE_READ, 1);
	charge(COST_HOST_SCAN, young);
	if (lru_gen_suits_walk(end - first, young))
		block->filter |= 1u << (walk->max_seq + 1) % 2;
}

static bool is_in_filter(const struct walk *walk, const struct lru_gen_block *block)
{
	unsigned int nr = walk->max_seq % 2;

	return !walk->memcg->gen->filter[nr] || block->filter >> nr & 1;
}

/* walk_pmd_range(), for one entry */
static void walk_block(const struct walk *walk, struct guest_ram *ram, uint64_t nr)
{
	const struct host_pmd *pmd = &ram->pmd[nr >> HOST_PMD_ORDER];
	struct host *host = ram->host;
	uint32_t index = page_index(ram, nr);
	struct lru_gen_block *block = lru_gen_block(host, index);

	if (page_kind(pmd->state) == PAGE_PRESENT) {
		if (!block->leaf.young)
			return;
		block->leaf.young = 0;
		charge(COST_HOST_SCAN, 1);
		promote(host, index, walk->max_seq);
		return;
	}
	if (!pmd->has_table || !block->young)
		return;
	block->young = 0;
	if (walk->force_scan || is_in_filter(walk, block))
		walk_table(walk, ram, nr);
}

static void walk_ram(const struct walk *walk, struct guest_ram *ram)
{
	uint64_t nr;

	if (!ram || !ram_is_listed(ram))
		return;
	for (nr = 0; nr < ram->nr_pages; nr += HOST_PMD_PAGES) {
		if (!ram->chunk[nr >> RAM_CHUNK_SHIFT]) {
			nr |= RAM_CHUNK_MASK & ~(HOST_PMD_PAGES - 1);
			continue;
		}
		if (!(nr & RAM_CHUNK_MASK))
			charge(COST_PAGE_READ, 1);
		walk_block(walk, ram, nr);
	}
}

/* How often threads of the VMM were given a CPU (lru_gen_use_mm()). */
static uint64_t nr_switches(const struct kvm_vm *vm)
{
	const struct cpu_thread *t;
	uint64_t nr = 0;

	for (t = vm->host->cpus.all; t; t = t->all_next)
		nr += t->vm == vm ? t->switches : 0;
	return nr;
}

/* should_skip_mm() */
static bool should_skip(struct walk *walk, struct kvm_vm *vm)
{
	uint64_t switches = nr_switches(vm), pages;
	bool has_run = switches != vm->lru_gen.switches;

	if (vm->dead || vm->memcg != walk->memcg)
		return true;
	if (!vm->lru_gen.walked)
		walk->force_scan = true;
	if (!walk->force_scan && !has_run)
		return true;
	vm->lru_gen.walked = true;
	vm->lru_gen.switches = switches;
	pages = vm->ram->resident + (vm->own ? vm->own->resident : 0);
	return pages < MIN_LRU_BATCH;
}

/* reset_bloom_filter() */
static void reset_filter(struct host_memcg *memcg, uint64_t seq)
{
	struct host *host = memcg->host;
	uint32_t chunk, i;

	memcg->gen->filter[seq % 2] = true;
	for (chunk = 1; chunk < host->nr_chunks; chunk++) {
		if (host->chunk[chunk].memcg != memcg || !host->chunk[chunk].ram)
			continue;
		for (i = 0; i <= RAM_CHUNK_MASK >> HOST_PMD_ORDER; i++)
			host->chunk[chunk].gen->block[i].filter &= ~(1u << seq % 2);
	}
}

/* iterate_mm_list(), walk_mm() */
static void walk_all(struct walk *walk)
{
	struct host *host = walk->memcg->host;
	bool first = true;
	unsigned int i;

	for (i = 0; i < host->nr_vms; i++) {
		struct kvm_vm *vm = host->vms[i];

		if (should_skip(walk, vm))
			continue;
		if (first)
			reset_filter(walk->memcg, walk->max_seq + 1);
		first = false;
		walk_ram(walk, vm->ram);
		walk_ram(walk, vm->own);
	}
}

/*
 * The oldest of four generations makes room (inc_min_seq()).  Anonymous memory that cannot go keeps
 * its place in the list, which is the youngest then.
 */
static void make_room(struct host *host, struct lru_gen *lru, unsigned int type, bool can_swap)
{
	struct page_list *list = &lru->list[lru_gen_from_seq(lru->min_seq[type])][type];

	while ((type == LRU_GEN_FILE || can_swap) && list->tail)
		lru_gen_inc(host, list->tail, true);
	lru_gen_carry_over(lru, type);
	lru->min_seq[type]++;
}

/* inc_max_seq() */
static void begin_generation(struct host_memcg *memcg, bool can_swap)
{
	struct lru_gen *lru = memcg->gen;
	unsigned int prev = lru_gen_from_seq(lru->max_seq - 1), type;
	unsigned int next = lru_gen_from_seq(lru->max_seq + 1);

	for (type = NR_LRU_GEN_TYPES; type--;)
		if (lru_gen_nr(lru, type) == MAX_NR_GENS)
			make_room(memcg->host, lru, type, can_swap);
	for (type = 0; type < NR_LRU_GEN_TYPES; type++) {
		uint64_t older = lru->nr_pages[prev][type] - lru->nr_pages[next][type];
		unsigned int size = type == LRU_GEN_FILE ? SCAN_FILE : 0;

		lru_add_size(memcg, size, older);
		lru_add_size(memcg, size + SCAN_ACTIVE, -older);
	}
	lru->birth[next] = lru_gen_jiffies(memcg->host);
	lru->max_seq++;
	memcg->host->stats.lru_gen_aged++;
}

void lru_gen_age(struct host_memcg *memcg, bool can_swap)
{
	struct walk walk = { .memcg = memcg, .max_seq = memcg->gen->max_seq };

	/* Without swap there is nothing to find in VMMs (should_skip_vma()). */
	if (can_swap)
		walk_all(&walk);
	begin_generation(memcg, can_swap);
}

bool lru_gen_should_age(const struct lru_gen *lru, int priority, bool can_swap,
			uint64_t *nr_to_scan)
{
	uint64_t young = 0, old = 0, total = 0, seq, min_seq = lru->min_seq[!can_swap];
	unsigned int type;

	for (type = !can_swap; type < NR_LRU_GEN_TYPES; type++) {
		for (seq = lru->min_seq[type]; seq <= lru->max_seq; seq++) {
			uint64_t size = lru->nr_pages[lru_gen_from_seq(seq)][type];

			total += size;
			if (seq == lru->max_seq)
				young += size;
			else if (seq + MIN_NR_GENS == lru->max_seq)
				old += size;
		}
	}
	*nr_to_scan = total >> priority;
	if (min_seq + MIN_NR_GENS != lru->max_seq)
		return min_seq + MIN_NR_GENS > lru->max_seq;
	/* Of three generations each is to have about a third. */
	return young * MIN_NR_GENS > total || old * (MIN_NR_GENS + 2) < total;
}

/* age_lruvec().  Returns whether there is something that may go. */
static bool age_group(struct host_memcg *memcg, const struct scan_control *sc, uint64_t min_ttl)
{
	const struct lru_gen *lru = memcg->gen;
	struct host *host = memcg->host;
	bool can_swap = lru_gen_swappiness(memcg), must_age;
	uint64_t nr_to_scan, birth = lru->birth[lru_gen_from_seq(lru->min_seq[LRU_GEN_FILE])];

	if (memcg->parent && memcg->usage <= memcg_protection(memcg, &host->root).min)
		return false;
	must_age = lru_gen_should_age(lru, sc->priority, can_swap, &nr_to_scan);
	if (min_ttl && birth + min_ttl > lru_gen_jiffies(host))
		return false;
	if (min_ttl && !nr_to_scan && sc->priority != DEF_PRIORITY)
		return false;
	if (must_age)
		lru_gen_age(memcg, can_swap);
	return true;
}

void lru_gen_age_node(struct host *host, struct scan_control *sc)
{
	uint64_t min_ttl = (host->config.lru_gen_min_ttl_ns + HOST_JIFFY_NS - 1) / HOST_JIFFY_NS;
	bool success = false;
	unsigned int i;

	sc->last_reclaimed = sc->nr_reclaimed;
	/* Eviction has found enough: there is no hurry. */
	if (!sc->memcgs_need_aging) {
		sc->memcgs_need_aging = true;
		return;
	}
	for (i = 0; i <= host->nr_memcgs; i++) {
		success |= age_group(host_memcg(host, i), sc, min_ttl);
		sync_now_and_then();
	}
	/* All that there is is younger than that: somebody has to go, or nobody would get on. */
	if (!success && min_ttl)
		host_out_of_memory(&host->root);
}

/* 64 entries, in the page table of the page, with it in their middle if that can be. */
static uint64_t window(const struct guest_ram *ram, uint64_t nr, uint64_t *end)
{
	uint64_t first = nr & ~(HOST_PMD_PAGES - 1), last = first + HOST_PMD_PAGES;

	if (last > ram->nr_pages)
		last = ram->nr_pages;
	*end = last;
	if (last - first <= MIN_LRU_BATCH)
		return first;
	if (nr - first < MIN_LRU_BATCH / 2)
		*end = first + MIN_LRU_BATCH;
	else if (last - nr < MIN_LRU_BATCH / 2)
		first = last - MIN_LRU_BATCH;
	else
		*end = (first = nr - MIN_LRU_BATCH / 2) + MIN_LRU_BATCH;
	return first;
}

void lru_gen_look_around(struct host *host, uint32_t index)
{
	struct guest_ram *ram = ram_of_index(host, index);
	uint64_t nr = gfn_of_index(host, index), end, first = window(ram, nr, &end), i;
	const struct lru_gen *lru = lru_gen_of_index(host, index);
	unsigned int young = 0;

	for (i = first; i < end; i++) {
		if (!take_young(ram, i))
			continue;
		young++;
		if (i != nr)
			promote(host, page_index(ram, i), lru->max_seq);
	}
	charge(COST_HOST_SCAN, young - 1);
	if (lru_gen_suits_walk(end - first, young))
		lru_gen_block(host, index)->filter |= 1u << lru->max_seq % 2;
}
