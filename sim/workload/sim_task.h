/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What sim_task.c and sim.c share: the processes that a program runs in.
 */
#ifndef BALLAST_SIM_TASK_H
#define BALLAST_SIM_TASK_H

#include <linux/list.h>
#include <linux/sched.h>

#include "programs.h"
#include "random.h"
#include "workload.h"

/* Exit status of one that a signal ended: this, and the signal's number. */
#define EXIT_SIGNAL 128

#define SIM_FILE_NAME_SIZE 64

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
	char name[SIM_FILE_NAME_SIZE];
};

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

/* See remember_contents(). */
struct contents_table {
	struct contents_table *next;
	uint64_t index;
};

static inline struct program_task *self(void)
{
	return current->program;
}

/* The calling task leaves; @killed: not because of what it did itself. */
void __noreturn sim_die(int status, bool killed);
/*
 * Where a process looks for SIGKILL: on its way back from the kernel, with the call's result, or
 * 0.  Does not return when there is one.
 */
void sim_return_from_call(int err);

#endif
