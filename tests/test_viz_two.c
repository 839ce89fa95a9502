// SPDX-License-Identifier: GPL-2.0-only
/*
 * The viewer with two traces: what has to be of both of them, and what has to be on one scale.
 */
#include "suite.h"

#include "skip.h"

#ifndef BALLAST_PICTURES
Suite *test_suite(int argc, char **argv)
{
	skip_tests(6, "pictures need libpng, FreeType and DejaVu Sans when they are built (make "
		       "deps-viz)");
	return suite_create("viz_two");
}
#else

#include <stdlib.h>

#include "find.h"
#include "viz_shot.h"

/* A run of a second in which the host swaps, waits and computes so much, and one program starts. */
static void write_load(const char *path, unsigned int load, unsigned int start_ms)
{
	struct trace_writer *tw = trace_open(path, TRACE_FULL, NULL, 0);

	TRACE(tw, 0, run, .scenario = "load.dts", .seed = 1, .level = TRACE_FULL);
	TRACE(tw, 0, machine, .cpus = 4, .frames = 100000, .swap = 100000);
	TRACE(tw, 0, guest, .guest = 0, .name = "guest-0", .memory = 50000, .vcpus = 1);
	trace_start(tw);
	for (unsigned int i = 0; i <= 10; i++) {
		uint64_t now = i * 100 * STORY_MS;

		TRACE(tw, now, host_sample, .used = load * i * 100, .swap_used = load * i,
		      .swap_out = load * i);
		TRACE(tw, now, swap_sample, .active = load, .waiting = load);
		TRACE(tw, now, cpu_sample, .guest = 0, .program = load * STORY_MS / 100);
		TRACE(tw, now, guest_sample, .guest = 0, .resident = load * i);
		if (i == start_ms / 100)
			TRACE(tw, now, program_start, .guest = 0, .program = 0, .name = "memhog");
	}
	TRACE(tw, 1000 * STORY_MS, run_end, .result = TRACE_END_OK);
	trace_close(tw);
}

/* The text at the upper end of a lane's scale. */
static const char *scale_of(const struct shot *s, const struct lane *lane)
{
	for (unsigned int i = 0; i < s->log.nr; i++) {
		const struct box *b = &s->log.place[i].box;

		if (b->x > lane->plot.x + lane->plot.w && b->y >= lane->plot.y &&
		    b->y < lane->plot.y + lane->plot.h / 2)
			return s->log.place[i].text;
	}
	return "";
}

START_TEST(what_is_compared_has_one_scale)
{
	struct layout l;
	struct shot s;

	write_load("a", 1000, 0);
	write_load("b", 10, 0);
	for (unsigned int turn = 0; turn < 2; turn++) {
		const char *scale[NR_LANE_KINDS] = { NULL };

		shoot(&s, turn ? "b" : "a", turn ? "a" : "b", "--size 1920x1440");
		layout_make(&l, &s.view, s.source, 2);
		ck_assert_uint_eq(l.nr_lanes, 12);
		for (unsigned int i = 0; i < l.nr_lanes; i++) {
			const struct lane *lane = &l.lane[i];

			ck_assert_str_ne(scale_of(&s, lane), "");
			ck_assert_ptr_null(strstr(scale_of(&s, lane), "\xe2\x80\xa6"));
			if (!lane->source)
				scale[lane->kind] = scale_of(&s, lane);
			else
				ck_assert_str_eq(scale[lane->kind], scale_of(&s, lane));
		}
		layout_free(&l);
		shot_free(&s);
	}
}
END_TEST

static bool holds(struct box region, struct box b)
{
	return b.h && b.y >= region.y && b.y + b.h <= region.y + region.h;
}

START_TEST(all_lanes_are_seen_or_can_be_scrolled_to)
{
	static const char *const options[] = { "--size 1280x720", "--size 1920x1080",
					       "--size 1280x720 --pin host:cpu" };
	struct layout l;
	struct shot s;

	story_write("a", &small);
	for (unsigned int i = 0; i < 3; i++) {
		bool seen[32] = { false };
		int scroll = 0;

		shoot(&s, "a", "a", options[i]);
		do {
			s.view.scroll = scroll;
			layout_make(&l, &s.view, s.source, 2);
			ck_assert_uint_le(l.nr_lanes, 32);
			for (unsigned int k = 0; k < l.nr_lanes; k++)
				seen[k] |= holds(l.lane[k].pinned ? l.pinned : l.scroll,
						 l.lane[k].gutter);
			if (i == 2)
				ck_assert(l.lane[l.nr_lanes - 1].kind != LANE_CPU ||
					  l.lane[l.nr_lanes - 1].pinned);
			layout_free(&l);
			scroll += 10;
		} while (scroll <= l.scroll_max + 10);
		for (unsigned int k = 0; k < l.nr_lanes; k++)
			ck_assert_msg(seen[k], "%s: lane %u", options[i], k);
		shot_free(&s);
	}
}
END_TEST

/* Whether a text beside the lanes is in this row of the picture. */
static bool row_has_words(const struct shot *s, int plot_x, int y)
{
	for (unsigned int i = 0; i < s->log.nr; i++) {
		const struct box *b = &s->log.place[i].box;

		if (b->x < plot_x && y >= b->y - 1 && y < b->y + b->h + 1)
			return true;
	}
	return false;
}

START_TEST(nothing_stands_beside_a_cut_lane_without_its_words)
{
	const uint32_t back = palettes[THEME_DARK].back;
	struct layout l;
	struct shot s;

	story_write("a", &small);
	for (int scroll = 0; scroll < 100; scroll += 3) {
		char options[80];

		snprintf(options, sizeof(options), "--size 1280x720 --at 30 --scroll %d", scroll);
		shoot(&s, "a", "a", options);
		layout_make(&l, &s.view, s.source, 2);
		for (int y = l.scroll.y; y < l.scroll.y + l.scroll.h; y++)
			if (s.canvas.px[(size_t)y * s.canvas.width + l.scroll.x + 2] != back)
				ck_assert_msg(row_has_words(&s, l.plot_x, y), "%s: row %d", options,
					      y);
		layout_free(&l);
		shot_free(&s);
	}
}
END_TEST

START_TEST(the_overview_is_of_both)
{
	const struct palette *p = &palettes[THEME_DARK];
	struct layout l;
	struct shot s;
	struct box b;

	write_load("a", 1, 0);
	write_load("b", 1000, 0);
	shoot(&s, "a", "b", "--size 1280x720");
	ck_assert(says(&s, "A whole run"));
	ck_assert(says(&s, "B whole run"));
	layout_make(&l, &s.view, s.source, 2);
	b = l.overview;
	for (int y = b.y + 1; y < b.y + b.h - 1; y++) {
		uint32_t px = s.canvas.px[(size_t)y * s.canvas.width + b.x + b.w - 8];

		/* A hardly used any memory, B all of it */
		ck_assert_int_eq(px == p->host_other || px == p->swapped, y >= b.y + b.h / 2);
	}
	layout_free(&l);
	shot_free(&s);
}
END_TEST

static void found(const struct shot *s, uint64_t ms, const char *words)
{
	ck_assert_msg(s->view.at == ms * STORY_MS && strstr(s->view.message, words), "%s",
		      s->view.message);
}

START_TEST(search_finds_marks_of_both_in_their_order)
{
	struct shot s;

	write_load("a", 10, 300);
	write_load("b", 10, 200);
	shoot(&s, "a", "b", "");
	strcpy(s.view.search, "MEMHOG");
	find_first(&s.view, s.source, 2);
	found(&s, 200, "1 of 2 at 0.200 s in B: guest-0: program memhog starts");
	find_step(&s.view, s.source, 2, true);
	found(&s, 300, "2 of 2 at 0.300 s in A: guest-0: program memhog starts");
	find_step(&s.view, s.source, 2, true);
	found(&s, 200, "1 of 2 at 0.200 s in B");
	find_step(&s.view, s.source, 2, false);
	found(&s, 300, "2 of 2");
	s.view.at = 250 * STORY_MS;
	find_first(&s.view, s.source, 2);
	found(&s, 300, "2 of 2");
	strcpy(s.view.search, "nowhere");
	find_first(&s.view, s.source, 2);
	ck_assert_str_eq(s.view.message, "Nothing that happened holds \"nowhere\"");
	shot_free(&s);
}
END_TEST

START_TEST(what_changed_in_a_span_is_said_of_both)
{
	struct shot s;

	write_load("a", 10, 0);
	write_load("b", 1000, 0);
	shoot(&s, "a", "b", "--size 1280x720 --select 0.2..0.4");
	check_texts(&s, "a selection");
	/* 2 samples: 100 pages each in A, 10000 in B */
	ck_assert(says(&s, "Selected 200 ms of A, host memory +7.81 MiB, swap +80.0 KiB"));
	ck_assert(says(&s, "Selected 200 ms of B, host memory +781 MiB, swap +7.81 MiB"));
	shot_free(&s);
	shoot(&s, "a", "b", "--mark-a 0.4 --mark-b 0.2");
	ck_assert(says(&s, "a to b: 200 ms of B, host memory +781 MiB"));
	shot_free(&s);
	shoot(&s, "a", NULL, "--select 0.2..0.4");
	ck_assert(says(&s, "Selected 200 ms, host memory +7.81 MiB"));
	shot_free(&s);
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("viz_two");
	TCase *t = tcase_create("viz_two");

	tcase_add_checked_fixture(t, story_enter, leave_scratch);
	tcase_add_test(t, what_is_compared_has_one_scale);
	tcase_add_test(t, all_lanes_are_seen_or_can_be_scrolled_to);
	tcase_add_test(t, nothing_stands_beside_a_cut_lane_without_its_words);
	tcase_add_test(t, the_overview_is_of_both);
	tcase_add_test(t, search_finds_marks_of_both_in_their_order);
	tcase_add_test(t, what_changed_in_a_span_is_said_of_both);
	suite_add_tcase(s, t);
	return s;
}

#endif
