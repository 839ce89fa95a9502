/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calibration: what things cost on the host at hand, as a cost table that scenarios can include.
 *
 * How to use it:
 *  1. calibrate_host() looks at the host; base_table_load() reads the table that has what this host
 *     cannot show.
 *  2. calibrate_measure() measures, run by run.  What it cannot measure has a reason instead.
 *  3. calibrate_costs() makes of that a value for each entry of a cost table, and says what it
 *     rests on; docs/costs.md has the mapping.  calibrate_write() and calibrate_write_swap() write
 *     what scenarios include.
 *
 * This is no part of the model: it looks at the real clock, and computes in floating point.
 */
#ifndef BALLAST_CALIBRATION_H
#define BALLAST_CALIBRATION_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base_table.h"
#include "cost.h"
#include "spread.h"

#define CALIBRATE_RUNS_MAX 1000
#define CALIBRATE_MIB_MIN 8
#define CALIBRATE_MIB_MAX 65536
#define CALIBRATE_TEXT_SIZE 512

/*
 * M(name, what users call it, unit, what it is).  Time is of one occurrence; of copies, what is
 * read and what is written both count.
 */
#define MEASUREMENT_TABLE(M)                                                                       \
	M(SYSCALL, "system-call", NS, "getppid()")                                                 \
	M(ZERO, "zero-4k", NS, "4 KiB cleared as clear_page() does it")                            \
	M(ZERO_HUGE, "zero-2m", NS, "2 MiB cleared, 4 KiB after 4 KiB")                            \
	M(WRITE, "write-4k", NS, "memset() of 4 KiB just cleared")                                 \
	M(READ, "read-4k", NS, "4 KiB of memory read in order")                                    \
	M(FILE, "file-4k", NS, "4 KiB read from the page cache, pread() of 256 KiB of a memfd")    \
	M(FAULT, "fault-4k", NS, "first write to a page of 4 KiB")                                 \
	M(FAULT_HUGE, "fault-2m", NS, "first write to a huge page of 2 MiB")                       \
	M(HOT_FAULT, "hot-fault-4k", NS, "first write to a page of 4 KiB whose frame is cached")   \
	M(HOT_ZERO, "hot-zero-4k", NS, "4 KiB cleared that are cached")                            \
	M(HOT_FAULT_HUGE, "hot-fault-2m", NS,                                                      \
	  "first write to a huge page of 2 MiB whose frame is cached")                             \
	M(HOT_ZERO_HUGE, "hot-zero-2m", NS, "2 MiB cleared that are cached")                       \
	M(MADVISE_CALL, "madvise-nothing", NS, "MADV_DONTNEED of a page that is not there")        \
	M(MADVISE_PAGE, "madvise-page", NS, "MADV_DONTNEED of one written page of 4 KiB")          \
	M(MADVISE_PAGES, "madvise-pages", NS,                                                      \
	  "a written page's share of one MADV_DONTNEED of all")                                    \
	M(MADVISE_BLOCK, "madvise-block", NS, "MADV_DONTNEED of one written huge page of 2 MiB")   \
	M(MADVISE_SHARED, "madvise-2cpu", NS,                                                      \
	  "as madvise-page, and a thread of the process runs on another CPU")                      \
	M(MEMBARRIER, "membarrier", NS, "private expedited membarrier(), with such a thread")      \
	M(EVENTFD, "eventfd", NS, "write() and read() of an eventfd, nobody waits")                \
	M(EVENTFD_WRITE, "eventfd-write", NS, "write() of an eventfd, nobody waits")               \
	M(WAKE_READ, "wake-read", NS,                                                              \
	  "a thread that sleeps in read() of an eventfd woken, one CPU")                           \
	M(WAKE_POLL, "wake-poll", NS,                                                              \
	  "a thread that sleeps in ppoll() woken, and its read(), one CPU")                        \
	M(WAKE_OTHER, "wake-other-cpu", NS, "the same on another CPU, with what its idling costs") \
	M(COPY, "copy-one-cpu", MB_PER_S, "memcpy(), one CPU")                                     \
	M(COPY_ALL, "copy-all-cpus", MB_PER_S, "memcpy(), all CPUs at once")                       \
	M(SWAP_OUT, "swap-out", NS, "CPU time of MADV_PAGEOUT, for a page")                        \
	M(SWAP_IN, "swap-in", NS,                                                                  \
	  "CPU time of a fault that reads its page from swap, in no order")                        \
	M(SWAP_IN_ORDER, "swap-in-order", NS, "the same in order, with read-ahead, for a page")    \
	M(SWAP_WAIT, "swap-in-elapsed", NS, "what such a fault takes in all, in no order")         \
	M(DISK_READ, "disk-read", NS, "direct read of 4 KiB from where swap is, in no order")      \
	M(DISK_WRITE, "disk-write", NS, "direct write of 4 KiB to there, in no order")             \
	M(DISK_STREAM, "disk-stream", MB_PER_S, "direct reads of 1 MiB from there, in order")

enum measurement_id {
#define M(id, name, unit, text) MEASURE_##id,
	MEASUREMENT_TABLE(M)
#undef M
	NR_MEASUREMENTS
};

enum measurement_unit { UNIT_NS, UNIT_MB_PER_S };

struct measurement_info {
	const char *name;
	enum measurement_unit unit;
	const char *text;
};

extern const struct measurement_info measurement_info[NR_MEASUREMENTS];

struct calibrate_host {
	char cpu[128];			/* the model's name */
	char kernel[72];		/* release */
	char date[16];			/* YYYY-MM-DD, UTC */
	unsigned int nr_cpus;		/* that may be used */
	bool virtual_machine;		/* /proc/cpuinfo has the flag "hypervisor" */
	char thp[16];			/* always, madvise, never; "" unknown */
	uint64_t cache;			/* bytes of the last level's, 0: unknown */
	uint64_t available;		/* bytes of memory, 0: unknown */
	unsigned int page_cluster;	/* vm.page-cluster */
};

struct calibrate_options {
	unsigned int runs;		/* besides one to warm up */
	uint64_t bytes;			/* worked through in each; 0: by the host's cache */
	const char *swap_dir;		/* where a swap file may be made; NULL: nowhere */
	const volatile sig_atomic_t *stop;	/* not 0: end early */
	void (*progress)(void *opaque, unsigned int run, unsigned int runs);
	void *opaque;
};

struct calibration {
	struct calibrate_host host;
	unsigned int runs;
	uint64_t bytes;
	double timer_ns;		/* of a look at the clock, which is taken off */
	struct spread result[NR_MEASUREMENTS];	/* nr 0: not measured */
	char why_not[NR_MEASUREMENTS][CALIBRATE_TEXT_SIZE];
};

/* Where a value is from. */
enum cost_origin { COST_MEASURED, COST_DERIVED, COST_OF_BASE };

struct calibrated_cost {
	uint64_t ns;			/* or MB/s, of the memory */
	double low, high;		/* between the quartiles of what it is from */
	enum cost_origin origin;
	char source[4 * CALIBRATE_TEXT_SIZE];
};

struct calibrated_costs {
	struct calibrated_cost cost[NR_COSTS], memory;
};

void calibrate_host(struct calibrate_host *host);
/* What @options leaves open, filled in.  0, or -1 with one line in @error. */
int calibrate_check(const struct calibrate_host *host, struct calibrate_options *options,
		    char *error, size_t error_size);
/* After calibrate_check().  0; 1: it was stopped; -1 with one line in @error. */
int calibrate_measure(struct calibration *c, const struct calibrate_options *options, char *error,
		      size_t error_size);
/* Measurements whose quartiles are far apart, as "NAME PERCENT %, ..."; how many. */
unsigned int calibrate_unsteady(const struct calibration *c, char *text, size_t size);

void calibrate_costs(struct calibrated_costs *costs, const struct calibration *c,
		     const struct base_table *base);
const char *cost_origin_name(enum cost_origin origin);

/* Where and when, as sources say it. */
void calibrate_text(const struct calibration *c, char *text, size_t size);
/* A file for scenarios to include, as scenarios/costs/skylake.dtsi. */
void calibrate_write(FILE *out, const struct calibrated_costs *costs, const struct calibration *c,
		     const struct base_table *base);
/* Whether calibrate_write_swap() has something to write. */
bool calibrate_has_swap(const struct calibration *c);
/* A file to include in a swap node, as scenarios/swap/ssd.dtsi. */
void calibrate_write_swap(FILE *out, const struct calibration *c);

#endif
