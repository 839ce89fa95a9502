// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs that measure what becomes of them: service, stream and ftq.
 */
#include "compare_run.h"
#include "read.h"
#include "report_internal.h"
#include "scenario_run.h"
#include "suite.h"

#define MSEC UINT64_C(1000000)

static char scenario[8192];

/* One guest with two vCPUs, on a host with @cpus, and another that computes if @busy. */
static void run(struct outcome *o, unsigned int cpus, bool busy, const char *program)
{
	snprintf(scenario, sizeof(scenario),
		 TEST_HEAD "host { compatible = \"ballast,host\"; memory-mib = <2048>; "
		 "cpus = <%u>; };\n"
		 "g { compatible = \"ballast,guest\"; memory-mib = <512>; vcpus = <2>;\n"
		 "programs { victim { %s }; }; };\n"
		 "h { compatible = \"ballast,guest\"; memory-mib = <128>; programs { other { %s }; "
		 "}; }; };\n", cpus, program,
		 busy ? "compatible = \"ballast,program-ftq\"; duration-ms = <3000>;" :
			"compatible = \"ballast,program-idle\"; duration-ms = <1>;");
	outcome_run(o, scenario, true);
	ck_assert_msg(!o->refused && o->end == TRACE_END_OK, "%s: ended as %d: %s", program,
		      o->end, o->text);
}

static const struct report_program *victim(const struct outcome *o)
{
	for (unsigned int i = 0; i < o->report.nr_programs; i++)
		if (!strcmp(o->report.programs[i].name, "victim"))
			return &o->report.programs[i];
	ck_abort_msg("no victim");
}

#define SERVICE(args) "compatible = \"ballast,program-service\"; duration-ms = <2000>; " args
#define STREAM(args) "compatible = \"ballast,program-stream\"; duration-ms = <1000>; " args
#define FTQ(args) "compatible = \"ballast,program-ftq\"; duration-ms = <2000>; " args

START_TEST(a_service_answers_at_the_rate_at_which_it_is_asked)
{
	const struct trace_histogram *h;
	struct outcome o;

	run(&o, 4, false, SERVICE("size-mib = <64>; rate-per-s = <2000>; touches = <8>; "
				  "compute-us = <40>; write-percent = <0>;"));
	ck_assert_int_eq(victim(&o)->measured.what, TRACE_MEASURE_LATENCY);
	h = &victim(&o)->measured.all;
	/* 4000, give or take five standard deviations */
	ck_assert_uint_ge(h->count, 4000 - 316);
	ck_assert_uint_le(h->count, 4000 + 316);
	/* loading it included */
	ck_assert_uint_eq(victim(&o)->work, 64 * 256 + h->count * 8);
	/* at least the CPU time of a request: eight pages read and 40 us */
	ck_assert_uint_ge(h->min, 40000 + 8 * 340);
	ck_assert_uint_le(trace_histogram_quantile(h, 50, 100), 2 * 40000);
	outcome_free(&o);
}
END_TEST

START_TEST(requests_that_queue_up_are_late)
{
	struct outcome o;

	/* 20 ms each, and 100 of them in a second */
	run(&o, 4, false, SERVICE("size-mib = <4>; rate-per-s = <100>; touches = <0>; "
				  "compute-us = <20000>;"));
	ck_assert_uint_ge(victim(&o)->measured.all.max, 1500 * MSEC);
	outcome_free(&o);
}
END_TEST

/* Swap-ins of a guest that holds a part of the working set, loading and checking it included. */
static uint64_t swap_ins(const char *pattern)
{
	uint64_t faults;
	struct outcome o;

	snprintf(scenario, sizeof(scenario),
		 TEST_HEAD TEST_HOST
		 "g { compatible = \"ballast,guest\"; memory-mib = <128>; vcpus = <1>; swap { "
		 "/include/ \"swap/ssd.dtsi\" size-mib = <512>; };\nprograms { victim { "
		 "compatible = \"ballast,program-service\"; size-mib = <128>; touches = <4>; "
		 "rate-per-s = <500>; duration-ms = <10000>; pattern = \"%s\"; "
		 "madvise = \"nohugepage\"; }; }; }; };\n", pattern);
	outcome_run(&o, scenario, false);
	ck_assert_msg(!o.refused && o.end == TRACE_END_OK, "%s", o.text);
	faults = o.report.guests[0].faults[TRACE_FAULT_GUEST_SWAP_IN].count;
	outcome_free(&o);
	return faults;
}

START_TEST(zipf_has_a_smaller_working_set_than_uniform)
{
	/* of 20,000 touches */
	ck_assert_uint_lt(swap_ins("zipf") + 2000, swap_ins("uniform"));
}
END_TEST

/* 16 MiB each: one that takes two seconds counts for as long as a hundred of 20 ms. */
START_TEST(a_pass_counts_for_as_long_as_it_took)
{
	struct report_measured m = { .period_best = 0 };
	struct trace_histogram undisturbed = { 0 }, stalled = { 0 };

	trace_histogram_add(&undisturbed, 1000, 50);
	trace_histogram_add(&stalled, 1000, 50);
	trace_histogram_add(&stalled, 10, 1);
	report_measured_add(&m, TRACE_MEASURE_BANDWIDTH, &undisturbed);
	report_measured_add(&m, TRACE_MEASURE_BANDWIDTH, &stalled);
	ck_assert_uint_eq(m.period_best, 1000);
	/* 51 passes in the time of 150; all: 101 in that of 200. */
	ck_assert_uint_ge(m.period_lowest, 336);	/* buckets are 1 % wide */
	ck_assert_uint_le(m.period_lowest, 344);
	ck_assert_uint_ge(report_measured_lost(&m), 490);
	ck_assert_uint_le(report_measured_lost(&m), 500);
	trace_histogram_free(&undisturbed);
	trace_histogram_free(&stalled);
	trace_histogram_free(&m.all);
}
END_TEST

START_TEST(a_copier_has_the_bandwidth_that_its_costs_say)
{
	const struct report_measured *m;
	struct outcome o;

	run(&o, 4, false, STREAM("size-mib = <32>;"));
	m = &victim(&o)->measured;
	ck_assert_int_eq(m->what, TRACE_MEASURE_BANDWIDTH);
	/* two pages of 4 KiB in page-read-ns + page-write-ns */
	ck_assert_uint_ge(m->period_best, UINT64_C(8192) * 1000 / 540 - 50);
	ck_assert_uint_le(m->period_best, UINT64_C(8192) * 1000 / 540);
	ck_assert_uint_ge(report_measured_lowest(m), 995);
	ck_assert_uint_le(report_measured_lost(m), 2);
	outcome_free(&o);
}
END_TEST

START_TEST(undisturbed_quanta_are_whole)
{
	const struct report_measured *m;
	struct outcome o;

	run(&o, 4, false, FTQ("quantum-us = <500>; tasks = <2>;"));
	m = &victim(&o)->measured;
	ck_assert_int_eq(m->what, TRACE_MEASURE_QUANTUM);
	ck_assert_uint_eq(m->all.count, 2 * 4000);
	ck_assert_uint_eq(m->all.max, 500000);
	ck_assert_uint_le(report_measured_lost(m), 1);
	outcome_free(&o);
}
END_TEST

START_TEST(who_shares_a_cpu_loses_half_of_its_quanta)
{
	struct outcome o;

	run(&o, 1, true, FTQ(""));
	/* whole quanta are missing: those that passed without it count, too */
	ck_assert_uint_eq(victim(&o)->measured.all.count, 2000);
	ck_assert_uint_eq(victim(&o)->measured.all.min, 0);
	ck_assert_uint_ge(report_measured_lost(&victim(&o)->measured), 450);
	ck_assert_uint_le(report_measured_lost(&victim(&o)->measured), 550);
	outcome_free(&o);
}
END_TEST

/* Mean bandwidth of each, in guests of their own on a host whose memory has so much. */
static void two_copiers(unsigned int mb_per_s, uint64_t mean[2])
{
	static const char copier[] = "{ compatible = \"ballast,guest\"; memory-mib = <256>; "
		"programs { p { compatible = \"ballast,program-stream\"; size-mib = <16>; "
		"duration-ms = <1000>; }; }; };\n";
	struct outcome o;

	snprintf(scenario, sizeof(scenario),
		 TEST_HEAD "jitter = \"off\";\n"
		 "host { compatible = \"ballast,host\"; memory-mib = <2048>; cpus = <4>; };\n"
		 "g %s h %s };\n&costs { memory-bandwidth-mb-per-s = <%u>; };\n", copier, copier,
		 mb_per_s);
	outcome_run(&o, scenario, false);
	ck_assert_msg(!o.refused && o.end == TRACE_END_OK, "%s", o.text);
	for (unsigned int i = 0; i < 2; i++)
		mean[i] = o.report.programs[i].measured.all.sum /
			  o.report.programs[i].measured.all.count;
	outcome_free(&o);
}

START_TEST(copiers_share_the_bandwidth_of_the_memory)
{
	uint64_t alone = UINT64_C(8192) * 1000 / 540, mean[2], i;

	two_copiers(0, mean);
	for (i = 0; i < 2; i++)
		ck_assert_uint_ge(mean[i], alone - 50);
	two_copiers(3 * alone, mean);
	for (i = 0; i < 2; i++)
		ck_assert_uint_ge(mean[i], alone - 50);
	two_copiers(alone, mean);
	for (i = 0; i < 2; i++) {
		ck_assert_uint_ge(mean[i], alone * 9 / 20);
		ck_assert_uint_le(mean[i], alone * 11 / 20);
	}
}
END_TEST

struct counter {
	struct trace_consumer consumer;
	uint64_t records, values, last;
};

static void count_record(struct trace_consumer *consumer, const struct trace_record *record)
{
	struct counter *c = (struct counter *)consumer;
	const struct trace_rec_measured *rec = record->rec;

	if (record->id != TRACE_ID_measured)
		return;
	ck_assert_str_eq(trace_enum_text(&record->type->fields[2], rec->what), "work-of-quantum");
	if (c->records && record->time < 2000 * MSEC)
		ck_assert_uint_ge(record->time, c->last + 100 * MSEC);
	c->records++;
	c->values += rec->values->count;
	c->last = record->time;
}

START_TEST(a_trace_has_what_was_measured_by_period)
{
	struct counter c = { .consumer = { .record = count_record, .level = TRACE_SUMMARY } };
	struct trace_reader *reader;
	char error[256];
	struct outcome o;

	run(&o, 4, false, FTQ(""));
	reader = trace_reader_open(o.trace, error, sizeof(error));
	ck_assert_msg(reader != NULL, "%s", error);
	trace_reader_feed(reader, &c.consumer);
	ck_assert_ptr_null(trace_reader_damage(reader));
	trace_reader_close(reader);
	ck_assert_uint_eq(c.values, 2000);
	/* of the default sample-ms, 100; the last one is what was left */
	ck_assert_uint_ge(c.records, 19);
	ck_assert_uint_le(c.records, 21);
	outcome_free(&o);
}
END_TEST

/* scenarios/victim.dts, by `ballast compare` */

static uint64_t figure(struct json_object *study, const char *name, const char *column)
{
	return number(member(member(variation(study, name), "figures"), column), "median");
}

/* The inflating 4 KiB balloon takes a double-digit share, blocks of 2 MiB next to nothing. */
START_TEST(who_gives_back_page_by_page_takes_from_others)
{
	struct json_object *study;
	struct output o;

	setenv("S", top, 1);
	o = well("BALLAST_SCENARIOS=$S/scenarios $B compare --json --quiet "
		 "$S/scenarios/victim.dts --with 4k=$S/scenarios/overlays/inflate_4k.dtso,"
		 "2m=$S/scenarios/overlays/inflate_2m.dtso");
	study = parse(o.out);
	output_free(&o);
	/* the same memory */
	ck_assert_uint_ge(figure(study, "4k", "given_back_bytes"), UINT64_C(2) << 30);
	ck_assert_uint_ge(figure(study, "2m", "given_back_bytes"), UINT64_C(2) << 30);
	ck_assert_uint_le(figure(study, "4k", "bandwidth_lowest_permille"), 800);
	ck_assert_uint_ge(figure(study, "4k", "bandwidth_lost_permille"), 100);
	ck_assert_uint_ge(figure(study, "4k", "quanta_lost_permille"), 100);
	ck_assert_uint_ge(figure(study, "2m", "bandwidth_lowest_permille"), 970);
	ck_assert_uint_le(figure(study, "2m", "bandwidth_lost_permille"), 20);
	ck_assert_uint_le(figure(study, "2m", "quanta_lost_permille"), 20);
	ck_assert_uint_ge(figure(study, "4k", "latency_p99_ns"),
			  2 * figure(study, "2m", "latency_p99_ns"));
	json_object_put(study);
}
END_TEST

/*
 * A quota that the guest does not use up costs nothing; with the balloon it does, and then the
 * service waits for periods.
 */
START_TEST(a_quota_makes_a_balloon_hurt_its_guest)
{
	struct json_object *study;
	struct output o;

	setenv("S", top, 1);
	o = well("O=$S/scenarios/overlays; "
		 "BALLAST_SCENARIOS=$S/scenarios $B compare --json --quiet "
		 "$S/scenarios/victim.dts --with none=,quota=$O/cpu_quota.dtso,"
		 "4k=$O/inflate_4k.dtso,both=$O/inflate_4k.dtso+$O/cpu_quota.dtso");
	study = parse(o.out);
	output_free(&o);
	ck_assert_uint_eq(figure(study, "quota", "latency_p999_ns"),
			  figure(study, "none", "latency_p999_ns"));
	ck_assert_uint_eq(figure(study, "quota", "psi_cpu_some_ns"), 0);
	ck_assert_uint_lt(figure(study, "4k", "latency_p999_ns"), MSEC);
	ck_assert_uint_gt(figure(study, "both", "latency_p999_ns"), 10 * MSEC);
	ck_assert_uint_eq(figure(study, "4k", "psi_cpu_some_ns"), 0);
	ck_assert_uint_gt(figure(study, "both", "psi_cpu_some_ns"), 100 * MSEC);
	json_object_put(study);
}
END_TEST

static Suite *victim_suite(void)
{
	Suite *s = suite_create("victim");
	TCase *tc = tcase_create("programs");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, a_service_answers_at_the_rate_at_which_it_is_asked);
	tcase_add_test(tc, requests_that_queue_up_are_late);
	tcase_add_test(tc, zipf_has_a_smaller_working_set_than_uniform);
	tcase_add_test(tc, a_pass_counts_for_as_long_as_it_took);
	tcase_add_test(tc, a_copier_has_the_bandwidth_that_its_costs_say);
	tcase_add_test(tc, copiers_share_the_bandwidth_of_the_memory);
	tcase_add_test(tc, undisturbed_quanta_are_whole);
	tcase_add_test(tc, who_shares_a_cpu_loses_half_of_its_quanta);
	tcase_add_test(tc, a_trace_has_what_was_measured_by_period);
	suite_add_tcase(s, tc);
	tc = tcase_create("scenario");
	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, enter_empty_scratch, leave_scratch);
	tcase_add_test(tc, a_quota_makes_a_balloon_hurt_its_guest);
	tcase_add_test(tc, who_gives_back_page_by_page_takes_from_others);
	suite_add_tcase(s, tc);
	return s;
}

Suite *test_suite(int argc, char **argv)
{
	return compare_environment() ? victim_suite() : NULL;
}
