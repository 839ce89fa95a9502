/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel of the host, as far as modules of it are simulated, for the machine around it.
 *
 * What the host does by itself (faults, reclaim, madvise, its scheduler) is host-model's; this is a
 * struct kernel like a guest's, whose modules serve hypercalls of vCPUs and files that VMMs open.
 * Plain C without kernel headers.
 */
#ifndef BALLAST_LINUX_HOST_KERNEL_H
#define BALLAST_LINUX_HOST_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#include "guest.h"

struct host;
struct kernel;
struct kvm_vm;

struct host_kernel_config {
	struct host *host;
	const struct guest_module *modules;
	unsigned int nr_modules;
	uint64_t seed;
	void (*log)(struct kernel *kernel, int level, const char *text);
	void (*panicked)(struct kernel *kernel, const char *text, bool bug);
	void *opaque;			/* guest_kernel_opaque() */
};

/*
 * The modules are loaded; from now on the host has a kernel.  Before its VMs are created.  NULL and
 * a line of text in @error.  @config and what it points to must outlive the kernel.
 */
struct kernel *host_kernel_create(const struct host_kernel_config *config, char *error,
				  size_t size);
/* After the VMMs' ends; nothing of it runs any more. */
void host_kernel_destroy(struct kernel *kernel);
/* A VM's memory and vCPUs, before its devices are made.  @hugetlb: its memory is. */
void host_kernel_attach(struct kernel *kernel, struct kvm_vm *vm, bool hugetlb);
/* The VMM's process ends: its files are closed, by a task of the kernel. */
void host_kernel_vm_gone(struct kernel *kernel, struct kvm_vm *vm);
/* Remove the modules; what they leave behind in @buf, whose length is returned.  For tests. */
size_t host_kernel_unload(struct kernel *kernel, char *buf, size_t size);
/* What its modules have been warned of; "": nothing. */
const char *host_kernel_warning(const struct kernel *kernel);

#endif
