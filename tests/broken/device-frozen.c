// SPDX-License-Identifier: GPL-2.0-only
/* Does not come back from its first request. */
#include "broken_device.h"

static volatile bool never;

static void wait_for_ever(Broken *b, VirtQueueElement *elem)
{
	while (!never)
		;
}

static const BrokenOps broken_ops = { .request = wait_for_ever };
