// SPDX-License-Identifier: GPL-2.0-only
/*
 * ballast run and ballast check.
 */
#include "cli.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "machine.h"

#define ERROR_SIZE 1024
#define SETTING_SIZE 64

int cli_error(const char *fmt, ...)
{
	char text[8192], *line, *rest = text;
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	while ((line = strsep(&rest, "\n")))
		if (*line)
			fprintf(stderr, "ballast: %s\n", line);
	return EXIT_BAD_INPUT;
}

static const char *beside_executable(const char *what)
{
	static char path[2][PATH_MAX + 32];
	static int which;
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	char *slash;

	if (n < 0)
		return what;
	exe[n] = '\0';
	slash = strrchr(exe, '/');
	if (slash)
		*slash = '\0';
	which = !which;
	snprintf(path[which], sizeof(path[which]), "%s/%s", exe, what);
	return path[which];
}

const char *cli_image_dir(const struct run_args *args)
{
	const char *env = getenv("BALLAST_IMAGES");

	if (args->images)
		return args->images;
	return env ? env : beside_executable("images");
}

const char *cli_scenario_dir(void)
{
	const char *env = getenv("BALLAST_SCENARIOS"), *dir;

	if (env)
		return env;
	dir = beside_executable("../../scenarios");
	return access(dir, R_OK) ? "scenarios" : dir;
}

/* "20s" -> milliseconds; false: not a time. */
static bool parse_time_ms(const char *text, uint64_t *ms)
{
	static const struct {
		const char *unit;
		uint64_t ms;
	} units[] = { { "", 1000 }, { "ms", 1 }, { "s", 1000 }, { "min", 60000 },
		      { "h", 3600000 } };
	unsigned int i;
	char *end;

	errno = 0;
	*ms = strtoull(text, &end, 10);
	if (end == text || errno || !isdigit((unsigned char)text[0]))
		return false;
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (!strcmp(end, units[i].unit)) {
			if (*ms > UINT64_MAX / units[i].ms)
				return false;
			*ms *= units[i].ms;
			return true;
		}
	}
	return false;
}

static int add_to(const char **list, unsigned int *nr, const char *what, const char *value)
{
	if (*nr == RUN_LIST_MAX)
		return cli_error("%s: more than %d %s", value, RUN_LIST_MAX, what);
	list[(*nr)++] = value;
	return 0;
}

static int set_until(struct run_args *args, const char *value)
{
	static char setting[SETTING_SIZE];
	uint64_t ms;

	if (!parse_time_ms(value, &ms) || !ms)
		return cli_error("--until %s: not a time; allowed: a number and ms, s, min or h",
				 value);
	snprintf(setting, sizeof(setting), "/until-ms=%" PRIu64, ms);
	return add_to(args->settings, &args->nr_settings, "settings", setting);
}

static int set_seed(struct run_args *args, const char *value)
{
	static char setting[SETTING_SIZE];
	char *end;

	errno = 0;
	strtoull(value, &end, 0);
	if (errno || *end || !isdigit((unsigned char)value[0]))
		return cli_error("--seed %s: not a number", value);
	snprintf(setting, sizeof(setting), "/seed=%s", value);
	return add_to(args->settings, &args->nr_settings, "settings", setting);
}

static const char *const details[] = { "summary", "normal", "full" };

static int set_detail(struct run_args *args, const char *value)
{
	unsigned int i;

	for (i = 0; i < sizeof(details) / sizeof(details[0]); i++)
		if (!strcmp(value, details[i]))
			args->detail = details[i];
	return args->detail ? 0 : cli_error("--detail %s: allowed: summary, normal, full", value);
}

static enum trace_level trace_level(const struct run_args *args, const struct scenario *s)
{
	static const enum trace_level levels[] = { TRACE_SUMMARY, TRACE_NORMAL, TRACE_FULL };
	unsigned int i;

	for (i = 0; args->detail && i < sizeof(details) / sizeof(details[0]); i++)
		if (args->detail == details[i])
			return levels[i];
	return levels[s->trace.detail];
}

static int option_with_value(struct run_args *args, const char *option, const char *value)
{
	if (!strcmp(option, "--overlay"))
		return add_to(args->overlays, &args->nr_overlays, "overlays", value);
	if (!strcmp(option, "--set"))
		return add_to(args->settings, &args->nr_settings, "settings", value);
	if (!strcmp(option, "--seed"))
		return set_seed(args, value);
	if (!strcmp(option, "--until"))
		return set_until(args, value);
	if (!strcmp(option, "--detail"))
		return set_detail(args, value);
	if (!strcmp(option, "--images"))
		args->images = value;
	else
		args->trace = value;
	return 0;
}

static bool takes_value(const char *option)
{
	static const char *const options[] = { "--overlay", "--set",   "--seed",
					       "--until",   "--trace", "--images",
					       "--detail" };
	unsigned int i;

	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (!strcmp(option, options[i]))
			return true;
	return false;
}

static int parse_args(struct run_args *args, int argc, char **argv)
{
	int i, ret = 0;

	*args = (struct run_args){ .progress = isatty(STDERR_FILENO) };
	for (i = 1; i < argc && !ret; i++) {
		if (!strcmp(argv[i], "--json"))
			args->json = true;
		else if (!strcmp(argv[i], "--quiet"))
			args->quiet = true;
		else if (takes_value(argv[i]) && i + 1 == argc)
			ret = cli_error("%s: needs a value", argv[i]);
		else if (takes_value(argv[i]))
			ret = option_with_value(args, argv[i], argv[i + 1]), i++;
		else if (argv[i][0] == '-')
			ret = cli_error("%s: there is no such option; see ballast --help", argv[i]);
		else
			ret = add_to(args->files, &args->nr_files, "scenarios", argv[i]);
	}
	if (!ret && !args->nr_files)
		ret = cli_error("%s: needs a scenario file", argv[0]);
	if (!ret && args->trace && args->nr_files > 1)
		ret = cli_error("--trace %s: takes one scenario at a time", args->trace);
	return ret;
}

int cli_load(struct scenario *scenario, const struct run_args *args, const char *file)
{
	struct scenario_args load = { .file = file, .overlays = args->overlays,
				      .nr_overlays = args->nr_overlays,
				      .settings = args->settings,
				      .nr_settings = args->nr_settings,
				      .include_dir = cli_scenario_dir() };

	if (!scenario_load(scenario, &load))
		return 0;
	cli_error("%s", scenario_error_text(scenario));
	scenario_free(scenario);
	return EXIT_BAD_INPUT;
}

static void print_message(void *opaque, const char *text)
{
	const struct run_args *args = opaque;

	if (args->progress && !args->quiet)
		fprintf(stderr, "\r\033[K");
	fprintf(stderr, "%s%s", text, text[0] && text[strlen(text) - 1] == '\n' ? "" : "\n");
}

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

static void print_replay(const struct run_args *args, const char *file)
{
	unsigned int i;

	fprintf(stderr, "ballast: replay with: ballast run %s", file);
	for (i = 0; i < args->nr_overlays; i++)
		fprintf(stderr, " --overlay %s", args->overlays[i]);
	for (i = 0; i < args->nr_settings; i++)
		fprintf(stderr, " --set '%s'", args->settings[i]);
	fprintf(stderr, " --detail full --trace replay.trace\n");
}

static struct trace_writer *open_trace(const struct run_args *args, const struct scenario *s,
				       struct report *report, struct trace_consumer *more)
{
	enum trace_level level = trace_level(args, s);
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
	      .level = level);
	for (i = 0; i < args->nr_overlays; i++)
		TRACE(tw, 0, override, .kind = TRACE_OVERRIDE_OVERLAY, .text = args->overlays[i]);
	for (i = 0; i < args->nr_settings; i++)
		TRACE(tw, 0, override, .kind = TRACE_OVERRIDE_SET, .text = args->settings[i]);
	return tw;
}

static int run_machine(const struct run_args *args, struct machine *machine, const char *file)
{
	enum trace_end end = machine_run(machine);

	if (args->progress && !args->quiet)
		fprintf(stderr, "\r\033[K");
	if (end == TRACE_END_OK || end == TRACE_END_LIMIT)
		return EXIT_WELL;
	cli_error("%s", machine_error(machine));
	if (machine_bad_input(machine))
		return EXIT_BAD_INPUT;
	print_replay(args, file);
	return EXIT_RUN_FAILED;
}

int cli_run_one(const struct run_args *args, const char *file, struct report *report,
		struct trace_consumer *more)
{
	struct machine_options options = { .image_dir = cli_image_dir(args),
					   .scenario_name = file, .message = print_message,
					   .opaque = (void *)args };
	struct scenario scenario;
	struct machine *machine;
	char error[ERROR_SIZE];
	int ret = cli_load(&scenario, args, file);

	if (ret)
		return ret;
	if (args->progress && !args->quiet)
		options.progress = print_progress;
	options.trace = open_trace(args, &scenario, report, more);
	machine = options.trace ? machine_create(&scenario, &options, error, sizeof(error)) : NULL;
	if (!machine || trace_start(options.trace)) {
		ret = EXIT_BAD_INPUT;
		if (options.trace) {
			cli_error("%s", machine ? trace_error(options.trace) : error);
			trace_abandon(options.trace);
		}
	} else {
		ret = run_machine(args, machine, file);
		if (trace_close(options.trace) && !ret)
			ret = EXIT_RUN_FAILED;
	}
	machine_destroy(machine);
	scenario_free(&scenario);
	return ret;
}

int cmd_run(int argc, char **argv)
{
	struct run_args args;
	unsigned int i;
	int ret = parse_args(&args, argc, argv), worst = 0;

	for (i = 0; i < args.nr_files && !ret; i++) {
		struct report report;
		int status;

		report_init(&report);
		status = cli_run_one(&args, args.files[i], &report, NULL);
		if (status != EXIT_BAD_INPUT && !args.quiet) {
			if (args.json)
				report_json(&report, stdout);
			else
				report_text(&report, stdout, 20);
		}
		report_free(&report);
		if (status > worst)
			worst = status;
	}
	return ret ? ret : worst;
}

int cmd_check(int argc, char **argv)
{
	struct run_args args;
	unsigned int i;
	int ret = parse_args(&args, argc, argv), worst = 0;

	for (i = 0; i < args.nr_files && !ret; i++) {
		struct machine_options options = { .image_dir = cli_image_dir(&args) };
		struct scenario scenario;
		struct machine *machine;
		char error[ERROR_SIZE];

		if (cli_load(&scenario, &args, args.files[i])) {
			worst = EXIT_BAD_INPUT;
			continue;
		}
		machine = machine_create(&scenario, &options, error, sizeof(error));
		if (!machine)
			worst = cli_error("%s", error);
		else if (!args.quiet)
			printf("%s: ok, %u guests, %u commands\n", args.files[i],
			       scenario.nr_guests, scenario.nr_commands);
		machine_destroy(machine);
		scenario_free(&scenario);
	}
	return ret ? ret : worst;
}
