// SPDX-License-Identifier: GPL-2.0-only
/*
 * The viewer's pictures, without a window: what is in them, that nothing of it is cut or covered,
 * that colours can be told apart, and the command line.
 */
#include "suite.h"

#include "skip.h"

#ifndef BALLAST_PICTURES
Suite *test_suite(int argc, char **argv)
{
	skip_tests(21, "pictures need libpng, FreeType and DejaVu Sans when they are built (make "
		       "deps-viz)");
	return suite_create("viz");
}
#else

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli_run.h"
#include "events.h"
#include "format.h"
#include "frame.h"
#include "number.h"
#include "picture.h"
#include "trace_story.h"

/* A picture of the traces with the options of a command line. */
struct shot {
	struct view view;
	struct source source[SOURCES_MAX];
	unsigned int nr;
	struct canvas canvas;
	struct text_log log;
};

static void take_options(struct view *v, const char *options)
{
	char text[512], error[256], *word[64], *save = NULL;
	unsigned int nr = 0;

	snprintf(text, sizeof(text), "%s", options);
	for (char *w = strtok_r(text, " ", &save); w; w = strtok_r(NULL, " ", &save))
		word[nr++] = w;
	word[nr] = NULL;
	for (unsigned int i = 0; i < nr; i += 2)
		ck_assert_msg(view_option(v, word + i, error, sizeof(error)) == 2, "%s: %s",
			      word[i], error);
}

static void shoot(struct shot *s, const char *a, const char *b, const char *options)
{
	*s = (struct shot){ .nr = b ? 2 : 1 };
	view_init(&s->view);
	take_options(&s->view, options);
	source_open(&s->source[0], a, true);
	if (b)
		source_open(&s->source[1], b, true);
	view_end(&s->view, sources_end(s->source, s->nr));
	canvas_init(&s->canvas, s->view.width, s->view.height);
	s->canvas.log = &s->log;
	frame_draw(&s->canvas, &s->view, s->source, s->nr);
}

static void shot_free(struct shot *s)
{
	for (unsigned int i = 0; i < s->nr; i++) {
		events_close(&s->source[i]);
		source_close(&s->source[i]);
	}
	canvas_free(&s->canvas);
	text_log_free(&s->log);
	view_free(&s->view);
}

static bool says(const struct shot *s, const char *what)
{
	for (unsigned int i = 0; i < s->log.nr; i++)
		if (strstr(s->log.place[i].text, what))
			return true;
	return false;
}

static uint64_t digest_of(const struct canvas *c)
{
	uint64_t d = 1;

	for (size_t i = 0; i < (size_t)c->width * c->height; i++)
		d = (d ^ c->px[i]) * UINT64_C(0x9e3779b97f4a7c15);
	return d;
}

static const struct story small = { .guests = 3, .samples = 600, .spike_ms = 30050, .faults = 4,
				    .mechanism = "free page reporting" };
static const struct story many = { .guests = 300, .samples = 40, .mechanism = "balloon" };

/* Text */

static bool overlap(const struct box *a, const struct box *b)
{
	return a->x < b->x + b->w && b->x < a->x + a->w && a->y < b->y + b->h && b->y < a->y + a->h;
}

static void check_texts(const struct shot *s, const char *what)
{
	for (unsigned int i = 0; i < s->log.nr; i++) {
		const struct text_place *t = &s->log.place[i];

		ck_assert_msg(t->box.x >= 0 && t->box.y >= 0 &&
				      t->box.x + t->box.w <= s->canvas.width &&
				      t->box.y + t->box.h <= s->canvas.height,
			      "%s: \"%s\" leaves the picture", what, t->text);
		ck_assert_msg(t->box.x >= t->clip.x && t->box.y >= t->clip.y &&
				      t->box.x + t->box.w <= t->clip.x + t->clip.w &&
				      t->box.y + t->box.h <= t->clip.y + t->clip.h,
			      "%s: \"%s\" is cut", what, t->text);
		for (unsigned int k = 0; k < i; k++)
			ck_assert_msg(!overlap(&t->box, &s->log.place[k].box),
				      "%s: \"%s\" (%d, %d) and \"%s\" (%d, %d) overlap", what,
				      t->text, t->box.x, t->box.y, s->log.place[k].text,
				      s->log.place[k].box.x, s->log.place[k].box.y);
	}
}

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
	char options[256];
	struct shot s;

	story_write("a", &small);
	story_write("b", &many);
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
	ck_assert(says(&s, "CPU time by cause over time: not recorded"));
	shot_free(&s);
}
END_TEST

/* Pictures */

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

/*
 * A picture that was looked at.  It changes with what is drawn, and with Debian 12's FreeType and
 * DejaVu Sans: then look again, and take over what is printed.
 */
START_TEST(pictures_are_as_they_were)
{
	static const struct {
		const char *options;
		uint64_t digest;
	} known[] = {
		{ "--size 1280x720 --at 30.05", UINT64_C(0xee0cfb2a9e6a070b) },
		{ "--size 1280x720 --theme light --zoom 20..40 --select 25..28 --map guest-1",
		  UINT64_C(0x9d86bdb9d80cc409) },
	};
	struct shot s;

	story_write("a", &small);
	for (unsigned int i = 0; i < sizeof(known) / sizeof(*known); i++) {
		shoot(&s, "a", NULL, known[i].options);
		ck_assert_msg(digest_of(&s.canvas) == known[i].digest, "%s: UINT64_C(0x%llx)",
			      known[i].options, (unsigned long long)digest_of(&s.canvas));
		shot_free(&s);
	}
}
END_TEST

/* Files that are not what they should be */

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

/* The highest row from @y on in which @color is, in column @x. */
static int top_of(const struct canvas *c, int x, int y, uint32_t color)
{

	while (y < c->height && c->px[(size_t)y * c->width + x] != color)
		y++;
	return y;
}

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

/* Colours: Machado, Oliveira and Fernandes (2009), severity 1, in linear light; difference in
 * CIELAB. */

static const double blindness[4][3][3] = {
	{ { 1, 0, 0 }, { 0, 1, 0 }, { 0, 0, 1 } },
	{ { 0.152286, 1.052583, -0.204868 }, { 0.114503, 0.786281, 0.099216 },
	  { -0.003882, -0.048116, 1.051998 } },
	{ { 0.367322, 0.860646, -0.227968 }, { 0.280085, 0.672501, 0.047413 },
	  { -0.011820, 0.042940, 0.968881 } },
	{ { 1.255528, -0.076749, -0.178779 }, { -0.078411, 0.930809, 0.147602 },
	  { 0.004733, 0.691367, 0.303900 } },
};

static double linear(uint32_t channel)
{
	double v = channel / 255.0;

	return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}

static double lab_f(double t)
{
	return t > 0.008856 ? cbrt(t) : 7.787 * t + 16.0 / 116;
}

static void seen_as(uint32_t color, unsigned int how, double lab[3])
{
	double in[3] = { linear(color >> 16 & 255), linear(color >> 8 & 255), linear(color & 255) };
	double out[3], x, y, z;

	for (unsigned int i = 0; i < 3; i++) {
		out[i] = 0;
		for (unsigned int k = 0; k < 3; k++)
			out[i] += blindness[how][i][k] * in[k];
		out[i] = out[i] < 0 ? 0 : out[i] > 1 ? 1 : out[i];
	}
	x = (0.4124 * out[0] + 0.3576 * out[1] + 0.1805 * out[2]) / 0.95047;
	y = 0.2126 * out[0] + 0.7152 * out[1] + 0.0722 * out[2];
	z = (0.0193 * out[0] + 0.1192 * out[1] + 0.9505 * out[2]) / 1.08883;
	lab[0] = 116 * lab_f(y) - 16;
	lab[1] = 500 * (lab_f(x) - lab_f(y));
	lab[2] = 200 * (lab_f(y) - lab_f(z));
}

/* Each color from each of the others, for each kind of sight. */
static void check_apart(const uint32_t *color, unsigned int nr, const char *what)
{
	for (unsigned int how = 0; how < 4; how++)
		for (unsigned int i = 0; i < nr; i++)
			for (unsigned int k = 0; k < i; k++) {
				double a[3], b[3], d;

				seen_as(color[i], how, a);
				seen_as(color[k], how, b);
				d = sqrt(pow(a[0] - b[0], 2) + pow(a[1] - b[1], 2) +
					 pow(a[2] - b[2], 2));
				ck_assert_msg(d >= 10, "%s %u and %u, sight %u: %.1f", what, i, k,
					      how, d);
			}
}

START_TEST(colours_can_be_told_apart_by_whoever_looks)
{
	const struct palette *p = &palettes[_i];
	uint32_t colors[NR_CAUSES + NR_PARTS], pair[3] = { p->swap_out, p->swap_in, p->lane };

	memcpy(colors, p->part, sizeof(p->part));
	colors[NR_PARTS] = p->swapped;
	check_apart(colors, NR_PARTS + 1, "part");
	check_apart(p->cause, NR_CAUSES, "cause");
	check_apart(pair, 3, "traffic");
	for (unsigned int i = 0; i < NR_SHADES; i++) {
		uint32_t next[2] = { p->shade[i], p->shade[(i + 1) % NR_SHADES] };

		check_apart(next, 2, "shade");
	}
}
END_TEST

/* 4.5 : 1, as WCAG 2 asks for. */
static double contrast(uint32_t a, uint32_t b)
{
	double l[2];

	for (unsigned int i = 0; i < 2; i++) {
		uint32_t c = i ? b : a;

		l[i] = 0.2126 * linear(c >> 16 & 255) + 0.7152 * linear(c >> 8 & 255) +
		       0.0722 * linear(c & 255);
	}
	return (fmax(l[0], l[1]) + 0.05) / (fmin(l[0], l[1]) + 0.05);
}

START_TEST(text_has_contrast)
{
	const struct palette *p = &palettes[_i];

	ck_assert_double_ge(contrast(p->text, p->back), 7);
	ck_assert_double_ge(contrast(p->dim, p->back), 4.5);
	ck_assert_double_ge(contrast(p->text, p->lane), 7);
	ck_assert_double_ge(contrast(p->alarm, p->back), 4.5);
	ck_assert_double_ge(contrast(p->back, p->select), 4.5);
	ck_assert_double_ge(contrast(p->back, p->target), 4.5);
}
END_TEST

/* The command line */

START_TEST(a_view_and_its_command_line_are_the_same)
{
	static const char *const options[] = {
		"",
		"--zoom 1.5..2.000000001 --at 1.7 --size 1280x720 --scale 1.25 --theme light",
		"--select 0.1..0.2 --mark-a 7ms --mark-b 3us --filter x-1 --sort swapped --scroll "
		"12",
		"--hide a --hide b --expand c --collapse d --pin e --scale 2.5",
	};
	char *trace[] = { "a trace.t", "b" };

	for (unsigned int i = 0; i < 4; i++) {
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

/* A window can be made so small. */
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

/* The beginning of a run is asked for before its end is known. */
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
	Suite *s = suite_create("viz");
	TCase *pictures = tcase_create("pictures"), *words = tcase_create("words");

	tcase_add_checked_fixture(pictures, story_enter, leave_scratch);
	tcase_add_loop_test(pictures, no_text_is_cut_or_covered, 0, 4);
	tcase_add_test(pictures, what_runs_is_in_the_head_and_all_colours_have_words);
	tcase_add_test(pictures, a_lane_whose_records_are_missing_says_so);
	tcase_add_test(pictures, the_same_view_is_the_same_picture);
	tcase_add_test(pictures, pictures_are_as_they_were);
	tcase_add_test(pictures, a_picture_too_small_for_its_scale_is_cut);
	tcase_add_test(pictures, a_trace_with_changed_bytes_is_shown_or_explained);
	tcase_add_test(pictures, an_index_with_wrong_numbers_does_no_harm);
	tcase_add_test(pictures, a_millisecond_in_ten_minutes_is_seen);
	tcase_add_test(pictures, files_that_cannot_be_shown_are_explained);
	tcase_add_test(pictures, many_guests_are_rows_that_can_be_sorted_and_filtered);
	tcase_add_test(pictures, two_traces_show_their_difference_at_the_cursor);
	suite_add_tcase(s, pictures);
	tcase_add_loop_test(words, colours_can_be_told_apart_by_whoever_looks, 0, NR_THEMES);
	tcase_add_loop_test(words, text_has_contrast, 0, NR_THEMES);
	tcase_add_test(words, a_view_and_its_command_line_are_the_same);
	tcase_add_test(words, wrong_options_say_what_is_right);
	tcase_add_test(words, zooming_keeps_what_is_under_the_pointer);
	tcase_add_test(words, zooming_to_the_start_is_no_zooming_out);
	suite_add_tcase(s, words);
	return s;
}

#endif
