/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What becomes of each page of a guest, from a trace of level full: for maps of memory.
 *
 * A page has two states, one a guest sees and one the host does.  Records set them; so what a part
 * of a trace does is a list of pages with the states that they are in at its end, and the state at
 * any time is that of all parts before it, one over the other, and of the records since.  The lists
 * are the key frames of an index.
 */
#ifndef BALLAST_TRACE_INDEX_PAGES_H
#define BALLAST_TRACE_INDEX_PAGES_H

#include "index.h"

/* Lower four bits of a page's byte: the guest's; 0: nothing has been heard of it. */
enum page_guest {
	PAGE_UNHEARD,
	PAGE_USED,
	PAGE_FREE,
	PAGE_FREE_LAST = PAGE_FREE + 10,
	PAGE_ISOLATED,
	PAGE_REPORTED,
	PAGE_BALLOONED
}; /* FREE + order */
/*
 * Upper four bits: the host's.  HELD: a frame that is not mapped; FREED: lazily, so that it is as
 * it was if it was mapped, of which nothing has been heard, and absent otherwise.
 */
enum page_host { PAGE_UNTOUCHED, PAGE_ABSENT, PAGE_4K, PAGE_2M, PAGE_SWAPPED, PAGE_HELD,
		 PAGE_FREED };

static inline unsigned int page_guest(uint8_t state)
{
	return state & 15;
}

static inline unsigned int page_host(uint8_t state)
{
	return state >> 4;
}

/* What a record does to pages for the host. */
struct page_change {
	uint64_t guest, gfn, nr;
	enum page_host to;
	bool keeps_mapped;		/* what is mapped stays as it is */
};

/* False: nothing. */
bool page_change_of(const struct trace_record *record, struct page_change *change);
/* One of the pages after it. */
enum page_host page_changed(enum page_host was, const struct page_change *change);

/* The pages of a guest; blocks of 512 come about when they are touched. */
#define PAGES_BLOCK 512
#define PAGES_ROLES 64

struct index_pages {
	uint64_t nr;
	uint8_t **block;
	struct {
		uint64_t id;
		uint32_t role;
	} request[PAGES_ROLES];		/* the last ones, by id */
};

void index_pages_init(struct index_pages *p, uint64_t nr);
void index_pages_free(struct index_pages *p);
/* Nothing has been heard of any page; requests are still known. */
void index_pages_clear(struct index_pages *p);
/* @fine: single pages are recorded, so extents of swapping say nothing new. */
void index_pages_record(struct index_pages *p, const struct trace_record *record, bool fine);
/* Runs of pages with one state, packed; host_free() it. */
uint8_t *index_pages_pack(const struct index_pages *p, uint64_t *len);
/* Over what is in @p.  False: the bytes are damaged. */
bool index_pages_unpack(struct index_pages *p, const uint8_t *bytes, uint64_t len);

static inline uint8_t index_pages_at(const struct index_pages *p, uint64_t page)
{
	const uint8_t *block = p->block[page / PAGES_BLOCK];

	return block ? block[page % PAGES_BLOCK] : 0;
}

/* The pages of one guest at a time that moves. */
struct index_memory {
	const struct trace_index *index;
	struct trace_reader *reader;
	struct trace_record next;
	bool has_next, fine, ended;	/* ended: no block is left to be read */
	uint64_t frame;			/* of the index: the next one */
	uint32_t guest;
	uint64_t time;
	struct index_pages pages;
};

/* NULL: the trace does not have single pages of this guest, or cannot be read. */
struct index_memory *index_memory_open(const struct trace_index *index, const char *trace,
				       uint32_t guest);
void index_memory_go(struct index_memory *m, uint64_t time);
void index_memory_close(struct index_memory *m);

#endif
