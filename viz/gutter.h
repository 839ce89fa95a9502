/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Left of a lane: its name, and values at the cursor with their colours; right of it: its scale.
 */
#ifndef BALLAST_VIZ_GUTTER_H
#define BALLAST_VIZ_GUTTER_H

#include "scene.h"

struct gutter {
	const struct scene *s;
	const struct lane *lane;
	int y, end;
};

/* The name, with A or B if there are two traces. */
void gutter_begin(struct gutter *g, const struct scene *s, const struct lane *lane,
		  const char *name, const char *note);
/* A line, if there is room for it; @color 0: no swatch. */
void gutter_line(struct gutter *g, uint32_t color, const char *label, const char *value);
/* The same for pages, with the difference to trace A if the lane is of trace B. */
void gutter_pages(struct gutter *g, uint32_t color, const char *label, uint64_t pages,
		  uint64_t pages_a);
/* The values of the two ends of the lane's scale. */
void gutter_scale(const struct scene *s, struct box plot, const char *top, const char *bottom);

#endif
