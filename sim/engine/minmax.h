/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lesser and the greater of two numbers, where there are no headers of a kernel.
 */
#ifndef BALLAST_MINMAX_H
#define BALLAST_MINMAX_H

#include <stdint.h>

static inline uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

#endif
