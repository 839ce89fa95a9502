// SPDX-License-Identifier: GPL-2.0-only
/*
 * ballast record: a curve for the program `demand`, from a live system.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "output.h"
#include "recorder.h"

#define ERROR_SIZE 4800
#define INTERVAL_MS 1000
#define INTERVAL_MS_MAX 3600000
#define SECONDS_MAX 31622400	/* as times in scenarios */

struct record_args {
	const char *group, *pid, *socket, *out;	/* NULL: not given */
	bool machine;
	struct recorder_options options;
};

static int take_number(const char *option, const char *value, uint64_t max, uint64_t *n)
{
	if (scenario_parse_number(value, n) && *n && *n <= max)
		return 0;
	return cli_error("%s %s: allowed: 1..%" PRIu64, option, value, max);
}

static const char **place_of(struct record_args *args, const char *option)
{
	if (!strcmp(option, "--cgroup"))
		return &args->group;
	if (!strcmp(option, "--pid"))
		return &args->pid;
	if (!strcmp(option, "--qmp"))
		return &args->socket;
	return !strcmp(option, "-o") ? &args->out : NULL;
}

static int take_value(struct record_args *args, const char *option, const char *value)
{
	const char **place = place_of(args, option);
	bool interval = !strcmp(option, "--interval");
	uint64_t n = 0;
	int ret = 0;

	if (!value)
		return cli_error("%s: needs a value", option);
	if (place)
		*place = value;
	else
		ret = take_number(option, value, interval ? INTERVAL_MS_MAX : SECONDS_MAX, &n);
	if (interval)
		args->options.interval_ms = n;
	else if (!place)
		args->options.duration_ms = n * 1000;
	return ret;
}

static int take_args(struct record_args *args, int argc, char **argv)
{
	int ret = 0;

	for (int i = 1; i < argc && !ret; i++) {
		if (!strcmp(argv[i], "--proc")) {
			args->machine = true;
		} else if (place_of(args, argv[i]) || !strcmp(argv[i], "--interval") ||
			   !strcmp(argv[i], "--for")) {
			ret = take_value(args, argv[i], argv[i + 1]);
			i++;
		} else if (argv[i][0] == '-') {
			ret = cli_error("record %s: there is no such option; allowed: --proc, "
					"--cgroup DIR, --pid PID, --qmp SOCKET, --interval MS, "
					"--for SECONDS, -o FILE", argv[i]);
		} else {
			ret = cli_error("record %s: takes no file; -o FILE writes one", argv[i]);
		}
	}
	if (!ret && args->machine + !!args->group + !!args->pid + !!args->socket != 1)
		ret = cli_error("record: needs one thing to record; allowed: one of --proc, "
				"--cgroup DIR, --pid PID, --qmp SOCKET");
	return ret;
}

static int open_source(struct record_source *s, const struct record_args *args)
{
	if (args->group)
		return record_open_group(s, args->group);
	if (args->pid)
		return record_open_process(s, args->pid);
	if (args->socket)
		return record_open_guest(s, args->socket, args->options.interval_ms);
	return record_open_machine(s, "/proc");
}

/* How it ended: the status, with a line for what is not as it was asked for. */
static int end_status(const struct record_source *s, enum record_result result)
{
	switch (result) {
	case RECORD_STOPPED:
		return EXIT_SIGNAL + cli_interrupted();
	case RECORD_FAILED:
		cli_error("%s; the curve ends there", s->error);
		return EXIT_RUN_FAILED;
	case RECORD_ENDED:
		fprintf(stderr, "%s has ended; so does the curve\n", s->name);
		return EXIT_WELL;
	default:
		return EXIT_WELL;
	}
}

/* With a source that has been read once. */
static int record(struct record_source *s, const struct record_held *first,
		  const struct record_args *args)
{
	struct output o = { .file = stdout };
	enum record_result result;
	char error[ERROR_SIZE];
	uint64_t samples;

	if (args->out && output_open(&o, args->out, error, sizeof(error)))
		return cli_error("%s", error);
	result = recorder_run(s, first, &args->options, o.file, &samples);
	if (args->out) {
		if (output_close(&o, error, sizeof(error)))
			return cli_error("%s", error);
		printf("%s: curve of %" PRIu64 " samples written\n", args->out, samples);
	}
	return end_status(s, result);
}

int cmd_record(int argc, char **argv)
{
	struct record_args args = { .options = { INTERVAL_MS, UINT64_MAX } };
	const struct run_args none = { .nr_files = 0 };
	struct record_held first = { 0 };
	struct record_source *s;
	int ret = take_args(&args, argc, argv);

	/* From here on a signal ends it well. */
	cli_catch_signals(NULL, NULL);
	if (!ret && args.out)
		ret = cli_check_output("-o", args.out, &none);
	if (ret)
		return ret;
	s = calloc(1, sizeof(*s));
	if (!s)
		abort();
	s->fd = -1;
	s->stop = cli_interrupt_flag();
	if (open_source(s, &args)) {
		ret = cli_error("%s", s->error);
	} else {
		enum record_result result = s->read(s, &first);

		ret = result == RECORD_WELL ? record(s, &first, &args) :
		      result == RECORD_STOPPED ? EXIT_SIGNAL + cli_interrupted() :
		      result == RECORD_ENDED ? cli_error("%s: has ended", s->name) :
					       cli_error("%s", s->error);
		record_close(s);
	}
	free(s);
	return ret;
}
