/* SPDX-License-Identifier: GPL-2.0-only */
/* model: hypercalls of a guest, kernel/kvm_para.c; a kernel without a machine has no host. */
#ifndef _ASM_X86_KVM_PARA_H
#define _ASM_X86_KVM_PARA_H

#include <asm/processor.h>

#include "call_site.h"

#define KVM_SIGNATURE "KVMKVMKVM\0\0\0"
#define KVM_CPUID_SIGNATURE 0x40000000
#define KVM_CPUID_FEATURES 0x40000001

long kvm_hypercall0(unsigned int nr);
long kvm_hypercall1(unsigned int nr, unsigned long p1);
long kvm_hypercall2(unsigned int nr, unsigned long p1, unsigned long p2);
long kvm_hypercall3(unsigned int nr, unsigned long p1, unsigned long p2, unsigned long p3);
long kvm_hypercall4(unsigned int nr, unsigned long p1, unsigned long p2, unsigned long p3,
		    unsigned long p4);

#ifdef BALLAST_IMAGE_SOURCE
#define kvm_hypercall0 CALL_FROM_HERE(kvm_hypercall0)
#define kvm_hypercall1 CALL_FROM_HERE(kvm_hypercall1)
#define kvm_hypercall2 CALL_FROM_HERE(kvm_hypercall2)
#define kvm_hypercall3 CALL_FROM_HERE(kvm_hypercall3)
#define kvm_hypercall4 CALL_FROM_HERE(kvm_hypercall4)
#endif

#endif
