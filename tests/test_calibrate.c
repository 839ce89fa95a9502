// SPDX-License-Identifier: GPL-2.0-only
/*
 * ballast calibrate as a process: what it writes can be included, says what each value rests on,
 * and nothing else stays behind.  How long anything took is not judged: machines differ.
 */
#include "suite.h"

#include <grp.h>
#include <json-c/json.h>
#include <limits.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "calibration.h"
#include "cli_run.h"
#include "clock.h"
#include "real_limit.h"
#include "skip.h"

#define NOBODY 65534
#define WAIT_MS 60000
#define QUICK "--runs 1 --size-mib 8"
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

struct process {
	pid_t pid;
	FILE *out, *err;
};

static uid_t run_as;

static void split(char *line, char **argv, unsigned int max)
{
	unsigned int n = 0;

	argv[n++] = command;
	for (char *word = strtok(line, " "); word && n < max - 1; word = strtok(NULL, " "))
		argv[n++] = word;
	argv[n] = NULL;
}

static struct process start(const char *arguments)
{
	struct process p = { .out = tmpfile(), .err = tmpfile() };
	char line[2048], *argv[40];

	snprintf(line, sizeof(line), "%s", arguments);
	split(line, argv, ARRAY_LEN(argv));
	fflush(NULL);
	p.pid = fork();
	if (!p.pid) {
		dup2(fileno(p.out), STDOUT_FILENO);
		dup2(fileno(p.err), STDERR_FILENO);
		if (run_as && (setgroups(0, NULL) || setgid(run_as) || setuid(run_as)))
			_exit(126);
		execv(command, argv);
		_exit(127);
	}
	ck_assert_int_gt(p.pid, 0);
	return p;
}

static struct output finish(struct process *p)
{
	size_t size;
	int status;

	ck_assert_int_eq(waitpid(p->pid, &status, 0), p->pid);
	return output_of(WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status),
			 slurp(p->out, &size), slurp(p->err, &size));
}

static struct output ballast(const char *arguments)
{
	struct process p = start(arguments);

	return finish(&p);
}

static void make_scratch(void)
{
	char path[PATH_MAX + 32];

	enter_scratch();
	ck_assert_int_eq(chmod(".", 0777), 0);
	ck_assert_int_eq(mkdir("tmp", 0777), 0);
	ck_assert_int_eq(chmod("tmp", 0777), 0);
	setenv("TMPDIR", "tmp", 1);
	snprintf(path, sizeof(path), "%s/scenarios", top);
	setenv("BALLAST_SCENARIOS", path, 1);
}

static void nothing_is_left(pid_t pid)
{
	char dir[PATH_MAX];

	ck_assert_int_eq(chdir("tmp"), 0);
	ck_assert_uint_eq(count_files(), 2);
	ck_assert_int_eq(chdir(".."), 0);
	ck_assert_ptr_nonnull(realpath(".", dir));
	ck_assert(!swap_is_used(dir));
	ck_assert(!group_is_there(pid));
}

/* A scenario with one file included, and a swap device, or none. */
static void write_scenario(const char *name, const char *table, const char *swap)
{
	char text[2048];

	snprintf(text, sizeof(text),
		 "/dts-v1/;\n/include/ \"%s\"\n/include/ \"boot/linux.dtsi\"\n"
		 "/ { compatible = \"ballast,scenario\"; description = \"small\";\n"
		 "until-ms = <60000>;\n"
		 "host { compatible = \"ballast,host\"; memory-mib = <512>; cpus = <2>;\n"
		 "kernel-reserve-mib = <64>;\nswap { /include/ \"%s\"\nsize-mib = <256>; }; };\n"
		 "guest { compatible = \"ballast,guest\"; memory-mib = <256>; count = <2>;\n"
		 "boot-profile = <&linux_6_1>; programs { memhog {\n"
		 "compatible = \"ballast,program-memhog\"; size-mib = <128>; }; }; }; };\n",
		 table, swap);
	write_file(name, text, strlen(text));
}

static void load(struct scenario *s, const char *file)
{
	struct scenario_args args = { .file = file, .include_dir = getenv("BALLAST_SCENARIOS") };

	ck_assert_msg(!scenario_load(s, &args), "%s", scenario_error_text(s));
}

static bool begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

START_TEST(what_it_writes_is_a_cost_table)
{
	struct process p = start("calibrate " QUICK " -o mine.dtsi");
	struct output o = finish(&p);
	struct scenario s;

	ck_assert_msg(o.status == 0, "%d: %s", o.status, o.err);
	ck_assert_ptr_nonnull(strstr(o.out, "\nmine.dtsi: cost table written\n"));
	nothing_is_left(p.pid);
	output_free(&o);
	write_scenario("small.dts", "mine.dtsi", "swap/ssd.dtsi");
	load(&s, "small.dts");
	for (unsigned int i = 0; i < NR_COSTS; i++) {
		const char *source = s.host.cost_source[i];

		ck_assert_uint_gt(s.host.costs.ns[i], 0);
		ck_assert_msg(begins(source, "measured: ") || begins(source, "derived: ") ||
			      begins(source, "not measured here ("), "%s: %s",
			      cost_info[i].property, source);
	}
	ck_assert_ptr_nonnull(strstr(s.host.memory_bandwidth_source, "measured"));
	ck_assert(begins(s.host.cost_source[COST_GUEST_SYSCALL], "measured: getppid()"));
	ck_assert(begins(s.host.cost_source[COST_MADVISE], "measured: MADV_DONTNEED"));
	ck_assert(begins(s.host.cost_source[COST_EPT_ZAP], "derived: "));
	ck_assert_msg(begins(s.host.cost_source[COST_VMEXIT], "not measured here (it takes a "
			     "virtual machine); from skylake.dtsi: measured: [Li]"), "%s",
		      s.host.cost_source[COST_VMEXIT]);
	ck_assert_msg(begins(s.host.cost_source[COST_SWAP_IN], "not measured here (--swap DIR says "
			     "where a swap file may be made); from skylake.dtsi: "), "%s",
		      s.host.cost_source[COST_SWAP_IN]);
	scenario_free(&s);
	o = ballast("run small.dts");
	ck_assert_msg(o.status == 0, "%d: %s", o.status, o.err);
	output_free(&o);
}
END_TEST

static bool is_virtual(void)
{
	return !system("grep -q '^flags.* hypervisor' /proc/cpuinfo");
}

static const char *text_of(struct json_object *object, const char *key)
{
	struct json_object *value;

	ck_assert_msg(json_object_object_get_ex(object, key, &value), "%s", key);
	return json_object_get_string(value);
}

static void check_json_costs(struct json_object *all, const struct scenario *s)
{
	struct json_object *list;

	ck_assert(json_object_object_get_ex(all, "costs", &list));
	ck_assert_uint_eq(json_object_array_length(list), NR_COSTS + 1);
	for (unsigned int i = 0; i < NR_COSTS; i++) {
		struct json_object *cost = json_object_array_get_idx(list, i);

		ck_assert_str_eq(text_of(cost, "property"), cost_info[i].property);
		ck_assert_uint_eq(strtoull(text_of(cost, "value"), NULL, 10),
				  s->host.costs.ns[i]);
		ck_assert_str_eq(text_of(cost, "source"), s->host.cost_source[i]);
		ck_assert_msg(begins(s->host.cost_source[i], text_of(cost, "rests-on")), "%s",
			      cost_info[i].property);
	}
}

START_TEST(json_and_file_say_the_same)
{
	struct output o = ballast("calibrate --json " QUICK " -o mine.dtsi");
	struct json_object *all = json_tokener_parse(o.out), *host, *list, *flag;
	struct scenario s;

	ck_assert_msg(o.status == 0, "%d: %s", o.status, o.err);
	ck_assert_msg(all != NULL, "%s", o.out);
	write_scenario("small.dts", "mine.dtsi", "swap/ssd.dtsi");
	load(&s, "small.dts");
	check_json_costs(all, &s);
	ck_assert(json_object_object_get_ex(all, "measurements", &list));
	ck_assert_uint_eq(json_object_array_length(list), NR_MEASUREMENTS);
	ck_assert(json_object_object_get_ex(all, "host", &host));
	ck_assert(json_object_object_get_ex(host, "virtual-machine", &flag));
	ck_assert_int_eq(json_object_get_boolean(flag), is_virtual());
	ck_assert_int_eq(strstr(s.host.costs_name, "virtual machine itself") != NULL,
			 is_virtual());
	ck_assert_ptr_nonnull(strstr(s.host.costs_name, text_of(host, "date")));
	scenario_free(&s);
	json_object_put(all);
	output_free(&o);
}
END_TEST

/* What it writes is a base table, too, and is named. */
START_TEST(base_table_is_the_users)
{
	char *text, *at;
	struct output o;
	struct scenario s;
	size_t size;
	char path[PATH_MAX + 64];

	snprintf(path, sizeof(path), "%s/scenarios/costs/skylake.dtsi", top);
	text = read_file(path, &size);
	at = strstr(text, "vmexit-ns = <742>");
	ck_assert_ptr_nonnull(at);
	memcpy(at, "vmexit-ns = <743>", 17);
	write_file("other.dtsi", text, size);
	free(text);
	o = ballast("calibrate " QUICK " --base other.dtsi -o mine.dtsi");
	ck_assert_msg(o.status == 0, "%d: %s", o.status, o.err);
	output_free(&o);
	o = ballast("calibrate " QUICK " --base mine.dtsi -o again.dtsi");
	ck_assert_msg(o.status == 0, "%d: %s", o.status, o.err);
	output_free(&o);
	write_scenario("small.dts", "again.dtsi", "swap/ssd.dtsi");
	load(&s, "small.dts");
	ck_assert_uint_eq(s.host.costs.ns[COST_VMEXIT], 743);
	ck_assert_msg(begins(s.host.cost_source[COST_VMEXIT], "not measured here (it takes a "
			     "virtual machine); from mine.dtsi: not measured here (it takes a "
			     "virtual machine); from other.dtsi: measured: "), "%s",
		      s.host.cost_source[COST_VMEXIT]);
	scenario_free(&s);
}
END_TEST

static const struct bad {
	const char *args, *says;
} bad[] = {
	{ "--fast", "ballast: calibrate --fast: there is no such option; allowed: -o FILE, "
	  "--base FILE, --runs N, --size-mib N, --swap DIR, --swap-device FILE, --json" },
	{ "mine.dtsi", "ballast: calibrate mine.dtsi: takes no file; -o FILE writes one" },
	{ "-o", "ballast: -o: needs a value" },
	{ "--runs", "ballast: --runs: needs a value" },
	{ "--runs 0", "ballast: --runs 0: allowed: 1..1000" },
	{ "--runs few", "ballast: --runs few: allowed: 1..1000" },
	{ "--size-mib 4", "ballast: --size-mib 4: allowed: multiples of 4 in 8..65536" },
	{ "--size-mib 9", "ballast: --size-mib 9: allowed: multiples of 4 in 8..65536" },
	{ "-o there/is/none.dtsi",
	  "ballast: there/is/none.dtsi: cannot be written: No such file or directory" },
	{ "-o tmp", "ballast: tmp: cannot be written: Is a directory" },
	{ "-o table.dtsi --base table.dtsi",
	  "ballast: -o table.dtsi: is the base table; -o must name another file" },
	{ "--base table.dtsi --swap tmp --swap-device table.dtsi", "ballast: --swap-device "
	  "table.dtsi: is the base table; --swap-device must name another file" },
	{ "-o a --swap tmp --swap-device a",
	  "ballast: --swap-device a: is what -o names; allowed: another file" },
	{ "--swap-device a", "ballast: --swap-device: needs --swap DIR, where swap is to be" },
	{ "--base none.dtsi", "ballast: none.dtsi: cannot be read: No such file or directory" },
	{ "--base broken.dtsi -o mine.dtsi", "ballast: broken.dtsi: dtc: its end: syntax "
	  "error; allowed: device tree source" },
	{ "--base table.dtsi -o mine.dtsi",
	  "ballast: table.dtsi: /host/costs: page-alloc-ns: " },
};

START_TEST(bad_input_is_one_line)
{
	static const char table[] =
		"/ { host { costs: costs { compatible = \"ballast,costs\"; }; }; };\n";
	const struct bad *b = &bad[_i];
	char line[512];
	struct process p;
	struct output o;
	unsigned int files;

	write_file("table.dtsi", table, strlen(table));
	write_file("broken.dtsi", "/ { host {", 10);
	files = count_files();
	snprintf(line, sizeof(line), "calibrate %s", b->args);
	p = start(line);
	o = finish(&p);
	ck_assert_int_eq(o.status, 2);
	ck_assert_msg(begins(o.err, b->says), "%s", o.err);
	/* A table that lacks all has a line for each. */
	if (!strstr(b->says, "page-alloc-ns"))
		ck_assert_msg(o.err_lines == 1, "%s", o.err);
	ck_assert_str_eq(o.out, "");
	ck_assert_uint_eq(count_files(), files);
	nothing_is_left(p.pid);
	output_free(&o);
}
END_TEST

START_TEST(full_disk_is_said)
{
	struct output o = ballast("calibrate " QUICK " -o /dev/full");

	ck_assert_int_eq(o.status, 2);
	ck_assert_msg(strstr(o.err, "ballast: /dev/full: cannot be written: No space"), "%s",
		      o.err);
	output_free(&o);
}
END_TEST

/* The sources may lie where nobody else may go. */
static void become_nobody(void)
{
	char line[4 * PATH_MAX];

	snprintf(line, sizeof(line),
		 "cp '%s' ballast && cp -r '%s/scenarios' . && chmod -R a+rX ballast scenarios",
		 command, top);
	ck_assert_int_eq(system(line), 0);
	snprintf(command, sizeof(command), "%s/ballast", scratch);
	setenv("BALLAST_SCENARIOS", "scenarios", 1);
	if (!geteuid())
		run_as = NOBODY;
}

/* All but what takes root: one line says what is not there, and why. */
START_TEST(who_is_not_root_gets_the_rest)
{
	struct process p;
	struct output o;
	struct scenario s;

	become_nobody();
	p = start("calibrate " QUICK " -o mine.dtsi --swap tmp --swap-device disk.dtsi");
	o = finish(&p);
	ck_assert_msg(o.status == 0, "%d: %s", o.status, o.err);
	ck_assert_msg(strstr(o.err, "ballast: not measured: swap-out, swap-in, swap-in-order, "
			     "swap-in-elapsed: tmp/ballast-real-"), "%s", o.err);
	ck_assert_msg(strstr(o.err, "it takes root to use a swap file: run it as root\n"), "%s",
		      o.err);
	nothing_is_left(p.pid);
	/* The disk itself anybody may use. */
	write_scenario("small.dts", "mine.dtsi", "disk.dtsi");
	load(&s, "small.dts");
	ck_assert(begins(s.host.cost_source[COST_GUEST_SYSCALL], "measured: "));
	ck_assert_msg(begins(s.host.cost_source[COST_SWAP_OUT], "not measured here (tmp/ballast-"),
		      "%s", s.host.cost_source[COST_SWAP_OUT]);
	scenario_free(&s);
	output_free(&o);
}
END_TEST

START_TEST(where_nothing_may_be_made_nothing_is)
{
	struct process p;
	struct output o;

	become_nobody();
	ck_assert_int_eq(mkdir("closed", 0755), 0);
	if (geteuid())
		ck_assert_int_eq(chmod("closed", 0555), 0);
	p = start("calibrate " QUICK " --swap closed --swap-device disk.dtsi");
	o = finish(&p);
	ck_assert_int_eq(o.status, 2);
	ck_assert_msg(strstr(o.err, "cannot be made: Permission denied; --swap says where\n"), "%s",
		      o.err);
	ck_assert_msg(strstr(o.err, "ballast: --swap-device disk.dtsi: not written: closed/"),
		      "%s", o.err);
	ck_assert_int_eq(access("disk.dtsi", F_OK), -1);
	nothing_is_left(p.pid);
	output_free(&o);
}
END_TEST

START_TEST(swap_is_measured_and_gone)
{
	struct process p = start("calibrate " QUICK " -o mine.dtsi --swap tmp "
				 "--swap-device disk.dtsi");
	struct output o = finish(&p);
	struct scenario s;

	ck_assert_msg(o.status == 0, "%d: %s", o.status, o.err);
	nothing_is_left(p.pid);
	write_scenario("small.dts", "mine.dtsi", "disk.dtsi");
	load(&s, "small.dts");
	ck_assert_msg(begins(s.host.cost_source[COST_SWAP_OUT], "measured: CPU time of "), "%s",
		      s.host.cost_source[COST_SWAP_OUT]);
	ck_assert_msg(begins(s.host.cost_source[COST_SWAP_IN], "measured: CPU time of "), "%s",
		      s.host.cost_source[COST_SWAP_IN]);
	ck_assert_int_eq(s.host.swap.kind, SCENARIO_SWAP_SSD);
	ck_assert_uint_gt(s.host.swap.transfer_mib_per_s, 0);
	scenario_free(&s);
	output_free(&o);
	o = ballast("run small.dts");
	ck_assert_msg(o.status == 0, "%d: %s", o.status, o.err);
	output_free(&o);
}
END_TEST

/* It measures swap, with all that it has made. */
static struct process start_swapping(void)
{
	uint64_t deadline = clock_deadline(WAIT_MS);
	struct process p = start("calibrate --runs 1000 --size-mib 8 -o mine.dtsi --swap tmp");
	char dir[PATH_MAX];

	ck_assert_ptr_nonnull(realpath(".", dir));
	while (!(swap_is_used(dir) && process_in_group(p.pid)) && clock_left_ms(deadline))
		clock_sleep_ms(10);
	ck_assert(swap_is_used(dir));
	ck_assert(group_is_there(p.pid));
	return p;
}

START_TEST(interrupted_it_leaves_nothing)
{
	struct process p = start_swapping();
	struct output o;

	kill(p.pid, SIGTERM);
	o = finish(&p);
	ck_assert_int_eq(o.status, 128 + SIGTERM);
	ck_assert_str_eq(o.out, "");
	ck_assert_int_eq(access("mine.dtsi", F_OK), -1);
	nothing_is_left(p.pid);
	output_free(&o);
}
END_TEST

/* Its process in the group ends with it; the rest goes with the next. */
START_TEST(what_a_killed_one_has_left_goes_with_the_next)
{
	uint64_t deadline = clock_deadline(WAIT_MS);
	struct process killed = start_swapping(), next;
	struct output o;

	kill(killed.pid, SIGKILL);
	o = finish(&killed);
	ck_assert_int_eq(o.status, -SIGKILL);
	output_free(&o);
	while (process_in_group(killed.pid) && clock_left_ms(deadline))
		clock_sleep_ms(10);
	ck_assert_int_eq(process_in_group(killed.pid), 0);
	next = start("calibrate " QUICK " --swap tmp");
	o = finish(&next);
	ck_assert_msg(o.status == 0, "%d: %s", o.status, o.err);
	output_free(&o);
	nothing_is_left(killed.pid);
	nothing_is_left(next.pid);
}
END_TEST

static TCase *command_case(const char *name)
{
	TCase *tc = tcase_create(name);

	tcase_add_checked_fixture(tc, make_scratch, leave_scratch);
	tcase_set_timeout(tc, 60);
	return tc;
}

static Suite *make_suite(void)
{
	Suite *suite = suite_create("calibrate");
	TCase *written = command_case("written"), *refused = command_case("refused");
	TCase *swap = command_case("swap");

	tcase_add_test(written, what_it_writes_is_a_cost_table);
	tcase_add_test(written, json_and_file_say_the_same);
	tcase_add_test(written, base_table_is_the_users);
	suite_add_tcase(suite, written);
	tcase_add_loop_test(refused, bad_input_is_one_line, 0, ARRAY_LEN(bad));
	tcase_add_test(refused, full_disk_is_said);
	tcase_add_test(refused, who_is_not_root_gets_the_rest);
	tcase_add_test(refused, where_nothing_may_be_made_nothing_is);
	suite_add_tcase(suite, refused);
	if (can_limit()) {
		tcase_add_test(swap, swap_is_measured_and_gone);
		tcase_add_test(swap, interrupted_it_leaves_nothing);
		tcase_add_test(swap, what_a_killed_one_has_left_goes_with_the_next);
	} else {
		skip_tests(3, "memory groups and swap files cannot be made here");
	}
	suite_add_tcase(suite, swap);
	return suite;
}

Suite *test_suite(int argc, char **argv)
{
	return cli_environment() ? make_suite() : NULL;
}
