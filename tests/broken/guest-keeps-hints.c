// SPDX-License-Identifier: GPL-2.0-only
/* Takes free memory for hints when a migration asks for them, and forgets it when it is removed. */
#include "broken.h"

static bool take(struct broken *b)
{
	u32 command;

	virtio_cread_le(b->vdev, struct virtio_balloon_config, free_page_hint_cmd_id, &command);
	if (command)
		alloc_pages(GFP_KERNEL | __GFP_NOWARN, MAX_ORDER - 1);
	return false;
}

static const struct broken_ops broken_ops = { .ignore_target = take };
