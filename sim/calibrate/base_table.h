/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The cost table that has what a host cannot show, read as scenarios are.
 */
#ifndef BALLAST_CALIBRATE_BASE_TABLE_H
#define BALLAST_CALIBRATE_BASE_TABLE_H

#include <limits.h>
#include <stddef.h>

#include "scenario.h"

struct base_table {
	struct scenario scenario;	/* whose host has it; for nothing else */
	char name[NAME_MAX + 1];	/* the file's, without directories */
};

/*
 * @file is what a scenario would include; @include_dir: where what that includes is looked for,
 * too.  0, or -1 with a line for each error in @error.
 */
int base_table_load(struct base_table *base, const char *file, const char *include_dir,
		    char *error, size_t error_size);
void base_table_free(struct base_table *base);

#endif
