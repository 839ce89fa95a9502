/* SPDX-License-Identifier: GPL-2.0-only */
/* model: just the device that a virtio device is, and the driver bound to it. */
#ifndef _LINUX_DEVICE_H
#define _LINUX_DEVICE_H

#include <linux/dev_printk.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/pm_wakeup.h>
#include <linux/types.h>

struct module;
struct bus_type;

enum probe_type {
	PROBE_DEFAULT_STRATEGY, PROBE_PREFER_ASYNCHRONOUS, PROBE_FORCE_SYNCHRONOUS
};

struct device_driver {
	const char *name;
	struct bus_type *bus;
	struct module *owner;
	enum probe_type probe_type;	/* the model probes at once, in any case */
};

struct device {
	struct device *parent;
	struct device_driver *driver;
	void *driver_data;
	char name[24];
};

static inline void *dev_get_drvdata(const struct device *dev)
{
	return dev->driver_data;
}

static inline void dev_set_drvdata(struct device *dev, void *data)
{
	dev->driver_data = data;
}

#endif
