/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * model: the VMM's side of vhost devices of the host's kernel, vhost.c.  Some names are those of
 * the kernel's side, too; in the executable, which has both, these are called otherwise.  Left
 * out: logs, IOTLBs, other back ends, and that a VM with such a device does not migrate.
 */
#ifndef MODEL_HW_VIRTIO_VHOST_H
#define MODEL_HW_VIRTIO_VHOST_H

#include <linux/vhost.h>

#include "hw/virtio/virtio.h"
#include "qemu/event_notifier.h"

#define VHOST_INVALID_FEATURE_BIT 0xff

typedef enum VhostBackendType {
	VHOST_BACKEND_TYPE_NONE, VHOST_BACKEND_TYPE_KERNEL, VHOST_BACKEND_TYPE_USER,
	VHOST_BACKEND_TYPE_VDPA, VHOST_BACKEND_TYPE_MAX
} VhostBackendType;

struct vhost_virtqueue {
	EventNotifier masked_notifier;
};

struct vhost_dev {
	VirtIODevice *vdev;		/* while started */
	struct vhost_virtqueue *vqs;
	unsigned int nvqs;
	int vq_index;			/* of the device's first queue that it serves */
	uint64_t features, acked_features, backend_features;
	bool started;
	void *opaque;			/* the kernel's file */
};

/* Takes over the file in @opaque; 0, or a negative error and @errp, and then it is closed. */
int vhost_dev_init(struct vhost_dev *hdev, void *opaque, VhostBackendType backend_type,
		   uint32_t busyloop_timeout, Error **errp) __asm__("vmm_vhost_dev_init");
void vhost_dev_cleanup(struct vhost_dev *hdev) __asm__("vmm_vhost_dev_cleanup");
/* Kicks go to eventfds instead of to the device's handlers, or not any more. */
int vhost_dev_enable_notifiers(struct vhost_dev *hdev, VirtIODevice *vdev);
void vhost_dev_disable_notifiers(struct vhost_dev *hdev, VirtIODevice *vdev);
/* The kernel gets memory, rings, and eventfds, or they are the device's again. */
int vhost_dev_start(struct vhost_dev *hdev, VirtIODevice *vdev, bool vrings)
	__asm__("vmm_vhost_dev_start");
void vhost_dev_stop(struct vhost_dev *hdev, VirtIODevice *vdev, bool vrings)
	__asm__("vmm_vhost_dev_stop");
bool vhost_virtqueue_pending(struct vhost_dev *hdev, int n);
void vhost_virtqueue_mask(struct vhost_dev *hdev, VirtIODevice *vdev, int n, bool mask);
uint64_t vhost_get_features(struct vhost_dev *hdev, const int *feature_bits, uint64_t features);
void vhost_ack_features(struct vhost_dev *hdev, const int *feature_bits, uint64_t features);

#endif
