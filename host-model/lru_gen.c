// SPDX-License-Identifier: GPL-2.0-only
/*
 * The multi-generational LRU: generations, tiers, and what is remembered of evicted pages.
 *
 * Models lru_gen_add_folio(), lru_gen_update_size() and folio_lru_refs() of
 * include/linux/mm_inline.h, folio_inc_refs() of mm/swap.c, lru_gen_eviction() and
 * lru_gen_refault() of mm/workingset.c, and of mm/vmscan.c the generations' numbers and the
 * feedback of refaults (read_ctrl_pos(), positive_ctrl_err()), all of Linux 6.1.  Debian 12's
 * kernel has it (CONFIG_LRU_GEN=y), and not in use (CONFIG_LRU_GEN_ENABLED is not set):
 * echo y >/sys/kernel/mm/lru_gen/enabled.
 *
 * A page that a fault makes is of the youngest generation, one of a file that is read of the oldest
 * but one, and never of more than the second tier (PG_referenced) before it is read twice.
 *
 * Accesses by vCPUs are in the EPT.  Those by the VMM, and the fault that makes a page, are in the
 * VMM's own page table (lru_gen_page.young); in 6.1 ageing sees nothing but that, see
 * lru_gen_age.c.
 *
 * Left out: accesses that KVM tells of when it zaps a leaf that has been accessed
 * (kvm_set_pfn_accessed()), which would make them references; statistics of old generations
 * (CONFIG_LRU_GEN_STATS, not set in Debian); switching it on or off while the host runs.  Pages
 * that khugepaged and swapoff read from swap count as those of a fault.
 */
#include "lru_gen.h"

#include "hostmem.h"
#include "shrink.h"

struct lru_gen *lru_gen_create(const struct host *host)
{
	struct lru_gen *lru = host_alloc(sizeof(*lru));
	unsigned int i;

	lru->max_seq = MIN_NR_GENS + 1;
	for (i = 0; i < MAX_NR_GENS; i++)
		lru->birth[i] = lru_gen_jiffies(host);
	return lru;
}

void lru_gen_destroy(struct lru_gen *lru)
{
	host_free(lru);
}

uint64_t lru_gen_jiffies(const struct host *host)
{
	return (coro_current->ctx.thread ? cpu_local_time() : host->engine->now) / HOST_JIFFY_NS;
}

static struct lru_gen_chunk *chunk_of(const struct host *host, uint32_t index)
{
	return host->chunk[index >> RAM_CHUNK_SHIFT].gen;
}

struct lru_gen_page *lru_gen_page(const struct host *host, uint32_t index)
{
	return &chunk_of(host, index)->page[index & RAM_CHUNK_MASK];
}

struct lru_gen_block *lru_gen_block(const struct host *host, uint32_t index)
{
	return &chunk_of(host, index)->block[(index & RAM_CHUNK_MASK) >> HOST_PMD_ORDER];
}

struct lru_gen_page *lru_gen_entry(const struct host *host, uint32_t index)
{
	return lru_is_huge(host, index) ? &lru_gen_block(host, index)->leaf :
					  lru_gen_page(host, index);
}

unsigned int lru_gen_type(const struct host *host, uint32_t index)
{
	return lru_is_file(host, index, *lru_state(host, index)) ? LRU_GEN_FILE : LRU_GEN_ANON;
}

/* References */

unsigned int lru_gen_refs(const struct lru_gen_page *page)
{
	return page->refs + page->workingset;
}

/* order_base_2(refs + 1) */
unsigned int lru_gen_tier(unsigned int refs)
{
	unsigned int tier = 0;

	while (1u << tier < refs + 1)
		tier++;
	return tier;
}

/* Of pages that are read from swap the flag says something else (PAGE_READAHEAD). */
static bool has_reference_flag(uint32_t state)
{
	return page_kind(state) != PAGE_CACHED && page_kind(state) != PAGE_READING;
}

bool lru_gen_is_referenced(uint32_t state)
{
	return has_reference_flag(state) && state & PAGE_REFERENCED;
}

void lru_gen_set_referenced(uint32_t *state, bool referenced)
{
	if (has_reference_flag(*state))
		*state = referenced ? *state | PAGE_REFERENCED : *state & ~PAGE_REFERENCED;
}

void lru_gen_clear_refs(const struct host *host, uint32_t index)
{
	struct lru_gen_page *page = lru_gen_entry(host, index);

	lru_gen_set_referenced(lru_state(host, index), false);
	page->refs = page->workingset = 0;
}

/* folio_inc_refs() */
static void gen_accessed(struct host *host, uint32_t index)
{
	struct lru_gen_page *page = lru_gen_entry(host, index);
	uint32_t *state = lru_state(host, index);

	if (!lru_gen_is_referenced(*state))
		lru_gen_set_referenced(state, true);
	else if (!page->workingset)
		page->workingset = 1;
	else if (page->refs < LRU_REFS_MAX)
		page->refs++;
}

/* Accessed bits of the VMM's page table */

/* It has its accessed bit set (_PAGE_TABLE); later only the VMM itself sets that. */
static void gen_new_table(struct host *host, uint32_t index)
{
	lru_gen_block(host, index)->young = 1;
}

static void gen_used(struct host *host, uint32_t index, uint32_t *state, bool touch)
{
	struct guest_ram *ram = ram_of_index(host, index);
	uint64_t block = gfn_of_index(host, index) >> HOST_PMD_ORDER;
	struct lru_gen_block *gen = lru_gen_block(host, index);

	if (page_kind(ram->pmd[block].state) == PAGE_PRESENT) {
		gen->leaf.young = 1;
		return;
	}
	lru_gen_page(host, index)->young = 1;
	if (touch)
		gen->young = 1;
}

/* Pages of the block whose entries say that they are young; @clear: no more. */
static bool parts_are_young(struct host *host, uint32_t index, bool clear)
{
	struct guest_ram *ram = ram_of_index(host, index);
	uint64_t nr = gfn_of_index(host, index) & ~(HOST_PMD_PAGES - 1), i;
	bool young = false;

	for (i = nr; i < nr + HOST_PMD_PAGES; i++) {
		struct lru_gen_page *page;

		if (!compound_has(ram, i))
			continue;
		page = lru_gen_page(host, page_index(ram, i));
		young |= page->young;
		page->young &= !clear;
	}
	return young;
}

static bool look_at_young(struct host *host, uint32_t index, bool clear)
{
	struct guest_ram *ram = ram_of_index(host, index);
	struct lru_gen_page *page;
	bool young;

	if (ram && compound_has(ram, gfn_of_index(host, index)))
		return parts_are_young(host, index, clear);
	page = lru_gen_entry(host, index);
	young = page->young;
	page->young &= !clear;
	return young;
}

static bool gen_is_young(struct host *host, uint32_t index)
{
	return look_at_young(host, index, false);
}

static bool gen_clear_young(struct host *host, uint32_t index)
{
	return look_at_young(host, index, true);
}

/* __split_huge_pmd_locked() */
static void gen_split_mapping(struct host *host, uint32_t index)
{
	struct lru_gen_block *block = lru_gen_block(host, index);
	unsigned int i;

	for (i = 0; i < HOST_PMD_PAGES; i++)
		lru_gen_page(host, index + i)->young = block->leaf.young;
	block->young = 1;
}

/* __split_huge_page_tail(): of the generation and tier that the huge page was of. */
static void gen_split(struct host *host, uint32_t index)
{
	struct lru_gen_page *page = lru_gen_page(host, index);
	bool young = page->young;

	*page = lru_gen_block(host, index)->leaf;
	page->young = young;
}

/* Lists */

static struct page_list *gen_list(struct host *host, uint32_t index)
{
	return &lru_gen_of_index(host, index)->list[lru_gen_entry(host, index)->on]
						   [lru_gen_type(host, index)];
}

static bool is_in_writeback(uint32_t state, bool file)
{
	if (!file)
		return page_kind(state) == PAGE_WRITEBACK;
	return state & PAGE_FILE_RECLAIM && state & (PAGE_FILE_DIRTY | PAGE_FILE_WRITEBACK);
}

/* lru_gen_add_folio() */
static void gen_place(struct host *host, uint32_t index, enum lru_place place)
{
	const struct lru_gen *lru = lru_gen_of_index(host, index);
	struct lru_gen_page *page = lru_gen_entry(host, index);
	uint32_t state = *lru_state(host, index);
	unsigned int type = lru_gen_type(host, index);
	uint64_t seq = lru->min_seq[type];

	if (place == LRU_PLACE_ACTIVE || place == LRU_PLACE_FAULT)
		seq = lru->max_seq;
	else if (place == LRU_PLACE_INACTIVE &&
		 (is_in_writeback(state, file_of_index(host, index)) ||
		  (type == LRU_GEN_ANON && !page_is_cached(state))))
		seq = lru->max_seq - 1;
	else if (place == LRU_PLACE_INACTIVE && seq + MIN_NR_GENS < lru->max_seq)
		seq++;
	page->gen = page->on = lru_gen_from_seq(seq);
}

/* lru_gen_is_active(): the two youngest count as active. */
static unsigned int size_of(const struct lru_gen *lru, unsigned int gen, unsigned int type)
{
	bool active = gen == lru_gen_from_seq(lru->max_seq) ||
		      gen == lru_gen_from_seq(lru->max_seq - 1);

	return (active ? SCAN_ACTIVE : 0) + (type == LRU_GEN_FILE ? SCAN_FILE : 0);
}

static void gen_resize(struct host *host, uint32_t index, uint64_t nr)
{
	struct host_memcg *memcg = memcg_of_index(host, index);
	unsigned int gen = lru_gen_entry(host, index)->gen, type = lru_gen_type(host, index);

	memcg->gen->nr_pages[gen][type] += nr;
	lru_add_size(memcg, size_of(memcg->gen, gen, type), nr);
}

static void change_gen(struct host *host, uint32_t index, unsigned int gen)
{
	uint64_t nr = lru_is_huge(host, index) ? HOST_PMD_PAGES : 1;

	gen_resize(host, index, -nr);
	lru_gen_entry(host, index)->gen = gen;
	gen_resize(host, index, nr);
}

bool lru_gen_update(struct host *host, uint32_t index, unsigned int gen)
{
	lru_gen_clear_refs(host, index);
	if (lru_gen_entry(host, index)->gen == gen)
		return false;
	change_gen(host, index, gen);
	return true;
}

static void move_to_own(struct host *host, uint32_t index, bool tail)
{
	struct page_list *from = gen_list(host, index);

	lru_gen_entry(host, index)->on = lru_gen_entry(host, index)->gen;
	lru_list_move(host, from, gen_list(host, index), index, tail);
}

void lru_gen_inc(struct host *host, uint32_t index, bool tail)
{
	const struct lru_gen *lru = lru_gen_of_index(host, index);

	lru_gen_update(host, index,
		       lru_gen_from_seq(lru->min_seq[lru_gen_type(host, index)] + 1));
	move_to_own(host, index, tail);
}

void lru_gen_sort(struct host *host, uint32_t index)
{
	move_to_own(host, index, false);
}

/* Numbers of generations, and feedback */

unsigned int lru_gen_swappiness(const struct host_memcg *memcg)
{
	return memcg_free_swap(memcg) < MIN_LRU_BATCH ? 0 : memcg->host->config.swappiness;
}

static struct lru_gen_pos read_pos(const struct lru_gen *lru, unsigned int type, unsigned int tier,
				   unsigned int gain)
{
	return (struct lru_gen_pos){
		.refaulted = lru->avg_refaulted[type][tier] + lru->refaulted[type][tier],
		.total = lru->avg_total[type][tier] + lru->evicted[type][tier] +
			 lru->protected[type][tier],
		.gain = gain,
	};
}

/* positive_ctrl_err(): @pv refaults no more than @sp does, or hardly at all. */
static bool refaults_less(const struct lru_gen_pos *sp, const struct lru_gen_pos *pv)
{
	return pv->refaulted < MIN_LRU_BATCH ||
	       pv->refaulted * (sp->total + MIN_LRU_BATCH) * sp->gain <=
	       (sp->refaulted + 1) * pv->total * pv->gain;
}

static unsigned int last_tier(const struct lru_gen *lru, unsigned int type,
			      const struct lru_gen_pos *sp, unsigned int gain)
{
	unsigned int tier;

	for (tier = 1; tier < MAX_NR_TIERS; tier++) {
		struct lru_gen_pos pv = read_pos(lru, type, tier, gain);

		if (!refaults_less(sp, &pv))
			break;
	}
	return tier - 1;
}

unsigned int lru_gen_tier_to_scan(const struct lru_gen *lru, unsigned int type)
{
	struct lru_gen_pos sp = read_pos(lru, type, 0, 1);

	return last_tier(lru, type, &sp, 2);
}

unsigned int lru_gen_type_to_scan(const struct lru_gen *lru, unsigned int swappiness,
				  unsigned int *tier)
{
	const unsigned int gain[] = { swappiness, 200 - swappiness };
	struct lru_gen_pos sp = read_pos(lru, LRU_GEN_ANON, 0, gain[LRU_GEN_ANON]);
	struct lru_gen_pos pv = read_pos(lru, LRU_GEN_FILE, 0, gain[LRU_GEN_FILE]);
	unsigned int type = refaults_less(&sp, &pv) ? LRU_GEN_FILE : LRU_GEN_ANON;

	sp = read_pos(lru, !type, 0, gain[!type]);
	*tier = last_tier(lru, type, &sp, gain[type]);
	return type;
}

void lru_gen_carry_over(struct lru_gen *lru, unsigned int type)
{
	unsigned int tier;

	for (tier = 0; tier < MAX_NR_TIERS; tier++) {
		struct lru_gen_pos pos = read_pos(lru, type, tier, 0);

		lru->avg_refaulted[type][tier] = pos.refaulted / 2;
		lru->avg_total[type][tier] = pos.total / 2;
		lru->refaulted[type][tier] = lru->evicted[type][tier] = 0;
		lru->protected[type][tier] = 0;
	}
}

bool lru_gen_inc_min_seq(struct lru_gen *lru, bool can_swap)
{
	uint64_t min_seq[] = { lru->min_seq[LRU_GEN_ANON], lru->min_seq[LRU_GEN_FILE] };
	bool success = false;
	unsigned int type;

	for (type = !can_swap; type < NR_LRU_GEN_TYPES; type++)
		while (min_seq[type] + MIN_NR_GENS <= lru->max_seq &&
		       !lru->list[lru_gen_from_seq(min_seq[type])][type].tail)
			min_seq[type]++;
	/* Anonymous memory may stay behind, files may not. */
	if (can_swap) {
		if (min_seq[LRU_GEN_FILE] < min_seq[LRU_GEN_ANON])
			min_seq[LRU_GEN_ANON] = min_seq[LRU_GEN_FILE];
		min_seq[LRU_GEN_FILE] = lru->min_seq[LRU_GEN_FILE];
		if (min_seq[LRU_GEN_FILE] < min_seq[LRU_GEN_ANON])
			min_seq[LRU_GEN_FILE] = min_seq[LRU_GEN_ANON];
	}
	for (type = !can_swap; type < NR_LRU_GEN_TYPES; type++) {
		if (min_seq[type] == lru->min_seq[type])
			continue;
		lru_gen_carry_over(lru, type);
		lru->min_seq[type] = min_seq[type];
		success = true;
	}
	return success;
}

/* Shadows: the number of the generation that was evicted, and the references but one. */

static void gen_evicted(struct host_memcg *target, uint32_t index)
{
	struct host *host = target->host;
	struct host_page *page = page_of_index(host, index);
	struct lru_gen_page *gen = lru_gen_page(host, index);
	struct host_memcg *memcg = memcg_of_index(host, index);
	unsigned int type = file_of_index(host, index) ? LRU_GEN_FILE : LRU_GEN_ANON;
	unsigned int refs = lru_gen_refs(gen);

	page->next = (uint32_t)memcg->gen->min_seq[type] << LRU_REFS_WIDTH | (refs ? refs - 1 : 0);
	page->prev = SHADOW_MARK | (refs ? SHADOW_WORKINGSET : 0) |
		     memcg->id << SHADOW_MEMCG_SHIFT;
	memcg->gen->evicted[type][lru_gen_tier(refs)]++;
	gen->refs = gen->workingset = 0;
}

/* It was of the generation that is the oldest still, and of its group. */
static bool is_refault(const struct host *host, uint32_t index, unsigned int *refs)
{
	const struct host_page *page = page_of_index(host, index);
	const struct host_memcg *memcg = memcg_of_index(host, index);
	unsigned int type = file_of_index(host, index) ? LRU_GEN_FILE : LRU_GEN_ANON;
	uint32_t seq = (uint32_t)memcg->gen->min_seq[type] << LRU_REFS_WIDTH;

	if (!(page->prev & SHADOW_MARK) || page->prev >> SHADOW_MEMCG_SHIFT != memcg->id ||
	    (page->next & ~LRU_REFS_MAX) != seq)
		return false;
	*refs = (page->next & LRU_REFS_MAX) + !!(page->prev & SHADOW_WORKINGSET);
	return true;
}

/* A refault that has cost something: a fault's, or of what was to be protected. */
static bool is_stall(const struct host *host, uint32_t index, unsigned int refs)
{
	return !file_of_index(host, index) || refs >= LRU_REFS_MAX;
}

static bool gen_returned(struct host *host, uint32_t index)
{
	struct lru_gen_page *page = lru_gen_page(host, index);
	unsigned int refs, type = file_of_index(host, index) ? LRU_GEN_FILE : LRU_GEN_ANON;

	if (!is_refault(host, index, &refs))
		return false;
	lru_gen_of_index(host, index)->refaulted[type][lru_gen_tier(refs)]++;
	host->stats.lru_gen_refaults++;
	if (is_stall(host, index, refs)) {
		page->refs = LRU_REFS_MAX;
		page->workingset = 1;
	}
	return false;
}

static bool gen_is_missed(struct host *host, uint32_t index)
{
	unsigned int refs;

	return is_refault(host, index, &refs) && is_stall(host, index, refs);
}

static void gen_forget(struct host *host, uint32_t index, uint64_t nr)
{
	uint64_t i;

	for (i = 0; i < nr; i++)
		*lru_gen_page(host, index + i) = (struct lru_gen_page){ 0 };
	if (nr == HOST_PMD_PAGES)
		*lru_gen_block(host, index) = (struct lru_gen_block){ .young = 0 };
}

static void gen_prepare(struct scan_control *sc)
{
}

static void gen_end(struct host_memcg *target)
{
}

const struct lru_ops lru_gen = {
	.list = gen_list,
	.place = gen_place,
	.resize = gen_resize,
	.split = gen_split,
	.new_table = gen_new_table,
	.split_mapping = gen_split_mapping,
	.accessed = gen_accessed,
	.looked_up = gen_accessed,
	.used = gen_used,
	.is_young = gen_is_young,
	.clear_young = gen_clear_young,
	.evicted = gen_evicted,
	.returned = gen_returned,
	.is_missed = gen_is_missed,
	.forget = gen_forget,
	.prepare = gen_prepare,
	.shrink = lru_gen_shrink,
	.age = lru_gen_age_node,
	.end = gen_end,
};
