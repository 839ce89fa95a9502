/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A whole picture: the view and the traces become pixels.
 */
#ifndef BALLAST_VIZ_FRAME_H
#define BALLAST_VIZ_FRAME_H

#include "scene.h"

/* @c has the view's size. */
void frame_draw(struct canvas *c, const struct view *v, struct source *source,
		unsigned int nr_sources);

#endif
