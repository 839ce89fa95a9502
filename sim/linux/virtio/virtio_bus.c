// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtio devices of a kernel: what drivers and the machine call, whoever keeps the bus.
 *
 * The bus is the kernel's struct virtio_bus_impl: the model's, or an image of the real file.
 */
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>

#include "hostmem.h"
#include "kernel/internal.h"
#include "virtio_bus.h"
#include "virtio_ring.h"

static const struct virtio_bus_impl *bus(void)
{
	return this_kernel->sched->virtio_bus;
}

/* What drivers call */

void __virtio_cread_many(struct virtio_device *vdev, unsigned int offset, void *buf, size_t count,
			 size_t bytes)
{
	u32 before = 0, after = 0;
	size_t i;

	might_sleep();
	do {
		if (vdev->config->generation)
			before = vdev->config->generation(vdev);
		for (i = 0; i < count; i++)
			vdev->config->get(vdev, offset + i * bytes, (u8 *)buf + i * bytes, bytes);
		if (vdev->config->generation)
			after = vdev->config->generation(vdev);
	} while (after != before);
}

bool virtio_has_feature(const struct virtio_device *vdev, unsigned int fbit)
{
	return __virtio_test_bit(vdev, fbit);
}

void virtio_device_ready(struct virtio_device *vdev)
{
	u8 status = vdev->config->get_status(vdev);

	WARN_ON(status & VIRTIO_CONFIG_S_DRIVER_OK);
	vdev->config->set_status(vdev, status | VIRTIO_CONFIG_S_DRIVER_OK);
}

void virtio_reset_device(struct virtio_device *vdev)
{
	bus()->reset_device(vdev);
}

/* Nobody kicks it any more, and it lets go of memory. */
void virtio_device_shutdown(struct virtio_device *vdev)
{
	virtio_break_device(vdev);
	vdev->config->reset(vdev);
}

struct virtqueue *virtio_find_single_vq(struct virtio_device *vdev, vq_callback_t *c,
					const char *n)
{
	struct virtqueue *vq;
	int err = virtio_find_vqs(vdev, 1, &vq, &c, &n, NULL);

	return err ? ERR_PTR(err) : vq;
}

void virtio_config_changed(struct virtio_device *vdev)
{
	bus()->config_changed(vdev);
}

int virtio_device_freeze(struct virtio_device *vdev)
{
	return bus()->freeze(vdev);
}

int virtio_device_restore(struct virtio_device *vdev)
{
	return bus()->restore(vdev);
}

int register_virtio_driver(struct virtio_driver *drv)
{
	/* The model has no references to modules: nobody owns a driver. */
	return bus()->register_driver ? bus()->register_driver(drv) :
					bus()->register_driver_of(drv, NULL);
}

void unregister_virtio_driver(struct virtio_driver *drv)
{
	bus()->unregister_driver(drv);
}

/* What the machine calls */

void virtio_device_interrupt(struct kvm_virtio *hw, int vector)
{
	struct virtio_device *vdev = hw->guest_opaque;
	struct virtqueue *vq;

	if (vector == KVM_VECTOR_CONFIG) {
		virtio_config_changed(vdev);
		return;
	}
	list_for_each_entry(vq, &vdev->vqs, list) {
		if (vq->index == vector) {
			virtqueue_interrupt(vq);
			return;
		}
	}
}

static void add_device(struct kernel *kernel, struct kvm_virtio *hw)
{
	struct virtio_device *vdev = host_alloc(sizeof(*vdev));

	vdev->index = kernel->sched->nr_virtio++;
	snprintf(vdev->dev.name, sizeof(vdev->dev.name), "virtio%d", vdev->index);
	vdev->id.device = hw->device_id;
	vdev->id.vendor = 0x1af4;
	vdev->config = &virtio_transport_ops;
	vdev->hw = hw;
	hw->guest_opaque = vdev;
	hw->interrupt = virtio_device_interrupt;
	list_add_tail(&vdev->node, &kernel->sched->virtio_devices);
	if (kernel->sched->virtio_bus->register_device(vdev))
		dev_err(&vdev->dev, "cannot be registered\n");
}

int virtio_scan_bus(struct kernel *kernel)
{
	struct kvm_virtio *hw;

	for (hw = kernel->vm->devices; hw; hw = hw->next)
		if (!hw->guest_opaque)
			add_device(kernel, hw);
	return 0;
}

const char *virtio_driver_of(const struct kvm_virtio *hw, int *probe_error)
{
	const struct virtio_device *vdev = hw->guest_opaque;

	*probe_error = vdev ? vdev->dev.probe_error : 0;
	return vdev && vdev->dev.driver ? vdev->dev.driver->name : NULL;
}

unsigned int virtio_report_queues(struct kernel *kernel, char *buf, unsigned int size)
{
	struct coro_context old = kernel_enter(kernel);
	unsigned int nr = 0, used = 0;
	struct virtio_device *vdev;
	struct virtqueue *vq;
	char text[160];

	if (size)
		buf[0] = '\0';
	list_for_each_entry(vdev, &kernel->sched->virtio_devices, node) {
		list_for_each_entry(vq, &vdev->vqs, list) {
			if (!virtqueue_report(vq, text, sizeof(text)))
				continue;
			used += scnprintf(buf + used, size - used, "%s%s queue %u (%s): %s",
					  nr++ ? "; " : "", vdev->dev.name, vq->index, vq->name,
					  text);
		}
	}
	kernel_leave(old);
	return nr;
}

bool virtio_bus_in_use(const struct kernel *kernel)
{
	return !list_empty(&kernel->sched->virtio_drivers) ||
	       !list_empty(&kernel->sched->core_drivers);
}

int virtio_bus_change(struct kernel *kernel, const struct virtio_bus_impl *to)
{
	const struct virtio_bus_impl *from = kernel->sched->virtio_bus;
	struct virtio_device *vdev;
	int ret = 0;

	list_for_each_entry(vdev, &kernel->sched->virtio_devices, node)
		from->unregister_device(vdev);
	kernel->sched->virtio_bus = to;
	list_for_each_entry(vdev, &kernel->sched->virtio_devices, node) {
		int err = to->register_device(vdev);

		ret = ret ? ret : err;
	}
	return ret;
}

void virtio_bus_init(struct kernel *kernel)
{
	INIT_LIST_HEAD(&kernel->sched->virtio_devices);
	INIT_LIST_HEAD(&kernel->sched->virtio_drivers);
	INIT_LIST_HEAD(&kernel->sched->queues);
	kernel->sched->virtio_bus = &virtio_bus_model;
	kernel->sched->vring = &vring_model;
}

void virtio_bus_destroy(struct kernel *kernel)
{
	struct virtio_device *vdev, *next;

	virtqueues_forget(kernel);
	list_for_each_entry_safe(vdev, next, &kernel->sched->virtio_devices, node) {
		vdev->hw->guest_opaque = NULL;
		vdev->hw->interrupt = NULL;
		host_free(vdev);
	}
}
