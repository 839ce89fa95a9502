/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file that is there whole or not at all: it has a temporary name beside its own until it is
 * complete.  What is no regular file (a pipe, a device) is written in place.
 */
#ifndef BALLAST_REPORT_OUTPUT_H
#define BALLAST_REPORT_OUTPUT_H

#include <stddef.h>
#include <stdio.h>

struct output {
	FILE *file;
	const char *path;
	char *temporary;		/* NULL: written in place */
};

/* All return 0, or -1 and one line in @error; then nothing is left of it. */

int output_open(struct output *o, const char *path, char *error, size_t error_size);
int output_close(struct output *o, char *error, size_t error_size);

#endif
