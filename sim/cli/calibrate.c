// SPDX-License-Identifier: GPL-2.0-only
/*
 * ballast calibrate: measure what things cost on this host, and write a cost table.
 */
#include "calibrate.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "output.h"

#define ERROR_SIZE 8192
#define PATH_SIZE 4096
#define RUNS_DEFAULT 21
#define MIB (UINT64_C(1) << 20)

struct calibrate_args {
	struct calibrate_options options;
	const char *out, *swap_device;	/* files to write; NULL: none */
	const char *base;
	char default_base[PATH_SIZE];
	bool json;
};

/* What is written, and from what. */
struct calibrated {
	struct calibration c;
	struct calibrated_costs costs;
	struct base_table base;
};

static int set_runs(struct calibrate_args *args, const char *value)
{
	uint64_t n;

	if (!scenario_parse_number(value, &n) || !n || n > CALIBRATE_RUNS_MAX)
		return cli_error("--runs %s: allowed: 1..%d", value, CALIBRATE_RUNS_MAX);
	args->options.runs = n;
	return 0;
}

static int set_size(struct calibrate_args *args, const char *value)
{
	uint64_t n;

	if (!scenario_parse_number(value, &n) || n < CALIBRATE_MIB_MIN ||
	    n > CALIBRATE_MIB_MAX || n % 4)
		return cli_error("--size-mib %s: allowed: multiples of 4 in %d..%d", value,
				 CALIBRATE_MIB_MIN, CALIBRATE_MIB_MAX);
	args->options.bytes = n * MIB;
	return 0;
}

/* A value of an option that takes one: where it is kept. */
static const char **place_of(struct calibrate_args *args, const char *option)
{
	if (!strcmp(option, "-o"))
		return &args->out;
	if (!strcmp(option, "--base"))
		return &args->base;
	if (!strcmp(option, "--swap"))
		return &args->options.swap_dir;
	return !strcmp(option, "--swap-device") ? &args->swap_device : NULL;
}

static int take_args(struct calibrate_args *args, int argc, char **argv)
{
	int ret = 0;

	for (int i = 1; i < argc && !ret; i++) {
		const char **place = place_of(args, argv[i]);
		bool runs = !strcmp(argv[i], "--runs"), size = !strcmp(argv[i], "--size-mib");

		if (!strcmp(argv[i], "--json"))
			args->json = true;
		else if ((place || runs || size) && i + 1 == argc)
			ret = cli_error("%s: needs a value", argv[i]);
		else if (runs)
			ret = set_runs(args, argv[++i]);
		else if (size)
			ret = set_size(args, argv[++i]);
		else if (place)
			*place = argv[++i];
		else if (argv[i][0] == '-')
			ret = cli_error("calibrate %s: there is no such option; allowed: -o FILE, "
					"--base FILE, --runs N, --size-mib N, --swap DIR, "
					"--swap-device FILE, --json", argv[i]);
		else
			ret = cli_error("calibrate %s: takes no file; -o FILE writes one", argv[i]);
	}
	if (!ret && args->swap_device && !args->options.swap_dir)
		ret = cli_error("--swap-device: needs --swap DIR, where swap is to be");
	return ret;
}

/* Before anything is measured. */
static int check_files(const struct calibrate_args *args)
{
	const char *const outs[] = { args->out, args->swap_device };
	static const char *const options[] = { "-o", "--swap-device" };
	const struct run_args none = { .nr_files = 0 };
	int ret = 0;

	for (unsigned int i = 0; i < 2 && !ret; i++) {
		if (!outs[i])
			continue;
		if (output_is(outs[i], args->base))
			ret = cli_error("%s %s: is the base table; %s must name another file",
					options[i], outs[i], options[i]);
		else
			ret = cli_check_output(options[i], outs[i], &none);
	}
	if (!ret && args->out && args->swap_device && !strcmp(args->out, args->swap_device))
		ret = cli_error("--swap-device %s: is what -o names; allowed: another file",
				args->swap_device);
	return ret;
}

static void print_progress(void *opaque, unsigned int run, unsigned int runs)
{
	if (run)
		fprintf(stderr, "\r\033[Krun %u of %u", run, runs);
	else
		fprintf(stderr, "\r\033[Kwarming up");
}

/* What is the same for several is said once. */
static void say_skipped(const struct calibration *c)
{
	for (unsigned int i = 0; i < NR_MEASUREMENTS; i++) {
		bool said = false;
		char names[512] = "";

		for (unsigned int k = 0; k < i; k++)
			said |= !strcmp(c->why_not[k], c->why_not[i]);
		if (said || !c->why_not[i][0])
			continue;
		for (unsigned int k = i; k < NR_MEASUREMENTS; k++) {
			size_t used = strlen(names);

			if (!strcmp(c->why_not[k], c->why_not[i]))
				snprintf(names + used, sizeof(names) - used, "%s%s",
					 used ? ", " : "", measurement_info[k].name);
		}
		cli_error("not measured: %s: %s", names, c->why_not[i]);
	}
}

static void say_doubts(const struct calibration *c)
{
	char names[1024];

	if (calibrate_unsteady(c, names, sizeof(names)))
		cli_error("values are far apart (quartiles, in percent of the median): %s; is the "
			  "machine busy with something else?", names);
	if (c->host.cache && c->bytes < 2 * c->host.cache)
		cli_error("two areas of %" PRIu64 " MiB are less than four times the cache of "
			  "%" PRIu64 " MiB: part of them may have stayed there", c->bytes / MIB,
			  c->host.cache / MIB);
}

/* Files */

static void fill_table(FILE *out, void *opaque)
{
	const struct calibrated *all = opaque;

	calibrate_write(out, &all->costs, &all->c, &all->base);
}

static void fill_swap(FILE *out, void *opaque)
{
	const struct calibrated *all = opaque;

	calibrate_write_swap(out, &all->c);
}

static int write_files(const struct calibrate_args *args, struct calibrated *all)
{
	FILE *say = args->json ? stderr : stdout;
	int ret = 0;

	if (args->out) {
		ret = cli_write(args->out, fill_table, all);
		if (!ret)
			fprintf(say, "%s: cost table written\n", args->out);
	}
	if (ret || !args->swap_device)
		return ret;
	if (!calibrate_has_swap(&all->c))
		return cli_error("--swap-device %s: not written: %s", args->swap_device,
				 all->c.why_not[MEASURE_DISK_READ]);
	ret = cli_write(args->swap_device, fill_swap, all);
	if (!ret)
		fprintf(say, "%s: swap device written\n", args->swap_device);
	return ret;
}

static int calibrate(struct calibrate_args *args, struct calibrated *all)
{
	char error[ERROR_SIZE];
	int ret;

	if (calibrate_check(&all->c.host, &args->options, error, sizeof(error)))
		return cli_error("%s", error);
	if (isatty(STDERR_FILENO))
		args->options.progress = print_progress;
	cli_catch_signals(NULL, NULL);
	args->options.stop = cli_interrupt_flag();
	ret = calibrate_measure(&all->c, &args->options, error, sizeof(error));
	if (args->options.progress)
		fprintf(stderr, "\r\033[K");
	if (ret < 0)
		return cli_error("%s", error);
	if (ret)
		return EXIT_SIGNAL + cli_interrupted();
	calibrate_costs(&all->costs, &all->c, &all->base);
	say_skipped(&all->c);
	say_doubts(&all->c);
	if (args->json)
		calibrate_print_json(stdout, &all->costs, &all->c, &all->base);
	else
		calibrate_print(stdout, &all->costs, &all->c, &all->base);
	return write_files(args, all);
}

int cmd_calibrate(int argc, char **argv)
{
	struct calibrate_args args = { .options.runs = RUNS_DEFAULT };
	struct calibrated *all;
	char error[ERROR_SIZE];
	int ret;

	snprintf(args.default_base, sizeof(args.default_base), "%s/costs/skylake.dtsi",
		 cli_scenario_dir());
	args.base = args.default_base;
	ret = take_args(&args, argc, argv);
	if (!ret)
		ret = check_files(&args);
	if (ret)
		return ret;
	all = calloc(1, sizeof(*all));
	if (!all)
		abort();
	if (base_table_load(&all->base, args.base, cli_scenario_dir(), error, sizeof(error))) {
		ret = cli_error("%s", error);
	} else {
		calibrate_host(&all->c.host);
		ret = calibrate(&args, all);
		base_table_free(&all->base);
	}
	free(all);
	return ret;
}
