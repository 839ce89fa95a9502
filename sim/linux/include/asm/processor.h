/* SPDX-License-Identifier: GPL-2.0-only */
/* model: waiting without sleeping, kernel/timer.c; CPUID of the hypervisor, kvm_para.c. */
#ifndef _ASM_PROCESSOR_H
#define _ASM_PROCESSOR_H

#include <linux/compiler.h>
#include <linux/types.h>

/*
 * Lets time pass, so that others get on: a loop that polls without it never ends here, since code
 * runs in no time.
 */
void cpu_relax(void);

/* The hypervisor's leaves; 0: none with that signature.  Other leaves than KVM's read as 0. */
uint32_t hypervisor_cpuid_base(const char *sig, uint32_t leaves);
unsigned int cpuid_eax(unsigned int op);

#endif
