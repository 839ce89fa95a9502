/* SPDX-License-Identifier: GPL-2.0-only */
/* same: bits in arrays of unsigned long */
#ifndef MODEL_QEMU_BITOPS_H
#define MODEL_QEMU_BITOPS_H

#include <stdint.h>

#define BITS_PER_BYTE 8
#define BITS_PER_LONG (sizeof(unsigned long) * BITS_PER_BYTE)
#define BIT(nr) (1UL << (nr))
#define BIT_ULL(nr) (1ULL << (nr))
#define BIT_WORD(nr) ((nr) / BITS_PER_LONG)
#define BIT_MASK(nr) (1UL << ((nr) % BITS_PER_LONG))
#define BITS_TO_LONGS(nr) (((nr) + BITS_PER_LONG - 1) / BITS_PER_LONG)

static inline void set_bit(long nr, unsigned long *addr)
{
	addr[BIT_WORD(nr)] |= BIT_MASK(nr);
}

static inline void clear_bit(long nr, unsigned long *addr)
{
	addr[BIT_WORD(nr)] &= ~BIT_MASK(nr);
}

/* @size: there is none. */
static inline unsigned long find_next_zero_bit(const unsigned long *addr, unsigned long size,
					       unsigned long offset)
{
	while (offset < size && (addr[BIT_WORD(offset)] & BIT_MASK(offset)))
		offset++;
	return offset;
}

static inline int test_bit(long nr, const unsigned long *addr)
{
	return !!(addr[BIT_WORD(nr)] & BIT_MASK(nr));
}

#endif
