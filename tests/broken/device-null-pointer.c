// SPDX-License-Identifier: GPL-2.0-only
/* Reads through a pointer that it has not set when a request comes. */
#include "broken_device.h"

static Broken *volatile nobody;

static void ask_nobody(Broken *b, VirtQueueElement *elem)
{
	b->host_features = nobody->host_features;
}

static const BrokenOps broken_ops = { .request = ask_nobody };
