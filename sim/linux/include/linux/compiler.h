/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * model: one thread runs everything, so that barriers are the compiler's only; accesses that the
 * kernel marks are still made exactly once.
 */
#ifndef _LINUX_COMPILER_H
#define _LINUX_COMPILER_H

#include <linux/compiler_types.h>

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define barrier() __asm__ __volatile__("" : : : "memory")
#define barrier_data(p) __asm__ __volatile__("" : : "r"(p) : "memory")
#define OPTIMIZER_HIDE_VAR(v) __asm__("" : "=r"(v) : "0"(v))

#define READ_ONCE(x) (*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile typeof(x) *)&(x) = (v))
#define data_race(expr) (expr)

#define smp_mb() barrier()
#define smp_rmb() barrier()
#define smp_wmb() barrier()
#define mb() barrier()
#define rmb() barrier()
#define wmb() barrier()
#define smp_mb__before_atomic() barrier()
#define smp_mb__after_atomic() barrier()
#define smp_store_mb(var, value) do { WRITE_ONCE(var, value); barrier(); } while (0)
#define smp_load_acquire(p) READ_ONCE(*(p))
#define smp_store_release(p, v) WRITE_ONCE(*(p), v)

#define __PASTE_TOKENS(a, b) a##b
#define __PASTE(a, b) __PASTE_TOKENS(a, b)
#define __UNIQUE_ID(prefix) __PASTE(__PASTE(__unique_##prefix, _), __COUNTER__)
#ifndef __stringify
#define __stringify_arg(x...) #x
#define __stringify(x...) __stringify_arg(x)
#endif

#define unreachable() __builtin_unreachable()
#define __must_be_array(a) (sizeof(struct { int : (-!!(__same_type((a), &(a)[0]))); }))

#endif
