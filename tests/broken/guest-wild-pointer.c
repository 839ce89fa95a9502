// SPDX-License-Identifier: GPL-2.0-only
/* Writes through a pointer that something has overwritten. */
#include "broken.h"

static void write_anywhere(struct broken *b, struct page *page)
{
	u32 *volatile wild = (u32 *)0x6b6b6b6b6b6b6b6bUL;

	*wild = b->size;
}

static const struct broken_ops broken_ops = { .after_inflate = write_anywhere };
