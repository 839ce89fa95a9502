// SPDX-License-Identifier: GPL-2.0-only
/*
 * ballast compare: one machine under several variations, and who wins.
 */
#define _GNU_SOURCE
#include "compare.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "output.h"
#include "shell.h"
#include "study.h"
#include "study_page.h"

#define ERROR_SIZE 8192

/* What is not an option of `run` as well. */
struct compare_args {
	const char *with[RUN_LIST_MAX];
	unsigned int nr_with;
	const char *mechanisms, *db, *report;	/* NULL: not given */
	unsigned int repeat, jobs;	/* 0: not given */
	bool csv;
};

static unsigned int online_cpus(void)
{
	cpu_set_t cpus;

	if (sched_getaffinity(0, sizeof(cpus), &cpus))
		return 1;
	return CPU_COUNT(&cpus);
}

static int set_number(unsigned int *to, const char *option, const char *value, unsigned int max)
{
	uint64_t number;

	if (!scenario_parse_number(value, &number) || !number || number > max)
		return cli_error("%s %s: allowed: 1 to %u", option, value, max);
	*to = number;
	return 0;
}

static int set_option(struct compare_args *c, const char *option, const char *value)
{
	if (!value)
		return cli_error("%s: needs a value", option);
	if (!strcmp(option, "--with")) {
		if (c->nr_with == RUN_LIST_MAX)
			return cli_error("--with %s: more than %d", value, RUN_LIST_MAX);
		c->with[c->nr_with++] = value;
	} else if (!strcmp(option, "--mechanisms")) {
		c->mechanisms = value;
	} else if (!strcmp(option, "--db")) {
		c->db = value;
	} else if (!strcmp(option, "--report")) {
		if (c->report)
			return cli_error("--report %s: given before; allowed: one", value);
		c->report = value;
	} else if (!strcmp(option, "--repeat")) {
		return set_number(&c->repeat, option, value, STUDY_REPEAT_MAX);
	} else {
		return set_number(&c->jobs, option, value, STUDY_JOBS_MAX);
	}
	return 0;
}

static bool is_own(const char *arg)
{
	static const char *const own[] = { "--with", "--mechanisms", "--db", "--repeat", "--jobs",
					   "--report" };

	for (unsigned int i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (!strcmp(arg, own[i]))
			return true;
	return false;
}

/* Take our own options out; what is left is for cli_run_args(). */
static int split_args(struct compare_args *c, int argc, char **argv, char **rest, int *nr)
{
	int ret = 0;

	for (int i = 0; i < argc && !ret; i++) {
		if (is_own(argv[i]))
			ret = set_option(c, argv[i], argv[i + 1]), i++;
		else if (!strcmp(argv[i], "--csv"))
			c->csv = true;
		else
			rest[(*nr)++] = argv[i];
	}
	return ret;
}

static int check_args(const struct compare_args *c, const struct run_args *args)
{
	if (args->nr_files > 1)
		return cli_error("compare %s: takes one scenario", args->files[1]);
	if (args->strict)
		return cli_error("--strict: not for compare, which says who was killed");
	if (c->csv && args->json)
		return cli_error("--csv --json: allowed: one of them");
	return 0;
}

/* Its runs are processes, which are given files. */
static void find_files(struct run_args *args)
{
	args->files[0] = cli_find_scenario(args->files[0]);
	for (unsigned int i = 0; i < args->nr_overlays; i++)
		args->overlays[i] = cli_find_scenario(args->overlays[i]);
}

/* Overlays of variations are read, too, and rows are kept. */
static int check_report(const struct compare_args *c, const struct run_args *args,
			const struct variations *list)
{
	struct run_args read = *args;

	for (unsigned int i = 0; i < list->nr; i++) {
		const struct variation *v = &list->list[i];

		read.nr_overlays = 0;
		for (unsigned int k = 0; k < v->nr_overlays && k < RUN_LIST_MAX; k++)
			read.overlays[read.nr_overlays++] = v->overlays[k];
		if (cli_check_not_read("--report", c->report, &read))
			return EXIT_BAD_INPUT;
	}
	if (c->db && (!strcmp(c->db, c->report) || output_is(c->report, c->db)))
		return cli_error("--report %s: is the database; --report must name another file",
				 c->report);
	return cli_check_output("--report", c->report, args);
}

static void say(const char *text)
{
	cli_error("%s", text);
}

static void make_config(struct study_config *config, const struct run_args *args,
			const struct compare_args *c)
{
	*config = (struct study_config){
		.program = program_invocation_name,
		.path = "/proc/self/exe",
		.file = args->files[0],
		.overlays = args->overlays, .nr_overlays = args->nr_overlays,
		.settings = args->settings, .nr_settings = args->nr_settings,
		.scenario_dir = cli_scenario_dir(), .scenarios = getenv("BALLAST_SCENARIOS"),
		.image_dir = cli_image_dir(args),
		.images = cli_images_given(args),
		.patience_s = args->patience_s,
		.repeat = c->repeat ? c->repeat : 1,
		.jobs = c->jobs ? c->jobs : online_cpus(),
		.db = c->db,
		.terminal = isatty(STDERR_FILENO), .quiet = args->quiet,
		.interrupted = cli_interrupt_flag(),
		.say = say,
	};
}

/* As short as it can be said: in the working directory, relative to it. */
void compare_scenario_path(char *path, size_t size, const char *name)
{
	char dir[PATH_MAX], whole[PATH_MAX], here[PATH_MAX];
	size_t len;

	snprintf(dir, sizeof(dir), "%.4000s/%s", cli_scenario_dir(), name);
	snprintf(path, size, "%s", realpath(dir, whole) ? whole : dir);
	if (!getcwd(here, sizeof(here)))
		return;
	len = strlen(here);
	if (!strncmp(path, here, len) && path[len] == '/')
		memmove(path, path + len + 1, strlen(path + len + 1) + 1);
}

/* All mechanisms, unless something was asked for by name. */
static int make_list(struct variations *list, const struct compare_args *c)
{
	char mechanisms[PATH_MAX], error[ERROR_SIZE];
	struct variation_dirs dirs = { .mechanisms = mechanisms, .include = cli_scenario_dir() };
	int ret = 0;

	compare_scenario_path(mechanisms, sizeof(mechanisms), "mechanisms");
	if (c->mechanisms)
		ret = variations_mechanisms(list, &dirs, c->mechanisms, error, sizeof(error));
	else if (!c->nr_with)
		ret = variations_all(list, &dirs, error, sizeof(error));
	for (unsigned int i = 0; i < c->nr_with && !ret; i++)
		ret = variations_with(list, &dirs, c->with[i], error, sizeof(error));
	return ret ? cli_error("%s", error) : 0;
}

/*
 * What gives the same figures again, and nothing else: how many processes there are and where rows
 * and pages go changes none.  To be given to free().
 */
static char *command_text(const struct run_args *args, const struct compare_args *c)
{
	char *text, number[16];
	size_t size;
	FILE *out = cli_begin_command(&text, &size, args->images);

	fputs(" compare ", out);
	shell_word(out, args->files[0]);
	shell_option(out, "--mechanisms", c->mechanisms);
	for (unsigned int i = 0; i < c->nr_with; i++)
		shell_option(out, "--with", c->with[i]);
	for (unsigned int i = 0; i < args->nr_overlays; i++)
		shell_option(out, "--overlay", args->overlays[i]);
	for (unsigned int i = 0; i < args->nr_settings; i++)
		shell_option(out, "--set", args->settings[i]);
	shell_option(out, "--images", args->images);
	snprintf(number, sizeof(number), "%u", c->repeat);
	shell_option(out, "--repeat", c->repeat > 1 ? number : NULL);
	snprintf(number, sizeof(number), "%u", args->patience_s);
	shell_option(out, "--watchdog", args->patience_s ? number : NULL);
	fclose(out);
	return text;
}

/* Prepare and execute; returns the exit status, with an error said. */
static int run(struct study *s, const struct study_config *config, struct variations *list)
{
	char error[ERROR_SIZE];

	cli_catch_signals(NULL, NULL);
	if (study_prepare(s, config, list, error, sizeof(error)))
		return cli_error("%s", error);
	for (unsigned int i = 0; i < s->variations.nr && !config->quiet; i++)
		if (s->variations.list[i].missing)
			cli_error("left out: %s: %s", s->variations.list[i].name,
				  s->variations.list[i].missing);
	return study_execute(s);
}

/* What has not come to its end is not compared; rows that are in the database wait there. */
static void say_interrupted(const struct study *s)
{
	cli_error("interrupted: %u of %u runs have ended%s%s", s->nr_ran + s->nr_stored, s->nr_runs,
		  s->config.db ? "; the same command goes on with what is in " : "",
		  s->config.db ? s->config.db : "");
}

static void fill(FILE *out, void *study)
{
	study_page(out, study);
}

/* Beside what is for programs, standard output has nothing. */
static int write_report(struct study *s, const struct compare_args *c,
			const struct run_args *args)
{
	int ret;

	if (!c->report || !s->ran || cli_interrupted())
		return EXIT_WELL;
	ret = cli_write(c->report, fill, s);
	if (ret != EXIT_BAD_INPUT && (!args->quiet || !(args->json || c->csv)))
		cli_written(args->json || c->csv ? stderr : stdout, c->report);
	return ret;
}

static void print(const struct study *s, const struct compare_args *c, bool json)
{
	if (!s->ran)
		return;
	if (cli_interrupted()) {
		say_interrupted(s);
	} else if (json) {
		study_json(s, stdout);
	} else if (c->csv) {
		study_csv(s, stdout);
	} else {
		study_text(s, stdout);
		study_verdict(s, stdout);
	}
}

int cmd_compare(int argc, char **argv)
{
	struct compare_args c = { 0 };
	struct variations list = { 0 };
	struct study_config config;
	struct run_args args;
	struct study study = { 0 };
	char **rest = calloc(argc + 1, sizeof(*rest)), *text;
	int nr = 0, ret, written;

	ret = split_args(&c, argc, argv, rest, &nr);
	if (!ret)
		ret = cli_run_args(&args, RUN_STUDY, nr, rest);
	if (!ret)
		ret = check_args(&c, &args);
	if (!ret)
		find_files(&args);
	if (!ret)
		ret = make_list(&list, &c);
	if (!ret && c.report)
		ret = check_report(&c, &args, &list);
	free(rest);
	if (ret) {
		variations_free(&list);
		return ret;
	}
	make_config(&config, &args, &c);
	config.command = text = command_text(&args, &c);
	ret = run(&study, &config, &list);
	print(&study, &c, args.json);
	written = write_report(&study, &c, &args);
	study_free(&study);
	variations_free(&list);
	free(text);
	return written > ret ? written : ret;
}
