/* SPDX-License-Identifier: GPL-2.0-only */
/* model: kernel threads; see kernel/sched.c. */
#ifndef _LINUX_KTHREAD_H
#define _LINUX_KTHREAD_H

#include <linux/err.h>
#include <linux/sched.h>

struct task_struct *kthread_create(int (*threadfn)(void *data), void *data, const char *fmt, ...)
	__printf(3, 4);
struct task_struct *kthread_run(int (*threadfn)(void *data), void *data, const char *fmt, ...)
	__printf(3, 4);
void kthread_bind(struct task_struct *task, unsigned int cpu);
bool kthread_should_stop(void);
int kthread_stop(struct task_struct *task);

#endif
