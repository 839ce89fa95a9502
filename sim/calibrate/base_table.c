// SPDX-License-Identifier: GPL-2.0-only
/*
 * See base_table.h.  The parser of scenarios takes whole ones: the table is included by the
 * smallest that there is, in a directory that goes with it.
 */
#define _GNU_SOURCE
#include "base_table.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "directory.h"

#define FILE_NAME "/table.dts"

static int write_scenario(const char *path, const char *table, char *error, size_t error_size)
{
	FILE *f = fopen(path, "w");

	if (f) {
		fprintf(f, "/dts-v1/;\n/include/ \"%s\"\n"
			"/ {\n\tcompatible = \"ballast,scenario\";\n"
			"\tdescription = \"a cost table\";\n"
			"\thost { compatible = \"ballast,host\"; memory-mib = <1024>; "
			"cpus = <1>; };\n"
			"\tguest { compatible = \"ballast,guest\"; memory-mib = <64>; };\n"
			"};\n", table);
		if (!fclose(f))
			return 0;
	}
	snprintf(error, error_size, "%s: cannot be written: %s", path, strerror(errno));
	return -1;
}

/*
 * Errors are of the table: what includes it is nobody's.  It heads the lines, and dtc finds there
 * what goes wrong behind the table's end.
 */
static void copy_errors(const char *text, const char *path, const char *file, char *error,
			size_t error_size)
{
	FILE *out = fmemopen(error, error_size, "w");
	size_t len = strlen(path);
	bool begins = true;

	if (!out)
		abort();
	while (*text) {
		if (strncmp(text, path, len)) {
			begins = *text == '\n';
			fputc(*text++, out);
			continue;
		}
		fputs(begins ? file : "its end:", out);
		text += begins ? len : len + strcspn(text + len, " ");
		begins = false;
	}
	fclose(out);
}

static int load(struct base_table *base, const char *file, const char *table, const char *path,
		const char *include_dir, char *error, size_t error_size)
{
	const struct scenario_args args = { .file = path, .include_dir = include_dir };
	const char *slash = strrchr(file, '/');

	if (write_scenario(path, table, error, error_size))
		return -1;
	snprintf(base->name, sizeof(base->name), "%s", slash ? slash + 1 : file);
	if (!scenario_load(&base->scenario, &args))
		return 0;
	copy_errors(scenario_error_text(&base->scenario), path, file, error, error_size);
	scenario_free(&base->scenario);
	return -1;
}

int base_table_load(struct base_table *base, const char *file, const char *include_dir,
		    char *error, size_t error_size)
{
	char dir[PATH_MAX], path[PATH_MAX + sizeof(FILE_NAME)];
	char *table = realpath(file, NULL);
	int ret = -1;

	if (!table || access(table, R_OK)) {
		snprintf(error, error_size, "%s: cannot be read: %s", file, strerror(errno));
	} else if (strpbrk(table, "\"\\\n")) {
		snprintf(error, error_size, "%s: a device tree cannot include a file of this name; "
			 "allowed: one without quotes and backslashes", file);
	} else if (!real_directory_create(dir, sizeof(dir), error, error_size)) {
		snprintf(path, sizeof(path), "%s" FILE_NAME, dir);
		ret = load(base, file, table, path, include_dir, error, error_size);
		real_directory_remove(dir);
	}
	free(table);
	return ret;
}

void base_table_free(struct base_table *base)
{
	scenario_free(&base->scenario);
}
