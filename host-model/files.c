// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files that a VMM has open; see files.h.
 */
#include "files.h"

#include <errno.h>
#include <stddef.h>

#include "host.h"
#include "hostmem.h"

#define FIRST_FD 3

int host_fd_install(struct kvm_vm *vm, struct host_file *file)
{
	int fd;

	for (fd = FIRST_FD; fd < HOST_FILES; fd++) {
		if (vm->files.file[fd])
			continue;
		vm->files.file[fd] = file;
		return fd;
	}
	return -EMFILE;
}

static struct host_file *file_at(struct kvm_vm *vm, int fd)
{
	return fd >= 0 && fd < HOST_FILES ? vm->files.file[fd] : NULL;
}

void host_file_put(struct host_file *file)
{
	if (!--file->refs)
		file->ops->release(file, file->vm);
}

int host_open(struct kvm_vm *vm, const char *path)
{
	const struct host_kernel_ops *ops = vm->host->kernel_ops;

	return ops ? ops->open(vm, path) : -ENOENT;
}

long host_ioctl(struct kvm_vm *vm, int fd, unsigned int cmd, unsigned long arg)
{
	struct host_file *file = file_at(vm, fd);
	long ret;

	if (!file)
		return -EBADF;
	if (!file->ops->ioctl)
		return -ENOTTY;
	file->refs++;
	ret = file->ops->ioctl(file, vm, cmd, arg);
	host_file_put(file);
	return ret;
}

int host_close(struct kvm_vm *vm, int fd)
{
	struct host_file *file = file_at(vm, fd);

	if (!file)
		return -EBADF;
	vm->files.file[fd] = NULL;
	host_file_put(file);
	return 0;
}

void host_close_all(struct kvm_vm *vm)
{
	int fd;

	for (fd = 0; fd < HOST_FILES; fd++)
		host_close(vm, fd);
}

/* eventfd */

static void eventfd_release(struct host_file *file, struct kvm_vm *vm)
{
	host_free(file);
}

static const struct host_file_ops eventfd_ops = { .release = eventfd_release };

int host_eventfd_create(struct kvm_vm *vm)
{
	struct host_eventfd *efd = host_alloc(sizeof(*efd));
	int fd;

	efd->file = (struct host_file){ .ops = &eventfd_ops, .vm = vm, .refs = 1 };
	fd = host_fd_install(vm, &efd->file);
	if (fd < 0)
		host_free(efd);
	return fd;
}

struct host_eventfd *host_eventfd_get(struct kvm_vm *vm, int fd)
{
	struct host_file *file = file_at(vm, fd);

	if (!file || file->ops != &eventfd_ops)
		return NULL;
	file->refs++;
	return (struct host_eventfd *)((char *)file - offsetof(struct host_eventfd, file));
}

void host_eventfd_signal(struct host_eventfd *efd)
{
	efd->count++;
	if (efd->wake)
		efd->wake(efd, efd->opaque);
}

bool host_eventfd_clear(struct host_eventfd *efd)
{
	bool was = efd->count;

	efd->count = 0;
	return was;
}

void host_eventfd_wait(struct host_eventfd *efd,
		       void (*wake)(struct host_eventfd *efd, void *opaque), void *opaque)
{
	efd->wake = wake;
	efd->opaque = opaque;
	if (wake && efd->count)
		wake(efd, opaque);
}
