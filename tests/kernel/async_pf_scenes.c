// SPDX-License-Identifier: GPL-2.0-only
/* Tasks of a guest that use pages which the host has swapped out; see async_pf_scenes.h. */
#include "async_pf_scenes.h"

#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/timer.h>

#include "cpu.h"
#include "guest.h"
#include "kernel/internal.h"
#include "ram.h"

static struct async_pf_scene *scene;
static struct timer_list timer;
static bool all_done;

static void timer_fn(struct timer_list *unused)
{
	scene->timer_ran = ktime_get();
}

static int compute(void *unused)
{
	while (!all_done) {
		charge_ns(LEDGER_PROGRAM, 100 * 1000);
		cond_resched();
		scene->computed = current->sum_exec_runtime;
	}
	return 0;
}

static void use_page(unsigned int i)
{
	struct guest_ram *ram = this_kernel->vm->ram;
	unsigned long flags = 0;

	if (scene->from == FROM_IRQS_OFF)
		local_irq_save(flags);
	coro_current->ctx.user_mode = scene->from == FROM_USER;
	guest_ram_check(ram, gfn(scene->gfn[i]), 1, ASYNC_PF_TOKEN + i, current->comm);
	coro_current->ctx.user_mode = false;
	if (scene->from == FROM_IRQS_OFF)
		local_irq_restore(flags);
}

static int user(void *data)
{
	unsigned int i = (unsigned long)data;
	u64 start = ktime_get();

	use_page(scene->same_page ? 0 : i);
	scene->waited[i] = ktime_get() - start;
	all_done = ++scene->nr_done == scene->nr_tasks;
	return 0;
}

static int begin(void *unused)
{
	unsigned long i;

	if (scene->timer_at) {
		timer_setup(&timer, timer_fn, 0);
		mod_timer_ns(&timer, scene->timer_at - this_kernel->engine->now);
	}
	for (i = 0; i < scene->nr_tasks; i++)
		kthread_run(user, (void *)i, "user/%lu", i);
	if (scene->computes)
		kthread_run(compute, NULL, "computes");
	return 0;
}

static void no_boot(void *opaque, const char *error)
{
}

struct kernel *async_pf_guest(struct engine *engine, struct kvm_vm *vm, struct async_pf_scene *s)
{
	struct guest_config config = { .name = "guest", .booted = no_boot, .engine = engine,
				       .vm = vm };
	struct kernel *kernel;
	unsigned int i;

	scene = s;
	mm_config_default(&config.mm, guest_ram_pages(vm->ram), vm->nr_vcpus);
	config.mm.thp = THP_NEVER;
	config.user.no_kswapd = true;
	kernel = guest_kernel_create(&config);
	/* The last pages, which the kernel has not given to anybody yet. */
	for (i = 0; i < s->nr_tasks; i++) {
		s->gfn[i] = guest_ram_pages(vm->ram) - 1 - i;
		guest_ram_write(vm->ram, gfn(s->gfn[i]), 1, ASYNC_PF_TOKEN + i);
	}
	sched_start(kernel);
	guest_kernel_run(kernel, "begin", begin, NULL);
	return kernel;
}
