// SPDX-License-Identifier: GPL-2.0-only
/*
 * ballast report: one HTML file of a run, from its trace.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "output.h"
#include "read.h"
#include "run_page.h"

#define ERROR_SIZE 4096

/* The file's name with another ending: first.trace becomes first.html. */
static char *default_name(const char *file)
{
	const char *slash = strrchr(file, '/'), *dot = strrchr(file, '.');
	int len = strlen(file);
	char *name;

	if (dot && dot > (slash ? slash + 1 : file))
		len = dot - file;
	if (asprintf(&name, "%.*s.html", len, file) < 0)
		abort();
	return name;
}

/* Both consumers see what a run would have given them. */
struct both {
	struct trace_consumer consumer;
	struct report report;
	struct run_series series;
	const char *damage;		/* NULL: the trace is whole */
};

static void feed_both(struct trace_consumer *consumer, const struct trace_record *record)
{
	struct both *b = (struct both *)consumer;

	b->report.consumer.record(&b->report.consumer, record);
	b->series.consumer.record(&b->series.consumer, record);
}

static void fill(FILE *out, void *opaque)
{
	struct both *b = opaque;

	run_page(out, &b->report, &b->series, program_invocation_name, b->damage);
}

static int report_run(const char *file, const char *path)
{
	struct both b = { .consumer = { .record = feed_both, .level = TRACE_NORMAL } };
	char error[ERROR_SIZE];
	struct trace_reader *reader = trace_reader_open(file, error, sizeof(error));
	int ret;

	if (!reader)
		return cli_error("%s", error);
	report_init(&b.report);
	run_series_init(&b.series);
	trace_reader_feed(reader, &b.consumer);
	b.damage = trace_reader_damage(reader);
	if (!trace_reader_records(reader))
		ret = cli_error("%s", b.damage ? b.damage : "the trace has no records");
	else
		ret = cli_write(path, fill, &b);
	if (ret == EXIT_WELL) {
		cli_written(stdout, path);
		if (b.damage)
			ret = cli_error("%s", b.damage);
	}
	trace_reader_close(reader);
	run_series_free(&b.series);
	report_free(&b.report);
	return ret;
}

int cmd_report(int argc, char **argv)
{
	const char *file = NULL, *path = NULL;
	char *name = NULL;
	int ret;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-o") && i + 1 == argc)
			return cli_error("-o: needs a file");
		if (!strcmp(argv[i], "-o"))
			path = argv[++i];
		else if (argv[i][0] == '-')
			return cli_error("report %s: there is no such option; allowed: -o FILE",
					 argv[i]);
		else if (file)
			return cli_error("report %s: takes one file", argv[i]);
		else
			file = argv[i];
	}
	if (!file)
		return cli_error("report: needs a trace (of run --trace)");
	if (!path)
		path = name = default_name(file);
	if (output_is(path, file))
		ret = cli_error("%s: is what the report is made from; -o must name another file",
				path);
	else
		ret = report_run(file, path);
	free(name);
	return ret;
}
