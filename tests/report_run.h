/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the suites of reports share: lines for the shell in a directory for each test, and numbers
 * of a page against those of JSON.
 */
#ifndef BALLAST_TEST_REPORT_RUN_H
#define BALLAST_TEST_REPORT_RUN_H

#include <check.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli_run.h"

#define LINE_SIZE 8192
#define REPORT_MAX (1 << 20)

/* A line for the shell, in which $B is the command; what it prints goes to out and err. */
static inline int shell(const char *line)
{
	char whole[LINE_SIZE];
	int status;

	setenv("B", command, 1);
	snprintf(whole, sizeof(whole), "( %s ) >out 2>err", line);
	status = system(whole);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static inline void well(const char *line)
{
	size_t size;
	int status = shell(line);

	ck_assert_msg(!status, "%s: status %d: %s", line, status, read_file("err", &size));
}

/* Status 2, and one line that has @text. */
static inline void refused(const char *line, const char *text)
{
	size_t size;
	int status = shell(line);
	char *err = read_file("err", &size);

	ck_assert_msg(status == 2, "%s: status %d", line, status);
	ck_assert_msg(strstr(err, text) != NULL, "%s: %s", line, err);
	ck_assert_msg(strchr(err, '\n') == err + size - 1, "%s: %s", line, err);
	free(err);
}

/* Numbers */

/* The member of a path such as a.b[3].c, independently of how reports look it up. */
static inline struct json_object *member_of(struct json_object *at, char *path)
{
	for (char *key = strtok(path, ".["); key && at; key = strtok(NULL, ".[")) {
		char *end = strchr(key, ']');

		if (end && !end[1] && json_object_is_type(at, json_type_array))
			at = json_object_array_get_idx(at, strtoul(key, NULL, 10));
		else if (!json_object_object_get_ex(at, key, &at))
			return NULL;
	}
	return at;
}

static inline char *until(const char *from, char end)
{
	const char *to = strchr(from, end);

	ck_assert_ptr_nonnull(to);
	return strndup(from, to - from);
}

/* Each number of a report is the one of the JSON under its path; returns how many there are. */
static inline unsigned int check_numbers(const char *html, struct json_object *json)
{
	static const char of[] = "data-of=\"", is[] = "data-value=\"";
	unsigned int nr = 0;

	for (const char *at = html; (at = strstr(at, of)); nr++) {
		char *path = until(at + strlen(of), '"'), *whole = strdup(path), *value;
		struct json_object *found;

		at = strstr(at, is);
		ck_assert_ptr_nonnull(at);
		value = until(at + strlen(is), '"');
		found = member_of(json, path);
		ck_assert_msg(found != NULL, "%s is not in the JSON", whole);
		ck_assert_msg(!strcmp(json_object_to_json_string(found), value), "%s: %s, not %s",
			      whole, value, json_object_to_json_string(found));
		free(path);
		free(whole);
		free(value);
	}
	return nr;
}

#endif
