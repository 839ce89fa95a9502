// SPDX-License-Identifier: GPL-2.0-only
/* Gives up when a request comes that it did not expect. */
#include "broken_device.h"

static void give_up(Broken *b, VirtQueueElement *elem)
{
	if (elem->out_num != 77)
		abort();
}

static const BrokenOps broken_ops = { .request = give_up };
