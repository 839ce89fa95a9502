// SPDX-License-Identifier: GPL-2.0-only
/* Never gives the CPU back. */
#include "broken.h"

static volatile bool never;

static void freeze(struct broken *b, struct page *page)
{
	while (!never)
		;
}

static const struct broken_ops broken_ops = { .after_inflate = freeze };
