// SPDX-License-Identifier: GPL-2.0-only
/*
 * sort(): what lib/sort.c does, in place and with a bounded number of steps: a heap sort.
 */
#include <linux/export.h>
#include <linux/minmax.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "internal.h"

struct heap {
	char *base;
	size_t size;
	cmp_func_t cmp;
	swap_func_t swap_func;
};

static void exchange(const struct heap *h, size_t i, size_t j)
{
	char *a = h->base + i * h->size, *b = h->base + j * h->size;
	size_t n = 0;

	if (h->swap_func) {
		h->swap_func(a, b, h->size);
		return;
	}
	/* A driver sorts in its free path: words, not bytes, wherever the entries may lie. */
	for (; n + sizeof(u64) <= h->size; n += sizeof(u64)) {
		u64 x, y;

		memcpy(&x, a + n, sizeof(x));
		memcpy(&y, b + n, sizeof(y));
		memcpy(a + n, &y, sizeof(y));
		memcpy(b + n, &x, sizeof(x));
	}
	for (; n < h->size; n++)
		swap(a[n], b[n]);
}

/* Entry @i of a heap of @nr goes down to where it belongs. */
static void sift(const struct heap *h, size_t i, size_t nr)
{
	size_t child;

	while ((child = 2 * i + 1) < nr) {
		if (child + 1 < nr &&
		    h->cmp(h->base + child * h->size, h->base + (child + 1) * h->size) < 0)
			child++;
		if (h->cmp(h->base + i * h->size, h->base + child * h->size) >= 0)
			return;
		exchange(h, i, child);
		i = child;
	}
}

void sort(void *base, size_t num, size_t size, cmp_func_t cmp_func, swap_func_t swap_func)
{
	struct heap h = { .base = base, .size = size, .cmp = cmp_func, .swap_func = swap_func };
	size_t i;

	for (i = num / 2; i-- > 0;)
		sift(&h, i, num);
	for (i = num; i-- > 1;) {
		exchange(&h, 0, i);
		sift(&h, 0, i);
	}
}
EXPORT_SYMBOL(sort);
