// SPDX-License-Identifier: GPL-2.0-only
/* Does not take its page reporting back when it is removed. */
#include "broken.h"

static void forget(struct broken *b, struct virtqueue *stats)
{
	struct page_reporting_dev_info *dev = kzalloc(sizeof(*dev), GFP_KERNEL);

	if (!dev)
		return;
	dev->report = broken_report;
	if (page_reporting_register(dev))
		kfree(dev);
}

static const struct broken_ops broken_ops = { .started = forget };
