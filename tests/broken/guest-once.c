// SPDX-License-Identifier: GPL-2.0-only
/* Leaves a mark at its device, and does not take one that has it: it can be loaded only once. */
#include "broken.h"

static int probe(struct broken *b)
{
	if (dev_get_drvdata(&b->vdev->dev))
		return -EBUSY;
	dev_set_drvdata(&b->vdev->dev, b->vdev);
	return 0;
}

static const struct broken_ops broken_ops = { .probe = probe };
