// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hypercalls that modules handle, in arch/x86/kvm of Linux 6.1 (include/linux/kvm_hypercall.h):
 *
 *   spatch --sp-file kvm_hypercall.cocci --in-place arch/x86/kvm/x86.c arch/x86/kvm/cpuid.c
 *
 * and then include/linux/kvm_hypercall.h and arch/x86/kvm/kvm_hypercall.c, which are beside this file, go
 * into the tree, and "kvm-y += kvm_hypercall.o" into arch/x86/kvm/Makefile.  There are two places, and
 * an #include in each file; whoever applies this has to look for them.
 */

@ header @
@@
#include "cpuid.h"
+#include <linux/kvm_hypercall.h>

/* The privilege of the caller has been looked at by then. */
@ call @
expression level;
@@
kvm_emulate_hypercall(...)
{
<...
if (level != 0) {
	ret = -KVM_EPERM;
	goto out;
}
ret = -KVM_ENOSYS;
+if (kvm_hypercall_of_module(vcpu, nr, a0, a1, a2, a3, &ret))
+	goto out;
...>
}

@ offer @
statement steal_time;
@@
__do_cpuid_func(...)
{
<...
+entry->eax |= kvm_hypercall_features();
if (sched_info_on()) steal_time
...>
}
