/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What posix.c and posix_memory.c share: the process that a program runs in.
 */
#ifndef BALLAST_POSIX_INTERNAL_H
#define BALLAST_POSIX_INTERNAL_H

#include <time.h>

#include "posix.h"
#include "random.h"

/* One for each process; a task starts with a copy of its parent's. */
struct posix_process {
	const struct posix_program *program;
	bool is_task;			/* of program_run_tasks() */
	unsigned int nr_forked;		/* processes of the program so far, the first one too */
	struct random_stream random;
	uint64_t paused_ns;		/* in hooks */
	uint64_t *io_buffer;		/* for files; NULL until it is needed */
};

extern struct posix_process posix_self;

/* A line on stderr, with the program's name and the process. */
void __attribute__((format(printf, 1, 2))) posix_complain(const char *format, ...);
uint64_t posix_clock_ns(clockid_t clock);
/* A file of the program, for reading; -1 and a message when it cannot be opened. */
int posix_open_file(const char *name);

/* Nothing is mapped; @key makes the contents of this process different from all others'. */
void posix_memory_begin(uint64_t key);
/* Returns -1, with a message, when a mapping cannot be kept from processes forked later. */
int posix_memory_keep_from_children(void);
/* A value that was not used for contents before; for posix_fill(). */
uint64_t posix_new_contents(void);
void posix_fill(uint64_t *words, size_t nr, uint64_t first);

#endif
