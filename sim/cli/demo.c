// SPDX-License-Identifier: GPL-2.0-only
/*
 * ballast demo: the machine of scenarios/demo.dts under all mechanisms, and who wins.
 */
#include <stdio.h>

#include "compare.h"

#define PATH_SIZE 4096

int cmd_demo(int argc, char **argv)
{
	char compare[] = "compare", file[PATH_SIZE];
	char *args[] = { compare, file, NULL };

	if (argc > 1)
		return cli_error("demo %s: takes no arguments", argv[1]);
	compare_scenario_path(file, sizeof(file), "demo.dts");
	return cmd_compare(2, args);
}
