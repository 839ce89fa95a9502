// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices, drivers and buses of a kernel: which driver has which device.
 *
 * Models bus_add_driver(), device_add() and what they come to in drivers/base (Linux 6.1): whoever
 * comes second is matched with all that are there, and probed at once, by who has come.  For buses
 * that images bring (stock drivers/virtio/virtio.c); the model's own bus of virtio devices keeps
 * its lists itself.  Left out: deferred and asynchronous probing, references, sysfs and uevents.
 */
#include <linux/bug.h>
#include <linux/device.h>
#include <linux/errno.h>
#include <linux/kernel.h>

#include "internal.h"

void driver_core_init(struct kernel *kernel)
{
	INIT_LIST_HEAD(&kernel->sched->core_devices);
	INIT_LIST_HEAD(&kernel->sched->core_drivers);
}

/* Where the bus is registered; of NULL, where another one can be. */
static const struct bus_type **bus_slot(const struct bus_type *bus)
{
	const struct bus_type **buses = this_kernel->sched->buses;
	unsigned int i;

	for (i = 0; i < KERNEL_BUSES; i++)
		if (buses[i] == bus)
			return &buses[i];
	return NULL;
}

int bus_register(const struct bus_type *bus)
{
	const struct bus_type **slot = bus_slot(NULL);

	if (!slot)
		return -ENOSPC;
	*slot = bus;
	return 0;
}

void bus_unregister(const struct bus_type *bus)
{
	const struct bus_type **slot = bus_slot(bus);

	if (slot)
		*slot = NULL;
}

void driver_probe_failed(struct device *dev, const struct device_driver *drv, int error)
{
	dev_err(dev, "probe of driver %s failed with error %d\n", drv->name, error);
}

static void try_bind(struct device *dev, struct device_driver *drv)
{
	if (dev->bus != drv->bus || dev->driver || !drv->bus->match(dev, drv))
		return;
	dev->driver = drv;
	dev->probe_error = drv->bus->probe(dev);
	if (!dev->probe_error)
		return;
	driver_probe_failed(dev, drv, dev->probe_error);
	dev->driver = NULL;
}

static void unbind(struct device *dev)
{
	if (!dev->driver)
		return;
	dev->bus->remove(dev);
	dev->driver = NULL;
	dev->driver_data = NULL;
}

int driver_register(struct device_driver *drv)
{
	struct device *dev;

	if (!drv->bus || !bus_slot(drv->bus))
		return -EINVAL;
	list_add_tail(&drv->node, &this_kernel->sched->core_drivers);
	list_for_each_entry(dev, &this_kernel->sched->core_devices, node)
		try_bind(dev, drv);
	return 0;
}

void driver_unregister(struct device_driver *drv)
{
	struct device *dev;

	list_for_each_entry(dev, &this_kernel->sched->core_devices, node)
		if (dev->driver == drv)
			unbind(dev);
	list_del(&drv->node);
}

void device_initialize(struct device *dev)
{
	INIT_LIST_HEAD(&dev->node);
}

int dev_set_name(struct device *dev, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(dev->name, sizeof(dev->name), fmt, args);
	va_end(args);
	return 0;
}

int device_add(struct device *dev)
{
	struct device_driver *drv;

	if (!dev->bus || !bus_slot(dev->bus))
		return -EINVAL;
	list_add_tail(&dev->node, &this_kernel->sched->core_devices);
	list_for_each_entry(drv, &this_kernel->sched->core_drivers, node)
		try_bind(dev, drv);
	return 0;
}

void device_unregister(struct device *dev)
{
	unbind(dev);
	list_del(&dev->node);
}
