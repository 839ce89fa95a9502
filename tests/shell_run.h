/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Command lines of a shell in a test, and what was installed in its directory; with cli_run.h.
 */
#ifndef BALLAST_TEST_SHELL_RUN_H
#define BALLAST_TEST_SHELL_RUN_H

#include <stdarg.h>
#include <sys/wait.h>

#include "cli_run.h"

#define SHELL_LINE_SIZE (4 * PATH_MAX)

/* What the command line has printed on both streams; its status is in @status. */
__attribute__((format(printf, 2, 3)))
static inline char *shell(int *status, const char *fmt, ...)
{
	char line[SHELL_LINE_SIZE];
	size_t size;
	va_list args;
	FILE *out = fopen("said", "w+");
	int ret;

	va_start(args, fmt);
	ck_assert_int_lt(vsnprintf(line, sizeof(line), fmt, args), sizeof(line));
	va_end(args);
	setenv("LINE", line, 1);
	ret = system("eval \"$LINE\" >said 2>&1");
	*status = WIFEXITED(ret) ? WEXITSTATUS(ret) : -1;
	return slurp(out, &size);
}

/* A command line that has to end well. */
static inline void well(const char *line)
{
	int status;
	char *said = shell(&status, "%s", line);

	ck_assert_msg(status == 0, "%s: status %d: %.2000s", line, status, said);
	free(said);
}

/* "ballast WORDS" has status 2, says one line with @says in it, and leaves no file. */
static inline void refused_in_a_line(const char *words, const char *says)
{
	unsigned int files;
	char *said;
	int status;

	write_file("said", "", 0);
	files = count_files();
	said = shell(&status, "'%s' %s", command, words);
	ck_assert_msg(status == 2, "%s: %d: %.2000s", words, status, said);
	ck_assert_msg(strstr(said, says) != NULL, "%s: %.2000s", words, said);
	ck_assert_msg(strchr(said, '\n') == said + strlen(said) - 1, "%s: %.2000s", words, said);
	ck_assert_uint_eq(count_files(), files);
	free(said);
}

/*
 * A goal of the Makefile, with d/p below the working directory as the prefix.  Products are there:
 * none is built here, whatever flags it was built with.
 */
static inline void make_quietly(const char *goal)
{
	char line[SHELL_LINE_SIZE];
	int len = strrchr(command, '/') - command;

	snprintf(line, sizeof(line), "env -u MAKEFLAGS -u MAKELEVEL make -s -C '%s' O='%.*s' "
		 "-o '%s' -o images DESTDIR=$PWD/d PREFIX=/p %s", top, len, command, command,
		 goal);
	well(line);
}

static inline void install_here(void)
{
	make_quietly("install");
}

#endif
