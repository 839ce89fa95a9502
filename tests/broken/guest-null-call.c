// SPDX-License-Identifier: GPL-2.0-only
/* Calls an operation that it has not set. */
#include "broken.h"

static void (*volatile operation)(struct broken *b);

static void call_nothing(struct broken *b, struct page *page)
{
	operation(b);
	b->size += 0;
}

static const struct broken_ops broken_ops = { .after_inflate = call_nothing };
