/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Left of a lane: its name, and values at the cursor with their colours; right of it: its scale.
 *
 * When there is no room for all values, those that weigh most stay, in their order, and the last
 * line says how many more there are.
 */
#ifndef BALLAST_VIZ_GUTTER_H
#define BALLAST_VIZ_GUTTER_H

#include "scene.h"

#define GUTTER_LINES 40
#define GUTTER_FIRST UINT64_MAX		/* weighs more than any value */

struct gutter {
	const struct scene *s;
	const struct lane *lane;
	int y, end;
	struct gutter_line {
		uint32_t color;		/* 0: no swatch */
		const char *label;
		char value[112];
		uint64_t weight;
		bool shown;
	} line[GUTTER_LINES];
	unsigned int nr;
};

/* With two traces, which one a lane is of: at the left of @b, which becomes what is left. */
void gutter_badge(const struct scene *s, const struct lane *lane, const struct font *f,
		  struct box *b);
/* The name, with A or B if there are two traces. */
void gutter_begin(struct gutter *g, const struct scene *s, const struct lane *lane,
		  const char *name, const char *note);
/* @label has to stay until gutter_end(). */
void gutter_line(struct gutter *g, uint32_t color, const char *label, const char *value,
		 uint64_t weight);
/* The same for pages, with the difference to trace A if the lane is of trace B. */
void gutter_pages(struct gutter *g, uint32_t color, const char *label, uint64_t pages,
		  uint64_t pages_a);
/* The line that was added last stays whatever it weighs. */
void gutter_first(struct gutter *g);
/* Draws them. */
void gutter_end(struct gutter *g);
/* The values of the two ends of the lane's scale. */
void gutter_scale(const struct scene *s, struct box plot, const char *top, const char *bottom);

#endif
