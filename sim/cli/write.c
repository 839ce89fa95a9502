// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files that commands write besides traces: whole or not at all, and never over what is read.
 */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "output.h"

#define ERROR_SIZE 4800

int cli_check_not_read(const char *option, const char *path, const struct run_args *args)
{
	for (unsigned int i = 0; i < args->nr_files; i++)
		if (output_is(path, args->files[i]))
			return cli_error("%s %s: is the scenario; %s must name another file",
					 option, path, option);
	for (unsigned int i = 0; i < args->nr_overlays; i++)
		if (output_is(path, args->overlays[i]))
			return cli_error("%s %s: is an overlay; %s must name another file",
					 option, path, option);
	return 0;
}

int cli_check_output(const char *option, const char *path, const struct run_args *args)
{
	char error[ERROR_SIZE];

	if (!path[0])
		return cli_error("%s: needs a name", option);
	if (cli_check_not_read(option, path, args))
		return EXIT_BAD_INPUT;
	if (output_possible(path, error, sizeof(error)))
		return cli_error("%s", error);
	return 0;
}

int cli_write(const char *path, void (*fill)(FILE *out, void *opaque), void *opaque)
{
	char error[ERROR_SIZE];
	struct output o;

	/* A signal has to wait until nothing half done would stay behind. */
	cli_catch_signals(NULL, NULL);
	if (output_open(&o, path, error, sizeof(error)))
		return cli_error("%s", error);
	fill(o.file, opaque);
	if (output_close(&o, error, sizeof(error)))
		return cli_error("%s", error);
	return cli_interrupted() ? EXIT_SIGNAL + cli_interrupted() : EXIT_WELL;
}

void cli_written(FILE *out, const char *path)
{
	fprintf(out, "%s: report written\n", path);
}
