/* SPDX-License-Identifier: GPL-2.0-only */
/* Benchmarks that need the model kernel's inside; bench_mm.c is compiled as kernel code. */
#ifndef BALLAST_BENCH_MM_H
#define BALLAST_BENCH_MM_H

#include <stdbool.h>
#include <stdint.h>

enum bench_churn {
	CHURN_PLAIN,
	CHURN_ORACLE,		/* every page is written */
	CHURN_HOOK_OFF,		/* a hint engine was there, and has gone */
};

double bench_now(void);			/* seconds of CPU */
uint64_t bench_rss(void);		/* bytes of this process */
/* @how is one of enum bench_churn; million allocations and frees per second. */
double bench_churn(unsigned int how);
double bench_touch(unsigned int unused);	/* million pages per second */
double bench_bytes_per_page(bool huge);
double bench_many_guests(void);			/* MiB */

#endif
