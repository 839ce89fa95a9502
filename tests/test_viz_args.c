// SPDX-License-Identifier: GPL-2.0-only
/*
 * The viewer's command line, and the span of time that is in view.
 */
#include "suite.h"

#include "skip.h"

#ifndef BALLAST_PICTURES
Suite *test_suite(int argc, char **argv)
{
	skip_tests(6, "pictures need libpng, FreeType and DejaVu Sans when they are built (make "
		       "deps-viz)");
	return suite_create("viz_args");
}
#else

#include <stdlib.h>

#include "view_check.h"
#include "viz_shot.h"

START_TEST(a_view_and_its_command_line_are_the_same)
{
	static const char *const options[] = {
		"",
		"--zoom 1.5..2.000000001 --at 1.7 --size 1280x720 --scale 1.25 --theme light",
		("--select 0.1..0.2 --mark-a 7ms --mark-b 3us --filter x-1 --sort swapped "
		 "--scroll 12"),
		"--map x --of B --map-cell 3:512",
		"--hide a --hide b --expand c --collapse d --pin e --scale 2.5",
	};
	char *trace[] = { "a trace.t", "b" };

	for (unsigned int i = 0; i < 5; i++) {
		struct view v, w;
		char *one, *two;

		view_init(&v);
		view_init(&w);
		take_options(&v, options[i]);
		view_end(&v, 100000 * STORY_MS);
		one = view_command(&v, trace, 2);
		ck_assert_msg(!strncmp(one, "ballast-view 'a trace.t' b --zoom ", 34), "%s", one);
		take_options(&w, one + 27);
		view_end(&w, 100000 * STORY_MS);
		two = view_command(&w, trace, 2);
		ck_assert_str_eq(one, two);
		free(one);
		free(two);
		view_free(&v);
		view_free(&w);
	}
}
END_TEST

START_TEST(wrong_options_say_what_is_right)
{
	static const struct {
		const char *option, *value, *says;
	} wrong[] = {
		{ "--at", "soon", "a time" },
		{ "--at", "1d", "a time" },
		{ "--at", NULL, "missing" },
		{ "--zoom", "5", "two times" },
		{ "--zoom", "5..4", "two times" },
		{ "--size", "12x7", "640x360" },
		{ "--size", "1280x720x3", "WIDTHxHEIGHT" },
		{ "--scale", "7", "2.5 or 3" },
		{ "--theme", "blue", "dark or light" },
		{ "--sort", "x", "resident" },
		{ "--scroll", "-1", "pixels" },
	};
	struct view v;

	view_init(&v);
	for (unsigned int i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		char *argv[] = { (char *)wrong[i].option, (char *)wrong[i].value, NULL };
		char error[256] = "";

		ck_assert_int_eq(view_option(&v, argv, error, sizeof(error)), -1);
		ck_assert_msg(strstr(error, wrong[i].says) && strstr(error, wrong[i].option), "%s",
			      error);
	}
	view_free(&v);
}
END_TEST

/* The beginning of a run is asked for before its end is known. */
START_TEST(what_is_asked_for_must_be_in_the_traces)
{
	static const struct {
		const char *options, *says;
	} asked[] = {
		{ "--map nobody",
		  "--map nobody: a has no such guest; its guests: guest-0, guest-1, guest-2" },
		{ "--events nobody", "guest-0, guest-1, guest-2" },
		{ "--events guest-0 --event 99999", "--event 99999: the trace has records 0 to " },
		{ "--event 5", "--event 5: nothing shows it; allowed: with --events GUEST" },
		{ "--filter nosuch", "--filter nosuch: is in no guest's name; guests: guest-0" },
		{ "--hide host:nothing", "there is no such lane; lanes: host:memory" },
		{ "--collapse nobody", "guest-2" },
		{ "--at 61", "--at 61: there is nothing after 60.1, where the trace ends" },
		{ "--zoom 61..62", "60.1" },
		{ "--select 1..62", "--select 62" },
		{ "--mark-b 61", "--mark-b 61" },
		{ "--map guest-0 --of B", "only one trace" },
		{ "--map guest-2 --at 60.1 --pin host:cpu --zoom 1..100 --filter guest", NULL },
		{ "--events guest-2 --event 0", NULL },
	};

	story_write("a", &small);
	for (unsigned int i = 0; i < sizeof(asked) / sizeof(*asked); i++) {
		struct source source;
		struct view v;
		char error[1024] = "";

		view_init(&v);
		take_options(&v, asked[i].options);
		ck_assert(source_open(&source, "a", true));
		ck_assert_int_eq(view_check(&v, &source, 1, error, sizeof(error)),
				 !asked[i].says);
		ck_assert_msg(!asked[i].says || strstr(error, asked[i].says), "%s: %s",
			      asked[i].options, error);
		source_close(&source);
		view_free(&v);
	}
}
END_TEST

/* As tables do, whose numbers are from the same place. */
START_TEST(numbers_are_rounded)
{
	ck_assert_str_eq(human_ns(17580000000).text, "17.6 s");
	ck_assert_str_eq(human_time(17580000000).text, "17.6 s");
	ck_assert_str_eq(number_time(17580000000, 100000000).text, "17.6 s");
	ck_assert_str_eq(number_time(17580000000, 1000000000).text, "18 s");
	ck_assert_str_eq(number_time(17580000000, 1000000).text, "17.580 s");
	ck_assert_str_eq(number_pages(3750000).text, "14.3 GiB");
	ck_assert_str_eq(number_pages(NUMBER_NONE).text, "-");
	ck_assert_str_eq(number_difference(0, 256).text, "+1.00 MiB");
}
END_TEST

START_TEST(zooming_to_the_start_is_no_zooming_out)
{
	char *argv[] = { "--zoom", "0..0.3", NULL }, error[256];
	struct view v;

	view_init(&v);
	ck_assert_int_eq(view_option(&v, argv, error, sizeof(error)), 2);
	view_end(&v, 17000 * STORY_MS);
	ck_assert_uint_eq(v.from, 0);
	ck_assert_uint_eq(v.to, 300 * STORY_MS);
	view_end(&v, 18000 * STORY_MS);
	ck_assert_uint_eq(v.to, 300 * STORY_MS);
	view_fit(&v);
	view_end(&v, 19000 * STORY_MS);
	ck_assert_uint_eq(v.to, 19000 * STORY_MS);
	view_free(&v);
}
END_TEST

START_TEST(zooming_keeps_what_is_under_the_pointer)
{
	struct view v;

	view_init(&v);
	view_end(&v, 100000 * STORY_MS);
	view_zoom(&v, 25000 * STORY_MS, 1, 2);
	ck_assert_uint_eq(v.from, 12500 * STORY_MS);
	ck_assert_uint_eq(v.to, 62500 * STORY_MS);
	for (unsigned int i = 0; i < 200; i++)
		view_zoom(&v, 25000 * STORY_MS, 1, 2);
	ck_assert_uint_eq(v.to - v.from, VIEW_SPAN_MIN);
	ck_assert(v.from <= 25000 * STORY_MS && v.to >= 25000 * STORY_MS);
	view_zoom(&v, 25000 * STORY_MS, 1000000, 1);
	for (unsigned int i = 0; i < 100; i++)
		view_pan(&v, -1000);
	ck_assert_uint_eq(v.from, 0);
	for (unsigned int i = 0; i < 200; i++)
		view_zoom(&v, v.to, 2, 1);
	ck_assert_uint_eq(v.from, 0);
	ck_assert_uint_eq(v.to, 100000 * STORY_MS);
	view_free(&v);
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("viz_args");
	TCase *t = tcase_create("viz_args");

	tcase_add_checked_fixture(t, story_enter, leave_scratch);
	tcase_add_test(t, a_view_and_its_command_line_are_the_same);
	tcase_add_test(t, wrong_options_say_what_is_right);
	tcase_add_test(t, what_is_asked_for_must_be_in_the_traces);
	tcase_add_test(t, numbers_are_rounded);
	tcase_add_test(t, zooming_keeps_what_is_under_the_pointer);
	tcase_add_test(t, zooming_to_the_start_is_no_zooming_out);
	suite_add_tcase(s, t);
	return s;
}

#endif
