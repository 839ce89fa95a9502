// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tasks that wait without a timeout: who, since when, where, and for whom.
 *
 * As khungtaskd of kernel/hung_task.c (Linux 6.1) looks for tasks that have slept uninterruptibly
 * for hung_task_timeout_secs, with two differences: interruptible waits of kernel code count, since
 * nobody here sends a signal, and a wait_event() counts from its start, not from the last wake-up
 * that found its condition false.  Left out of account is who is idle by nature (a worker without
 * work, kswapd, a thread of a module's that sleeps interruptibly by schedule() and not for a
 * condition) and who waits for another task to end: the other one tells.
 */
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/string.h>

#include "internal.h"

static u64 waits_since(const struct task_struct *task)
{
	if (task->wait_since)
		return task->wait_since;
	/* One that has not run yet waits since it was made. */
	return task->blocked_since ? task->blocked_since : task->start_time;
}

/* As the main loop of a kthread() does between two pieces of work. */
static bool idles(const struct task_struct *task)
{
	return task->flags & PF_KTHREAD && task->__state == TASK_INTERRUPTIBLE &&
	       !task->wait_since && !task->wait_mutex;
}

static bool waits(const struct task_struct *task)
{
	return task->__state != TASK_RUNNING && task->__state != TASK_DEAD && !task->on_rq &&
	       !task->on_cpu && !task->wait_timed && !task->wait_expected && !idles(task);
}

static const char *file_name(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path;
}

static unsigned int print_wait(const struct task_struct *task, char *buf, unsigned int size)
{
	u64 ms = (kernel_clock(task->kernel) - waits_since(task)) / NSEC_PER_MSEC_U64;
	unsigned int n = scnprintf(buf, size, "%s/%s waits", task->kernel->name, task->comm);

	n += scnprintf(buf + n, size - n, " for %llu.%03llu s", ms / 1000, ms % 1000);
	if (task->wait_file)
		n += scnprintf(buf + n, size - n, " in %s() (%s:%d)", task->wait_func,
			       file_name(task->wait_file), task->wait_line);
	return n + scnprintf(buf + n, size - n, ": %s",
			     task->wait_reason ? task->wait_reason : "?");
}

/* A mutex has an owner; who that is, and what that one does. */
static unsigned int print_holder(const struct task_struct *task, char *buf, unsigned int size)
{
	const struct task_struct *owner = task->wait_mutex ? task->wait_mutex->owner : NULL;
	unsigned int n;

	if (!owner)
		return 0;
	n = scnprintf(buf, size, ", held by %s", owner->comm);
	if (waits(owner))
		return n + scnprintf(buf + n, size - n, ", which waits, too");
	return n + scnprintf(buf + n, size - n, ", which %s",
			     owner->__state == TASK_RUNNING ? "runs" : "sleeps");
}

unsigned int sched_report_blocked(struct kernel *kernel, u64 longer_ns, char *buf,
				  unsigned int size)
{
	struct task_struct *task;
	unsigned int nr = 0, used = 0;

	if (size)
		buf[0] = '\0';
	list_for_each_entry(task, &kernel->sched->tasks, tasks) {
		if (!waits(task) || kernel_clock(kernel) - waits_since(task) < longer_ns)
			continue;
		if (nr)
			used += scnprintf(buf + used, size - used, "; ");
		used += print_wait(task, buf + used, size - used);
		used += print_holder(task, buf + used, size - used);
		nr++;
	}
	return nr;
}
