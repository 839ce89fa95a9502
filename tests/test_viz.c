// SPDX-License-Identifier: GPL-2.0-only
/*
 * The viewer's pictures, without a window: what is in them, and that nothing of it is cut or
 * covered.
 */
#include "suite.h"

#include "skip.h"

#ifndef BALLAST_PICTURES
Suite *test_suite(int argc, char **argv)
{
	skip_tests(16, "pictures need libpng, FreeType and DejaVu Sans when they are built (make "
		       "deps-viz)");
	return suite_create("viz");
}
#else

#include <stdlib.h>
#include <unistd.h>

#include "picture.h"
#include "viz_shot.h"

static const char *const sizes[] = {
	"--size 1280x720",
	"--size 1920x1080",
	"--size 3840x2160 --scale 2",
	"--size 1280x720 --scale 1.5",
};

START_TEST(no_text_is_cut_or_covered)
{
	static const char *const more[] = {
		"",
		"--at 30.05",
		"--zoom 29..31 --at 30 --mark-a 29.3 --mark-b 30.9 --select 29.5..30.5",
		"--zoom 30.050..30.050002 --at 30.050001",
		"--theme light --at 60",
		"--filter guest-1 --hide host:swap --collapse guest-1", "--map guest-0 --at 30",
		"--map guest-1 --map-cell 0:1000 --theme light", "--events guest-1 --at 30.05",
	};
	struct story other = small;
	char options[256];
	struct shot s;

	story_write("a", &small);
	story_write("b", &many);
	/* Values that differ have the difference beside them. */
	other.spike_ms = 0;
	story_write("c", &other);
	snprintf(options, sizeof(options), "%s --at 30.05", sizes[_i]);
	shoot(&s, "a", "c", options);
	check_texts(&s, options);
	for (unsigned int i = 0; i < s.log.nr; i++)
		ck_assert_msg(!strstr(s.log.place[i].text, "\xe2\x80\xa6"), "%s: %s", options,
			      s.log.place[i].text);
	shot_free(&s);
	for (unsigned int i = 0; i < sizeof(more) / sizeof(*more); i++) {
		snprintf(options, sizeof(options), "%s %s", sizes[_i], more[i]);
		shoot(&s, "a", NULL, options);
		ck_assert_uint_gt(s.log.nr, 30);
		check_texts(&s, options);
		shot_free(&s);
		shoot(&s, "a", "a", options);
		check_texts(&s, options);
		shot_free(&s);
	}
	for (unsigned int i = 0; i < 3; i++) {
		snprintf(options, sizeof(options), "%s --at 2 --expand guest-2 --scroll %u",
			 sizes[_i], i * 37);
		shoot(&s, "b", NULL, options);
		check_texts(&s, options);
		shot_free(&s);
	}
}
END_TEST

START_TEST(what_runs_is_in_the_head_and_all_colours_have_words)
{
	static const char *const words[] = {
		"story.dts",
		"seed 7",
		"free page reporting",
		"used",
		"page cache",
		"free",
		"free, told to the host",
		"resident (RSS)",
		"swapped by the host",
		"guest out of memory",
		"GiB",
		"requests",
		"swap-out",
		"command begins",
		"Host memory",
		"Swap traffic",
	};
	struct shot s;

	story_write("a", &small);
	shoot(&s, "a", NULL, "--size 1280x720");
	for (unsigned int i = 0; i < sizeof(words) / sizeof(*words); i++)
		ck_assert_msg(says(&s, words[i]), "%s", words[i]);
	shot_free(&s);
}
END_TEST

START_TEST(a_lane_whose_records_are_missing_says_so)
{
	struct trace_writer *tw = trace_open("a", TRACE_FULL, NULL, 0);
	struct shot s;

	story_declare(tw, &small);
	trace_start(tw);
	TRACE(tw, STORY_MS, guest_sample, .guest = 0, .resident = 7);
	trace_close(tw);
	shoot(&s, "a", NULL, "--size 1280x720");
	ck_assert(says(&s, "Host memory: not recorded"));
	ck_assert(says(&s, "Host swap: not recorded"));
	ck_assert(says(&s, "CPU time by cause: not recorded"));
	shot_free(&s);
}
END_TEST

/* The highest row from @y on in which @color is, in column @x. */
static int top_of(const struct canvas *c, int x, int y, uint32_t color)
{
	while (y < c->height && c->px[(size_t)y * c->width + x] != color)
		y++;
	return y;
}

START_TEST(the_host_shows_where_reclaim_begins)
{
	const uint32_t color = palettes[THEME_DARK].swapped;
	struct trace_writer *tw = trace_open("a", TRACE_FULL, NULL, 0);
	struct layout l;
	struct shot s;
	int y = 0;

	TRACE(tw, 0, machine, .cpus = 1, .frames = 100000, .wmark_low = 50000);
	trace_start(tw);
	for (unsigned int i = 0; i < 10; i++)
		TRACE(tw, i * STORY_MS, host_sample, .used = 10);
	trace_close(tw);
	shoot(&s, "a", NULL, "--size 1280x720");
	ck_assert(says(&s, "reclaim begins (low watermark)"));
	layout_make(&l, &s.view, s.source, 1);
	for (unsigned int i = 0; i < l.nr_lanes; i++) {
		struct box plot = l.lane[i].plot;

		if (l.lane[i].kind != LANE_HOST_MEMORY)
			continue;
		y = top_of(&s.canvas, plot.x + 2, plot.y, color);
		ck_assert_int_ge(y, plot.y + plot.h / 2 - 1);
		ck_assert_int_le(y, plot.y + plot.h / 2 + 1);
	}
	ck_assert_int_gt(y, 0);
	layout_free(&l);
	shot_free(&s);
}
END_TEST

/* A tenth of the frames is used by the kernel, three are page cache: above it, to the line. */
START_TEST(the_host_shows_its_page_cache)
{
	const struct palette *p = &palettes[THEME_DARK];
	struct trace_writer *tw = trace_open("a", TRACE_FULL, NULL, 0);
	struct box plot = { 0 };
	struct layout l;
	struct shot s;
	int kernel = 0, cache = 0;

	TRACE(tw, 0, machine, .cpus = 1, .frames = 100000);
	trace_start(tw);
	for (unsigned int i = 0; i < 10; i++)
		TRACE(tw, i * STORY_MS, host_sample, .used = 40000, .cached = 30000);
	trace_close(tw);
	shoot(&s, "a", NULL, "--size 1280x720 --at 0.005");
	ck_assert(says(&s, "page cache"));
	ck_assert(says(&s, number_pages(30000).text));
	ck_assert(says(&s, number_pages(10000).text));
	check_texts(&s, "page cache");
	layout_make(&l, &s.view, s.source, 1);
	for (unsigned int i = 0; i < l.nr_lanes; i++)
		if (l.lane[i].kind == LANE_HOST_MEMORY)
			plot = l.lane[i].plot;
	for (int y = plot.y; y < plot.y + plot.h; y++) {
		uint32_t px = s.canvas.px[(size_t)y * s.canvas.width + plot.x + plot.w / 2];

		kernel += px == p->host_other;
		cache += px == p->part[PART_CACHE];
	}
	ck_assert_int_gt(plot.h, 20);
	ck_assert_int_le(abs(kernel * 10 - plot.h), 10);
	ck_assert_int_le(abs(cache * 10 - 3 * plot.h), 20);	/* the line covers some */
	layout_free(&l);
	shot_free(&s);
}
END_TEST

START_TEST(the_same_view_is_the_same_picture)
{
	size_t one_size, two_size;
	char error[256], *one, *two;
	struct shot s, t;

	story_write("a", &small);
	shoot(&s, "a", NULL, "--size 1280x720 --at 12.5");	/* makes the index */
	shoot(&t, "a", NULL, "--size 1280x720 --at 12.5");	/* reads it */
	ck_assert_uint_eq(digest_of(&s.canvas), digest_of(&t.canvas));
	ck_assert_int_eq(picture_write(&s.canvas, "1.png", error, sizeof(error)), 0);
	ck_assert_int_eq(picture_write(&t.canvas, "2.png", error, sizeof(error)), 0);
	one = read_file("1.png", &one_size);
	two = read_file("2.png", &two_size);
	ck_assert_uint_eq(one_size, two_size);
	ck_assert_int_eq(memcmp(one, two, one_size), 0);
	ck_assert_int_eq(picture_write(&s.canvas, "/nowhere/1.png", error, sizeof(error)), -1);
	ck_assert_str_eq(error, "/nowhere/1.png: cannot be written: No such file or directory; "
			 "name another file, or another directory");
	free(one);
	free(two);
	shot_free(&s);
	shot_free(&t);
}
END_TEST

START_TEST(a_millisecond_in_ten_minutes_is_seen)
{
	const struct story story = { .guests = 1, .samples = 6000, .spike_ms = 300050,
				     .mechanism = "none" };
	const uint32_t color = palettes[THEME_DARK].resident;
	struct layout l;
	struct shot s;
	int x;

	story_write("a", &story);
	shoot(&s, "a", NULL, "--filter guest-0");
	layout_make(&l, &s.view, s.source, 1);
	x = layout_x(&l, 300050 * STORY_MS);
	/* the line goes up to the top of the band there, and nowhere else */
	for (int other = l.plot_x; other < l.plot_x + l.plot_w; other++)
		if (abs(other - x) > 1)
			ck_assert_int_gt(top_of(&s.canvas, other, l.scroll.y, color),
					 top_of(&s.canvas, x, l.scroll.y, color) +
						 l.lane[0].plot.h / 12);
	layout_free(&l);
	shot_free(&s);
}
END_TEST

START_TEST(many_guests_are_rows_that_can_be_sorted_and_filtered)
{
	struct shot s;
	struct layout l;

	story_write("b", &many);
	shoot(&s, "b", NULL, "");
	layout_make(&l, &s.view, s.source, 1);
	ck_assert_uint_eq(l.guests_shown, 300);
	ck_assert_int_eq(l.lane[0].kind, LANE_ROW);
	ck_assert_int_gt(l.scroll_max, 0);
	layout_free(&l);
	shot_free(&s);
	shoot(&s, "b", NULL, "--filter guest-12 --expand guest-12 --sort resident");
	layout_make(&l, &s.view, s.source, 1);
	ck_assert_uint_eq(l.guests_shown, 11);
	for (unsigned int i = 0; i < 11; i++)
		ck_assert_int_eq(l.lane[i].kind, strcmp(l.lane[i].name, "guest-12") ? LANE_ROW :
				 LANE_GUEST);
	for (unsigned int i = 1; i < 11; i++)
		ck_assert_uint_ge(
			source_peak(&s.source[0], l.lane[i - 1].guest, INDEX_guest_resident),
			source_peak(&s.source[0], l.lane[i].guest, INDEX_guest_resident));
	ck_assert(says(&s, "Filters: guests with \"guest-12\" (11 of 300), c clears all"));
	layout_free(&l);
	shot_free(&s);
}
END_TEST

/* A window can be made so small. */
/* Three guests of 4, 2 and 1 GiB, and so many that have less. */
static void write_sizes(unsigned int more)
{
	struct trace_writer *tw = trace_open("s", TRACE_FULL, NULL, 0);

	TRACE(tw, 0, run, .scenario = "sizes.dts", .seed = 1, .level = TRACE_FULL);
	TRACE(tw, 0, machine, .cpus = 4, .frames = 16 << 18, .swap = 100);
	for (unsigned int g = 0; g < 3 + more; g++) {
		char name[32];

		snprintf(name, sizeof(name), "guest-%u", g);
		TRACE(tw, 0, guest, .guest = g, .name = name, .memory = 4 << 18, .vcpus = 1);
	}
	trace_start(tw);
	TRACE(tw, STORY_MS, host_sample, .used = 8 << 18);
	for (unsigned int g = 0; g < 3 + more; g++)
		TRACE(tw, STORY_MS, guest_sample, .guest = g, .resident = g < 3 ? 4 << 18 >> g : 1,
		      .free = 3 << 18, .reported = 256, .cached = 512, .ballooned = 768);
	TRACE(tw, 1000 * STORY_MS, run_end, .result = TRACE_END_OK);
	trace_close(tw);
}

START_TEST(value_lists_keep_what_weighs_most)
{
	struct shot s;

	write_sizes(300);
	shoot(&s, "s", NULL, "--size 1280x720 --filter guest-1 --at 0.5");
	ck_assert(says(&s, "guest-0"));
	ck_assert(says(&s, "4.00 GiB"));
	ck_assert(says(&s, "2.00 GiB"));
	ck_assert(says(&s, " more"));
	check_texts(&s, "many guests");
	shot_free(&s);
	write_sizes(0);
	shoot(&s, "s", NULL, "--size 1280x720 --at 0.5");
	/* the legend's words; of the parts, the largest first */
	ck_assert(says(&s, "resident (RSS)"));
	ck_assert(says(&s, "3.00 GiB"));
	ck_assert(says(&s, " more"));
	check_texts(&s, "little room");
	shot_free(&s);
}
END_TEST

START_TEST(all_cells_of_the_map_have_words)
{
	struct shot s;

	story_write("a", &small);
	shoot(&s, "a", NULL, "--map guest-0 --at 20");
	ck_assert(says(&s, "not heard of yet"));
	ck_assert(says(&s, "not touched yet"));
	shot_free(&s);
}
END_TEST

START_TEST(a_picture_too_small_for_its_scale_is_cut)
{
	static const char *const options[] = {
		"--size 640x360 --scale 3", "--size 640x360 --scale 3 --map guest-0 --at 20",
		"--size 640x360 --scale 3 --events guest-0 --at 20",
	};

	story_write("a", &small);
	for (unsigned int i = 0; i < 3; i++) {
		struct shot s;

		shoot(&s, "a", NULL, options[i]);
		ck_assert_ptr_null(s.source[0].error);
		shot_free(&s);
	}
}
END_TEST

START_TEST(no_line_of_the_legend_ends_with_the_name_of_a_group)
{
	struct shot s;

	story_write("a", &small);
	for (int width = 900; width < 2000; width += 20) {
		char options[80];

		snprintf(options, sizeof(options), "--size %dx720 --at 7", width);
		shoot(&s, "a", NULL, options);
		for (unsigned int i = 0; i < s.log.nr; i++) {
			const struct text_place *t = &s.log.place[i], *next = t + 1;

			if (!strcmp(t->text, "Ticks:") || !strcmp(t->text, "Marks:") ||
			    !strcmp(t->text, "CPU time:") || !strcmp(t->text, "Host memory:") ||
			    !strcmp(t->text, "Held by the host:"))
				ck_assert_msg(i + 1 < s.log.nr && next->box.y <= t->box.y + 2,
					      "%s: %s", options, t->text);
		}
		shot_free(&s);
	}
}
END_TEST

/* Pages that are swapped out, and CPU time, at a rate of 1 in ms and of 1 %. */
static void write_rates(void)
{
	struct trace_writer *tw = trace_open("r", TRACE_FULL, NULL, 0);

	TRACE(tw, 0, run, .scenario = "rates.dts", .seed = 1, .level = TRACE_FULL);
	TRACE(tw, 0, machine, .cpus = 1, .frames = 100000, .swap = 100000);
	TRACE(tw, 0, guest, .guest = 0, .name = "guest-0", .memory = 50000, .vcpus = 1);
	trace_start(tw);
	for (unsigned int i = 0; i <= 10; i++) {
		TRACE(tw, i * 100 * STORY_MS, host_sample, .swap_out = i * 100);
		TRACE(tw, i * 100 * STORY_MS, cpu_sample, .guest = 0, .program = STORY_MS);
	}
	trace_close(tw);
}

START_TEST(rates_are_the_same_however_short_a_column_is)
{
	static const char *const options[] = { "", "--zoom 0.5..0.52", "--zoom 0.52..0.53" };
	struct shot s;

	write_rates();
	for (unsigned int i = 0; i < 3; i++) {
		shoot(&s, "r", NULL, options[i]);
		ck_assert_msg(says_just(&s, "3.91 MiB/s") || !i, "%s", options[i]);
		ck_assert_msg(says_just(&s, "1.0 %") || !i, "%s", options[i]);
		shot_free(&s);
	}
	shoot(&s, "r", NULL, "--zoom 0.52..0.520001");
	ck_assert(says_just(&s, "1.0 %"));
	shot_free(&s);
}
END_TEST

START_TEST(the_chain_of_a_record_is_shown_whole)
{
	struct trace_writer *tw = trace_open("e", TRACE_FULL, NULL, 0);
	struct shot s;

	TRACE(tw, 0, run, .scenario = "chain.dts", .seed = 1, .level = TRACE_FULL);
	TRACE(tw, 0, machine, .cpus = 1, .frames = 10000);
	TRACE(tw, 0, guest, .guest = 0, .name = "one", .memory = 4096, .vcpus = 1);
	trace_start(tw);
	TRACE(tw, 1000, site, .id = 1, .function = "a_function_with_a_long_name",
	      .file = "driver-src/linux/guest/page_hinting_bitmap.c", .line = 1321);
	TRACE(tw, 3000, request, .guest = 0, .id = 8, .role = TRACE_ROLE_REPORT,
	      .device = "balloon", .queue = 3, .site = 1);
	for (unsigned int i = 0; i < 40; i++)
		TRACE(tw, 3500, discard, .guest = 0, .gfn = i, .nr = 1, .cause = 8, .site = 1);
	TRACE(tw, 3600, report_request, .guest = 0, .blocks = 1, .bytes = 1 << 21, .id = 8,
	      .site = 1);
	trace_close(tw);
	shoot(&s, "e", NULL, "--at 0.000003 --events one");
	check_texts(&s, "a chain");
	for (unsigned int i = 0; i < s.log.nr; i++)
		ck_assert_msg(!strstr(s.log.place[i].text, "\xe2\x80\xa6"), "%s",
			      s.log.place[i].text);
	ck_assert(says_just(&s, "driver-src/linux/guest/page_hinting_bitmap.c:1321"));
	ck_assert(says_just(&s, "a_function_with_a_long_name"));
	ck_assert(says_just(&s, "discard, 40 times"));
	ck_assert(says_just(&s, "report_request"));
	shot_free(&s);
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("viz");
	TCase *t = tcase_create("viz");

	tcase_add_checked_fixture(t, story_enter, leave_scratch);
	tcase_add_loop_test(t, no_text_is_cut_or_covered, 0, 4);
	tcase_add_test(t, what_runs_is_in_the_head_and_all_colours_have_words);
	tcase_add_test(t, a_lane_whose_records_are_missing_says_so);
	tcase_add_test(t, the_host_shows_where_reclaim_begins);
	tcase_add_test(t, the_host_shows_its_page_cache);
	tcase_add_test(t, the_same_view_is_the_same_picture);
	tcase_add_test(t, no_line_of_the_legend_ends_with_the_name_of_a_group);
	tcase_add_test(t, rates_are_the_same_however_short_a_column_is);
	tcase_add_test(t, the_chain_of_a_record_is_shown_whole);
	tcase_add_test(t, value_lists_keep_what_weighs_most);
	tcase_add_test(t, all_cells_of_the_map_have_words);
	tcase_add_test(t, a_picture_too_small_for_its_scale_is_cut);
	tcase_add_test(t, a_millisecond_in_ten_minutes_is_seen);
	tcase_add_test(t, many_guests_are_rows_that_can_be_sorted_and_filtered);
	suite_add_tcase(s, t);
	return s;
}

#endif
