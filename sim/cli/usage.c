// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tables of commands and options, and the help; see usage.h.
 *
 * Commands read their arguments themselves: what an option does, and which values it takes, is
 * said there.  tests/test_usage.c asks each command for each of its options.
 */
#include "usage.h"

const struct usage_command usage_commands[] = {
	{ "run", "FILE... [OPTION...]", "run scenarios and print what happened", NULL,
	  OPERAND_SCENARIO },
	{ "check", "FILE... [OPTION...]", "validate scenarios without running them", NULL,
	  OPERAND_SCENARIO },
	{ "real", "FILE... [OPTION...]", "run scenarios on real kernels", NULL, OPERAND_SCENARIO },
	{ "compare", "FILE [OPTION...]", "one machine under all mechanisms: who wins?", NULL,
	  OPERAND_SCENARIO },
	{ "demo", "[--report FILE]", "compare scenarios/demo.dts, with a report", NULL,
	  OPERAND_NONE },
	{ "published", "[FILE...] [--json] [--markdown] [--seeds N] [--report FILE]",
	  "run published experiments and compare", NULL, OPERAND_SCENARIO },
	{ "list", "[--json]", "models, programs and properties that there are", NULL,
	  OPERAND_NONE },
	{ "trace", "report|dump|csv RECORD|why FILE", "look into a trace", "report dump csv why",
	  OPERAND_FILE },
	{ "export", "FORMAT TRACE [OPTION...]",
	  "write a trace for Perfetto, babeltrace2, SQLite or as CSV", "csv ctf perfetto sqlite",
	  OPERAND_FILE },
	{ "report", "TRACE [-o FILE]", "one HTML file of a run, with plots", NULL, OPERAND_FILE },
	{ "build-image", "SOURCE.c... [OPTION...]", "compile a driver or a device to run", NULL,
	  OPERAND_FILE },
	{ "calibrate", "[-o FILE] [OPTION...]", "measure this host, write a cost table", NULL,
	  OPERAND_NONE },
	{ "new", "[OPTION...]", "a first scenario, from a guest that there is", NULL,
	  OPERAND_NONE },
	{ "record", "[OPTION...]", "a curve of the memory that a live system holds", NULL,
	  OPERAND_NONE },
	{ "diff", "SIM... REAL... [OPTION...]", "compare traces, phase by phase; several: ranges",
	  NULL, OPERAND_FILE },
	{ "replay-kmem", "DIR [--json]", "replay a recording of a real page allocator", NULL,
	  OPERAND_DIRECTORY },
	{ "import-kmem", "FILE DIR", "make a recording of what kmem_recorder wrote",
	  NULL, OPERAND_FILE },
	{ "completion", "bash|zsh", "a script that completes command lines", "bash zsh",
	  OPERAND_NONE },
	{ 0 }
};

#define CMD_MODEL (CMD_RUN | CMD_CHECK)
#define CMD_RUNS (CMD_MODEL | CMD_REAL)

const struct usage_option usage_options[] = {
	{ .name = "Options of run, check and real:" },
	{ CMD_RUNS | CMD_COMPARE, "--overlay", "FILE",
	  "apply a device tree overlay (may be repeated)" },
	{ CMD_RUNS | CMD_COMPARE, "--set", "PATH/PROP=VALUE",
	  "change one property (may be repeated)" },
	{ CMD_RUNS | CMD_COMPARE, "--seed", "N", "seed of all random streams" },
	{ CMD_RUNS | CMD_COMPARE, "--until", "T", "end at this virtual time: 500ms, 20s, 5min" },
	{ CMD_RUNS, "--trace", "FILE", "record a trace" },
	{ CMD_RUNS, "--detail", "summary|normal|full", "of the trace" },
	{ CMD_MODEL | CMD_COMPARE, "--images", "DIR",
	  "where driver and device images are (not for real)" },
	{ CMD_RUNS, "--strict", NULL, "status 1, too, if a program or a VMM was killed" },
	{ CMD_MODEL | CMD_COMPARE, "--watchdog", "SECONDS",
	  "of CPU time without progress that are a hang (not for real)" },
	{ CMD_RUNS | CMD_COMPARE, "--json", NULL, "tables as JSON" },
	{ CMD_RUNS | CMD_COMPARE, "--quiet", NULL, "no progress, no tables" },

	{ .name = "More options of real:" },
	{ CMD_REAL, "--real", "DIR", "what 'make real' has filled" },
	{ CMD_REAL, "--accel", "tcg|kvm", "how QEMU runs the guest" },
	{ CMD_REAL, "--kernel", "FILE", "'stock', or an image with the driver built in" },
	{ CMD_REAL, "--stock-module", "FILE",
	  "a virtio_balloon.ko of your own instead of Debian's" },
	{ CMD_REAL, "--limit", NULL, "guests share the scenario's memory and swap (root)" },
	{ CMD_REAL, "--no-limit", NULL, "they do not; by default several do" },

	{ .name = "More options of compare (no --trace, --detail, --strict):" },
	{ CMD_COMPARE, "--mechanisms", "A,B",
	  "of scenarios/mechanisms; default: all that can be had" },
	{ CMD_COMPARE, "--with", "NAME=PART+PART",
	  "a variation: mechanisms, overlays, /PATH/PROP=VALUE" },
	{ CMD_COMPARE, "--repeat", "N", "seeds, for medians and intervals" },
	{ CMD_COMPARE, "--jobs", "N", "processes at a time" },
	{ CMD_COMPARE, "--db", "FILE", "keep rows in SQLite; what is there is not run again" },
	{ CMD_COMPARE, "--csv", NULL, "a row for each run" },
	{ CMD_COMPARE, "--report", "FILE", "one HTML file: tables, plots, sources, commands" },

	{ .name = "Options of export (formats: csv, ctf, perfetto, sqlite):" },
	{ CMD_EXPORT, "-o", "OUT", "file, or a directory to make (ctf, csv)" },
	{ CMD_EXPORT, "--from", "T", "nothing from before" },
	{ CMD_EXPORT, "--until", "T", "nothing from then on" },
	{ CMD_EXPORT, "--guest", "G", "name or number: nothing of other guests" },
	{ CMD_EXPORT, "--detail", "summary|normal|full", "at most" },
	{ CMD_EXPORT, "--record", "NAME", "csv: this record type alone" },

	{ .name = "Options of build-image:" },
	{ CMD_BUILD_IMAGE, "-o", "OUT", "the image; default: by the first source" },
	{ CMD_BUILD_IMAGE, "--guest", NULL, "a module of a guest's kernel" },
	{ CMD_BUILD_IMAGE, "--host", NULL, "a module of the host's kernel" },
	{ CMD_BUILD_IMAGE, "--device", NULL, "a device of a VMM; default: by what is included" },
	{ CMD_BUILD_IMAGE, "--kernel", "VERSION", "of Linux; default: 6.1" },
	{ CMD_BUILD_IMAGE, "--qemu", "VERSION", "default: 7.2" },
	{ CMD_BUILD_IMAGE, "-I", "DIR", "for headers that the model does not have" },
	{ CMD_BUILD_IMAGE, "-D", "NAME=VALUE", "for the compiler" },
	{ CMD_BUILD_IMAGE, "--cc", "CC", "the compiler" },

	{ .name = "Options of calibrate:" },
	{ CMD_CALIBRATE, "-o", "FILE", "the cost table, for scenarios to include" },
	{ CMD_CALIBRATE, "--base", "FILE",
	  "has what this host cannot show; default: costs/skylake.dtsi" },
	{ CMD_CALIBRATE, "--runs", "N", "of each measurement; default: 21" },
	{ CMD_CALIBRATE, "--size-mib", "N", "memory to work through; default: by the cache" },
	{ CMD_CALIBRATE, "--swap", "DIR", "measure swap, too, with a swap file there (root)" },
	{ CMD_CALIBRATE, "--swap-device", "FILE",
	  "what swap is on, for swap nodes to include" },
	{ CMD_CALIBRATE, "--json", NULL, "all values as JSON" },

	{ .name = "Options of new (of none of these but -o: it asks questions):" },
	{ CMD_NEW, "--from-libvirt", "FILE", "a domain's XML, as virsh dumpxml prints it" },
	{ CMD_NEW, "--from-qemu", "LINE", "a command line of QEMU, as one argument" },
	{ CMD_NEW, "--set", "KEY=VALUE", "say one thing otherwise (may be repeated)" },
	{ CMD_NEW, "-o", "FILE", "the scenario; default: standard output" },

	{ .name = "Options of record (one of the first four):" },
	{ CMD_RECORD, "--proc", NULL, "this machine, by /proc/meminfo" },
	{ CMD_RECORD, "--cgroup", "DIR", "a memory cgroup" },
	{ CMD_RECORD, "--pid", "PID", "a process, such as a VMM" },
	{ CMD_RECORD, "--qmp", "SOCKET", "a guest, by its balloon's statistics" },
	{ CMD_RECORD, "--interval", "MS", "between samples; default: 1000" },
	{ CMD_RECORD, "--for", "SECONDS", "how long; default: until it is interrupted" },
	{ CMD_RECORD, "-o", "FILE", "the curve; default: standard output" },

	{ .name = "Options of diff:" },
	{ CMD_DIFF, "--only", "QUANTITY", "show nothing else (may be repeated)" },
	{ CMD_DIFF, "--threshold", "PERCENT", "status 1 when memory or bytes deviate by more" },
	{ CMD_DIFF, "--json", NULL, "all values as JSON" },

	/* These stand beside their commands. */
	{ .doc = "" },
	{ CMD_DEMO | CMD_PUBLISHED, "--report", "FILE", "one HTML file" },
	{ CMD_PUBLISHED, "--json", NULL, "all of it as JSON" },
	{ CMD_PUBLISHED, "--markdown", NULL, "rows for docs/validation.md" },
	{ CMD_PUBLISHED, "--seeds", "N", "medians and intervals of so many" },
	{ CMD_LIST, "--json", NULL, "every node and property of scenarios" },
	{ CMD_TRACE, "--json", NULL, "report: tables as JSON" },
	{ CMD_TRACE, "--guest", "G", "why: name or number of the guest" },
	{ CMD_TRACE, "--gfn", "NUMBER", "why: the page" },
	{ CMD_TRACE, "--at", "T", "why: as of this time; default: the end" },
	{ CMD_REPORT, "-o", "FILE", "default: the trace's name and .html" },
	{ CMD_REPLAY_KMEM, "--json", NULL, "as JSON" },
	{ 0 }
};

void usage_print(FILE *out)
{
	const struct usage_command *c;
	const struct usage_option *o;

	fprintf(out, "usage: ballast COMMAND ...\n\n");
	for (c = usage_commands; c->name; c++)
		fprintf(out, "  %-12s %-38s %s\n", c->name, c->operands, c->doc);
	for (o = usage_options; o->name; o++) {
		char what[64];

		snprintf(what, sizeof(what), "%s %s", o->name, o->value ? o->value : "");
		if (!o->commands)
			fprintf(out, "\n%s\n", o->name);
		else
			fprintf(out, "  %-23s %s\n", what, o->doc);
	}
	fprintf(out, "\nExit status: 0 well, 1 the run failed or traces deviate, 2 bad input or "
		"output that\ncannot be written, 128 + N a run was ended by signal N.  See "
		"ballast(1), and\nballast-run(1) and the like for each command.\n");
}
