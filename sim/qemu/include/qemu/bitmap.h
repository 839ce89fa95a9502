/* SPDX-License-Identifier: GPL-2.0-only */
/* same: bitmaps on top of qemu/bitops.h */
#ifndef MODEL_QEMU_BITMAP_H
#define MODEL_QEMU_BITMAP_H

#include "glib.h"
#include "qemu/bitops.h"

static inline unsigned long *bitmap_new(long nbits)
{
	return g_malloc0(BITS_TO_LONGS(nbits) * sizeof(unsigned long));
}

/* Are the first @nbits all set? */
static inline int bitmap_full(const unsigned long *map, long nbits)
{
	long i, whole = nbits / BITS_PER_LONG;

	for (i = 0; i < whole; i++) {
		if (~map[i])
			return 0;
	}
	for (i = whole * BITS_PER_LONG; i < nbits; i++) {
		if (!test_bit(i, map))
			return 0;
	}
	return 1;
}

#endif
