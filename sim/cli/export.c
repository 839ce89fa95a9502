// SPDX-License-Identifier: GPL-2.0-only
/*
 * ballast export: a recorded trace in the formats of other programs.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "export.h"
#include "output.h"

#define ERROR_SIZE 4800
#define FORMATS "csv, ctf, perfetto, sqlite"

/* Returns 0 or EXIT_BAD_INPUT. */
static int set_option(struct export_request *r, const char *option, const char *value)
{
	bool from = !strcmp(option, "--from");

	if (!value)
		return cli_error("%s: needs a value", option);
	if (from || !strcmp(option, "--until")) {
		if (!human_parse_time(value, from ? &r->from : &r->until))
			return cli_error("%s %s: not a time; allowed: a number, such as 20 or 1.5, "
					 "and ns, us, ms, s, min or h", option, value);
		return 0;
	}
	if (!strcmp(option, "--detail"))
		return cli_parse_level(value, &r->level);
	if (!strcmp(option, "--guest"))
		r->guest = value;
	else if (!strcmp(option, "--record"))
		r->record = value;
	else
		r->out = strcmp(value, "-") ? value : NULL;
	return 0;
}

static bool is_option(const char *s)
{
	static const char *const options[] = {
		"-o", "--from", "--until", "--guest", "--detail", "--record",
	};

	for (unsigned int i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (!strcmp(s, options[i]))
			return true;
	}
	return false;
}

static int find_format(struct export_request *r, const char *name)
{
	for (unsigned int i = 0; i < NR_EXPORT_FORMATS; i++) {
		if (!strcmp(name, export_format_names[i])) {
			r->format = i;
			return 0;
		}
	}
	return cli_error("export %s: there is no such format; allowed: " FORMATS, name);
}

static int check_request(const struct export_request *r)
{
	const char *format = export_format_names[r->format];

	if (r->from > r->until)
		return cli_error("--from is later than --until");
	if (r->record && r->format != EXPORT_CSV)
		return cli_error("export %s: --record: takes csv; other formats have all records",
				 format);
	if (r->record && !trace_type_named(r->record))
		return cli_no_record_type("--record", r->record);
	if (r->out && !r->out[0])
		return cli_error("-o: needs a name");
	if (!r->out && export_needs_out(r))
		return cli_error("export %s: needs -o and a %s", format,
				 r->format == EXPORT_SQLITE ? "file" : "directory to make");
	if (!r->out && r->format == EXPORT_PERFETTO && isatty(STDOUT_FILENO))
		return cli_error("export perfetto: is not text; give -o and a file, or a pipe");
	return 0;
}

int cmd_export(int argc, char **argv)
{
	struct export_request r = { .level = TRACE_FULL, .until = UINT64_MAX };
	const char *trace = NULL;
	char error[ERROR_SIZE];
	int ret, i;

	if (argc < 2)
		return cli_error("export: needs a format and a trace; formats: " FORMATS);
	ret = find_format(&r, argv[1]);
	for (i = 2; i < argc && !ret; i++) {
		if (is_option(argv[i])) {
			ret = set_option(&r, argv[i], i + 1 < argc ? argv[i + 1] : NULL);
			i++;
		} else if (argv[i][0] == '-' && argv[i][1]) {
			ret = cli_error("%s: there is no such option; see ballast --help", argv[i]);
		} else if (trace) {
			ret = cli_error("export %s %s: takes one trace", argv[1], argv[i]);
		} else {
			trace = argv[i];
		}
	}
	if (!ret && !trace)
		ret = cli_error("export %s: needs a trace", argv[1]);
	if (!ret)
		ret = check_request(&r);
	if (!ret && r.out && output_is(r.out, trace))
		ret = cli_error("-o %s: is the trace that is exported; -o must name another file",
				r.out);
	if (ret)
		return ret;
	/* Of standard output nothing would stay behind, and a reader may be waited for. */
	if (r.out) {
		r.interrupted = cli_interrupt_flag();
		cli_catch_signals(NULL, NULL);
	}
	ret = trace_export(trace, &r, error, sizeof(error));
	if (ret)
		cli_error("%s", error);
	if (ret < 0 && cli_interrupted())
		return EXIT_SIGNAL + cli_interrupted();
	return ret ? EXIT_BAD_INPUT : EXIT_WELL;
}
