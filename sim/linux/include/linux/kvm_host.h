/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * model: what KVM knows of a VM, as far as code that serves an exit asks, host/kvm.c.  A VM of the
 * model has one memslot, all of its RAM.
 */
#ifndef __KVM_HOST_H
#define __KVM_HOST_H

#include <linux/bug.h>
#include <linux/kvm_para.h>
#include <linux/kvm_types.h>
#include <linux/mm.h>
#include <linux/srcu.h>

/* Any address of the kernel's half, as PAGE_OFFSET is. */
#define KVM_HVA_ERR_BAD 0xffff888000000000UL

struct kvm_memory_slot {
	gfn_t base_gfn;
	unsigned long npages;
	unsigned long userspace_addr;
	u32 flags;
	short id;
};

struct kvm {
	struct mm_struct *mm;
	struct srcu_struct srcu;
	struct kvm_memory_slot slot;
	bool assigned_device;
};

struct kvm_vcpu {
	struct kvm *kvm;
	int vcpu_id;
};

static inline bool kvm_is_error_hva(unsigned long addr)
{
	return addr >= KVM_HVA_ERR_BAD;
}

struct kvm_memory_slot *gfn_to_memslot(struct kvm *kvm, gfn_t gfn);
struct kvm_memory_slot *kvm_vcpu_gfn_to_memslot(struct kvm_vcpu *vcpu, gfn_t gfn);
unsigned long gfn_to_hva_memslot(struct kvm_memory_slot *slot, gfn_t gfn);
bool kvm_arch_has_assigned_device(struct kvm *kvm);

#endif
