// SPDX-License-Identifier: GPL-2.0-only
/*
 * What goes on in a guest besides the scenario's programs.
 *
 * An idle kernel hardly allocates anything (measured: at most 40 pages in 20 s), but where there
 * are services, agents and monitors a process runs every now and then: it takes memory for itself,
 * page tables and kernel objects, and frees all of it (48 pages already for a shell's "true").
 * When per-CPU lists overflow from that, blocks merge and the clock of page reporting starts,
 * before any program has freed much.  The boot profile says how often.
 *
 * Left out: what these processes read and write, and that some of them stay.
 */
#include "background.h"

#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "hostmem.h"
#include "kernel/internal.h"
#include "mm/usermem.h"
#include "random.h"

struct background {
	struct random_stream random;
	u64 period_ns, bytes;
};

static int process_main(void *data)
{
	const struct background *bg = data;
	int64_t addr;

	if (!user_mm_create(this_kernel, current))
		return -ENOMEM;
	addr = user_map(current->mm, bg->bytes, USER_THP_DEFAULT, NULL);
	if (addr > 0)
		user_touch(current->mm, addr, bg->bytes, true);
	user_mm_destroy(current->mm);
	return 0;
}

static int background_main(void *data)
{
	struct background *bg = data;

	for (;;) {
		struct task_struct *task;

		sched_sleep_ns(random_exp(&bg->random, bg->period_ns));
		task = sched_create_task(this_kernel, "daemon", process_main, bg, 0);
		if (!task)
			continue;
		wake_up_process(task);
		sched_wait_task_exit(task);
	}
	return 0;
}

int background_start(struct kernel *kernel, uint64_t period_ns, uint64_t pages)
{
	struct background *bg = host_alloc(sizeof(*bg));
	struct task_struct *task;

	kernel->background = bg;
	bg->period_ns = period_ns;
	bg->bytes = max_t(u64, pages, 1) * PAGE_SIZE;
	kernel_random(kernel, &bg->random, "background");
	task = sched_create_task(kernel, "cron", background_main, bg, PF_KTHREAD);
	if (!task)
		return -ENOMEM;
	wake_up_process(task);
	return 0;
}
