/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the suites of `ballast compare` share: a directory for each test with a scenario and a few
 * mechanisms of its own, the command as a process, and its JSON.
 */
#ifndef BALLAST_TEST_COMPARE_RUN_H
#define BALLAST_TEST_COMPARE_RUN_H

#include <check.h>
#include <json-c/json.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli_run.h"

#define LINE_SIZE 4096

/* All of it: what has been cut would be compared as if it were whole. */
static inline char *read_text(const char *name)
{
	size_t size;
	char *text = read_file(name, &size);

	ck_assert_uint_lt(size, OUTPUT_MAX);
	return text;
}

static inline void write_text(const char *name, const char *text)
{
	write_file(name, text, strlen(text));
}

/* A line for the shell, in which $B is the command. */
static inline struct output shell(const char *line)
{
	char whole[2 * LINE_SIZE];
	struct output o;
	int status;

	snprintf(whole, sizeof(whole), "( %s ) > out 2> err", line);
	status = system(whole);
	o = output_of(WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_text("out"),
		      read_text("err"));
	unlink("out");
	unlink("err");
	return o;
}

static inline struct output well(const char *line)
{
	struct output o = shell(line);

	ck_assert_msg(o.status == 0, "%s: status %d: %.800s", line, o.status, o.err);
	return o;
}

#define OVERLAY(text, body)                                                                        \
	"/dts-v1/;\n/plugin/;\n/ { description = \"" text "\"; };\n" body "\n"
#define NOTHING OVERLAY("nothing at all", "&{/} { };")
#define REPORTING OVERLAY("tells, with a comma", "&balloon { free-page-reporting; };")
#define ZRAM OVERLAY("swaps to memory", "&{/host} { swap { status = \"disabled\"; }; zram { "      \
		     "/include/ \"swap/zram.dtsi\" size-mib = <1024>; }; };")
#define MISFIT OVERLAY("for another machine", "&nowhere { };")

static inline void link_in(const char *name)
{
	char from[PATH_MAX + 64], to[64];

	snprintf(from, sizeof(from), "%s/scenarios/%s", top, name);
	snprintf(to, sizeof(to), "scenarios/%s", name);
	ck_assert_int_eq(symlink(from, to), 0);
}

static inline void make_scratch(void)
{
	enter_scratch();
	ck_assert_int_eq(mkdir("scenarios", 0700), 0);
	ck_assert_int_eq(mkdir("scenarios/mechanisms", 0700), 0);
	link_in("costs");
	link_in("boot");
	link_in("swap");
	/* Neither the order of names nor that of the digits of numbers. */
	write_text("scenarios/mechanisms/9-zebra.dtso", NOTHING);
	write_text("scenarios/mechanisms/10-ape.dtso", REPORTING);
	write_text("scenarios/mechanisms/20-misfit.dtso", MISFIT);
	write_text("scenarios/mechanisms/also.dtso", ZRAM);
}

static inline void remove_scratch(void)
{
	char line[128];

	snprintf(line, sizeof(line), "rm -r %s", scratch);
	ck_assert_int_eq(system(line), 0);
}

/* JSON */

static inline struct json_object *parse(const char *text)
{
	struct json_object *j = json_tokener_parse(text);

	ck_assert_msg(j != NULL, "no JSON: %.500s", text);
	return j;
}

static inline struct json_object *member(struct json_object *j, const char *key)
{
	struct json_object *value;

	ck_assert_msg(json_object_object_get_ex(j, key, &value), "%s is not in %.500s", key,
		      json_object_to_json_string(j));
	return value;
}

static inline struct json_object *element(struct json_object *j, unsigned int i)
{
	ck_assert_uint_gt(json_object_array_length(j), i);
	return json_object_array_get_idx(j, i);
}

static inline uint64_t number(struct json_object *j, const char *key)
{
	return json_object_get_uint64(member(j, key));
}

static inline const char *string(struct json_object *j, const char *key)
{
	return json_object_get_string(member(j, key));
}

static inline struct json_object *variation(struct json_object *study, const char *name)
{
	struct json_object *list = member(study, "variations");

	for (unsigned int i = 0; i < json_object_array_length(list); i++)
		if (!strcmp(string(element(list, i), "name"), name))
			return element(list, i);
	ck_abort_msg("no variation %s", name);
}

static inline struct json_object *run_of(struct json_object *study, const char *name,
					 unsigned int i)
{
	return element(member(variation(study, name), "runs"), i);
}

static inline struct json_object *compare_json(const char *args)
{
	char line[LINE_SIZE];
	struct output o;
	struct json_object *j;

	snprintf(line, sizeof(line), "$B compare first.dts --json %s", args);
	o = well(line);
	j = parse(o.out);
	output_free(&o);
	return j;
}

/* For test_suite(): where things are.  False: there is no build to test, which has been said. */
static inline bool compare_environment(void)
{
	if (!cli_environment())
		return false;
	setenv("B", command, 1);
	setenv("BALLAST_SCENARIOS", "scenarios", 1);
	return true;
}

#endif
