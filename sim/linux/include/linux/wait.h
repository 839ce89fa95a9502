/* SPDX-License-Identifier: GPL-2.0-only */
/* model: wait queues; see kernel/wait.c. */
#ifndef _LINUX_WAIT_H
#define _LINUX_WAIT_H

#include <linux/compiler.h>
#include <linux/list.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

struct wait_queue_entry {
	struct task_struct *task;
	struct list_head entry;
};

typedef struct wait_queue_head {
	struct list_head head;		/* of entries */
	spinlock_t lock;
} wait_queue_head_t;

#define __WAIT_QUEUE_HEAD_INITIALIZER(name)                                                        \
	{ .lock = __SPIN_LOCK_UNLOCKED(name.lock), .head = LIST_HEAD_INIT(name.head) }
#define DECLARE_WAIT_QUEUE_HEAD(name)                                                              \
	struct wait_queue_head name = __WAIT_QUEUE_HEAD_INITIALIZER(name)

void init_waitqueue_head(struct wait_queue_head *wq);
bool waitqueue_active(struct wait_queue_head *wq);
void prepare_to_wait(struct wait_queue_head *wq, struct wait_queue_entry *wait, int state);
void finish_wait(struct wait_queue_head *wq, struct wait_queue_entry *wait);
void __wake_up(struct wait_queue_head *wq, unsigned int mode, int nr);
/* What reports of waiting tasks say of this one, until finish_wait(). */
void __wait_enter(const char *reason, const char *func, const char *file, int line);

#define wake_up(wq) __wake_up(wq, TASK_NORMAL, 1)
#define wake_up_all(wq) __wake_up(wq, TASK_NORMAL, 0)
#define wake_up_interruptible(wq) __wake_up(wq, TASK_INTERRUPTIBLE, 1)
#define wake_up_interruptible_all(wq) __wake_up(wq, TASK_INTERRUPTIBLE, 0)

/*
 * Returns jiffies left (at least 1 when the condition came true), 0 on timeout.  @text is the
 * condition as it is written: the outermost macro makes it, before others in it are expanded.
 */
#define ___wait_event(wq, condition, text, state, timeout)                                         \
	({                                                                                         \
		struct wait_queue_entry __wait = { .entry = LIST_HEAD_INIT(__wait.entry) };        \
		long __left = (timeout);                                                           \
		__wait_enter(text, __func__, __FILE__, __LINE__);                                  \
		for (;;) {                                                                         \
			prepare_to_wait(&(wq), &__wait, state);                                    \
			if (condition) {                                                           \
				__left = __left ? __left : 1;                                      \
				break;                                                             \
			}                                                                          \
			if (!__left)                                                               \
				break;                                                             \
			__left = schedule_timeout(__left);                                         \
		}                                                                                  \
		finish_wait(&(wq), &__wait);                                                       \
		__left;                                                                            \
	})

#define wait_event(wq, condition)                                                                  \
	((void)___wait_event(wq, condition, #condition, TASK_UNINTERRUPTIBLE,                      \
			     MAX_SCHEDULE_TIMEOUT))
#define wait_event_timeout(wq, condition, timeout)                                                 \
	___wait_event(wq, condition, #condition, TASK_UNINTERRUPTIBLE, timeout)
#define __wait_event_interruptible(wq, condition, text)                                            \
	((void)___wait_event(wq, condition, text, TASK_INTERRUPTIBLE, MAX_SCHEDULE_TIMEOUT), 0)
#define wait_event_interruptible(wq, condition)                                                    \
	__wait_event_interruptible(wq, condition, #condition)
#define wait_event_interruptible_timeout(wq, condition, timeout)                                   \
	___wait_event(wq, condition, #condition, TASK_INTERRUPTIBLE, timeout)
#define wait_event_freezable(wq, condition)                                                        \
	__wait_event_interruptible(wq, condition, #condition)
/* Nobody freezes tasks here. */
#define wait_event_freezable_timeout(wq, condition, timeout)                                       \
	wait_event_interruptible_timeout(wq, condition, timeout)
#define wait_event_killable(wq, condition)                                                         \
	__wait_event_interruptible(wq, condition, #condition)

#endif
