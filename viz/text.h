/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text: one line, UTF-8, from the font that is built in.  A character that the font does not have
 * is shown as U+FFFD.
 */
#ifndef BALLAST_VIZ_TEXT_H
#define BALLAST_VIZ_TEXT_H

#include "font.h"
#include "pixel.h"

struct font {
	const struct font_head *head;
	const struct font_glyph *glyphs;
	int height, ascent;
};

/* Every text that was drawn, and where: tests look for some that overlap or are cut. */
struct text_log {
	struct text_place {
		struct box box, clip;
		char text[96];
	} *place;
	unsigned int nr;
};

enum text_align { TEXT_LEFT, TEXT_RIGHT, TEXT_CENTRE };

/* The scales that there are; the nearest one to @percent. */
int text_scale(int percent);
/* The next larger (@by > 0) or smaller one. */
int text_scale_step(int percent, int by);
struct font text_font(int percent, enum font_role role);
int text_width(const struct font *f, const char *s);
/* A line is seen whole or not at all: whether one in the middle of the height of @b is. */
bool text_seen(const struct canvas *c, const struct font *f, struct box b);
/* Returns where it ends. */
int text_draw(struct canvas *c, const struct font *f, int x, int y, uint32_t color, const char *s);
/*
 * In the middle of the height of @b; what does not fit is left out at the end, and "..." says so.
 * Returns the width; 0: nothing fits.
 */
int text_in(struct canvas *c, const struct font *f, struct box b, enum text_align align,
	    uint32_t color, const char *s);
/* Lines in the width of @b, broken at spaces, with @gap below each; returns where they end. */
int text_paragraph(struct canvas *c, const struct font *f, struct box b, int gap, uint32_t color,
		   const char *s);
void text_log_free(struct text_log *log);

#endif
