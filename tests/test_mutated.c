// SPDX-License-Identifier: GPL-2.0-only
/*
 * Traces with damage that digests do not find, read by every command that reads traces: each says
 * what is wrong or does its work, and none crashes, hangs or takes all memory.
 *
 * BALLAST_MUTATIONS: how many; `make fuzz` reads 100,000 with sanitizers.  The commands run in a
 * process for some hundred of them, so that one crash costs no more than that.
 */
#include <fcntl.h>
#include <json-c/json.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "cli.h"
#include "cli_run.h"
#include "mutate_trace.h"
#include "random.h"
#include "suite.h"

#define MUTATIONS 300
#define BATCH 200
#define BATCH_CPU_S 300		/* ten times what a batch takes with sanitizers */
#define RSS_MAX_KIB (1024 * 1024)
#define ARGS_MAX 12

/* What traces are made of; each with every page. */
static const char *const scenes[][2] = {
	{ "scenarios/first.dts", "scenarios/overlays/reporting.dtso" },
	{ "scenarios/demo.dts", "scenarios/mechanisms/30-balloon.dtso" },
	{ "scenarios/demo.dts", "scenarios/mechanisms/hinting_v9.dtso" },
	{ "scenarios/demo.dts", "scenarios/mechanisms/hypercall.dtso" },
};

/* Of the child that reads, for who looks what became of it. */
struct progress {
	uint64_t number;
	char command[256];
	char complaint[256];	/* it went on, and did something wrong */
};

static struct progress *progress;

static const struct reading {
	int (*main)(int argc, char **argv);
	const char *args[ARGS_MAX];	/* "V": the variant, "W": the one before it */
	bool json;
} readings[] = {
	{ cmd_trace, { "trace", "report", "V" }, false },
	{ cmd_trace, { "trace", "report", "V", "--json" }, true },
	{ cmd_trace, { "trace", "dump", "V" }, false },
	{ cmd_trace, { "trace", "why", "V", "--guest", "0", "--gfn", "300000" }, false },
	{ cmd_trace, { "trace", "csv", "discard", "V" }, false },
	{ cmd_export, { "export", "csv", "V", "-o", "out" }, false },
	{ cmd_export, { "export", "ctf", "V", "-o", "out" }, false },
	{ cmd_export, { "export", "perfetto", "V", "-o", "out" }, false },
	{ cmd_export, { "export", "sqlite", "V", "-o", "out" }, false },
	{ cmd_report, { "report", "V", "-o", "out" }, false },
	{ cmd_diff, { "diff", "V", "W" }, false },
	{ cmd_diff, { "diff", "W", "V", "--json" }, true },
};

#define NR_READINGS (sizeof(readings) / sizeof(readings[0]))

static void complain(const char *format, const char *what)
{
	if (!progress->complaint[0])
		snprintf(progress->complaint, sizeof(progress->complaint), format, what);
}

static bool is_empty(const char *name)
{
	FILE *f = fopen(name, "r");
	bool empty = !f || getc(f) == EOF;

	if (f)
		fclose(f);
	return empty;
}

static void check_outcome(const struct reading *reading, int status)
{
	struct json_object *json;

	if (status < 0 || status > EXIT_BAD_INPUT)
		complain("%s", "ends with a status of its own");
	if (status == EXIT_BAD_INPUT && is_empty("stderr"))
		complain("%s", "fails and says nothing");
	if (!reading->json || is_empty("stdout"))
		return;
	json = json_object_from_file("stdout");
	if (!json)
		complain("prints no JSON: %.200s", json_util_get_last_err());
	json_object_put(json);
}

static const char *variant_name(uint64_t number)
{
	return number % 2 ? "variant1" : "variant0";
}

static void read_variant(const struct reading *reading, uint64_t number)
{
	char *args[ARGS_MAX + 1];
	int argc = 0, status;

	if (system("rm -rf out") || !freopen("stdout", "w", stdout) ||
	    !freopen("stderr", "w", stderr))
		_exit(3);
	progress->command[0] = '\0';
	for (; argc < ARGS_MAX && reading->args[argc]; argc++) {
		const char *arg = reading->args[argc];

		if (!strcmp(arg, "V") || !strcmp(arg, "W"))
			arg = variant_name(number + (*arg == 'W'));
		args[argc] = strdup(arg);
		strncat(progress->command, args[argc],
			sizeof(progress->command) - strlen(progress->command) - 2);
		strcat(progress->command, " ");
	}
	args[argc] = NULL;
	status = reading->main(argc, args);
	fflush(NULL);
	check_outcome(reading, status);
	while (argc)
		free(args[--argc]);
}

/* The child. */
static void read_batch(const struct mutable_trace *t, uint64_t from, uint64_t nr)
{
	const struct rlimit cpu = { BATCH_CPU_S, BATCH_CPU_S };
	struct random_stream random;

	setrlimit(RLIMIT_CPU, &cpu);
	random_init(&random, from, "readings");
	for (uint64_t i = from; i < from + nr && !progress->complaint[0]; i++) {
		progress->number = i;
		if (!mutable_trace_write(t, i, variant_name(i)))
			complain("%s", "variant cannot be written");
		read_variant(&readings[random_below(&random, NR_READINGS)], i);
	}
}

static void run_batch(const struct mutable_trace *t, const char *trace, uint64_t from, uint64_t nr)
{
	struct rusage usage;
	char *said;
	size_t size;
	int status;
	pid_t pid;

	memset(progress, 0, sizeof(*progress));
	fflush(NULL);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (!pid) {
		read_batch(t, from, nr);
		_exit(progress->complaint[0] ? 4 : 0);
	}
	ck_assert_int_eq(wait4(pid, &status, 0, &usage), pid);
	said = status ? read_file("stderr", &size) : NULL;
	ck_assert_msg(!status, "variant %llu of %s/%s (it is there): ballast %s: %s (%#x)\n%s",
		      (unsigned long long)progress->number, scratch, trace, progress->command,
		      progress->complaint, status, said);
	ck_assert_msg(usage.ru_maxrss < RSS_MAX_KIB,
		      "variants %llu to %llu of %s take %ld KiB", (unsigned long long)from,
		      (unsigned long long)(from + nr - 1), trace, usage.ru_maxrss);
}

static uint64_t mutations_wanted(void)
{
	const char *n = getenv("BALLAST_MUTATIONS");

	return n && *n ? strtoull(n, NULL, 10) : MUTATIONS;
}

static void record_scene(unsigned int scene, const char *trace)
{
	char line[4 * PATH_MAX];

	snprintf(line, sizeof(line),
		 "%s run %s/%s --overlay %s/%s --quiet --detail full --trace %s",
		 command, top, scenes[scene][0], top, scenes[scene][1], trace);
	ck_assert_int_eq(system(line), 0);
}

START_TEST(every_reader_stands_what_digests_do_not_find)
{
	const unsigned int nr_scenes = sizeof(scenes) / sizeof(scenes[0]);
	uint64_t each = (mutations_wanted() + nr_scenes - 1) / nr_scenes;
	struct mutable_trace *t;
	char trace[32];

	enter_empty_scratch();
	snprintf(trace, sizeof(trace), "trace%d", _i);
	record_scene(_i, trace);
	t = mutable_trace_load(trace);
	ck_assert_ptr_nonnull(t);
	for (uint64_t done = 0; done < each; done += BATCH)
		run_batch(t, trace, done, each - done < BATCH ? each - done : BATCH);
	mutable_trace_free(t);
	leave_scratch();
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *suite = suite_create("mutated");
	TCase *tc = tcase_create("mutated");

	if (!cli_environment())
		return NULL;
	progress = mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (progress == MAP_FAILED)
		return NULL;
	tcase_set_timeout(tc, 0);	/* a batch's own limit is of CPU time */
	tcase_add_loop_test(tc, every_reader_stands_what_digests_do_not_find, 0,
			    sizeof(scenes) / sizeof(scenes[0]));
	suite_add_tcase(suite, tc);
	return suite;
}
