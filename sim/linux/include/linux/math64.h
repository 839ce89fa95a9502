/* SPDX-License-Identifier: GPL-2.0-only */
/* same: division on a 64-bit machine. */
#ifndef _LINUX_MATH64_H
#define _LINUX_MATH64_H

#include <linux/math.h>
#include <linux/types.h>

#define do_div(n, base)                                                                            \
	({                                                                                         \
		u32 __div_base = (base);                                                           \
		u32 __div_rem = (u64)(n) % __div_base;                                             \
		(n) = (u64)(n) / __div_base;                                                       \
		__div_rem;                                                                         \
	})

static inline u64 div_u64(u64 n, u32 d)
{
	return n / d;
}

static inline u64 div64_u64(u64 n, u64 d)
{
	return n / d;
}

static inline s64 div_s64(s64 n, s32 d)
{
	return n / d;
}

static inline u64 mul_u64_u32_div(u64 a, u32 mul, u32 d)
{
	return (u64)((unsigned __int128)a * mul / d);
}

static inline u64 mul_u64_u64_div_u64(u64 a, u64 mul, u64 d)
{
	return (u64)((unsigned __int128)a * mul / d);
}

#endif
