/* SPDX-License-Identifier: GPL-2.0-only */
/* stub (sparse's address spaces and contexts do not exist in this build): annotations. */
#ifndef _LINUX_COMPILER_TYPES_H
#define _LINUX_COMPILER_TYPES_H

#include <linux/compiler_attributes.h>

#define __user
#define __kernel
#define __iomem
#define __percpu
#define __rcu
#define __force
#define __nocast
#define __safe
#define __bitwise
#define __private
#define __must_hold(x)
#define __acquires(x)
#define __releases(x)
#define __acquire(x) (void)0
#define __release(x) (void)0
#define __cond_lock(x, c) (c)
#define __chk_user_ptr(x) (void)0
#define __latent_entropy
#define __randomize_layout
#define __no_randomize_layout
#define __ro_after_init
#define __read_mostly
#define __cacheline_aligned
#define __cacheline_aligned_in_smp
#define ____cacheline_aligned
#define ____cacheline_aligned_in_smp
#define __counted_by(m)
#define asmlinkage
#define notrace
#define __visible

#define __same_type(a, b) __builtin_types_compatible_p(typeof(a), typeof(b))

#endif
