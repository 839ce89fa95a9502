/* SPDX-License-Identifier: GPL-2.0-only */
/* model: the driver side of rings; see virtio/virtqueue.c. */
#ifndef _LINUX_VIRTIO_RING_H
#define _LINUX_VIRTIO_RING_H

#include <linux/compiler.h>
#include <linux/irqreturn.h>
#include <uapi/linux/virtio_ring.h>

struct virtio_device;
struct virtqueue;

#define virtio_mb(weak) barrier()
#define virtio_rmb(weak) barrier()
#define virtio_wmb(weak) barrier()
#define virtio_store_mb(weak, p, v) do { WRITE_ONCE(*(p), v); barrier(); } while (0)

/* What a ring's source has for transports; the model's transport calls it by struct vring_impl. */
struct virtqueue *vring_create_virtqueue(unsigned int index, unsigned int num, unsigned int align,
					 struct virtio_device *vdev, bool weak_barriers,
					 bool may_reduce_num, bool context,
					 bool (*notify)(struct virtqueue *vq),
					 void (*callback)(struct virtqueue *vq), const char *name);
void vring_del_virtqueue(struct virtqueue *vq);
void vring_transport_features(struct virtio_device *vdev);
irqreturn_t vring_interrupt(int irq, void *vq);
u32 vring_notification_data(struct virtqueue *vq);

#endif
