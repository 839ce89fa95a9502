// SPDX-License-Identifier: GPL-2.0-only
/*
 * The multi-generational LRU: eviction.
 *
 * Models lru_gen_shrink_lruvec(), evict_folios(), scan_folios() and sort_folio() of mm/vmscan.c
 * (Linux 6.1), and folio_check_references() for what they isolate.  The oldest generation of a kind
 * goes, page by page: one that has been promoted meanwhile is put where it belongs, one of a tier
 * that is protected goes to the next generation, and so does one that is being written, or is
 * dirty.  Of the rest, one that a vCPU or the VMM has accessed becomes of the youngest generation
 * at once (evict_folios() marks what shrink_folio_list() has kept as active).
 *
 * Groups are gone through one after the other, as with active and inactive lists: 6.1 has no list
 * of them by generation (shrink_many() is 6.3's).  Nobody wakes the flusher for dirty pages, and
 * memory.low and min protect a group as a whole or not at all (get_nr_to_scan()).
 *
 * A page goes when it is looked at, without being isolated: in 6.1 the last 64 of a generation
 * count for the one after it.  Pages that are only sorted cost as much as those that are looked at
 * (COST_HOST_SCAN), which is too much: nobody looks at their mappings.  Left out: looking around
 * pages of a huge page that is mapped in parts; zones.
 */
#include "lru_gen.h"
#include "shrink.h"

/* What one call of evict_folios() has seen. */
struct scan {
	struct host_memcg *memcg;
	struct scan_control *sc;
	unsigned int type, tier;	/* of the kind, tiers above that one are protected */
	uint64_t scanned, isolated;	/* pages */
	unsigned int entries;
	struct reclaim_batch batch;
};

static bool is_written(const struct host *host, uint32_t index, uint32_t state)
{
	if (!file_of_index(host, index))
		return page_kind(state) == PAGE_WRITEBACK;
	return state & (PAGE_FILE_WRITEBACK | PAGE_FILE_DIRTY);
}

/* sort_folio().  Returns whether the page is one of another generation now. */
static bool sort(struct scan *scan, uint32_t index, uint64_t nr)
{
	struct host *host = scan->memcg->host;
	struct lru_gen *lru = scan->memcg->gen;
	const struct lru_gen_page *page = lru_gen_entry(host, index);
	unsigned int refs = lru_gen_refs(page), tier = lru_gen_tier(refs);
	uint32_t *state = lru_state(host, index);

	if (page->gen != lru_gen_from_seq(lru->min_seq[scan->type])) {
		lru_gen_sort(host, index);
		return true;
	}
	if (tier > scan->tier || refs == LRU_REFS_MAX + 1) {
		lru_gen_inc(host, index, true);
		lru->protected[scan->type][tier] += nr;
		host->stats.lru_gen_protected += nr;
		return true;
	}
	if (!is_written(host, index, *state))
		return false;
	lru_gen_inc(host, index, false);
	if (file_of_index(host, index))
		*state |= PAGE_FILE_RECLAIM;
	return true;
}

/* Kept by shrink_folio_list() because it is in use, or because there is no swap for it. */
static void keep(struct host *host, uint32_t index, bool huge)
{
	lru_gen_clear_refs(host, index);
	lru_move(host, index, huge, LRU_PLACE_ACTIVE);
}

static bool is_young(struct host *host, uint32_t index)
{
	return *lru_state(host, index) & PAGE_ACCESSED || host->lru->is_young(host, index);
}

/* folio_check_references(), with lru_gen_look_around() */
static bool was_accessed(struct scan *scan, uint32_t index, bool huge)
{
	struct host *host = scan->memcg->host;
	struct guest_ram *ram = ram_of_index(host, index);
	bool around = ram && !huge && page_is_mapped(*lru_state(host, index)) &&
		      host->lru->is_young(host, index);

	if (around) {
		swap_free_if_full(ram, lru_state(host, index));
		lru_gen_look_around(host, index);
	}
	return shrink_was_accessed(host, index, huge, scan->sc->priority) || around;
}

/* isolate_folio() and shrink_folio_list(), for one page or leaf. */
static void shrink_page(struct scan *scan, uint32_t index, bool huge)
{
	struct host *host = scan->memcg->host;
	struct lru_gen_page *page = lru_gen_entry(host, index);
	uint32_t *state = lru_state(host, index);

	if (!lru_gen_is_referenced(*state))
		page->refs = page->workingset = 0;
	lru_gen_set_referenced(state, false);
	if (file_of_index(host, index))
		*state &= ~PAGE_FILE_RECLAIM;
	if (was_accessed(scan, index, huge)) {
		host->stats.lru_gen_promoted += huge ? HOST_PMD_PAGES : 1;
		keep(host, index, huge);
	} else if (!shrink_evict(scan->sc->target, index, huge, &scan->batch)) {
		keep(host, index, false);
	} else if (!huge && page->workingset && page_kind(*state) == PAGE_WRITEBACK) {
		lru_gen_set_referenced(state, true);
	}
	if (scan->batch.nr == SWAP_BATCH)
		shrink_submit(scan->sc->target, &scan->batch);
}

/*
 * The page that is next, or a leaf, whose pages are next then.  Returns false to try again, after
 * the thread may have slept.
 */
static bool scan_page(struct scan *scan, struct page_list *list)
{
	struct host *host = scan->memcg->host;
	uint32_t index = list->tail;
	bool huge = lru_is_huge(host, index), part = scan->batch.of_leaf && !huge;
	uint64_t nr = huge ? HOST_PMD_PAGES : 1;

	if (!part && sort(scan, index, nr)) {
		scan->scanned += nr;
		scan->entries++;
		return true;
	}
	if (!is_young(host, index) &&
	    shrink_must_wait_for_tag(host, index, huge, &scan->batch)) {
		shrink_wait_for_tag(host);
		return false;
	}
	scan->entries++;
	if (part) {
		scan->batch.of_leaf--;
	} else {
		scan->scanned += nr;
		scan->isolated += nr;
	}
	shrink_page(scan, index, huge);
	return true;
}

/* scan_folios(), and what evict_folios() does with what it isolates.  Returns pages looked at. */
static uint64_t scan_oldest(struct scan *scan)
{
	struct host *host = scan->memcg->host;
	struct lru_gen *lru = scan->memcg->gen;
	uint64_t seq = lru->min_seq[scan->type];
	struct page_list *list = &lru->list[lru_gen_from_seq(seq)][scan->type];
	unsigned int remaining = MAX_LRU_BATCH;

	scan->scanned = scan->isolated = scan->entries = 0;
	if (lru_gen_nr(lru, scan->type) == MIN_NR_GENS)
		return 0;
	/* Whoever else reclaims meanwhile may have ended the generation. */
	while (list->tail && lru->min_seq[scan->type] == seq &&
	       ((remaining && scan->isolated < MIN_LRU_BATCH) || scan->batch.of_leaf)) {
		bool part = scan->batch.of_leaf;

		if (scan_page(scan, list) && !part)
			remaining--;
	}
	scan->batch.of_leaf = 0;
	shrink_charge_scan(host, scan->entries);
	shrink_submit(scan->sc->target, &scan->batch);
	scan->sc->nr_scanned += scan->isolated;
	scan->sc->nr_taken += scan->isolated;
	return scan->isolated || !remaining ? scan->scanned : 0;
}

/* isolate_folios(): which kind first, and up to which tier. */
static uint64_t isolate(struct scan *scan, unsigned int swappiness)
{
	const struct lru_gen *lru = scan->memcg->gen;
	unsigned int i, type, tier = MAX_NR_TIERS;
	uint64_t scanned = 0;

	if (!swappiness)
		type = LRU_GEN_FILE;
	else if (lru->min_seq[LRU_GEN_ANON] < lru->min_seq[LRU_GEN_FILE] || swappiness == 200)
		type = LRU_GEN_ANON;
	else if (swappiness == 1)
		type = LRU_GEN_FILE;
	else
		type = lru_gen_type_to_scan(lru, swappiness, &tier);
	for (i = !swappiness; i < NR_LRU_GEN_TYPES && !scanned; i++) {
		scan->type = type;
		scan->tier = tier < MAX_NR_TIERS ? tier : lru_gen_tier_to_scan(lru, type);
		scanned = scan_oldest(scan);
		type = !type;
		tier = MAX_NR_TIERS;
	}
	return scanned;
}

/* evict_folios().  Returns how much has been looked at; 0: there is nothing more to do. */
static uint64_t evict(struct host_memcg *memcg, struct scan_control *sc, unsigned int swappiness,
		      bool *swapping)
{
	struct scan scan = { .memcg = memcg, .sc = sc };
	uint64_t scanned = isolate(&scan, swappiness);

	scanned += lru_gen_inc_min_seq(memcg->gen, swappiness);
	if (lru_gen_nr(memcg->gen, !swappiness) == MIN_NR_GENS)
		scanned = 0;
	sc->nr_reclaimed += scan.batch.progress;
	if (scan.isolated && scan.type == LRU_GEN_ANON)
		*swapping = true;
	return scanned;
}

/* get_nr_to_scan() */
static uint64_t nr_to_scan(struct host_memcg *memcg, const struct scan_control *sc, bool can_swap,
			   bool *must_age)
{
	const struct lru_gen *lru = memcg->gen;
	uint64_t nr;

	*must_age = lru_gen_should_age(lru, sc->priority, can_swap, &nr);
	if (!*must_age)
		return nr;
	if (sc->priority == DEF_PRIORITY)
		return lru->min_seq[!can_swap] + MIN_NR_GENS <= lru->max_seq ? nr : 0;
	if (is_kswapd(memcg->host))
		return 0;	/* lru_gen_age_node() will */
	lru_gen_age(memcg, can_swap);
	return nr;
}

/* should_abort_scan() */
static bool should_abort(struct host_memcg *memcg, uint64_t seq, struct scan_control *sc,
			 bool swapping)
{
	struct host *host = memcg->host;
	const struct kvm_vm *vm = coro_current->ctx.thread->vm;

	if (!is_kswapd(host)) {
		if (memcg->gen->max_seq - seq > 1)
			return true;
		if (sc->nr_reclaimed >= sc->nr_to_reclaim && swapping)
			return true;
		if (vm && vm->dead) {
			sc->nr_reclaimed += MIN_LRU_BATCH;
			return true;
		}
		if (sc->target->parent)
			return false;
	} else if (sc->nr_reclaimed - sc->last_reclaimed < sc->nr_to_reclaim) {
		return false;
	}
	if (sc->priority > DEF_PRIORITY - 2 ||
	    host->free_pages < (is_kswapd(host) ? host->wmark_high : host->wmark_low))
		return false;
	/* So that the pass ends, too: nothing has been reclaimed. */
	sc->nr_reclaimed += MIN_LRU_BATCH;
	host->stats.reclaimed -= MIN_LRU_BATCH;
	return true;
}

void lru_gen_shrink(struct host_memcg *memcg, struct scan_control *sc,
		    const struct memcg_protection *p)
{
	uint64_t scanned = 0, before = sc->nr_reclaimed, seq = memcg->gen->max_seq;
	bool must_age = false, swapping = false;

	for (;;) {
		unsigned int swappiness = lru_gen_swappiness(memcg);
		uint64_t nr = nr_to_scan(memcg, sc, swappiness, &must_age), delta;

		delta = nr ? evict(memcg, sc, swappiness, &swapping) : 0;
		if (!delta)
			return;
		scanned += delta;
		if (scanned >= nr || should_abort(memcg, seq, sc, swapping))
			break;
		sync_now_and_then();
	}
	if (sc->nr_reclaimed - before >= MIN_LRU_BATCH && !must_age)
		sc->memcgs_need_aging = false;
}
