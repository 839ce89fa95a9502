// SPDX-License-Identifier: GPL-2.0-only
/*
 * What all commands use: words for the user, scenarios, commands to be repeated.
 */
#define _GNU_SOURCE
#include "cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shell.h"

int cli_error(const char *fmt, ...)
{
	char text[8192], *line, *rest = text;
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	while ((line = strsep(&rest, "\n")))
		if (*line)
			fprintf(stderr, "ballast: %s\n", line);
	return EXIT_BAD_INPUT;
}

int cli_no_record_type(const char *what, const char *name)
{
	char names[4096] = "";
	size_t n = 0;

	for (unsigned int i = 0; i < NR_TRACE_IDS && n < sizeof(names); i++) {
		if (trace_types[i].name)
			n += snprintf(names + n, sizeof(names) - n, "%s%s", n ? ", " : "",
				      trace_types[i].name);
	}
	return cli_error("%s %s: there is no such record type; there are: %s", what, name, names);
}

int cli_load(struct scenario *scenario, const struct run_args *args, const char *file)
{
	const char *overlays[RUN_LIST_MAX];
	struct scenario_args load = { .file = cli_find_scenario(file), .overlays = overlays,
				      .nr_overlays = args->nr_overlays,
				      .settings = args->settings,
				      .nr_settings = args->nr_settings,
				      .include_dir = cli_scenario_dir() };

	for (unsigned int i = 0; i < args->nr_overlays; i++)
		overlays[i] = cli_find_scenario(args->overlays[i]);
	if (!scenario_load(scenario, &load)) {
		/* As the user says it: a trace does not depend on where things are installed. */
		scenario->file = file;
		return 0;
	}
	cli_error("%s", scenario_error_text(scenario));
	scenario_free(scenario);
	return EXIT_BAD_INPUT;
}

void cli_message(void *opaque, const char *text)
{
	const struct run_args *args = opaque;

	if (args->progress && !args->quiet)
		fprintf(stderr, "\r\033[K");
	fprintf(stderr, "%s%s", text, text[0] && text[strlen(text) - 1] == '\n' ? "" : "\n");
}

FILE *cli_begin_command(char **text, size_t *size, const char *images)
{
	FILE *out = open_memstream(text, size);

	if (!out)
		abort();
	shell_variable(out, "BALLAST_SCENARIOS", getenv("BALLAST_SCENARIOS"));
	if (!images)
		shell_variable(out, "BALLAST_IMAGES", getenv("BALLAST_IMAGES"));
	shell_word(out, program_invocation_name);
	return out;
}
