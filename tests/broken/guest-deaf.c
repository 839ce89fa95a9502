// SPDX-License-Identifier: GPL-2.0-only
/* Never looks at a new target of its balloon. */
#include "broken.h"

static bool deaf(struct broken *b)
{
	return true;
}

static const struct broken_ops broken_ops = { .ignore_target = deaf };
