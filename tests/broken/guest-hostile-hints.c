// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hostile guest: a thousand hints, each of which is malformed or of memory that it does not have.
 */
#include <linux/kvm_para.h>
#include <linux/mm.h>
#include <linux/module.h>

#include <kvm_page_hint.h>

#define NR_CALLS 1000

static u64 state = 88172645463325252ull;

static u64 any_number(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* What is well-formed here is outside of the guest's memory. */
static bool hostile_call(unsigned int i)
{
	u64 gpa = any_number(), len = 1ull << any_number() % 64;

	if (i % 3 == 0)
		gpa &= ~(len - 1);
	else if (i % 3 == 1)
		len = any_number() | 1;
	if (gpa < PFN_PHYS(this_kernel->max_pfn))
		gpa += 1ull << 50;
	return kvm_hypercall2(KVM_HC_PAGE_HINT, gpa, len);
}

static int __init hostile_init(void)
{
	unsigned int i, refused = 0;

	for (i = 0; i < NR_CALLS; i++)
		refused += hostile_call(i);
	pr_warn("%s\n", refused == NR_CALLS ? "all refused" : "some accepted");
	return 0;
}
module_init(hostile_init);

static void __exit hostile_exit(void)
{
}
module_exit(hostile_exit);
