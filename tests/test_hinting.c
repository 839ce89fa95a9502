// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page hinting, designs v8, v9 and v12, on the device virtio-page-hint: what they hint and what
 * they do not, what the device makes of it, broken variants, and what is refused.
 */
#include "scenario_run.h"
#include "suite.h"

#define MIB (UINT64_C(1) << 20)
#define MIB_PAGES(mib) ((uint64_t)(mib) << 8)

static char scenario[8192];
static const char *top = "";

/* A guest of 1 GiB without a balloon; @image, @params: of its module, @device: properties. */
static const char *make(const char *image, const char *params, const char *device,
			const char *guest, const char *programs)
{
	snprintf(scenario, sizeof(scenario),
		 TEST_HEAD "%s\n" TEST_HOST
		 "g: guest { compatible = \"ballast,guest\"; memory-mib = <1024>; vcpus = <2>;\n"
		 "boot-profile = <&linux_6_1>; %s\n"
		 "modules { hinting { compatible = \"ballast,module\"; image = \"%s\";"
		 " parameters { %s }; }; };\n"
		 "devices { hint { compatible = \"ballast,virtio-page-hint\"; %s }; };\n"
		 "programs { %s }; }; };\n",
		 top, guest, image, params, device, programs);
	return scenario;
}

#define OURS "page_hinting"
#define IDLE(ms)                                                                                   \
	"rest { compatible = \"ballast,program-idle\"; duration-ms = <" ms ">; };"
#define DESIGN(v) "design = \"" v "\";"
#define USE(mib)                                                                                   \
	"use { compatible = \"ballast,program-memhog\"; size-mib = <" #mib ">; };"                 \
	"rest { compatible = \"ballast,program-idle\"; duration-ms = <1000>; };"
/* Allocates and frees all the time, in pieces of 4 KiB to 4 MiB. */
#define CHURN                                                                                      \
	"churn { compatible = \"ballast,program-churn\"; size-mib = <600>; min-kib = <4>;"         \
	" max-kib = <4096>; lifetime-ms = <300>; duration-ms = <3000>; };"

static void run(struct outcome *o, const char *text)
{
	outcome_run(o, text, false);
	ck_assert_msg(!o->refused, "%s", o->text);
}

static void run_well(struct outcome *o, const char *text)
{
	run(o, text);
	ck_assert_msg(o->end == TRACE_END_OK, "%s", o->text);
}

static const struct trace_rec_guest_total *total(const struct outcome *o)
{
	return &o->report.guests[0].total;
}

/* Each block is a largest one, 4 MiB, or has a buddy in use. */
START_TEST(bits_are_hinted_sixteen_at_a_time_and_a_rest_that_is_smaller_stays)
{
	struct outcome o;

	run_well(&o, make(OURS, DESIGN("v12"), "", "", USE(400)));
	ck_assert_uint_gt(total(&o)->report_bytes, 350 * MIB);
	ck_assert_uint_le(total(&o)->report_blocks, total(&o)->report_requests * 16);
	ck_assert_uint_eq(total(&o)->discard_pages, total(&o)->report_bytes / 4096);
	/* One pass sends all that is there; what comes after it waits. */
	ck_assert_uint_lt(o.report.guests[0].last.resident, MIB_PAGES(200));
	outcome_free(&o);

	run_well(&o, make(OURS, DESIGN("v12"), "", "", USE(40)));
	ck_assert_uint_eq(total(&o)->report_requests, 0);
	outcome_free(&o);
}
END_TEST

START_TEST(an_array_of_256_tells_from_128_on)
{
	struct outcome o;

	/* 100 blocks of 4 MiB, on two CPUs: never 128. */
	run_well(&o, make(OURS, DESIGN("v9"), "", "", USE(400)));
	ck_assert_uint_eq(total(&o)->report_requests, 0);
	outcome_free(&o);
	/* With an order of 0 whatever merges is noted. */
	run_well(&o, make(OURS, DESIGN("v9") "order = <0>;", "", "thp = \"never\";", USE(400)));
	ck_assert_uint_gt(total(&o)->report_requests, 10);
	ck_assert_uint_le(total(&o)->report_blocks, total(&o)->report_requests * 256);
	outcome_free(&o);
	/* Told of eight at a time, it hints all. */
	run_well(&o, make(OURS, DESIGN("v9") "threshold = <8>;", "", "", USE(400)));
	ck_assert_uint_gt(total(&o)->report_bytes, 300 * MIB);
	outcome_free(&o);
}
END_TEST

START_TEST(every_free_is_noted_and_a_thread_looks_what_is_left)
{
	struct outcome o;

	/*
	 * 100,000 pages, in order: each time that the array is full, nearly all of its entries are
	 * part of the same few free blocks, 100 in the end.  It has room again, and nobody is told.
	 */
	run_well(&o, make(OURS, DESIGN("v8") "order = <0>;", "", "thp = \"never\";", USE(400)));
	ck_assert_uint_eq(total(&o)->report_requests, 0);
	outcome_free(&o);
	/* Scattered ones stay what they are, and 1000 go in one request. */
	run_well(&o, make(OURS, DESIGN("v8") "order = <0>;", "", "thp = \"never\";", CHURN));
	ck_assert_uint_gt(total(&o)->report_requests, 0);
	ck_assert_uint_le(total(&o)->report_blocks, total(&o)->report_requests * 1000);
	ck_assert_uint_gt(total(&o)->report_blocks, total(&o)->report_requests * 10);
	outcome_free(&o);
}
END_TEST

START_TEST(a_thread_without_work_hangs_nobody)
{
	struct outcome o;

	top = "hung-task-s = <2>;";
	run_well(&o, make(OURS, DESIGN("v8") "order = <0>; batch = <50>;", "", "",
			  CHURN IDLE("6000")));
	ck_assert_uint_gt(total(&o)->report_requests, 0);
	top = "";
	outcome_free(&o);
}
END_TEST

/* All of it on a guest that has little memory to spare: nothing is lost, leaks or hangs. */
START_TEST(designs_survive_churn)
{
	static const char *const params[] = {
		DESIGN("v8"), DESIGN("v8") "order = <0>; batch = <64>;",
		DESIGN("v9"), DESIGN("v9") "order = <0>; batch = <16>; threshold = <16>;",
		DESIGN("v12"), DESIGN("v12") "order = <0>; threshold = <1>; batch = <1>;",
		DESIGN("v12") "order = <10>;",
	};
	struct outcome o;

	run_well(&o, make(OURS, params[_i], "", "", CHURN));
	if (_i != 2)
		ck_assert_uint_gt(total(&o)->discard_pages, 0);
	outcome_free(&o);
}
END_TEST

#define ORDER_0 DESIGN("v12") "order = <0>;"

START_TEST(the_device_does_what_it_is_told_to)
{
	struct outcome none, lazy, block, page;

	run_well(&none, make(OURS, DESIGN("v12"), "action = \"none\";", "", USE(400)));
	ck_assert_uint_gt(total(&none)->report_bytes, 350 * MIB);
	ck_assert_uint_eq(total(&none)->discard_pages, 0);
	ck_assert_uint_gt(none.report.guests[0].last.resident, MIB_PAGES(400));
	/* Nobody is short of memory: lazily freed pages stay. */
	run_well(&lazy, make(OURS, DESIGN("v12"), "action = \"free\";", "", USE(400)));
	ck_assert_uint_eq(total(&lazy)->report_bytes, total(&none)->report_bytes);
	ck_assert_uint_gt(lazy.report.guests[0].last.resident, MIB_PAGES(400));
	run_well(&block, make(OURS, DESIGN("v12"), "", "", USE(400)));
	run_well(&page, make(OURS, DESIGN("v12"), "per-page;", "", USE(400)));
	ck_assert_uint_eq(total(&page)->report_bytes, total(&block)->report_bytes);
	ck_assert_uint_eq(total(&page)->discard_pages, total(&block)->discard_pages);
	outcome_free(&none);
	outcome_free(&lazy);
	outcome_free(&block);
	outcome_free(&page);
}
END_TEST

static const struct {
	const char *image, *params;
	enum trace_end end;
	const char *says;
} broken[] = {
	{ "broken-hinting-wrong-order", DESIGN("v12"), TRACE_END_LEAK, "pages" },
	{ "broken-hinting-not-isolated", DESIGN("v12"), TRACE_END_DATA_LOSS,
	  "is free: it is on a free list" },
	{ "broken-hinting-unanswered", DESIGN("v9") "order = <0>;", TRACE_END_DATA_LOSS,
	  "free: it is on a" },
};

START_TEST(broken_hinting_is_caught)
{
	struct outcome o;

	run(&o, make(broken[_i].image, broken[_i].params, "", "thp = \"never\";", USE(400)));
	ck_assert_msg(o.end == broken[_i].end, "ended as %d: %s", o.end, o.text);
	ck_assert_msg(strstr(o.text, broken[_i].says) != NULL, "says: %s", o.text);
	outcome_free(&o);
}
END_TEST

static const struct {
	const char *params, *device, *guest;
	const char *says;
} bad[] = {
	{ "design = \"v11\";", "", "", "there is no design \"v11\"; those are v8, v9 and v12" },
	{ "order = <11>;", "", "", "order 11: blocks have an order of 0 to 10" },
	{ "order = \"-2\";", "", "", "order -2: blocks have an order of 0 to 10" },
	{ DESIGN("v8") "batch = <2000>;", "", "", "batch 2000: the device takes 1024 blocks" },
	{ DESIGN("v9") "threshold = <300>;", "", "", "threshold 300 is more than the 256" },
	{ "", "", "page-poison;", "free pages are poisoned" },
	{ "lost = <1>;", "", "", "lost: value is not allowed" },
	{ "", "action = \"drop\";", "", "allowed: dontneed|free|none" },
	{ "", "type = \"virtio-page-hint\";", "", "virtio-page-hint" },
};

START_TEST(nonsense_is_refused_and_named)
{
	struct outcome o;

	outcome_run(&o, make(OURS, bad[_i].params, bad[_i].device, bad[_i].guest, USE(40)), false);
	ck_assert_msg(o.refused || o.end == TRACE_END_PROTOCOL, "ended as %d", o.end);
	ck_assert_msg(strstr(o.text, bad[_i].says) != NULL, "says: %s", o.text);
	outcome_free(&o);
}
END_TEST

START_TEST(a_second_device_finds_the_hook_taken)
{
	struct outcome o;

	run(&o, make(OURS, "", "}; other { compatible = \"ballast,virtio-page-hint\";", "",
		     USE(40)));
	ck_assert_int_eq(o.end, TRACE_END_PROTOCOL);
	ck_assert_ptr_nonnull(strstr(o.text, "probing failed with error -16"));
	outcome_free(&o);
}
END_TEST

#define COUNT(array) (int)(sizeof(array) / sizeof((array)[0]))

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("hinting");
	TCase *tc = tcase_create("hinting");

	tcase_add_test(tc, bits_are_hinted_sixteen_at_a_time_and_a_rest_that_is_smaller_stays);
	tcase_add_test(tc, an_array_of_256_tells_from_128_on);
	tcase_add_test(tc, every_free_is_noted_and_a_thread_looks_what_is_left);
	tcase_add_test(tc, a_thread_without_work_hangs_nobody);
	tcase_add_loop_test(tc, designs_survive_churn, 0, 7);
	tcase_add_test(tc, the_device_does_what_it_is_told_to);
	tcase_add_loop_test(tc, broken_hinting_is_caught, 0, COUNT(broken));
	tcase_add_loop_test(tc, nonsense_is_refused_and_named, 0, COUNT(bad));
	tcase_add_test(tc, a_second_device_finds_the_hook_taken);
	suite_add_tcase(s, tc);
	return s;
}
