/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What backs each page of the guests, rebuilt from a trace of level full.
 *
 * How to use it: trace_pages_init(), feed it (trace_reader_feed(), or as a consumer of a run); what
 * trace_pages_at() says is as of the last record.  A byte for each page of the guests.
 */
#ifndef BALLAST_TRACE_PAGES_H
#define BALLAST_TRACE_PAGES_H

#include "trace.h"

/* How the EPT maps a page; by itself, as part of a 2 MiB leaf, not at all. */
enum trace_mapping { TRACE_MAPPING_NONE, TRACE_MAPPING_SMALL, TRACE_MAPPING_HUGE };

struct trace_page {
	enum trace_mapping mapping;
	bool swapped;		/* its contents are in a swap slot, and in no frame */
};

struct trace_pages_guest {
	uint64_t nr;
	uint8_t *page;
};

struct trace_pages {
	struct trace_consumer consumer;
	struct trace_pages_guest *guest;
	uint64_t nr_guests;
};

void trace_pages_init(struct trace_pages *pages);
/* A page that the guest does not have is mapped by nobody. */
struct trace_page trace_pages_at(const struct trace_pages *pages, uint64_t guest, uint64_t gfn);
void trace_pages_free(struct trace_pages *pages);

/* The same for one page, by one record of its guest; false: the record says nothing of it. */
bool trace_page_follow(struct trace_page *page, uint64_t guest, uint64_t gfn,
		       const struct trace_record *record);

#endif
