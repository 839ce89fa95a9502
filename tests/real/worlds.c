// SPDX-License-Identifier: GPL-2.0-only
/*
 * See worlds.h.
 */
#include "worlds.h"

#include <check.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "boot.h"
#include "cli.h"

static char dir[64];

void worlds_begin(void)
{
	const char *top = getenv("BALLAST_TOP");
	char path[PATH_MAX];

	strcpy(dir, "/tmp/ballast-same-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/scenarios", top ? top : ".");
	setenv("BALLAST_SCENARIOS", path, 0);
	setenv("BALLAST_IMAGES", boot_file("../images"), 0);
}

void worlds_end(void)
{
	struct dirent *entry;
	char path[PATH_MAX];
	DIR *d = opendir(dir);

	while (d && (entry = readdir(d))) {
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		if (entry->d_name[0] != '.')
			unlink(path);
	}
	if (d)
		closedir(d);
	rmdir(dir);
}

const char *worlds_file(const char *name, const char *what)
{
	static char paths[8][PATH_MAX];
	static unsigned int next;
	char *path = paths[next++ % ARRAY_LEN(paths)];

	snprintf(path, PATH_MAX, "%s/%s.%s", dir, name, what);
	return path;
}

pid_t worlds_start(int (*main_of)(int argc, char **argv), const char *const *words)
{
	const char *argv[64];
	int argc = 0, status;
	pid_t pid;

	while (words[argc])
		argv[argc] = words[argc], argc++;
	argv[argc] = NULL;
	fflush(NULL);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (!pid) {
		status = main_of(argc, (char **)argv);
		fflush(NULL);
		_exit(status);
	}
	return pid;
}

void worlds_run(int (*main_of)(int argc, char **argv), const char *const *words)
{
	pid_t pid = worlds_start(main_of, words);
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status) && !WEXITSTATUS(status), "ballast %s %s: status %#x",
		      words[0], words[1], status);
}

static const char *scenario_of(const char *name)
{
	static char file[PATH_MAX];

	snprintf(file, sizeof(file), "%s/real/%s.dts", getenv("BALLAST_SCENARIOS"), name);
	return file;
}

const char *worlds_simulated(const char *name, int seed)
{
	char what[16], number[8];
	const char *file = scenario_of(name), *trace;

	snprintf(number, sizeof(number), "%d", seed);
	snprintf(what, sizeof(what), "sim%d", seed);
	trace = worlds_file(name, what);
	worlds_run(cmd_run, (const char *const[]){ "run", file, "--quiet", "--seed", number,
						   "--trace", trace, NULL });
	return trace;
}

const char *worlds_real_with(const char *name, int nr, const char *option)
{
	const char *accel = getenv("BALLAST_ACCEL"), *file = scenario_of(name), *trace;
	char what[16];

	snprintf(what, sizeof(what), "real%d", nr);
	trace = worlds_file(name, what);
	worlds_run(cmd_real, (const char *const[]){ "real", file, "--quiet", "--trace", trace,
						    "--accel", accel ? accel : "tcg", option,
						    NULL });
	return trace;
}

const char *worlds_real(const char *name, int nr)
{
	return worlds_real_with(name, nr, NULL);
}
