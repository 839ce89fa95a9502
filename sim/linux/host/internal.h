/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the host's kernel share.
 *
 * Two worlds of names meet below: modules know Linux's (struct kvm, gfn_t a number), the machine
 * host-model's (struct kvm_vm, gfn_t a type of its own).  kvm.c and vhost.c see the first, entry.c,
 * mm.c and chardev.c the second; between them go numbers and pointers.
 */
#ifndef BALLAST_LINUX_HOST_INTERNAL_H
#define BALLAST_LINUX_HOST_INTERNAL_H

#include <linux/list.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/srcu.h>
#include <linux/types.h>

#include "kernel.h"

struct file;
struct host_eventfd;
struct host_kernel_config;
struct kvm;
struct kvm_hypercall;
struct kvm_served;
struct kvm_vm;

struct host_state {
	const struct host_kernel_config *config;
	struct list_head misc;		/* struct miscdevice */
	struct list_head hypercalls;	/* struct kvm_hypercall */
	struct srcu_struct calls;	/* of them that are under way */
	void *ram;			/* memory that modules allocate from */
};

/* A thread has entered the kernel, with a system call or an exit. */
struct host_entry {
	struct coro_context old;
	struct task_struct task;
};

/* entry.c */
void host_enter(struct kernel *kernel, struct kvm_vm *vm, struct host_entry *entry);
void host_leave(struct host_entry *entry);

/* mm.c */
struct mm_struct *host_mm_create(struct kvm_vm *vm, bool hugetlb);
void host_mm_destroy(struct mm_struct *mm);
struct kvm_vm *host_mm_vm(const struct mm_struct *mm);
void host_mm_areas(const struct mm_struct *mm, unsigned long *start, unsigned long *bytes);
/*
 * The task reads or writes these bytes of its VMM: what of them is guest RAM may have to be swapped
 * in.  False: nothing is mapped there, or the process is gone.
 */
bool host_mm_touch(const void *ptr, size_t len, bool write);
/*
 * The request on the queue that kicks this eventfd and that begins at @head is taken: returns the
 * code that put it there; it is answered with @blocks of @bytes together, at @site, and the
 * machine's observers hear of it.
 */
const struct call_site *host_mm_taken(const struct mm_struct *mm, const struct host_eventfd *kick,
				      unsigned int head);
void host_mm_answered(struct mm_struct *mm, const struct host_eventfd *kick, unsigned int head,
		      const struct call_site *site, u64 blocks, u64 bytes);
/* A hint has been served: the same of what came without a queue. */
void host_mm_hinted(struct mm_struct *mm, const struct kvm_served *served, u64 blocks, u64 bytes);

/* kvm.c */
struct kvm *host_kvm_create(struct mm_struct *mm, bool assigned_device);
void host_kvm_destroy(struct kvm *kvm);
struct mm_struct *host_kvm_mm(const struct kvm *kvm);
long host_kvm_hypercall(struct kvm *kvm, unsigned long nr, const unsigned long *arg);
u32 host_kvm_features(void);

/* chardev.c */
int host_chardev_open(struct kvm_vm *vm, const char *path);
/* An eventfd of the current task's VMM, with a reference; NULL. */
struct host_eventfd *host_current_eventfd(int fd);
/* New threads of the kernel that work for the VMM, and at its expense. */
void host_task_works_for(struct task_struct *task, struct mm_struct *mm);

#endif
