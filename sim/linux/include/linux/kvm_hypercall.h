/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * model: hypercalls that modules handle, host/kvm.c.  A stock KVM has no such list: there the
 * header, and a call in kvm_emulate_hypercall(), come from a patch of ours.
 */
#ifndef _LINUX_KVM_HYPERCALL_H
#define _LINUX_KVM_HYPERCALL_H

#include <linux/list.h>

struct kvm_vcpu;

struct kvm_hypercall {
	unsigned long nr;		/* not one of KVM's own */
	unsigned int feature;		/* bit of EAX of KVM_CPUID_FEATURES that offers it */
	/* From the exit of a vCPU, may sleep; @args: four; returns what the guest gets. */
	long (*handle)(struct kvm_vcpu *vcpu, const unsigned long *args);
	struct list_head list;
};

/* -EEXIST: the number is taken. */
int kvm_hypercall_register(struct kvm_hypercall *call);
/* Returns when no vCPU is in it any more; may sleep. */
void kvm_hypercall_unregister(struct kvm_hypercall *call);

#endif
