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
#define SEEDS_MAX 1000

struct published {
	char **files;
	unsigned int nr_files;
	bool named;			/* by the user, not all that there are */
	const char *report;		/* NULL: none is wanted */
	bool json, markdown;
	unsigned int seeds;		/* from 1 on; 1: the scenario's */
	struct published_rows rows;
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

/* Runs */

/* One of them: a seed.  Its number of settings stays as it was. */
static int run_seed(struct published *p, struct json_object *experiment, struct run_args *args,
		    const char *file, unsigned int seed)
{
	struct scenario scenario;
	struct figures figures;
	struct report report;
	struct published_run run = { .scenario = &scenario, .args = args, .file = file,
				     .report = &report, .figures = &figures };
	unsigned int nr_settings = args->nr_settings;
	char setting[32];

	if (p->seeds > 1) {
		snprintf(setting, sizeof(setting), "/seed=%u", seed);
		args->settings[args->nr_settings++] = setting;
	}
	run.status = cli_load(&scenario, args, file);
	if (!run.status) {
		figures_init(&figures, &scenario);
		report_init(&report);
		run.status = cli_run_one(args, file, &report, &figures.consumer);
		if (!cli_interrupted()) {
			published_add_run(experiment, &run);
			published_rows_add(&p->rows, &run);
		}
		report_free(&report);
		figures_free(&figures);
		scenario_free(&scenario);
	}
	args->nr_settings = nr_settings;
	return run.status;
}

/* @with: the overlay of the variant of that name, to be freed; NULL: there is none. */
static int run_variant(struct published *p, struct json_object *experiment, struct run_args *args,
		       const char *file, char **with)
{
	struct scenario scenario;
	int status = cli_load(&scenario, args, file), ret = 0;

	if (status)
		return status;
	if (!scenario.published.nr_figures) {
		status = cli_error("%s: has no published figures; allowed: a scenario with a "
				   "node ballast,published", file);
		scenario_free(&scenario);
		return status;
	}
	if (with && has_variant(&scenario, "with"))
		*with = strdup(scenario.published.with_overlay);
	published_rows_begin(&p->rows, &scenario, p->seeds);
	for (unsigned int seed = 1; seed <= p->seeds && !cli_interrupted(); seed++) {
		status = run_seed(p, experiment, args, file, seed);
		ret = status > ret ? status : ret;
	}
	published_rows_end(&p->rows, cli_interrupted() ? NULL : &scenario);
	scenario_free(&scenario);
	return ret;
}

static int run_file(struct published *p, const char *file)
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

static int run_files(struct published *p)
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

static int take_seeds(struct published *p, const char *value)
{
	uint64_t seeds;

	if (!scenario_parse_number(value, &seeds) || !seeds || seeds > SEEDS_MAX)
		return cli_error("--seeds %s: allowed: 1..%u", value, SEEDS_MAX);
	p->seeds = seeds;
	return 0;
}

static int take_args(struct published *p, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--json")) {
			p->json = true;
		} else if (!strcmp(argv[i], "--markdown")) {
			p->markdown = true;
		} else if (!strcmp(argv[i], "--seeds")) {
			if (i + 1 == argc)
				return cli_error("--seeds: needs a value");
			if (take_seeds(p, argv[++i]))
				return EXIT_BAD_INPUT;
		} else if (!strcmp(argv[i], "--report")) {
			if (i + 1 == argc)
				return cli_error("--report: needs a value");
			if (p->report)
				return cli_error("--report %s: given before; allowed: one",
						 argv[i + 1]);
			p->report = argv[++i];
		} else if (argv[i][0] == '-') {
			return cli_error("published %s: there is no such option; allowed: --json, "
					 "--markdown, --report FILE, --seeds N", argv[i]);
		} else {
			collect_add_text(&p->files, &p->nr_files, argv[i]);
		}
	}
	if (p->json && p->markdown)
		return cli_error("--markdown: not with --json");
	if (p->report && p->seeds > 1)
		return cli_error("--report: is of one seed; allowed: without --seeds");
	published_rows_init(&p->rows, p->json ? PUBLISHED_JSON : p->markdown ? PUBLISHED_MARKDOWN :
			    PUBLISHED_TEXT);
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
	if (p->seeds > 1)
		fprintf(out, " --seeds %u", p->seeds);
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
	struct published p = { .seeds = 1 };
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
