// SPDX-License-Identifier: GPL-2.0-only
/*
 * The window; see window.h.
 */
#include "window.h"

#include <stdio.h>

int window_run(struct view *v, struct source *source, unsigned int nr_sources)
{
	fprintf(stderr, "ballast-view: there is no window yet: use --screenshot\n");
	return 2;
}
