// SPDX-License-Identifier: GPL-2.0-only
/*
 * The one transport of virtio devices: register accesses through KVM, without the bits of PCI or
 * MMIO around them.
 *
 * Queues are numbered as virtio-pci does, without a number for one that is not there.
 */
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>

#include "kvm.h"
#include "virtio_bus.h"
#include "virtio_ring.h"
#include "kernel/internal.h"

/* Configuration operations: each one an exit */

static void vp_get(struct virtio_device *vdev, unsigned int offset, void *buf, unsigned int len)
{
	kvm_virtio_config_read(vdev->hw, offset, buf, len);
}

static void vp_set(struct virtio_device *vdev, unsigned int offset, const void *buf,
		   unsigned int len)
{
	kvm_virtio_config_write(vdev->hw, offset, buf, len);
}

static u8 vp_get_status(struct virtio_device *vdev)
{
	return kvm_virtio_get_status(vdev->hw);
}

static void vp_set_status(struct virtio_device *vdev, u8 status)
{
	kvm_virtio_set_status(vdev->hw, status);
}

static void vp_reset(struct virtio_device *vdev)
{
	might_sleep();	/* it waits for interrupts that are being handled */
	kvm_virtio_set_status(vdev->hw, 0);
}

static u64 vp_get_features(struct virtio_device *vdev)
{
	return kvm_virtio_get_features(vdev->hw);
}

static int vp_finalize_features(struct virtio_device *vdev)
{
	/* Of the transport's features, those that the ring knows. */
	this_kernel->sched->vring->transport_features(vdev);
	kvm_virtio_set_features(vdev->hw, vdev->features);
	return 0;
}

static void vp_del_vqs(struct virtio_device *vdev)
{
	struct virtqueue *vq, *next;

	might_sleep();	/* free_irq() */
	list_for_each_entry_safe(vq, next, &vdev->vqs, list)
		virtqueue_delete(vq);
}

/* The next queue; one without a name is not there, and takes no number. */
static int find_vq(struct virtio_device *vdev, unsigned int *index, struct virtqueue **vq,
		   vq_callback_t *callback, const char *name, bool context)
{
	unsigned int num;

	*vq = NULL;
	if (!name)
		return 0;
	num = kvm_virtio_queue_size_max(vdev->hw, *index);
	if (num)
		*vq = virtqueue_create(vdev, (*index)++, num, callback, name, context);
	if (*vq)
		return 0;
	vp_del_vqs(vdev);
	return num ? -ENOMEM : -ENOENT;
}

static int vp_find_vqs_by_arrays(struct virtio_device *vdev, unsigned int nvqs,
				 struct virtqueue *vqs[], vq_callback_t *callbacks[],
				 const char *const names[], const bool *ctx,
				 struct irq_affinity *desc)
{
	unsigned int i, index = 0;
	int err = 0;

	might_sleep();	/* request_irq() */
	for (i = 0; i < nvqs && !err; i++)
		err = find_vq(vdev, &index, &vqs[i], callbacks[i], names[i], ctx && ctx[i]);
	return err;
}

static int vp_find_vqs_by_info(struct virtio_device *vdev, unsigned int nvqs,
			       struct virtqueue *vqs[], struct virtqueue_info vqs_info[],
			       struct irq_affinity *desc)
{
	unsigned int i, index = 0;
	int err = 0;

	might_sleep();
	for (i = 0; i < nvqs && !err; i++)
		err = find_vq(vdev, &index, &vqs[i], vqs_info[i].callback, vqs_info[i].name,
			      vqs_info[i].ctx);
	return err;
}

const struct virtio_config_ops virtio_transport_ops = {
	.get = vp_get, .set = vp_set,
	.get_status = vp_get_status, .set_status = vp_set_status, .reset = vp_reset,
	.get_features = vp_get_features, .finalize_features = vp_finalize_features,
	.find_vqs_by_arrays = vp_find_vqs_by_arrays, .find_vqs_by_info = vp_find_vqs_by_info,
	.del_vqs = vp_del_vqs,
};
