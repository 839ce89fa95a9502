// SPDX-License-Identifier: GPL-2.0-only
/*
 * ballast diff: the phases of two traces of one scenario, and by how much they deviate; of more
 * than two, ranges: those of the model against those of real machines.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "diff.h"
#include "diff_ranges.h"

#define ERROR_SIZE 1024
#define PERCENT_MAX 1000000

#define FILES_MAX 64

struct diff_args {
	const char *files[FILES_MAX];
	unsigned int nr_files;
	struct diff_options options;
	bool json;
};

static int set_only(struct diff_args *args, const char *name)
{
	char allowed[512] = "";
	unsigned int q;

	for (q = 0; q < NR_PHASE_QUANTITIES; q++) {
		size_t used = strlen(allowed);

		if (!strcmp(phase_quantities[q].name, name)) {
			args->options.only |= 1u << q;
			return 0;
		}
		snprintf(allowed + used, sizeof(allowed) - used, "%s%s", q ? ", " : "",
			 phase_quantities[q].name);
	}
	return cli_error("--only %s: there is no such quantity; allowed: %s", name, allowed);
}

/* "5" or "2.5": kept in thousandths. */
static int set_threshold(struct diff_args *args, const char *value)
{
	unsigned long percent;
	unsigned int tenth = 0;
	char *end = NULL;

	errno = 0;
	percent = isdigit((unsigned char)value[0]) ? strtoul(value, &end, 10) : 0;
	if (end && end[0] == '.' && isdigit((unsigned char)end[1])) {
		tenth = end[1] - '0';
		end += 2;
	}
	if (!end || *end || errno || percent > PERCENT_MAX)
		return cli_error("--threshold %s: not a threshold; allowed: percent, such as 5 or "
				 "2.5", value);
	args->options.threshold = percent * 10 + tenth;
	return 0;
}

static int parse_args(struct diff_args *args, int argc, char **argv)
{
	int i, ret = 0;

	*args = (struct diff_args){ .options.threshold = DIFF_NO_THRESHOLD };
	for (i = 1; i < argc && !ret; i++) {
		bool only = !strcmp(argv[i], "--only"), threshold = !strcmp(argv[i], "--threshold");

		if (!strcmp(argv[i], "--json"))
			args->json = true;
		else if ((only || threshold) && i + 1 == argc)
			ret = cli_error("%s: needs a value", argv[i]);
		else if (only)
			ret = set_only(args, argv[++i]);
		else if (threshold)
			ret = set_threshold(args, argv[++i]);
		else if (argv[i][0] == '-')
			ret = cli_error("%s: there is no such option; see ballast --help", argv[i]);
		else if (args->nr_files == FILES_MAX)
			ret = cli_error("diff %s: more than %d traces", argv[i], FILES_MAX);
		else
			args->files[args->nr_files++] = argv[i];
	}
	if (!ret && args->nr_files < NR_DIFF_SIDES)
		ret = cli_error("diff: needs two traces, SIM and REAL");
	return ret;
}

static int print_diff(const struct diff_args *args, const struct phases *sim,
		      const struct phases *real)
{
	char error[ERROR_SIZE];
	struct diff diff;
	int ret;

	if (diff_init(&diff, sim, real, &args->options, error, sizeof(error)))
		return cli_error("%s, %s: %s", args->files[DIFF_SIM], args->files[DIFF_REAL],
				 error);
	if (args->json)
		diff_json(&diff, args->files, stdout);
	else
		diff_text(&diff, args->files, stdout);
	ret = diff_failed(&diff) ? EXIT_RUN_FAILED : EXIT_WELL;
	diff_free(&diff);
	if (fflush(stdout) || ferror(stdout))
		ret = cli_error("diff: output cannot be written");
	return ret;
}

/* The model's to one side, real ones to the other, in the order in which they are given. */
static void sort_runs(const struct diff_args *args, struct phases *all,
		      struct phases *sorted[NR_DIFF_SIDES], const char **names[NR_DIFF_SIDES],
		      unsigned int nr[NR_DIFF_SIDES])
{
	unsigned int i;

	for (i = 0; i < args->nr_files; i++) {
		unsigned int side = all[i].report.world == TRACE_WORLD_REAL ? DIFF_REAL : DIFF_SIM;

		sorted[side][nr[side]] = all[i];
		names[side][nr[side]++] = args->files[i];
	}
}

static int print_ranges(const struct diff_args *args, struct phases *all)
{
	struct phases sim[FILES_MAX], real[FILES_MAX], *sorted[NR_DIFF_SIDES] = { sim, real };
	const struct phases *const runs[NR_DIFF_SIDES] = { sim, real };
	const char *of_sim[FILES_MAX], *of_real[FILES_MAX];
	const char **names[NR_DIFF_SIDES] = { of_sim, of_real };
	const char *const *const const_names[NR_DIFF_SIDES] = { of_sim, of_real };
	unsigned int nr[NR_DIFF_SIDES] = { 0 };
	char error[ERROR_SIZE];
	struct diff_ranges ranges;
	int ret;

	sort_runs(args, all, sorted, names, nr);
	if (!nr[DIFF_SIM] || !nr[DIFF_REAL])
		return cli_error("diff: %u traces, all of %s: of more than two, some have to be of "
				 "the other", args->nr_files,
				 nr[DIFF_SIM] ? "the simulator" : "real machines");
	if (diff_ranges_init(&ranges, runs, const_names, nr, &args->options, error,
			     sizeof(error)))
		return cli_error("%s", error);
	if (args->json)
		diff_ranges_json(&ranges, stdout);
	else
		diff_ranges_text(&ranges, stdout);
	ret = diff_ranges_failed(&ranges) ? EXIT_RUN_FAILED : EXIT_WELL;
	diff_ranges_free(&ranges);
	if (fflush(stdout) || ferror(stdout))
		ret = cli_error("diff: output cannot be written");
	return ret;
}

int cmd_diff(int argc, char **argv)
{
	struct phases all[FILES_MAX];
	struct diff_args args;
	char error[ERROR_SIZE];
	unsigned int nr = 0;
	int ret = parse_args(&args, argc, argv);

	for (; !ret && nr < args.nr_files; nr++) {
		if (phases_read(&all[nr], args.files[nr], error, sizeof(error))) {
			ret = cli_error("%s", error);
			break;
		}
	}
	if (!ret && args.nr_files == NR_DIFF_SIDES)
		ret = print_diff(&args, &all[DIFF_SIM], &all[DIFF_REAL]);
	else if (!ret)
		ret = print_ranges(&args, all);
	while (nr)
		phases_free(&all[--nr]);
	return ret;
}
