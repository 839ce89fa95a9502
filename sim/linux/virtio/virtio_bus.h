/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bus of virtio devices as one table: what stock drivers/virtio/virtio.c exports.  The model's
 * (virtio.c) is one, an image of the real file (kernel/module_parts.c) may take its place;
 * virtio_bus.c is what drivers and the machine call, virtio_transport.c what both call.
 */
#ifndef BALLAST_LINUX_VIRTIO_BUS_H
#define BALLAST_LINUX_VIRTIO_BUS_H

#include <linux/virtio_config.h>

struct virtio_bus_impl {
	/* The first, or since 6.11 the second one. */
	int (*register_driver)(struct virtio_driver *drv);
	int (*register_driver_of)(struct virtio_driver *drv, struct module *owner);
	void (*unregister_driver)(struct virtio_driver *drv);
	int (*register_device)(struct virtio_device *vdev);
	void (*unregister_device)(struct virtio_device *vdev);
	void (*config_changed)(struct virtio_device *vdev);
	void (*reset_device)(struct virtio_device *vdev);
	int (*freeze)(struct virtio_device *vdev);
	int (*restore)(struct virtio_device *vdev);
};

extern const struct virtio_bus_impl virtio_bus_model;
extern const struct virtio_config_ops virtio_transport_ops;

/*
 * The devices change over to the bus @to, from one that they leave; the caller is a task.  An error
 * is that of the first device that could not.
 */
int virtio_bus_change(struct kernel *kernel, const struct virtio_bus_impl *to);
/* A driver is registered, so that the bus has to stay what it is. */
bool virtio_bus_in_use(const struct kernel *kernel);

#endif
