/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The axis of time, the overview of the whole run above it, and over the lanes: lines of time, the
 * selection, markers and the cursor.
 */
#ifndef BALLAST_VIZ_RULER_H
#define BALLAST_VIZ_RULER_H

#include "scene.h"

void ruler_draw(const struct scene *s);
void overview_draw(const struct scene *s);
/* Over what the lanes have drawn. */
void ruler_over_lanes(const struct scene *s);
/* The step of the ruler's labels, in ns. */
uint64_t ruler_step(const struct scene *s);

#endif
