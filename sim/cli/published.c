// SPDX-License-Identifier: GPL-2.0-only
/*
 * ballast published: run the published experiments, print published / simulated / ratio.
 *
 * A scenario whose figures name a variant "with" is run a second time, with the overlay that it
 * names for it; that sets the variant's name, too. The rows say honestly what is out of its band;
 * that alone is no failure.
 */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "figures.h"

#define PATH_SIZE 4096

static bool has_variant(const struct scenario *s, const char *variant)
{
	uint32_t i;

	for (i = 0; i < s->published.nr_figures; i++)
		if (!strcmp(s->published.figures[i].variant, variant))
			return true;
	return false;
}

/* Once, and not before there is something to print below it. */
static void print_head(void)
{
	static bool printed;

	if (!printed)
		printf("%-4s %-8s %-36s %-26s %10s %10s %7s\n", "id", "variant", "figure",
		       "metric", "published", "simulated", "ratio");
	printed = true;
}

static void print_row(const struct scenario *s, const struct scenario_figure *figure,
		      const struct figures *f)
{
	char published[32], simulated[32];
	uint64_t value;

	print_head();
	if (figure->value == figure->value_max)
		snprintf(published, sizeof(published), "%" PRIu64, figure->value);
	else
		snprintf(published, sizeof(published), "%" PRIu64 "-%" PRIu64, figure->value,
			 figure->value_max);
	printf("%-4s %-8s %-36s %-26s %10s", s->published.id, s->variant, figure->label,
	       scenario_metric_name(figure->metric), published);
	if (!figures_value(f, s, figure, &value)) {
		printf(" %10s\n", "-");
		return;
	}
	snprintf(simulated, sizeof(simulated), "%s%" PRIu64,
		 figures_unbounded(f, figure) ? ">= " : "", value);
	printf(" %10s", simulated);
	if (figure->value)
		printf(" %7.2f", (double)value / figure->value);
	else
		printf(" %7s", "");
	printf("  %s\n", figures_within(figure, value) && !figures_unbounded(f, figure) ? "ok" :
	       "OUT OF BAND");
}

/* @with: the overlay of the variant of that name, to be freed; NULL: there is none. */
static int run_variant(struct run_args *args, const char *file, char **with)
{
	struct scenario scenario;
	struct figures figures;
	struct report report;
	uint32_t i;
	int ret = cli_load(&scenario, args, file);

	if (ret)
		return ret;
	if (with && has_variant(&scenario, "with"))
		*with = strdup(scenario.published.with_overlay);
	figures_init(&figures, &scenario);
	report_init(&report);
	ret = cli_run_one(args, file, &report, &figures.consumer);
	for (i = 0; !ret && i < scenario.published.nr_figures; i++) {
		const struct scenario_figure *figure = &scenario.published.figures[i];

		if (!figure->variant[0] || !strcmp(figure->variant, scenario.variant))
			print_row(&scenario, figure, &figures);
	}
	fflush(stdout);
	report_free(&report);
	figures_free(&figures);
	scenario_free(&scenario);
	return ret;
}

static int run_file(const char *file)
{
	struct run_args args = { .quiet = true };
	char overlay[PATH_SIZE], *with = NULL;
	int ret = run_variant(&args, file, &with);

	if (!ret && with) {
		snprintf(overlay, sizeof(overlay), "%s/%s", cli_scenario_dir(), with);
		args.overlays[args.nr_overlays++] = overlay;
		args.settings[args.nr_settings++] = "/variant=with";
		ret = run_variant(&args, file, NULL);
	}
	free(with);
	return ret;
}

static int is_scenario(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > 4 && !strcmp(entry->d_name + len - 4, ".dts");
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int run_all(void)
{
	char dir[PATH_SIZE], file[2 * PATH_SIZE];
	struct dirent **names;
	int n, i, worst = 0;

	snprintf(dir, sizeof(dir), "%s/published", cli_scenario_dir());
	n = scandir(dir, &names, is_scenario, by_name);
	if (n < 0)
		return cli_error("%s: cannot be read", dir);
	for (i = 0; i < n && !cli_interrupted(); i++) {
		int status;

		snprintf(file, sizeof(file), "%s/%s", dir, names[i]->d_name);
		status = run_file(file);
		worst = status > worst ? status : worst;
		free(names[i]);
	}
	free(names);
	return worst;
}

int cmd_published(int argc, char **argv)
{
	int i, worst = 0;

	if (argc == 1)
		return run_all();
	for (i = 1; i < argc && !cli_interrupted(); i++) {
		int status = run_file(argv[i]);

		worst = status > worst ? status : worst;
	}
	return worst;
}
