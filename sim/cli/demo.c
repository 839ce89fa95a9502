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

static double slowest_s(const struct report *r)
{
	uint64_t most = 0;
	unsigned int i;

	for (i = 0; i < r->nr_programs; i++)
		if (r->programs[i].end - r->programs[i].start > most)
			most = r->programs[i].end - r->programs[i].start;
	return most / 1e9;
}

/* The answer in words, from the same tables. */
static void print_answer(const struct report *const *reports)
{
	struct report_sum sum[NR_VARIANTS];
	int i;

	for (i = 0; i < NR_VARIANTS; i++)
		report_sum_init(&sum[i], reports[i]);
	printf("\nDoes telling the host about free pages avoid the swapping?  %s: %.2f GiB swapped "
	       "out without,\n%.2f GiB with; the slowest run takes %.1f s without, %.1f s with.\n",
	       sum[1].swap_out * 10 < sum[0].swap_out ? "Yes" : "Not here",
	       sum[0].swap_out / 262144.0, sum[1].swap_out / 262144.0, slowest_s(reports[0]),
	       slowest_s(reports[1]));
	printf("What does it cost?  %llu requests with %.1f GiB in them, %.2f ms of CPU in the "
	       "VMMs, and\n%.2f s of CPU in the host kernel, which without it spends %.2f s.\n",
	       (unsigned long long)sum[1].all.total.report_requests,
	       sum[1].all.total.report_bytes / 1073741824.0,
	       sum[1].all.cpu[TRACE_DOMAIN_VMM] / 1e6, sum[1].cpu_kernel / 1e9,
	       sum[0].cpu_kernel / 1e9);
	for (i = 0; i < NR_VARIANTS; i++)
		report_sum_free(&sum[i]);
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
	/* A signal goes to all of us: the runs end early, and what they came to is shown. */
	cli_catch_signals(NULL, NULL);
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
	if (ret != EXIT_BAD_INPUT) {
		report_compare(reports, names, NR_VARIANTS, stdout);
		print_answer(reports);
	}
	for (i = 0; i < NR_VARIANTS; i++)
		report_free(&report[i]);
	return ret;
}
