// SPDX-License-Identifier: GPL-2.0-only
/*
 * Locks with their real blocking rules.
 *
 * A spinlock is held across owed time only when its holder lets some pass (a guest page fault
 * on the host, say); others then spin until it is free.  Otherwise contention shows as time:
 * the spans in which a lock is held do not overlap (struct cpu_lock_times).  Taking a sleeping
 * lock in atomic context is reported as CONFIG_DEBUG_ATOMIC_SLEEP does.
 */
#include <linux/bug.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/srcu.h>

#include "internal.h"

#define SPIN_STEP_NS 1000

void __spin_lock_contended(spinlock_t *lock)
{
	if (lock->owner == coro_current)
		__spin_lock_bad(lock, "spinlock taken twice by the same task");
	if (!coro_current->ctx.thread)
		__spin_lock_bad(lock, "spinlock is held, and nobody runs who could release it");
	while (lock->owner) {
		charge_ns(LEDGER_LOCK_SPIN, SPIN_STEP_NS);
		cpu_sync();
	}
}

void __spin_lock_bad(spinlock_t *lock, const char *what)
{
	kernel_bug("spinlock", 0, what);
}

void __spin_unlock_time(spinlock_t *lock)
{
	/* One vCPU alone cannot contend with itself. */
	if (coro_current->ctx.kernel && coro_current->ctx.kernel->nr_cpus > 1)
		cpu_lock_end(&lock->times, lock->taken_at);
}

/* Waiters of sleeping locks, in order. */
struct lock_waiter {
	struct list_head entry;
	struct task_struct *task;
	bool granted;
	bool write;
};

static void lock_sleep(struct list_head *list, struct lock_waiter *w, const char *reason)
{
	w->task = current;
	current->wait_since = kernel_clock(current->kernel);
	list_add_tail(&w->entry, list);
	while (!w->granted) {
		current->wait_reason = reason;
		set_current_state(TASK_UNINTERRUPTIBLE);
		schedule();
	}
	current->wait_since = 0;
}

static void grant(struct lock_waiter *w)
{
	list_del_init(&w->entry);
	w->granted = true;
	wake_up_process(w->task);
}

void mutex_init(struct mutex *lock)
{
	lock->owner = NULL;
	lock->locked = false;
	INIT_LIST_HEAD(&lock->wait_list);
}

void mutex_lock(struct mutex *lock)
{
	struct lock_waiter w = { .granted = false };

	if (in_atomic())
		__might_sleep("mutex_lock()", 0);
	if (lock->locked && lock->owner == current)
		kernel_bug("mutex", 0, "mutex taken twice by the same task");
	if (lock->locked) {
		current->wait_mutex = lock;
		lock_sleep(&lock->wait_list, &w, "mutex");
		current->wait_mutex = NULL;
	}
	lock->locked = true;
	lock->owner = current;
}

int mutex_lock_interruptible(struct mutex *lock)
{
	mutex_lock(lock);
	return 0;
}

int mutex_trylock(struct mutex *lock)
{
	if (lock->locked)
		return 0;
	lock->locked = true;
	lock->owner = current;
	return 1;
}

void mutex_unlock(struct mutex *lock)
{
	if (!lock->locked || lock->owner != current)
		kernel_bug("mutex", 0, "mutex released by another than its owner");
	lock->owner = NULL;
	if (list_empty(&lock->wait_list)) {
		lock->locked = false;
		return;
	}
	/* Handed over while locked: nobody can come in between. */
	grant(list_first_entry(&lock->wait_list, struct lock_waiter, entry));
}

void init_rwsem(struct rw_semaphore *sem)
{
	sem->readers = 0;
	sem->writer = false;
	INIT_LIST_HEAD(&sem->wait_list);
}

static bool rwsem_free_for(const struct rw_semaphore *sem, bool write)
{
	return !sem->writer && (!write || !sem->readers);
}

static void rwsem_take(struct rw_semaphore *sem, bool write)
{
	if (write)
		sem->writer = true;
	else
		sem->readers++;
}

static void rwsem_down(struct rw_semaphore *sem, bool write, const char *reason)
{
	struct lock_waiter w = { .write = write };

	if (in_atomic())
		__might_sleep(reason, 0);
	if (rwsem_free_for(sem, write) && list_empty(&sem->wait_list))
		rwsem_take(sem, write);
	else
		lock_sleep(&sem->wait_list, &w, reason);
}

static int rwsem_try(struct rw_semaphore *sem, bool write)
{
	if (!rwsem_free_for(sem, write) || !list_empty(&sem->wait_list))
		return 0;
	rwsem_take(sem, write);
	return 1;
}

static void rwsem_grant(struct rw_semaphore *sem)
{
	while (!list_empty(&sem->wait_list)) {
		struct lock_waiter *w = list_first_entry(&sem->wait_list, struct lock_waiter,
							 entry);

		if (!rwsem_free_for(sem, w->write))
			break;
		rwsem_take(sem, w->write);
		grant(w);
	}
}

void down_read(struct rw_semaphore *sem)
{
	rwsem_down(sem, false, "rwsem, for read");
}

void down_write(struct rw_semaphore *sem)
{
	rwsem_down(sem, true, "rwsem, for write");
}

int down_read_trylock(struct rw_semaphore *sem)
{
	return rwsem_try(sem, false);
}

int down_write_trylock(struct rw_semaphore *sem)
{
	return rwsem_try(sem, true);
}

void up_read(struct rw_semaphore *sem)
{
	sem->readers--;
	rwsem_grant(sem);
}

void up_write(struct rw_semaphore *sem)
{
	sem->writer = false;
	rwsem_grant(sem);
}

void rcu_read_lock(void)
{
	preempt_disable();
	if (this_kernel && this_kernel->sched)
		this_kernel->sched->rcu_readers++;
}

void rcu_read_unlock(void)
{
	if (this_kernel && this_kernel->sched)
		this_kernel->sched->rcu_readers--;
	preempt_enable();
}

/* A grace period: at least a tick, and until no reader is left. */
void synchronize_rcu(void)
{
	if (!coro_current->ctx.thread)
		return;
	if (in_atomic())
		__might_sleep("synchronize_rcu()", 0);
	do {
		current->wait_reason = "RCU grace period";
		schedule_timeout_uninterruptible(1);
	} while (this_kernel->sched->rcu_readers);
}

void synchronize_srcu(struct srcu_struct *ssp)
{
	if (in_atomic())
		__might_sleep("synchronize_srcu()", 0);
	while (ssp->readers && coro_current->ctx.thread) {
		current->wait_reason = "SRCU grace period";
		schedule_timeout_uninterruptible(1);
	}
}
