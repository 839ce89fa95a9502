/* SPDX-License-Identifier: GPL-2.0-only */
/* same */
#ifndef _LINUX_MATH_H
#define _LINUX_MATH_H

#include <linux/types.h>

#define __round_mask(x, y) ((typeof(x))((y) - 1))
#define round_up(x, y) ((((x) - 1) | __round_mask(x, y)) + 1)
#define round_down(x, y) ((x) & ~__round_mask(x, y))
#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))
#define DIV_ROUND_UP_ULL(n, d) (((unsigned long long)(n) + (d) - 1) / (d))
#define DIV_ROUND_CLOSEST(n, d) (((n) + (d) / 2) / (d))
#define roundup(x, y) ((((x) + ((y) - 1)) / (y)) * (y))
#define rounddown(x, y) ((x) - ((x) % (y)))
#define abs(x) ({ typeof(x) __abs_x = (x); __abs_x < 0 ? -__abs_x : __abs_x; })

/* Largest r with r * r <= x (lib/math/int_sqrt.c gives the same). */
static inline unsigned long int_sqrt(unsigned long x)
{
	unsigned long root = 0;
	int bit;

	for (bit = 31; bit >= 0; bit--) {
		unsigned long try = root | 1UL << bit;

		if (try * try <= x)
			root = try;
	}
	return root;
}

#endif
