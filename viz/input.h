/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the user does, as changes of the view.  Knows no window system: window.c translates its
 * events, and tests make their own.
 */
#ifndef BALLAST_VIZ_INPUT_H
#define BALLAST_VIZ_INPUT_H

#include "layout.h"

enum input_kind { INPUT_KEY, INPUT_TEXT, INPUT_WHEEL, INPUT_PRESS, INPUT_RELEASE, INPUT_MOVE };

/* Keys that are no text; with Ctrl, letters are keys, too, as themselves. */
enum input_key { KEY_LEFT = 0x10000, KEY_RIGHT, KEY_UP, KEY_DOWN, KEY_HOME, KEY_PAGE_UP,
		 KEY_PAGE_DOWN, KEY_ESCAPE, KEY_RETURN, KEY_BACKSPACE, KEY_TAB };

struct input_event {
	enum input_kind kind;
	int x, y;		/* the pointer */
	int key;
	bool ctrl, shift;
	int wheel;		/* > 0: away from the user */
	int clicks;		/* 2: second press of a double click */
	const char *text;	/* UTF-8 */
};

enum input_drag { DRAG_NONE, DRAG_PAN, DRAG_SELECT, DRAG_OVERVIEW };

struct input {
	struct view *v;
	struct source *source;
	unsigned int nr_sources;
	enum input_drag drag;
	int press_x, press_y, last_x, last_y;	/* of the drag */
	int pointer_x, pointer_y;
	bool moved;
	bool quit;
	char *copy;		/* to be put into the clipboard; free() it */
};

/* Whether there is something new to draw. */
bool input_handle(struct input *in, const struct input_event *e);

/* While the view is playing: the cursor's next step. */
bool input_play(struct input *in);

#endif
