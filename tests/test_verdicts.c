// SPDX-License-Identifier: GPL-2.0-only
/*
 * How runs end, and what is said of it: hangs that timers hide, time limits, commands that are not
 * reached, overtaken or fought for, balloons without a driver, programs and VMMs that are killed.
 */
#include "scenario_run.h"
#include "suite.h"

#define OURS "virtio_ballast"
#define MIB (UINT64_C(1) << 20)

static char scenario[8192];

/* A guest of 512 MiB called guest-a; @top: properties of the scenario. */
static const char *make(const char *top, const char *module, const char *device,
			const char *programs, const char *commands)
{
	int n = snprintf(scenario, sizeof(scenario),
			 "/dts-v1/;\n/include/ \"costs/skylake.dtsi\"\n"
			 "/ { compatible = \"ballast,scenario\"; description = \"test\"; %s\n"
			 TEST_HOST "g: guest-a { compatible = \"ballast,guest\";"
			 " memory-mib = <512>; vcpus = <2>;\n", top);

	if (module[0])
		n += snprintf(scenario + n, sizeof(scenario) - n,
			      "modules { driver { compatible = \"ballast,module\";"
			      " image = \"%s\"; }; };\n", module);
	snprintf(scenario + n, sizeof(scenario) - n,
		 "devices { b { compatible = \"ballast,virtio-ballast\"; %s }; };\n"
		 "programs { %s }; };\ncommands { %s }; };\n", device, programs, commands);
	return scenario;
}

static void run(struct outcome *o, const char *text)
{
	outcome_run(o, text, false);
	ck_assert_msg(!o->refused, "%s", o->text);
}

#define IDLE(ms)                                                                                   \
	"idle { compatible = \"ballast,program-idle\"; duration-ms = <" #ms ">; };"
#define COMMAND(name, mib, ms)                                                                     \
	#name " { compatible = \"ballast,set-balloon\"; guest = <&g>; target-mib = <" #mib         \
	">; start-ms = <" #ms ">; };"
#define POLLED "guest-stats-polling-s = <1>;"

static void ends(struct outcome *o, enum trace_end end, const char *says)
{
	ck_assert_msg(o->end == end, "ended as %d: %s", o->end, o->text);
	ck_assert_msg(strstr(o->text, says) != NULL, "says: %s", o->text);
}

/* Hangs */

static const char *const ways_to_hide[] = { "until-ms = <60000>;", "until-ms = <600000>;", "" };

START_TEST(a_wait_without_a_timeout_is_a_hang_whatever_else_goes_on)
{
	struct outcome o;

	run(&o, make(ways_to_hide[_i], "broken-guest-missed-completion", "", IDLE(900000),
		     COMMAND(down, 448, 1000)));
	ends(&o, TRACE_END_HANG, "in broken_tell() (broken.h:");
	ck_assert_ptr_nonnull(strstr(o.text, "broken_answered(b->inflate)"));
	/* The device has done its part. */
	ck_assert_ptr_nonnull(strstr(o.text, "queue 0 (inflate): 1 answered by the device, not "
				     "taken by the driver"));
	/* The tables end at the limit, or when the hang was known. */
	if (!_i)
		ck_assert_uint_eq(o.report.time, UINT64_C(60000000000));
	else
		ck_assert_uint_lt(o.report.time, UINT64_C(135000000000));
	outcome_free(&o);
}
END_TEST

START_TEST(a_driver_that_does_nothing_for_a_command_hangs)
{
	static const char deaf[] = "broken-guest-deaf";
	struct outcome o;

	/* The broken driver answers no polls: an idle program takes the place of the timer. */
	run(&o, make("until-ms = <60000>;", deaf, POLLED, IDLE(900000),
		     COMMAND(down, 448, 1000)));
	ends(&o, TRACE_END_HANG, "nothing happens for 120 s: command down: guest guest-a has 512 "
	     "MiB, the target is 448 MiB");
	outcome_free(&o);
	/* The check can be had later, or not at all. */
	run(&o, make("until-ms = <60000>; hung-task-s = <0>;", deaf, POLLED, IDLE(900000),
		     COMMAND(down, 448, 1000)));
	ends(&o, TRACE_END_LIMIT, "not ended: command down");
	outcome_free(&o);
}
END_TEST

START_TEST(what_waits_long_by_nature_is_no_hang)
{
	struct outcome o;

	/* A VM that is started late, a program that sleeps, workers without work. */
	snprintf(scenario, sizeof(scenario), "%s",
		 TEST_HEAD TEST_HOST
		 "early { compatible = \"ballast,guest\"; memory-mib = <256>;\n"
		 "programs { i { compatible = \"ballast,program-idle\"; duration-ms = <400000>; };"
		 " }; };\n"
		 "late { compatible = \"ballast,guest\"; memory-mib = <256>; start-ms = <390000>;\n"
		 "programs { i { compatible = \"ballast,program-idle\";"
		 " duration-ms = <200000>; }; };"
		 " };\n"
		 " };\n");
	memcpy(strstr(scenario, "until-ms = <120000>"), "until-ms = <0>     ", 19);
	run(&o, scenario);
	ends(&o, TRACE_END_OK, "");
	outcome_free(&o);
}
END_TEST

START_TEST(a_run_without_programs_is_over_when_its_guests_have_booted)
{
	struct outcome o;

	run(&o, make("", OURS, "", "", ""));
	ends(&o, TRACE_END_OK, "");
	ck_assert_uint_gt(o.report.time, 0);
	ck_assert_uint_gt(o.report.guests[0].last.resident, 0);
	outcome_free(&o);
	/* One that never gets there is said to. */
	snprintf(scenario, sizeof(scenario), "%s", TEST_HEAD TEST_HOST
		 "guest { compatible = \"ballast,guest\"; memory-mib = <256>;"
		 " start-ms = <500000>; }; };\n");
	run(&o, scenario);
	ends(&o, TRACE_END_LIMIT, "not ended: the boot of guest was to start later");
	outcome_free(&o);
}
END_TEST

START_TEST(a_time_limit_alone_says_what_had_not_ended)
{
	struct outcome o;

	run(&o, make("until-ms = <5000>;", OURS, POLLED, IDLE(60000),
		     COMMAND(later, 400, 9000)));
	ends(&o, TRACE_END_LIMIT, "not ended: command later was to start later; idle of guest-a "
	     "runs");
	ck_assert_int_eq(o.report.programs[0].state, PROGRAM_NOT_ENDED);
	ck_assert_uint_eq(o.report.programs[0].end, UINT64_C(5000000000));
	ck_assert_uint_eq(o.report.commands[0].end.result, TRACE_COMMAND_NOT_STARTED);
	outcome_free(&o);
}
END_TEST

/* Balloons without a driver */

START_TEST(a_balloon_without_a_driver_is_named)
{
	struct outcome o;

	run(&o, make("", "", "", IDLE(10000), COMMAND(s, 256, 2000)));
	ends(&o, TRACE_END_UNMET, "no driver answers balloon b of guest guest-a");
	ck_assert_ptr_nonnull(strstr(o.text, "command s: guest guest-a has 512 MiB, the target is "
				     "256 MiB"));
	ck_assert_ptr_null(strstr(o.text, "nobody"));
	outcome_free(&o);
	/* Without a command nobody misses it, but it is said. */
	run(&o, make("", "", "", IDLE(1000), ""));
	ends(&o, TRACE_END_OK, "no driver answers balloon b of guest guest-a");
	outcome_free(&o);
}
END_TEST

START_TEST(what_waits_for_a_command_that_is_not_reached_is_named)
{
	struct outcome o;

	run(&o, make("", "broken-guest-deaf", "", IDLE(1000)
		     "after { compatible = \"ballast,program-idle\"; duration-ms = <1>;"
		     " after = <&s>; };", "s: " COMMAND(s, 256, 2000)));
	ends(&o, TRACE_END_UNMET, "after of guest-a waits for command s");
	outcome_free(&o);
}
END_TEST

/* Commands */

START_TEST(a_command_that_is_overtaken_has_ended)
{
	struct outcome o;

	run(&o, make("", OURS, "", IDLE(10000), COMMAND(down, 200, 4000)
		     COMMAND(up, 512, 4020)));
	ends(&o, TRACE_END_OK, "");
	ck_assert_uint_eq(o.report.nr_commands, 2);
	ck_assert_uint_eq(o.report.commands[0].end.result, TRACE_COMMAND_OVERTAKEN);
	ck_assert_uint_eq(o.report.commands[0].end.overtaken_by, 1);
	ck_assert_uint_eq(o.report.commands[0].end.took, 20000000);
	/* How far it came: part of the way. */
	ck_assert_uint_lt(o.report.commands[0].end.nearest, 512 * MIB);
	ck_assert_uint_gt(o.report.commands[0].end.nearest, 200 * MIB);
	ck_assert_uint_eq(o.report.commands[1].end.result, TRACE_COMMAND_REACHED);
	ck_assert_uint_eq(o.report.commands[1].end.actual, 512 * MIB);
	outcome_free(&o);
}
END_TEST

START_TEST(a_target_that_is_there_already_is_reached_at_once)
{
	struct outcome o;

	run(&o, make("", OURS, "", IDLE(3000), COMMAND(same, 512, 1000)));
	ends(&o, TRACE_END_OK, "");
	ck_assert_uint_eq(o.report.commands[0].end.result, TRACE_COMMAND_REACHED);
	ck_assert_uint_eq(o.report.commands[0].end.took, 0);
	outcome_free(&o);
}
END_TEST

static bool has_problem(const struct outcome *o, const char *what)
{
	unsigned int i;

	for (i = 0; i < o->report.nr_problems; i++)
		if (strstr(o->report.problems[i], what))
			return true;
	return false;
}

START_TEST(a_command_that_cannot_be_reached_says_how_far_it_came)
{
	const struct trace_rec_command_end *end;
	struct outcome o;

	run(&o, make("until-ms = <60000>;", OURS, "", IDLE(50000), COMMAND(idle, 20, 2000)));
	ends(&o, TRACE_END_LIMIT, "no page to be had");
	end = &o.report.commands[0].end;
	ck_assert_uint_eq(end->result, TRACE_COMMAND_NOT_REACHED);
	ck_assert_uint_lt(end->actual, 128 * MIB);
	ck_assert_uint_gt(end->actual, 20 * MIB);
	ck_assert_uint_eq(end->took, UINT64_C(58000000000));
	/* It tries again after 200 ms, for most of a minute. */
	ck_assert_uint_gt(end->retries, 200);
	ck_assert_uint_le(end->retries, 290);
	ck_assert(has_problem(&o, "command idle has not reached its target of 20 MiB"));
	outcome_free(&o);
	/* Nothing else ends such a run when there is no limit. */
	run(&o, make("", OURS, "", IDLE(1000), COMMAND(idle, 20, 2000)));
	ends(&o, TRACE_END_HANG, "no page to be had");
	outcome_free(&o);
}
END_TEST

START_TEST(a_balloon_that_grows_against_programs_is_named)
{
	struct outcome o;

	/* OOM takes the balloon back; what looks like a release makes the driver inflate again. */
	run(&o, make("", OURS, "deflate-on-oom;",
		     "task { compatible = \"ballast,program-allocate\"; size-mib = <300>;"
		     " hold-ms = <20000>; start-ms = <6000>; };",
		     COMMAND(hold, 150, 2000) COMMAND(part, 200, 12000)));
	ends(&o, TRACE_END_OK, "");
	ck_assert_uint_eq(o.report.commands[0].end.fights, 0);
	ck_assert_uint_eq(o.report.commands[1].end.fights, 1);
	ck_assert_uint_gt(o.report.commands[1].actual_before, 200 * MIB);
	ck_assert(has_problem(&o, "command part inflates against the guest's programs"));
	outcome_free(&o);
}
END_TEST

/* Who is killed */

START_TEST(programs_that_a_guest_kills_keep_their_figures)
{
	const struct report_program *p;
	struct outcome o;

	run(&o, make("", OURS, "", "hog { compatible = \"ballast,program-memhog\";"
		     " size-mib = <512>; start-ms = <2000>; };", ""));
	ends(&o, TRACE_END_OK, "");
	p = &o.report.programs[0];
	ck_assert_int_eq(p->state, PROGRAM_KILLED);
	ck_assert_uint_gt(p->end, p->start);
	/* It wrote what the guest had: 400 MiB at least, which takes time. */
	ck_assert_uint_gt(p->cpu, 100000000);
	ck_assert_uint_le(p->cpu, p->end);
	ck_assert_uint_eq(o.report.nr_casualties, 1);
	ck_assert_msg(!strncmp(o.report.casualties[0], "hog of guest-a killed by its guest at ",
			       38), "%s", o.report.casualties[0]);
	outcome_free(&o);
}
END_TEST

static const struct report_program *program_called(const struct outcome *o, const char *name)
{
	unsigned int i = 0;

	while (strcmp(o->report.programs[i].name, name))
		ck_assert_uint_lt(++i, o->report.nr_programs);
	return &o->report.programs[i];
}

START_TEST(programs_die_with_their_vmm)
{
	const struct report_program *p;
	struct outcome o;

	/* 2 GiB of host for 3 GiB of guests, without swap: the largest VMM dies. */
	snprintf(scenario, sizeof(scenario), "%s",
		 TEST_HEAD TEST_HOST
		 "big { compatible = \"ballast,guest\"; memory-mib = <1536>;\n"
		 /* Its reporting has a timer in its memory, which goes with it. */
		 "modules { d { compatible = \"ballast,module\";"
		 " image = \"virtio_ballast\"; }; };\n"
		 "devices { b { compatible = \"ballast,virtio-ballast\";"
		 " free-page-reporting; }; };\n"
		 "programs { hold { compatible = \"ballast,program-memhog\"; size-mib = <1200>;"
		 " hold-ms = <60000>; background; };\n"
		 "use { compatible = \"ballast,program-churn\"; size-mib = <20>;"
		 " max-kib = <8192>; duration-ms = <60000>; }; }; };\n"
		 "small { compatible = \"ballast,guest\"; memory-mib = <1024>;\n"
		 "programs { late { compatible = \"ballast,program-memhog\"; size-mib = <800>;"
		 " start-ms = <20000>; }; }; }; };\n");
	run(&o, scenario);
	ends(&o, TRACE_END_OK, "");
	p = program_called(&o, "hold");
	ck_assert_int_eq(p->state, PROGRAM_VMM_KILLED);
	ck_assert_uint_gt(p->end, UINT64_C(20000000000));
	ck_assert_uint_lt(p->end, UINT64_C(30000000000));
	ck_assert_uint_gt(p->cpu, 100000000);
	ck_assert_uint_eq(p->work, 1200 * 256);
	ck_assert_int_eq(program_called(&o, "use")->state, PROGRAM_VMM_KILLED);
	ck_assert_int_eq(program_called(&o, "late")->state, PROGRAM_ENDED);
	ck_assert_uint_eq(o.report.nr_casualties, 1);
	ck_assert_msg(!strncmp(o.report.casualties[0], "VMM of big killed by the host at 2", 34),
		      "%s", o.report.casualties[0]);
	ck_assert(has_problem(&o, "big: VMM killed by the host's OOM killer"));
	outcome_free(&o);
}
END_TEST

/* Pages of the host that are larger than the guest's */

static const struct {
	unsigned int kib, pages;
} sizes[] = { { 64, 16 }, { 2048, 512 } };

START_TEST(a_larger_page_of_the_host_goes_as_a_whole)
{
	const struct report_guest *g;
	char top[8192], *at;
	struct outcome o;

	snprintf(top, sizeof(top), "%s", make("", OURS, "",
		 "use { compatible = \"ballast,program-churn\"; size-mib = <100>; max-kib = <64>;"
		 " duration-ms = <9000>; };", COMMAND(down, 200, 2000) COMMAND(up, 500, 6000)));
	at = strstr(top, "memory-mib = <512>;");
	snprintf(scenario, sizeof(scenario), "%.*s page-size-kib = <%u>; %s", (int)(at - top), top,
		 sizes[_i].kib, at);
	run(&o, scenario);
	/* The driver names 4 KiB at a time, of memory that a program has torn to pieces. */
	ends(&o, TRACE_END_OK, "");
	g = &o.report.guests[0];
	ck_assert_uint_gt(g->total.inflate_pages, 300 * 256);
	ck_assert_uint_gt(g->total.discard_pages, 0);
	ck_assert_uint_eq(g->total.discard_pages % sizes[_i].pages, 0);
	ck_assert_uint_le(g->total.discard_pages, g->total.inflate_pages);
	ck_assert_uint_eq(g->last.resident % sizes[_i].pages, 0);
	outcome_free(&o);
}
END_TEST

START_TEST(huge_pages_of_hugetlbfs_are_not_swapped)
{
	struct outcome o;

	/* 500 MiB of a host of 700 in one guest; the other one's memory has to go. */
	snprintf(scenario, sizeof(scenario), "%s",
		 TEST_HEAD
		 "host { compatible = \"ballast,host\"; memory-mib = <800>; cpus = <2>;\n"
		 "swap { /include/ \"swap/ssd.dtsi\" size-mib = <1024>; }; };\n"
		 "huge { compatible = \"ballast,guest\"; memory-mib = <512>;"
		 " page-size-kib = <2048>;\n"
		 "programs { m { compatible = \"ballast,program-memhog\"; size-mib = <300>;"
		 " hold-ms = <20000>; }; }; };\n"
		 "small { compatible = \"ballast,guest\"; memory-mib = <512>;\n"
		 "programs { m { compatible = \"ballast,program-memhog\"; size-mib = <400>;"
		 " start-ms = <3000>; }; }; }; };\n");
	run(&o, scenario);
	ends(&o, TRACE_END_OK, "");
	ck_assert_uint_eq(o.report.guests[0].swapped_peak, 0);
	ck_assert_uint_gt(o.report.guests[1].swapped_peak, 0);
	outcome_free(&o);
}
END_TEST

/* Lost data */

START_TEST(a_lost_page_has_a_request_and_the_places_in_the_code)
{
	const char *text;
	struct outcome o;

	run(&o, make("", "broken-guest-discard-used", "",
		     "use { compatible = \"ballast,program-churn\"; size-mib = <300>;"
		     " duration-ms = <9000>; };", COMMAND(down, 448, 4000)));
	ends(&o, TRACE_END_DATA_LOSS, "data loss: guest guest-a, gfn 0x");
	text = o.report.end_text;
	/* The last frame of a small guest is part of what the kernel keeps from its boot on. */
	ck_assert_ptr_nonnull(strstr(text, "gfn 0x1ffff is the kernel's own since boot"));
	ck_assert_ptr_nonnull(strstr(text, " of queue 0 of b (submitted at 4000."));
	ck_assert_ptr_nonnull(strstr(text, " ms by broken_tell() (broken.h:"));
	ck_assert_ptr_nonnull(strstr(text, ") of broken-guest-discard-used)"));
	ck_assert_ptr_nonnull(strstr(text, ", by ballast_discard() (virtio-ballast-memory.c:"));
	outcome_free(&o);
}
END_TEST

/* Nothing is found where nothing is wrong */

static const struct {
	const char *device, *programs, *commands;
} sound[] = {
	/* A balloon goes up and down under a program, and is asked for statistics. */
	{ POLLED, "use { compatible = \"ballast,program-churn\"; size-mib = <120>;"
	  " max-kib = <1024>; lifetime-ms = <300>; duration-ms = <9000>; };",
	  "a: " COMMAND(a, 300, 3000)
	  "b: b { compatible = \"ballast,set-balloon\"; guest = <&g>; target-mib = <480>;"
	  " after = <&a>; delay-ms = <300>; };"
	  "c { compatible = \"ballast,set-balloon\"; guest = <&g>; target-mib = <333>;"
	  " after = <&b>; delay-ms = <300>; };" },
	/* Reports all the time, and hints at the end. */
	{ "free-page-reporting; free-page-hint;",
	  "use { compatible = \"ballast,program-churn\"; size-mib = <300>; max-kib = <4096>;"
	  " lifetime-ms = <100>; duration-ms = <6000>; };", "" },
	/* Memory runs out while the balloon grows. */
	{ "deflate-on-oom;", "hog { compatible = \"ballast,program-memhog\"; size-mib = <300>;"
	  " hold-ms = <3000>; start-ms = <2050>; };"
	  "again { compatible = \"ballast,program-churn\"; size-mib = <200>; max-kib = <64>;"
	  " duration-ms = <3000>; };", "a: " COMMAND(a, 150, 2000)
	  "b { compatible = \"ballast,set-balloon\"; guest = <&g>; target-mib = <500>;"
	  " after = <&a>; };" },
	/* A time limit in the middle of everything. */
	{ "free-page-reporting;", "use { compatible = \"ballast,program-churn\"; size-mib = <120>;"
	  " max-kib = <64>; lifetime-ms = <50>; duration-ms = <900000>; };",
	  COMMAND(a, 300, 4900) },
};

#define SEEDS 5

START_TEST(sound_drivers_are_clean_whatever_the_seed)
{
	unsigned int which = _i / SEEDS;
	struct outcome o;
	char top[64];

	snprintf(top, sizeof(top), "until-ms = <%u>; seed = <%u>;", which == 3 ? 5000 : 300000,
		 _i % SEEDS + 1);
	outcome_run(&o, make(top, OURS, sound[which].device, sound[which].programs,
			     sound[which].commands), false);
	ck_assert_msg(!o.refused && o.end == (which == 3 ? TRACE_END_LIMIT : TRACE_END_OK), "%s",
		      o.text);
	outcome_free(&o);
}
END_TEST

/* Messages */

static unsigned int count_lines(const struct outcome *o, const char *what)
{
	const char *at = o->text;
	unsigned int n = 0;

	for (; (at = strstr(at, what)); at++)
		n++;
	return n;
}

START_TEST(a_bug_ends_the_run_and_what_repeats_is_folded)
{
	struct outcome o;

	run(&o, make("", "broken-guest-bug", "", IDLE(60000), COMMAND(down, 448, 1000)));
	ends(&o, TRACE_END_PROTOCOL, "kernel BUG at");
	/* Of 100 lines that differ in a number, three, and how many more there were. */
	ck_assert_uint_eq(count_lines(&o, "is not liked"), 4);
	ck_assert_ptr_nonnull(strstr(o.text, "(97 more of this kind, this was the last)"));
	ck_assert_uint_lt(o.report.time, UINT64_C(1100000000));
	outcome_free(&o);
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("verdicts");
	TCase *tc = tcase_create("verdicts");

	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, a_wait_without_a_timeout_is_a_hang_whatever_else_goes_on, 0,
			    sizeof(ways_to_hide) / sizeof(ways_to_hide[0]));
	tcase_add_test(tc, a_driver_that_does_nothing_for_a_command_hangs);
	tcase_add_test(tc, what_waits_long_by_nature_is_no_hang);
	tcase_add_test(tc, a_time_limit_alone_says_what_had_not_ended);
	tcase_add_test(tc, a_run_without_programs_is_over_when_its_guests_have_booted);
	tcase_add_test(tc, a_balloon_without_a_driver_is_named);
	tcase_add_test(tc, what_waits_for_a_command_that_is_not_reached_is_named);
	tcase_add_test(tc, a_command_that_is_overtaken_has_ended);
	tcase_add_test(tc, a_target_that_is_there_already_is_reached_at_once);
	tcase_add_test(tc, a_command_that_cannot_be_reached_says_how_far_it_came);
	tcase_add_test(tc, a_balloon_that_grows_against_programs_is_named);
	tcase_add_test(tc, programs_that_a_guest_kills_keep_their_figures);
	tcase_add_test(tc, programs_die_with_their_vmm);
	tcase_add_loop_test(tc, a_larger_page_of_the_host_goes_as_a_whole,
			    0, sizeof(sizes) / sizeof(sizes[0]));
	tcase_add_test(tc, huge_pages_of_hugetlbfs_are_not_swapped);
	tcase_add_test(tc, a_lost_page_has_a_request_and_the_places_in_the_code);
	tcase_add_loop_test(tc, sound_drivers_are_clean_whatever_the_seed, 0,
			    SEEDS * sizeof(sound) / sizeof(sound[0]));
	tcase_add_test(tc, a_bug_ends_the_run_and_what_repeats_is_folded);
	suite_add_tcase(s, tc);
	return s;
}
