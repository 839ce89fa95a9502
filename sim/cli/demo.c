// SPDX-License-Identifier: GPL-2.0-only
/*
 * ballast demo: the machine of scenarios/demo.dts under all mechanisms, who wins, and a report of
 * it.  Where its report cannot be written and none was asked for, the demo goes without.
 */
#include <stdio.h>
#include <string.h>

#include "compare.h"
#include "output.h"

#define PATH_SIZE 4096
#define ERROR_SIZE 4800
#define REPORT "ballast-demo.html"

int cmd_demo(int argc, char **argv)
{
	char compare[] = "compare", option[] = "--report", report[] = REPORT;
	char file[PATH_SIZE], error[ERROR_SIZE] = "";
	char *args[] = { compare, file, option, report, NULL };
	int nr = 4, ret;

	if (argc > 1 && strcmp(argv[1], option))
		return cli_error("demo %s: allowed: --report FILE", argv[1]);
	if (argc == 2)
		return cli_error("--report: needs a value");
	if (argc > 3)
		return cli_error("demo %s: allowed: one --report FILE", argv[3]);
	if (argc == 3)
		args[3] = argv[2];
	else if (output_possible(report, error, sizeof(error)))
		nr = 2;
	compare_scenario_path(file, sizeof(file), "demo.dts");
	args[nr] = NULL;
	ret = cmd_compare(nr, args);
	if (error[0])
		cli_error("no report: %s: demo --report FILE", error);
	return ret;
}
