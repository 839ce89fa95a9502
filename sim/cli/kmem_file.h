/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file of a recording while it is read (kmem_file.c), and its snapshots (kmem_snapshot.c); for
 * kmem_recording.c.
 *
 * The files are input like any other: whatever does not fit is refused with one line.
 */
#ifndef BALLAST_CLI_KMEM_FILE_H
#define BALLAST_CLI_KMEM_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mm/kmem_replay.h"

#define KMEM_PFN_MAX ((int64_t)1 << 28)	/* 1 TiB */

/* The orders that have per-CPU lists. */
static inline bool kmem_has_pcp_list(int64_t order)
{
	return (order >= 0 && order <= 3) || order == 9;
}

struct kmem_reader {
	char path[512];
	char *text, *pos, *end;
	size_t size;
	uint64_t line;
	char *error;
	size_t error_size;
};

/* What is wrong, at the reader's line (0: with the file as a whole); returns false. */
bool kmem_fail(struct kmem_reader *rd, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* All of DIR/NAME.txt[.xz]; rd->text is the caller's to free. */
bool kmem_open(struct kmem_reader *rd, const char *dir, const char *name);
/* Next line, terminated; NULL at the end. */
char *kmem_next_line(struct kmem_reader *rd);

/* These advance *@s behind what they have found, and leave it where they have not. */
char *kmem_skip_space(char *s);
bool kmem_get_number(char **s, int base, int64_t *value);
bool kmem_get_word(char **s, const char *word);
/* "word number", any base that C knows. */
bool kmem_get_field(char **s, const char *word, int64_t *value);

bool kmem_snapshot_read(struct kmem_reader *rd, const char *dir, const char *name,
			struct kmem_snapshot *snap);
void kmem_snapshot_free(struct kmem_snapshot *snap);
/* Are both of one machine? */
bool kmem_same_zones(const struct kmem_snapshot *a, const struct kmem_snapshot *b);

#endif
