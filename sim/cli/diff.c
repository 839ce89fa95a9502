// SPDX-License-Identifier: GPL-2.0-only
/*
 * ballast diff: the phases of two traces of one scenario, and by how much they deviate.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "diff.h"

#define ERROR_SIZE 1024
#define PERCENT_MAX 1000000

struct diff_args {
	const char *files[NR_DIFF_SIDES];
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
		else if (args->nr_files == NR_DIFF_SIDES)
			ret = cli_error("diff %s: takes two traces, SIM and REAL", argv[i]);
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

int cmd_diff(int argc, char **argv)
{
	struct phases sim, real;
	struct diff_args args;
	char error[ERROR_SIZE];
	int ret = parse_args(&args, argc, argv);

	if (ret)
		return ret;
	if (phases_read(&sim, args.files[DIFF_SIM], error, sizeof(error)))
		return cli_error("%s", error);
	if (phases_read(&real, args.files[DIFF_REAL], error, sizeof(error))) {
		phases_free(&sim);
		return cli_error("%s", error);
	}
	ret = print_diff(&args, &sim, &real);
	phases_free(&sim);
	phases_free(&real);
	return ret;
}
