// SPDX-License-Identifier: GPL-2.0-only
/*
 * States of pages; see index_pages.h.
 *
 * The guest's allocator says which block it takes or gets back, and what a block merges to.  When
 * it takes a part of a larger block, what is left of that is split, as in the buddy system: no
 * record says so, but nothing else can be.
 */
#include "index_pages.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "format.h"
#include "hostmem.h"
#include "index_internal.h"

#define ORDER_MAX 10

void index_pages_init(struct index_pages *p, uint64_t nr)
{
	*p = (struct index_pages){ .nr = nr };
	p->block = host_alloc((nr / PAGES_BLOCK + 1) * sizeof(*p->block));
}

void index_pages_clear(struct index_pages *p)
{
	for (uint64_t i = 0; i <= p->nr / PAGES_BLOCK; i++) {
		host_free(p->block[i]);
		p->block[i] = NULL;
	}
}

void index_pages_free(struct index_pages *p)
{
	if (p->block)
		index_pages_clear(p);
	host_free(p->block);
	*p = (struct index_pages){ 0 };
}

static uint8_t *block_of(struct index_pages *p, uint64_t nr)
{
	uint8_t **block = &p->block[nr / PAGES_BLOCK];

	if (!*block)
		*block = host_alloc(PAGES_BLOCK);
	return *block;
}

#define EACH_BYTE UINT64_C(0x0101010101010101)

/* Those of @nr pages from @first that there are. */
static uint64_t clamp(const struct index_pages *p, uint64_t first, uint64_t nr)
{
	return first >= p->nr ? 0 : nr < p->nr - first ? nr : p->nr - first;
}

/* Pages of one block; eight at a time. */
static void set_in_block(uint8_t *at, unsigned int nr, uint8_t keep, uint8_t state)
{
	uint64_t keeps = keep * EACH_BYTE, states = state * EACH_BYTE, word;

	for (; nr >= 8; nr -= 8, at += 8) {
		memcpy(&word, at, 8);
		word = (word & keeps) | states;
		memcpy(at, &word, 8);
	}
	for (; nr; nr--, at++)
		*at = (*at & keep) | state;
}

static void set(struct index_pages *p, uint64_t first, uint64_t nr, uint8_t keep, uint8_t state)
{
	nr = clamp(p, first, nr);
	while (nr) {
		unsigned int in = first % PAGES_BLOCK, here = PAGES_BLOCK - in;

		if (here > nr)
			here = nr;
		set_in_block(block_of(p, first) + in, here, keep, state);
		first += here;
		nr -= here;
	}
}

static void set_guest(struct index_pages *p, uint64_t first, uint64_t nr, unsigned int state)
{
	set(p, first, nr, 0xf0, state);
}

static void set_host(struct index_pages *p, uint64_t first, uint64_t nr, enum page_host state)
{
	set(p, first, nr, 0x0f, state << 4);
}

/* A block leaves the free lists; the rest of the one that it was part of stays there, smaller. */
static void take_block(struct index_pages *p, uint64_t pfn, unsigned int order, unsigned int state)
{
	unsigned int was = pfn < p->nr ? page_guest(index_pages_at(p, pfn)) : 0;

	if (was > PAGE_FREE + order && was <= PAGE_FREE_LAST)
		for (unsigned int o = was - PAGE_FREE; o-- > order;) {
			uint64_t mine = pfn & ~((UINT64_C(1) << o) - 1);

			set_guest(p, mine ^ UINT64_C(1) << o, UINT64_C(1) << o, PAGE_FREE + o);
		}
	set_guest(p, pfn, UINT64_C(1) << order, state);
}

static unsigned int limit(uint64_t order)
{
	return order < ORDER_MAX ? order : ORDER_MAX;
}

static void guest_record(struct index_pages *p, const struct trace_record *record)
{
	const struct trace_rec_alloc_block *block = record->rec;
	const struct trace_rec_merge_block *merge = record->rec;
	const struct trace_rec_isolate *isolate = record->rec;
	const struct trace_rec_putback *back = record->rec;

	switch (record->id) {
	case TRACE_ID_alloc_block:
		take_block(p, block->pfn, limit(block->order), PAGE_USED);
		break;
	case TRACE_ID_merge_block:
		/* a block that comes back as it was stays told */
		if (merge->order == merge->last_order && merge->pfn < p->nr &&
		    page_guest(index_pages_at(p, merge->pfn)) == PAGE_REPORTED)
			break;
		/* fall through */
	case TRACE_ID_free_block:	/* the same fields so far */
		set_guest(p, block->pfn, UINT64_C(1) << limit(block->order),
			  PAGE_FREE + limit(block->order));
		break;
	case TRACE_ID_isolate:
		take_block(p, isolate->pfn, limit(isolate->order), PAGE_ISOLATED);
		break;
	default:	/* what was named while it was out stays told */
		if (back->pfn < p->nr &&
		    page_guest(index_pages_at(p, back->pfn)) != PAGE_REPORTED)
			set_guest(p, back->pfn, UINT64_C(1) << limit(back->order),
				  PAGE_FREE + limit(back->order));
		break;
	}
}

static void named(struct index_pages *p, const struct trace_rec_named *n)
{
	unsigned int at = n->cause % PAGES_ROLES;
	uint32_t role = p->request[at].id == n->cause ? p->request[at].role : TRACE_ROLE_REPORT;

	set_guest(p, n->gfn, n->nr, role == TRACE_ROLE_INFLATE ? PAGE_BALLOONED :
		  role == TRACE_ROLE_DEFLATE ? PAGE_USED : PAGE_REPORTED);
}

/* What the host does */

static enum page_host after_ept(uint64_t change)
{
	static const uint8_t to[NR_TRACE_EPT_CHANGES] = {
		[TRACE_EPT_MAP] = PAGE_4K,
		[TRACE_EPT_MAP_HUGE] = PAGE_2M,
		[TRACE_EPT_SPLIT] = PAGE_4K,
		[TRACE_EPT_UNMAP] = PAGE_HELD,
		[TRACE_EPT_UNMAP_CLEAN] = PAGE_SWAPPED,
		[TRACE_EPT_DROP] = PAGE_ABSENT,
		[TRACE_EPT_READING] = PAGE_SWAPPED,
		[TRACE_EPT_ZAP] = PAGE_HELD,
		[TRACE_EPT_COLLAPSE] = PAGE_2M,
	};

	return change < NR_TRACE_EPT_CHANGES ? to[change] : PAGE_ABSENT;
}

bool page_change_of(const struct trace_record *record, struct page_change *c)
{
	const union {
		struct trace_rec_ept_fault fault;
		struct trace_rec_ept ept;
		struct trace_rec_discard discard;
		struct trace_rec_swap_out_page out;
		struct trace_rec_swap_in_page in;
	} *rec = record->rec;

#define CHANGE(r, pages, state, keeps)                                                             \
	(*c = (struct page_change){ (r).guest, (r).gfn, (pages), (state), (keeps) }, true)
	switch (record->id) {
	case TRACE_ID_ept_fault:
		return CHANGE(rec->fault, rec->fault.nr,
			      rec->fault.nr == PAGES_BLOCK ? PAGE_2M : PAGE_4K, false);
	case TRACE_ID_ept:
		return CHANGE(rec->ept, rec->ept.nr, after_ept(rec->ept.change), false);
	case TRACE_ID_discard:
		return CHANGE(rec->discard, rec->discard.nr, PAGE_ABSENT, rec->discard.lazy);
	case TRACE_ID_swap_out_page:
		return CHANGE(rec->out, 1, PAGE_SWAPPED, false);
	case TRACE_ID_swap_in_page:
		return CHANGE(rec->in, 1, PAGE_HELD, false);
	default:
		return false;
	}
#undef CHANGE
}

enum page_host page_changed(enum page_host was, const struct page_change *change)
{
	if (!change->keeps_mapped)
		return change->to;
	if (was == PAGE_4K || was == PAGE_2M)
		return was;
	return was == PAGE_UNTOUCHED || was == PAGE_FREED ? PAGE_FREED : PAGE_ABSENT;
}

static void change_host(struct index_pages *p, const struct page_change *c)
{
	uint64_t i, end;

	if (!c->keeps_mapped) {
		set_host(p, c->gfn, c->nr, c->to);
		return;
	}
	end = c->gfn + clamp(p, c->gfn, c->nr);
	for (i = c->gfn; i < end; i++)
		set_host(p, i, 1, page_changed(page_host(index_pages_at(p, i)), c));
}

/* Extents of swapping: of what is swapped in, it is not known whether it is mapped. */
static void swap_record(struct index_pages *p, const struct trace_record *record)
{
	const struct trace_rec_swap_out *extent = record->rec;	/* swap_in has the same fields */

	set_host(p, extent->gfn, extent->nr, record->id == TRACE_ID_swap_out ? PAGE_SWAPPED :
									       PAGE_4K);
}

void index_pages_record(struct index_pages *p, const struct trace_record *record, bool fine)
{
	const struct trace_rec_request *request = record->rec;
	struct page_change change;

	switch (record->id) {
	case TRACE_ID_alloc_block:
	case TRACE_ID_free_block:
	case TRACE_ID_merge_block:
	case TRACE_ID_isolate:
	case TRACE_ID_putback:
		guest_record(p, record);
		break;
	case TRACE_ID_request:
		p->request[request->id % PAGES_ROLES].id = request->id;
		p->request[request->id % PAGES_ROLES].role = request->role;
		break;
	case TRACE_ID_named:
		named(p, record->rec);
		break;
	case TRACE_ID_swap_out:
	case TRACE_ID_swap_in:
		if (!fine)
			swap_record(p, record);
		break;
	default:
		if (page_change_of(record, &change))
			change_host(p, &change);
		break;
	}
}

/* Key frames */

struct runs {
	uint8_t *bytes, last;
	uint64_t at, size, run;
};

static void add_run(struct runs *r, uint64_t nr, uint8_t state)
{
	if (r->run && state != r->last) {
		if (r->at + 16 > r->size) {
			r->size *= 2;
			r->bytes = host_realloc(r->bytes, r->size);
		}
		r->at = put_varint(r->bytes + r->at, r->run) - r->bytes;
		r->bytes[r->at++] = r->last;
		r->run = 0;
	}
	r->last = state;
	r->run += nr;
}

static void add_block(struct runs *r, const uint8_t *block)
{
	for (unsigned int i = 0; i < PAGES_BLOCK; i += 8) {
		uint64_t word;

		memcpy(&word, block + i, 8);
		if (word == block[i] * EACH_BYTE) {
			add_run(r, 8, block[i]);
			continue;
		}
		for (unsigned int k = i; k < i + 8; k++)
			add_run(r, 1, block[k]);
	}
}

uint8_t *index_pages_pack(const struct index_pages *p, uint64_t *len)
{
	struct runs r = { .size = 4096, .bytes = host_alloc(4096) };
	uint64_t bound;
	uint8_t *packed;

	for (uint64_t b = 0; b <= p->nr / PAGES_BLOCK; b++) {
		if (p->block[b])
			add_block(&r, p->block[b]);
		else
			add_run(&r, PAGES_BLOCK, 0);
	}
	add_run(&r, 1, ~r.last);	/* ends the last one */
	bound = ZSTD_compressBound(r.at);
	packed = host_alloc(bound + 8);
	put_le(packed, r.at, 8);
	*len = ZSTD_compress(packed + 8, bound, r.bytes, r.at, 1);
	*len = ZSTD_isError(*len) ? 0 : *len + 8;
	host_free(r.bytes);
	return packed;
}

/* An untouched state leaves what was there. */
static void lay_over(struct index_pages *p, uint64_t first, uint64_t nr, uint8_t state)
{
	struct page_change freed = { .gfn = first, .nr = nr, .to = PAGE_ABSENT,
				     .keeps_mapped = true };
	uint8_t keep;

	if (page_host(state) == PAGE_FREED) {
		change_host(p, &freed);
		state = page_guest(state);
	}
	keep = (state & 0x0f ? 0 : 0x0f) | (state & 0xf0 ? 0 : 0xf0);
	if (state)
		set(p, first, nr, keep, state);
}

bool index_pages_unpack(struct index_pages *p, const uint8_t *bytes, uint64_t len)
{
	uint64_t size = len > 8 ? get_le(bytes, 8) : 0, page = 0;
	uint8_t *runs, *at, *end;

	/* a page makes at most two bytes of runs, and a run at most ten and one */
	if (!size || size > 11 * (p->nr + PAGES_BLOCK))
		return false;
	runs = host_alloc(size);
	if (ZSTD_decompress(runs, size, bytes + 8, len - 8) != size) {
		host_free(runs);
		return false;
	}
	for (at = runs, end = runs + size; at < end && page < p->nr;) {
		uint64_t run = 0;
		unsigned int shift = 0;

		for (; at < end && shift < 63; shift += 7) {
			run |= (uint64_t)(*at & 0x7f) << shift;
			if (!(*at++ & 0x80))
				break;
		}
		if (at >= end)
			break;
		lay_over(p, page, run, *at++);
		page += clamp(p, page, run);
	}
	host_free(runs);
	return true;
}

/* A guest's memory at a time */

/*
 * Goes on over the frames that end by @time: each has all that its part of the trace does, and so
 * can be laid also over what comes about in the middle of that part.
 */
static bool skip_parts(struct index_memory *m, uint64_t time, uint64_t *block)
{
	const struct index_section *section = m->index->head.section;
	bool moved = false;

	for (; m->frame < section[INDEX_FRAMES].nr; m->frame++) {
		const struct index_frame *f = &m->index->frames[m->frame];

		if (f->guest != m->guest)
			continue;
		if (f->time > time ||
		    !index_pages_unpack(&m->pages, m->index->frame_bytes + f->offset, f->len))
			break;
		*block = f->next_block;
		moved = true;
	}
	return moved;
}

static void start_over(struct index_memory *m)
{
	uint64_t nr = m->pages.nr;

	index_pages_free(&m->pages);
	index_pages_init(&m->pages, nr);
	m->frame = 0;
}

void index_memory_go(struct index_memory *m, uint64_t time)
{
	bool back = time < m->time || !m->time;
	uint64_t block = 0;

	if (back)
		start_over(m);
	if (skip_parts(m, time, &block) || back) {
		m->has_next = false;
		m->ended = block >= m->index->head.section[INDEX_BLOCKS].nr;
		if (!m->ended)
			trace_reader_go(m->reader, &m->index->blocks[block].place);
	}
	m->time = time ? time : 1;
	for (;;) {
		if (!m->has_next && !m->ended)
			m->has_next = trace_reader_next(m->reader, &m->next);
		if (!m->has_next || m->next.time > time)
			return;
		m->has_next = false;
		/* whatever is a guest's names it first */
		if (m->next.id && trace_types[m->next.id].fields[0].kind == TRACE_GUEST &&
		    *(const uint64_t *)m->next.rec == m->guest)
			index_pages_record(&m->pages, &m->next, m->fine);
	}
}

struct index_memory *index_memory_open(const struct trace_index *index, const char *trace,
				       uint32_t guest)
{
	struct index_memory *m;
	char error[256];

	if (guest >= index_nr_guests(index) || !index->guests[guest].memory ||
	    index->guests[guest].memory > INDEX_PAGES_MAX ||
	    (!index_has_type(index, TRACE_ID_ept_fault) &&
	     !index_has_type(index, TRACE_ID_alloc_block)))
		return NULL;
	m = host_alloc(sizeof(*m));
	m->index = index;
	m->guest = guest;
	m->fine = index->head.fine;
	m->reader = trace_reader_open(trace, error, sizeof(error));
	if (!m->reader) {
		host_free(m);
		return NULL;
	}
	index_pages_init(&m->pages, index->guests[guest].memory);
	return m;
}

void index_memory_close(struct index_memory *m)
{
	if (!m)
		return;
	trace_reader_close(m->reader);
	index_pages_free(&m->pages);
	host_free(m);
}
