// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hands: mouse and keyboard; see input.h, and help.c for what the user is told.
 *
 * Printable characters are commands as the text that they make, not as keys, so that ? and / are
 * what they are on every keyboard.
 */
#include "input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "find.h"
#include "map.h"
#include "number.h"
#include "panel.h"

#define PAN_STEP 100		/* thousandths of what is in view */
#define SCROLL_STEP 60		/* pixels at 100 % */
#define CLICK_SLOP 4

typedef unsigned __int128 u128;

static struct layout layout_now(const struct input *in)
{
	struct layout l;

	layout_make(&l, in->v, in->source, in->nr_sources);
	return l;
}

static void scroll_by(struct input *in, int by)
{
	struct layout l = layout_now(in);
	int max = (l.scroll_max * 100 + l.unit - 1) / l.unit;

	in->v->scroll += by;
	if (in->v->scroll > max)
		in->v->scroll = max;
	if (in->v->scroll < 0)
		in->v->scroll = 0;
	layout_free(&l);
}

/* The time that keys zoom at: the cursor if it is in view, else the middle. */
static uint64_t middle(const struct view *v)
{
	if (v->has_at && v->at >= v->from && v->at <= v->to)
		return v->at;
	return v->from + (v->to - v->from) / 2;
}

/* Things that one is in the middle of go first. */
static void escape(struct view *v)
{
	if (v->help)
		v->help = false;
	else if (v->field)
		v->field = FIELD_NONE;
	else if (*v->message || *v->search)
		*v->message = *v->search = '\0';
	else if (v->has_select)
		v->has_select = false;
	else if (v->has_a || v->has_b)
		v->has_a = v->has_b = false;
	else
		v->has_at = false;
}

static void toggle(struct names *on, struct names *off, const char *name, bool is_on)
{
	if (is_on) {
		names_remove(on, name);
		names_add(off, name);
	} else {
		names_remove(off, name);
		names_add(on, name);
	}
}

/* What h, x and p do to the lane under the pointer. */
static void lane_command(struct input *in, char command)
{
	struct layout l = layout_now(in);
	const struct lane *lane = layout_lane_at(&l, in->pointer_x, in->pointer_y);
	struct view *v = in->v;

	if (!lane)
		snprintf(v->message, sizeof(v->message), "There is no lane under the pointer");
	else if (command == 'h')
		names_add(&v->hidden, lane->name);
	else if (command == 'p' && names_have(&v->pinned, lane->name))
		names_remove(&v->pinned, lane->name);
	else if (command == 'p')
		names_add(&v->pinned, lane->name);
	else if (lane->kind == LANE_GUEST || lane->kind == LANE_ROW)
		toggle(&v->expanded, &v->collapsed, lane->name, lane->kind == LANE_GUEST);
	layout_free(&l);
	scroll_by(in, 0);
}

/* The trace that map and records are of. */
static struct source *panel_source(struct input *in)
{
	return &in->source[view_panel_of(in->v, in->nr_sources)];
}

/* Map and records of the other trace. */
static void other_trace(struct input *in)
{
	struct view *v = in->v;

	if (in->nr_sources < 2)
		snprintf(v->message, sizeof(v->message), "There is only one trace");
	else
		v->panel_of = !v->panel_of;
	v->event = 0;
}

/* The guest under the pointer, and in which trace; else the first. */
static const char *pointed_guest(struct input *in)
{
	struct layout l = layout_now(in);
	const struct lane *lane = layout_lane_at(&l, in->pointer_x, in->pointer_y);
	const struct trace_index *index = panel_source(in)->index;
	const char *name = "";

	if (index && index_nr_guests(index))
		name = index_text(index, index->guests[0].name);
	if (lane && (lane->kind == LANE_GUEST || lane->kind == LANE_ROW)) {
		name = lane->name;
		in->v->panel_of = lane->source;
	}
	layout_free(&l);
	return name;
}

/* One panel at a time. */
static void toggle_panel(struct input *in, char *on, char *off)
{
	unsigned int of = in->v->panel_of;
	const char *name = pointed_guest(in);

	*off = '\0';
	if (!strcmp(on, name) && of == in->v->panel_of)
		name = "";
	snprintf(on, VIEW_WORDS, "%s", name);
	in->v->map_order = -1;
	in->v->event = 0;
	scroll_by(in, 0);
}

/* From the cursor, or from the beginning of what is in view. */
static void play(struct view *v)
{
	v->playing = !v->playing;
	if (!v->has_at || v->at >= v->to || v->at < v->from)
		v->at = v->from;
	v->has_at = true;
}

static void copy_command(struct input *in)
{
	char *trace[SOURCES_MAX];

	for (unsigned int i = 0; i < in->nr_sources; i++)
		trace[i] = in->source[i].path;
	free(in->copy);
	in->copy = view_command(in->v, trace, in->nr_sources);
	snprintf(in->v->message, sizeof(in->v->message), "Copied: %.140s", in->copy);
}

/* Text */

static void append(char *to, size_t size, const char *text)
{
	if (strlen(to) + strlen(text) < size)
		strcat(to, text);
}

static void backspace(char *text)
{
	size_t len = strlen(text);

	while (len && ((unsigned char)text[--len] & 0xc0) == 0x80)
		;
	text[len] = '\0';
}

static void zoom_to_selection(struct view *v)
{
	if (v->has_select)
		view_show(v, v->select_from, v->select_to);
}

static void set_marker(struct view *v, bool *has, uint64_t *time)
{
	*has = true;
	*time = middle(v);
}

static void command(struct input *in, char c)
{
	struct view *v = in->v;

	switch (c) {
	case 'q':
		in->quit = true;
		break;
	case '?':
		v->help = !v->help;
		break;
	case '/':
		v->field = FIELD_SEARCH;
		*v->search = '\0';
		break;
	case 'g':
		v->field = FIELD_FILTER;
		break;
	case 'n':
	case 'N':
		find_step(v, in->source, in->nr_sources, c == 'n');
		break;
	case 'a':
	case 'd':
		view_pan(v, c == 'a' ? -PAN_STEP : PAN_STEP);
		break;
	case 'w':
	case 's':
		scroll_by(in, c == 'w' ? -SCROLL_STEP : SCROLL_STEP);
		break;
	case '+':
	case '=':
	case '-':
		view_zoom(v, middle(v), c == '-' ? 5 : 4, c == '-' ? 4 : 5);
		break;
	case 'f':
		if (v->has_at)
			view_centre(v, v->at);
		break;
	case 'z':
		zoom_to_selection(v);
		break;
	case 'A':
		set_marker(v, &v->has_a, &v->a);
		break;
	case 'B':
		set_marker(v, &v->has_b, &v->b);
		break;
	case 'o':
		v->sort = (v->sort + 1) % NR_SORTS;
		break;
	case 't':
		v->theme = (v->theme + 1) % NR_THEMES;
		break;
	case 'c':
		view_clear_filters(v);
		scroll_by(in, 0);
		break;
	case 'm':
		toggle_panel(in, v->map, v->events);
		break;
	case 'e':
		toggle_panel(in, v->events, v->map);
		break;
	case ',':
	case '.':
	case '[':
	case ']':
		panel_step(v, panel_source(in), c);
		break;
	case ' ':
		play(v);
		break;
	case 'h':
	case 'x':
	case 'p':
		lane_command(in, c);
		break;
	default:
		break;
	}
}

static bool take_text(struct input *in, const char *text)
{
	struct view *v = in->v;

	if (v->field == FIELD_SEARCH) {
		append(v->search, sizeof(v->search), text);
	} else if (v->field == FIELD_FILTER) {
		append(v->filter, sizeof(v->filter), text);
		scroll_by(in, 0);
	} else {
		*v->message = '\0';
		for (; *text; text++)
			command(in, *text);
	}
	return true;
}

/* Keys */

static bool field_key(struct input *in, int key)
{
	struct view *v = in->v;

	if (key == KEY_BACKSPACE) {
		backspace(v->field == FIELD_SEARCH ? v->search : v->filter);
	} else if (key == KEY_RETURN) {
		bool search = v->field == FIELD_SEARCH;

		v->field = FIELD_NONE;
		if (search)
			find_first(v, in->source, in->nr_sources);
	} else {
		return false;
	}
	scroll_by(in, 0);
	return true;
}

static bool take_ctrl(struct input *in, int key)
{
	struct view *v = in->v;

	if (key == 'c')
		copy_command(in);
	else if (key == 'q')
		in->quit = true;
	else if (key == '+' || key == '=' || key == '-')
		v->scale = text_scale_step(v->scale, key == '-' ? -1 : 1);
	else if (key == '0')
		v->scale = 100;
	else
		return false;
	return true;
}

static bool take_key(struct input *in, const struct input_event *e)
{
	struct view *v = in->v;

	if (e->ctrl)
		return take_ctrl(in, e->key);
	if (v->field && field_key(in, e->key))
		return true;
	switch (e->key) {
	case KEY_LEFT:
	case KEY_RIGHT:
		view_pan(v, e->key == KEY_LEFT ? -PAN_STEP : PAN_STEP);
		break;
	case KEY_UP:
	case KEY_DOWN:
		scroll_by(in, e->key == KEY_UP ? -SCROLL_STEP : SCROLL_STEP);
		break;
	case KEY_PAGE_UP:
	case KEY_PAGE_DOWN:
		scroll_by(in, e->key == KEY_PAGE_UP ? -8 * SCROLL_STEP : 8 * SCROLL_STEP);
		break;
	case KEY_HOME:
		view_fit(v);
		break;
	case KEY_TAB:
		other_trace(in);
		break;
	case KEY_ESCAPE:
		escape(v);
		break;
	default:
		return false;
	}
	return true;
}

/* The mouse */

static void wheel(struct input *in, const struct input_event *e)
{
	struct layout l = layout_now(in);
	bool beside = e->x < l.plot_x || e->x >= l.plot_x + l.plot_w;
	uint64_t page;

	if (map_page_at(&l, in->v, panel_source(in), e->x, e->y, &page)) {
		map_zoom(in->v, &l, panel_source(in), page, e->wheel > 0 ? -1 : 1);
		layout_free(&l);
		return;
	}
	if (beside) {
		layout_free(&l);
		scroll_by(in, -e->wheel * SCROLL_STEP);
		return;
	}
	if (e->shift)
		view_pan(in->v, -e->wheel * PAN_STEP);
	else
		view_zoom(in->v, layout_time(&l, e->x), e->wheel > 0 ? 4 : 5, e->wheel > 0 ? 5 : 4);
	layout_free(&l);
}

static void select_to(struct input *in, const struct layout *l, int x)
{
	uint64_t a = layout_time(l, in->press_x), b = layout_time(l, x);

	in->v->has_select = a != b;
	in->v->select_from = a < b ? a : b;
	in->v->select_to = a < b ? b : a;
}

/* The middle of what is in view goes where the overview is pressed. */
static void overview_to(struct input *in, const struct layout *l, int x)
{
	int by = x - l->overview.x;

	by = by < 0 ? 0 : by > l->overview.w ? l->overview.w : by;
	view_centre(in->v, (u128)in->v->end * by / l->overview.w);
}

static void press(struct input *in, const struct input_event *e)
{
	struct layout l = layout_now(in);
	const struct lane *lane = layout_lane_at(&l, e->x, e->y);
	uint64_t page;

	in->press_x = in->last_x = e->x;
	in->press_y = in->last_y = e->y;
	in->moved = false;
	in->v->help = false;
	if (*in->v->events && panel_record_at(panel_source(in), e->x, e->y, &page)) {
		panel_look(in->v, panel_source(in), page);
	} else if (!*in->v->events && map_page_at(&l, in->v, panel_source(in), e->x, e->y, &page)) {
		map_words(in->v->message, sizeof(in->v->message), panel_source(in), in->v,
			  page);
	} else if (box_holds(l.ruler, e->x, e->y)) {
		in->drag = DRAG_SELECT;
	} else if (box_holds(l.overview, e->x, e->y)) {
		in->drag = DRAG_OVERVIEW;
		overview_to(in, &l, e->x);
	} else if (e->x >= l.plot_x && e->x < l.plot_x + l.plot_w && e->y >= l.ruler.y) {
		in->drag = DRAG_PAN;
		if (e->clicks == 2)
			view_fit(in->v);
	} else if (lane && (lane->kind == LANE_GUEST || lane->kind == LANE_ROW)) {
		lane_command(in, 'x');
	}
	layout_free(&l);
}

static void drag(struct input *in, const struct input_event *e)
{
	struct layout l = layout_now(in);

	if (abs(e->x - in->press_x) > CLICK_SLOP || abs(e->y - in->press_y) > CLICK_SLOP)
		in->moved = true;
	if (in->moved && in->drag == DRAG_SELECT)
		select_to(in, &l, e->x);
	if (in->drag == DRAG_OVERVIEW)
		overview_to(in, &l, e->x);
	if (in->moved && in->drag == DRAG_PAN) {
		if (e->x != in->last_x) {
			uint64_t span = in->v->to - in->v->from, from = in->v->from;
			uint64_t by = (u128)span * abs(e->x - in->last_x) / l.plot_w;

			if (e->x > in->last_x)
				from = from > by ? from - by : 0;
			else
				from += by;
			view_show(in->v, from, from + span);
		}
		scroll_by(in, (in->last_y - e->y) * 100 / l.unit);
	}
	in->last_x = e->x;
	in->last_y = e->y;
	layout_free(&l);
}

static void release(struct input *in, const struct input_event *e)
{
	struct layout l = layout_now(in);

	if (!in->moved && (in->drag == DRAG_PAN || in->drag == DRAG_SELECT) && e->clicks < 2) {
		in->v->has_at = true;
		in->v->at = layout_time(&l, e->x);
		in->v->event = 0;
	}
	in->drag = DRAG_NONE;
	layout_free(&l);
}

bool input_handle(struct input *in, const struct input_event *e)
{
	if (e->kind != INPUT_KEY && e->kind != INPUT_TEXT) {
		in->pointer_x = e->x;
		in->pointer_y = e->y;
	}
	switch (e->kind) {
	case INPUT_TEXT:
		return take_text(in, e->text);
	case INPUT_KEY:
		return take_key(in, e);
	case INPUT_WHEEL:
		wheel(in, e);
		return true;
	case INPUT_PRESS:
		press(in, e);
		return true;
	case INPUT_RELEASE:
		release(in, e);
		return true;
	default:
		if (in->drag == DRAG_NONE)
			return false;
		drag(in, e);
		return true;
	}
}

bool input_play(struct input *in)
{
	struct view *v = in->v;
	uint64_t step = (v->to - v->from) / 250;

	v->at += step ? step : 1;
	if (v->at >= v->to) {
		v->at = v->to;
		v->playing = false;
	}
	return true;
}
