/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One model Linux kernel: everything that the real one keeps in globals.
 *
 * The kernel whose code runs is this_kernel, from the context of the running coroutine.  mm/ and
 * kernel/ each keep their state in a structure of their own.
 */
#ifndef BALLAST_LINUX_KERNEL_H
#define BALLAST_LINUX_KERNEL_H

#include <linux/types.h>
#include <linux/version.h>

#include "coro.h"

struct engine;
struct host;
struct host_state;
struct kvm_vm;
struct mm_state;	/* mm/internal.h */
struct sched_state;	/* kernel/internal.h */
struct pglist_data;

struct kernel {
	struct engine *engine;
	const char *name;
	struct kvm_vm *vm;		/* NULL: no machine under it (replay, unit tests) */
	struct host *host;		/* whose kernel it is; NULL: a guest's, or nobody's */
	struct host_state *hosted;	/* of such a kernel (host/internal.h) */
	void *ram_base;			/* bytes of address 0; NULL: contents are not kept */
	struct page *mem_map;		/* lazily populated, max_pfn entries */
	unsigned long max_pfn;
	unsigned int nr_cpus;
	u32 version;			/* LINUX_VERSION_CODE's form; 0: 6.1 */
	struct pglist_data *pgdat;
	struct mm_state *mm;
	struct sched_state *sched;
	u64 seed;
	bool no_jitter;			/* nothing is random that need not be */
	void *background;		/* background.c */
	u64 paused_at, paused_ns;	/* by the VMM, which stops its clock; ns */
	u64 tick_phase;			/* ns by which jiffies are ahead of the engine's clock */
	void *at_work;			/* of guest.c, while it boots or removes modules */
	long long managed;		/* pages of the allocator before modules came */
	long long unaccounted;		/* of those, in use by nobody known */
	/* A line of the kernel's log; level as in printk.  NULL: nobody reads it. */
	void (*log)(struct kernel *kernel, int level, const char *text);
	void *log_opaque;
	/* The kernel is dead: BUG(), or a fault in its code.  NULL: nobody wants to know. */
	void (*panicked)(struct kernel *kernel, const char *text, bool bug);
};

/* ns that the kernel has seen pass since the engine's clock began: not while it was paused. */
u64 kernel_clock(const struct kernel *kernel);

#define this_kernel (coro_current->ctx.kernel)

/* Which Linux the kernel is: that of its images, level.h. */
static inline u32 kernel_version(const struct kernel *kernel)
{
	return kernel->version ? kernel->version : KERNEL_VERSION(6, 1, 0);
}

#define kernel_since(a, b) (kernel_version(this_kernel) >= KERNEL_VERSION(a, b, 0))

#endif
