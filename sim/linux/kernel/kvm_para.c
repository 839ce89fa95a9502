// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a guest of KVM knows of its host, and the calls that it makes to it.
 *
 * Models arch/x86/include/asm/kvm_para.h of Linux 6.1.  The vCPU is in the host until the call
 * returns (host-model/kvm.c).  A kernel without a machine has no hypervisor; nor has the host's.
 */
#include <linux/kernel.h>
#include <linux/kvm_para.h>
#include <linux/string.h>

#include "internal.h"

uint32_t hypervisor_cpuid_base(const char *sig, uint32_t leaves)
{
	if (!this_kernel->vm || memcmp(sig, KVM_SIGNATURE, 12) || leaves > 1)
		return 0;
	return KVM_CPUID_SIGNATURE;
}

unsigned int cpuid_eax(unsigned int op)
{
	if (!this_kernel->vm || op != KVM_CPUID_FEATURES)
		return 0;
	return kvm_features(this_kernel->vm);
}

static long call(unsigned int nr, const unsigned long *arg, const struct call_site *site)
{
	if (!this_kernel->vm)
		return -KVM_ENOSYS;
	return kvm_hypercall(this_kernel->vm, nr, arg, site);
}

#define CALL(...) call(nr, (const unsigned long[4]){ __VA_ARGS__ }, call_site_take())

long kvm_hypercall0(unsigned int nr)
{
	return CALL(0);
}

long kvm_hypercall1(unsigned int nr, unsigned long p1)
{
	return CALL(p1);
}

long kvm_hypercall2(unsigned int nr, unsigned long p1, unsigned long p2)
{
	return CALL(p1, p2);
}

long kvm_hypercall3(unsigned int nr, unsigned long p1, unsigned long p2, unsigned long p3)
{
	return CALL(p1, p2, p3);
}

long kvm_hypercall4(unsigned int nr, unsigned long p1, unsigned long p2, unsigned long p3,
		    unsigned long p4)
{
	return CALL(p1, p2, p3, p4);
}
