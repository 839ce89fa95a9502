// SPDX-License-Identifier: GPL-2.0-only
/*
 * ballast demo: one scenario without and with free page reporting, side by side.
 *
 * The two runs are processes of their own, one per CPU; their tables are made from their traces.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"
#include "read.h"

#define PATH_SIZE 4096
#define NR_VARIANTS 2

struct variant {
	const char *name;
	struct run_args args;
	char trace[PATH_SIZE];
	pid_t pid;
	int status;
};

static int start(struct variant *v, const char *file)
{
	v->pid = fork();
	if (v->pid < 0)
		return cli_error("demo: cannot start a process");
	if (!v->pid)
		_exit(cli_run_one(&v->args, file, NULL, NULL));
	return 0;
}

static int finish(struct variant *v, struct report *report)
{
	struct trace_reader *reader;
	char error[512];
	int status;

	waitpid(v->pid, &status, 0);
	v->status = WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_RUN_FAILED;
	if (v->status == EXIT_BAD_INPUT)
		return EXIT_BAD_INPUT;
	reader = trace_reader_open(v->trace, error, sizeof(error));
	if (!reader)
		return cli_error("%s", error);
	trace_reader_feed(reader, &report->consumer);
	trace_reader_close(reader);
	return v->status;
}

int cmd_demo(int argc, char **argv)
{
	struct variant v[NR_VARIANTS] = { { .name = "without" }, { .name = "with reporting" } };
	struct report report[NR_VARIANTS];
	const struct report *reports[NR_VARIANTS];
	const char *names[NR_VARIANTS];
	char file[PATH_SIZE], overlay[PATH_SIZE], dir[] = "/tmp/ballast-demo-XXXXXX";
	int ret = 0, i;

	if (argc > 1)
		return cli_error("demo %s: takes no arguments", argv[1]);
	snprintf(file, sizeof(file), "%s/demo.dts", cli_scenario_dir());
	snprintf(overlay, sizeof(overlay), "%s/overlays/reporting.dtso", cli_scenario_dir());
	if (!mkdtemp(dir))
		return cli_error("demo: no directory for traces in /tmp");
	v[1].args.overlays[v[1].args.nr_overlays++] = overlay;
	for (i = 0; i < NR_VARIANTS && !ret; i++) {
		snprintf(v[i].trace, sizeof(v[i].trace), "%s/%d.trace", dir, i);
		v[i].args.trace = v[i].trace;
		v[i].args.quiet = true;
		ret = start(&v[i], file);
	}
	for (i = 0; i < NR_VARIANTS; i++) {
		report_init(&report[i]);
		reports[i] = &report[i];
		names[i] = v[i].name;
		if (v[i].pid > 0) {
			int status = finish(&v[i], &report[i]);

			ret = status > ret ? status : ret;
		}
		unlink(v[i].trace);
	}
	rmdir(dir);
	if (ret != EXIT_BAD_INPUT)
		report_compare(reports, names, NR_VARIANTS, stdout);
	for (i = 0; i < NR_VARIANTS; i++)
		report_free(&report[i]);
	return ret;
}
