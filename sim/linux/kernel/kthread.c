// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads of the kernel, as drivers start and stop them (kernel/kthread.c).
 *
 * Left out: kthreadd, which is what really creates them; parking.
 */
#include <linux/kthread.h>

#include <linux/bug.h>
#include <linux/kernel.h>
#include <linux/printk.h>

#include "internal.h"

static struct task_struct *kthread_vcreate(int (*threadfn)(void *data), void *data,
					   const char *fmt, va_list args)
{
	char comm[TASK_COMM_LEN];

	vsnprintf(comm, sizeof(comm), fmt, args);
	return sched_create_task(this_kernel, comm, threadfn, data, PF_KTHREAD);
}

struct task_struct *kthread_create(int (*threadfn)(void *data), void *data, const char *fmt, ...)
{
	struct task_struct *task;
	va_list args;

	va_start(args, fmt);
	task = kthread_vcreate(threadfn, data, fmt, args);
	va_end(args);
	return task ? task : ERR_PTR(-ENOMEM);
}

struct task_struct *kthread_run(int (*threadfn)(void *data), void *data, const char *fmt, ...)
{
	struct task_struct *task;
	va_list args;

	va_start(args, fmt);
	task = kthread_vcreate(threadfn, data, fmt, args);
	va_end(args);
	if (!task)
		return ERR_PTR(-ENOMEM);
	wake_up_process(task);
	return task;
}

/* Before it is woken for the first time. */
void kthread_bind(struct task_struct *task, unsigned int cpu)
{
	if (WARN_ON(cpu >= this_kernel->nr_cpus || task->placed) || !this_kernel->sched->vcpus)
		return;
	task->bound = &this_kernel->sched->vcpus[cpu];
}

bool kthread_should_stop(void)
{
	return current->should_stop;
}

int kthread_stop(struct task_struct *task)
{
	task->should_stop = true;
	wake_up_process(task);
	return sched_wait_task_exit(task);
}
