// SPDX-License-Identifier: GPL-2.0-only
/*
 * The calls of program.h on the model kernel: what libc and the system call entry are to a
 * program in a real guest.  Its processes are in sim_task.c; their memory is the task's mm
 * (mm/usermem.h), their files are the guest's.
 *
 * Costs: user_*() charge what the kernel does for a call, faults included.  Charged here, and only
 * here, is what the program does by itself: reading and writing bytes (COST_PAGE_READ and
 * COST_PAGE_WRITE) and computing.  The process's memory is not only what the program maps: its data
 * and stack (user_mm_create()), its state, and what the programs of both worlds keep to know their
 * contents.
 * A private file mapping is put together from its parts, see sim_task.h.
 */
#include "sim_task.h"

#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/string.h>
#include <linux/timer.h>

#include "hostmem.h"
#include "kernel.h"
#include "kernel/internal.h"
#include "mm/usermem.h"

#define EXIT_USAGE 2
#define SIGNAL_BUS 7
#define SIGNAL_SEGV 11

/* malloc() maps from here on (M_MMAP_THRESHOLD of glibc). */
#define STATE_MMAP_BYTES (UINT64_C(128) << 10)

/*
 * As posix_memory.c remembers what each page must hold: a table of 4 bytes for a page, 1 MiB in
 * all, for each GiB of addresses in which something was ever mapped.  Here the table is memory
 * that is used for that, and mm/mapping.c knows the contents.
 */
#define CONTENTS_SHIFT 30
#define CONTENTS_BYTES (UINT64_C(1) << (CONTENTS_SHIFT - PAGE_SHIFT) << 2)

/* Memory */

static uint64_t mapped(int64_t addr)
{
	sim_return_from_call(addr < 0 ? addr : 0);
	return addr < 0 ? PROGRAM_MAP_FAILED : addr;
}

static int done(int err)
{
	sim_return_from_call(err);
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

/* One byte of a page takes no time. */
static void charge_access(uint64_t addr, uint64_t len, enum program_access access)
{
	uint64_t pages = (addr + len - 1) / PAGE_SIZE - addr / PAGE_SIZE + 1;

	if (access == PROGRAM_READ)
		charge(COST_PAGE_READ, pages);
	else if (access == PROGRAM_WRITE)
		charge(COST_PAGE_WRITE, pages);
}

static int touch_step(uint64_t addr, uint64_t len, enum program_access access, bool verify)
{
	bool write = access != PROGRAM_READ, only_file;
	int err = fault_file(addr, len, write, &only_file);

	if (err || only_file)
		return err;	/* COST_GUEST_FILE includes the reading */
	err = verify ? user_verify(current->mm, addr, len) :
		       user_touch(current->mm, addr, len, write);
	if (!err)
		charge_access(addr, len, access);
	return err;
}

/*
 * Up to the next 2 MiB boundary at a time, so that others run, and time passes, between them; a
 * huge page still is one step.
 */
static int touch_steps(uint64_t addr, uint64_t len, enum program_access access, bool verify)
{
	uint64_t end = addr + len, next;
	int err;

	for (; addr < end; addr = next) {
		next = (addr / PMD_SIZE + 1) * PMD_SIZE;
		if (next > end)
			next = end;
		err = touch_step(addr, next - addr, access, verify);
		sim_return_from_call(err);
		if (err)
			return err;
		cond_resched();
		sim_return_from_call(0);
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
	sim_die(EXIT_SIGNAL + (err == -EFAULT ? SIGNAL_SEGV : SIGNAL_BUS), false);
}

/* A page that does not hold its token is reported by the host model, and fails the run. */
int program_verify(uint64_t addr, uint64_t len)
{
	return touch_steps(addr, len, PROGRAM_READ, true) ? -1 : 0;
}

/* Files */

static const char *own_file(const char *name, char buf[SIM_FILE_NAME_SIZE])
{
	snprintf(buf, SIM_FILE_NAME_SIZE, "program-%u/%s", self()->program->config.index, name);
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
	char buf[SIM_FILE_NAME_SIZE];

	return done(user_read_file(current->mm, own_file(name, buf), offset, len));
}

int program_write_file(const char *name, uint64_t offset, uint64_t len)
{
	char buf[SIM_FILE_NAME_SIZE];

	return done(user_write_file(current->mm, own_file(name, buf), offset, len));
}

int program_drop_file(const char *name, uint64_t offset, uint64_t len)
{
	char buf[SIM_FILE_NAME_SIZE];

	return done(user_drop_file(own_file(name, buf), offset, len));
}

/* What an administrator asks for */

int program_compact(void)
{
	charge(COST_GUEST_SYSCALL, 1);
	return done(user_compact());
}

int program_memory_block(uint64_t block, bool online)
{
	int err;

	charge(COST_GUEST_SYSCALL, 1);
	err = user_memory_block(block, online);
	if (err && err != -EINTR)
		printk("%s: memory%llu cannot be set %s: error %d\n", current->comm,
		       (unsigned long long)block, online ? "online" : "offline", err);
	return done(err);
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
	sim_return_from_call(0);
}

void program_compute_ns(uint64_t ns)
{
	charge_ns(LEDGER_PROGRAM, ns);
	cond_resched();
	sim_return_from_call(0);
}

/* Ever shorter steps, since a step that is interrupted takes longer than it has work. */
#define WORK_STEP_NS UINT64_C(1000)

uint64_t program_work_until(uint64_t time_ns)
{
	uint64_t now, step, left, work = 0;

	while ((now = program_now_ns()) < time_ns) {
		left = time_ns - now;
		step = left <= WORK_STEP_NS ? left : max(left / 2, WORK_STEP_NS);
		program_compute_ns(step);
		work += step;
	}
	return work;
}

/* The vDSO reads the guest's clock, which stands still in a pause, without entering the kernel. */
uint64_t program_now_ns(void)
{
	return cpu_local_time() - (this_kernel->engine->now - kernel_clock(this_kernel));
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
	sim_die(EXIT_USAGE, false);
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
		sim_return_from_call(user_touch(current->mm, block->addr + i * PAGE_SIZE,
						PAGE_SIZE, true));
	}
}

void program_phase(const char *name, uint64_t iteration)
{
	struct program *p = self()->program;
	struct state_block *block;

	for (block = self()->state; block; block = block->next)
		touch_state(block);

	cond_resched();
	sim_return_from_call(0);
	if (p->config.ops->phase)
		p->config.ops->phase(p->config.opaque, p->config.index, name, iteration);
}

void program_work(uint64_t units)
{
	self()->program->result.work += units;
}

void program_measured(enum program_measure what, uint64_t value)
{
	struct program *p = self()->program;

	if (p->config.ops->measured)
		p->config.ops->measured(p->config.opaque, p->config.index, what, value);
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
		sim_return_from_call(addr < 0 ? addr : 0);
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
