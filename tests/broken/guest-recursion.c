// SPDX-License-Identifier: GPL-2.0-only
/* Calls itself without end, around a second function. */
#include "broken.h"

static unsigned int (*volatile next)(struct broken *b, volatile unsigned int *depth);

static unsigned int descend(struct broken *b, volatile unsigned int *depth)
{
	volatile unsigned int here[16] = { *depth + 1 };

	return next(b, here) + here[0];
}

static void go_down(struct broken *b, struct page *page)
{
	unsigned int depth = 0;

	next = descend;
	b->size += descend(b, &depth);
}

static const struct broken_ops broken_ops = { .after_inflate = go_down };
