/* SPDX-License-Identifier: GPL-2.0-only */
/* model: character devices by their names in /dev, host/chardev.c. */
#ifndef _LINUX_MISCDEVICE_H
#define _LINUX_MISCDEVICE_H

#include <linux/fs.h>
#include <linux/list.h>
#include <linux/module.h>

#define MISC_DYNAMIC_MINOR 255

struct miscdevice {
	const char *name;
	const struct file_operations *fops;
	int minor;		/* MISC_DYNAMIC_MINOR */
	struct list_head list;
};

int misc_register(struct miscdevice *misc);
void misc_deregister(struct miscdevice *misc);

#define module_misc_device(dev) module_driver(dev, misc_register, misc_deregister)

#endif
