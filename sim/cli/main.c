// SPDX-License-Identifier: GPL-2.0-only
/*
 * ballast: the command.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "replay_kmem.h"
#include "usage.h"

/* In the order of usage_commands. */
static int (*const commands[])(int argc, char **argv) = {
	cmd_run, cmd_check, cmd_real, cmd_compare, cmd_demo, cmd_published, cmd_list, cmd_trace,
	cmd_export, cmd_report, cmd_build_image, cmd_calibrate, cmd_new, cmd_record,
	cmd_diff, cmd_replay_kmem, cmd_import_kmem, cmd_completion,
};

#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static bool wants_help(const char *arg)
{
	return !strcmp(arg, "--help") || !strcmp(arg, "-h");
}

/* Tables and exports are all of what a command is for. */
static int flush_output(int status)
{
	if (!fflush(stdout) && !ferror(stdout))
		return status;
	return cli_error("standard output: cannot be written: %s", strerror(errno));
}

int main(int argc, char **argv)
{
	unsigned int i;

	cli_catch_crashes();

	if (argc < 2) {
		usage_print(stderr);
		return EXIT_BAD_INPUT;
	}
	/* There is one help for all commands; "ballast run --help" is how some ask for it. */
	if (wants_help(argv[1]) || !strcmp(argv[1], "help") || (argc > 2 && wants_help(argv[2]))) {
		usage_print(stdout);
		return flush_output(EXIT_WELL);
	}
	if (!strcmp(argv[1], "--version")) {
		version_print();
		return flush_output(EXIT_WELL);
	}
	for (i = 0; i < NR_COMMANDS; i++)
		if (!strcmp(argv[1], usage_commands[i].name))
			return flush_output(commands[i](argc - 1, argv + 1));
	return cli_error("%s: there is no such command; see ballast --help", argv[1]);
}
