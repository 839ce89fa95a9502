// SPDX-License-Identifier: GPL-2.0-only
/* Scenes played by tasks of the host's kernel; see host_scenes.h. */
#include "host_scenes.h"

#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "host/internal.h"
#include "kernel/internal.h"

static uint64_t hold_ns;

static int hold(void *data)
{
	struct mm_struct *mm = data;

	sched_sleep_ns(hold_ns);
	mmap_write_unlock(mm);
	return 0;
}

void host_scene_hold_mmap_lock(struct kernel *kernel, struct kvm_vm *vm, uint64_t ns)
{
	struct mm_struct *mm = host_kvm_mm(vm->kvm);
	struct coro_context old = kernel_enter(kernel);

	hold_ns = ns;
	mmap_write_lock(mm);
	kthread_run(hold, mm, "holder");
	kernel_leave(old);
}

static char *order_of;
static unsigned int order_size;
static struct wait_queue_head queue;
static bool condition;
static struct work_struct work;

static void note_order(char c)
{
	unsigned int n = strlen(order_of);

	if (n + 1 < order_size)
		order_of[n] = c;
}

static void work_fn(struct work_struct *w)
{
	note_order('j');
}

static int sleeper(void *data)
{
	note_order('a');
	note_order('s');
	wait_event(queue, condition);
	note_order('w');
	schedule_timeout_uninterruptible(2);
	note_order('t');
	schedule_work(&work);
	while (!kthread_should_stop()) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (!kthread_should_stop())
			schedule();
	}
	note_order('k');
	return 0;
}

static int director(void *data)
{
	struct task_struct *task = kthread_run(sleeper, NULL, "sleeper");

	msleep(20);
	note_order('W');
	condition = true;
	wake_up(&queue);
	msleep(40);
	kthread_stop(task);
	note_order('e');
	return 0;
}

void host_scene_tasks(struct kernel *kernel, char *order, unsigned int size)
{
	struct coro_context old = kernel_enter(kernel);

	memset(order, 0, size);
	order_of = order;
	order_size = size;
	init_waitqueue_head(&queue);
	INIT_WORK(&work, work_fn);
	kthread_run(director, NULL, "director");
	kernel_leave(old);
}
