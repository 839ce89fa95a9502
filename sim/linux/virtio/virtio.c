// SPDX-License-Identifier: GPL-2.0-only
/*
 * The virtio bus and its one transport.
 *
 * Device initialisation in the order of Virtio 1.2, section 3.1, and of drivers/virtio/virtio.c
 * (Linux 6.1); queues are numbered as virtio-pci does, without a number for one that is not
 * there. The transport is register accesses through KVM, without the bits of PCI or MMIO around
 * them.
 */
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include "hostmem.h"
#include "kernel/internal.h"
#include "virtio_ring.h"

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
	u64 transport = BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC) | BIT_ULL(VIRTIO_RING_F_EVENT_IDX) |
			BIT_ULL(VIRTIO_F_VERSION_1) | BIT_ULL(VIRTIO_F_ACCESS_PLATFORM);
	u64 range = GENMASK_ULL(VIRTIO_TRANSPORT_F_END - 1, VIRTIO_TRANSPORT_F_START);

	/* Of the transport's features, those that this transport knows. */
	vdev->features &= ~range | transport;
	kvm_virtio_set_features(vdev->hw, vdev->features);
	return 0;
}

static void vp_del_vqs(struct virtio_device *vdev)
{
	struct virtqueue *vq, *next;

	might_sleep();	/* free_irq() */
	list_for_each_entry_safe(vq, next, &vdev->vqs, list)
		vring_delete(vq);
}

/* The next queue; one without a name is not there, and takes no number. */
static int find_vq(struct virtio_device *vdev, unsigned int *index, struct virtqueue **vq,
		   vq_callback_t *callback, const char *name)
{
	unsigned int num;

	*vq = NULL;
	if (!name)
		return 0;
	num = kvm_virtio_queue_size_max(vdev->hw, *index);
	if (num)
		*vq = vring_create(vdev, (*index)++, num, callback, name);
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
		err = find_vq(vdev, &index, &vqs[i], callbacks[i], names[i]);
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
		err = find_vq(vdev, &index, &vqs[i], vqs_info[i].callback, vqs_info[i].name);
	return err;
}

static const struct virtio_config_ops vp_config_ops = {
	.get = vp_get, .set = vp_set,
	.get_status = vp_get_status, .set_status = vp_set_status, .reset = vp_reset,
	.get_features = vp_get_features, .finalize_features = vp_finalize_features,
	.find_vqs_by_arrays = vp_find_vqs_by_arrays, .find_vqs_by_info = vp_find_vqs_by_info,
	.del_vqs = vp_del_vqs,
};

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

static void add_status(struct virtio_device *vdev, u8 status)
{
	might_sleep();
	vdev->config->set_status(vdev, vdev->config->get_status(vdev) | status);
}

void virtio_device_ready(struct virtio_device *vdev)
{
	u8 status = vdev->config->get_status(vdev);

	WARN_ON(status & VIRTIO_CONFIG_S_DRIVER_OK);
	vdev->config->set_status(vdev, status | VIRTIO_CONFIG_S_DRIVER_OK);
}

void virtio_reset_device(struct virtio_device *vdev)
{
	vdev->config->reset(vdev);
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

static struct virtio_driver *driver_of(struct virtio_device *vdev)
{
	return vdev->dev.driver ? container_of(vdev->dev.driver, struct virtio_driver, driver) :
				  NULL;
}

void virtio_config_changed(struct virtio_device *vdev)
{
	struct virtio_driver *drv = driver_of(vdev);
	unsigned long flags;

	spin_lock_irqsave(&vdev->config_lock, flags);
	if (!vdev->config_enabled)
		vdev->config_change_pending = true;
	else if (drv && drv->config_changed)
		drv->config_changed(vdev);
	spin_unlock_irqrestore(&vdev->config_lock, flags);
}

static void config_enable(struct virtio_device *vdev, bool enable)
{
	spin_lock_irq(&vdev->config_lock);
	vdev->config_enabled = enable;
	spin_unlock_irq(&vdev->config_lock);
	if (enable && vdev->config_change_pending) {
		vdev->config_change_pending = false;
		virtio_config_changed(vdev);
	}
}

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
			vring_interrupt(vq);
			return;
		}
	}
}

/* Binding */

static bool id_match(const struct virtio_device *vdev, const struct virtio_driver *drv)
{
	const struct virtio_device_id *id;

	for (id = drv->id_table; id->device; id++)
		if ((id->device == vdev->id.device || id->device == VIRTIO_DEV_ANY_ID) &&
		    (id->vendor == vdev->id.vendor || id->vendor == VIRTIO_DEV_ANY_ID))
			return true;
	return false;
}

static u64 driver_features(const struct virtio_driver *drv)
{
	u64 features = 0;
	unsigned int i;

	for (i = 0; i < drv->feature_table_size; i++)
		features |= BIT_ULL(drv->feature_table[i]);
	return features;
}

static int negotiate(struct virtio_device *vdev, struct virtio_driver *drv)
{
	u64 transport = GENMASK_ULL(VIRTIO_TRANSPORT_F_END - 1, VIRTIO_TRANSPORT_F_START);
	u64 offered = vdev->config->get_features(vdev);
	int err;

	vdev->features = offered & (driver_features(drv) | transport);
	err = vdev->config->finalize_features(vdev);
	if (err || !drv->validate)
		goto ok;
	err = drv->validate(vdev);
	if (!err)
		err = vdev->config->finalize_features(vdev);
ok:
	if (err)
		return err;
	add_status(vdev, VIRTIO_CONFIG_S_FEATURES_OK);
	if (!(vdev->config->get_status(vdev) & VIRTIO_CONFIG_S_FEATURES_OK)) {
		dev_err(&vdev->dev, "device refuses the features %llx\n", vdev->features);
		return -ENODEV;
	}
	return 0;
}

static int bind(struct virtio_device *vdev, struct virtio_driver *drv)
{
	int err;

	vdev->dev.driver = &drv->driver;
	vdev->config->reset(vdev);
	add_status(vdev, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	add_status(vdev, VIRTIO_CONFIG_S_DRIVER);
	err = negotiate(vdev, drv);
	if (!err)
		err = drv->probe(vdev);
	if (err) {
		add_status(vdev, VIRTIO_CONFIG_S_FAILED);
		vdev->dev.driver = NULL;
		return err;
	}
	if (!(vdev->config->get_status(vdev) & VIRTIO_CONFIG_S_DRIVER_OK))
		virtio_device_ready(vdev);
	if (drv->scan)
		drv->scan(vdev);
	config_enable(vdev, true);
	return 0;
}

static void unbind(struct virtio_device *vdev)
{
	struct virtio_driver *drv = driver_of(vdev);

	config_enable(vdev, false);
	drv->remove(vdev);
	WARN_ON(vdev->config->get_status(vdev));
	vdev->dev.driver = NULL;
	vdev->priv = NULL;
	add_status(vdev, VIRTIO_CONFIG_S_ACKNOWLEDGE);
}

static void try_bind(struct virtio_device *vdev, struct virtio_driver *drv)
{
	int err;

	if (vdev->dev.driver || !id_match(vdev, drv))
		return;
	err = bind(vdev, drv);
	vdev->probe_error = err;
	if (err)
		dev_err(&vdev->dev, "probe of driver %s failed with error %d\n", drv->driver.name,
			err);
}

int register_virtio_driver(struct virtio_driver *drv)
{
	struct virtio_device *vdev;

	list_add_tail(&drv->node, &this_kernel->sched->virtio_drivers);
	list_for_each_entry(vdev, &this_kernel->sched->virtio_devices, node)
		try_bind(vdev, drv);
	return 0;
}

void unregister_virtio_driver(struct virtio_driver *drv)
{
	struct virtio_device *vdev;

	list_for_each_entry(vdev, &this_kernel->sched->virtio_devices, node)
		if (driver_of(vdev) == drv)
			unbind(vdev);
	list_del(&drv->node);
}

int virtio_device_freeze(struct virtio_device *vdev)
{
	struct virtio_driver *drv = driver_of(vdev);

	config_enable(vdev, false);
	vdev->failed = vdev->config->get_status(vdev) & VIRTIO_CONFIG_S_FAILED;
	return drv && drv->freeze ? drv->freeze(vdev) : 0;
}

int virtio_device_restore(struct virtio_device *vdev)
{
	struct virtio_driver *drv = driver_of(vdev);
	int err = 0;

	vdev->config->reset(vdev);
	add_status(vdev, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	if (vdev->failed)
		add_status(vdev, VIRTIO_CONFIG_S_FAILED);
	if (!drv)
		return 0;
	add_status(vdev, VIRTIO_CONFIG_S_DRIVER);
	err = vdev->config->finalize_features(vdev);
	if (!err)
		add_status(vdev, VIRTIO_CONFIG_S_FEATURES_OK);
	if (!err && drv->restore)
		err = drv->restore(vdev);
	if (err) {
		add_status(vdev, VIRTIO_CONFIG_S_FAILED);
		return err;
	}
	if (!(vdev->config->get_status(vdev) & VIRTIO_CONFIG_S_DRIVER_OK))
		virtio_device_ready(vdev);
	config_enable(vdev, true);
	return 0;
}

/* The bus */

static void add_device(struct kernel *kernel, struct kvm_virtio *hw)
{
	struct virtio_device *vdev = host_alloc(sizeof(*vdev));
	struct virtio_driver *drv;

	vdev->index = kernel->sched->nr_virtio++;
	snprintf(vdev->dev.name, sizeof(vdev->dev.name), "virtio%d", vdev->index);
	spin_lock_init(&vdev->config_lock);
	INIT_LIST_HEAD(&vdev->vqs);
	vdev->id.device = hw->device_id;
	vdev->id.vendor = 0x1af4;
	vdev->config = &vp_config_ops;
	vdev->hw = hw;
	hw->guest_opaque = vdev;
	hw->interrupt = virtio_device_interrupt;
	list_add_tail(&vdev->node, &kernel->sched->virtio_devices);
	vdev->config->reset(vdev);
	add_status(vdev, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	list_for_each_entry(drv, &kernel->sched->virtio_drivers, node)
		try_bind(vdev, drv);
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

	*probe_error = vdev ? vdev->probe_error : 0;
	return vdev && vdev->dev.driver ? vdev->dev.driver->name : NULL;
}

unsigned int virtio_report_queues(struct kernel *kernel, char *buf, unsigned int size)
{
	unsigned int nr = 0, used = 0;
	struct virtio_device *vdev;
	struct virtqueue *vq;
	char text[160];

	if (size)
		buf[0] = '\0';
	list_for_each_entry(vdev, &kernel->sched->virtio_devices, node) {
		list_for_each_entry(vq, &vdev->vqs, list) {
			if (!vring_report(vq, text, sizeof(text)))
				continue;
			used += scnprintf(buf + used, size - used, "%s%s queue %u (%s): %s",
					  nr++ ? "; " : "", vdev->dev.name, vq->index, vq->name,
					  text);
		}
	}
	return nr;
}

void virtio_bus_init(struct kernel *kernel)
{
	INIT_LIST_HEAD(&kernel->sched->virtio_devices);
	INIT_LIST_HEAD(&kernel->sched->virtio_drivers);
}

void virtio_bus_destroy(struct kernel *kernel)
{
	struct virtio_device *vdev, *next;

	vring_forget_deleted(kernel);
	list_for_each_entry_safe(vdev, next, &kernel->sched->virtio_devices, node) {
		struct virtqueue *vq, *next_vq;

		list_for_each_entry_safe(vq, next_vq, &vdev->vqs, list)
			vring_forget(vq);
		vdev->hw->guest_opaque = NULL;
		vdev->hw->interrupt = NULL;
		host_free(vdev);
	}
}
