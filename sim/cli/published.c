// SPDX-License-Identifier: GPL-2.0-only
/*
 * ballast published: run the published experiments, print published / simulated / ratio, and make a
 * report of them.
 *
 * A scenario whose figures name a variant "with" is run a second time, with the overlay that it
 * names for it; that sets the variant's name, too. The rows say honestly what is out of its band;
 * that alone is no failure.
 */
#include "published.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect.h"
#include "compare.h"
#include "output.h"
#include "published_page.h"
#include "shell.h"
#include "text.h"

#define PATH_SIZE 4096

struct published {
	char **files;
	unsigned int nr_files;
	bool named;			/* by the user, not all that there are */
	const char *report;		/* NULL: none is wanted */
	bool json;
	struct json_object *all;
};

static bool has_variant(const struct scenario *s, const char *variant)
{
	uint32_t i;

	for (i = 0; i < s->published.nr_figures; i++)
		if (!strcmp(s->published.figures[i].variant, variant))
			return true;
	return false;
}

/* Rows */

/* Once, and not before there is something to print below it. */
static void print_head(void)
{
	static bool printed;

	if (!printed)
		printf("%-4s %-8s %-36s %-26s %10s %10s %7s\n", "id", "variant", "figure",
		       "metric", "published", "simulated", "ratio");
	printed = true;
}

static void print_row(const struct published_run *run, const struct scenario_figure *figure)
{
	const struct scenario *s = run->scenario;
	const struct figures *f = run->figures;
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
	if (run->status || !figures_value(f, s, figure, &value)) {
		printf(" %10s%s\n", "-", run->status ? "          run failed" : "");
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

static void print_rows(const struct published_run *run)
{
	const struct scenario_published *p = &run->scenario->published;

	for (uint32_t i = 0; i < p->nr_figures; i++)
		if (published_has(run->scenario, &p->figures[i]))
			print_row(run, &p->figures[i]);
	fflush(stdout);
}

/* Runs */

/* @with: the overlay of the variant of that name, to be freed; NULL: there is none. */
static int run_variant(const struct published *p, struct json_object *experiment,
		       struct run_args *args, const char *file, char **with)
{
	struct scenario scenario;
	struct figures figures;
	struct report report;
	struct published_run run = { .scenario = &scenario, .args = args, .file = file,
				     .report = &report, .figures = &figures };

	run.status = cli_load(&scenario, args, file);
	if (run.status)
		return run.status;
	if (!scenario.published.nr_figures) {
		run.status = cli_error("%s: has no published figures; allowed: a scenario with a "
				       "node ballast,published", file);
		scenario_free(&scenario);
		return run.status;
	}
	if (with && has_variant(&scenario, "with"))
		*with = strdup(scenario.published.with_overlay);
	figures_init(&figures, &scenario);
	report_init(&report);
	run.status = cli_run_one(args, file, &report, &figures.consumer);
	if (!cli_interrupted()) {
		published_add_run(experiment, &run);
		if (!p->json)
			print_rows(&run);
	}
	report_free(&report);
	figures_free(&figures);
	scenario_free(&scenario);
	return run.status;
}

static int run_file(const struct published *p, const char *file)
{
	struct json_object *experiment = published_add(p->all, file);
	struct run_args args = { .quiet = true };
	char overlay[PATH_SIZE], *with = NULL;
	int ret = run_variant(p, experiment, &args, file, &with);

	if (!ret && with) {
		compare_scenario_path(overlay, sizeof(overlay), with);
		args.overlays[args.nr_overlays++] = overlay;
		args.settings[args.nr_settings++] = "/variant=with";
		if (p->report)
			ret = cli_check_not_read("--report", p->report, &args);
		if (!ret)
			ret = run_variant(p, experiment, &args, file, NULL);
	}
	free(with);
	return ret;
}

static int run_files(const struct published *p)
{
	int worst = 0;

	for (unsigned int i = 0; i < p->nr_files && !cli_interrupted(); i++) {
		int status = run_file(p, p->files[i]);

		worst = status > worst ? status : worst;
	}
	return worst;
}

/* Files */

static int is_scenario(const struct dirent *entry)
{
	return text_ends_with(entry->d_name, ".dts");
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int find_files(struct published *p)
{
	char dir[PATH_SIZE], file[2 * PATH_SIZE];
	struct dirent **names;
	int n, i;

	compare_scenario_path(dir, sizeof(dir), "published");
	n = scandir(dir, &names, is_scenario, by_name);
	if (n < 0)
		return cli_error("%s: cannot be read", dir);
	for (i = 0; i < n; i++) {
		snprintf(file, sizeof(file), "%s/%s", dir, names[i]->d_name);
		collect_add_text(&p->files, &p->nr_files, file);
		free(names[i]);
	}
	free(names);
	return 0;
}

static int take_args(struct published *p, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--json")) {
			p->json = true;
		} else if (!strcmp(argv[i], "--report")) {
			if (i + 1 == argc)
				return cli_error("--report: needs a value");
			if (p->report)
				return cli_error("--report %s: given before; allowed: one",
						 argv[i + 1]);
			p->report = argv[++i];
		} else if (argv[i][0] == '-') {
			return cli_error("published %s: there is no such option; allowed: --json, "
					 "--report FILE", argv[i]);
		} else {
			collect_add_text(&p->files, &p->nr_files, argv[i]);
		}
	}
	p->named = p->nr_files;
	return p->named ? 0 : find_files(p);
}

/* Before anything runs, all that is read is looked at. */
static int check_report(const struct published *p)
{
	struct run_args read = { .nr_files = 1 };
	int ret = 0;

	for (unsigned int i = 0; i < p->nr_files && !ret; i++) {
		read.files[0] = p->files[i];
		ret = cli_check_not_read("--report", p->report, &read);
	}
	read.nr_files = 0;
	return ret ? ret : cli_check_output("--report", p->report, &read);
}

/* What gives the same figures again; to be given to free(). */
static char *command_text(const struct published *p)
{
	char *text;
	size_t size;
	FILE *out = cli_begin_command(&text, &size, NULL);

	fputs(" published", out);
	for (unsigned int i = 0; p->named && i < p->nr_files; i++) {
		fputc(' ', out);
		shell_word(out, p->files[i]);
	}
	fclose(out);
	return text;
}

/* What comes of them */

static void fill(FILE *out, void *all)
{
	published_page(out, all);
}

static int write_report(const struct published *p)
{
	int ret = cli_write(p->report, fill, p->all);

	if (ret != EXIT_BAD_INPUT)
		cli_written(p->json ? stderr : stdout, p->report);
	return ret;
}

static int show(const struct published *p, int status)
{
	int ret = 0;

	if (cli_interrupted())
		return status;
	if (p->json)
		printf("%s\n", json_object_to_json_string_ext(p->all, JSON_C_TO_STRING_PRETTY |
							      JSON_C_TO_STRING_SPACED |
							      JSON_C_TO_STRING_NOSLASHESCAPE));
	if (p->report)
		ret = write_report(p);
	return ret > status ? ret : status;
}

int cmd_published(int argc, char **argv)
{
	struct published p = { 0 };
	int ret = take_args(&p, argc, argv);
	char *command = command_text(&p);

	p.all = published_new(command);
	if (!ret && p.report)
		ret = check_report(&p);
	if (!ret)
		ret = show(&p, run_files(&p));
	collect_free_texts(p.files, p.nr_files);
	json_object_put(p.all);
	free(command);
	return ret;
}
