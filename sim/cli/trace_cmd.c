// SPDX-License-Identifier: GPL-2.0-only
/*
 * ballast trace: tables, text, CSV and Perfetto JSON from a recorded trace.
 */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "dump.h"
#include "read.h"

#define ERROR_SIZE 512

static int known_record(const char *name)
{
	unsigned int i;

	for (i = 0; i < NR_TRACE_IDS; i++)
		if (trace_types[i].id && !strcmp(trace_types[i].name, name))
			return 1;
	return 0;
}

static void show_report(struct trace_reader *reader, bool json)
{
	struct report report;

	report_init(&report);
	trace_reader_feed(reader, &report.consumer);
	if (json)
		report_json(&report, stdout);
	else
		report_text(&report, stdout, 20);
	report_free(&report);
}

static void show(struct trace_reader *reader, const char *what, const char *record, bool json)
{
	if (!strcmp(what, "report")) {
		show_report(reader, json);
	} else if (!strcmp(what, "dump")) {
		struct trace_dump dump;

		trace_dump_init(&dump, stdout);
		trace_reader_feed(reader, &dump.consumer);
	} else if (!strcmp(what, "csv")) {
		struct trace_csv csv;

		trace_csv_init(&csv, stdout, record);
		trace_reader_feed(reader, &csv.consumer);
	} else {
		struct trace_perfetto perfetto;

		trace_perfetto_init(&perfetto, stdout);
		trace_reader_feed(reader, &perfetto.consumer);
		trace_perfetto_end(&perfetto);
	}
}

int cmd_trace(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "", *record = NULL, *file;
	bool json = argc > 2 && !strcmp(argv[argc - 1], "--json");
	bool csv = !strcmp(what, "csv");
	struct trace_reader *reader;
	char error[ERROR_SIZE];
	int ret = EXIT_WELL;

	argc -= json;
	if (strcmp(what, "report") && strcmp(what, "dump") && strcmp(what, "perfetto") && !csv)
		return cli_error("trace%s%s: allowed: report, dump, csv, perfetto",
				 what[0] ? " " : "", what);
	if (argc != (csv ? 4 : 3))
		return cli_error("trace %s: needs %sone file", what,
				 csv ? "a record type and " : "");
	record = csv ? argv[2] : NULL;
	file = argv[argc - 1];
	if (csv && !known_record(record))
		return cli_error("trace csv %s: there is no such record type", record);
	reader = trace_reader_open(file, error, sizeof(error));
	if (!reader)
		return cli_error("%s", error);
	show(reader, what, record, json);
	if (trace_reader_damage(reader))
		ret = cli_error("%s", trace_reader_damage(reader));
	trace_reader_close(reader);
	return ret;
}
