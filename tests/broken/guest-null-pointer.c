// SPDX-License-Identifier: GPL-2.0-only
/* Reads through a pointer that it has not set. */
#include "broken.h"

struct nothing {
	u64 before[3];
	u32 size;
};

static struct nothing *volatile nothing;

static void look_at_nothing(struct broken *b, struct page *page)
{
	b->size += nothing->size;
}

static const struct broken_ops broken_ops = { .after_inflate = look_at_nothing };
