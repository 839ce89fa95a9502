/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Time series from CSV files, for the program `demand`.
 */
#ifndef BALLAST_SERIES_H
#define BALLAST_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "program.h"

/*
 * Read FILE with the columns time_s (with up to nine decimals), used_bytes and, if there is one,
 * file_bytes; a head line names them, and others are passed over. Returns 0 and samples that the
 * caller frees, or -1 and one line in @error: file, line, remedy.
 */
int series_read(const char *file, struct program_sample **samples, size_t *nr, char *error,
		size_t error_size);
/* The most bytes of memory, without files, that FILE has at any time; 0 if it cannot be read. */
uint64_t series_most_bytes(const char *file);
/* Whether @line, which it changes, is such a head line. */
bool series_is_head(char *line);

#endif
