/* SPDX-License-Identifier: GPL-2.0-only */
/* stub: attributes of devices are declared, and there is no file system to read them in. */
#ifndef _LINUX_SYSFS_H
#define _LINUX_SYSFS_H

#include <linux/kernel.h>
#include <linux/types.h>

struct attribute {
	const char *name;
	umode_t mode;
};

struct attribute_group {
	struct attribute **attrs;
};

#define ATTRIBUTE_GROUPS(name)                                                                     \
	static const struct attribute_group name##_group = { .attrs = name##_attrs };              \
	static const struct attribute_group *name##_groups[] = { &name##_group, NULL }

#define sysfs_emit_at(buf, at, fmt, ...) ((void)(buf), (void)(at), no_printk(fmt, ##__VA_ARGS__))
#define sysfs_emit(buf, fmt, ...) sysfs_emit_at(buf, 0, fmt, ##__VA_ARGS__)

#endif
