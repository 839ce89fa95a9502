/* SPDX-License-Identifier: GPL-2.0-only */
/* model: what everything includes. */
#ifndef _LINUX_KERNEL_H
#define _LINUX_KERNEL_H

#include <stdarg.h>
#include <linux/align.h>
#include <linux/array_size.h>
#include <linux/bitops.h>
#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/container_of.h>
#include <linux/kstrtox.h>
#include <linux/limits.h>
#include <linux/log2.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/stddef.h>
#include <linux/typecheck.h>
#include <linux/types.h>
#include <asm/byteorder.h>

#define STACK_MAGIC 0xdeadbeef
#define REPEAT_BYTE(x) ((~0UL / 0xff) * (x))
#define upper_32_bits(n) ((u32)((u64)(n) >> 32))
#define lower_32_bits(n) ((u32)(n))
#define PTR_IF(cond, ptr) ((cond) ? (ptr) : NULL)
#define __is_defined_1 ,
#define __second_of(ignored, val, ...) val
#define __is_defined_pick(one_or_junk) __second_of(one_or_junk 1, 0)
#define __is_defined_paste(val) __is_defined_pick(__is_defined_##val)
#define IS_BUILTIN(option) __is_defined_paste(option)
#define IS_ENABLED(option) IS_BUILTIN(option)

int snprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);
int vsnprintf(char *buf, size_t size, const char *fmt, va_list args) __printf(3, 0);
void panic(const char *fmt, ...) __printf(1, 2) __noreturn;
int sprintf(char *buf, const char *fmt, ...) __printf(2, 3);
int sscanf(const char *buf, const char *fmt, ...);

/* Returns what was written, not what would have been. */
static inline __printf(3, 4) int scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(buf, size, fmt, args);
	va_end(args);
	return n < (int)size ? n : (size ? (int)size - 1 : 0);
}

/* As CONFIG_DEBUG_ATOMIC_SLEEP: reported, and the run has failed. */
void __might_sleep(const char *file, int line);
#define might_sleep()                                                                              \
	do {                                                                                       \
		if (in_atomic())                                                                   \
			__might_sleep(__FILE__, __LINE__);                                         \
	} while (0)
#define might_sleep_if(cond)                                                                       \
	do {                                                                                       \
		if (cond)                                                                          \
			might_sleep();                                                             \
	} while (0)

#endif
