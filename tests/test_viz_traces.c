// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the viewer makes of its traces: of two, and of files that are damaged or none.
 */
#include "suite.h"

#include "skip.h"

#ifndef BALLAST_PICTURES
Suite *test_suite(int argc, char **argv)
{
	skip_tests(7, "pictures need libpng, FreeType and DejaVu Sans when they are built (make "
		       "deps-viz)");
	return suite_create("viz_traces");
}
#else

#include <stdlib.h>

#include "format.h"
#include "viz_shot.h"

START_TEST(two_traces_show_their_difference_at_the_cursor)
{
	struct story other = small;
	char want[128];
	struct shot s;
	uint64_t a, b;

	other.samples = 500;
	story_write("a", &small);
	story_write("b", &other);
	shoot(&s, "a", "b", "--at 40.01");
	a = source_value(&s.source[0], 1, INDEX_guest_swapped, s.view.at);
	b = source_value(&s.source[1], 1, INDEX_guest_swapped, s.view.at);
	ck_assert_uint_eq(a, 5000);
	ck_assert_uint_eq(b, 5000);
	shot_free(&s);
	shoot(&s, "a", "b", "--at 28");
	a = source_value(&s.source[0], 1, INDEX_guest_swapped, s.view.at);
	b = source_value(&s.source[1], 1, INDEX_guest_swapped, s.view.at);
	ck_assert_uint_eq(a, 0);
	ck_assert_uint_eq(b, 5000);
	snprintf(want, sizeof(want), "%s (+%s)", number_pages(5000).text, number_pages(5000).text);
	ck_assert_msg(says(&s, want), "%s", want);
	shot_free(&s);
}
END_TEST

/* A trace of another scenario, with another number of guests, that ends earlier. */
static void write_other(const char *path)
{
	struct trace_writer *tw = trace_open(path, TRACE_FULL, NULL, 0);

	TRACE(tw, 0, run, .scenario = "other.dts", .seed = 7, .level = TRACE_FULL);
	TRACE(tw, 0, machine, .cpus = 4, .frames = 3 * STORY_MEMORY, .swap = 100000);
	for (unsigned int g = 0; g < 2; g++)
		TRACE(tw, 0, guest, .guest = g, .name = g ? "guest-1" : "extra",
		      .memory = STORY_MEMORY, .vcpus = 1);
	trace_start(tw);
	for (unsigned int i = 1; i <= 100; i++) {
		TRACE(tw, i * 100 * STORY_MS, guest_sample, .guest = 1, .resident = 5000);
		TRACE(tw, i * 100 * STORY_MS, guest_sample, .guest = 0, .resident = 7000);
		TRACE(tw, i * 100 * STORY_MS, ept_fault, .guest = 1, .gfn = i, .nr = 1);
		TRACE(tw, i * 100 * STORY_MS, host_sample, .used = 3 * STORY_MEMORY / 2);
	}
	trace_close(tw);
}

/* Columns of a picture in which a color is anywhere in a lane. */
static bool lane_has(const struct shot *s, const struct lane *lane, uint64_t from, uint64_t to,
		     const struct layout *l, uint32_t color)
{
	for (int x = layout_x(l, from); x < layout_x(l, to); x++)
		for (int y = lane->plot.y; y < lane->plot.y + lane->plot.h; y++)
			if (s->canvas.px[(size_t)y * s->canvas.width + x] == color)
				return true;
	return false;
}

START_TEST(a_trace_is_drawn_up_to_its_end_and_under_its_own_name)
{
	const uint32_t line = palettes[THEME_DARK].resident;
	struct layout l;
	struct shot s;

	story_write("a", &small);
	write_other("b");
	shoot(&s, "a", "b", "--at 5 --expand guest-1 --hide host:traffic --hide host:queue");
	ck_assert(says(&s, "A story.dts, B other.dts"));
	ck_assert(says(&s, "B ends"));
	ck_assert(!says(&s, "A ends"));
	check_texts(&s, "two scenarios");
	layout_make(&l, &s.view, s.source, 2);
	ck_assert_uint_eq(l.guests, 4);
	for (unsigned int i = 0; i < l.nr_lanes; i++) {
		const struct lane *lane = &l.lane[i];

		if (lane->kind != LANE_GUEST && lane->kind != LANE_HOST_MEMORY)
			continue;
		ck_assert(lane_has(&s, lane, 2000 * STORY_MS, 9000 * STORY_MS, &l, line));
		ck_assert_int_eq(lane_has(&s, lane, 12000 * STORY_MS, 60000 * STORY_MS, &l, line),
				 lane->source == 0);
		if (lane->kind == LANE_GUEST) {
			ck_assert_str_eq(lane->name, "guest-1");
			ck_assert_int_eq(lane->guest_a, 1);
		}
	}
	ck_assert_str_eq(l.lane[l.nr_lanes - 1].name, "host:cpu");
	ck_assert_str_eq(l.lane[4].name, "extra");
	ck_assert_uint_eq(l.lane[4].source, 1);
	layout_free(&l);
	shot_free(&s);
}
END_TEST

START_TEST(map_and_records_can_be_of_the_second_trace)
{
	char *trace[] = { "a", "b" }, *command;
	struct shot s;

	story_write("a", &small);
	write_other("b");
	shoot(&s, "a", "b", "--at 5 --map extra --of B");
	ck_assert(says(&s, "Memory of extra in B (b)"));
	check_texts(&s, "map of B");
	command = view_command(&s.view, trace, 2);
	ck_assert_msg(strstr(command, " --map extra --of B") != NULL, "%s", command);
	free(command);
	shot_free(&s);
	shoot(&s, "a", "b", "--at 5 --events guest-1 --of B");
	ck_assert(says(&s, "What happened to guest-1 in B (b)"));
	ck_assert(says(&s, "ept_fault"));
	ck_assert(!says(&s, "report_request"));
	check_texts(&s, "records of B");
	shot_free(&s);
}
END_TEST

START_TEST(what_is_not_known_is_no_zero)
{
	struct shot s;

	story_write("a", &small);
	write_other("b");
	shoot(&s, "a", NULL, "--at 0.05 --filter guest-1 --hide host:memory");
	ck_assert_uint_eq(source_value(&s.source[0], 1, INDEX_guest_resident, 50 * STORY_MS),
			  NUMBER_NONE);
	ck_assert(says_just(&s, "-"));
	shot_free(&s);
	shoot(&s, "a", NULL, "--at 0.15 --filter guest-1");
	ck_assert(!says_just(&s, "-"));
	shot_free(&s);
	shoot(&s, "a", "b", "--at 20");
	ck_assert_uint_eq(source_value(&s.source[1], 1, INDEX_guest_resident, s.view.at),
			  NUMBER_NONE);
	ck_assert_uint_ne(source_value(&s.source[0], 1, INDEX_guest_resident, s.view.at),
			  NUMBER_NONE);
	ck_assert(says_just(&s, "-"));
	shot_free(&s);
}
END_TEST

START_TEST(a_trace_with_changed_bytes_is_shown_or_explained)
{
	size_t size;
	char *bytes;

	story_write("a", &small);
	bytes = read_file("a", &size);
	for (size_t at = 3; at < size; at += 1 + size / 40) {
		struct shot s;

		bytes[at] ^= 0x41;
		write_file("changed", bytes, size);
		bytes[at] ^= 0x41;
		shoot(&s, "changed", NULL, "--size 1280x720 --map guest-0 --at 20");
		ck_assert_msg(s.source[0].error || *source_damage(&s.source[0]), "byte %zu", at);
		shot_free(&s);
	}
	free(bytes);
}
END_TEST

/* An index whose digests are right again, so that all that is wrong is its numbers. */
static void seal(char *bytes, size_t size)
{
	struct index_head *head = (struct index_head *)bytes;

	head->digest = trace_digest(TRACE_DIGEST_START, (uint8_t *)bytes + sizeof(*head),
				    size - sizeof(*head));
	head->head_digest = trace_digest(TRACE_DIGEST_START, (uint8_t *)bytes,
					 offsetof(struct index_head, head_digest));
}

START_TEST(an_index_with_wrong_numbers_does_no_harm)
{
	struct shot s;
	size_t size;
	char *bytes;

	story_write("a", &small);
	shoot(&s, "a", NULL, "--size 1280x720");
	shot_free(&s);
	bytes = read_file("a.index", &size);
	for (size_t at = 32; at + 8 < size; at += 8 * (1 + at / 700)) {
		static const uint64_t value[] = { 0, UINT64_MAX, 1, UINT64_C(1) << 40 };
		uint64_t was;

		memcpy(&was, bytes + at, 8);
		memcpy(bytes + at, &value[at / 8 % 4], 8);
		seal(bytes, size);
		write_file("a.index", bytes, size);
		shoot(&s, "a", NULL, "--size 640x360 --map guest-0 --at 20");
		shot_free(&s);
		shoot(&s, "a", NULL, "--size 640x360 --events guest-0 --at 20");
		shot_free(&s);
		memcpy(bytes + at, &was, 8);
	}
	free(bytes);
}
END_TEST

START_TEST(files_that_cannot_be_shown_are_explained)
{
	size_t size;
	struct shot s;
	char *bytes;

	story_write("a", &small);
	bytes = read_file("a", &size);
	write_file("cut", bytes, size / 2);
	free(bytes);
	write_file("empty", "", 0);
	write_file("foreign", "#!/bin/sh\n", 10);
	shoot(&s, "cut", NULL, "--size 1280x720");
	ck_assert(says(&s, "cut is not whole"));
	check_texts(&s, "cut");
	shot_free(&s);
	shoot(&s, "empty", NULL, "--size 1280x720");
	ck_assert(says(&s, "empty: the file is empty"));
	check_texts(&s, "empty");
	shot_free(&s);
	shoot(&s, "foreign", NULL, "--size 1280x720");
	ck_assert(says(&s, "foreign: not a ballast trace"));
	shot_free(&s);
	shoot(&s, "nothing", NULL, "--size 1280x720");
	ck_assert(says(&s, "nothing: No such file"));
	shot_free(&s);
	shoot(&s, "a", "foreign", "--size 1280x720");
	ck_assert(says(&s, "foreign: not a ballast trace"));
	check_texts(&s, "one of two");
	shot_free(&s);
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("viz_traces");
	TCase *t = tcase_create("viz_traces");

	tcase_add_checked_fixture(t, story_enter, leave_scratch);
	tcase_add_test(t, two_traces_show_their_difference_at_the_cursor);
	tcase_add_test(t, a_trace_is_drawn_up_to_its_end_and_under_its_own_name);
	tcase_add_test(t, map_and_records_can_be_of_the_second_trace);
	tcase_add_test(t, what_is_not_known_is_no_zero);
	tcase_add_test(t, a_trace_with_changed_bytes_is_shown_or_explained);
	tcase_add_test(t, an_index_with_wrong_numbers_does_no_harm);
	tcase_add_test(t, files_that_cannot_be_shown_are_explained);
	suite_add_tcase(s, t);
	return s;
}

#endif
