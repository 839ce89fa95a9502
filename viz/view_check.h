/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether what a view asks for is in the traces: guests, lanes, times, records.
 */
#ifndef BALLAST_VIZ_VIEW_CHECK_H
#define BALLAST_VIZ_VIEW_CHECK_H

#include "source.h"
#include "view.h"

/* Before the view is fitted to the traces.  False: @error says what there is instead. */
bool view_check(const struct view *v, const struct source *source, unsigned int nr_sources,
		char *error, size_t error_size);

#endif
