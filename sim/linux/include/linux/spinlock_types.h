/* SPDX-License-Identifier: GPL-2.0-only */
/* model: a lock whose holders' times may not overlap; see kernel/lock.c. */
#ifndef _LINUX_SPINLOCK_TYPES_H
#define _LINUX_SPINLOCK_TYPES_H

#include <linux/types.h>

#include "cpu.h"

typedef struct spinlock {
	struct coro *owner;	/* NULL: free */
	u64 taken_at;		/* local time, ns */
	struct cpu_lock_times times;
} spinlock_t;

typedef spinlock_t raw_spinlock_t;

#define __SPIN_LOCK_UNLOCKED(name) { NULL, 0, { 0 } }
#define DEFINE_SPINLOCK(name) spinlock_t name = __SPIN_LOCK_UNLOCKED(name)

#endif
