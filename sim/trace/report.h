/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What happened and why, as tables: a consumer of trace records, live or from a file.
 *
 * How to use it: report_init(), trace_add_consumer(tw, &report.consumer) or trace_reader_feed(),
 * then report_text() or report_json(); report_free().
 */
#ifndef BALLAST_TRACE_REPORT_H
#define BALLAST_TRACE_REPORT_H

#include <stdio.h>

#include "trace.h"

/* What a program has measured of itself; no count: nothing. */
struct report_measured {
	enum trace_measure what;
	struct trace_histogram all;
	uint64_t period_lowest, period_best;	/* means of records */
};

struct report_program {
	uint64_t guest, program;
	char *name;
	uint64_t start, end;		/* ns; end: last time seen while it runs */
	uint64_t cpu, stalled;		/* ns */
	uint64_t work;
	int64_t status;
	/* RUNS: the trace breaks off before anything is said of its end */
	enum { PROGRAM_RUNS, PROGRAM_ENDED, PROGRAM_KILLED, PROGRAM_VMM_KILLED,
	       PROGRAM_NOT_ENDED, PROGRAM_SHUT_DOWN } state;
	struct report_measured measured;
};

/* A command of the host; memory is what the guest is left with, in bytes. */
struct report_command {
	uint64_t guest;
	char *name;
	uint64_t kind;			/* enum trace_command_kind */
	uint64_t target, actual_before;
	bool started, ended;
	uint64_t start;			/* ns */
	struct trace_rec_command_end end;	/* its text is the next one */
	char *text;			/* NULL: nothing is said */
};

struct report_device {
	char *name;
	uint64_t kicks, interrupts;
};

/* Where memory was at a time; nothing at all: not known. */
struct report_where {
	bool known;
	struct trace_rec_guest_memory parts;
	uint64_t order[11];		/* pages in free blocks */
};

struct report_stat {
	uint64_t guest;
	char *name;
	uint64_t value, age;		/* ns */
};

/* hugepages-<size>kB/stats of a guest that has more than one size. */
#define REPORT_FOLIO_STATS 7
struct report_folios {
	uint64_t guest, kib;
	uint64_t value[REPORT_FOLIO_STATS];
};

struct report_image {
	uint64_t guest;
	char *node, *path, *version, *digest, *made_for;
};

struct report_guest {
	bool declared;
	char *name, *mechanism;
	uint64_t memory, vcpus;
	bool off;
	enum trace_off off_reason;
	struct trace_rec_guest_sample last;
	uint64_t resident_peak, ballooned_peak, swapped_peak;	/* pages */
	struct trace_histogram faults[NR_TRACE_FAULTS];
	uint64_t exits[NR_TRACE_EXITS];
	struct report_device *devices;
	unsigned int nr_devices;
	struct trace_rec_guest_total total;
	struct trace_rec_khugepaged khugepaged;
	uint64_t cpu[NR_TRACE_DOMAINS];	/* ns */
	bool has_image;			/* in the host's page cache */
	struct trace_rec_image_sample image;	/* last */
	uint64_t image_peak, image_dirty_peak;	/* pages */
	struct report_where where[NR_TRACE_MOMENTS];
};

struct report_cost {
	enum trace_domain domain;
	char *name;
	uint64_t ns, count;
};

/* An entry of the cost table: what one occurrence takes, and what that rests on. */
struct report_price {
	char *name, *source;
	uint64_t each;			/* ns */
};

struct report_swap {
	struct trace_rec_swap_device last;
	char *name;
};

/* A disk that several things share, and one of these. */
struct report_disk {
	struct trace_rec_disk is;
	struct trace_rec_disk_sample last;
	char *name, *model;
};

struct report_extent {
	struct trace_rec_disk_extent is;
	struct trace_rec_disk_extent_sample last;
	char *name;
};

enum report_stall { STALL_MEMORY_SOME, STALL_MEMORY_FULL, STALL_IO_SOME, STALL_IO_FULL,
		    STALL_CPU_SOME, STALL_CPU_FULL, NR_STALLS };

/* Pressure stall information of the host or a group. */
struct report_pressure {
	bool known;
	uint64_t ns[NR_STALLS];
	uint64_t peak[NR_STALLS];	/* of the average over 10 s, 1/100 % */
};

struct report_cgroup {
	struct trace_rec_cgroup is;		/* without its name */
	struct trace_rec_cgroup_sample last;
	struct trace_rec_cgroup_cpu cpu;	/* weight 0: none has any */
	struct trace_rec_cgroup_cpu_sample cpu_last;
	struct report_pressure pressure;
	char *name;
};

struct report_thread {
	uint64_t guest;
	char *name;
	uint64_t ran, waited;		/* ns */
};

struct report {
	struct trace_consumer consumer;
	uint64_t time, records;
	char *scenario, *description, *version, **overrides;
	enum trace_override *override_kinds;
	unsigned int nr_overrides, nr_override_kinds;
	uint64_t seed;
	enum trace_world world;
	struct trace_rec_machine machine;
	char *swap_model, *costs_name, *references;	/* a line each */
	struct report_price *prices;
	unsigned int nr_prices;
	bool strange_guest;		/* a record names one that the machine cannot have */
	bool ended;
	bool closed;					/* time is the end of the run proper */
	enum trace_end result;
	uint64_t events;
	char *end_text;
	struct report_guest *guests;
	uint64_t nr_guests;
	struct report_program *programs;
	unsigned int nr_programs;
	struct report_command *commands;
	unsigned int nr_commands;
	char **casualties;				/* who was killed, by whom, when */
	unsigned int nr_casualties;
	struct trace_rec_host_sample host;		/* last */
	uint64_t used_peak, swap_peak;			/* pages */
	uint64_t host_cpu;				/* ns, of the host's own threads */
	struct report_cost *costs;
	unsigned int nr_costs;
	struct report_swap *swaps;
	unsigned int nr_swaps;
	struct trace_rec_dirty_sample dirty;		/* last; of files of the host */
	uint64_t dirty_peak, writeback_peak;		/* pages */
	struct report_disk *disks;			/* the first is number 1 */
	struct report_extent *extents;			/* of all of them; the same */
	unsigned int nr_disks, nr_extents;
	struct report_cgroup *cgroups;			/* the first is number 1 */
	unsigned int nr_cgroups;
	struct report_pressure pressure;		/* on the host */
	struct report_thread *threads;
	unsigned int nr_threads;
	struct report_stat *stats;			/* as the VMMs got them last */
	unsigned int nr_stats;
	struct report_folios *folios;
	unsigned int nr_folios;
	struct report_image *images;
	unsigned int nr_images;
	char **problems;				/* OOM, data loss, ...: the first ones */
	unsigned int nr_problems;
	uint64_t problems_left_out;
};

#define REPORT_PROBLEMS_MAX 20
#define REPORT_GUESTS_MAX 10000	/* as many as a scenario may have */

void report_init(struct report *r);
void report_free(struct report *r);
/* In 1/1000 of the best: the lowest period; what is missing of all (see report_measured.c). */
uint64_t report_measured_lowest(const struct report_measured *m);
uint64_t report_measured_lost(const struct report_measured *m);
/* How the run ended, as the trace calls it; "not finished", "unknown". */
const char *report_result(const struct report *r);

/* Sums over all guests, for the last lines of tables and for comparisons. */
struct report_sum {
	struct report_guest all;	/* .last.stalled, .faults, .exits, .total, .cpu, ... */
	uint64_t kicks, interrupts, exits;
	uint64_t cpu_kernel;		/* exit + vmm-kernel + host, ns */
	uint64_t swap_out, swap_in;	/* host, pages */
};

void report_sum_init(struct report_sum *sum, const struct report *r);
void report_sum_free(struct report_sum *sum);

/* At most @guests_max guests are listed one by one; 0: all. */
void report_text(const struct report *r, FILE *out, unsigned int guests_max);
void report_json(const struct report *r, FILE *out);
/* What is known before anything runs: host, guests, cost table; an object. */
void report_json_machine(const struct report *r, FILE *out);

#endif
