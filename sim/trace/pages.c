// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page states from a trace; see pages.h.
 *
 * A fault says what is mapped after it, `ept` what else changes, a discard takes away what is there
 * (a lazy one only what is not mapped), and swapping says when contents come and go.
 */
#include "pages.h"

#include <string.h>

#include "hostmem.h"

#define HUGE_PAGES 512
#define MAPPING 3u
#define SWAPPED 4u

/* The pages that a record is about. */
struct extent {
	uint64_t guest, gfn, nr;
};

static bool extent_of(const struct trace_record *record, struct extent *e)
{
	const union {
		struct trace_rec_ept_fault fault;
		struct trace_rec_ept ept;
		struct trace_rec_discard discard;
		struct trace_rec_swap_out_page out;
		struct trace_rec_swap_in_page in;
	} *rec = record->rec;

	switch (record->id) {
	case TRACE_ID_ept_fault:
		*e = (struct extent){ rec->fault.guest, rec->fault.gfn, rec->fault.nr };
		return true;
	case TRACE_ID_ept:
		*e = (struct extent){ rec->ept.guest, rec->ept.gfn, rec->ept.nr };
		return true;
	case TRACE_ID_discard:
		*e = (struct extent){ rec->discard.guest, rec->discard.gfn, rec->discard.nr };
		return true;
	case TRACE_ID_swap_out_page:
		*e = (struct extent){ rec->out.guest, rec->out.gfn, 1 };
		return true;
	case TRACE_ID_swap_in_page:
		*e = (struct extent){ rec->in.guest, rec->in.gfn, 1 };
		return true;
	default:
		return false;
	}
}

static struct trace_page change(struct trace_page page, uint64_t change)
{
	switch (change) {
	case TRACE_EPT_MAP:
		return (struct trace_page){ TRACE_MAPPING_SMALL, false };
	case TRACE_EPT_MAP_HUGE:
		return (struct trace_page){ TRACE_MAPPING_HUGE, false };
	case TRACE_EPT_SPLIT:
		if (page.mapping == TRACE_MAPPING_HUGE)
			page.mapping = TRACE_MAPPING_SMALL;
		return page;
	case TRACE_EPT_UNMAP:
		page.mapping = TRACE_MAPPING_NONE;
		return page;
	case TRACE_EPT_UNMAP_CLEAN:
	case TRACE_EPT_READING:
		return (struct trace_page){ TRACE_MAPPING_NONE, true };
	default:
		return (struct trace_page){ TRACE_MAPPING_NONE, false };
	}
}

static struct trace_page follow(struct trace_page page, const struct trace_record *record)
{
	const union {
		struct trace_rec_ept_fault fault;
		struct trace_rec_ept ept;
		struct trace_rec_discard discard;
	} *rec = record->rec;

	switch (record->id) {
	case TRACE_ID_ept_fault:
		return change(page, rec->fault.nr == HUGE_PAGES ? TRACE_EPT_MAP_HUGE :
								  TRACE_EPT_MAP);
	case TRACE_ID_ept:
		return change(page, rec->ept.change);
	case TRACE_ID_discard:
		if (rec->discard.lazy && page.mapping)
			return page;
		return change(page, TRACE_EPT_DROP);
	case TRACE_ID_swap_out_page:
		return change(page, TRACE_EPT_UNMAP_CLEAN);
	default:
		page.swapped = false;	/* swap_in_page: into a frame, not mapped yet */
		return page;
	}
}

bool trace_page_follow(struct trace_page *page, uint64_t guest, uint64_t gfn,
		       const struct trace_record *record)
{
	struct extent e;

	if (!extent_of(record, &e) || e.guest != guest || gfn < e.gfn || gfn - e.gfn >= e.nr)
		return false;
	*page = follow(*page, record);
	return true;
}

static struct trace_page unpack(uint8_t byte)
{
	return (struct trace_page){ byte & MAPPING, byte & SWAPPED };
}

static void add_guest(struct trace_pages *pages, const struct trace_rec_guest *rec)
{
	uint64_t nr = pages->nr_guests;

	if (rec->guest == TRACE_HOST)
		return;
	if (rec->guest >= nr) {
		pages->nr_guests = rec->guest + 1;
		pages->guest = host_realloc(pages->guest,
					    pages->nr_guests * sizeof(*pages->guest));
		memset(pages->guest + nr, 0, (pages->nr_guests - nr) * sizeof(*pages->guest));
	}
	if (pages->guest[rec->guest].page)
		return;
	pages->guest[rec->guest].nr = rec->memory;
	pages->guest[rec->guest].page = host_reserve(rec->memory);
	if (!pages->guest[rec->guest].page)
		pages->guest[rec->guest].nr = 0;
}

static void see(struct trace_consumer *consumer, const struct trace_record *record)
{
	struct trace_pages *pages = (struct trace_pages *)consumer;
	struct trace_pages_guest *guest;
	struct extent e;
	uint64_t at;

	if (record->id == TRACE_ID_guest)
		add_guest(pages, record->rec);
	if (!extent_of(record, &e) || e.guest >= pages->nr_guests)
		return;
	guest = &pages->guest[e.guest];
	for (at = e.gfn; at < guest->nr && at - e.gfn < e.nr; at++) {
		struct trace_page page = follow(unpack(guest->page[at]), record);

		guest->page[at] = page.mapping | (page.swapped ? SWAPPED : 0);
	}
}

void trace_pages_init(struct trace_pages *pages)
{
	*pages = (struct trace_pages){ .consumer = { .record = see, .level = TRACE_FULL } };
}

struct trace_page trace_pages_at(const struct trace_pages *pages, uint64_t guest, uint64_t gfn)
{
	if (guest >= pages->nr_guests || gfn >= pages->guest[guest].nr)
		return (struct trace_page){ TRACE_MAPPING_NONE, false };
	return unpack(pages->guest[guest].page[gfn]);
}

void trace_pages_free(struct trace_pages *pages)
{
	uint64_t i;

	for (i = 0; i < pages->nr_guests; i++)
		if (pages->guest[i].page)
			host_release(pages->guest[i].page, pages->guest[i].nr);
	host_free(pages->guest);
	pages->guest = NULL;
	pages->nr_guests = 0;
}
