/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What several programs need and can be said in the calls of program.h.
 */
#ifndef BALLAST_WORKLOAD_SUPPORT_H
#define BALLAST_WORKLOAD_SUPPORT_H

#include "program.h"

/* The page size of x86-64: programs count work in it. */
#define SUPPORT_PAGE UINT64_C(4096)

bool string_equal(const char *a, const char *b);
/* An argument in MiB as bytes, in ms or us as ns. */
uint64_t arg_mib(const char *name);
uint64_t arg_ms(const char *name);
uint64_t arg_us(const char *name);
/* The argument "madvise". */
enum program_advice arg_advice(void);
/* Write everything once in steps, as memhog does, and count the work. */
void write_in_steps(uint64_t addr, uint64_t len);
/* Read a file as dd bs=1M does, and count the work; 0, or negative after a call failed. */
int read_in_steps(const char *name, uint64_t offset, uint64_t len);
void sleep_until(uint64_t time_ns);
/* Exponential with the given mean. */
uint64_t random_exponential(uint64_t mean);
/* In [low, high], low > 0, with equal chance for each equal step of the logarithm. */
uint64_t random_log_uniform(uint64_t low, uint64_t high);

#endif
