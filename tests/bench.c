// SPDX-License-Identifier: GPL-2.0-only
/*
 * make bench: what the parts of the simulator can do, as a table and, with --json, as JSON.
 *
 * CPU time of this machine, the best of three, but for the demo, which uses all CPUs: wall time.
 * Ratios are of times measured in turns.  --against BUILD runs the benchmark of another build (a
 * directory with tests/bench in it) and this one in turns, and prints medians of both and their
 * ratio.  Nothing here is a test.
 */
#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "coro.h"
#include "engine.h"
#include "random.h"
#include "statistics.h"
#include "bench_mm.h"
#include "bench_trace.h"

#define BEST_OF 3

struct result {
	const char *name, *unit;
	double value, goal;
	bool less_is_better;
};

static struct result results[32];
static unsigned int nr_results;

double bench_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec + t.tv_nsec * 1e-9;
}

static double wall_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec * 1e-9;
}

uint64_t bench_rss(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	unsigned long size, resident = 0;

	if (f) {
		if (fscanf(f, "%lu %lu", &size, &resident) != 2)
			resident = 0;
		fclose(f);
	}
	return (uint64_t)resident * sysconf(_SC_PAGESIZE);
}

static void add(const char *name, const char *unit, double value, double goal, bool less)
{
	results[nr_results++] = (struct result){ name, unit, value, goal, less };
}

/* Hold model: each event adds itself again at a random time. */
static struct engine engine;
static struct random_stream stream;
static uint64_t left;

static void hold(struct event *ev)
{
	if (!--left)
		engine_stop(&engine);
	event_add(&engine, ev, engine.now + 1 + (random_u64(&stream) & 0xffff));
}

static double bench_hold(unsigned int pending)
{
	struct event *ev = calloc(pending, sizeof(*ev));
	const uint64_t n = 3000000;
	unsigned int i;
	double t;

	engine_init(&engine);
	random_init(&stream, 1, "hold");
	for (i = 0; i < pending; i++) {
		event_init(&ev[i], hold);
		event_add(&engine, &ev[i], random_u64(&stream) & 0xffff);
	}
	left = n;
	t = bench_now();
	engine_run(&engine, TIME_NEVER);
	t = bench_now() - t;
	engine_destroy(&engine);
	free(ev);
	return n / t / 1e6;
}

static void yielder(void *arg)
{
	for (;;)
		coro_suspend();
}

static double bench_switch(void)
{
	struct coro *co = coro_create("bench", yielder, NULL, CORO_STACK_DEFAULT);
	const unsigned int n = 5000000;
	unsigned int i;
	double t = bench_now();

	for (i = 0; i < n; i++)
		coro_run(co);
	t = bench_now() - t;
	coro_destroy(co);
	return t * 1e9 / n / 2;
}

static double best(double (*fn)(unsigned int arg), unsigned int arg, bool less)
{
	double value = fn(arg);
	int i;

	for (i = 1; i < BEST_OF; i++) {
		double again = fn(arg);

		if (less ? again < value : again > value)
			value = again;
	}
	return value;
}

static double switch_ns(unsigned int arg)
{
	return bench_switch();
}

const char *bench_build_dir(void)
{
	const char *build = getenv("BALLAST_BUILD");

	return build ? build : "build/gcc";
}

double bench_command(char *const argv[], bool cpu)
{
	double t = wall_now();
	struct rusage usage;
	int status = -1;
	pid_t pid = fork();

	if (!pid) {
		if (!freopen("/dev/null", "w", stdout))
			_exit(1);
		execv(argv[0], argv);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) < 0 || !WIFEXITED(status) ||
	    WEXITSTATUS(status))
		return -1;
	if (!cpu)
		return wall_now() - t;
	return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec +
	       (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

static void bench_traces(void)
{
	static const double goal[NR_EXPORT_FORMATS] = {
		[EXPORT_CSV] = 8, [EXPORT_CTF] = 8, [EXPORT_PERFETTO] = 8, [EXPORT_SQLITE] = 0.5,
	};
	static char name[NR_EXPORT_FORMATS][40];
	struct bench_trace trace;

	if (!bench_trace(&trace))
		return;
	add("demo, trace of detail full : no trace", "ratio", trace.full, 3, true);
	add("reading that trace", "M/s", trace.read, 8, false);
	for (int f = 0; f < NR_EXPORT_FORMATS; f++) {
		snprintf(name[f], sizeof(name[f]), "exporting it, %s", export_format_names[f]);
		add(name[f], "M/s", trace.export[f], goal[f], false);
	}
}

static void bench_demo(void)
{
	char path[4096];
	char *argv[] = { path, "demo", NULL };

	snprintf(path, sizeof(path), "%s/ballast", bench_build_dir());
	add("demo, all mechanisms, wall time", "s", bench_command(argv, false), 15, true);
}

/* How often the guests of a trace freed a page or a block of them. */
static uint64_t frees_of(const char *trace)
{
	char line[4096];
	uint64_t frees = 0;
	FILE *f;

	snprintf(line, sizeof(line), "%s/ballast trace csv ledger %s", bench_build_dir(), trace);
	f = popen(line, "r");
	while (f && fgets(line, sizeof(line), f)) {
		char *count = strrchr(line, ',');

		if (strstr(line, ",\"page-free\",") && count)
			frees += strtoull(count + 1, NULL, 10);
	}
	if (f)
		pclose(f);
	return frees;
}

/* Every free is looked at by hinting v8: what the whole simulator does of that a second of CPU. */
static double bench_hinting(unsigned int unused)
{
	char path[4096], trace[] = "/tmp/ballast-bench-XXXXXX";
	char *argv[] = { path, "run", "scenarios/debate/hook_cost.dts",
			 "--overlay", "scenarios/mechanisms/hinting_v8.dtso",
			 "--set", "/guest/thp=never", "--set", "/guest/vcpus=1",
			 "--set", "/guest/programs/faults/size-mib=256",
			 "--set", "/guest/programs/faults/tasks=1", "--quiet", "--trace", trace,
			 "--detail", "summary", NULL };
	int fd = mkstemp(trace);
	double t, frees;

	if (fd < 0)
		return -1;
	close(fd);
	snprintf(path, sizeof(path), "%s/ballast", bench_build_dir());
	t = bench_command(argv, true);
	frees = frees_of(trace);
	unlink(trace);
	return t > 0 ? frees / t / 1e6 : -1;
}

/* An engine that was there and has gone against none at all. */
static double bench_hook_off(void)
{
	enum { TURNS = 9 };
	double without[TURNS], off[TURNS];
	int i;

	for (i = 0; i < TURNS; i++) {
		without[i] = bench_churn(CHURN_PLAIN);
		off[i] = bench_churn(CHURN_HOOK_OFF);
	}
	return statistics_median(off, TURNS) / statistics_median(without, TURNS);
}

static void print_table(void)
{
	unsigned int i;

	printf("%-52s %12s %-10s %10s\n", "what", "measured", "unit", "goal");
	for (i = 0; i < nr_results; i++) {
		const struct result *r = &results[i];
		bool met = r->less_is_better ? r->value <= r->goal : r->value >= r->goal;

		printf("%-52s %12.2f %-10s %s%8.2f  %s\n", r->name, r->value, r->unit,
		       r->less_is_better ? "<=" : ">=", r->goal, met ? "met" : "NOT MET");
	}
}

static void print_json(void)
{
	unsigned int i;

	printf("{ \"results\": [\n");
	for (i = 0; i < nr_results; i++)
		printf("  { \"name\": \"%s\", \"value\": %.3f, \"unit\": \"%s\", "
		       "\"goal\": %.2f }%s\n", results[i].name, results[i].value,
		       results[i].unit, results[i].goal,
		       i + 1 < nr_results ? "," : "");
	printf("] }\n");
}

/* Another build's results, or our own, as a process: NULL when it cannot be run. */
static struct json_object *results_of(const char *build)
{
	char command[4096], *text = NULL;
	struct json_object *all = NULL, *list = NULL;
	size_t size = 0;
	FILE *f;

	snprintf(command, sizeof(command), "BALLAST_BUILD='%s' BALLAST_IMAGES='%s/images' "
		 "'%s/tests/bench' --json", build, build, build);
	f = popen(command, "r");
	if (f && getdelim(&text, &size, 0, f) > 0)
		all = json_tokener_parse(text);
	if (f && pclose(f))
		fprintf(stderr, "bench: %s/tests/bench fails\n", build);
	free(text);
	if (all && json_object_object_get_ex(all, "results", &list))
		json_object_get(list);
	json_object_put(all);
	return list;
}

/* Value of that name; negative when there is none. */
static double value_of(struct json_object *list, const char *name)
{
	struct json_object *one, *field;
	size_t i;

	for (i = 0; i < json_object_array_length(list); i++) {
		one = json_object_array_get_idx(list, i);
		if (json_object_object_get_ex(one, "name", &field) &&
		    !strcmp(json_object_get_string(field), name) &&
		    json_object_object_get_ex(one, "value", &field))
			return json_object_get_double(field);
	}
	return -1;
}

static void print_ratio(const char *name, struct json_object **theirs, struct json_object **ours,
			unsigned int turns)
{
	double then[8], now[8];
	unsigned int i;

	for (i = 0; i < turns; i++) {
		then[i] = value_of(theirs[i], name);
		now[i] = value_of(ours[i], name);
		if (then[i] < 0 || now[i] < 0)
			return;
	}
	printf("%-52s %12.3f %12.3f %8.3f\n", name, statistics_median(then, turns),
	       statistics_median(now, turns),
	       statistics_median(now, turns) / statistics_median(then, turns));
}

static int against(const char *build)
{
	enum { TURNS = 5 };
	struct json_object *theirs[TURNS], *ours[TURNS];
	struct json_object *field;
	unsigned int i;

	for (i = 0; i < TURNS; i++) {
		theirs[i] = results_of(build);
		ours[i] = results_of(bench_build_dir());
		if (!theirs[i] || !ours[i]) {
			fprintf(stderr, "bench: no results of %s; 'make build/gcc/tests/bench all' "
				"in its tree builds it\n", theirs[i] ? bench_build_dir() : build);
			return 2;
		}
	}
	printf("%-52s %12s %12s %8s\n", "what", "then", "now", "ratio");
	for (i = 0; i < json_object_array_length(ours[0]); i++)
		if (json_object_object_get_ex(json_object_array_get_idx(ours[0], i), "name",
					      &field))
			print_ratio(json_object_get_string(field), theirs, ours, TURNS);
	for (i = 0; i < TURNS; i++) {
		json_object_put(theirs[i]);
		json_object_put(ours[i]);
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "--against"))
		return against(argv[2]);
	if (argc > 2 || (argc == 2 && strcmp(argv[1], "--json"))) {
		fprintf(stderr, "usage: bench [--json | --against BUILD]\n");
		return 2;
	}
	add("event holds, 1k pending", "M/s", best(bench_hold, 1000, false), 12, false);
	add("event holds, 100k pending", "M/s", best(bench_hold, 100000, false), 4, false);
	add("coroutine switch", "ns", best(switch_ns, 0, true), 5, true);
	add("order-0 churn, 4 GiB guest, oracle off", "Mops/s",
	    best(bench_churn, CHURN_PLAIN, false), 12, false);
	add("order-0 churn, 4 GiB guest, oracle on", "Mops/s",
	    best(bench_churn, CHURN_ORACLE, false), 6, false);
	add("the same, a hint engine off : none", "ratio", bench_hook_off(), 0.98, false);
	add("frees, 4 GiB guest, each seen by hinting v8", "M/s",
	    best(bench_hinting, 0, false), 1, false);
	add("contiguous touch, 4 GiB guest", "Mpages/s", best(bench_touch, 0, false), 20, false);
	add("bytes per touched guest page, huge pages", "bytes", bench_bytes_per_page(true), 48,
	    true);
	add("bytes per touched guest page, 4 KiB pages", "bytes", bench_bytes_per_page(false), 48,
	    true);
	add("RSS of 100 guests x 4 GiB, each touches 1 GiB", "MiB", bench_many_guests(), 2048,
	    true);
	bench_traces();
	bench_demo();
	if (argc == 2)
		print_json();
	else
		print_table();
	return 0;
}
