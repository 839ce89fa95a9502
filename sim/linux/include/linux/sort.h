/* SPDX-License-Identifier: GPL-2.0-only */
/* model: see kernel/sort.c. */
#ifndef _LINUX_SORT_H
#define _LINUX_SORT_H

#include <linux/types.h>

typedef void (*swap_func_t)(void *a, void *b, int size);
typedef int (*cmp_func_t)(const void *a, const void *b);

/* In place, not stable, in any context; @swap_func: NULL, bytes are exchanged. */
void sort(void *base, size_t num, size_t size, cmp_func_t cmp_func, swap_func_t swap_func);

#endif
