// SPDX-License-Identifier: GPL-2.0-only
/*
 * The calls of program.h on the model kernel: what libc, the system call entry and the process
 * are to a program in a real guest.
 *
 * A program's main function runs in the coroutine of a user task; its memory is the task's mm
 * (mm/usermem.h), its files are the guest's.  Killing works as in the kernel: the task leaves
 * from inside the call in which it notices, and never returns to the program.
 *
 * Costs: user_*() charge what the kernel does for a call, faults included.  Charged here is what
 * the program does by itself: reading and writing bytes (COST_PAGE_READ, COST_PAGE_WRITE) and
 * computing.  The process's memory is not only what the program maps: its data and stack
 * (user_mm_create()), its state, and what the programs of both worlds keep to know their contents.
 * Left out: what fork() copies, the program's text.  A private file mapping is put together from
 * its parts, see below.
 */
#include "workload.h"

#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/timer.h>

#include "cpu.h"
#include "hostmem.h"
#include "kernel.h"
#include "kernel/internal.h"
#include "mm/usermem.h"
#include "programs.h"
#include "random.h"

#define EXIT_USAGE 2
#define EXIT_SIGNAL 128
#define SIGNAL_BUS 7
#define SIGNAL_KILL 9
#define SIGNAL_SEGV 11

#define FILE_NAME_SIZE 64

/* A program of the scenario, as long as one of its tasks lives. */
struct program {
	struct program_config config;
	const struct program_info *info;
	struct kernel *kernel;
	unsigned int nr_tasks;		/* alive */
	unsigned int nr_forked;
	bool dying;			/* the first task was killed: the others go, too */
	uint64_t start_ns;
	struct program_result result;
};

/* One process of it: task->program. */
struct program_task {
	struct program *program;
	struct task_struct *task;
	struct program_task *parent;	/* waits for this one; NULL: the first, or an orphan */
	struct list_head children, sibling;
	unsigned int nr_failed;		/* children that did not return 0 */
	unsigned int number;		/* among its siblings */
	uint64_t start_ns;
	uint64_t slept_ns;		/* because the program wanted to */
	uint64_t sleeps_since;		/* ns, 0: it does not sleep so now */
	int (*fn)(unsigned int task, const void *arg);
	const void *arg;
	struct random_stream random;
	struct state_block *state;
	struct contents_table *contents;
	struct file_mapping *files;
};

/*
 * A private, writable mapping of a file: memory of 4 KiB pages whose first write reads the file
 * through the page cache, which is what the copy at a write fault does, but for clearing the new
 * page as well.  Pages are taken to be written upwards: all below @copied have been.
 */
struct file_mapping {
	struct file_mapping *next;
	uint64_t addr, len, copied;
	char name[FILE_NAME_SIZE];
};

/* malloc() maps from here on (M_MMAP_THRESHOLD of glibc). */
#define STATE_MMAP_BYTES (UINT64_C(128) << 10)

/*
 * State is memory of the guest as well: what the program has written of it when a phase begins
 * is touched there.
 */
struct state_block {
	struct state_block *next;
	uint64_t addr, nr_pages;
	unsigned char *touched;
	char bytes[] __attribute__((aligned(16)));
};

/*
 * As posix_memory.c remembers what each page must hold: a table of 4 bytes for a page, 1 MiB in
 * all, for each GiB of addresses in which something was ever mapped.  Here the table is memory
 * that is used for that, and mm/mapping.c knows the contents.
 */
#define CONTENTS_SHIFT 30
#define CONTENTS_BYTES (UINT64_C(1) << (CONTENTS_SHIFT - PAGE_SHIFT) << 2)

struct contents_table {
	struct contents_table *next;
	uint64_t index;
};

static struct program_task *self(void)
{
	return current->program;
}

/* Birth and death */

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
	uint64_t cpu = current->sum_exec_runtime + (v->thread->ran - v->curr_since);

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

static void __noreturn die(int status, bool killed)
{
	task_end(self(), status, killed);
	do_exit(status);
}

/* Where a process looks for SIGKILL: on its way back from the kernel, with the call's result. */
static void return_from_call(int err)
{
	if (err == -EINTR || fatal_signal_pending(current))
		die(EXIT_SIGNAL + SIGNAL_KILL, true);
	if (self()->program->dying)
		die(EXIT_SIGNAL + SIGNAL_KILL, false);
}

static void return_to_program(void)
{
	return_from_call(0);
}

static void task_begin(struct program_task *t)
{
	t->start_ns = t->program->kernel->engine->now;
	if (!user_mm_create(this_kernel, current)) {
		return_to_program();	/* killed, it had no memory either */
		printk("%s: no memory for a process\n", current->comm);
		die(1, false);
	}
	return_to_program();
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
		ns += task->vcpu->thread->ran - task->vcpu->curr_since;
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
	return_to_program();
	return t->nr_failed ? -1 : 0;
}

/* Memory */

static uint64_t mapped(int64_t addr)
{
	return_from_call(addr < 0 ? addr : 0);
	return addr < 0 ? PROGRAM_MAP_FAILED : addr;
}

static int done(int err)
{
	return_from_call(err);
	return err ? -1 : 0;
}

static bool contents_remembered(const struct program_task *t, uint64_t index)
{
	const struct contents_table *table = t->contents;

	while (table && table->index != index)
		table = table->next;
	return table;
}

/* Tables for what was mapped; false: there is no memory for them. */
static bool remember_contents(uint64_t addr, uint64_t len)
{
	struct program_task *t = self();
	uint64_t index;

	for (index = addr >> CONTENTS_SHIFT; index <= (addr + len - 1) >> CONTENTS_SHIFT; index++) {
		struct contents_table *table;
		int64_t at;

		if (contents_remembered(t, index))
			continue;
		at = user_map(current->mm, CONTENTS_BYTES, USER_THP_NOHUGEPAGE, NULL);
		if (at < 0 || user_touch(current->mm, at, CONTENTS_BYTES, true))
			return false;
		table = host_alloc(sizeof(*table));
		table->index = index;
		table->next = t->contents;
		t->contents = table;
	}
	return true;
}

uint64_t program_map(uint64_t bytes, enum program_advice advice)
{
	static const enum user_thp thp[] = {
		[PROGRAM_ADVICE_NONE] = USER_THP_DEFAULT,
		[PROGRAM_ADVICE_HUGEPAGE] = USER_THP_HUGEPAGE,
		[PROGRAM_ADVICE_NOHUGEPAGE] = USER_THP_NOHUGEPAGE,
	};
	int64_t addr = user_map(current->mm, bytes, thp[advice], NULL);

	if (addr >= 0 && !remember_contents(addr, bytes)) {
		user_unmap(current->mm, addr, bytes);
		addr = -ENOMEM;
	}
	return mapped(addr);
}

static struct file_mapping **find_file_mapping(uint64_t addr)
{
	struct file_mapping **f = &self()->files;

	while (*f && addr - (*f)->addr >= (*f)->len)
		f = &(*f)->next;
	return f;
}

/* What is unmapped (with a whole file mapping) or released has to be copied again. */
static void forget_copied(uint64_t addr, uint64_t len, bool unmap)
{
	struct file_mapping **at = find_file_mapping(addr), *f = *at;

	if (!f)
		return;
	if (addr - f->addr < f->copied)
		f->copied = addr - f->addr;
	if (unmap && addr == f->addr && len >= f->len) {
		*at = f->next;
		host_free(f);
	}
}

int program_unmap(uint64_t addr, uint64_t len)
{
	forget_copied(addr, len, true);
	return done(user_unmap(current->mm, addr, len));
}

int program_release(uint64_t addr, uint64_t len)
{
	forget_copied(addr, len, false);
	return done(user_release(current->mm, addr, len));
}

/* The file's part in faults of a private mapping; pages that only are read stay the file's. */
static int fault_file(uint64_t addr, uint64_t len, bool write, bool *only_file)
{
	struct file_mapping *f = *find_file_mapping(addr);
	uint64_t from = addr & PAGE_MASK;
	int err;

	*only_file = false;
	if (!f || addr + len <= f->addr + f->copied)
		return 0;
	if (from < f->addr + f->copied)
		from = f->addr + f->copied;
	err = user_read_file(current->mm, f->name, from - f->addr, addr + len - from);
	if (write)
		f->copied = addr + len - f->addr;
	*only_file = !write && from <= addr;
	return err;
}

static int touch_step(uint64_t addr, uint64_t len, enum program_access access, bool verify)
{
	bool write = access != PROGRAM_READ, only_file;
	int err = fault_file(addr, len, write, &only_file);

	if (err || only_file)
		return err;
	return verify ? user_verify(current->mm, addr, len) :
			user_touch(current->mm, addr, len, write);
}

/*
 * Up to the next 2 MiB boundary at a time, so that others run, and time passes, between them; a
 * huge page still is one step.
 */
static int touch_steps(uint64_t addr, uint64_t len, enum program_access access, bool verify)
{
	uint64_t end = addr + len, next, pages;
	int err;

	for (; addr < end; addr = next) {
		next = (addr / PMD_SIZE + 1) * PMD_SIZE;
		if (next > end)
			next = end;
		err = touch_step(addr, next - addr, access, verify);
		return_from_call(err);
		if (err)
			return err;
		pages = (next - 1) / PAGE_SIZE - addr / PAGE_SIZE + 1;
		if (access == PROGRAM_READ)
			charge(COST_PAGE_READ, pages);
		else if (access == PROGRAM_WRITE)
			charge(COST_PAGE_WRITE, pages);
		cond_resched();
		return_to_program();
	}
	return 0;
}

void program_touch(uint64_t addr, uint64_t len, enum program_access access)
{
	int err = touch_steps(addr, len, access, false);

	if (!err)
		return;
	printk("%s[%d]: cannot access memory at %lx: error %d\n", current->comm, current->pid,
	       (unsigned long)addr, -err);
	die(EXIT_SIGNAL + (err == -EFAULT ? SIGNAL_SEGV : SIGNAL_BUS), false);
}

/* A page that does not hold its token is reported by the host model, and fails the run. */
int program_verify(uint64_t addr, uint64_t len)
{
	return touch_steps(addr, len, PROGRAM_READ, true) ? -1 : 0;
}

/* Files */

static const char *own_file(const char *name, char buf[FILE_NAME_SIZE])
{
	snprintf(buf, FILE_NAME_SIZE, "program-%u/%s", self()->program->config.index, name);
	return buf;
}

uint64_t program_map_file(const char *name, uint64_t bytes)
{
	uint64_t addr = mapped(user_map(current->mm, bytes, USER_THP_NOHUGEPAGE, NULL));
	struct file_mapping *f;

	if (addr == PROGRAM_MAP_FAILED)
		return addr;
	f = host_alloc(sizeof(*f));
	f->addr = addr;
	f->len = PAGE_ALIGN(bytes);
	own_file(name, f->name);
	f->next = self()->files;
	self()->files = f;
	return addr;
}

/* The guest's disk has files of any name and size from the start, and none of them cached. */
int program_create_file(const char *name, uint64_t bytes)
{
	return done(0);
}

int program_read_file(const char *name, uint64_t offset, uint64_t len)
{
	char buf[FILE_NAME_SIZE];

	return done(user_read_file(current->mm, own_file(name, buf), offset, len));
}

int program_write_file(const char *name, uint64_t offset, uint64_t len)
{
	char buf[FILE_NAME_SIZE];

	return done(user_write_file(current->mm, own_file(name, buf), offset, len));
}

/* Time */

struct sleeper {
	struct timer_list timer;
	struct task_struct *task;
	bool expired;
};

static void sleeper_expired(struct timer_list *timer)
{
	struct sleeper *s = container_of(timer, struct sleeper, timer);

	s->expired = true;
	wake_up_process(s->task);
}

/* nanosleep(): ends early only for a process that is to die. */
void program_sleep_ns(uint64_t ns)
{
	struct sleeper s = { .task = current };
	uint64_t since;

	charge(COST_GUEST_SYSCALL, 1);
	cond_resched();
	since = self()->sleeps_since = this_kernel->engine->now;
	timer_setup(&s.timer, sleeper_expired, 0);
	mod_timer_ns(&s.timer, ns);
	while (!s.expired && !fatal_signal_pending(current) && !self()->program->dying) {
		set_current_state(TASK_INTERRUPTIBLE);
		current->wait_reason = "nanosleep";
		current->wait_timed = true;
		schedule();
	}
	current->wait_timed = false;
	del_timer_sync(&s.timer);
	self()->sleeps_since = 0;
	self()->slept_ns += this_kernel->engine->now - since;
	return_to_program();
}

void program_compute_ns(uint64_t ns)
{
	charge_ns(LEDGER_PROGRAM, ns);
	cond_resched();
	return_to_program();
}

/* The vDSO reads the clock without entering the kernel. */
uint64_t program_now_ns(void)
{
	return cpu_local_time();
}

/* What the program is told and tells */

uint64_t program_random(uint64_t bound)
{
	return random_below(&self()->random, bound);
}

static const struct program_arg *find_arg(const char *name, bool text)
{
	const struct program_config *config = &self()->program->config;
	size_t i;

	for (i = 0; i < config->nr_args; i++)
		if (!strcmp(config->args[i].name, name) && !config->args[i].text == !text)
			return &config->args[i];
	printk("%s: argument %s is missing\n", current->comm, name);
	die(EXIT_USAGE, false);
}

uint64_t program_arg_u64(const char *name)
{
	return find_arg(name, false)->value;
}

const char *program_arg_string(const char *name)
{
	return find_arg(name, true)->text;
}

bool program_series_get(uint64_t index, struct program_sample *sample)
{
	const struct program_config *config = &self()->program->config;

	if (index >= config->nr_series)
		return false;
	*sample = config->series[index];
	return true;
}

/* All that is not zero of a state has been touched. */
static void touch_state(struct state_block *block)
{
	static const char zero[PAGE_SIZE];
	uint64_t i;

	for (i = 0; i < block->nr_pages; i++) {
		const char *page = block->bytes + i * PAGE_SIZE;

		if (block->touched[i] || !memcmp(page, zero, PAGE_SIZE))
			continue;
		block->touched[i] = 1;
		return_from_call(user_touch(current->mm, block->addr + i * PAGE_SIZE, PAGE_SIZE,
					    true));
	}
}

void program_phase(const char *name, uint64_t iteration)
{
	struct program *p = self()->program;
	struct state_block *block;

	for (block = self()->state; block; block = block->next)
		touch_state(block);

	cond_resched();
	return_to_program();
	if (p->config.ops->phase)
		p->config.ops->phase(p->config.opaque, p->config.index, name, iteration);
}

void program_work(uint64_t units)
{
	self()->program->result.work += units;
}

void *program_state(uint64_t bytes)
{
	struct program_task *t = self();
	struct state_block *block;

	uint64_t nr_pages = DIV_ROUND_UP(bytes, PAGE_SIZE);
	int64_t addr = 0;

	if (nr_pages > this_kernel->max_pfn)
		return NULL;
	/* Smaller ones are a part of the heap, that is of the process's data. */
	if (bytes >= STATE_MMAP_BYTES) {
		addr = user_map(current->mm, bytes, USER_THP_DEFAULT, NULL);
		return_from_call(addr < 0 ? addr : 0);
		if (addr < 0)
			return NULL;
	}
	block = host_alloc(sizeof(*block) + nr_pages * PAGE_SIZE);
	if (addr) {
		block->addr = addr;
		block->nr_pages = nr_pages;
		block->touched = host_alloc(nr_pages);
	}
	block->next = t->state;
	t->state = block;
	return block->bytes;
}
