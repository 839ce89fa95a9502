// SPDX-License-Identifier: GPL-2.0-only
/* Scenes of tasks and processes: turns on a vCPU, birth and death; see kernel_probe.h. */
#include "scenes.h"

#include <linux/kthread.h>
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/sched.h>

#include "cpu.h"
#include "kernel/internal.h"
#include "workload.h"

static bool stop_computing;

static int compute(void *data)
{
	while (!stop_computing) {
		charge_ns(LEDGER_PROGRAM, 100 * 1000);
		cond_resched();
	}
	*(int64_t *)data = current->sum_exec_runtime;
	return 0;
}

int scene_share_cpu(void *unused)
{
	kthread_run(compute, &probe->value[0], "first");
	kthread_run(compute, &probe->value[1], "second");
	msleep(100);
	probe->value[2] = ktime_get();
	stop_computing = true;
	return 0;
}

static int until_stopped(void *data)
{
	while (!kthread_should_stop()) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (!kthread_should_stop())
			schedule();
		set_current_state(TASK_RUNNING);
	}
	note('s');
	msleep(20);
	note('e');
	return 42;
}

int scene_kthread_stop(void *unused)
{
	struct task_struct *task = kthread_run(until_stopped, NULL, "stopped");

	msleep(4);
	note('1');
	probe->value[0] = kthread_stop(task);
	note('2');
	/* One that has not run yet never does. */
	task = kthread_create(until_stopped, NULL, "unborn");
	probe->value[1] = kthread_stop(task);
	return 0;
}

/* Where a new task comes in among so many that run or wait. */
int scene_new_task(void *unused)
{
	struct task_struct *task;
	int64_t unused_runtime[3];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(unused_runtime); i++) {
		task = kthread_run(compute, &unused_runtime[i], "computes");
		probe->value[i] = task->vruntime - current->kernel->sched->min_vruntime;
	}
	stop_computing = true;
	msleep(100);
	return 0;
}

static int compute_long(void *data)
{
	charge_ns(LEDGER_PROGRAM, 60 * 1000 * 1000);
	cond_resched();
	return 0;
}

/* What a wake-up on another vCPU knows of a task that has computed for long. */
int scene_wake_beside_long(void *unused)
{
	struct task_struct *hog = kthread_create(compute_long, NULL, "computes");
	int64_t vruntime;

	kthread_bind(hog, 1);
	wake_up_process(hog);
	probe->value[0] = ktime_get();
	vruntime = hog->vruntime;
	msleep(20);
	kthread_run(compute_long, NULL, "another");
	probe->value[0] = ktime_get() - probe->value[0];
	probe->value[1] = hog->vruntime - vruntime;
	msleep(200);
	return 0;
}

/* The first task of a program is killed @ns after its start, whatever its children do then. */
static void kill_parent_after(u64 ns)
{
	static const struct program_arg args[] = {
		{ .name = "size-mib", .value = 2 }, { .name = "loops", .value = 1 },
		{ .name = "tasks", .value = 2 }, { .name = "madvise", .text = "none" },
	};
	const struct program_config config = { .name = "page-fault1", .args = args,
					       .nr_args = ARRAY_SIZE(args) };
	struct program_result result;
	struct task_struct *parent = program_start(current->kernel, &config);

	sched_sleep_ns(ns);
	if (!program_result_now(current->kernel, 0, &result)) {
		note('e');
		return;
	}
	parent->oom_victim = true;
	wake_up_process(parent);
	msleep(20);
	probe->value[0]++;
	probe->value[1] += program_result_now(current->kernel, 0, &result);
}

int scene_kill_parent(void *unused)
{
	u64 ns;

	for (ns = 0; !probe->order[0]; ns += 20 * 1000)
		kill_parent_after(ns);
	return 0;
}
