// SPDX-License-Identifier: GPL-2.0-only
/* A ring that makes queues, and has nothing else. */
#define VIRTIO_RING
#include <linux/module.h>
#include <linux/virtio.h>
#include <linux/virtio_ring.h>

struct virtqueue *vring_create_virtqueue(unsigned int index, unsigned int num, unsigned int align,
					 struct virtio_device *vdev, bool weak_barriers,
					 bool may_reduce_num, bool context,
					 bool (*notify)(struct virtqueue *vq),
					 void (*callback)(struct virtqueue *vq), const char *name)
{
	return NULL;
}

MODULE_LICENSE("GPL");
