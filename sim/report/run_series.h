/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a run's plots show over time: a consumer of trace records beside the report that the tables
 * are made from.
 */
#ifndef BALLAST_REPORT_RUN_SERIES_H
#define BALLAST_REPORT_RUN_SERIES_H

#include "report.h"
#include "timeline.h"

/* Guests with a band of their own; the others share one. */
#define SERIES_GUESTS 7

#define SERIES_OTHERS SERIES_GUESTS
#define SERIES_CACHE (SERIES_GUESTS + 1)

/* What a guest's memory holds, of all guests together. */
enum series_part { PART_PROGRAMS, PART_CACHE, PART_KERNEL, PART_BALLOON, PART_REPORTED, PART_FREE,
		   NR_PARTS };

enum series_swap { SWAP_USED, SWAP_WRITTEN, SWAP_READ, NR_SWAP_LINES };

/* CPU time by cause, the causes of cpu_sample taken together. */
enum series_cpu { CPU_PROGRAMS, CPU_GUEST_KERNEL, CPU_FAULTS, CPU_RECLAIM, CPU_TELLING, CPU_EXITS,
		  CPU_SWITCHES, NR_CPU_CAUSES };

#define CPU_BINS 340		/* most there are; a step of two pixels */

struct run_series {
	struct trace_consumer consumer;
	struct timeline guests;		/* resident memory of each, of the others; page cache */
	struct timeline host;		/* memory in use */
	struct timeline parts;
	struct timeline swap[NR_SWAP_LINES];
	struct series_guest *guest;	/* by id */
	unsigned int nr_guests;
	uint64_t others;		/* resident pages */
	uint64_t parts_now[NR_PARTS];	/* pages */
	bool any_parts, any_cache;	/* any_cache: the host's */
	uint64_t cpu_width;		/* of a bin, ns */
	uint64_t (*cpu)[NR_CPU_CAUSES];	/* CPU_BINS */
	bool any_cpu;
	uint64_t host_since, host_at;	/* the last two samples of the host */
	uint64_t end;			/* last time seen of the run proper */
	bool closed;
};

void run_series_init(struct run_series *s);
void run_series_free(struct run_series *s);

#endif
