// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest half that ships, but it hints each block when the next one is freed: by then it is on a
 * free list, or somebody's again.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kvm_para.h>

static unsigned long last_gpa, last_len;

static long late_hypercall2(unsigned int nr, unsigned long gpa, unsigned long len)
{
	unsigned long then_gpa = last_gpa, then_len = last_len;

	last_gpa = gpa;
	last_len = len;
	return then_len ? kvm_hypercall2(nr, then_gpa, then_len) : 0;
}

#undef kvm_hypercall2
#define kvm_hypercall2 late_hypercall2
#include "../../driver-src/linux/guest/kvm_page_hint.c"
