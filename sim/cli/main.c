// SPDX-License-Identifier: GPL-2.0-only
/*
 * ballast: the command.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "replay_kmem.h"

struct command {
	const char *name;
	int (*main)(int argc, char **argv);
	const char *usage;
	const char *doc;
};

static const struct command commands[] = {
	{ "run", cmd_run, "FILE... [OPTION...]", "run scenarios and print what happened" },
	{ "check", cmd_check, "FILE... [OPTION...]", "validate scenarios without running them" },
	{ "real", cmd_real, "FILE... [OPTION...]", "run scenarios on real kernels" },
	{ "compare", cmd_compare, "FILE [OPTION...]",
	  "one machine under all mechanisms: who wins?" },
	{ "demo", cmd_demo, "[--report FILE]", "compare scenarios/demo.dts, with a report" },
	{ "published", cmd_published, "[FILE...] [--json] [--markdown] [--seeds N] [--report FILE]",
	  "run published experiments and compare" },
	{ "list", cmd_list, "[--json]", "models, programs and properties that there are" },
	{ "trace", cmd_trace, "report|dump|csv RECORD|why FILE", "look into a trace" },
	{ "export", cmd_export, "FORMAT TRACE [OPTION...]",
	  "write a trace for Perfetto, babeltrace2, SQLite or as CSV" },
	{ "report", cmd_report, "TRACE [-o FILE]", "one HTML file of a run, with plots" },
	{ "build-image", cmd_build_image, "SOURCE.c... [OPTION...]",
	  "compile a driver or a device to run" },
	{ "calibrate", cmd_calibrate, "[-o FILE] [OPTION...]",
	  "measure this host, write a cost table" },
	{ "diff", cmd_diff, "SIM... REAL... [OPTION...]",
	  "compare traces, phase by phase; several: ranges" },
	{ "replay-kmem", cmd_replay_kmem, "DIR [--json]",
	  "replay a recording of a real page allocator" },
};

#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void usage(FILE *out)
{
	unsigned int i;

	fprintf(out, "usage: ballast COMMAND ...\n\n");
	for (i = 0; i < NR_COMMANDS; i++)
		fprintf(out, "  %-12s %-38s %s\n", commands[i].name, commands[i].usage,
			commands[i].doc);
	fprintf(out, "\nOptions of run, check and real:\n"
		"  --overlay FILE          apply a device tree overlay (may be repeated)\n"
		"  --set PATH/PROP=VALUE   change one property (may be repeated)\n"
		"  --seed N                seed of all random streams\n"
		"  --until T               end at this virtual time: 500ms, 20s, 5min\n"
		"  --trace FILE            record a trace\n"
		"  --detail LEVEL          of the trace: summary, normal, full\n"
		"  --images DIR            where driver and device images are (not for real)\n"
		"  --strict                status 1, too, if a program or a VMM was killed\n"
		"  --watchdog SECONDS      of CPU time without progress that are a hang (not for "
		"real)\n"
		"  --json                  tables as JSON\n"
		"  --quiet                 no progress, no tables\n"
		"\nMore options of real:\n"
		"  --real DIR              what 'make real' has filled\n"
		"  --accel tcg|kvm         how QEMU runs the guest\n"
		"  --kernel stock|FILE     Debian's, or an image with the driver built in\n"
		"  --stock-module FILE     a virtio_balloon.ko of your own instead of Debian's\n"
		"  --limit, --no-limit     guests share the scenario's memory and swap (root); by\n"
		"                          default several do\n"
		"\nMore options of compare (no --trace, --detail, --strict):\n"
		"  --mechanisms A,B        of scenarios/mechanisms; default: all that can be had\n"
		"  --with NAME=PART+PART   a variation: mechanisms, overlays, /PATH/PROP=VALUE\n"
		"  --repeat N              seeds, for medians and intervals\n"
		"  --jobs N                processes at a time\n"
		"  --db FILE               keep rows in SQLite; what is there is not run again\n"
		"  --csv                   a row for each run\n"
		"  --report FILE           one HTML file: tables, plots, sources, commands\n"
		"\nOptions of export (formats: csv, ctf, perfetto, sqlite):\n"
		"  -o OUT                  file, or a directory to make (ctf, csv)\n"
		"  --from T, --until T     nothing else than what lies between\n"
		"  --guest G               name or number: nothing of other guests\n"
		"  --detail LEVEL          at most: summary, normal, full\n"
		"  --record NAME           csv: this record type alone\n"
		"\nOptions of build-image:\n"
		"  -o OUT                  the image; default: by the first source\n"
		"  --guest, --host         a module of a guest's kernel, of the host's\n"
		"  --device                a device of a VMM; default: by what is included\n"
		"  --kernel VERSION        of Linux; default: 6.1\n"
		"  --qemu VERSION          default: 7.2\n"
		"  -I DIR, -D NAME=VALUE   for the compiler, after what the model has\n"
		"  --cc CC                 the compiler\n"
		"\nOptions of calibrate:\n"
		"  -o FILE                 the cost table, for scenarios to include\n"
		"  --base FILE             has what this host cannot show; default: "
		"costs/skylake.dtsi\n"
		"  --runs N                of each measurement; default: 21\n"
		"  --size-mib N            memory to work through; default: by the cache\n"
		"  --swap DIR              measure swap, too, with a swap file there (root)\n"
		"  --swap-device FILE      what swap is on, for swap nodes to include\n"
		"  --json                  all values as JSON\n"
		"\nOptions of diff:\n"
		"  --only QUANTITY         show nothing else (may be repeated)\n"
		"  --threshold PERCENT     status 1 when memory or bytes deviate by more\n"
		"  --json                  all values as JSON\n"
		"\nExit status: 0 well, 1 the run failed or traces deviate, 2 bad input or output "
		"that\ncannot be written, 128 + N a run was ended by signal N.  See ballast(1).\n");
}

static bool wants_help(const char *arg)
{
	return !strcmp(arg, "--help") || !strcmp(arg, "-h");
}

/* Tables and exports are all of what a command is for. */
static int flush_output(int status)
{
	if (!fflush(stdout) && !ferror(stdout))
		return status;
	return cli_error("standard output: cannot be written: %s", strerror(errno));
}

int main(int argc, char **argv)
{
	unsigned int i;

	cli_catch_crashes();

	if (argc < 2) {
		usage(stderr);
		return EXIT_BAD_INPUT;
	}
	/* There is one help for all commands; "ballast run --help" is how some ask for it. */
	if (wants_help(argv[1]) || !strcmp(argv[1], "help") || (argc > 2 && wants_help(argv[2]))) {
		usage(stdout);
		return flush_output(EXIT_WELL);
	}
	if (!strcmp(argv[1], "--version")) {
		printf("ballast %s\n", BALLAST_VERSION);
		return flush_output(EXIT_WELL);
	}
	for (i = 0; i < NR_COMMANDS; i++)
		if (!strcmp(argv[1], commands[i].name))
			return flush_output(commands[i].main(argc - 1, argv + 1));
	return cli_error("%s: there is no such command; see ballast --help", argv[1]);
}
