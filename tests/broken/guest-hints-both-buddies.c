// SPDX-License-Identifier: GPL-2.0-only
/* The guest half that ships, but it hints a block's buddy with it, whoever has that. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kvm_para.h>

static long both_hypercall2(unsigned int nr, unsigned long gpa, unsigned long len)
{
	return kvm_hypercall2(nr, gpa & ~(2 * len - 1), 2 * len);
}

#undef kvm_hypercall2
#define kvm_hypercall2 both_hypercall2
#include "../../driver-src/linux/guest/kvm_page_hint.c"
