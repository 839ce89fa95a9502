/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's physical memory at the cursor's time, as cells: once as the guest sees it, once as the
 * host holds it.
 */
#ifndef BALLAST_VIZ_MAP_H
#define BALLAST_VIZ_MAP_H

#include "scene.h"

/* Into the layout's panel. */
void map_draw(const struct scene *s);
/* The page that is drawn at a place of the panel; false: none is. */
bool map_page_at(const struct layout *l, const struct view *v, const struct source *source, int x,
		 int y, uint64_t *page);
/* What a page is at the cursor, in words. */
void map_words(char *text, size_t size, struct source *source, const struct view *v, uint64_t page);
/* Show smaller (@by < 0) or larger cells; @page stays in view. */
void map_zoom(struct view *v, const struct layout *l, const struct source *source, uint64_t page,
	      int by);

#endif
