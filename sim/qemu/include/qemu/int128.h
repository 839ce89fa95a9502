/* SPDX-License-Identifier: GPL-2.0-only */
/* same: a type wide enough for the size of the whole address space */
#ifndef MODEL_QEMU_INT128_H
#define MODEL_QEMU_INT128_H

#include <assert.h>
#include <stdint.h>

typedef __int128 Int128;

static inline Int128 int128_make64(uint64_t value)
{
	return value;
}

static inline uint64_t int128_get64(Int128 value)
{
	uint64_t low = value;

	assert(low == value);
	return low;
}

#endif
