// SPDX-License-Identifier: GPL-2.0-only
/*
 * What all commands use: words for the user, and where scenarios and images are.
 */
#define _GNU_SOURCE
#include "cli.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

const char *cli_beside_executable(const char *what)
{
	static char path[2][PATH_MAX + 32];
	static int which;
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	char *slash;

	if (n < 0)
		return what;
	exe[n] = '\0';
	slash = strrchr(exe, '/');
	if (slash)
		*slash = '\0';
	which = !which;
	snprintf(path[which], sizeof(path[which]), "%s/%s", exe, what);
	return path[which];
}

const char *cli_images_given(const struct run_args *args)
{
	return args->images ? args->images : getenv("BALLAST_IMAGES");
}

const char *cli_image_dir(const struct run_args *args)
{
	const char *given = cli_images_given(args);

	return given ? given : cli_beside_executable("images");
}

const char *cli_scenario_dir(void)
{
	const char *env = getenv("BALLAST_SCENARIOS"), *dir;

	if (env)
		return env;
	dir = cli_beside_executable("../../scenarios");
	return access(dir, R_OK) ? "scenarios" : dir;
}

int cli_load(struct scenario *scenario, const struct run_args *args, const char *file)
{
	struct scenario_args load = { .file = file, .overlays = args->overlays,
				      .nr_overlays = args->nr_overlays,
				      .settings = args->settings,
				      .nr_settings = args->nr_settings,
				      .include_dir = cli_scenario_dir() };

	if (!scenario_load(scenario, &load))
		return 0;
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
