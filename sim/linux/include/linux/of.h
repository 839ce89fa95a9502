/* SPDX-License-Identifier: GPL-2.0-only */
/* stub: this machine is not described by a device tree. */
#ifndef _LINUX_OF_H
#define _LINUX_OF_H

#include <linux/device.h>

static inline struct device_node *dev_of_node(struct device *dev)
{
	return NULL;
}

static inline int of_get_available_child_count(const struct device_node *np)
{
	return 0;
}

static inline struct device_node *of_get_next_available_child(const struct device_node *np,
							      struct device_node *prev)
{
	return NULL;
}

static inline int of_device_is_compatible(const struct device_node *np, const char *compat)
{
	return 0;
}

static inline void of_node_put(struct device_node *np)
{
}

#endif
