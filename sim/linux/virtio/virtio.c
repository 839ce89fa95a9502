// SPDX-License-Identifier: GPL-2.0-only
/*
 * The model's bus of virtio devices.
 *
 * Device initialisation in the order of Virtio 1.2, section 3.1, and of drivers/virtio/virtio.c
 * (Linux 6.1), but that a device is reset whenever it gets a driver, not only when it is found, and
 * that features are written a second time even if the driver's validate() has left them alone.
 */
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>

#include "kernel/internal.h"
#include "virtio_bus.h"

void virtio_add_status(struct virtio_device *vdev, unsigned int status)
{
	might_sleep();
	vdev->config->set_status(vdev, vdev->config->get_status(vdev) | status);
}

static void config_changed(struct virtio_device *vdev)
{
	struct virtio_driver *drv = drv_to_virtio(vdev->dev.driver);
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
		config_changed(vdev);
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
	virtio_add_status(vdev, VIRTIO_CONFIG_S_FEATURES_OK);
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
	virtio_add_status(vdev, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	virtio_add_status(vdev, VIRTIO_CONFIG_S_DRIVER);
	err = negotiate(vdev, drv);
	if (!err)
		err = drv->probe(vdev);
	if (err) {
		virtio_add_status(vdev, VIRTIO_CONFIG_S_FAILED);
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
	struct virtio_driver *drv = drv_to_virtio(vdev->dev.driver);

	config_enable(vdev, false);
	drv->remove(vdev);
	WARN_ON(vdev->config->get_status(vdev));
	vdev->dev.driver = NULL;
	vdev->priv = NULL;
	virtio_add_status(vdev, VIRTIO_CONFIG_S_ACKNOWLEDGE);
}

static void try_bind(struct virtio_device *vdev, struct virtio_driver *drv)
{
	int err;

	if (vdev->dev.driver || !id_match(vdev, drv))
		return;
	err = bind(vdev, drv);
	vdev->dev.probe_error = err;
	if (err)
		driver_probe_failed(&vdev->dev, &drv->driver, err);
}

static int register_driver(struct virtio_driver *drv)
{
	struct virtio_device *vdev;

	list_add_tail(&drv->node, &this_kernel->sched->virtio_drivers);
	list_for_each_entry(vdev, &this_kernel->sched->virtio_devices, node)
		try_bind(vdev, drv);
	return 0;
}

static void unregister_driver(struct virtio_driver *drv)
{
	struct virtio_device *vdev;

	list_for_each_entry(vdev, &this_kernel->sched->virtio_devices, node)
		if (drv_to_virtio(vdev->dev.driver) == drv)
			unbind(vdev);
	list_del(&drv->node);
}

static int device_freeze(struct virtio_device *vdev)
{
	struct virtio_driver *drv = drv_to_virtio(vdev->dev.driver);

	config_enable(vdev, false);
	vdev->failed = vdev->config->get_status(vdev) & VIRTIO_CONFIG_S_FAILED;
	return drv && drv->freeze ? drv->freeze(vdev) : 0;
}

static int device_restore(struct virtio_device *vdev)
{
	struct virtio_driver *drv = drv_to_virtio(vdev->dev.driver);
	int err = 0;

	vdev->config->reset(vdev);
	virtio_add_status(vdev, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	if (vdev->failed)
		virtio_add_status(vdev, VIRTIO_CONFIG_S_FAILED);
	if (!drv)
		return 0;
	virtio_add_status(vdev, VIRTIO_CONFIG_S_DRIVER);
	err = vdev->config->finalize_features(vdev);
	if (!err)
		virtio_add_status(vdev, VIRTIO_CONFIG_S_FEATURES_OK);
	if (!err && drv->restore)
		err = drv->restore(vdev);
	if (err) {
		virtio_add_status(vdev, VIRTIO_CONFIG_S_FAILED);
		return err;
	}
	if (!(vdev->config->get_status(vdev) & VIRTIO_CONFIG_S_DRIVER_OK))
		virtio_device_ready(vdev);
	config_enable(vdev, true);
	return 0;
}

static void reset_device(struct virtio_device *vdev)
{
	vdev->config->reset(vdev);
}

static int register_device(struct virtio_device *vdev)
{
	struct virtio_driver *drv;

	spin_lock_init(&vdev->config_lock);
	spin_lock_init(&vdev->vqs_list_lock);
	INIT_LIST_HEAD(&vdev->vqs);
	vdev->config_enabled = vdev->config_change_pending = false;
	vdev->config->reset(vdev);
	virtio_add_status(vdev, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	list_for_each_entry(drv, &this_kernel->sched->virtio_drivers, node)
		try_bind(vdev, drv);
	return 0;
}

static void unregister_device(struct virtio_device *vdev)
{
	if (vdev->dev.driver)
		unbind(vdev);
}

const struct virtio_bus_impl virtio_bus_model = {
	.register_driver = register_driver, .unregister_driver = unregister_driver,
	.register_device = register_device, .unregister_device = unregister_device,
	.config_changed = config_changed, .reset_device = reset_device,
	.freeze = device_freeze, .restore = device_restore,
};
