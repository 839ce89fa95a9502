/* SPDX-License-Identifier: GPL-2.0-only */
/* model: static_assert for engine headers; assert() ends in the kernel's BUG(). */
#ifndef _BALLAST_ASSERT_H
#define _BALLAST_ASSERT_H

#include <linux/build_bug.h>

void kernel_bug(const char *file, int line, const char *what) __attribute__((noreturn));

#define assert(cond) ((cond) ? (void)0 : kernel_bug(__FILE__, __LINE__, #cond))

#endif
