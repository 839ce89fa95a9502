/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why a page of a guest is as it is at some time: who had it, who named it to the host, who dropped
 * it, and what that cost; in words, from a trace.
 *
 * How to use it: fill in guest (name or number), gfn and at; trace_why_init(); feed it; then
 * trace_why_print().  What a trace says depends on its level: allocations, faults and swapping of
 * each page are in full ones only.
 */
#ifndef BALLAST_TRACE_WHY_H
#define BALLAST_TRACE_WHY_H

#include <stdio.h>

#include "index_pages.h"

struct why_event;
struct why_cause;
struct why_site;

struct trace_why {
	struct trace_consumer consumer;
	const char *name;		/* of the guest, or its number */
	uint64_t gfn, at;		/* at: ns; UINT64_MAX: the end */

	/* What has been found so far. */
	bool found, full;
	uint64_t guest, memory, last;	/* last: time of the last record */
	char guest_name[128], others[256];
	uint64_t seq;			/* of records */
	enum page_host page;		/* at the time */
	struct why_event *events;	/* of the page, in the trace's order */
	unsigned int nr_events;
	struct why_cause *causes;	/* by id */
	unsigned int nr_causes;
	struct why_site *sites;		/* by id, from 1 */
	unsigned int nr_sites;
};

void trace_why_init(struct trace_why *why);
/* False: there is no such guest or page; @error says so. */
bool trace_why_print(const struct trace_why *why, FILE *out, char *error, size_t error_size);
void trace_why_free(struct trace_why *why);

#endif
