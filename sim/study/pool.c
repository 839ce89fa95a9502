// SPDX-License-Identifier: GPL-2.0-only
/*
 * A pool of child processes.
 *
 * A child dies with its parent (PR_SET_PDEATHSIG), so that nothing goes on when a comparison is
 * killed.
 */
#define _GNU_SOURCE
#include "pool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LOOK_NS 100000000
#define CANNOT_START 127

static void become(const struct pool_job *job, pid_t parent, const sigset_t *mask)
{
	int null = open("/dev/null", O_RDWR);
	int errors = open(job->errors, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent || null < 0 || errors < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(null, STDOUT_FILENO) < 0 || dup2(errors, STDERR_FILENO) < 0)
		_exit(CANNOT_START);
	sigprocmask(SIG_SETMASK, mask, NULL);
	execv(job->path, job->argv);
	_exit(CANNOT_START);
}

/* Whether it runs; if not, its status says so. */
static bool job_start(struct pool_job *job, const sigset_t *mask)
{
	pid_t parent = getpid(), pid = fork();

	if (!pid)
		become(job, parent, mask);
	if (pid > 0) {
		job->pid = pid;
		return true;
	}
	job->status = CANNOT_START;
	return false;
}

static void collect_ended(struct pool *pool)
{
	for (unsigned int i = 0; i < pool->nr; i++) {
		struct pool_job *job = &pool->jobs[i];
		int status;

		if (!job->pid || waitpid(job->pid, &status, WNOHANG) != job->pid)
			continue;
		job->pid = 0;
		job->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		if (pool->ended)
			pool->ended(pool, job);
	}
}

static unsigned int nr_running(const struct pool *pool)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < pool->nr; i++)
		nr += pool->jobs[i].pid != 0;
	return nr;
}

static void tell_all(struct pool *pool, int number)
{
	for (unsigned int i = 0; i < pool->nr; i++)
		if (pool->jobs[i].pid)
			kill(pool->jobs[i].pid, number);
}

void pool_run(struct pool *pool)
{
	const struct timespec a_while = { .tv_nsec = LOOK_NS };
	unsigned int next = 0;
	sigset_t children, mask;
	bool told = false;

	/* The end of a child is waited for, and missed by nobody. */
	sigemptyset(&children);
	sigaddset(&children, SIGCHLD);
	sigprocmask(SIG_BLOCK, &children, &mask);
	for (;;) {
		bool stop = pool->interrupted && *pool->interrupted;

		for (; !stop && next < pool->nr && nr_running(pool) < pool->parallel; next++) {
			if (!job_start(&pool->jobs[next], &mask) && pool->ended)
				pool->ended(pool, &pool->jobs[next]);
		}
		if (stop && !told)
			tell_all(pool, SIGTERM);
		told = stop;
		if (!nr_running(pool))
			break;
		if (pool->look)
			pool->look(pool);
		sigtimedwait(&children, NULL, &a_while);
		collect_ended(pool);
	}
	sigprocmask(SIG_SETMASK, &mask, NULL);
}
