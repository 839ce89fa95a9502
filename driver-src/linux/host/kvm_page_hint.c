// SPDX-License-Identifier: GPL-2.0-only
/*
 * Host side of KVM_HC_PAGE_HINT: a guest gives a block of its memory back to the host.
 *
 * It all happens in the exit: the vCPU does not go on before the block is zapped.  The memslots
 * are looked at under srcu, the VMM's areas under its mmap lock for read, as a fault of the vCPU
 * would do it; vCPUs that hint at once and faults do not exclude each other there, but zapping
 * does so in kvm->mmu_lock.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kvm_host.h>
#include <linux/kvm_hypercall.h>
#include <linux/kvm_para.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/module.h>

#include "page_hint_zap.h"
#include <kvm_page_hint.h>

static unsigned int min_order = KVM_PAGE_HINT_MIN_ORDER;
module_param(min_order, uint, 0444);
MODULE_PARM_DESC(min_order, "Smallest order of a block that guests may hint (default: 9, 2 MiB)");

static bool well_formed(gpa_t gpa, u64 len)
{
	return len >= (u64)PAGE_SIZE << min_order && is_power_of_2(len) && !(gpa & (len - 1)) &&
	       gpa + len > gpa;
}

/* A block that goes past its slot is refused, whatever the next slot is. */
static unsigned long slot_hva(struct kvm *kvm, gfn_t gfn, u64 nr_pages)
{
	struct kvm_memory_slot *slot = gfn_to_memslot(kvm, gfn);

	if (!slot || nr_pages > slot->base_gfn + slot->npages - gfn)
		return KVM_HVA_ERR_BAD;
	/* An error also of a slot that is read-only for the guest. */
	return gfn_to_hva_memslot(slot, gfn);
}

static int kvm_pv_page_hint(struct kvm_vcpu *vcpu, gpa_t gpa, u64 len)
{
	struct kvm *kvm = vcpu->kvm;
	int idx, ret = -KVM_EFAULT;
	unsigned long hva;

	if (!well_formed(gpa, len))
		return -KVM_EINVAL;
	/* The device's mappings of the memory would not follow. */
	if (kvm_arch_has_assigned_device(kvm))
		return -KVM_EOPNOTSUPP;

	idx = srcu_read_lock(&kvm->srcu);
	hva = slot_hva(kvm, gpa >> PAGE_SHIFT, len >> PAGE_SHIFT);
	if (!kvm_is_error_hva(hva)) {
		mmap_read_lock(kvm->mm);
		if (page_hint_zap(kvm->mm, hva, len))
			ret = 0;
		mmap_read_unlock(kvm->mm);
	}
	srcu_read_unlock(&kvm->srcu, idx);
	return ret;
}

static long handle_page_hint(struct kvm_vcpu *vcpu, const unsigned long *args)
{
	return kvm_pv_page_hint(vcpu, args[0], args[1]);
}

static struct kvm_hypercall page_hint = {
	.nr = KVM_HC_PAGE_HINT,
	.feature = KVM_FEATURE_PAGE_HINT,
	.handle = handle_page_hint,
};

static int __init kvm_page_hint_init(void)
{
	if (min_order >= MAX_ORDER) {
		pr_err("min_order=%u: the largest block is of order %d\n", min_order,
		       MAX_ORDER - 1);
		return -EINVAL;
	}
	return kvm_hypercall_register(&page_hint);
}
module_init(kvm_page_hint_init);

static void __exit kvm_page_hint_exit(void)
{
	kvm_hypercall_unregister(&page_hint);
}
module_exit(kvm_page_hint_exit);

MODULE_DESCRIPTION("Hypercall by which guests give memory back");
MODULE_LICENSE("GPL");
