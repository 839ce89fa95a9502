// SPDX-License-Identifier: GPL-2.0-only
/* Our device, but it answers no deflation, and says nothing of that; as a legacy device fails. */
#include "qemu/osdep.h"
#include "hw/virtio/virtio.h"

#define DEFLATE_QUEUE 1

static void *pop_but_deflations(VirtQueue *vq, size_t size)
{
	return virtio_get_queue_index(vq) == DEFLATE_QUEUE ? NULL : virtqueue_pop(vq, size);
}

#define virtqueue_pop pop_but_deflations
#include "virtio-ballast.c"
