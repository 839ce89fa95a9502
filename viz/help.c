// SPDX-License-Identifier: GPL-2.0-only
/*
 * Help: one line for each thing that a hand can do; see input.c.
 */
#include "help.h"

static const struct {
	const char *keys, *what;	/* what NULL: a head */
} lines[] = {
	{ "Time", NULL },
	{ "wheel, + and -", "zoom at the pointer, at the cursor" },
	{ "drag, arrows, A D", "pan; up and down, W and S scroll the lanes" },
	{ "Home, double click", "all of the run" },
	{ "click", "cursor: values of this time stand beside the lanes" },
	{ "f", "the cursor in the middle" },
	{ "drag on the ruler", "select; the last line says what changed; z zooms to it" },
	{ "Shift+A, Shift+B", "markers a and b" },
	{ "drag on the overview", "move what is in view" },
	{ "Lanes", NULL },
	{ "wheel beside the lanes", "scroll; also Page Up and Page Down" },
	{ "click a guest's name, x", "row or band" },
	{ "h, p", "hide or pin the lane under the pointer" },
	{ "g", "only guests whose name holds a text" },
	{ "o", "next order of the guests" },
	{ "m", "memory map of the guest under the pointer; wheel: size of cells" },
	{ "space", "play: the cursor moves, and the map with it" },
	{ "e", "what happened to it at the cursor, and why" },
	{ "Tab", "map and records of the other trace" },
	{ ", . [ ]", "previous, next of the kind; cause, effect" },
	{ "c", "clear all filters" },
	{ "Searching and the rest", NULL },
	{ "/ then Enter", "search what happened; n next, N previous" },
	{ "Esc", "back; clears search, selection, markers, cursor" },
	{ "Ctrl+C", "copy the command that shows this very view" },
	{ "Ctrl++, Ctrl+-, Ctrl+0", "larger, smaller, scale 1" },
	{ "t", "dark or light" },
	{ "? and q", "this page; end" },
};

void help_draw(const struct scene *s)
{
	const struct layout *l = s->l;
	int line = l->normal.height + scene_px(s, 5), y, left, keys = scene_px(s, 190);
	int width = scene_px(s, 620), nr = sizeof(lines) / sizeof(*lines);

	left = (s->v->width - width) / 2;
	y = l->legend.y + (s->v->height - l->legend.y - nr * line) / 2;
	if (y < l->legend.y)
		y = l->legend.y;
	for (int i = 0; i < nr; i++, y += line) {
		struct box b = { left, y, width, line };

		if (!lines[i].what) {
			text_in(s->c, &l->bold, b, TEXT_LEFT, s->p->text, lines[i].keys);
			continue;
		}
		text_in(s->c, &l->normal, (struct box){ b.x, b.y, keys, b.h }, TEXT_LEFT,
			s->p->select, lines[i].keys);
		text_in(s->c, &l->normal, (struct box){ b.x + keys, b.y, b.w - keys, b.h },
			TEXT_LEFT, s->p->text, lines[i].what);
	}
}
