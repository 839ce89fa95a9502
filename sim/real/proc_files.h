/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Small files of /proc and /sys (Documentation/filesystems/proc.rst of Linux): what a kernel says
 * of itself in a line, a word, or a table of names and sizes.
 */
#ifndef BALLAST_REAL_PROC_FILES_H
#define BALLAST_REAL_PROC_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The first line, without its end; false, and "", when there is none. */
bool proc_line(const char *path, char *line, int size);
/* The word in brackets of "always [madvise] never"; false, and "", when there is none. */
bool proc_chosen(const char *path, char *word, int size);
/* A number by itself, in decimal or 0x... */
bool proc_number(const char *path, uint64_t *value);

/* Room for all of /proc/meminfo, smaps_rollup, memory.stat. */
#define PROC_TEXT_SIZE 8192

/*
 * All of a file at once, so that its values are of one moment; @dir: as for openat().  False, with
 * errno set (0: it is empty), when there is none.
 */
bool proc_text(int dir, const char *path, char *text, size_t size);
/* Bytes of "NAME:  N kB" among its lines, as /proc/meminfo and smaps_rollup have it; else 0. */
bool proc_text_kib(const char *text, const char *name, uint64_t *bytes);
/* Both of these. */
bool proc_kib_field(const char *path, const char *name, uint64_t *bytes);

#endif
