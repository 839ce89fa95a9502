/* SPDX-License-Identifier: GPL-2.0-only */
/* same: each argument is evaluated once and both must have one type. */
#ifndef _LINUX_MINMAX_H
#define _LINUX_MINMAX_H

#include <linux/compiler.h>

#define __pick_one(a, b, op)                                                                       \
	__extension__({                                                                            \
		typeof(a) __pick_a = (a);                                                          \
		typeof(b) __pick_b = (b);                                                          \
		(void)(&__pick_a == &__pick_b);                                                    \
		__pick_a op __pick_b ? __pick_a : __pick_b;                                        \
	})
#define __pick_const(a, b, op) ((a) op (b) ? (a) : (b))
#define __pick_is_const(a, b) (__builtin_constant_p(a) && __builtin_constant_p(b))

#define min(a, b) __pick_one(a, b, <)
#define max(a, b) __pick_one(a, b, >)
#define min_t(type, a, b)                                                                          \
	({                                                                                         \
		type __pick_x = (a);                                                               \
		type __pick_y = (b);                                                               \
		__pick_x < __pick_y ? __pick_x : __pick_y;                                         \
	})
#define max_t(type, a, b)                                                                          \
	({                                                                                         \
		type __pick_x = (a);                                                               \
		type __pick_y = (b);                                                               \
		__pick_x > __pick_y ? __pick_x : __pick_y;                                         \
	})
#define min3(a, b, c) min_t(typeof(a), min_t(typeof(a), a, b), c)
#define max3(a, b, c) max_t(typeof(a), max_t(typeof(a), a, b), c)
#define min_not_zero(a, b)                                                                         \
	({                                                                                         \
		typeof(a) __nz_a = (a);                                                            \
		typeof(b) __nz_b = (b);                                                            \
		__nz_a == 0 ? __nz_b : (__nz_b == 0 ? __nz_a : min_t(typeof(a), __nz_a, __nz_b));  \
	})
#define clamp(val, lo, hi) min_t(typeof(val), max_t(typeof(val), val, lo), hi)
#define clamp_t(type, val, lo, hi) min_t(type, max_t(type, val, lo), hi)
#define clamp_val(val, lo, hi) clamp_t(typeof(val), val, lo, hi)
#define swap(a, b)                                                                                 \
	do {                                                                                       \
		typeof(a) __swap_tmp = (a);                                                        \
		(a) = (b);                                                                         \
		(b) = __swap_tmp;                                                                  \
	} while (0)

#endif
