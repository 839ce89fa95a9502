// SPDX-License-Identifier: GPL-2.0-only
/*
 * Work queues.
 *
 * Semantics of kernel/workqueue.c (Linux 6.1): a work item runs at most once at a time, on a
 * worker thread of its queue; when all workers sleep and work waits, another worker is made, up
 * to the queue's max_active.  Left out: pools shared between queues, CPU affinity, rescuers
 * (making a worker does not allocate guest memory here).
 */
#include <linux/bug.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/string.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "hostmem.h"
#include "internal.h"

#define MAX_ACTIVE_DEFAULT 256

struct workqueue_struct {
	struct list_head node;
	struct kernel *kernel;
	char name[24];
	unsigned int flags;
	int max_active;
	int nr_workers, nr_idle, nr_running;
	struct list_head pending;
	struct list_head active;	/* struct active_work */
	struct wait_queue_head more;	/* workers wait for work */
	struct wait_queue_head done;	/* flushers wait for the end of work */
	bool dying;
	const void *creator;		/* where alloc_workqueue() was called */
};

struct workqueue_struct *__system_workqueue(int which)
{
	return this_kernel->sched->system_wqs[which];
}

void __init_work(struct work_struct *work, work_func_t func)
{
	INIT_LIST_HEAD(&work->entry);
	work->func = func;
	work->pending = false;
	work->nr_cancels = 0;
	work->wq = NULL;
}

/* A work function under way.  It may have freed its work item: only the address counts. */
struct active_work {
	struct list_head entry;
	struct work_struct *work;
	work_func_t func;
};

static bool work_running(const struct work_struct *work)
{
	struct active_work *active;

	if (work->wq)
		list_for_each_entry(active, &work->wq->active, entry)
			if (active->work == work)
				return true;
	return false;
}

static struct work_struct *next_work(struct workqueue_struct *wq)
{
	struct work_struct *work;

	if (wq->nr_running >= wq->max_active)
		return NULL;
	list_for_each_entry(work, &wq->pending, entry)
		if (!work_running(work))
			return work;
	return NULL;
}

static void provide_worker(struct workqueue_struct *wq);

static void run_one(struct workqueue_struct *wq, struct work_struct *work)
{
	struct active_work active = { .work = work, .func = work->func };

	list_del_init(&work->entry);
	work->pending = false;
	list_add_tail(&active.entry, &wq->active);
	wq->nr_running++;
	/* Who queued more may have counted on this worker. */
	if (next_work(wq))
		provide_worker(wq);
	coro_current->ctx.cause = coro_current->ctx.batch = 0;
	work->func(work);
	wq->nr_running--;
	list_del(&active.entry);
	if (in_atomic())
		__might_sleep("work function returned in atomic context", 0);
	wake_up_all(&wq->done);
}

static int worker_main(void *data)
{
	struct workqueue_struct *wq = data;
	struct work_struct *work;

	for (;;) {
		wq->nr_idle++;
		current->wait_expected = true;
		wait_event(wq->more, (work = next_work(wq)) || wq->dying);
		current->wait_expected = false;
		wq->nr_idle--;
		if (!work)
			break;
		run_one(wq, work);
	}
	wq->nr_workers--;
	wake_up_all(&wq->done);
	return 0;
}

static void provide_worker(struct workqueue_struct *wq)
{
	struct task_struct *task;

	if (wq->nr_idle) {
		wake_up(&wq->more);
		return;
	}
	if (wq->nr_workers >= wq->max_active)
		return;
	task = kthread_create(worker_main, wq, "kworker/%s", wq->name);
	if (IS_ERR(task))
		return;		/* those that exist will come to it */
	wq->nr_workers++;
	wake_up_process(task);
}

struct workqueue_struct *alloc_workqueue(const char *fmt, unsigned int flags, int max_active, ...)
{
	struct workqueue_struct *wq = host_alloc(sizeof(*wq));
	va_list args;

	va_start(args, max_active);
	vsnprintf(wq->name, sizeof(wq->name), fmt, args);
	va_end(args);
	wq->kernel = this_kernel;
	wq->creator = __builtin_return_address(0);
	wq->flags = flags;
	wq->max_active = max_active ? max_active : MAX_ACTIVE_DEFAULT;
	INIT_LIST_HEAD(&wq->pending);
	INIT_LIST_HEAD(&wq->active);
	init_waitqueue_head(&wq->more);
	init_waitqueue_head(&wq->done);
	list_add_tail(&wq->node, &this_kernel->sched->workqueues);
	return wq;
}

bool queue_work(struct workqueue_struct *wq, struct work_struct *work)
{
	if (work->pending || work->nr_cancels)
		return false;
	if (wq->dying) {
		kernel_warn("workqueue", 0, "work queued on a queue that is being destroyed");
		return false;
	}
	work->pending = true;
	work->wq = wq;
	list_add_tail(&work->entry, &wq->pending);
	provide_worker(wq);
	return true;
}

static void delayed_work_timer(struct timer_list *timer)
{
	struct delayed_work *dwork = from_timer(dwork, timer, timer);

	dwork->work.pending = false;
	queue_work(dwork->wq, &dwork->work);
}

void __init_delayed_work(struct delayed_work *dwork, work_func_t func)
{
	__init_work(&dwork->work, func);
	timer_setup(&dwork->timer, delayed_work_timer, 0);
	dwork->wq = NULL;
}

bool queue_delayed_work(struct workqueue_struct *wq, struct delayed_work *dwork,
			unsigned long delay)
{
	if (dwork->work.pending || dwork->work.nr_cancels)
		return false;
	if (!delay)
		return queue_work(wq, &dwork->work);
	dwork->work.pending = true;
	dwork->wq = dwork->work.wq = wq;
	mod_timer(&dwork->timer, jiffies + delay);
	return true;
}

/* Take a work item back that has not begun. */
static bool grab_pending(struct work_struct *work)
{
	bool pending = work->pending;

	list_del_init(&work->entry);
	work->pending = false;
	return pending;
}

bool cancel_delayed_work(struct delayed_work *dwork)
{
	del_timer(&dwork->timer);
	return grab_pending(&dwork->work);
}

bool mod_delayed_work(struct workqueue_struct *wq, struct delayed_work *dwork,
		      unsigned long delay)
{
	bool pending = cancel_delayed_work(dwork);

	queue_delayed_work(wq, dwork, delay);
	return pending;
}

bool cancel_work_sync(struct work_struct *work)
{
	bool pending = grab_pending(work);

	might_sleep();
	if (work_running(work)) {
		work->nr_cancels++;
		wait_event(work->wq->done, !work_running(work));
		work->nr_cancels--;
	}
	return pending;
}

bool cancel_delayed_work_sync(struct delayed_work *dwork)
{
	del_timer(&dwork->timer);
	return cancel_work_sync(&dwork->work);
}

bool flush_work(struct work_struct *work)
{
	/* Not so a delayed one whose timer is armed: nothing is queued yet. */
	bool busy = !list_empty(&work->entry) || work_running(work);

	might_sleep();
	if (busy)
		wait_event(work->wq->done,
			   list_empty(&work->entry) && !work_running(work));
	return busy;
}

bool flush_delayed_work(struct delayed_work *dwork)
{
	if (del_timer(&dwork->timer)) {
		dwork->work.pending = false;
		queue_work(dwork->wq, &dwork->work);
	}
	return flush_work(&dwork->work);
}

void flush_workqueue(struct workqueue_struct *wq)
{
	wait_event(wq->done, list_empty(&wq->pending) && !wq->nr_running);
}

void drain_workqueue(struct workqueue_struct *wq)
{
	flush_workqueue(wq);
}

void destroy_workqueue(struct workqueue_struct *wq)
{
	drain_workqueue(wq);
	wq->dying = true;
	wake_up_all(&wq->more);
	wait_event(wq->done, !wq->nr_workers);
	list_del(&wq->node);
	host_free(wq);
}

work_func_t delayed_work_func(const struct timer_list *timer)
{
	if (timer->function != delayed_work_timer)
		return NULL;
	return container_of(timer, struct delayed_work, timer)->work.func;
}

void workqueues_visit(struct kernel *kernel,
		      void (*work)(void *opaque, work_func_t func, const char *what),
		      void (*queue)(void *opaque, const void *creator, const char *name),
		      void *opaque)
{
	const struct workqueue_struct *wq;
	const struct active_work *active;
	const struct work_struct *pending;

	list_for_each_entry(wq, &kernel->sched->workqueues, node) {
		queue(opaque, wq->creator, wq->name);
		list_for_each_entry(pending, &wq->pending, entry)
			work(opaque, pending->func, "queued");
		list_for_each_entry(active, &wq->active, entry)
			work(opaque, active->func, "running");
	}
}

int workqueue_init(struct kernel *kernel)
{
	static const char *const names[] = { "events", "events_freez", "events_unbnd",
					     "events_long" };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		kernel->sched->system_wqs[i] = alloc_workqueue("%s", WQ_FREEZABLE, 0, names[i]);
	return 0;
}

void workqueue_destroy_all(struct kernel *kernel)
{
	struct workqueue_struct *wq, *next;

	list_for_each_entry_safe(wq, next, &kernel->sched->workqueues, node)
		host_free(wq);
}
