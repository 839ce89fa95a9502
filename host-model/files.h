/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files that a VMM has open: eventfds, and devices of the host kernel's modules.
 *
 * Models fs/eventfd.c of Linux 6.1, and of fs/file.c that numbers are the smallest free ones from 3
 * on.  System calls cost nothing here: a VMM makes them when a device is set up, not per request.
 * An eventfd has one waiter at most, which is all that KVM, vhost and QEMU make of theirs.
 */
#ifndef BALLAST_HOST_FILES_H
#define BALLAST_HOST_FILES_H

#include <stdbool.h>
#include <stdint.h>

struct host_file;
struct kvm_vm;

struct host_file_ops {
	long (*ioctl)(struct host_file *file, struct kvm_vm *vm, unsigned int cmd,
		      unsigned long arg);	/* NULL: -ENOTTY */
	/* The last reference is gone. */
	void (*release)(struct host_file *file, struct kvm_vm *vm);
};

struct host_file {
	const struct host_file_ops *ops;
	struct kvm_vm *vm;		/* who has it open */
	unsigned int refs;
};

struct host_eventfd {
	struct host_file file;
	uint64_t count;
	/* Called when it is signalled; must only wake somebody.  NULL: nobody waits. */
	void (*wake)(struct host_eventfd *efd, void *opaque);
	void *opaque;
};

#define HOST_FILES 64		/* of a VMM */

struct host_fd_table {
	struct host_file *file[HOST_FILES];
};

/* System calls of a VMM; negative errors. */
int host_open(struct kvm_vm *vm, const char *path);
long host_ioctl(struct kvm_vm *vm, int fd, unsigned int cmd, unsigned long arg);
int host_close(struct kvm_vm *vm, int fd);
int host_eventfd_create(struct kvm_vm *vm);
/* The process ends. */
void host_close_all(struct kvm_vm *vm);

/* Of the kernel: a new file gets a number, which takes over its reference. */
int host_fd_install(struct kvm_vm *vm, struct host_file *file);
/* Another reference; NULL: there is no such file, or it is no eventfd. */
struct host_eventfd *host_eventfd_get(struct kvm_vm *vm, int fd);
void host_file_put(struct host_file *file);

void host_eventfd_signal(struct host_eventfd *efd);
/* Read it: whether it had been signalled. */
bool host_eventfd_clear(struct host_eventfd *efd);
/* One that was signalled before somebody waited calls at once. */
void host_eventfd_wait(struct host_eventfd *efd,
		       void (*wake)(struct host_eventfd *efd, void *opaque), void *opaque);

#endif
