/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * model: devices, drivers and buses, as far as a bus of virtio devices needs them; see
 * kernel/driver_core.c.
 */
#ifndef _LINUX_DEVICE_H
#define _LINUX_DEVICE_H

#include <linux/dev_printk.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/pm_wakeup.h>
#include <linux/sysfs.h>
#include <linux/types.h>
#include <linux/version.h>

struct bus_type;
struct cpumask;
struct device_node;
struct kobj_uevent_env;
struct module;

enum probe_type {
	PROBE_DEFAULT_STRATEGY, PROBE_PREFER_ASYNCHRONOUS, PROBE_FORCE_SYNCHRONOUS
};

struct device_driver {
	const char *name;
	const struct bus_type *bus;
	struct module *owner;
	enum probe_type probe_type;	/* the model probes at once, in any case */
	struct list_head node;		/* of the kernel's, while it is registered */
};

struct device {
	struct device *parent;
	const struct bus_type *bus;
	struct device_driver *driver;
	struct device_node *of_node;
	void *driver_data;
	char name[24];
	int probe_error;		/* of the last driver that did not take it; 0: none */
	struct list_head node;		/* of the kernel's, while it is there */
};

struct device_attribute {
	struct attribute attr;
	ssize_t (*show)(struct device *dev, struct device_attribute *attr, char *buf);
};

#define DEVICE_ATTR_RO(name_)                                                                      \
	struct device_attribute dev_attr_##name_ = {                                        \
		.attr = { .name = #name_, .mode = 0444 }, .show = name_##_show,                    \
	}

/* Code of older versions of Linux says less about what it does not change. */
#if LINUX_LEVEL < KERNEL_VERSION(6, 11, 0)
typedef struct device_driver bus_match_driver;
#else
typedef const struct device_driver bus_match_driver;
#endif
#if LINUX_LEVEL < KERNEL_VERSION(6, 3, 0)
typedef struct device bus_uevent_device;
#else
typedef const struct device bus_uevent_device;
#endif

struct bus_type {
	const char *name;
	const struct attribute_group **dev_groups;
	int (*match)(struct device *dev, bus_match_driver *drv);
	int (*uevent)(bus_uevent_device *dev, struct kobj_uevent_env *env);	/* no udev here */
	int (*probe)(struct device *dev);
	void (*remove)(struct device *dev);
	void (*shutdown)(struct device *dev);
	const struct cpumask *(*irq_get_affinity)(struct device *dev, unsigned int vector);
	int (*num_vf)(struct device *dev);
};

int bus_register(const struct bus_type *bus);
void bus_unregister(const struct bus_type *bus);
int driver_register(struct device_driver *drv);
void driver_unregister(struct device_driver *drv);
void device_initialize(struct device *dev);
int dev_set_name(struct device *dev, const char *fmt, ...) __printf(2, 3);
int device_add(struct device *dev);
void device_unregister(struct device *dev);

/* Nobody is told of devices that come and go. */
#define add_uevent_var(env, fmt, ...) ((void)(env), no_printk(fmt, ##__VA_ARGS__))

static inline int dev_num_vf(struct device *dev)
{
	return 0;
}

static inline void *dev_get_drvdata(const struct device *dev)
{
	return dev->driver_data;
}

static inline void dev_set_drvdata(struct device *dev, void *data)
{
	dev->driver_data = data;
}

#endif
