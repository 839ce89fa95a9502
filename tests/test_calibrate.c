// SPDX-License-Identifier: GPL-2.0-only
/*
 * ballast calibrate: statistics of known samples, from measurements to entries of a cost table, and
 * the command as a process: what it writes can be included, says what each value rests on, and
 * nothing else stays behind.  How long anything took is not judged: machines differ.
 */
#include "suite.h"

#include <grp.h>
#include <json-c/json.h>
#include <limits.h>
#include <math.h>
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

/* Statistics */

static void check_spread(const double *values, unsigned int nr, double median, double q1, double q3)
{
	struct spread s = spread_of(values, nr);

	ck_assert_uint_eq(s.nr, nr);
	ck_assert_double_eq_tol(s.median, median, 1e-9);
	ck_assert_double_eq_tol(s.q1, q1, 1e-9);
	ck_assert_double_eq_tol(s.q3, q3, 1e-9);
}

/* By hand; numpy.percentile() and quantile() of R say the same. */
START_TEST(quantiles_of_known_samples)
{
	static const double five[] = { 50, 10, 40, 20, 30 }, four[] = { 4, 1, 3, 2 };
	static const double one[] = { 7 }, two[] = { 10, 20 }, same[] = { 3, 3, 3 };
	struct spread s;

	check_spread(five, 5, 30, 20, 40);
	check_spread(four, 4, 2.5, 1.75, 3.25);
	check_spread(one, 1, 7, 7, 7);
	check_spread(two, 2, 15, 12.5, 17.5);
	check_spread(same, 3, 3, 3, 3);
	s = spread_of(five, 5);
	ck_assert_double_eq(s.min, 10);
	ck_assert_double_eq(s.max, 50);
	ck_assert_double_eq(five[0], 50);
	s = spread_of(NULL, 0);
	ck_assert_uint_eq(s.nr, 0);
	ck_assert_double_eq(s.median, 0);
}
END_TEST

START_TEST(one_disturbed_run_moves_no_median)
{
	static const double quiet[] = { 10, 11, 12, 13, 14, 15, 16 };
	static const double disturbed[] = { 10, 11, 12, 13, 14, 15, 16000 };
	struct spread a = spread_of(quiet, 7), b = spread_of(disturbed, 7);

	ck_assert_double_eq(a.median, b.median);
	ck_assert_double_eq(a.q3, b.q3);
	ck_assert_double_eq(b.max, 16000);
	ck_assert_double_eq_tol(spread_percent(&a), 100 * 3.0 / 13, 1e-9);
	a = (struct spread){ 0 };
	ck_assert_double_eq(spread_percent(&a), 0);
}
END_TEST

/* Entries, from measurements that are made up */

static struct base_table base;
static struct calibration made_up;
static struct calibrated_costs costs;

static void set(enum measurement_id id, double q1, double median, double q3)
{
	made_up.result[id] = (struct spread){ .median = median, .q1 = q1, .q3 = q3, .min = q1,
					      .max = q3, .nr = 21 };
	made_up.why_not[id][0] = '\0';
}

static void begin_made_up(void)
{
	char file[PATH_MAX + 64], dir[PATH_MAX + 32], error[4096];

	snprintf(dir, sizeof(dir), "%s/scenarios", top);
	snprintf(file, sizeof(file), "%s/costs/skylake.dtsi", dir);
	ck_assert_msg(!base_table_load(&base, file, dir, error, sizeof(error)), "%s", error);
	memset(&made_up, 0, sizeof(made_up));
	made_up.runs = 21;
	strcpy(made_up.host.cpu, "A CPU");
	strcpy(made_up.host.kernel, "6.1.0");
	strcpy(made_up.host.date, "2026-01-02");
	for (unsigned int i = 0; i < NR_MEASUREMENTS; i++)
		strcpy(made_up.why_not[i], "nobody did");
}

static void end_made_up(void)
{
	base_table_free(&base);
}

static void is_of_base(enum cost_id id, const char *why)
{
	const struct scenario_host *table = &base.scenario.host;
	char source[8192];

	snprintf(source, sizeof(source), "not measured here (%s); from skylake.dtsi: %s", why,
		 table->cost_source[id]);
	ck_assert_int_eq(costs.cost[id].origin, COST_OF_BASE);
	ck_assert_uint_eq(costs.cost[id].ns, table->costs.ns[id]);
	ck_assert_str_eq(costs.cost[id].source, source);
}

static void is_derived(enum cost_id id, uint64_t ns, double low, double high)
{
	const struct calibrated_cost *cost = &costs.cost[id];

	ck_assert_msg(cost->origin == COST_DERIVED, "%s: %s", cost_info[id].property,
		      cost->source);
	ck_assert_msg(!strncmp(cost->source, "derived: ", 9), "%s", cost->source);
	ck_assert_uint_eq(cost->ns, ns);
	ck_assert_double_eq_tol(cost->low, low, 1e-6);
	ck_assert_double_eq_tol(cost->high, high, 1e-6);
}

START_TEST(nothing_measured_is_all_of_the_base_table)
{
	calibrate_costs(&costs, &made_up, &base);
	for (unsigned int i = 0; i < NR_COSTS; i++) {
		ck_assert_int_eq(costs.cost[i].origin, COST_OF_BASE);
		ck_assert_uint_eq(costs.cost[i].ns, base.scenario.host.costs.ns[i]);
	}
	is_of_base(COST_VMEXIT, "it takes a virtual machine");
	is_of_base(COST_GUEST_SYSCALL, "nobody did");
	is_of_base(COST_GUEST_FAULT, "nobody did");
	is_of_base(COST_GUEST_SWAP, "what it follows from is not");
	is_of_base(COST_HOST_SWITCH, "what it follows from is not");
	ck_assert_int_eq(costs.memory.origin, COST_OF_BASE);
	ck_assert_uint_eq(costs.memory.ns, base.scenario.host.costs.memory_mb_per_s);
}
END_TEST

START_TEST(what_was_measured_is_said_with_its_spread)
{
	set(MEASURE_SYSCALL, 90, 100.4, 120);
	set(MEASURE_ZERO, 300, 400, 500);
	set(MEASURE_COPY_ALL, 8000, 9000, 9500);
	made_up.host.virtual_machine = true;
	calibrate_costs(&costs, &made_up, &base);
	ck_assert_str_eq(costs.cost[COST_GUEST_SYSCALL].source,
			 "measured: getppid(): median 100, quartiles 90 to 120, all 90 to 120 ns, "
			 "of 21 runs, 2026-01-02, Linux 6.1.0, A CPU, in a virtual machine");
	ck_assert_uint_eq(costs.cost[COST_GUEST_SYSCALL].ns, 100);
	ck_assert_int_eq(costs.cost[COST_HOST_ZERO].origin, COST_MEASURED);
	ck_assert_int_eq(costs.cost[COST_PAGE_ZERO].origin, COST_MEASURED);
	ck_assert_uint_eq(costs.cost[COST_HOST_ZERO].ns, 400);
	ck_assert_uint_eq(costs.memory.ns, 9000);
	ck_assert_ptr_nonnull(strstr(costs.memory.source, "quartiles 8000 to 9500"));
	/* One run has no spread, and does not claim one. */
	made_up.result[MEASURE_SYSCALL].nr = made_up.runs = 1;
	calibrate_costs(&costs, &made_up, &base);
	ck_assert_ptr_nonnull(strstr(costs.cost[COST_GUEST_SYSCALL].source, "no spread"));
	ck_assert_ptr_null(strstr(costs.cost[COST_GUEST_SYSCALL].source, "quartiles"));
}
END_TEST

/* skylake.dtsi: page-alloc 50, buddy-alloc 116, page-free 45, buddy-free 116. */
START_TEST(sums_are_taken_apart)
{
	set(MEASURE_HOT_FAULT, 1000, 1100, 1200);
	set(MEASURE_HOT_ZERO, 90, 100, 120);
	set(MEASURE_MADVISE_PAGES, 400, 420, 450);
	set(MEASURE_MADVISE_PAGE, 1500, 1600, 1700);
	set(MEASURE_MADVISE_SHARED, 3000, 3300, 3500);
	set(MEASURE_MADVISE_BLOCK, 8000, 8100, 8200);
	set(MEASURE_WAKE_READ, 2000, 2100, 2200);
	set(MEASURE_EVENTFD, 300, 310, 320);
	set(MEASURE_WAKE_POLL, 2700, 2800, 2900);
	set(MEASURE_EVENTFD_WRITE, 150, 160, 170);
	set(MEASURE_SWAP_OUT, 2000, 2400, 2500);
	set(MEASURE_SWAP_IN, 3000, 3400, 3500);
	calibrate_costs(&costs, &made_up, &base);
	is_derived(COST_GUEST_FAULT, 1100 - 100 - 166, 1000 - 120 - 166, 1200 - 90 - 166);
	is_derived(COST_GUEST_UNMAP, 420 - 161, 400 - 161, 450 - 161);
	is_derived(COST_EPT_ZAP, 420, 400, 450);
	is_derived(COST_EPT_HUGE_ZAP, 8100 - 1600 + 420, 8000 - 1700 + 400, 8200 - 1500 + 450);
	is_derived(COST_TLB_FLUSH, 1700, 3000 - 1700, 3500 - 1500);
	is_derived(COST_GUEST_SWITCH, 1790, 2000 - 320, 2200 - 300);
	is_derived(COST_HOST_SWITCH, 1790, 1680, 1900);
	is_derived(COST_VMM_DISPATCH, 2800 - 1790 - 160, 2700 - 1900 - 170, 2900 - 1680 - 150);
	is_derived(COST_GUEST_SWAP, (2400 + 3400 - 259 - 834 - 166) / 2 + 1,
		   (2000 + 3000 - 289 - 944 - 166) / 2.0, (2500 + 3500 - 239 - 714 - 166) / 2.0);
	ck_assert_int_eq(costs.cost[COST_SWAP_IN].origin, COST_MEASURED);
	ck_assert_str_eq(costs.cost[COST_GUEST_FAULT].source,
			 "derived: first write to a page of 4 KiB whose frame is cached (1100 ns) "
			 "less 4 KiB cleared that are cached (100 ns), page-alloc-ns of "
			 "skylake.dtsi (50 ns), buddy-alloc-ns of skylake.dtsi (116 ns); by the "
			 "quartiles 714 to 944 ns; 21 runs, 2026-01-02, Linux 6.1.0, A CPU");
}
END_TEST

/* A difference that may be nothing at all is none. */
START_TEST(what_the_spread_hides_is_not_derived)
{
	set(MEASURE_HOT_FAULT_HUGE, 90000, 100000, 110000);
	set(MEASURE_HOT_ZERO_HUGE, 80000, 95000, 99000);
	set(MEASURE_MADVISE_PAGE, 1500, 1600, 1700);
	set(MEASURE_MADVISE_SHARED, 1400, 1500, 1800);
	calibrate_costs(&costs, &made_up, &base);
	is_of_base(COST_GUEST_HUGE_FAULT,
		   "first write to a huge page of 2 MiB whose frame is cached (100000 ns) less "
		   "2 MiB cleared that are cached (95000 ns), buddy-alloc-ns of skylake.dtsi "
		   "(116 ns): that is no more than its spread");
	ck_assert_int_eq(costs.cost[COST_TLB_FLUSH].origin, COST_OF_BASE);
}
END_TEST

/* Those that the sources name, and no others. */
START_TEST(references_go_with_what_names_them)
{
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	set(MEASURE_MADVISE_PAGES, 400, 420, 450);
	set(MEASURE_MADVISE_CALL, 400, 420, 450);
	calibrate_costs(&costs, &made_up, &base);
	calibrate_write(f, &costs, &made_up, &base);
	fclose(f);
	ck_assert_ptr_nonnull(strstr(text, "\t\"[Li] Wanpeng Li"));
	ck_assert_ptr_null(strstr(text, "\t\"[Park]"));
	free(text);
}
END_TEST

/* The command */

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

/* While the swap file is in use. */
START_TEST(interrupted_it_leaves_nothing)
{
	uint64_t deadline = clock_deadline(WAIT_MS);
	struct process p = start("calibrate --runs 1000 --size-mib 8 -o mine.dtsi --swap tmp");
	char dir[PATH_MAX];
	struct output o;

	ck_assert_ptr_nonnull(realpath(".", dir));
	while (!(swap_is_used(dir) && process_in_group(p.pid)) && clock_left_ms(deadline))
		clock_sleep_ms(10);
	ck_assert(swap_is_used(dir));
	ck_assert(group_is_there(p.pid));
	kill(p.pid, SIGTERM);
	o = finish(&p);
	ck_assert_int_eq(o.status, 128 + SIGTERM);
	ck_assert_str_eq(o.out, "");
	ck_assert_int_eq(access("mine.dtsi", F_OK), -1);
	nothing_is_left(p.pid);
	output_free(&o);
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
	TCase *statistics = tcase_create("statistics"), *entries = tcase_create("entries");
	TCase *written = command_case("written"), *refused = command_case("refused");
	TCase *swap = command_case("swap");

	tcase_add_test(statistics, quantiles_of_known_samples);
	tcase_add_test(statistics, one_disturbed_run_moves_no_median);
	suite_add_tcase(suite, statistics);
	tcase_add_checked_fixture(entries, begin_made_up, end_made_up);
	tcase_add_test(entries, nothing_measured_is_all_of_the_base_table);
	tcase_add_test(entries, what_was_measured_is_said_with_its_spread);
	tcase_add_test(entries, sums_are_taken_apart);
	tcase_add_test(entries, what_the_spread_hides_is_not_derived);
	tcase_add_test(entries, references_go_with_what_names_them);
	suite_add_tcase(suite, entries);
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
	} else {
		skip_tests(2, "memory groups and swap files cannot be made here");
	}
	suite_add_tcase(suite, swap);
	return suite;
}

Suite *test_suite(int argc, char **argv)
{
	return cli_environment() ? make_suite() : NULL;
}
