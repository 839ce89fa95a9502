// SPDX-License-Identifier: GPL-2.0-only
/*
 * ballast demo: the machine of scenarios/demo.dts under all mechanisms, and who wins.
 */
#include <stdio.h>

#include "compare.h"

#define PATH_SIZE 4096
#define ERROR_SIZE 4096

int cmd_demo(int argc, char **argv)
{
	char file[PATH_SIZE], mechanisms[PATH_SIZE], error[ERROR_SIZE];
	struct variation_dirs dirs = { .mechanisms = mechanisms, .include = cli_scenario_dir() };
	struct variations list = { 0 };
	struct study_config config;
	struct run_args args = { 0 };
	struct study study = { 0 };
	int ret;

	if (argc > 1)
		return cli_error("demo %s: takes no arguments", argv[1]);
	compare_scenario_path(file, sizeof(file), "demo.dts");
	compare_scenario_path(mechanisms, sizeof(mechanisms), "mechanisms");
	if (variations_all(&list, &dirs, error, sizeof(error))) {
		variations_free(&list);
		return cli_error("%s", error);
	}
	compare_config(&config, &args, file);
	ret = compare_run(&study, &config, &list);
	compare_print(&study);
	study_free(&study);
	variations_free(&list);
	return ret;
}
