/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the measurements share: the clock, two areas of memory, two CPUs, and where values go.
 *
 * A pass is a function that measures a few things once.  All passes make a run; runs are repeated,
 * so that what changes slowly (clock rates, other load) comes to all of them.  The first run warms
 * up, and its values are dropped: it takes memory from whoever had it, a hypervisor included.
 */
#ifndef BALLAST_CALIBRATE_MEASURING_H
#define BALLAST_CALIBRATE_MEASURING_H

#include <stdbool.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "calibration.h"

#define PAGE_BYTES 4096
#define BLOCK_BYTES (UINT64_C(2) << 20)

struct measuring {
	struct calibration *result;
	const struct calibrate_options *options;
	double *values[NR_MEASUREMENTS];
	unsigned int nr[NR_MEASUREMENTS];
	bool warm_up;
	cpu_set_t allowed;
	int cpu, other;			/* where this thread is; another one, -1: there is none */
	char *small, *huge;		/* areas of pages of 4 KiB; of huge ones, if any */
	int file;			/* of FILE_BYTES, in memory */
};

#define FILE_BYTES (UINT64_C(16) << 20)

/* An occurrence took @value, ns or MB/s. */
void measured(struct measuring *m, enum measurement_id id, double value);
/* It cannot be measured here; the first reason is kept, and values are dropped. */
__attribute__((format(printf, 3, 4)))
void not_measured(struct measuring *m, enum measurement_id id, const char *format, ...);
/* Whether it still may be. */
bool is_wanted(const struct measuring *m, enum measurement_id id);

/* Passes. */
void pass_pages(struct measuring *m);
void pass_blocks(struct measuring *m);
void pass_hot(struct measuring *m);
void pass_file(struct measuring *m);
void pass_calls(struct measuring *m);
void pass_wake(struct measuring *m);
void pass_shootdown(struct measuring *m);
void pass_all_cpus(struct measuring *m);
/* ns of a call that gives back one written page, of a few. */
double madvise_written_pages(struct measuring *m);

/*
 * All runs of what takes a swap file and a memory group; both are gone afterwards.  In a process
 * of its own, which must not share memory with this one: before or after the areas are there.
 * Returns 0; 1: stopped; -1: something is left, one line in @error.
 */
int measure_swap(struct measuring *m, char *error, size_t error_size);

/* The thread that calls it; 0 or -1. */
int pin_to(int cpu);
bool is_stopped(const struct measuring *m);

static inline double clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1e9 + ts.tv_nsec;
}

static inline double now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

/* Of @n occurrences since @since, each. */
static inline double each_ns(const struct measuring *m, double since, double n)
{
	double all = now_ns() - since - m->result->timer_ns;

	return all > 0 ? all / n : 0;
}

/* The compiler takes it that all memory is read and written here. */
static inline void clobber(const void *p)
{
	__asm__ volatile("" : : "r"(p) : "memory");
}

/* The first byte, which faults. */
static inline void touch(char *p)
{
	*(volatile char *)p = 1;
}

#endif
