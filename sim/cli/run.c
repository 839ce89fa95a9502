// SPDX-License-Identifier: GPL-2.0-only
/*
 * ballast run and ballast check; running one scenario, in the model or (real.c) in reality.
 */
#define _GNU_SOURCE
#include "cli.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "machine.h"
#include "shell.h"

#define ERROR_SIZE 4096
#define REPLAY_SIZE 4096

static void print_progress(void *opaque, uint64_t now, uint64_t events)
{
	static uint64_t last;

	/* Ten lines a virtual second are more than anybody reads. */
	if (now && now - last < 500000000)
		return;
	last = now;
	fprintf(stderr, "\r\033[K%" PRIu64 ".%" PRIu64 " s virtual, %" PRIu64 " events",
		now / 1000000000, now / 100000000 % 10, events);
}

/* The model */

static void *model_create(const struct run_args *args, const struct scenario *scenario,
			  struct trace_writer *trace, char *error, size_t error_size,
			  bool *crashed)
{
	struct machine_options options = { .image_dir = cli_image_dir(args), .trace = trace,
					   .scenario_name = scenario->file, .crashed = crashed,
					   .patience_ms = args->patience_s * 1000,
					   .images_given = args->images != NULL,
					   .message = cli_message, .unload_modules = true,
					   .opaque = (void *)args };

	if (args->progress && !args->quiet)
		options.progress = print_progress;
	return machine_create(scenario, &options, error, error_size);
}

static enum trace_end model_run(void *machine)
{
	return machine_run(machine);
}

static const char *model_error(const void *machine)
{
	return machine_error(machine);
}

static bool model_bad_input(const void *machine)
{
	return machine_bad_input(machine);
}

static void model_destroy(void *machine)
{
	machine_destroy(machine);
}

static void model_interrupt(void *machine)
{
	machine_interrupt(machine);
}

static const struct cli_world model = {
	.create = model_create, .run = model_run, .error = model_error,
	.bad_input = model_bad_input, .destroy = model_destroy,
	.interrupt = model_interrupt, .world = TRACE_WORLD_MODEL, .repeats = true,
};

/* One run */

/* So that it can be given to a shell as it is. */
void cli_print_command(FILE *out, const struct run_args *args, const char *file)
{
	const char *images = cli_images_given(args);
	unsigned int i;

	shell_variable(out, "BALLAST_SCENARIOS", getenv("BALLAST_SCENARIOS"));
	shell_word(out, program_invocation_name);
	fprintf(out, " run ");
	shell_word(out, file);
	for (i = 0; i < args->nr_overlays; i++)
		shell_option(out, "--overlay", args->overlays[i]);
	for (i = 0; i < args->nr_settings; i++)
		shell_option(out, "--set", args->settings[i]);
	shell_option(out, "--images", images);
	if (args->strict)
		fprintf(out, " --strict");
}

void cli_print_replay(FILE *out, const struct run_args *args, const char *file)
{
	fprintf(out, "ballast: replay with: ");
	cli_print_command(out, args, file);
	fprintf(out, " --detail full --trace replay.trace\n");
}

/* Have the command at hand, should the simulator itself fail. */
static void prepare_replay(const struct run_args *args, const char *file)
{
	char text[REPLAY_SIZE] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");

	if (!out)
		return;
	cli_print_replay(out, args, file);
	fclose(out);
	cli_crash_context(text);
}

static struct trace_writer *open_trace(const struct run_args *args, const struct scenario *s,
				       enum trace_world world, struct report *report,
				       struct trace_consumer *more)
{
	enum trace_level level = cli_trace_level(args, s);
	char error[ERROR_SIZE];
	struct trace_writer *tw = trace_open(args->trace, level, error, sizeof(error));
	unsigned int i;

	if (!tw) {
		cli_error("%s", error);
		return NULL;
	}
	if (report)
		trace_add_consumer(tw, &report->consumer);
	if (more)
		trace_add_consumer(tw, more);
	TRACE(tw, 0, run, .scenario = s->file, .seed = s->seed, .version = BALLAST_VERSION,
	      .level = level, .world = world, .description = s->description);
	for (i = 0; i < args->nr_overlays; i++)
		TRACE(tw, 0, override, .kind = TRACE_OVERRIDE_OVERLAY, .text = args->overlays[i]);
	for (i = 0; i < args->nr_settings; i++)
		TRACE(tw, 0, override, .kind = TRACE_OVERRIDE_SET, .text = args->settings[i]);
	return tw;
}

static int run_world(const struct run_args *args, const struct cli_world *world, void *machine,
		     const char *file)
{
	enum trace_end end = world->run(machine);

	if (args->progress && !args->quiet)
		fprintf(stderr, "\r\033[K");
	if (end == TRACE_END_LIMIT && cli_interrupted())
		return EXIT_SIGNAL + cli_interrupted();
	if (end == TRACE_END_OK || end == TRACE_END_LIMIT)
		return EXIT_WELL;
	cli_error("%s", world->error(machine));
	if (world->bad_input(machine))
		return EXIT_BAD_INPUT;
	if (world->repeats)
		cli_print_replay(stderr, args, file);
	return EXIT_RUN_FAILED;
}

int cli_run_one(const struct run_args *args, const char *file, struct report *report,
		struct trace_consumer *more)
{
	const struct cli_world *world = args->world ? args->world : &model;
	struct trace_writer *trace;
	struct scenario scenario;
	char error[ERROR_SIZE];
	int ret = cli_load(&scenario, args, file);
	bool crashed = false;
	void *machine;

	if (ret)
		return ret;
	trace = open_trace(args, &scenario, world->world, report, more);
	if (world->repeats)
		prepare_replay(args, file);
	cli_catch_signals(world, NULL);
	machine = trace ? world->create(args, &scenario, trace, error, sizeof(error), &crashed) :
			  NULL;
	if (!machine || trace_start(trace)) {
		ret = crashed ? EXIT_RUN_FAILED : EXIT_BAD_INPUT;
		if (trace) {
			/* Of a trace that cannot be written the writer has told. */
			if (!machine)
				cli_error("%s", error);
			trace_abandon(trace);
		}
		if (crashed)
			cli_print_replay(stderr, args, file);
	} else {
		cli_catch_signals(world, machine);
		ret = run_world(args, world, machine, file);
		cli_catch_signals(world, NULL);
		/* The writer has said what went wrong. */
		if (trace_close(trace))
			ret = EXIT_BAD_INPUT;
	}
	if (machine)
		world->destroy(machine);
	scenario_free(&scenario);
	return ret;
}

/* Somebody died, and whoever asked wants to take that for a failure. */
static int casualties_failed(const struct run_args *args, const char *file,
			     const struct report *report)
{
	unsigned int i;

	for (i = 0; i < report->nr_casualties; i++)
		cli_error("--strict: %s", report->casualties[i]);
	if (!args->world || args->world->repeats)
		cli_print_replay(stderr, args, file);
	return EXIT_RUN_FAILED;
}

/* One document for all runs: an object, or, when several scenarios were given, an array of them. */
static void print_json(const struct run_args *args, const struct report *report, bool first)
{
	if (args->nr_files > 1)
		fputs(first ? "[\n" : ",\n", stdout);
	report_json(report, stdout);
}

int cli_run_all(const struct run_args *args)
{
	unsigned int i, nr_shown = 0;
	int worst = 0;

	for (i = 0; i < args->nr_files && !cli_interrupted(); i++) {
		struct report report;
		int status;

		report_init(&report);
		status = cli_run_one(args, args->files[i], &report, NULL);
		if (status == EXIT_WELL && args->strict && report.nr_casualties)
			status = casualties_failed(args, args->files[i], &report);
		if ((status != EXIT_BAD_INPUT || report.ended) && !args->quiet) {
			if (args->json)
				print_json(args, &report, !nr_shown);
			else
				report_text(&report, stdout, 20);
			nr_shown++;
		}
		report_free(&report);
		if (status > worst)
			worst = status;
	}
	if (args->json && args->nr_files > 1 && nr_shown)
		puts("]");
	return worst;
}

int cmd_run(int argc, char **argv)
{
	struct run_args args;
	int ret = cli_run_args(&args, RUN_MODEL, argc, argv);

	return ret ? ret : cli_run_all(&args);
}

static void check_warning(void *opaque, const char *text)
{
	unsigned int *nr = opaque;

	fprintf(stderr, "ballast: warning: %s\n", text);
	(*nr)++;
}

static void check_passed(const struct run_args *args, const char *file,
			 const struct scenario *scenario, const struct machine *machine)
{
	unsigned int warnings = 0;

	machine_warnings(machine, check_warning, &warnings);
	if (args->quiet)
		return;
	printf("%s: ok, %u guests, %u commands", file, scenario->nr_guests,
	       scenario->nr_commands);
	if (warnings)
		printf(", %u warning%s", warnings, warnings > 1 ? "s" : "");
	putchar('\n');
}

int cmd_check(int argc, char **argv)
{
	struct run_args args;
	unsigned int i;
	int ret = cli_run_args(&args, RUN_MODEL, argc, argv), worst = 0;

	for (i = 0; i < args.nr_files && !ret; i++) {
		bool crashed = false;
		struct machine_options options = { .image_dir = cli_image_dir(&args),
						   .crashed = &crashed };
		struct scenario scenario;
		struct machine *machine;
		char error[ERROR_SIZE];

		if (cli_load(&scenario, &args, args.files[i])) {
			worst = EXIT_BAD_INPUT;
			continue;
		}
		machine = machine_create(&scenario, &options, error, sizeof(error));
		if (!machine) {
			cli_error("%s", error);
			if (!crashed || worst == EXIT_BAD_INPUT)
				worst = EXIT_BAD_INPUT;
			else
				worst = EXIT_RUN_FAILED;
		} else {
			check_passed(&args, args.files[i], &scenario, machine);
		}
		machine_destroy(machine);
		scenario_free(&scenario);
	}
	return ret ? ret : worst;
}
