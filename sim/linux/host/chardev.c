// SPDX-License-Identifier: GPL-2.0-only
/*
 * Character devices of the host's kernel, by their names in /dev, and the VMMs that open them.
 *
 * Models drivers/char/misc.c and what of fs/ is between a system call and a device's functions
 * (Linux 6.1).  A module cannot be removed while one of its files is open; here its users are
 * asked.  Left out: numbers of devices, and all other files.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/miscdevice.h>
#include <linux/string.h>

#include "host.h"
#include "hostmem.h"
#include "internal.h"

#define DEV "/dev/"

struct open_file {
	struct host_file file;
	struct file kernel_file;
	struct inode inode;
};

static struct list_head *devices(void)
{
	return &this_kernel->hosted->misc;
}

static struct miscdevice *find_device(const char *name)
{
	struct miscdevice *misc;

	list_for_each_entry(misc, devices(), list)
		if (!strcmp(misc->name, name))
			return misc;
	return NULL;
}

int misc_register(struct miscdevice *misc)
{
	if (find_device(misc->name))
		return -EEXIST;
	list_add_tail(&misc->list, devices());
	return 0;
}

void misc_deregister(struct miscdevice *misc)
{
	list_del(&misc->list);
}

loff_t noop_llseek(struct file *file, loff_t offset, int whence)
{
	return 0;
}

long compat_ptr_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return file->f_op->unlocked_ioctl(file, cmd, (u32)arg);
}

static struct open_file *open_file_of(struct host_file *file)
{
	return container_of(file, struct open_file, file);
}

static long file_ioctl(struct host_file *file, struct kvm_vm *vm, unsigned int cmd,
		       unsigned long arg)
{
	struct file *kernel_file = &open_file_of(file)->kernel_file;
	struct host_entry entry;
	long ret = -ENOTTY;

	host_enter(vm->host->kernel, vm, &entry);
	if (kernel_file->f_op->unlocked_ioctl)
		ret = kernel_file->f_op->unlocked_ioctl(kernel_file, cmd, arg);
	host_leave(&entry);
	/* vfs_ioctl() */
	return ret == -ENOIOCTLCMD ? -ENOTTY : ret;
}

static void file_release(struct host_file *file, struct kvm_vm *vm)
{
	struct open_file *open = open_file_of(file);
	struct host_entry entry;

	host_enter(vm->host->kernel, vm, &entry);
	if (open->kernel_file.f_op->release)
		open->kernel_file.f_op->release(&open->inode, &open->kernel_file);
	host_leave(&entry);
	host_free(open);
}

static const struct host_file_ops file_ops = { .ioctl = file_ioctl, .release = file_release };

int host_chardev_open(struct kvm_vm *vm, const char *path)
{
	struct miscdevice *misc;
	struct open_file *open;
	int ret;

	misc = strncmp(path, DEV, strlen(DEV)) ? NULL : find_device(path + strlen(DEV));
	if (!misc)
		return -ENOENT;
	open = host_alloc(sizeof(*open));
	open->file = (struct host_file){ .ops = &file_ops, .vm = vm, .refs = 1 };
	/* misc_open() */
	open->kernel_file = (struct file){ .f_op = misc->fops, .private_data = misc };
	ret = misc->fops->open ? misc->fops->open(&open->inode, &open->kernel_file) : 0;
	if (ret) {
		host_free(open);
		return ret;
	}
	ret = host_fd_install(vm, &open->file);
	if (ret < 0)
		host_file_put(&open->file);
	return ret;
}

struct host_eventfd *host_current_eventfd(int fd)
{
	return current->mm ? host_eventfd_get(host_mm_vm(current->mm), fd) : NULL;
}
