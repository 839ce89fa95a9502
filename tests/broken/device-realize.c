// SPDX-License-Identifier: GPL-2.0-only
/* Fails while the VMM is still being put together. */
#include "broken_device.h"

static Broken *volatile nobody;

static void ask_nobody(Broken *b, Error **errp)
{
	b->host_features = nobody->host_features;
}

static const BrokenOps broken_ops = { .realize = ask_nobody };
