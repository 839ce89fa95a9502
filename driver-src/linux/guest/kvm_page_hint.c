// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest side of KVM_HC_PAGE_HINT: free blocks are given back to the host as they come about.
 *
 * As proposed in February 2019: a block of the chosen order or more is hinted when it is freed,
 * and one that comes about by merging when a merge makes exactly that order, so that each page is
 * hinted once on its way up.  The first happens before anybody else can have the block.  The
 * second happens with the zone's lock held, and the host would not be waited for with that: the
 * lock is dropped around the call, which is safe for the block, as it is on no list, not marked as
 * free, and so neither allocated nor merged by others.  What the free path has looked up before
 * (the migratetype, whether pageblocks are isolated) may have changed meanwhile, interrupts stay
 * off, and a drain still holds its per-CPU lists.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/free_page_hook.h>
#include <linux/kvm_para.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/spinlock.h>
#include <asm/processor.h>

#include <kvm_page_hint.h>

static unsigned int order = KVM_PAGE_HINT_MIN_ORDER;
module_param(order, uint, 0444);
MODULE_PARM_DESC(order, "Smallest order of a block that is hinted (default: 9, 2 MiB)");

/* Counters, to be read as parameters. */
static atomic_long_t freed_hints, merged_hints, failed_hints, hinted_pages;

static int counter_get(char *buffer, const struct kernel_param *kp)
{
	return scnprintf(buffer, PAGE_SIZE, "%ld\n", (long)atomic_long_read(kp->arg));
}

static int counter_set(const char *val, const struct kernel_param *kp)
{
	return -EPERM;
}

static const struct kernel_param_ops counter_ops = { .set = counter_set, .get = counter_get };

module_param_cb(freed_hints, &counter_ops, &freed_hints, 0444);
MODULE_PARM_DESC(freed_hints, "Blocks that were hinted when they were freed");
module_param_cb(merged_hints, &counter_ops, &merged_hints, 0444);
MODULE_PARM_DESC(merged_hints, "Blocks that were hinted when they had merged");
module_param_cb(failed_hints, &counter_ops, &failed_hints, 0444);
MODULE_PARM_DESC(failed_hints, "Hints that the host refused");
module_param_cb(hinted_pages, &counter_ops, &hinted_pages, 0444);
MODULE_PARM_DESC(hinted_pages, "Pages that were hinted");

/* The host will take no more, or none of this size: nothing is gained by asking again. */
static bool given_up;

static void give_up(long error)
{
	if (xchg(&given_up, true))
		return;
	pr_warn("the host refuses hints of order %u with error %ld; none are given any more\n",
		order, error);
}

static void hint(struct page *page, unsigned int block_order, atomic_long_t *counter)
{
	long ret = kvm_hypercall2(KVM_HC_PAGE_HINT, PFN_PHYS(page_to_pfn(page)),
				  PAGE_SIZE << block_order);

	if (likely(!ret)) {
		atomic_long_inc(counter);
		atomic_long_add(1L << block_order, &hinted_pages);
		return;
	}
	atomic_long_inc(&failed_hints);
	if (ret != -KVM_EFAULT)
		give_up(ret);
}

static void block_freed(struct zone *zone, struct page *page, unsigned int block_order)
{
	if (block_order >= order && !READ_ONCE(given_up))
		hint(page, block_order, &freed_hints);
}

static void block_merging(struct zone *zone, struct page *page, unsigned int block_order)
	__must_hold(&zone->lock)
{
	if (block_order != order || READ_ONCE(given_up))
		return;
	spin_unlock(&zone->lock);
	hint(page, block_order, &merged_hints);
	spin_lock(&zone->lock);
}

static const struct free_page_hook hook = {
	.freed = block_freed,
	.merging = block_merging,
};

/* kvm_para_has_feature() is for built-in code only: what it asks is not exported. */
static bool host_has_hints(void)
{
	u32 base = hypervisor_cpuid_base(KVM_SIGNATURE, 0);

	return base && cpuid_eax(base | KVM_CPUID_FEATURES) & BIT(KVM_FEATURE_PAGE_HINT);
}

static int __init kvm_page_hint_init(void)
{
	if (order >= MAX_ORDER) {
		pr_err("order=%u: the largest block is of order %d\n", order, MAX_ORDER - 1);
		return -EINVAL;
	}
	if (!host_has_hints()) {
		pr_err("the host does not offer page hints (bit %d of CPUID leaf 0x%x)\n",
		       KVM_FEATURE_PAGE_HINT, KVM_CPUID_FEATURES);
		return -ENODEV;
	}
	/* The host gives a hinted page back with zeroes in it. */
	if (page_poisoning_enabled_static()) {
		pr_err("free pages are poisoned, and would lose the poison\n");
		return -EOPNOTSUPP;
	}
	return free_page_hook_register(&hook);
}
module_init(kvm_page_hint_init);

static void __exit kvm_page_hint_exit(void)
{
	free_page_hook_unregister(&hook);
}
module_exit(kvm_page_hint_exit);

MODULE_DESCRIPTION("Free memory is given back to a KVM host by hypercall");
MODULE_LICENSE("GPL");
