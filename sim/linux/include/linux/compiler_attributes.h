/* SPDX-License-Identifier: GPL-2.0-only */
/* same: attributes under the kernel's names. */
#ifndef _LINUX_COMPILER_ATTRIBUTES_H
#define _LINUX_COMPILER_ATTRIBUTES_H

#define __always_inline inline __attribute__((__always_inline__))
#define __aligned(n) __attribute__((__aligned__(n)))
#define __cold __attribute__((__cold__))
#define __deprecated
#define __maybe_unused __attribute__((__unused__))
#define __always_unused __attribute__((__unused__))
#define __must_check __attribute__((__warn_unused_result__))
#define __noreturn __attribute__((__noreturn__))
#define __packed __attribute__((__packed__))
#define __printf(fmt, args) __attribute__((__format__(printf, fmt, args)))
#define __pure __attribute__((__pure__))
#define __section(name) __attribute__((__section__(name)))
#define __used __attribute__((__used__))
#define __weak __attribute__((__weak__))
#define __malloc __attribute__((__malloc__))
#define __attribute_const__ __attribute__((__const__))
#define noinline __attribute__((__noinline__))
#define noinline_for_stack noinline
#if __has_attribute(__fallthrough__)
#define fallthrough __attribute__((__fallthrough__))
#else
#define fallthrough do { } while (0)
#endif

#endif
