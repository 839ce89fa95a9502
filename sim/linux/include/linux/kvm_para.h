/* SPDX-License-Identifier: GPL-2.0-only */
/* same: errors and numbers of hypercalls (uapi/linux/kvm_para.h); what calls them is in asm/. */
#ifndef __LINUX_KVM_PARA_H
#define __LINUX_KVM_PARA_H

#include <asm/kvm_para.h>

#define KVM_ENOSYS 1000
#define KVM_EFAULT 14
#define KVM_EINVAL 22
#define KVM_E2BIG 7
#define KVM_EPERM 1
#define KVM_EOPNOTSUPP 95

#define KVM_HC_VAPIC_POLL_IRQ 1
#define KVM_HC_MMU_OP 2
#define KVM_HC_FEATURES 3
#define KVM_HC_KICK_CPU 5
#define KVM_HC_CLOCK_PAIRING 9
#define KVM_HC_SEND_IPI 10
#define KVM_HC_SCHED_YIELD 11
#define KVM_HC_MAP_GPA_RANGE 12

#endif
