/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Processes side by side: so many at a time, in the order of the list, until all have ended.
 */
#ifndef BALLAST_STUDY_POOL_H
#define BALLAST_STUDY_POOL_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

struct pool_job {
	const char *path;		/* what is executed */
	char **argv;
	const char *errors;		/* file for its standard error; its output goes nowhere */
	pid_t pid;			/* 0: does not run */
	int status;			/* exit status, or 128 + the signal that ended it */
};

struct pool {
	struct pool_job *jobs;
	unsigned int nr, parallel;
	/* A signal that asks for the end: those that run are told, no more are started. */
	const volatile sig_atomic_t *interrupted;
	/* Called when a job has ended, and every now and then; may be NULL. */
	void (*ended)(struct pool *pool, struct pool_job *job);
	void (*look)(struct pool *pool);
	void *opaque;
};

void pool_run(struct pool *pool);

#endif
