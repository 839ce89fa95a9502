/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _BALLAST_KVM_PAGE_HINT_H
#define _BALLAST_KVM_PAGE_HINT_H

#include <linux/kvm_host.h>

/* KVM_HC_PAGE_HINT of a vCPU; 0 or -KVM_E*. */
int kvm_pv_page_hint(struct kvm_vcpu *vcpu, gpa_t gpa, u64 len);

#endif
