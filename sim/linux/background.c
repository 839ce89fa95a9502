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
 * Where they are there all the time and only wake up, they take no memory.  In both cases they use
 * their programs and libraries, which so stay in the page cache, and come back when the kernel had
 * to drop them; mapped files are not modelled, so this is read().
 *
 * Left out: what these processes write, and that some of them stay.
 */
#include "background.h"

#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "hostmem.h"
#include "kernel/internal.h"
#include "mm/internal.h"
#include "mm/usermem.h"
#include "random.h"

struct background {
	struct random_stream random;
	u64 period_ns, bytes, file_bytes;
};

static void read_files(const struct background *bg)
{
	if (bg->file_bytes)
		user_read_file(current->mm, BACKGROUND_FILES, 0, bg->file_bytes);
}

static int process_main(void *data)
{
	const struct background *bg = data;
	int64_t addr;

	if (!user_mm_create(this_kernel, current))
		return -ENOMEM;
	read_files(bg);
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
		if (!bg->bytes) {
			kernel_active_touch();
			read_files(bg);
			continue;
		}
		task = sched_create_task(this_kernel, "daemon", process_main, bg, 0);
		if (!task)
			continue;
		wake_up_process(task);
		sched_wait_task_exit(task);
	}
	return 0;
}

int background_start(struct kernel *kernel, uint64_t period_ns, uint64_t pages, uint64_t files)
{
	struct background *bg = host_alloc(sizeof(*bg));
	struct task_struct *task;

	kernel->background = bg;
	bg->period_ns = period_ns;
	bg->file_bytes = files * PAGE_SIZE;
	bg->bytes = pages * PAGE_SIZE;
	kernel_random(kernel, &bg->random, "background");
	task = sched_create_task(kernel, "cron", background_main, bg, PF_KTHREAD);
	if (!task)
		return -ENOMEM;
	wake_up_process(task);
	return 0;
}
