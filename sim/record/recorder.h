/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory that a live system holds, again and again, as a curve for the program `demand`
 * (sim/scenario/series.h reads it).
 *
 * How to use it:
 *  1. One of the record_open_*() functions makes a source.
 *  2. Its read() is called once before there is a file: what cannot be read at all shows there.
 *  3. recorder_run() writes the curve until somebody says stop, time is over, or the source is.
 *  4. record_close().
 */
#ifndef BALLAST_RECORD_RECORDER_H
#define BALLAST_RECORD_RECORDER_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "qmp.h"

#define RECORD_ERROR_SIZE 1024

/* Bytes at one moment. */
struct record_held {
	uint64_t used;			/* all but what is of files */
	uint64_t file;			/* page cache, which could be dropped */
	uint64_t anon, shmem, swap;	/* the parts of @used, if the source knows them */
};

enum record_result {
	RECORD_WELL,
	RECORD_ENDED,			/* there is nothing to be read any more: it holds nothing */
	RECORD_FAILED,			/* error[] says why, in one line */
	RECORD_STOPPED,			/* by *stop */
};

struct record_source {
	enum record_result (*read)(struct record_source *s, struct record_held *held);
	void (*end)(struct record_source *s);	/* NULL: nothing is to be undone */
	const char *name;		/* as the user has it; not owned */
	const volatile sig_atomic_t *stop;	/* not 0: it is to end; not owned */
	bool has_parts;
	int fd;				/* directory or socket */
	struct qmp qmp;			/* guest.c from here on */
	char balloon[256];		/* its path */
	bool polled_by_us;
	char error[RECORD_ERROR_SIZE];
};

/*
 * All return 0, or -1 with s->error, and then there is nothing to be closed.
 *
 * The machine whose files of /proc are in @dir.
 */
int record_open_machine(struct record_source *s, const char *dir);
/* A memory cgroup by its directory, in either hierarchy, with those below it. */
int record_open_group(struct record_source *s, const char *dir);
/* A process by its number as text. */
int record_open_process(struct record_source *s, const char *pid);
/*
 * A guest, by the statistics of its balloon: the QMP socket of its VMM.  Polls them every
 * @interval_ms, but at most once a second, unless they are polled already.
 */
int record_open_guest(struct record_source *s, const char *socket, unsigned int interval_ms);
void record_close(struct record_source *s);

/* Until @deadline_ns (clock.h), or *stop. */
void record_wait(uint64_t deadline_ns, const volatile sig_atomic_t *stop);

struct recorder_options {
	unsigned int interval_ms;
	uint64_t duration_ms;		/* UINT64_MAX: until it is stopped */
};

/*
 * A line for @held, what the source has said first, then one for each interval and one at the end,
 * also if it is to end at once.  RECORD_WELL: time is over, or @out fails, which ferror() tells.
 * @samples: lines without the head.
 */
enum record_result recorder_run(struct record_source *s, const struct record_held *held,
				const struct recorder_options *o, FILE *out, uint64_t *samples);

#endif
