/* SPDX-License-Identifier: GPL-2.0-only */
/* model: files of character devices that VMMs open, host/chardev.c. */
#ifndef _LINUX_FS_H
#define _LINUX_FS_H

#include <linux/errno.h>
#include <linux/types.h>

struct module;

struct inode {
	dev_t i_rdev;
	struct address_space *i_mapping;	/* linux/pseudo_fs.h */
};

struct file;

struct file_operations {
	struct module *owner;
	loff_t (*llseek)(struct file *file, loff_t offset, int whence);
	long (*unlocked_ioctl)(struct file *file, unsigned int cmd, unsigned long arg);
	long (*compat_ioctl)(struct file *file, unsigned int cmd, unsigned long arg);
	int (*open)(struct inode *inode, struct file *file);
	int (*release)(struct inode *inode, struct file *file);
};

struct file {
	const struct file_operations *f_op;
	void *private_data;
	unsigned int f_flags;
};

loff_t noop_llseek(struct file *file, loff_t offset, int whence);
long compat_ptr_ioctl(struct file *file, unsigned int cmd, unsigned long arg);

#endif
