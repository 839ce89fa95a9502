// SPDX-License-Identifier: GPL-2.0-only
/* Does not take its device. */
#include "broken.h"

static int refuse(struct broken *b)
{
	return -EINVAL;
}

static const struct broken_ops broken_ops = { .probe = refuse };
