/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the transport needs of virtio_ring.c.
 */
#ifndef BALLAST_LINUX_VIRTIO_RING_H
#define BALLAST_LINUX_VIRTIO_RING_H

#include <linux/virtio_config.h>

/* NULL: no memory. */
struct virtqueue *vring_create(struct virtio_device *vdev, unsigned int index, unsigned int num,
			       vq_callback_t *callback, const char *name);
/* Its memory is free; what is left of it tells drivers that use it nevertheless. */
void vring_delete(struct virtqueue *vq);
/* The kernel is gone: forget one that was not deleted, and those that were. */
void vring_forget(struct virtqueue *vq);
void vring_forget_deleted(struct kernel *kernel);
void vring_interrupt(struct virtqueue *vq);
/*
 * Requests that the device has answered and the driver has not taken back, and those that the
 * device has not answered; false: there are none that say anything.
 */
bool vring_report(struct virtqueue *vq, char *buf, unsigned int size);

#endif
