/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * A hypercall by which a guest of KVM says that it needs a block of its memory no more.
 *
 * After the RFC of February 2019 (KVM_HC_UNUSED_PAGE_HINT, "kvm: add support for memory hinting").
 * Its numbers, hypercall 11 and feature bit 12, are those of KVM_HC_SCHED_YIELD and of
 * KVM_FEATURE_POLL_CONTROL since; here they are numbers that Linux does not use.
 *
 *	a0: guest-physical address, a multiple of a1
 *	a1: length in bytes, a power of two, and the host's minimum at least
 *
 * The contents are lost: what is read next is zero.  0, or one of
 *
 *	-KVM_EINVAL	an address or a length that is not as above
 *	-KVM_EOPNOTSUPP	a device is assigned to the guest, so that its memory has to stay
 *	-KVM_EFAULT	not memory of the guest, all of it in one slot, that can be taken away
 *	-KVM_ENOSYS	the host does not know the call
 */
#ifndef _UAPI_LINUX_KVM_PAGE_HINT_H
#define _UAPI_LINUX_KVM_PAGE_HINT_H

#define KVM_HC_PAGE_HINT	100

/* Bit of EAX of the CPUID leaf KVM_CPUID_FEATURES: the host takes hints. */
#define KVM_FEATURE_PAGE_HINT	20

/*
 * The smallest block that hosts take, as an order of 4 KiB pages, unless they are told otherwise:
 * that of a huge page.
 */
#define KVM_PAGE_HINT_MIN_ORDER	9

#endif
