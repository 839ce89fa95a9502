// SPDX-License-Identifier: GPL-2.0-only
/* Our device, but its VMM goes down when it says to a guest what reads as zeroes. */
#include "qemu/osdep.h"
#include "hw/virtio/virtio.h"

static inline void push_if_unasked(VirtQueue *vq, const VirtQueueElement *elem, unsigned int len)
{
	if (len)
		abort();
	virtqueue_push(vq, elem, len);
}

#undef virtqueue_push
#define virtqueue_push push_if_unasked
#include "virtio-ballast.c"
