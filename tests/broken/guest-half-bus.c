// SPDX-License-Identifier: GPL-2.0-only
/* A bus of virtio devices that drivers and devices can come to, but not leave. */
#include <linux/module.h>
#include <linux/virtio.h>

int register_virtio_device(struct virtio_device *dev)
{
	return 0;
}

int register_virtio_driver(struct virtio_driver *drv)
{
	return 0;
}

MODULE_LICENSE("GPL");
