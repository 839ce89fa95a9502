// SPDX-License-Identifier: GPL-2.0-only
/* Uses a queue that it has deleted. */
#include "broken.h"

static void use_deleted(struct broken *b, struct page *page)
{
	virtio_reset_device(b->vdev);
	b->vdev->config->del_vqs(b->vdev);
	broken_tell(b, page_to_pfn(page));
}

static const struct broken_ops broken_ops = { .after_inflate = use_deleted };
