// SPDX-License-Identifier: GPL-2.0-only
/* Sends its statistics once, and does not answer when they are asked for again. */
#include "broken.h"

static void send(struct broken *b, struct virtqueue *stats)
{
	struct scatterlist sg;
	struct virtio_balloon_stat *copy = kzalloc(sizeof(*copy), GFP_KERNEL);

	if (!copy)
		return;
	copy->tag = cpu_to_virtio16(b->vdev, VIRTIO_BALLOON_S_MEMTOT);
	copy->val = cpu_to_virtio64(b->vdev, totalram_pages() << PAGE_SHIFT);
	sg_init_one(&sg, copy, sizeof(*copy));
	virtqueue_add_outbuf(stats, &sg, 1, copy, GFP_KERNEL);
	virtqueue_kick(stats);
}

static const struct broken_ops broken_ops = { .started = send };
