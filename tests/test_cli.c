// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command itself, as a process: what bad input gives (one line, exit status 2, no file left
 * behind), what a failed run gives (1, and a command that fails the same way), and good ones.
 */
#include <check.h>
#include <dirent.h>
#include <json-c/json.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli_run.h"
#include "suite.h"

#define ARGS_MAX 32
#define ANY_LINES 0

struct running {
	FILE *out, *err;
	pid_t pid;
};

/* @line: the arguments, separated by single spaces. */
static struct running start(const char *line, FILE *out)
{
	char copy[2048], *argv[ARGS_MAX] = { command }, *rest = copy;
	struct running r = { .out = out, .err = tmpfile() };
	unsigned int n = 1;

	snprintf(copy, sizeof(copy), "%s", line);
	while (*line && rest && n < ARGS_MAX - 1)
		argv[n++] = strsep(&rest, " ");
	ck_assert(r.out && r.err);
	r.pid = fork();
	if (!r.pid) {
		dup2(fileno(r.out), STDOUT_FILENO);
		dup2(fileno(r.err), STDERR_FILENO);
		execv(command, argv);
		_exit(127);
	}
	ck_assert_int_gt(r.pid, 0);
	return r;
}

static struct output finish(struct running *r)
{
	size_t size;
	int status;

	ck_assert_int_eq(waitpid(r->pid, &status, 0), r->pid);
	return output_of(WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status),
			 slurp(r->out, &size), slurp(r->err, &size));
}

static struct output ballast(const char *line)
{
	struct running r = start(line, tmpfile());

	return finish(&r);
}

/* Every test runs in a directory of its own with a good scenario, first.dts, and bad files. */

#define BROKEN "/dts-v1/;\n/ { compatible = \n"
#define NOTHING_IN_IT "/dts-v1/;\n/ { compatible = \"ballast,scenario\"; };\n"

static void make_scratch(void)
{
	enter_scratch();
	write_file("broken.dts", BROKEN, strlen(BROKEN));
	write_file("nothing.dts", NOTHING_IN_IT, strlen(NOTHING_IN_IT));
	write_file("empty", "", 0);
}

static void remove_scratch(void)
{
	DIR *dir = opendir(scratch);
	struct dirent *entry;

	while ((entry = readdir(dir)))
		unlink(entry->d_name);
	closedir(dir);
	rmdir(scratch);
}

/* Whether the first line of @text is @pattern, or begins so if that ends with "...". */
static bool first_line_is(const char *text, const char *pattern)
{
	size_t line = strcspn(text, "\n"), len = strlen(pattern);

	if (len > 3 && !strcmp(pattern + len - 3, "..."))
		return line >= len - 3 && !strncmp(text, pattern, len - 3);
	return line == len && !strncmp(text, pattern, len);
}

static const struct bad {
	const char *args, *says;
	unsigned int lines;	/* ANY_LINES: usage follows */
} bad[] = {
	/* Command lines */
	{ "", "usage: ballast COMMAND ...", ANY_LINES },
	{ "walk", "ballast: walk: there is no such command; see ballast --help", 1 },
	{ "run", "ballast: run: needs a scenario file", 1 },
	{ "check", "ballast: check: needs a scenario file", 1 },
	{ "run --fast first.dts", "ballast: --fast: there is no such option; see ballast --help",
	  1 },
	{ "run first.dts --seed", "ballast: --seed: needs a value", 1 },
	{ "run first.dts --trace", "ballast: --trace: needs a value", 1 },
	{ "run first.dts --set /guest/page-poison=true",
	  "ballast: a guest fills all of its memory when it boots (page-poison, init-on-free), and "
	  "the host, or the guest's memory group, has no more of it; allowed: guests that fit into "
	  "free memory when they start", 1 },
	{ "run first.dts --until soon",
	  "ballast: --until soon: not a time; allowed: a number and ms, s, min or h", 1 },
	{ "run first.dts --until 0s",
	  "ballast: --until 0s: not a time; allowed: a number and ms, s, min or h", 1 },
	{ "run first.dts --until -5s",
	  "ballast: --until -5s: not a time; allowed: a number and ms, s, min or h", 1 },
	{ "run first.dts --until 99999999999999999999s",
	  "ballast: --until 99999999999999999999s: not a time; allowed: a number and ms, s, min "
	  "or h", 1 },
	{ "run first.dts --seed seven", "ballast: --seed seven: not a number", 1 },
	{ "run first.dts --seed -1", "ballast: --seed -1: not a number", 1 },
	{ "run first.dts --seed 5x", "ballast: --seed 5x: not a number", 1 },
	{ "run first.dts first.dts --trace left.trace",
	  "ballast: --trace left.trace: takes one scenario at a time", 1 },
	{ "run first.dts --trace ./first.dts",
	  "ballast: --trace ./first.dts: is the scenario; --trace must name another file", 1 },
	{ "run other.dts --overlay first.dts --trace first.dts",
	  "ballast: --trace first.dts: is an overlay; --trace must name another file", 1 },
	{ "list --all", "ballast: list --all: allowed: --json", 1 },
	{ "demo now", "ballast: demo now: allowed: --report FILE", 1 },
	/* Scenarios */
	{ "run none.dts --trace left.trace",
	  "ballast: none.dts: cannot be read: No such file or directory", 1 },
	{ "check none.dts", "ballast: none.dts: cannot be read: No such file or directory", 1 },
	{ "run broken.dts --trace left.trace", "ballast: broken.dts: dtc: broken.dts:2...", 1 },
	{ "check broken.dts", "ballast: broken.dts: dtc: broken.dts:2...", 1 },
	{ "check nothing.dts", "ballast: nothing.dts: /...", ANY_LINES },
	{ "check first.dts --overlay none.dtso",
	  "ballast: none.dtso: cannot be read: No such file or directory", 1 },
	{ "run first.dts --trace left.trace --set /guest",
	  "ballast: --set /guest: not a setting; allowed: PATH/PROP=VALUE, such as "
	  "/host/memory-mib=8192", 1 },
	{ "run first.dts --trace left.trace --set /nowhere/vcpus=1",
	  "ballast: --set /nowhere/vcpus=1: no node /nowhere; allowed: nodes of first.dts", 1 },
	{ "run first.dts --trace left.trace --set /guest/colour=1",
	  "ballast: --set /guest/colour=1: /guest: colour: unknown property; allowed: properties "
	  "of ballast,guest", 1 },
	{ "run first.dts --trace left.trace --set /guest/vcpus=0",
	  "ballast: --set /guest/vcpus=0: /guest: vcpus: 0 is out of range; allowed: 1..1024 vCPUs",
	  1 },
	{ "run first.dts --trace left.trace --set /host/cpus=0",
	  "ballast: --set /host/cpus=0: /host: cpus: 0 is out of range; allowed: 1..4096 CPUs", 1 },
	{ "run first.dts --trace left.trace --set /guest/memory-mib=63",
	  "ballast: --set /guest/memory-mib=63: /guest: memory-mib: 63 is out of range; allowed: "
	  "64..16777216 MiB", 1 },
	{ "run first.dts --trace left.trace --set /host/swap/size-mib=0",
	  "ballast: --set /host/swap/size-mib=0: /host/swap: size-mib: the device is smaller than "
	  "a page; allowed: 1..131071 MiB, or status = \"disabled\"", 1 },
	{ "run first.dts --trace left.trace --set /guest/page-size-kib=16",
	  "ballast: --set /guest/page-size-kib=16: /guest: page-size-kib: 16 KiB is no page size "
	  "of a host; allowed: 4, 64, 2048", 1 },
	{ "check first.dts --set /guest/memory-mib=8192 --set /guest/phys-bits=32",
	  "ballast: --set /guest/memory-mib=8192: /guest: memory-mib: 8192 MiB do not fit into "
	  "32 bits of address; allowed: 64..2816 MiB, or more phys-bits", 1 },
	{ "run first.dts --trace left.trace --images /nonexistent",
	  "ballast: first.dts: /guest/devices/balloon: image: there is no file "
	  "/nonexistent/virtio-ballast.so; build it (make images) or give --images", 1 },
	{ "check first.dts --images /nonexistent",
	  "ballast: first.dts: /guest/devices/balloon: image: there is no file "
	  "/nonexistent/virtio-ballast.so; build it (make images) or give --images", 1 },
	{ "run first.dts --trace /nonexistent/left.trace",
	  "ballast: /nonexistent/left.trace: cannot create the trace: No such file or directory",
	  1 },
	{ "run first.dts --trace .", "ballast: .: cannot create the trace: Is a directory", 1 },
	{ "published none.dts", "ballast: none.dts: cannot be read: No such file or directory", 1 },
	{ "published first.dts", "ballast: first.dts: has no published figures; allowed: a "
	  "scenario with a node ballast,published", 1 },
	{ "compare first.dts --with a=,undisturbed=", "ballast: undisturbed: is the machine with "
	  "memory for all; allowed: another name", 1 },
	/* Traces and recordings */
	{ "trace", "ballast: trace: allowed: report, dump, csv, why", 1 },
	{ "trace eat first.trace", "ballast: trace eat: allowed: report, dump, csv, why", 1 },
	{ "trace why", "ballast: trace why: needs a file, --guest and --gfn", 1 },
	{ "trace why a b", "ballast: trace why: needs one file", 1 },
	{ "trace why none.trace --guest 0 --gfn 0",
	  "ballast: none.trace: No such file or directory", 1 },
	{ "trace why empty --guest 0 --gfn 0", "ballast: empty: not a ballast trace", 1 },
	{ "trace why a --guest", "ballast: trace why --guest: needs a value", 1 },
	{ "trace why a --gfn 12z", "ballast: trace why --gfn 12z: not a number", 1 },
	{ "trace why a --at noon", "ballast: trace why --at noon: not a time; allowed: a number "
	  "and ns, us, ms, s, min or h", 1 },
	{ "trace why a --who 1",
	  "ballast: trace why --who: unknown option; allowed: --guest, --gfn, --at", 1 },
	{ "trace report", "ballast: trace report: needs one file", 1 },
	{ "trace report none.trace", "ballast: none.trace: No such file or directory", 1 },
	{ "trace dump none.trace", "ballast: none.trace: No such file or directory", 1 },
	{ "trace report first.dts", "ballast: first.dts: not a ballast trace", 1 },
	{ "trace dump empty", "ballast: empty: not a ballast trace", 1 },
	{ "trace report .", "ballast: .: not a ballast trace", 1 },
	{ "trace csv colours none.trace",
	  "ballast: trace csv colours: there is no such record type; there are: run, ...", 1 },
	{ "export csv first.trace --record colours",
	  "ballast: --record colours: there is no such record type; there are: run, ...", 1 },
	{ "trace why a --who", "ballast: trace why --who: unknown option; allowed: --guest, ...",
	  1 },
	{ "diff", "ballast: diff: needs two traces, SIM and REAL", 1 },
	{ "diff none.trace", "ballast: diff: needs two traces, SIM and REAL", 1 },
	{ "diff a b c", "ballast: a: No such file or directory; record it with: ballast run "
	  "SCENARIO --trace FILE", 1 },
	{ "diff none.trace none.trace", "ballast: none.trace: No such file or directory; record it "
	  "with: ballast run SCENARIO --trace FILE", 1 },
	{ "diff empty empty", "ballast: empty: not a ballast trace; record it with: ballast run "
	  "SCENARIO --trace FILE", 1 },
	{ "diff a b --only colour", "ballast: --only colour: there is no such quantity; allowed: "
	  "duration, free, rss, ...", 1 },
	{ "diff a b --only", "ballast: --only: needs a value", 1 },
	{ "diff a b --threshold much", "ballast: --threshold much: not a threshold; allowed: "
	  "percent, such as 5 or 2.5", 1 },
	{ "diff a b --threshold -1", "ballast: --threshold -1: not a threshold; allowed: percent, "
	  "such as 5 or 2.5", 1 },
	{ "diff a b --threshold 1.25", "ballast: --threshold 1.25: not a threshold; allowed: "
	  "percent, such as 5 or 2.5", 1 },
	{ "diff a b --fast", "ballast: --fast: there is no such option; see ballast --help", 1 },
	{ "replay-kmem", "usage: ballast replay-kmem DIR... [--json]", 1 },
	{ "replay-kmem none",
	  "ballast: none/snapA.txt: No such file or directory; a recording is a directory with "
	  "snapA, events and snapB (.txt or .txt.xz)", 1 },
	{ "replay-kmem --fast none", "ballast: replay-kmem: option '--fast' is not known",
	  ANY_LINES },
};

#define NR_BAD (sizeof(bad) / sizeof(bad[0]))

START_TEST(bad_input_is_one_line_and_status_2_and_leaves_nothing)
{
	const struct bad *b = &bad[_i];
	unsigned int files = count_files();
	struct output o = ballast(b->args);

	ck_assert_msg(o.status == 2, "ballast %s: status %d: %.500s", b->args, o.status, o.err);
	ck_assert_msg(first_line_is(o.err, b->says), "ballast %s says %.500s", b->args, o.err);
	ck_assert_msg(b->lines == ANY_LINES || o.err_lines == b->lines, "ballast %s says %.500s",
		      b->args, o.err);
	ck_assert_msg(!o.out[0], "ballast %s prints %.500s", b->args, o.out);
	ck_assert_msg(count_files() == files, "ballast %s left a file behind", b->args);
	output_free(&o);
}
END_TEST

static void run_well(const char *args)
{
	struct output o = ballast(args);

	ck_assert_msg(o.status == 0, "ballast %s: status %d: %.500s", args, o.status, o.err);
	ck_assert_msg(!o.err[0], "ballast %s says %.500s", args, o.err);
	output_free(&o);
}

static void check_damaged(const char *args, const char *says)
{
	struct output o = ballast(args);

	ck_assert_msg(o.status == 2, "ballast %s: status %d", args, o.status);
	ck_assert_msg(first_line_is(o.err, says) && o.err_lines == 1, "ballast %s says %.500s",
		      args, o.err);
	output_free(&o);
}

START_TEST(damaged_traces_are_read_up_to_the_damage)
{
	size_t size;
	char *trace;
	struct output o;

	run_well("run --quiet --detail full --trace first.trace first.dts");
	trace = read_file("first.trace", &size);
	ck_assert_uint_gt(size, 20000);
	write_file("cut.trace", trace, size - 1000);
	check_damaged("trace report cut.trace", "ballast: cut.trace: at byte ...");
	check_damaged("trace dump cut.trace", "ballast: cut.trace: at byte ...");
	o = ballast("trace dump cut.trace");
	ck_assert_ptr_nonnull(strstr(o.out, " guest_start "));
	output_free(&o);
	/* Cut inside of the header: there is nothing to read. */
	write_file("head.trace", trace, 10);
	check_damaged("trace report head.trace", "ballast: head.trace: not a ballast trace");
	trace[size / 2] ^= 0x10;
	write_file("flipped.trace", trace, size);
	check_damaged("trace report flipped.trace", "ballast: flipped.trace: at byte ...");
	check_damaged("trace dump flipped.trace", "ballast: flipped.trace: at byte ...");
	free(trace);
}
END_TEST

START_TEST(refused_run_leaves_an_earlier_trace_alone)
{
	struct output o;
	size_t size;
	char *text;

	write_file("kept.trace", "earlier", 7);
	o = ballast("run first.dts --trace kept.trace --images /nonexistent");
	ck_assert_int_eq(o.status, 2);
	output_free(&o);
	text = read_file("kept.trace", &size);
	ck_assert_str_eq(text, "earlier");
	free(text);
}
END_TEST

START_TEST(two_runs_give_byte_identical_traces)
{
	size_t size[3];
	char *trace[3];
	int i;

	run_well("run --quiet --trace a.trace first.dts");
	run_well("run --quiet --trace b.trace first.dts");
	run_well("run --quiet --trace c.trace first.dts --seed 99");
	trace[0] = read_file("a.trace", &size[0]);
	trace[1] = read_file("b.trace", &size[1]);
	trace[2] = read_file("c.trace", &size[2]);
	ck_assert_uint_eq(size[0], size[1]);
	ck_assert(!memcmp(trace[0], trace[1], size[0]));
	ck_assert(size[0] != size[2] || memcmp(trace[0], trace[2], size[0]));
	for (i = 0; i < 3; i++)
		free(trace[i]);
}
END_TEST

static void prints(const char *args, const char *begins, const char *contains)
{
	struct output o = ballast(args);

	ck_assert_msg(o.status == 0, "ballast %s: status %d: %.500s", args, o.status, o.err);
	ck_assert_msg(!strncmp(o.out, begins, strlen(begins)), "ballast %s prints %.300s", args,
		      o.out);
	ck_assert_msg(strstr(o.out, contains) != NULL, "ballast %s does not print %s", args,
		      contains);
	output_free(&o);
}

START_TEST(good_commands_print_what_they_are_asked_for)
{
	prints("--help", "usage: ballast COMMAND", "--overlay FILE");
	prints("run --help", "usage: ballast COMMAND", "--overlay FILE");
	prints("list", "programs", "page-fault1");
	prints("list --json", "[", "ballast,program-memhog");
	prints("check first.dts", "first.dts: ok, 2 guests", "\n");
	prints("run first.dts", "first.dts", "guest-1");
	run_well("run --quiet first.dts --trace first.trace");
	prints("trace report first.trace", "first.dts", "guest-1");
	prints("trace dump first.trace", "     0.000000000 run ", " run_end ");
	prints("trace csv program_end first.trace", "time", "\n");
	prints("trace report first.trace --json", "{", "\"guests\"");
	prints("trace why first.trace --guest guest-1 --gfn 0x9600",
	       "guest guest-1, gfn 0x9600, at", "record with --detail full");
}
END_TEST

START_TEST(the_story_of_a_page_says_what_had_happened_by_the_time_asked_about)
{
	unsigned long long time, gfn;
	char line[256], *row;
	struct output o;

	run_well("run --quiet first.dts --detail full --trace full.trace");
	o = ballast("trace csv swap_in_page full.trace");
	row = strchr(o.out, '\n');
	ck_assert_msg(row && sscanf(row, "%llu,1,%llu", &time, &gfn) == 2, "%.200s", o.out);
	output_free(&o);
	snprintf(line, sizeof(line), "trace why full.trace --guest guest-1 --gfn %llu --at %lluns",
		 gfn, time - 1);
	prints(line, "guest guest-1", "---- what is above had happened by then");
	check_damaged("trace why full.trace --guest guest-1 --gfn 0 --at 99999s",
		      "ballast: trace why: full.trace: ends at ...");
}
END_TEST

/* Braces and brackets that belong together, none inside of strings. */
static bool brackets_match(const char *text)
{
	char open[64];
	unsigned int depth = 0;
	bool string = false;

	for (; *text; text++) {
		if (string && *text == '\\' && text[1])
			text++;
		else if (*text == '"')
			string = !string;
		else if (!string && (*text == '{' || *text == '[') && depth < sizeof(open))
			open[depth++] = *text + 2;
		else if (!string && (*text == '}' || *text == ']') &&
			 (!depth || open[--depth] != *text))
			return false;
	}
	return !depth && !string;
}

START_TEST(tables_as_json)
{
	struct output o = ballast("run --json first.dts");

	ck_assert_int_eq(o.status, 0);
	ck_assert_int_eq(o.out[0], '{');
	ck_assert(brackets_match(o.out));
	ck_assert_ptr_nonnull(strstr(o.out, "\"programs\""));
	ck_assert_ptr_nonnull(strstr(o.out, "\"commands\""));
	ck_assert_ptr_nonnull(strstr(o.out, "\"casualties\""));
	ck_assert_ptr_nonnull(strstr(o.out, "\"given_back_bytes\""));
	ck_assert_ptr_nonnull(strstr(o.out, "\"free_by_order_bytes\""));
	ck_assert_ptr_nonnull(strstr(o.out, "\"digest\""));
	output_free(&o);
}
END_TEST

static size_t json_elements(const char *text)
{
	enum json_tokener_error error;
	struct json_object *all = json_tokener_parse_verbose(text, &error);
	size_t nr;

	ck_assert_msg(error == json_tokener_success, "%s", json_tokener_error_desc(error));
	ck_assert(json_object_is_type(all, json_type_array));
	nr = json_object_array_length(all);
	json_object_put(all);
	return nr;
}

START_TEST(several_runs_as_json_are_one_document)
{
	struct output o = ballast("run --json first.dts first.dts first.dts");

	ck_assert_int_eq(o.status, 0);
	ck_assert_uint_eq(json_elements(o.out), 3);
	output_free(&o);
	/* Of what cannot run there are no tables; the others are there. */
	o = ballast("run --json no-such.dts first.dts no-such.dts");
	ck_assert_int_eq(o.status, 2);
	ck_assert_uint_eq(json_elements(o.out), 1);
	output_free(&o);
}
END_TEST

#define GUESTS                                                                                     \
	"/dts-v1/;\n/include/ \"costs/skylake.dtsi\"\n"                                            \
	"/ { compatible = \"ballast,scenario\"; description = \"test\";\n"                        \
	"host { compatible = \"ballast,host\"; memory-mib = <4096>; cpus = <2>; };\n"             \
	"g: guest { compatible = \"ballast,guest\"; memory-mib = <64>; count = <20>;\n"           \
	"devices { b { compatible = \"ballast,virtio-ballast\"; }; }; }; };\n"

START_TEST(tables_say_that_guests_are_left_out_when_they_are)
{
	struct output o;

	write_file("guests.dts", GUESTS, strlen(GUESTS));
	o = ballast("run guests.dts");
	ck_assert_ptr_null(strstr(o.out, "are listed one by one"));
	output_free(&o);
	prints("run guests.dts --set /guest/count=21", "guests.dts",
	       "Only the first 20 of 21 guests are listed one by one.");
}
END_TEST

START_TEST(diff_of_runs_is_status_1_beyond_the_threshold_only)
{
	char args[1200], *trace;
	struct output o;
	size_t size;

	run_well("run --quiet first.dts --trace without.trace");
	snprintf(args, sizeof(args), "run --quiet first.dts --trace with.trace --overlay "
		 "%.1000s/scenarios/overlays/reporting.dtso", top);
	run_well(args);
	prints("diff without.trace with.trace", "sim   without.trace: first.dts", "Largest");
	prints("diff with.trace with.trace --threshold 0", "sim ", "0 values deviate");
	o = ballast("diff without.trace with.trace --threshold 10");
	ck_assert_int_eq(o.status, 1);
	ck_assert_str_eq(o.err, "");
	ck_assert_ptr_nonnull(strstr(o.out, "values deviate by more than 10.0 %"));
	output_free(&o);
	o = ballast("diff --json --only rss without.trace with.trace");
	ck_assert_int_eq(o.status, 0);
	ck_assert(brackets_match(o.out));
	ck_assert_ptr_nonnull(strstr(o.out, "\"rss_bytes\""));
	output_free(&o);
	trace = read_file("with.trace", &size);
	write_file("cut.trace", trace, size - 1000);
	free(trace);
	o = ballast("diff with.trace without.trace with.trace");
	ck_assert_int_eq(o.status, 2);
	ck_assert_msg(first_line_is(o.err, "ballast: diff: 3 traces, all of the simulator: ...") &&
		      o.err_lines == 1, "%.500s", o.err);
	output_free(&o);
	o = ballast("diff without.trace cut.trace");
	ck_assert_int_eq(o.status, 2);
	ck_assert_msg(first_line_is(o.err, "ballast: cut.trace: at byte ...") &&
		      o.err_lines == 1, "%.500s", o.err);
	ck_assert_str_eq(o.out, "");
	output_free(&o);
}
END_TEST

START_TEST(until_ends_the_run_early)
{
	run_well("run --quiet --trace short.trace --until 1500ms first.dts");
	prints("trace dump short.trace", "     0.000000000 run ", "     1.500000000 epilogue ");
}
END_TEST

#define DEADLOCKS                                                                                  \
	"/dts-v1/;\n/include/ \"costs/skylake.dtsi\"\n"                                            \
	"/ { compatible = \"ballast,scenario\"; description = \"test\"; until-ms = <60000>;\n"     \
	"host { compatible = \"ballast,host\"; memory-mib = <1024>; cpus = <2>; };\n"              \
	"g: guest { compatible = \"ballast,guest\"; memory-mib = <256>; vcpus = <1>;\n"            \
	"modules { driver { compatible = \"ballast,module\";"                                      \
	" image = \"broken-guest-missed-completion\"; }; };\n"                                     \
	"devices { balloon { compatible = \"ballast,virtio-ballast\"; }; };\n"                     \
	"programs { idle { compatible = \"ballast,program-idle\"; duration-ms = <5000>; }; }; };\n"\
	"commands { shrink { compatible = \"ballast,set-balloon\"; guest = <&g>;"                  \
	" target-mib = <192>; start-ms = <1000>; }; }; };\n"

#define REPLAY "ballast: replay with: "

/* As a user would: the line that was printed, given to a shell. */
static struct output shell(const char *line)
{
	FILE *out = tmpfile(), *err = tmpfile();
	size_t size;
	int status;
	pid_t pid = fork();

	if (!pid) {
		dup2(fileno(out), STDOUT_FILENO);
		dup2(fileno(err), STDERR_FILENO);
		execl("/bin/sh", "sh", "-c", line, (char *)NULL);
		_exit(127);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return output_of(WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status),
			 slurp(out, &size), slurp(err, &size));
}

/* Runs what a failed run printed; without the environment, which it must not depend on. */
static struct output replay(const struct output *o)
{
	const char *at = strstr(o->err, REPLAY);
	char again[4096];
	struct output replayed;

	ck_assert_msg(at != NULL, "%.500s", o->err);
	at += strlen(REPLAY);
	snprintf(again, sizeof(again), "unset BALLAST_IMAGES BALLAST_SCENARIOS; %.*s",
		 (int)strcspn(at, "\n"), at);
	replayed = shell(again);
	ck_assert_msg(replayed.status == o->status, "%s: status %d: %.500s", again,
		      replayed.status, replayed.err);
	return replayed;
}

static const int end_signals[] = { SIGINT, SIGTERM };

START_TEST(a_signal_ends_a_run_as_a_time_limit_does)
{
	struct running r;
	struct output o;
	size_t size;
	char *text, *at;
	FILE *out;

	/* A guest that sleeps for a month, looked at each millisecond. */
	text = read_file("first.dts", &size);
	at = strstr(text, "programs {");
	ck_assert_ptr_nonnull(at);
	at += strlen("programs {");
	out = fopen("long.dts", "w");
	fprintf(out, "%.*s a { compatible = \"ballast,program-idle\";"
		" duration-ms = <2592000000>; }; %s", (int)(at - text), text, at);
	fclose(out);
	free(text);
	r = start("run long.dts --trace long.trace --set /until-ms=0", tmpfile());
	/* The trace has its name when the run begins. */
	while (access("long.trace", R_OK) && !waitpid(r.pid, NULL, WNOHANG))
		usleep(10000);
	kill(r.pid, end_signals[_i]);
	o = finish(&r);
	ck_assert_msg(o.status == 128 + end_signals[_i], "%d: %s", o.status, o.err);
	ck_assert_msg(strstr(o.out, "time-limit") != NULL, "%s", o.out);
	output_free(&o);
	o = ballast("trace report long.trace");
	ck_assert_msg(o.status == 0, "%s", o.err);
	ck_assert_ptr_nonnull(strstr(o.out, "time-limit"));
	output_free(&o);
}
END_TEST

START_TEST(output_that_cannot_be_written_is_status_2)
{
	static const char *const lines[] = {
		"run first.dts", "run first.dts --json", "check first.dts", "list", "list --json",
		"--help", "--version", "trace report a.trace", "trace dump a.trace",
		"trace csv guest a.trace", "export perfetto a.trace", "diff a.trace a.trace",
		"diff a.trace a.trace --json",
	};
	struct output o = ballast("run first.dts --quiet --trace a.trace");
	unsigned int i;

	ck_assert_int_eq(o.status, 0);
	output_free(&o);
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct running r = start(lines[i], fopen("/dev/full", "w"));

		o = finish(&r);
		ck_assert_msg(o.status == 2, "%s: status %d", lines[i], o.status);
		ck_assert_msg(strstr(o.err, "No space left on device") != NULL, "%s", o.err);
		output_free(&o);
	}
	o = ballast("run first.dts --quiet --trace /dev/full");
	ck_assert_int_eq(o.status, 2);
	ck_assert_uint_eq(o.err_lines, 1);
	output_free(&o);
}
END_TEST

START_TEST(failed_run_is_status_1_and_its_replay_fails_the_same_way)
{
	struct output o, replayed;

	write_file("deadlock.dts", DEADLOCKS, strlen(DEADLOCKS));
	o = ballast("run --quiet deadlock.dts");
	ck_assert_msg(o.status == 1, "status %d: %.500s", o.status, o.err);
	ck_assert_ptr_nonnull(strstr(o.err, "broken_answered"));
	replayed = replay(&o);
	ck_assert_ptr_nonnull(strstr(replayed.err, "broken_answered"));
	prints("trace dump replay.trace", "     0.000000000 run ", " waiter ");
	prints("trace csv balloon_target replay.trace", "time_ns,guest,pages,id", ",0,16384,");
	output_free(&o);
	output_free(&replayed);
}
END_TEST

#define OVERLAY                                                                                    \
	"/dts-v1/;\n/plugin/;\n&{/guest/modules/driver} {"                                         \
	" image = \"broken-guest-missed-completion\"; };\n"

START_TEST(replay_has_every_option_quoted_for_a_shell)
{
	struct output o, replayed;

	/* Names that a shell would take apart. */
	write_file("it's;a.dts", DEADLOCKS, strlen(DEADLOCKS));
	write_file("over(lay).dtso", OVERLAY, strlen(OVERLAY));
	ck_assert_int_eq(symlink(getenv("BALLAST_IMAGES"), "my&images"), 0);
	o = ballast("run --quiet it's;a.dts --overlay over(lay).dtso --images my&images "
		    "--set /description=$HOME --seed 7 --strict");
	ck_assert_msg(o.status == 1, "status %d: %.500s", o.status, o.err);
	ck_assert_ptr_nonnull(strstr(o.err, " --images 'my&images'"));
	ck_assert_ptr_nonnull(strstr(o.err, " --overlay 'over(lay).dtso'"));
	ck_assert_ptr_nonnull(strstr(o.err, " --set '/description=$HOME'"));
	ck_assert_ptr_nonnull(strstr(o.err, " --set /seed=7"));
	ck_assert_ptr_nonnull(strstr(o.err, " --strict"));
	ck_assert_ptr_nonnull(strstr(o.err, " 'it'\\''s;a.dts'"));
	replayed = replay(&o);
	ck_assert_ptr_nonnull(strstr(replayed.err, "broken_answered"));
	prints("trace dump replay.trace", "     0.000000000 run ", "seed=7");
	prints("trace dump replay.trace", "     0.000000000 run ", "/description=$HOME");
	output_free(&o);
	output_free(&replayed);
}
END_TEST

#define KILLS                                                                                      \
	"/dts-v1/;\n/include/ \"costs/skylake.dtsi\"\n"                                            \
	"/ { compatible = \"ballast,scenario\"; description = \"test\";\n"                        \
	"host { compatible = \"ballast,host\"; memory-mib = <1024>; cpus = <2>; };\n"             \
	"g: guest { compatible = \"ballast,guest\"; memory-mib = <256>;\n"                        \
	"programs { hog { compatible = \"ballast,program-memhog\"; size-mib = <256>; }; }; }; };\n"

START_TEST(casualties_are_a_failure_when_strict)
{
	struct output o, replayed;

	write_file("kills.dts", KILLS, strlen(KILLS));
	o = ballast("run kills.dts");
	ck_assert_int_eq(o.status, 0);
	ck_assert_ptr_nonnull(strstr(o.out, "ended after "));
	ck_assert_ptr_nonnull(strstr(o.out, "; hog of guest killed by its guest at "));
	ck_assert_ptr_null(strstr(o.out, "  runs\n"));
	output_free(&o);
	o = ballast("run --quiet --strict kills.dts");
	ck_assert_int_eq(o.status, 1);
	ck_assert_ptr_nonnull(strstr(o.err, "ballast: --strict: hog of guest killed by its guest"));
	replayed = replay(&o);
	output_free(&o);
	output_free(&replayed);
}
END_TEST

#define TWO_PROGRAMS                                                                               \
	"/dts-v1/;\n/include/ \"costs/skylake.dtsi\"\n"                                            \
	"/ { compatible = \"ballast,scenario\"; description = \"test\";\n"                        \
	"published { compatible = \"ballast,published\"; id = \"T\"; source = \"none\";\n"        \
	"f { compatible = \"ballast,figure\"; metric = \"guests-before-swap\";"                   \
	" value = <1>; }; };\n"                                                                    \
	"host { compatible = \"ballast,host\"; memory-mib = <512>; cpus = <2>;\n"                 \
	"swap { /include/ \"swap/ssd.dtsi\" size-mib = <1024>; }; };\n"                           \
	"guest { compatible = \"ballast,guest\"; memory-mib = <768>; count = <%d>; in-turn;\n"    \
	"programs { wait { compatible = \"ballast,program-idle\"; duration-ms = <10>; };\n"       \
	"use { compatible = \"ballast,program-allocate\"; size-mib = <%d>; }; }; }; };\n"

static void published_figure(int guests, int mib, const char *row)
{
	char text[2048];
	struct output o;
	int n = snprintf(text, sizeof(text), TWO_PROGRAMS, guests, mib);

	write_file("figure.dts", text, n);
	o = ballast("published figure.dts");
	ck_assert_int_eq(o.status, 0);
	ck_assert_msg(strstr(o.out, row) != NULL, "%s", o.out);
	output_free(&o);
}

START_TEST(a_guest_counts_when_all_of_its_programs_have_ended)
{
	/* The first program of the only guest has ended when the second one swaps. */
	published_figure(1, 600, "         1          0    0.00  OUT OF BAND");
	published_figure(3, 200, "         1          1    1.00  ok");
	/* Who never gets there has only a lower bound. */
	published_figure(1, 10, "         1       >= 1    1.00  OUT OF BAND");
}
END_TEST

#define NO_DRIVER                                                                                  \
	"/dts-v1/;\n/include/ \"costs/skylake.dtsi\"\n"                                            \
	"/ { compatible = \"ballast,scenario\"; description = \"test\";\n"                        \
	"host { compatible = \"ballast,host\"; memory-mib = <1024>; cpus = <2>; };\n"             \
	"g: guest { compatible = \"ballast,guest\"; memory-mib = <256>;\n"                        \
	"devices { b { compatible = \"ballast,virtio-ballast\"; }; };\n"                          \
	"programs { i { compatible = \"ballast,program-idle\"; duration-ms = <10>; }; }; }; };\n"

START_TEST(check_warns_of_a_device_that_no_module_drives)
{
	struct output o;

	write_file("no-driver.dts", NO_DRIVER, strlen(NO_DRIVER));
	o = ballast("check no-driver.dts");
	ck_assert_int_eq(o.status, 0);
	ck_assert_str_eq(o.out, "no-driver.dts: ok, 1 guests, 0 commands, 1 warning\n");
	ck_assert_msg(first_line_is(o.err, "ballast: warning: no-driver.dts: /guest/devices/b: "
				    "guest guest has no driver for it..."), "%.500s", o.err);
	output_free(&o);
	write_file("guests.dts", GUESTS, strlen(GUESTS));
	o = ballast("check guests.dts");
	ck_assert_msg(first_line_is(o.err, "ballast: warning: guests.dts: /guest/devices/b: "
				    "guests guest-0 to guest-19 have no driver for it...") &&
		      o.err_lines == 1, "%.500s", o.err);
	output_free(&o);
	/* first.dts has drivers: ours by their tables, broken ones by what they call. */
	o = ballast("check first.dts");
	ck_assert_str_eq(o.err, "");
	output_free(&o);
}
END_TEST

static Suite *cli_suite(void)
{
	Suite *s = suite_create("cli");
	TCase *tc = tcase_create("cli");

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, make_scratch, remove_scratch);
	tcase_add_loop_test(tc, bad_input_is_one_line_and_status_2_and_leaves_nothing, 0, NR_BAD);
	tcase_add_test(tc, damaged_traces_are_read_up_to_the_damage);
	tcase_add_test(tc, the_story_of_a_page_says_what_had_happened_by_the_time_asked_about);
	tcase_add_test(tc, refused_run_leaves_an_earlier_trace_alone);
	tcase_add_test(tc, two_runs_give_byte_identical_traces);
	tcase_add_test(tc, good_commands_print_what_they_are_asked_for);
	tcase_add_test(tc, tables_as_json);
	tcase_add_test(tc, several_runs_as_json_are_one_document);
	tcase_add_test(tc, tables_say_that_guests_are_left_out_when_they_are);
	tcase_add_test(tc, diff_of_runs_is_status_1_beyond_the_threshold_only);
	tcase_add_test(tc, until_ends_the_run_early);
	tcase_add_loop_test(tc, a_signal_ends_a_run_as_a_time_limit_does, 0,
			    sizeof(end_signals) / sizeof(end_signals[0]));
	tcase_add_test(tc, output_that_cannot_be_written_is_status_2);
	tcase_add_test(tc, failed_run_is_status_1_and_its_replay_fails_the_same_way);
	tcase_add_test(tc, replay_has_every_option_quoted_for_a_shell);
	tcase_add_test(tc, casualties_are_a_failure_when_strict);
	tcase_add_test(tc, a_guest_counts_when_all_of_its_programs_have_ended);
	tcase_add_test(tc, check_warns_of_a_device_that_no_module_drives);
	suite_add_tcase(s, tc);
	return s;
}

Suite *test_suite(int argc, char **argv)
{
	char scenarios[PATH_MAX + 16];

	if (!cli_environment())
		return NULL;
	snprintf(scenarios, sizeof(scenarios), "%s/scenarios", top);
	setenv("BALLAST_SCENARIOS", scenarios, 1);
	return cli_suite();
}
