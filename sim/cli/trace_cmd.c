// SPDX-License-Identifier: GPL-2.0-only
/*
 * ballast trace: tables, text and CSV from a recorded trace, and why a page is as it is.
 */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "dump.h"
#include "export.h"
#include "read.h"
#include "why.h"

#define ERROR_SIZE 512

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

static void show_dump(struct trace_reader *reader)
{
	struct trace_dump dump;

	trace_dump_init(&dump, stdout);
	trace_reader_feed(reader, &dump.consumer);
}

static int show_csv(const char *file, const char *record)
{
	const struct export_request request = {
		.format = EXPORT_CSV, .record = record, .level = TRACE_FULL, .until = UINT64_MAX,
	};
	char error[ERROR_SIZE];

	if (!trace_type_named(record))
		return cli_no_record_type("trace csv", record);
	return trace_export(file, &request, error, sizeof(error)) ? cli_error("%s", error) :
		EXIT_WELL;
}

static int why_option(struct trace_why *why, bool *has_gfn, const char *option, const char *value)
{
	if (strcmp(option, "--guest") && strcmp(option, "--gfn") && strcmp(option, "--at"))
		return cli_error("trace why %s: unknown option; allowed: --guest, --gfn, --at",
				 option);
	if (!value)
		return cli_error("trace why %s: needs a value", option);
	if (!strcmp(option, "--guest")) {
		why->name = value;
	} else if (!strcmp(option, "--gfn")) {
		if (!scenario_parse_number(value, &why->gfn))
			return cli_error("trace why --gfn %s: not a number", value);
		*has_gfn = true;
	} else if (!human_parse_time(value, &why->at)) {
		return cli_error("trace why --at %s: not a time; allowed: a number and ns, us, ms, "
				 "s, min or h", value);
	}
	return EXIT_WELL;
}

static int print_why(struct trace_why *why, const char *file)
{
	struct trace_reader *reader;
	char error[ERROR_SIZE];
	int ret = EXIT_WELL;

	reader = trace_reader_open(file, error, sizeof(error));
	if (!reader)
		return cli_error("%s", error);
	trace_why_init(why);
	trace_reader_feed(reader, &why->consumer);
	if (!trace_why_print(why, stdout, error, sizeof(error)))
		ret = cli_error("trace why: %s: %s", file, error);
	if (trace_reader_damage(reader))
		ret = cli_error("%s", trace_reader_damage(reader));
	trace_why_free(why);
	trace_reader_close(reader);
	return ret;
}

static int trace_why_cmd(int argc, char **argv)
{
	struct trace_why why = { .at = UINT64_MAX };
	const char *file = NULL;
	bool has_gfn = false;
	int i;

	for (i = 2; i < argc; i++) {
		if (argv[i][0] != '-') {
			if (file)
				return cli_error("trace why: needs one file");
			file = argv[i];
			continue;
		}
		if (why_option(&why, &has_gfn, argv[i], i + 1 < argc ? argv[i + 1] : NULL))
			return EXIT_BAD_INPUT;
		i++;
	}
	if (!file || !why.name || !has_gfn)
		return cli_error("trace why: needs a file, --guest and --gfn");
	return print_why(&why, file);
}

int cmd_trace(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "", *file;
	bool json = argc > 2 && !strcmp(argv[argc - 1], "--json");
	bool csv = !strcmp(what, "csv");
	struct trace_reader *reader;
	char error[ERROR_SIZE];
	int ret = EXIT_WELL;

	if (!strcmp(what, "why"))
		return trace_why_cmd(argc, argv);
	argc -= json;
	if (!strcmp(what, "perfetto"))
		return cli_error("trace perfetto: is now: ballast export perfetto TRACE -o FILE");
	if (strcmp(what, "report") && strcmp(what, "dump") && !csv)
		return cli_error("trace%s%s: allowed: report, dump, csv, why",
				 what[0] ? " " : "", what);
	if (argc != (csv ? 4 : 3))
		return cli_error("trace %s: needs %sone file", what,
				 csv ? "a record type and " : "");
	file = argv[argc - 1];
	if (csv)
		return show_csv(file, argv[2]);
	reader = trace_reader_open(file, error, sizeof(error));
	if (!reader)
		return cli_error("%s", error);
	if (!strcmp(what, "report"))
		show_report(reader, json);
	else
		show_dump(reader);
	if (trace_reader_damage(reader))
		ret = cli_error("%s", trace_reader_damage(reader));
	trace_reader_close(reader);
	return ret;
}
