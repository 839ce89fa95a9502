/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What happened once, over a lane: flags with a letter, and the phases of programs.
 */
#ifndef BALLAST_VIZ_MARKS_H
#define BALLAST_VIZ_MARKS_H

#include "scene.h"

/* Flags of a guest's (or the host's) marks in @b, and a line down to @bottom from each. */
void marks_flags(const struct scene *s, unsigned int source, uint32_t guest, struct box b,
		 int bottom);
/* Whether there is something to flag in view. */
bool marks_any(const struct scene *s, unsigned int source, uint32_t guest);
/* Programs and their phases as segments, named where there is room. */
void marks_phases(const struct scene *s, unsigned int source, uint32_t guest, struct box b);
/* A tick where a counter went up: the more, the stronger. */
void marks_ticks(const struct scene *s, const struct index_column *column, struct box b,
		 uint32_t color);

#endif
