// SPDX-License-Identifier: GPL-2.0-only
/*
 * ballast real: scenarios on real kernels in real QEMUs.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli.h"
#include "run.h"

static void print_progress(void *opaque, uint64_t now)
{
	static uint64_t last;

	if (now && now - last < 500000000)
		return;
	last = now;
	fprintf(stderr, "\r\033[K%" PRIu64 ".%" PRIu64 " s", now / 1000000000,
		now / 100000000 % 10);
}

static const char *real_dir(const struct run_args *args)
{
	const char *env = getenv("BALLAST_REAL");

	if (args->real)
		return args->real;
	return env ? env : cli_beside_executable("real");
}

static void *create(const struct run_args *args, const struct scenario *scenario,
		    struct trace_writer *trace, char *error, size_t error_size, bool *crashed)
{
	struct real_run_options options = { .dir = real_dir(args), .kernel = args->kernel,
					    .stock_module = args->stock_module,
					    .accel = args->accel, .trace = trace,
					    .message = cli_message, .opaque = (void *)args,
					    .stop = cli_interrupt_flag() };

	options.limit = args->limit ? REAL_LIMIT_YES :
			args->no_limit ? REAL_LIMIT_NO : REAL_LIMIT_DEFAULT;
	if (args->progress && !args->quiet)
		options.progress = print_progress;
	return real_run_create(scenario, &options, error, error_size);
}

static enum trace_end run(void *machine)
{
	return real_run_go(machine);
}

static const char *error_of(const void *machine)
{
	return real_run_error(machine);
}

static bool bad_input(const void *machine)
{
	return real_run_bad_input(machine);
}

static void destroy(void *machine)
{
	real_run_destroy(machine);
}

int cmd_real(int argc, char **argv)
{
	static const struct cli_world reality = { .create = create, .run = run, .error = error_of,
						  .bad_input = bad_input, .destroy = destroy,
						  .world = TRACE_WORLD_REAL };
	struct run_args args;
	int ret = cli_run_args(&args, RUN_REAL, argc, argv);

	if (ret)
		return ret;
	args.world = &reality;
	return cli_run_all(&args);
}
