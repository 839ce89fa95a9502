/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * `ballast real` as a process, in a directory of its own that looks like what `make real` fills,
 * but has neither QEMU nor a kernel.
 */
#ifndef BALLAST_TEST_REAL_SCRATCH_H
#define BALLAST_TEST_REAL_SCRATCH_H

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char command[PATH_MAX], top[PATH_MAX], scratch[64];
static uid_t run_as;			/* not root; 0: as who runs the test */

/* The command and the sources; says so and returns false when they are not there. */
static inline bool real_scratch_find(void)
{
	const char *build = getenv("BALLAST_BUILD"), *at = getenv("BALLAST_TOP");
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/ballast", build ? build : "build/gcc");
	if (realpath(path, command) && realpath(at ? at : ".", top))
		return true;
	fprintf(stderr, "%s: not found\n", path);
	return false;
}

static inline void write_file(const char *name, const char *text, unsigned int mode)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, mode);

	ck_assert_msg(fd >= 0, "%s cannot be written", name);
	ck_assert_int_eq(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static inline void real_scratch_make(void)
{
	strcpy(scratch, "/tmp/ballast-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(scratch));
	ck_assert_int_eq(chdir(scratch), 0);
	ck_assert(!mkdir("real", 0755) && !mkdir("real/stock", 0755) && !mkdir("tmp", 0755));
	ck_assert(!mkdir("real/modules", 0755) && !mkdir("real/firmware", 0755));
	write_file("real/agent", "agent", 0755);
	write_file("real/stock/order", "", 0644);
	write_file("real/stock/vmlinuz", "kernel", 0644);
	write_file("real/modules/virtio_ballast.ko", "module", 0644);
	setenv("TMPDIR", "tmp", 1);
	unsetenv("BALLAST_REAL");
}

static inline void real_scratch_remove(void)
{
	char line[128];

	snprintf(line, sizeof(line), "rm -rf '%s'", scratch);
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(system(line), 0);
}

static inline unsigned int count_files(const char *path)
{
	DIR *dir = opendir(path);
	unsigned int n = 0;

	ck_assert_ptr_nonnull(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* Start it; standard error goes to the file err. */
static inline pid_t start_real(const char *scenario, const char *arguments)
{
	char line[3 * PATH_MAX];
	pid_t pid;

	snprintf(line, sizeof(line),
		 "exec '%s' real '%s/scenarios/real/%s.dts' --trace x.trace %s 2>err >out",
		 command, top, scenario, arguments);
	fflush(NULL);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (!pid) {
		if (run_as && (setgroups(0, NULL) || setgid(run_as) || setuid(run_as)))
			_exit(126);
		execl("/bin/sh", "sh", "-c", line, NULL);
		_exit(127);
	}
	return pid;
}

/* @text: the first line of standard error; returns the exit status, -1: a signal ended it. */
static inline int end_real(pid_t pid, char *text, size_t size)
{
	int status;
	FILE *f;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	f = fopen("err", "r");
	ck_assert_ptr_nonnull(f);
	if (!fgets(text, size, f))
		text[0] = '\0';
	fclose(f);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static inline int run_real(const char *scenario, const char *arguments, char *text, size_t size)
{
	return end_real(start_real(scenario, arguments), text, size);
}

#endif
