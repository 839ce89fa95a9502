/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Running guest programs on the model kernel; for whoever builds the machine.
 *
 * How to use it:
 *  1. program_start() once the guest has booted, from an event or any coroutine.  The program is
 *     a user task (or several) of that kernel; what the configuration points to must stay until
 *     ended() is called or programs_destroy() returns.
 *  2. The callbacks run in the coroutine of a task of the program, with all owed time passed: the
 *     engine's clock is the time of what they report.  They must not block.
 *  3. programs_destroy() before sched_destroy(): for programs that were cut short with their
 *     guest.
 *
 * Needs no header of libc and none of the kernel.
 */
#ifndef BALLAST_WORKLOAD_H
#define BALLAST_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "program.h"

struct kernel;
struct task_struct;

/* An argument as the scenario names it, "size-mib": a number unless there is a text. */
struct program_arg {
	const char *name;
	const char *text;
	uint64_t value;
};

struct program_result {
	int status;		/* as the shell has it: 128 + signal when killed */
	bool killed;		/* by the OOM killer: the program or one of its tasks */
	uint64_t work;		/* in the unit of its struct program_info */
	uint64_t cpu_ns;	/* on vCPUs, all its tasks together */
	uint64_t elapsed_ns;	/* from its first instruction to the end of its last task */
	/* Neither running nor asleep by its own will: waited for memory, a disk or a CPU. */
	uint64_t stalled_ns;
	uint64_t min_flt, maj_flt;
};

/* Any of them may be NULL. */
struct program_ops {
	void (*started)(void *opaque, unsigned int index);
	void (*phase)(void *opaque, unsigned int index, const char *phase, uint64_t iteration);
	/* At the end of what was measured, though the task may owe time. */
	void (*measured)(void *opaque, unsigned int index, enum program_measure what,
			 uint64_t value);
	/* All its tasks have ended and their memory is free. */
	void (*ended)(void *opaque, unsigned int index, const struct program_result *result);
};

struct program_config {
	const char *name;		/* in the table of programs.h */
	unsigned int index;		/* of the program in its guest */
	const struct program_arg *args;
	size_t nr_args;
	const struct program_sample *series;
	size_t nr_series;
	uint64_t seed;			/* of the run */
	const struct program_ops *ops;
	void *opaque;
};

/* Returns NULL when there is no such program or no stack for it. */
struct task_struct *program_start(struct kernel *kernel, const struct program_config *config);
void programs_destroy(struct kernel *kernel);
/* What program @index has done so far; false: it does not run. */
bool program_result_now(struct kernel *kernel, unsigned int index, struct program_result *result);

#endif
