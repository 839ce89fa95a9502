/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hypercalls of KVM guests on x86 that modules handle.
 */
#ifndef _LINUX_KVM_HYPERCALL_H
#define _LINUX_KVM_HYPERCALL_H

#include <linux/list.h>
#include <linux/types.h>

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

/* For KVM: whether a module knows the number, and then what it says. */
bool kvm_hypercall_of_module(struct kvm_vcpu *vcpu, unsigned long nr, unsigned long a0,
			     unsigned long a1, unsigned long a2, unsigned long a3,
			     unsigned long *ret);
/* For KVM: the features of all of them, offered to whoever makes a VM from now on. */
u32 kvm_hypercall_features(void);

#endif
