// SPDX-License-Identifier: GPL-2.0-only
/*
 * The processes of a program on the model kernel: how they begin, fork, wait, and end.
 *
 * A program's main function runs in the coroutine of a user task.  Killing works as in the
 * kernel: the task leaves from inside the call in which it notices, and never returns to the
 * program.  Left out: what fork() copies, the program's text.
 */
#include "sim_task.h"

#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "cpu.h"
#include "hostmem.h"
#include "kernel.h"
#include "kernel/internal.h"
#include "mm/usermem.h"

#define SIGNAL_KILL 9

static struct program_task *task_create(struct program *p, int (*main)(void *data))
{
	struct program_task *t = host_alloc(sizeof(*t));
	char stream[128];

	t->task = sched_create_task(p->kernel, p->info->name, main, t, 0);
	if (!t->task) {
		host_free(t);
		return NULL;
	}
	t->program = p;
	t->task->program = t;
	INIT_LIST_HEAD(&t->children);
	INIT_LIST_HEAD(&t->sibling);
	snprintf(stream, sizeof(stream), "program/%s/%u/%s/%u", p->kernel->name, p->config.index,
		 p->info->name, p->nr_forked++);
	random_init(&t->random, p->config.seed, stream);
	p->nr_tasks++;
	return t;
}

/* What the simulator keeps for a task, and with the last one for the program. */
static void task_free(struct program_task *t)
{
	struct program *p = t->program;
	struct program_task *child, *next;

	list_for_each_entry_safe(child, next, &t->children, sibling) {
		child->parent = NULL;
		list_del_init(&child->sibling);
	}
	list_del(&t->sibling);
	while (t->state) {
		struct state_block *block = t->state;

		t->state = block->next;
		host_free(block->touched);
		host_free(block);
	}
	while (t->contents) {
		struct contents_table *table = t->contents;

		t->contents = table->next;
		host_free(table);
	}
	while (t->files) {
		struct file_mapping *f = t->files;

		t->files = f->next;
		host_free(f);
	}
	t->task->program = NULL;
	host_free(t);
	if (!--p->nr_tasks)
		host_free(p);
}

/* Time of its own choice, the sleep that it is in included. */
static uint64_t slept_ns(const struct program_task *t)
{
	uint64_t now = t->program->kernel->engine->now;

	return t->slept_ns + (t->sleeps_since ? now - t->sleeps_since : 0);
}

/* Owed time has passed. */
static void book_task(const struct program_task *t, struct program_result *result)
{
	const struct vcpu *v = current->vcpu;
	uint64_t lived = t->program->kernel->engine->now - t->start_ns;
	uint64_t cpu = current->sum_exec_runtime + (cpu_ran(v->thread) - v->curr_since);

	result->cpu_ns += cpu;
	if (lived > cpu + t->slept_ns)
		result->stalled_ns += lived - cpu - t->slept_ns;
}

/* Those that sleep find out that they are to die. */
static void wake_children(struct program_task *t)
{
	struct program_task *child;

	list_for_each_entry(child, &t->children, sibling)
		if (child->task->__state == TASK_INTERRUPTIBLE)
			wake_up_process(child->task);
}

/* All that the program had is free; whoever has started it may hear of its end now. */
static void program_reaped(struct task_struct *task)
{
	struct program_task *t = task->program;
	struct program *p = t->program;

	if (p->config.ops->ended)
		p->config.ops->ended(p->config.opaque, p->config.index, &p->result);
	task_free(t);
}

/* exit() of a process: its memory goes first, then whoever waits is told. */
static void task_end(struct program_task *t, int status, bool killed)
{
	struct program *p = t->program;
	struct program_task *parent;

	if (current->mm) {
		p->result.min_flt += user_min_flt(current->mm);
		p->result.maj_flt += user_maj_flt(current->mm);
		user_mm_destroy(current->mm);
	}
	cond_resched();
	book_task(t, &p->result);
	p->result.killed |= killed;
	if (!t->fn) {
		p->result.status = status;
		p->dying = killed;
	}
	if (killed)
		wake_children(t);
	parent = t->parent;	/* unless it has died meanwhile */
	if (parent) {
		parent->nr_failed += status != 0;
		list_del_init(&t->sibling);
		if (list_empty(&parent->children))
			wake_up_process(parent->task);
	}
	if (p->nr_tasks == 1) {
		p->result.elapsed_ns = p->kernel->engine->now - p->start_ns;
		current->reaped = program_reaped;
	} else {
		task_free(t);
	}
}

void __noreturn sim_die(int status, bool killed)
{
	task_end(self(), status, killed);
	do_exit(status);
}

void sim_return_from_call(int err)
{
	if (err == -EINTR || fatal_signal_pending(current))
		sim_die(EXIT_SIGNAL + SIGNAL_KILL, true);
	if (self()->program->dying)
		sim_die(EXIT_SIGNAL + SIGNAL_KILL, false);
}

static void task_begin(struct program_task *t)
{
	t->start_ns = t->program->kernel->engine->now;
	if (!user_mm_create(this_kernel, current)) {
		sim_return_from_call(0);	/* killed, it had no memory either */
		printk("%s: no memory for a process\n", current->comm);
		sim_die(1, false);
	}
	sim_return_from_call(0);
}

static int program_main(void *data)
{
	struct program_task *t = data;
	struct program *p = t->program;
	int status;

	p->start_ns = p->kernel->engine->now;
	if (p->config.ops->started)
		p->config.ops->started(p->config.opaque, p->config.index);
	task_begin(t);
	status = p->info->main();
	task_end(t, status, false);
	return status;
}

static int child_main(void *data)
{
	struct program_task *t = data;
	int status;

	task_begin(t);
	status = t->fn(t->number, t->arg);
	task_end(t, status, false);
	return status;
}

struct task_struct *program_start(struct kernel *kernel, const struct program_config *config)
{
	static const struct program_ops no_ops;
	const struct program_info *info = program_find(config->name);
	struct program_task *t;
	struct program *p;

	if (!info)
		return NULL;
	p = host_alloc(sizeof(*p));
	p->config = *config;
	if (!p->config.ops)
		p->config.ops = &no_ops;
	p->info = info;
	p->kernel = kernel;
	t = task_create(p, program_main);
	if (!t) {
		host_free(p);
		return NULL;
	}
	wake_up_process(t->task);
	return t->task;
}

/* CPU time of a task, also of one that is on a vCPU now. */
static uint64_t task_cpu(const struct task_struct *task)
{
	uint64_t ns = task->sum_exec_runtime;

	if (task->on_cpu && task->vcpu && task->vcpu->curr == task)
		ns += cpu_ran(task->vcpu->thread) - task->vcpu->curr_since;
	return ns;
}

bool program_result_now(struct kernel *kernel, unsigned int index, struct program_result *result)
{
	struct task_struct *task;
	bool found = false;

	list_for_each_entry(task, &kernel->sched->tasks, tasks) {
		const struct program_task *t = task->program;
		uint64_t cpu, lived;

		if (!t || t->program->config.index != index)
			continue;
		if (!found) {
			*result = t->program->result;
			result->elapsed_ns = kernel->engine->now - t->program->start_ns;
		}
		found = true;
		cpu = task_cpu(task);
		lived = kernel->engine->now - t->start_ns;
		result->cpu_ns += cpu;
		if (lived > cpu + slept_ns(t))
			result->stalled_ns += lived - cpu - slept_ns(t);
	}
	return found;
}

/* Stacks and memory of the tasks go with the kernel's scheduler and mm. */
void programs_destroy(struct kernel *kernel)
{
	struct task_struct *task;

	list_for_each_entry(task, &kernel->sched->tasks, tasks)
		if (task->program)
			task_free(task->program);
}

/*
 * @arg and what the caller's stack holds stay valid: only the first task gets here, and when it is
 * killed its children end in the call that they are in.
 */
int program_run_tasks(unsigned int nr, int (*fn)(unsigned int task, const void *arg),
		      const void *arg)
{
	struct program_task *t = self(), *child;
	uint64_t since;
	unsigned int i;

	if (t->fn)
		return -1;
	t->nr_failed = 0;
	for (i = 0; i < nr; i++) {
		charge(COST_GUEST_SYSCALL, 1);
		child = task_create(t->program, child_main);
		if (!child) {
			t->nr_failed++;
			break;
		}
		child->parent = t;
		child->number = i;
		child->fn = fn;
		child->arg = arg;
		list_add_tail(&child->sibling, &t->children);
		wake_up_process(child->task);
	}
	cond_resched();
	since = t->sleeps_since = this_kernel->engine->now;
	current->wait_expected = true;	/* one of those says what it waits for */
	while (!list_empty(&t->children) && !fatal_signal_pending(current)) {
		current->wait_reason = "tasks of the program";
		set_current_state(TASK_INTERRUPTIBLE);
		schedule();
	}
	current->wait_expected = false;
	t->sleeps_since = 0;
	t->slept_ns += this_kernel->engine->now - since;
	sim_return_from_call(0);
	return t->nr_failed ? -1 : 0;
}
