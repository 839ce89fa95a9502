// SPDX-License-Identifier: GPL-2.0-only
/*
 * Benchmarks of traces: the demo with every page recorded, some millions of records.  CPU time of
 * commands as a user gives them, the system's share of writing files with it.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench_mm.h"
#include "bench_trace.h"
#include "read.h"
#include "statistics.h"

#define TURNS 5

static double median_of(double *seconds)
{
	return statistics_median(seconds, TURNS);
}

/* Ratio of CPU times, measured in turns; the last trace stays. */
static double full_to_none(const char *ballast, const char *trace)
{
	char *none[] = { (char *)ballast, "run", "scenarios/demo.dts", "--quiet", NULL };
	char *full[] = { (char *)ballast, "run", "scenarios/demo.dts", "--quiet", "--detail",
			 "full", "--trace", (char *)trace, NULL };
	double with[TURNS], without[TURNS];

	for (int i = 0; i < TURNS; i++) {
		without[i] = bench_command(none, true);
		with[i] = bench_command(full, true);
		if (without[i] <= 0 || with[i] <= 0)
			return -1;
	}
	return median_of(with) / median_of(without);
}

/* Returns the number of records, 0 when the trace cannot be read; *seconds: of CPU time. */
static uint64_t read_all(const char *trace, double *seconds)
{
	char error[512];
	struct trace_reader *r = trace_reader_open(trace, error, sizeof(error));
	struct trace_record record;
	uint64_t n;

	if (!r) {
		fprintf(stderr, "bench: %s\n", error);
		return 0;
	}
	*seconds = bench_now();
	while (trace_reader_next(r, &record))
		;
	*seconds = bench_now() - *seconds;
	n = trace_reader_records(r);
	trace_reader_close(r);
	return n;
}

static double export_seconds(const char *ballast, const char *format, const char *trace,
			     const char *dir)
{
	char out[4096];
	char *argv[] = { (char *)ballast, "export", (char *)format, (char *)trace, "-o", out,
			 NULL };
	char *rm[] = { "/bin/rm", "-rf", out, NULL };
	double seconds[TURNS];

	snprintf(out, sizeof(out), "%s/%s", dir, format);
	for (int i = 0; i < TURNS; i++) {
		seconds[i] = bench_command(argv, true);
		bench_command(rm, true);
		if (seconds[i] <= 0)
			return -1;
	}
	return median_of(seconds);
}

bool bench_trace(struct bench_trace *result)
{
	char dir[] = "/tmp/ballast-bench-XXXXXX", ballast[4096], trace[4200];
	double seconds[TURNS];
	uint64_t records = 0;
	bool ok;

	if (!mkdtemp(dir)) {
		perror("bench: a directory for traces");
		return false;
	}
	snprintf(ballast, sizeof(ballast), "%s/ballast", bench_build_dir());
	snprintf(trace, sizeof(trace), "%s/trace", dir);
	result->full = full_to_none(ballast, trace);
	for (int i = 0; i < TURNS && result->full > 0; i++)
		records = read_all(trace, &seconds[i]);
	ok = records > 0;
	if (ok)
		result->read = records / median_of(seconds) / 1e6;
	for (int f = 0; f < NR_EXPORT_FORMATS && ok; f++)
		result->export[f] = records / 1e6 /
			export_seconds(ballast, export_format_names[f], trace, dir);
	unlink(trace);
	rmdir(dir);
	return ok;
}
