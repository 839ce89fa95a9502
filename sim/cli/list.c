// SPDX-License-Identifier: GPL-2.0-only
/*
 * ballast list: what a scenario can be made of.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "cost.h"
#include "programs.h"
#include "text.h"
#include "variation.h"

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* Files of one kind, by their ending. */
static void list_files(const char *title, const char *dir, const char *ending)
{
	struct dirent **names;
	int n = scandir(dir, &names, NULL, by_name), i;

	printf("%s (%s)\n", title, dir);
	for (i = 0; i < n; i++) {
		if (text_ends_with(names[i]->d_name, ending))
			printf("  %.*s\n", (int)(strlen(names[i]->d_name) - strlen(ending)),
			       names[i]->d_name);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	printf("\n");
}

/* With what each says of itself. */
static void list_mechanisms(void)
{
	char dir[4096], error[4096];
	const struct variation_dirs dirs = { .mechanisms = dir, .include = cli_scenario_dir() };
	struct variations v = { 0 };
	unsigned int i;

	compare_scenario_path(dir, sizeof(dir), "mechanisms");
	printf("mechanisms (%s)\n", dir);
	if (variations_all(&v, &dirs, error, sizeof(error)))
		cli_error("%s", error);
	for (i = 0; i < v.nr; i++)
		printf("  %-14s %s\n", v.list[i].name, v.list[i].argument);
	printf("\n");
	variations_free(&v);
}

int cmd_list(int argc, char **argv)
{
	const struct run_args none = { .nr_files = 0 };
	const struct program_info *p;
	char dir[4096];
	unsigned int i;

	if (argc == 2 && !strcmp(argv[1], "--json")) {
		scenario_print_reference(stdout, SCENARIO_REFERENCE_JSON);
		return EXIT_WELL;
	}
	if (argc != 1)
		return cli_error("list %s: allowed: --json", argv[1]);
	printf("programs (compatible = \"ballast,program-NAME\")\n");
	for (p = programs; p->name; p++)
		printf("  %-14s %s\n", p->name, p->doc);
	printf("\ncosts (properties of a cost table)\n");
	for (i = 0; i < NR_COSTS; i++)
		printf("  %-22s %s\n", cost_info[i].property, cost_info[i].doc);
	printf("\n");
	snprintf(dir, sizeof(dir), "%s/costs", cli_scenario_dir());
	list_files("cost tables", dir, ".dtsi");
	snprintf(dir, sizeof(dir), "%s/swap", cli_scenario_dir());
	list_files("swap devices", dir, ".dtsi");
	snprintf(dir, sizeof(dir), "%s/overlays", cli_scenario_dir());
	list_files("overlays", dir, ".dtso");
	list_mechanisms();
	list_files("images of drivers and devices", cli_image_dir(&none), ".so");
	printf("Every node and property: docs/scenario.md, or ballast list --json\n");
	return EXIT_WELL;
}
