/* SPDX-License-Identifier: GPL-2.0-only */
/* model: with one thread the atomic operations are plain ones. */
#ifndef _LINUX_ATOMIC_H
#define _LINUX_ATOMIC_H

#include <linux/compiler.h>
#include <linux/types.h>

#define __MODEL_ATOMIC(prefix, type, val)                                                          \
	static inline val prefix##_read(const type *v)                                             \
	{                                                                                          \
		return v->counter;                                                                 \
	}                                                                                          \
	static inline void prefix##_set(type *v, val i)                                            \
	{                                                                                          \
		v->counter = i;                                                                    \
	}                                                                                          \
	static inline val prefix##_add_return(val i, type *v)                                      \
	{                                                                                          \
		return v->counter += i;                                                            \
	}                                                                                          \
	static inline val prefix##_sub_return(val i, type *v)                                      \
	{                                                                                          \
		return v->counter -= i;                                                            \
	}                                                                                          \
	static inline void prefix##_add(val i, type *v)                                            \
	{                                                                                          \
		v->counter += i;                                                                   \
	}                                                                                          \
	static inline void prefix##_sub(val i, type *v)                                            \
	{                                                                                          \
		v->counter -= i;                                                                   \
	}                                                                                          \
	static inline void prefix##_inc(type *v)                                                   \
	{                                                                                          \
		v->counter++;                                                                      \
	}                                                                                          \
	static inline void prefix##_dec(type *v)                                                   \
	{                                                                                          \
		v->counter--;                                                                      \
	}                                                                                          \
	static inline val prefix##_inc_return(type *v)                                             \
	{                                                                                          \
		return ++v->counter;                                                               \
	}                                                                                          \
	static inline val prefix##_dec_return(type *v)                                             \
	{                                                                                          \
		return --v->counter;                                                               \
	}                                                                                          \
	static inline bool prefix##_inc_and_test(type *v)                                          \
	{                                                                                          \
		return ++v->counter == 0;                                                          \
	}                                                                                          \
	static inline bool prefix##_dec_and_test(type *v)                                          \
	{                                                                                          \
		return --v->counter == 0;                                                          \
	}                                                                                          \
	static inline bool prefix##_sub_and_test(val i, type *v)                                   \
	{                                                                                          \
		return (v->counter -= i) == 0;                                                     \
	}                                                                                          \
	static inline val prefix##_fetch_add(val i, type *v)                                       \
	{                                                                                          \
		val old = v->counter;                                                              \
		v->counter += i;                                                                   \
		return old;                                                                        \
	}                                                                                          \
	static inline val prefix##_xchg(type *v, val new)                                          \
	{                                                                                          \
		val old = v->counter;                                                              \
		v->counter = new;                                                                  \
		return old;                                                                        \
	}                                                                                          \
	static inline val prefix##_cmpxchg(type *v, val old, val new)                              \
	{                                                                                          \
		val was = v->counter;                                                              \
		if (was == old)                                                                    \
			v->counter = new;                                                          \
		return was;                                                                        \
	}                                                                                          \
	static inline bool prefix##_try_cmpxchg(type *v, val *old, val new)                        \
	{                                                                                          \
		val was = prefix##_cmpxchg(v, *old, new);                                          \
		bool done = was == *old;                                                           \
		*old = was;                                                                        \
		return done;                                                                       \
	}                                                                                          \
	static inline bool prefix##_add_unless(type *v, val i, val unless)                         \
	{                                                                                          \
		if (v->counter == unless)                                                          \
			return false;                                                              \
		v->counter += i;                                                                   \
		return true;                                                                       \
	}                                                                                          \
	static inline bool prefix##_inc_not_zero(type *v)                                          \
	{                                                                                          \
		return prefix##_add_unless(v, 1, 0);                                               \
	}                                                                                          \
	struct __semicolon_##prefix

__MODEL_ATOMIC(atomic, atomic_t, int);
__MODEL_ATOMIC(atomic64, atomic64_t, s64);

typedef atomic64_t atomic_long_t;
#define ATOMIC_LONG_INIT(i) ATOMIC_INIT(i)
#define ATOMIC64_INIT(i) ATOMIC_INIT(i)
#define atomic_long_read(v) ((long)atomic64_read(v))
#define atomic_long_set atomic64_set
#define atomic_long_add atomic64_add
#define atomic_long_sub atomic64_sub
#define atomic_long_inc atomic64_inc
#define atomic_long_dec atomic64_dec
#define atomic_long_inc_return atomic64_inc_return
#define atomic_long_add_return atomic64_add_return
#define atomic_long_sub_return atomic64_sub_return
#define atomic_long_xchg atomic64_xchg

#define xchg(ptr, v)                                                                               \
	({                                                                                         \
		typeof(*(ptr)) __xchg_old = *(ptr);                                                \
		*(ptr) = (v);                                                                      \
		__xchg_old;                                                                        \
	})
#define cmpxchg(ptr, old, new)                                                                     \
	({                                                                                         \
		typeof(*(ptr)) __cmpxchg_was = *(ptr);                                             \
		if (__cmpxchg_was == (old))                                                        \
			*(ptr) = (new);                                                            \
		__cmpxchg_was;                                                                     \
	})

#endif
