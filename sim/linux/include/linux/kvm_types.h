/* SPDX-License-Identifier: GPL-2.0-only */
/* same: addresses and frame numbers of KVM. */
#ifndef __KVM_TYPES_H__
#define __KVM_TYPES_H__

#include <linux/types.h>

typedef unsigned long gva_t;
typedef u64 gpa_t;
typedef u64 gfn_t;
typedef unsigned long hva_t;
typedef u64 hpa_t;

#define INVALID_GPA (~(gpa_t)0)

struct kvm;
struct kvm_vcpu;
struct kvm_memory_slot;

#endif
