/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file that is there whole or not at all: it has a temporary name beside its own until it is
 * complete.  What is no regular file (a pipe, a device) is written in place.
 */
#ifndef BALLAST_TRACE_OUTPUT_H
#define BALLAST_TRACE_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct output {
	FILE *file;
	const char *path;
	char *temporary;		/* NULL: written in place */
	bool failed;			/* set by who writes: it is not to be had, see errno */
};

/* All return 0, or -1 and one line in @error; then nothing is left of it. */

int output_open(struct output *o, const char *path, char *error, size_t error_size);
int output_close(struct output *o, char *error, size_t error_size);
/* Whether it could be opened now, for who has long to work before there is something to write. */
int output_possible(const char *path, char *error, size_t error_size);

/* Whether two paths lead to one file: what is read must not be written over. */
bool output_is(const char *path, const char *input);
/*
 * The same without a stream: create the temporary file, with the mode that @path would have; @name:
 * to be given to free().  Returns the descriptor, or -1, with errno set and no name.
 */
int output_create(const char *path, char **name);

#endif
