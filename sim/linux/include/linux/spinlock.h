/* SPDX-License-Identifier: GPL-2.0-only */
/* model: spinlocks with their real blocking rules; see kernel/lock.c. */
#ifndef _LINUX_SPINLOCK_H
#define _LINUX_SPINLOCK_H

#include <linux/compiler.h>
#include <linux/irqflags.h>
#include <linux/preempt.h>
#include <linux/spinlock_types.h>

void __spin_lock_contended(spinlock_t *lock);
void __spin_lock_bad(spinlock_t *lock, const char *what);
void __spin_unlock_time(spinlock_t *lock);

static inline void spin_lock_init(spinlock_t *lock)
{
	lock->owner = NULL;
	lock->times.nr = 0;
}

static inline void spin_lock(spinlock_t *lock)
{
	preempt_disable();
	if (unlikely(lock->owner))
		__spin_lock_contended(lock);
	lock->owner = coro_current;
	lock->taken_at = cpu_lock_begin();
}

static inline bool spin_trylock(spinlock_t *lock)
{
	if (lock->owner)
		return false;
	preempt_disable();
	lock->owner = coro_current;
	lock->taken_at = cpu_lock_begin();
	return true;
}

static inline void spin_unlock(spinlock_t *lock)
{
	if (unlikely(lock->owner != coro_current))
		__spin_lock_bad(lock, "spinlock released by another than its owner");
	if (coro_current->ctx.thread)
		__spin_unlock_time(lock);
	lock->owner = NULL;
	preempt_enable();
}

#define spin_is_locked(lock) ((lock)->owner != NULL)
#define assert_spin_locked(lock)                                                                   \
	do {                                                                                       \
		if (!(lock)->owner)                                                                \
			__spin_lock_bad(lock, "spinlock is not held");                             \
	} while (0)
#define lockdep_assert_held(lock) do { (void)(lock); } while (0)

static inline void spin_lock_irq(spinlock_t *lock)
{
	local_irq_disable();
	spin_lock(lock);
}

static inline void spin_unlock_irq(spinlock_t *lock)
{
	spin_unlock(lock);
	local_irq_enable();
}

#define spin_lock_irqsave(lock, flags)                                                             \
	do {                                                                                       \
		local_irq_save(flags);                                                             \
		spin_lock(lock);                                                                   \
	} while (0)
#define spin_unlock_irqrestore(lock, flags)                                                        \
	do {                                                                                       \
		spin_unlock(lock);                                                                 \
		local_irq_restore(flags);                                                          \
	} while (0)
#define spin_lock_bh(lock) spin_lock(lock)
#define spin_unlock_bh(lock) spin_unlock(lock)
#define raw_spin_lock_init(lock) spin_lock_init(lock)
#define raw_spin_lock(lock) spin_lock(lock)
#define raw_spin_unlock(lock) spin_unlock(lock)

#endif
