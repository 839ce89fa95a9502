/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The multi-generational LRU (CONFIG_LRU_GEN) of the host: state, and what its parts share.
 *
 * lru_gen.c has generations, tiers and shadows, lru_gen_age.c the ageing, lru_gen_evict.c the
 * eviction.  Constants are those of include/linux/mmzone.h, Linux 6.1.
 */
#ifndef BALLAST_HOST_LRU_GEN_H
#define BALLAST_HOST_LRU_GEN_H

#include "lru.h"
#include "memory.h"

#define MIN_NR_GENS 2u
#define MAX_NR_GENS 4u
#define MAX_NR_TIERS 4u
#define LRU_REFS_WIDTH 2u	/* MAX_NR_TIERS - 2 */
#define LRU_REFS_MAX ((1u << LRU_REFS_WIDTH) - 1)
#define MIN_LRU_BATCH 64u	/* BITS_PER_LONG */
#define MAX_LRU_BATCH (MIN_LRU_BATCH * 64)

enum lru_gen_type { LRU_GEN_ANON, LRU_GEN_FILE, NR_LRU_GEN_TYPES };

/* Of a page, or of a 2 MiB leaf or huge page. */
struct lru_gen_page {
	uint8_t gen : 2;	/* its generation, modulo MAX_NR_GENS */
	uint8_t on : 2;		/* that whose list it is on: eviction moves it to its own */
	uint8_t refs : 2;	/* LRU_REFS_MASK: accesses through file descriptors beyond two */
	uint8_t workingset : 1;	/* PG_workingset */
	uint8_t young : 1;	/* accessed bit of the VMM's own entry for it */
};

/* Of 2 MiB of memory. */
struct lru_gen_block {
	struct lru_gen_page leaf;	/* as long as there is a leaf or huge page */
	uint8_t young : 1;		/* accessed bit of the entry that has the page table */
	uint8_t filter : 2;		/* the table is in these Bloom filters, by seq % 2 */
};

/* Of a struct page_chunk. */
struct lru_gen_chunk {
	struct lru_gen_page page[RAM_CHUNK_MASK + 1];
	struct lru_gen_block block[(RAM_CHUNK_MASK + 1) / HOST_PMD_PAGES];
};

/* Refaults of a kind's tiers against what of them was evicted or protected: struct ctrl_pos. */
struct lru_gen_pos {
	uint64_t refaulted, total;
	unsigned int gain;
};

/* struct lru_gen_struct of a memory group. */
struct lru_gen {
	uint64_t max_seq, min_seq[NR_LRU_GEN_TYPES];
	uint64_t birth[MAX_NR_GENS];		/* ticks */
	struct page_list list[MAX_NR_GENS][NR_LRU_GEN_TYPES];
	uint64_t nr_pages[MAX_NR_GENS][NR_LRU_GEN_TYPES];	/* by what generation they are of */
	uint64_t avg_refaulted[NR_LRU_GEN_TYPES][MAX_NR_TIERS];
	uint64_t avg_total[NR_LRU_GEN_TYPES][MAX_NR_TIERS];
	/* In the generation that is being evicted; [0] of the third is always 0. */
	uint64_t refaulted[NR_LRU_GEN_TYPES][MAX_NR_TIERS];
	uint64_t evicted[NR_LRU_GEN_TYPES][MAX_NR_TIERS];
	uint64_t protected[NR_LRU_GEN_TYPES][MAX_NR_TIERS];
	bool filter[2];				/* it has been made; else every table is in it */
};

static inline unsigned int lru_gen_from_seq(uint64_t seq)
{
	return seq % MAX_NR_GENS;
}

/* get_nr_gens() */
static inline uint64_t lru_gen_nr(const struct lru_gen *lru, unsigned int type)
{
	return lru->max_seq - lru->min_seq[type] + 1;
}

static inline struct lru_gen *lru_gen_of_index(const struct host *host, uint32_t index)
{
	return memcg_of_index(host, index)->gen;
}

/* lru_gen.c */
/* For a group that is new; and what it has been given goes. */
struct lru_gen *lru_gen_create(const struct host *host);
void lru_gen_destroy(struct lru_gen *lru);
uint64_t lru_gen_jiffies(const struct host *host);
/* What is kept of the page, of the entry of lists that it is in, and of the 2 MiB around it. */
struct lru_gen_page *lru_gen_page(const struct host *host, uint32_t index);
struct lru_gen_page *lru_gen_entry(const struct host *host, uint32_t index);
struct lru_gen_block *lru_gen_block(const struct host *host, uint32_t index);
unsigned int lru_gen_type(const struct host *host, uint32_t index);
/* folio_lru_refs() and lru_tier_from_refs() */
unsigned int lru_gen_refs(const struct lru_gen_page *page);
unsigned int lru_gen_tier(unsigned int refs);
bool lru_gen_is_referenced(uint32_t state);
void lru_gen_set_referenced(uint32_t *state, bool referenced);
/* It is as if it had never been accessed through a file descriptor. */
void lru_gen_clear_refs(const struct host *host, uint32_t index);
/* folio_update_gen(): of another generation, on its list still.  Returns whether it was not. */
bool lru_gen_update(struct host *host, uint32_t index, unsigned int gen);
/* folio_inc_gen(): of the generation after the oldest, and on its list. */
void lru_gen_inc(struct host *host, uint32_t index, bool tail);
/* To the list of the generation that it is of. */
void lru_gen_sort(struct host *host, uint32_t index);
/* get_swappiness(): 0 when there is no swap for the group. */
unsigned int lru_gen_swappiness(const struct host_memcg *memcg);
/* The tiers of a kind up to which pages go. */
unsigned int lru_gen_tier_to_scan(const struct lru_gen *lru, unsigned int type);
/* get_type_to_scan(): the kind, and the same for it. */
unsigned int lru_gen_type_to_scan(const struct lru_gen *lru, unsigned int swappiness,
				  unsigned int *tier);
/* reset_ctrl_pos(): the oldest generation of a kind is gone. */
void lru_gen_carry_over(struct lru_gen *lru, unsigned int type);
/* try_to_inc_min_seq() */
bool lru_gen_inc_min_seq(struct lru_gen *lru, bool can_swap);

/* lru_gen_age.c */
/*
 * should_run_aging(): there are too few old pages.  *@nr_to_scan: of all, those that eviction is to
 * look at.
 */
bool lru_gen_should_age(const struct lru_gen *lru, int priority, bool can_swap,
			uint64_t *nr_to_scan);
/* try_to_inc_max_seq(): what has been accessed is of a generation that begins now. */
void lru_gen_age(struct host_memcg *memcg, bool can_swap);
/* lru_gen_age_node() */
void lru_gen_age_node(struct host *host, struct scan_control *sc);
/*
 * lru_gen_look_around(): a page is young in its VMM's page table; others beside it, that are too,
 * become of the youngest generation.
 */
void lru_gen_look_around(struct host *host, uint32_t index);
/* Whether more than one in eight entries was young: it is worth a look the next time. */
bool lru_gen_suits_walk(unsigned int total, unsigned int young);

/* lru_gen_evict.c */
void lru_gen_shrink(struct host_memcg *memcg, struct scan_control *sc,
		    const struct memcg_protection *p);

#endif
