/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A picture in memory and what is drawn into it: filled boxes, spans, lines.  Integers only, so the
 * same calls give the same bytes everywhere; nothing outside of the clip box is touched.
 */
#ifndef BALLAST_VIZ_PIXEL_H
#define BALLAST_VIZ_PIXEL_H

#include <stdbool.h>
#include <stdint.h>

struct box {
	int x, y, w, h;
};

struct canvas {
	uint32_t *px;		/* 0xffRRGGBB, row by row */
	int width, height;
	struct box clip;
	struct text_log *log;	/* where texts are, for tests; or NULL */
};

static inline bool box_holds(struct box b, int x, int y)
{
	return x >= b.x && y >= b.y && x < b.x + b.w && y < b.y + b.h;
}

void canvas_init(struct canvas *c, int width, int height);
void canvas_free(struct canvas *c);
/* Draw only inside of @b from now on, and of the picture. */
void canvas_clip(struct canvas *c, struct box b);
void canvas_unclip(struct canvas *c);

/* @alpha: 0 to 255.  Here, as a call a pixel costs more than what it does. */
static inline uint32_t px_mix(uint32_t below, uint32_t above, unsigned int alpha)
{
	uint32_t rest = 255 - alpha;
	uint32_t rb = (above & 0xff00ff) * alpha + (below & 0xff00ff) * rest + 0x800080;
	uint32_t g = (above & 0xff00) * alpha + (below & 0xff00) * rest + 0x8000;

	rb = (rb + (rb >> 8 & 0xff00ff)) >> 8 & 0xff00ff;
	g = (g + (g >> 8 & 0xff00)) >> 8 & 0xff00;
	return 0xff000000u | rb | g;
}

void px_fill(struct canvas *c, struct box b, uint32_t color);
void px_blend(struct canvas *c, struct box b, uint32_t color, unsigned int alpha);
/* A column from y0 to before y1. */
void px_column(struct canvas *c, int x, int y0, int y1, uint32_t color);
void px_column_blend(struct canvas *c, int x, int y0, int y1, uint32_t color, unsigned int alpha);
/* Stripes of @width pixels, @period apart, that fit together from column to column. */
void px_column_striped(struct canvas *c, int x, int y0, int y1, uint32_t color, int width,
		       int period);
/* All of @from, with its upper left corner at (x, y). */
void px_put(struct canvas *c, int x, int y, const struct canvas *from);
void px_frame(struct canvas *c, struct box b, int thick, uint32_t color);
void px_line(struct canvas *c, int x0, int y0, int x1, int y1, int thick, uint32_t color);
/* A filled triangle that points to (x, y): dx, dy is where it comes from. */
void px_arrow_head(struct canvas *c, int x, int y, int dx, int dy, int size, uint32_t color);

#endif
