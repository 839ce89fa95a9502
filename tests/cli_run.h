/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What tests of the command as a process share: where it is, a directory for each test, and files
 * in that.  How a process is started differs from suite to suite, and is with them.
 */
#ifndef BALLAST_TEST_CLI_RUN_H
#define BALLAST_TEST_CLI_RUN_H

#include <check.h>
#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OUTPUT_MAX (1 << 20)

static char command[PATH_MAX], top[PATH_MAX], scratch[64];

/* What a process has printed. */
struct output {
	int status;
	char *out, *err;
	unsigned int err_lines;
};

static inline struct output output_of(int status, char *out, char *err)
{
	struct output o = { .status = status, .out = out, .err = err };

	for (char *at = err; (at = strchr(at, '\n')); at++)
		o.err_lines++;
	return o;
}

static inline void output_free(struct output *o)
{
	free(o->out);
	free(o->err);
}

/* Files */

/* From its beginning, and closed. */
static inline char *slurp(FILE *f, size_t *size)
{
	char *text = malloc(OUTPUT_MAX + 1);

	rewind(f);
	*size = fread(text, 1, OUTPUT_MAX, f);
	text[*size] = '\0';
	fclose(f);
	return text;
}

static inline char *read_file(const char *name, size_t *size)
{
	FILE *f = fopen(name, "r");

	ck_assert_msg(f != NULL, "%s does not exist", name);
	return slurp(f, size);
}

static inline void write_file(const char *name, const void *bytes, size_t size)
{
	FILE *f = fopen(name, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(bytes, 1, size, f), size);
	ck_assert_int_eq(fclose(f), 0);
}

static inline unsigned int count_files(void)
{
	DIR *dir = opendir(".");
	unsigned int n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* Into a new directory. */
static inline void enter_empty_scratch(void)
{
	strcpy(scratch, "/tmp/ballast-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(scratch));
	ck_assert_int_eq(chdir(scratch), 0);
}

/* The same, with the scenario first.dts. */
static inline void enter_scratch(void)
{
	char path[PATH_MAX + 32], *text;
	size_t size;

	enter_empty_scratch();
	snprintf(path, sizeof(path), "%s/scenarios/first.dts", top);
	text = read_file(path, &size);
	write_file("first.dts", text, size);
	free(text);
}

static inline void leave_scratch(void)
{
	char line[128];

	snprintf(line, sizeof(line), "rm -r %s", scratch);
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(system(line), 0);
}

/* The environment */

/* Tests change the directory: what the environment names is made absolute. */
static inline bool absolute(const char *variable, const char *fallback, char path[PATH_MAX])
{
	const char *value = getenv(variable);

	return realpath(value ? value : fallback, path) != NULL;
}

/* For test_suite(): where things are.  False: there is no build to test, which has been said. */
static inline bool cli_environment(void)
{
	char build[PATH_MAX], images[PATH_MAX];

	if (!absolute("BALLAST_TOP", ".", top) ||
	    !absolute("BALLAST_BUILD", "build/gcc", build) ||
	    !absolute("BALLAST_IMAGES", "build/gcc/images", images)) {
		fprintf(stderr, "there is no build to test\n");
		return false;
	}
	snprintf(command, sizeof(command), "%.4000s/ballast", build);
	setenv("BALLAST_IMAGES", images, 1);
	return true;
}

#endif
