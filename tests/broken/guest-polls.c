// SPDX-License-Identifier: GPL-2.0-only
/* Polls a queue for an answer that cannot come: it lets no time pass. */
#include "broken.h"

static void poll(struct broken *b, struct page *page)
{
	broken_poll(b, NULL);
}

static const struct broken_ops broken_ops = { .after_inflate = poll };
