/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Small files of /proc and /sys (Documentation/filesystems/proc.rst of Linux): what a kernel says
 * of itself in a line, a word, or a table of names and sizes.
 */
#ifndef BALLAST_REAL_PROC_FILES_H
#define BALLAST_REAL_PROC_FILES_H

#include <stdbool.h>
#include <stdint.h>

/* The first line, without its end; false, and "", when there is none. */
bool proc_line(const char *path, char *line, int size);
/* The word in brackets of "always [madvise] never"; false, and "", when there is none. */
bool proc_chosen(const char *path, char *word, int size);
/* A number by itself, in decimal or 0x... */
bool proc_number(const char *path, uint64_t *value);
/* Bytes of "NAME:  N kB", as /proc/meminfo and smaps_rollup have it. */
bool proc_kib_field(const char *path, const char *name, uint64_t *bytes);

#endif
