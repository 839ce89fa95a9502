/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All that a guest program can ask for.
 *
 * Programs include this header and nothing else but the compiler's stdint.h, stddef.h and
 * stdbool.h.  The same sources run on the model kernel (sim.c) and, linked with an implementation
 * over POSIX, as a static binary in a real guest: so nothing here may say which of the two it is.
 *
 * How a program is written:
 *  1. Its main function (programs.h) returns its exit status: 0, or 1 after a call failed.
 *  2. Memory has addresses, but a program never follows them: it says what it reads and writes.
 *  3. Calls fail as they do for a process: a mapping may be refused, a file unreadable.  A
 *     process that is killed (OOM killer, access without a mapping, swap that cannot be read)
 *     ends inside whatever call it is in; that call does not return.
 *  4. No static variables: tasks and instances of one program would share them in one world only.
 */
#ifndef BALLAST_PROGRAM_H
#define BALLAST_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROGRAM_MIB (UINT64_C(1) << 20)
#define PROGRAM_NSEC_PER_USEC UINT64_C(1000)
#define PROGRAM_NSEC_PER_MSEC UINT64_C(1000000)
#define PROGRAM_NSEC_PER_SEC UINT64_C(1000000000)
#define PROGRAM_MAP_FAILED UINT64_C(0)

/* Advice on huge pages for a mapping: madvise(MADV_HUGEPAGE), madvise(MADV_NOHUGEPAGE). */
enum program_advice { PROGRAM_ADVICE_NONE, PROGRAM_ADVICE_HUGEPAGE, PROGRAM_ADVICE_NOHUGEPAGE };

enum program_access {
	PROGRAM_READ,		/* every byte */
	PROGRAM_WRITE,		/* every byte gets new contents, as with memset() */
	PROGRAM_WRITE_BYTE,	/* one byte of every page: new contents, but hardly any time */
};

/*
 * Memory.  Lengths are bytes; a mapping covers whole pages.  Results are 0 or a negative number.
 *
 * program_map() maps anonymous memory and returns its address or PROGRAM_MAP_FAILED.
 * program_map_file() maps a file from its start, private and writable.
 * program_touch() goes once over [addr, addr + len), page by page upwards.
 * program_verify() reads and compares with what program_touch() wrote last, and is negative when
 * they differ; pages that were never written or were released are zero (or what the file holds).
 * program_release() gives the pages back and keeps the mapping: madvise(MADV_DONTNEED).
 */
uint64_t program_map(uint64_t bytes, enum program_advice advice);
uint64_t program_map_file(const char *name, uint64_t bytes);
int program_unmap(uint64_t addr, uint64_t len);
void program_touch(uint64_t addr, uint64_t len, enum program_access access);
int program_verify(uint64_t addr, uint64_t len);
int program_release(uint64_t addr, uint64_t len);

/*
 * Files, by name, in a directory of the program's own; through the page cache.
 *
 * program_create_file() returns when a file of that size is on the disk and nothing of it is in
 * the page cache; one that is there already is taken as it is.
 * program_drop_file() asks for the pages of a range to leave the page cache, and the file stays as
 * it is: posix_fadvise(POSIX_FADV_DONTNEED).  Dirty pages and parts of pages stay.
 */
int program_create_file(const char *name, uint64_t bytes);
int program_read_file(const char *name, uint64_t offset, uint64_t len);
int program_write_file(const char *name, uint64_t offset, uint64_t len);
int program_drop_file(const char *name, uint64_t offset, uint64_t len);

/*
 * What an administrator can ask the kernel for; 0, or negative when it refuses.
 *
 * program_compact() has it move pages until what is free is in blocks as large as can be.
 * program_memory_block() takes a block of memory offline, or back online.
 */
int program_compact(void);
int program_memory_block(uint64_t block, bool online);

/* Time.  program_now_ns() counts from an arbitrary moment and never goes back. */
void program_sleep_ns(uint64_t ns);
void program_compute_ns(uint64_t ns);
uint64_t program_now_ns(void);

/*
 * Compute until program_now_ns() is @time_ns, or a little later; returns how much was done.  The
 * unit is the world's, the same for all calls: of the time that passed, what was the program's.
 */
uint64_t program_work_until(uint64_t time_ns);

/* Uniform in [0, bound), bound > 0.  Each task has a sequence of its own, fixed by the seed. */
uint64_t program_random(uint64_t bound);

/* Arguments; asking for one that was not given ends the program with status 2. */
uint64_t program_arg_u64(const char *name);
const char *program_arg_string(const char *name);

/* The time series that the program was given, if any. */
struct program_sample {
	uint64_t time_ns;	/* from the start of the series, never going back */
	uint64_t value;
	uint64_t file;		/* the same of files; 0 when the series does not say */
};

/* Returns false when there is no sample of that index. */
bool program_series_get(uint64_t index, struct program_sample *sample);

/* For the record: a new phase begins; that many more units (pages, say) of work are done. */
void program_phase(const char *name, uint64_t iteration);
void program_work(uint64_t units);

/*
 * For the record: something that the program has measured of itself.  All tasks of a program
 * measure the same.
 */
enum program_measure {
	PROGRAM_LATENCY,	/* ns from a request to its answer */
	PROGRAM_BANDWIDTH,	/* MB/s of one pass over memory */
	PROGRAM_QUANTUM,	/* work done in a span of time, as of program_work_until() */
};
void program_measured(enum program_measure what, uint64_t value);

/*
 * Zeroed memory for the program's own bookkeeping, gone with the process; NULL when there is
 * none.  It is meant to be small beside what the program maps.
 */
void *program_state(uint64_t bytes);

/*
 * Run fn(task, arg) for task 0 .. nr - 1, each in a process of its own (fork), and wait for all
 * of them.  They see the caller's variables as they are at the call and change their own copies
 * only.  Returns 0 when all of them returned 0.  Not for such a task itself.
 */
int program_run_tasks(unsigned int nr, int (*fn)(unsigned int task, const void *arg),
		      const void *arg);

#endif
