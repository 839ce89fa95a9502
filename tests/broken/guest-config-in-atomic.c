// SPDX-License-Identifier: GPL-2.0-only
/* Reads the configuration of its device, which may sleep, while it holds a spinlock. */
#include "broken.h"

static void read_target(struct broken *b, struct page *page)
{
	DEFINE_SPINLOCK(lock);
	u32 target;

	spin_lock(&lock);
	virtio_cread_le(b->vdev, struct virtio_balloon_config, num_pages, &target);
	spin_unlock(&lock);
}

static const struct broken_ops broken_ops = { .after_inflate = read_target };
