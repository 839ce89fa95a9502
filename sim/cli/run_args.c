// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command line of run, check and real, and of compare what it shares with them.
 */
#include "cli.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SETTING_SIZE 64
#define WATCHDOG_MAX_S 86400
#define NS_PER_MS 1000000

static int add_to(const char **list, unsigned int *nr, const char *what, const char *value)
{
	if (*nr == RUN_LIST_MAX)
		return cli_error("%s: more than %d %s", value, RUN_LIST_MAX, what);
	list[(*nr)++] = value;
	return 0;
}

static int set_until(struct run_args *args, const char *value)
{
	static char setting[SETTING_SIZE];
	uint64_t ns;

	if (!human_parse_time(value, &ns) || !ns || ns % NS_PER_MS)
		return cli_error("--until %s: not a time; allowed: a number and ms, s, min or h",
				 value);
	snprintf(setting, sizeof(setting), "/until-ms=%" PRIu64, ns / NS_PER_MS);
	return add_to(args->settings, &args->nr_settings, "settings", setting);
}

static int set_seed(struct run_args *args, const char *value)
{
	static char setting[SETTING_SIZE];
	uint64_t seed;

	if (!scenario_parse_number(value, &seed))
		return cli_error("--seed %s: not a number", value);
	snprintf(setting, sizeof(setting), "/seed=%" PRIu64, seed);
	return add_to(args->settings, &args->nr_settings, "settings", setting);
}

static int set_watchdog(struct run_args *args, const char *value)
{
	char *end;
	unsigned long seconds = strtoul(value, &end, 10);

	if (!isdigit((unsigned char)value[0]) || *end || !seconds || seconds > WATCHDOG_MAX_S)
		return cli_error("--watchdog %s: allowed: 1 to %d seconds", value, WATCHDOG_MAX_S);
	args->patience_s = seconds;
	return 0;
}

int cli_parse_level(const char *value, enum trace_level *level)
{
	static const char *const details[] = { "summary", "normal", "full" };

	for (unsigned int i = 0; i < sizeof(details) / sizeof(details[0]); i++) {
		if (!strcmp(value, details[i])) {
			*level = TRACE_SUMMARY + i;
			return 0;
		}
	}
	return cli_error("--detail %s: allowed: summary, normal, full", value);
}

static int set_detail(struct run_args *args, const char *value)
{
	args->detail_given = true;
	return cli_parse_level(value, &args->detail);
}

enum trace_level cli_trace_level(const struct run_args *args, const struct scenario *s)
{
	static const enum trace_level levels[] = { TRACE_SUMMARY, TRACE_NORMAL, TRACE_FULL };

	return args->detail_given ? args->detail : levels[s->trace.detail];
}

static int option_with_value(struct run_args *args, const char *option, const char *value)
{
	if (!strcmp(option, "--overlay"))
		return add_to(args->overlays, &args->nr_overlays, "overlays", value);
	if (!strcmp(option, "--set"))
		return add_to(args->settings, &args->nr_settings, "settings", value);
	if (!strcmp(option, "--seed"))
		return set_seed(args, value);
	if (!strcmp(option, "--until"))
		return set_until(args, value);
	if (!strcmp(option, "--detail"))
		return set_detail(args, value);
	if (!strcmp(option, "--watchdog"))
		return set_watchdog(args, value);
	if (!strcmp(option, "--images"))
		args->images = value;
	else if (!strcmp(option, "--real"))
		args->real = value;
	else if (!strcmp(option, "--accel"))
		args->accel = value;
	else if (!strcmp(option, "--kernel"))
		args->kernel = value;
	else if (!strcmp(option, "--stock-module"))
		args->stock_module = value;
	else
		args->trace = value;
	return 0;
}

static bool takes_value(const char *option, enum run_kind kind)
{
	static const struct {
		const char *name;
		unsigned int kinds;
	} options[] = {
		{ "--overlay", RUN_MODEL | RUN_REAL | RUN_STUDY },
		{ "--set", RUN_MODEL | RUN_REAL | RUN_STUDY },
		{ "--seed", RUN_MODEL | RUN_REAL | RUN_STUDY },
		{ "--until", RUN_MODEL | RUN_REAL | RUN_STUDY },
		{ "--trace", RUN_MODEL | RUN_REAL },   { "--detail", RUN_MODEL | RUN_REAL },
		{ "--images", RUN_MODEL | RUN_STUDY }, { "--watchdog", RUN_MODEL | RUN_STUDY },
		{ "--real", RUN_REAL },
		{ "--accel", RUN_REAL },	       { "--kernel", RUN_REAL },
		{ "--stock-module", RUN_REAL },
	};
	unsigned int i;

	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (!strcmp(option, options[i].name))
			return options[i].kinds & kind;
	return false;
}

/* A trace takes the place of what has its name. */
static int check_trace(const struct run_args *args)
{
	if (!args->trace)
		return 0;
	if (args->nr_files > 1)
		return cli_error("--trace %s: takes one scenario at a time", args->trace);
	return cli_check_not_read("--trace", args->trace, args);
}

int cli_run_args(struct run_args *args, enum run_kind kind, int argc, char **argv)
{
	int i, ret = 0;

	*args = (struct run_args){ .progress = isatty(STDERR_FILENO) };
	for (i = 1; i < argc && !ret; i++) {
		if (!strcmp(argv[i], "--json"))
			args->json = true;
		else if (!strcmp(argv[i], "--quiet"))
			args->quiet = true;
		else if (!strcmp(argv[i], "--strict"))
			args->strict = true;
		else if (kind == RUN_REAL && !strcmp(argv[i], "--limit"))
			args->limit = true, args->no_limit = false;
		else if (kind == RUN_REAL && !strcmp(argv[i], "--no-limit"))
			args->no_limit = true, args->limit = false;
		else if (takes_value(argv[i], kind) && i + 1 == argc)
			ret = cli_error("%s: needs a value", argv[i]);
		else if (takes_value(argv[i], kind))
			ret = option_with_value(args, argv[i], argv[i + 1]), i++;
		else if (argv[i][0] == '-')
			ret = cli_error("%s: there is no such option; see ballast --help", argv[i]);
		else
			ret = add_to(args->files, &args->nr_files, "scenarios", argv[i]);
	}
	if (!ret && !args->nr_files)
		ret = cli_error("%s: needs a scenario file", argv[0]);
	return ret ? ret : check_trace(args);
}
