// SPDX-License-Identifier: GPL-2.0-only
/* No mistake: a handler of another hypercall than the one that guests look for. */
#include <linux/kvm_hypercall.h>
#include <linux/module.h>

static long handle_other(struct kvm_vcpu *vcpu, const unsigned long *args)
{
	return 0;
}

static struct kvm_hypercall other = { .nr = 101, .feature = 21, .handle = handle_other };

static int __init other_init(void)
{
	return kvm_hypercall_register(&other);
}
module_init(other_init);

static void __exit other_exit(void)
{
	kvm_hypercall_unregister(&other);
}
module_exit(other_exit);
