/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What why.c collects and why_text.c tells.
 */
#ifndef BALLAST_TRACE_WHY_INTERNAL_H
#define BALLAST_TRACE_WHY_INTERNAL_H

#include "why.h"

/* A record of the page; what the fields mean depends on the type. */
struct why_event {
	enum trace_id type;
	uint64_t seq, time;		/* seq: number of the record in the trace */
	uint64_t first, nr;		/* pages that it is about */
	uint64_t cause, site, last, ns;
	bool told;
	const char *task;
};

/* A target, request, kick or reclaim pass; of a request, how it was answered. */
struct why_cause {
	enum trace_id type;
	uint64_t id, cause, seq, time;
	uint64_t role, queue, site, pages;
	char *device;
	uint64_t answered_seq, answered;	/* 0: it was not */
	uint64_t kick, waited, took, answered_site;
	char *thread;
};

struct why_site {
	char *function, *file;
	uint64_t line;
};

/* NULL: there is no record of it. */
struct why_cause *why_find_cause(const struct trace_why *why, uint64_t id);

#endif
