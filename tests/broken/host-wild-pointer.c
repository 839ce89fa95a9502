// SPDX-License-Identifier: GPL-2.0-only
/* The handler that ships, but it takes a frame's number for the address of its slot. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kvm_host.h>

#define gfn_to_memslot(kvm, gfn) ((struct kvm_memory_slot *)((gfn) | 1))
#include "../../driver-src/linux/host/kvm_page_hint.c"
