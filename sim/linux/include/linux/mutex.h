/* SPDX-License-Identifier: GPL-2.0-only */
/* model: sleeping locks; see kernel/lock.c. */
#ifndef _LINUX_MUTEX_H
#define _LINUX_MUTEX_H

#include <linux/list.h>
#include <linux/types.h>

struct task_struct;

struct mutex {
	struct task_struct *owner;
	bool locked;
	struct list_head wait_list;
};

#define __MUTEX_INITIALIZER(name) { NULL, false, LIST_HEAD_INIT(name.wait_list) }
#define DEFINE_MUTEX(name) struct mutex name = __MUTEX_INITIALIZER(name)

void mutex_init(struct mutex *lock);
void mutex_lock(struct mutex *lock);
int mutex_lock_interruptible(struct mutex *lock);
int mutex_trylock(struct mutex *lock);
void mutex_unlock(struct mutex *lock);
#define mutex_destroy(lock) do { (void)(lock); } while (0)

static inline bool mutex_is_locked(struct mutex *lock)
{
	return lock->locked;
}

#endif
