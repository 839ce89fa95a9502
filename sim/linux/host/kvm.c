// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM as modules of the host's kernel see it: VMs, memslots, hypercalls.
 *
 * Models gfn_to_memslot() and gfn_to_hva_memslot() of virt/kvm/kvm_main.c and
 * kvm_emulate_hypercall() of arch/x86/kvm/x86.c (Linux 6.1).  KVM's own hypercalls are left out: a
 * guest of the model makes none, and a number that no module handles is unknown.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/kvm_host.h>
#include <linux/kvm_hypercall.h>

#include "hostmem.h"
#include "internal.h"

struct kvm *host_kvm_create(struct mm_struct *mm, bool assigned_device)
{
	struct kvm *kvm = host_alloc(sizeof(*kvm));
	unsigned long start, bytes;

	host_mm_areas(mm, &start, &bytes);
	kvm->mm = mm;
	kvm->assigned_device = assigned_device;
	init_srcu_struct(&kvm->srcu);
	kvm->slot = (struct kvm_memory_slot){ .npages = bytes >> PAGE_SHIFT,
					      .userspace_addr = start };
	return kvm;
}

void host_kvm_destroy(struct kvm *kvm)
{
	cleanup_srcu_struct(&kvm->srcu);
	host_free(kvm);
}

struct mm_struct *host_kvm_mm(const struct kvm *kvm)
{
	return kvm->mm;
}

struct kvm_memory_slot *gfn_to_memslot(struct kvm *kvm, gfn_t gfn)
{
	struct kvm_memory_slot *slot = &kvm->slot;

	if (!kvm->srcu.readers)
		kernel_warn("kvm", 0, "memslots are looked at without srcu_read_lock()");
	return gfn >= slot->base_gfn && gfn - slot->base_gfn < slot->npages ? slot : NULL;
}

struct kvm_memory_slot *kvm_vcpu_gfn_to_memslot(struct kvm_vcpu *vcpu, gfn_t gfn)
{
	return gfn_to_memslot(vcpu->kvm, gfn);
}

unsigned long gfn_to_hva_memslot(struct kvm_memory_slot *slot, gfn_t gfn)
{
	return slot ? slot->userspace_addr + ((gfn - slot->base_gfn) << PAGE_SHIFT) :
		      KVM_HVA_ERR_BAD;
}

bool kvm_arch_has_assigned_device(struct kvm *kvm)
{
	return kvm->assigned_device;
}

/* Hypercalls of modules */

static struct list_head *hypercalls(void)
{
	return &this_kernel->hosted->hypercalls;
}

static struct kvm_hypercall *find_call(unsigned long nr)
{
	struct kvm_hypercall *call;

	list_for_each_entry(call, hypercalls(), list)
		if (call->nr == nr)
			return call;
	return NULL;
}

int kvm_hypercall_register(struct kvm_hypercall *call)
{
	if (find_call(call->nr))
		return -EEXIST;
	list_add_tail(&call->list, hypercalls());
	return 0;
}

void kvm_hypercall_unregister(struct kvm_hypercall *call)
{
	might_sleep();
	list_del(&call->list);
	synchronize_srcu(&this_kernel->hosted->calls);
}

u32 host_kvm_features(void)
{
	struct kvm_hypercall *call;
	u32 features = 0;

	list_for_each_entry(call, hypercalls(), list)
		features |= 1u << call->feature;
	return features;
}

long host_kvm_hypercall(struct kvm *kvm, unsigned long nr, const unsigned long *arg)
{
	struct kvm_hypercall *call = find_call(nr);
	struct kvm_vcpu vcpu = { .kvm = kvm };
	long ret = -KVM_ENOSYS;
	int idx;

	if (!call)
		return ret;
	idx = srcu_read_lock(&this_kernel->hosted->calls);
	ret = call->handle(&vcpu, arg);
	srcu_read_unlock(&this_kernel->hosted->calls, idx);
	if (in_atomic())
		kernel_warn("kvm", 0, "a hypercall returned in atomic context");
	return ret;
}
