// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tasks of the host's kernel: each is a thread on the host's CPUs (host-model/cpu.c).
 *
 * A guest's task shares its vCPUs with others, which is what sched.c decides; between the threads
 * of the host the host's scheduler does.  Threads of VMMs and vCPUs that have entered the kernel
 * (host/entry.c) are tasks as well, for as long as that lasts, with the thread that they have.
 * What these tasks take of memory is part of the host's kernel-reserve-mib.
 */
#include <linux/kernel.h>
#include <linux/sched.h>

#include "host.h"
#include "hostmem.h"
#include "internal.h"

void host_task_init(struct task_struct *task)
{
	struct host *host = task->kernel->host;

	task->thread = host_alloc(sizeof(*task->thread));
	cpu_thread_init(task->thread, &host->cpus, task->comm, task->co, &host->kswapd_account);
	task->blocked = true;
}

void host_task_free(struct task_struct *task)
{
	if (task->thread->state != CPU_THREAD_DEAD)
		cpu_thread_kill(task->thread);
	host_free(task->thread);
}

void host_task_schedule(struct task_struct *task)
{
	struct cpu_thread *thread = task->thread;

	task->blocked_since = kernel_clock(task->kernel);
	if (task->__state == TASK_RUNNING)
		cpu_sync();
	thread->wait_forever = task->wait_expected || task->wait_timed;
	while (task->__state != TASK_RUNNING) {
		task->blocked = true;
		cpu_block(task->wait_reason ? task->wait_reason : "a wake-up in the host's kernel");
		task->blocked = false;
	}
	thread->wait_forever = false;
}

/* One that is not asleep yet sees that it is runnable, and does not fall asleep. */
void host_task_wake(struct task_struct *task)
{
	if (task->blocked)
		cpu_wake(task->thread);
	task->blocked = false;
}
