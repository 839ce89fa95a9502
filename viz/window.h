/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The window: SDL2 gives it, input, the clipboard and presenting, and nothing else here knows SDL.
 */
#ifndef BALLAST_VIZ_WINDOW_H
#define BALLAST_VIZ_WINDOW_H

#include "source.h"
#include "view.h"

/* Until the user ends it.  Returns the status: 0, or 2 when there is no display. */
int window_run(struct view *v, struct source *source, unsigned int nr_sources);

#endif
