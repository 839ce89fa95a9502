// SPDX-License-Identifier: GPL-2.0-only
/*
 * The viewer's map of memory, cause and effect, and what hands do, without a window.
 */
#include "suite.h"

#include "skip.h"

#ifndef BALLAST_PICTURES
Suite *test_suite(int argc, char **argv)
{
	skip_tests(9, "the viewer needs libpng, FreeType and DejaVu Sans when it is built (make "
		      "deps-viz)");
	return suite_create("viz_hands");
}
#else

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli_run.h"
#include "events.h"
#include "frame.h"
#include "input.h"
#include "map.h"
#include "panel.h"
#include "trace_story.h"

/* Pages */

#define STEPS 200000u
#define PAGES 4096u

/* What becomes of single pages, step by step; the same for whoever asks. */
static uint32_t random_at(uint32_t step)
{
	uint32_t x = step * 2654435761u + 12345;

	x ^= x >> 15;
	x *= 2246822519u;
	return x ^ x >> 13;
}

static void write_pages(void)
{
	char error[256];
	struct trace_writer *tw = trace_open("p", TRACE_FULL, error, sizeof(error));

	ck_assert_msg(tw != NULL, "%s", error);
	TRACE(tw, 0, run, .scenario = "pages.dts", .seed = 1, .level = TRACE_FULL);
	TRACE(tw, 0, guest, .guest = 0, .name = "one", .memory = PAGES, .vcpus = 1);
	trace_start(tw);
	for (uint32_t i = 1; i < STEPS; i++) {
		uint32_t r = random_at(i), page = r % PAGES;

		switch (r >> 16 & 3) {
		case 0:
			TRACE(tw, i * 1000, ept_fault, .guest = 0, .gfn = page, .nr = 1);
			break;
		case 1:
			TRACE(tw, i * 1000, discard, .guest = 0, .gfn = page & ~63u, .nr = 64);
			break;
		case 2:
			TRACE(tw, i * 1000, alloc_block, .guest = 0, .pfn = page, .order = 0);
			break;
		default:
			TRACE(tw, i * 1000, free_block, .guest = 0, .pfn = page & ~3u, .order = 2);
			break;
		}
	}
	trace_close(tw);
}

/* The same in the plainest way. */
static void replay(uint8_t *state, uint32_t until)
{
	memset(state, 0, PAGES);
	for (uint32_t i = 1; i <= until; i++) {
		uint32_t r = random_at(i), page = r % PAGES, was = state[page] & 15;

		switch (r >> 16 & 3) {
		case 0:
			state[page] = (state[page] & 15) | PAGE_4K << 4;
			break;
		case 1:
			for (uint32_t k = page & ~63u; k < (page & ~63u) + 64; k++)
				state[k] = (state[k] & 15) | PAGE_ABSENT << 4;
			break;
		case 2:	/* the rest of a block of four is a block of two and one of one */
			if (was == PAGE_FREE + 2) {
				state[(page & ~1u) ^ 2] =
					(state[(page & ~1u) ^ 2] & 0xf0) | (PAGE_FREE + 1);
				state[(page & ~1u) ^ 3] =
					(state[(page & ~1u) ^ 3] & 0xf0) | (PAGE_FREE + 1);
			}
			if (was == PAGE_FREE + 2 || was == PAGE_FREE + 1)
				state[page ^ 1] = (state[page ^ 1] & 0xf0) | PAGE_FREE;
			state[page] = (state[page] & 0xf0) | PAGE_USED;
			break;
		default:
			for (uint32_t k = page & ~3u; k < (page & ~3u) + 4; k++)
				state[k] = (state[k] & 0xf0) | (PAGE_FREE + 2);
			break;
		}
	}
}

START_TEST(pages_are_as_the_records_made_them_at_any_time)
{
	static const uint32_t steps[] = { 1, 50000, 50001, 199999, 120000, 3, 120000, 77777 };
	struct trace_index *index;
	struct index_memory *m;
	uint8_t want[PAGES];
	char error[256];

	write_pages();
	index = index_make("p", 2, error, sizeof(error));
	ck_assert_msg(index != NULL, "%s", error);
	/* also between the parts that are read side by side, of 16 blocks at least */
	ck_assert_uint_gt(index->head.section[INDEX_FRAMES].nr,
			  index->head.section[INDEX_BLOCKS].nr / 16 + 1);
	m = index_memory_open(index, "p", 0);
	ck_assert_ptr_nonnull(m);
	for (unsigned int i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		index_memory_go(m, steps[i] * UINT64_C(1000));
		replay(want, steps[i] < STEPS ? steps[i] : STEPS - 1);
		for (unsigned int p = 0; p < PAGES; p++) {
			uint8_t is = index_pages_at(&m->pages, p);

			/* a part cannot know of which free block a page was that it has not seen */
			ck_assert_uint_eq(page_host(is), page_host(want[p]));
			if (page_guest(is) != page_guest(want[p]))
				ck_assert_msg(page_guest(is) >= PAGE_FREE &&
						      page_guest(want[p]) >= PAGE_FREE,
					      "step %u page %u: %u %u", steps[i], p, is, want[p]);
		}
	}
	index_memory_close(m);
	index_free(index);
}
END_TEST

static void write_told(void)
{
	char error[256];
	struct trace_writer *tw = trace_open("told", TRACE_FULL, error, sizeof(error));

	TRACE(tw, 0, run, .scenario = "told.dts", .seed = 1, .level = TRACE_FULL);
	TRACE(tw, 0, machine, .cpus = 1, .frames = 10000);
	TRACE(tw, 0, guest, .guest = 0, .name = "one", .memory = PAGES, .vcpus = 1);
	trace_start(tw);
	TRACE(tw, 100, guest_sample, .guest = 0, .resident = 1024);
	TRACE(tw, 1000, site, .id = 1, .function = "report", .file = "driver-src/driver.c",
	      .line = 321);
	TRACE(tw, 1000, site, .id = 2, .function = "serve", .file = "driver-src/device.c",
	      .line = 12);
	TRACE(tw, 1000, ept_fault, .guest = 0, .gfn = 1024, .nr = 512, .id = 1);
	TRACE(tw, 2000, free_block, .guest = 0, .pfn = 1024, .order = 9);
	TRACE(tw, 3000, isolate, .guest = 0, .id = 7, .pfn = 1024, .order = 9, .site = 1);
	TRACE(tw, 3000, request, .guest = 0, .id = 8, .cause = 7, .role = TRACE_ROLE_REPORT,
	      .device = "balloon", .queue = 3, .site = 1);
	TRACE(tw, 3000, named, .guest = 0, .cause = 8, .gfn = 1024, .nr = 512);
	TRACE(tw, 3100, kick, .guest = 0, .id = 9, .cause = 8, .device = "balloon", .queue = 3,
	      .site = 1);
	TRACE(tw, 3500, discard, .guest = 0, .gfn = 1024, .nr = 512, .given_back = 512, .cause = 8,
	      .site = 2);
	TRACE(tw, 3600, report_request, .guest = 0, .blocks = 1, .bytes = 1 << 21, .id = 8,
	      .kick = 9, .thread = "main", .site = 2);
	TRACE(tw, 4000, putback, .guest = 0, .pfn = 1024, .order = 9);
	TRACE(tw, 4000, merge_block, .guest = 0, .pfn = 1024, .order = 9, .last = 1024,
	      .last_order = 9);
	TRACE(tw, 5000, request, .guest = 0, .id = 20, .role = TRACE_ROLE_REPORT,
	      .device = "balloon");
	TRACE(tw, 9000, alloc_block, .guest = 0, .pfn = 1024, .order = 0);
	TRACE(tw, 10000, run_end, .result = TRACE_END_OK);
	trace_close(tw);
}

START_TEST(a_block_that_was_told_is_so_until_it_is_taken)
{
	static const struct {
		uint64_t time;
		uint64_t page;
		unsigned int guest, host;
	} at[] = {
		{ 1500, 1024, PAGE_UNHEARD, PAGE_2M },
		{ 2500, 1030, PAGE_FREE + 9, PAGE_2M },
		{ 3550, 1030, PAGE_REPORTED, PAGE_ABSENT },
		{ 8000, 1535, PAGE_REPORTED, PAGE_ABSENT },
		{ 9500, 1024, PAGE_USED, PAGE_ABSENT },
		{ 9500, 1536, PAGE_UNHEARD, PAGE_UNTOUCHED },
	};
	struct trace_index *index;
	struct index_memory *m;
	char error[256];

	write_told();
	index = index_make("told", 1, error, sizeof(error));
	m = index_memory_open(index, "told", 0);
	ck_assert_ptr_nonnull(m);
	for (unsigned int i = 0; i < sizeof(at) / sizeof(*at); i++) {
		index_memory_go(m, at[i].time);
		ck_assert_uint_eq(page_guest(index_pages_at(&m->pages, at[i].page)), at[i].guest);
		ck_assert_uint_eq(page_host(index_pages_at(&m->pages, at[i].page)), at[i].host);
	}
	index_memory_close(m);
	index_free(index);
}
END_TEST

/* Cause and effect */

START_TEST(a_discard_leads_back_to_the_block_that_was_isolated)
{
	const struct event *e, *cause;
	struct events *events;
	struct source s;
	char *fields;

	write_told();
	ck_assert(source_open(&s, "told", true));
	events = events_around(&s, events_nearest(&s, 0, 3500));
	e = events_find(events, events_nearest(&s, 0, 3500));
	ck_assert_uint_eq(e->type, TRACE_ID_discard);
	ck_assert_str_eq(events_site(events, e->site), "driver-src/device.c:12 serve");
	cause = events_cause(events, e->cause);
	ck_assert_uint_eq(cause->type, TRACE_ID_request);
	ck_assert_str_eq(events_site(events, cause->site), "driver-src/driver.c:321 report");
	/* what follows from the request: kick, discard, answer */
	e = events_effect(events, cause->id, NULL);
	ck_assert_uint_eq(e->type, TRACE_ID_kick);
	e = events_effect(events, cause->id, e);
	ck_assert_uint_eq(e->type, TRACE_ID_discard);
	e = events_effect(events, cause->id, e);
	ck_assert_uint_eq(e->type, TRACE_ID_report_request);
	ck_assert_ptr_null(events_effect(events, cause->id, e));
	cause = events_cause(events, cause->cause);
	ck_assert_uint_eq(cause->type, TRACE_ID_isolate);
	ck_assert_ptr_null(events_cause(events, cause->cause));
	fields = events_fields(&s, e->record);
	ck_assert_msg(strstr(fields, "bytes=2097152\n") && strstr(fields, "thread=main\n"), "%s",
		      fields);
	free(fields);
	events_close(&s);
	source_close(&s);
}
END_TEST

START_TEST(the_next_and_previous_of_a_kind_are_found)
{
	struct source s;
	uint64_t first, second;

	write_told();
	ck_assert(source_open(&s, "told", true));
	first = events_nearest(&s, 0, 3001);
	first = events_same(&s, events_nearest(&s, 0, 5000), false);
	second = events_same(&s, first, true);
	ck_assert_uint_lt(first, second);
	ck_assert_uint_eq(events_same(&s, second, true), second);
	ck_assert_uint_eq(events_same(&s, first, false), first);
	ck_assert_uint_eq(events_find(events_around(&s, second), second)->time, 5000);
	events_close(&s);
	source_close(&s);
}
END_TEST

/* Hands */

struct hands {
	struct view view;
	struct source source;
	struct input in;
	struct layout layout;
};

static const struct story story = { .guests = 3, .samples = 600, .mechanism = "none" };

static void hands_init(struct hands *h, const char *trace)
{
	view_init(&h->view);
	ck_assert(source_open(&h->source, trace, true));
	view_end(&h->view, h->source.index->head.time);
	h->in = (struct input){ .v = &h->view, .source = &h->source, .nr_sources = 1 };
	layout_make(&h->layout, &h->view, &h->source, 1);
}

static void hands_free(struct hands *h)
{
	layout_free(&h->layout);
	free(h->in.copy);
	events_close(&h->source);
	source_close(&h->source);
	view_free(&h->view);
}

static void type(struct hands *h, const char *text)
{
	input_handle(&h->in, &(struct input_event){ .kind = INPUT_TEXT, .text = text });
}

static void press_key(struct hands *h, int key, bool ctrl)
{
	input_handle(&h->in, &(struct input_event){ .kind = INPUT_KEY, .key = key, .ctrl = ctrl });
}

static void drag(struct hands *h, int x0, int y0, int x1, int y1)
{
	input_handle(&h->in, &(struct input_event){ .kind = INPUT_PRESS, .x = x0, .y = y0,
						    .clicks = 1 });
	input_handle(&h->in, &(struct input_event){ .kind = INPUT_MOVE, .x = x1, .y = y1 });
	input_handle(&h->in, &(struct input_event){ .kind = INPUT_RELEASE, .x = x1, .y = y1,
						    .clicks = 1 });
}

START_TEST(the_mouse_zooms_pans_selects_and_points)
{
	struct hands h;
	uint64_t at;
	int x, y;

	story_write("a", &story);
	hands_init(&h, "a");
	x = h.layout.plot_x + h.layout.plot_w / 4;
	y = h.layout.scroll.y + 20;
	at = layout_time(&h.layout, x);
	for (unsigned int i = 0; i < 5; i++)
		input_handle(&h.in, &(struct input_event){ .kind = INPUT_WHEEL, .x = x, .y = y,
							   .wheel = 1 });
	h.layout.from = h.view.from;
	h.layout.to = h.view.to;
	ck_assert_int_le(abs(layout_x(&h.layout, at) - x), 1);
	ck_assert_uint_lt(h.view.to - h.view.from, h.view.end / 3 + 1);
	drag(&h, x, y, x + 50, y);
	h.layout.from = h.view.from;
	h.layout.to = h.view.to;
	ck_assert_int_le(abs(layout_x(&h.layout, at) - (x + 50)), 1);
	drag(&h, x, y, x, y);
	ck_assert(h.view.has_at);
	ck_assert_uint_eq(h.view.at, layout_time(&h.layout, x));
	drag(&h, x, h.layout.ruler.y + 3, x + 90, h.layout.ruler.y + 3);
	ck_assert(h.view.has_select);
	ck_assert_uint_eq(h.view.select_from, layout_time(&h.layout, x));
	ck_assert_uint_eq(h.view.select_to, layout_time(&h.layout, x + 90));
	type(&h, "z");
	ck_assert_uint_eq(h.view.from, h.view.select_from);
	input_handle(&h.in,
		     &(struct input_event){ .kind = INPUT_PRESS, .x = x, .y = y, .clicks = 2 });
	ck_assert_uint_eq(h.view.to - h.view.from, h.view.end);
	hands_free(&h);
}
END_TEST

START_TEST(keys_search_filter_copy_and_clear)
{
	struct hands h;

	story_write("a", &story);
	hands_init(&h, "a");
	type(&h, "/");
	type(&h, "q");
	type(&h, "oom");
	ck_assert(!h.in.quit);
	ck_assert_str_eq(h.view.search, "qoom");
	press_key(&h, KEY_ESCAPE, false);
	type(&h, "/");
	type(&h, "Out of memory");
	press_key(&h, KEY_RETURN, false);
	ck_assert_uint_eq(h.view.at, 100 * STORY_MS * (story.samples / 3 + 1));
	ck_assert_msg(strstr(h.view.message, "1 of 1") != NULL, "%s", h.view.message);
	type(&h, "g");
	type(&h, "guest-2");
	press_key(&h, KEY_RETURN, false);
	ck_assert_str_eq(h.view.filter, "guest-2");
	ck_assert(view_filtered(&h.view));
	type(&h, "c");
	ck_assert(!view_filtered(&h.view));
	press_key(&h, 'c', true);
	ck_assert_msg(!strncmp(h.in.copy, "ballast-view a --zoom 0..60.1 --at 20.1 ", 40), "%s",
		      h.in.copy);
	press_key(&h, '+', true);
	ck_assert_int_eq(h.view.scale, 125);
	for (unsigned int i = 0; i < 5; i++)
		press_key(&h, KEY_ESCAPE, false);
	ck_assert(!h.view.has_at && !*h.view.search);
	type(&h, "q");
	ck_assert(h.in.quit);
	hands_free(&h);
}
END_TEST

START_TEST(lanes_are_hidden_pinned_and_folded_by_hand)
{
	const struct lane *lane;
	struct hands h;
	char name[64];

	story_write("a", &story);
	hands_init(&h, "a");
	lane = &h.layout.lane[1];
	snprintf(name, sizeof(name), "%s", lane->name);
	drag(&h, lane->gutter.x + 5, lane->gutter.y + 5, lane->gutter.x + 5, lane->gutter.y + 5);
	ck_assert(names_have(&h.view.collapsed, name));
	type(&h, "p");
	ck_assert_uint_eq(h.view.pinned.nr, 1);
	type(&h, "h");
	ck_assert_uint_eq(h.view.hidden.nr, 1);
	hands_free(&h);
}
END_TEST

START_TEST(panels_are_opened_by_a_key_and_answer_clicks)
{
	struct canvas c;
	struct hands h;
	uint64_t page, record;

	write_told();
	hands_init(&h, "told");
	canvas_init(&c, h.view.width, h.view.height);
	h.view.has_at = true;
	h.view.at = 3550;
	type(&h, "m");
	ck_assert_str_eq(h.view.map, "one");
	layout_free(&h.layout);
	layout_make(&h.layout, &h.view, &h.source, 1);
	frame_draw(&c, &h.view, &h.source, 1);
	for (int y = h.layout.panel.y; y < h.layout.panel.y + h.layout.panel.h; y++)
		if (map_page_at(&h.layout, &h.view, &h.source, h.layout.panel.x + 3, y, &page))
			break;
	ck_assert_uint_eq(page, 0);
	map_words(h.view.message, sizeof(h.view.message), &h.source, &h.view, 1030);
	ck_assert_str_eq(h.view.message,
			 "Page 0x406 (4.02 MiB): told to the host; for the host absent");
	type(&h, "e");
	ck_assert_str_eq(h.view.map, "");
	ck_assert_str_eq(h.view.events, "one");
	frame_draw(&c, &h.view, &h.source, 1);
	ck_assert_uint_gt(h.source.events->nr_lines, 5);
	ck_assert(panel_record_at(&h.source, h.source.events->line[0].box.x + 1,
				  h.source.events->line[0].box.y + 1, &record));
	panel_look(&h.view, &h.source, events_nearest(&h.source, 0, 3500));
	type(&h, "[");
	ck_assert_uint_eq(h.view.at, 3000);
	type(&h, "]");
	ck_assert_uint_eq(h.view.at, 3100);
	canvas_free(&c);
	hands_free(&h);
}
END_TEST

START_TEST(tab_shows_map_and_records_of_the_other_trace)
{
	struct source source[2];
	struct hands h;

	write_told();
	story_write("a", &story);
	hands_init(&h, "told");
	ck_assert(source_open(&source[1], "a", true));
	source[0] = h.source;
	h.in.source = source;
	h.in.nr_sources = 2;
	type(&h, "m");
	ck_assert_uint_eq(h.view.panel_of, 0);
	press_key(&h, KEY_TAB, false);
	ck_assert_uint_eq(h.view.panel_of, 1);
	press_key(&h, 'c', true);
	ck_assert_msg(strstr(h.in.copy, " --map one --of B") != NULL, "%s", h.in.copy);
	press_key(&h, KEY_TAB, false);
	ck_assert_uint_eq(h.view.panel_of, 0);
	h.in.nr_sources = 1;
	press_key(&h, KEY_TAB, false);
	ck_assert_uint_eq(h.view.panel_of, 0);
	ck_assert_str_eq(h.view.message, "There is only one trace");
	source_close(&source[1]);
	hands_free(&h);
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("viz_hands");
	TCase *t = tcase_create("hands");

	tcase_add_checked_fixture(t, story_enter, leave_scratch);
	tcase_add_test(t, pages_are_as_the_records_made_them_at_any_time);
	tcase_add_test(t, a_block_that_was_told_is_so_until_it_is_taken);
	tcase_add_test(t, a_discard_leads_back_to_the_block_that_was_isolated);
	tcase_add_test(t, the_next_and_previous_of_a_kind_are_found);
	tcase_add_test(t, the_mouse_zooms_pans_selects_and_points);
	tcase_add_test(t, keys_search_filter_copy_and_clear);
	tcase_add_test(t, lanes_are_hidden_pinned_and_folded_by_hand);
	tcase_add_test(t, tab_shows_map_and_records_of_the_other_trace);
	tcase_add_test(t, panels_are_opened_by_a_key_and_answer_clicks);
	suite_add_tcase(s, t);
	return s;
}

#endif
