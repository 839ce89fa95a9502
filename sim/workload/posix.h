/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Running guest programs (programs.h) as processes of a real Linux; for whoever starts them.
 *
 * How to use it:
 *  1. posix_shared_create() before the fork, one for each run of a program.
 *  2. fork(); in the child, which must have one thread, posix_program_main() and then _exit()
 *     with what it returns.  It can be called once in a process.  A process that lacks an
 *     argument, or that the kernel kills, ends inside it.
 *  3. When all processes of the program are gone, read the shared results and
 *     posix_shared_destroy().
 *
 * Messages go to stderr, one line each: "NAME[PID]: what".
 */
#ifndef BALLAST_POSIX_H
#define BALLAST_POSIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "program.h"
#include "programs.h"

#define POSIX_EXIT_USAGE 2	/* an argument is missing or is not a number */

/* An argument as the scenario names it; the text of a number is decimal. */
struct posix_arg {
	const char *name;
	const char *value;
};

/* What all processes of a program write; read it when they are gone. */
struct posix_shared {
	uint64_t work;		/* in the unit of its struct program_info */
	uint64_t paused_ns;	/* that the first process spent in hooks */
	uint32_t tasks_killed;	/* processes of program_run_tasks() that SIGKILL ended */
};

/*
 * Called in the process that the event belongs to; may block.  The time that passes in a hook is
 * not the program's: program_now_ns() stands still.  Any may be NULL.
 */
struct posix_hooks {
	void (*phase)(void *opaque, const char *name, uint64_t iteration);
	/* A value that the program has measured.  Takes no time worth mentioning. */
	void (*measured)(void *opaque, enum program_measure what, uint64_t value);
	/* The process has no more to do: that of a task, or the first one before `ended`. */
	void (*leaves)(void *opaque);
	/* The main function has returned; the memory of the process is still there. */
	void (*ended)(void *opaque, int status);
};

/* All that it points to must stay until the process ends. */
struct posix_program {
	const struct program_info *info;
	const char *guest;	/* with index, info->name and seed it names the random numbers */
	unsigned int index;	/* of the program in its guest */
	uint64_t seed;
	const struct posix_arg *args;
	size_t nr_args;
	const struct program_sample *series;
	size_t nr_series;
	const char *directory;	/* for its files; must exist */
	const struct posix_hooks *hooks;
	void *opaque;
	struct posix_shared *shared;
};

/* Returns NULL, with errno set, when there is no memory. */
struct posix_shared *posix_shared_create(void);
void posix_shared_destroy(struct posix_shared *shared);

/* Returns the exit status of the program's main function. */
int posix_program_main(const struct posix_program *program);

#endif
