// SPDX-License-Identifier: GPL-2.0-only
/*
 * Wait queues and completions.
 *
 * Semantics of kernel/sched/wait.c: waiters are exclusive or not by how they are woken; here
 * all wait alike and wake_up() wakes all of them, as it does with the non-exclusive waiters
 * that wait_event() makes.
 */
#include <linux/completion.h>
#include <linux/kernel.h>
#include <linux/wait.h>

#include "internal.h"

void init_waitqueue_head(struct wait_queue_head *wq)
{
	spin_lock_init(&wq->lock);
	INIT_LIST_HEAD(&wq->head);
}

bool waitqueue_active(struct wait_queue_head *wq)
{
	return !list_empty(&wq->head);
}

void __wait_enter(const char *reason, const char *func, const char *file, int line)
{
	struct task_struct *task = current;

	if (in_atomic())
		__might_sleep(file, line);
	task->wait_reason = reason;
	task->wait_func = func;
	task->wait_file = file;
	task->wait_line = line;
	task->wait_since = kernel_clock(task->kernel);
}

void prepare_to_wait(struct wait_queue_head *wq, struct wait_queue_entry *wait, int state)
{
	unsigned long flags;

	spin_lock_irqsave(&wq->lock, flags);
	wait->task = current;
	if (list_empty(&wait->entry))
		list_add_tail(&wait->entry, &wq->head);
	set_current_state(state);
	spin_unlock_irqrestore(&wq->lock, flags);
}

void finish_wait(struct wait_queue_head *wq, struct wait_queue_entry *wait)
{
	unsigned long flags;

	spin_lock_irqsave(&wq->lock, flags);
	set_current_state(TASK_RUNNING);
	current->wait_since = 0;
	current->wait_file = NULL;
	list_del_init(&wait->entry);
	spin_unlock_irqrestore(&wq->lock, flags);
}

void __wake_up(struct wait_queue_head *wq, unsigned int mode, int nr)
{
	struct wait_queue_entry *wait;
	unsigned long flags;

	spin_lock_irqsave(&wq->lock, flags);
	list_for_each_entry(wait, &wq->head, entry)
		if (wait->task->__state & mode)
			wake_up_process(wait->task);
	spin_unlock_irqrestore(&wq->lock, flags);
}

void complete(struct completion *x)
{
	if (x->done != UINT_MAX)
		x->done++;
	wake_up(&x->wait);
}

void complete_all(struct completion *x)
{
	x->done = UINT_MAX;
	wake_up_all(&x->wait);
}

/* False: another waiter was faster, between the condition's coming true and now. */
static bool completion_take(struct completion *x)
{
	if (!x->done)
		return false;
	if (x->done != UINT_MAX)
		x->done--;
	return true;
}

void wait_for_completion(struct completion *x)
{
	do {
		wait_event(x->wait, x->done);
	} while (!completion_take(x));
}

unsigned long wait_for_completion_timeout(struct completion *x, unsigned long timeout)
{
	long left = timeout;

	do {
		left = wait_event_timeout(x->wait, x->done, left);
	} while (left && !completion_take(x));
	return left;
}

bool completion_done(struct completion *x)
{
	return x->done;
}
