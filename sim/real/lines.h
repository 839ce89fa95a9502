/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lines of a text file that somebody else is still writing.
 */
#ifndef BALLAST_REAL_LINES_H
#define BALLAST_REAL_LINES_H

#include <stddef.h>

struct lines {
	int fd;				/* -1: the file is not there (yet) */
	size_t used, taken;		/* of buf: filled, handed out */
	char buf[4096];
};

void lines_init(struct lines *l);
/* Returns 0, or -1 with errno when there is no such file. */
int lines_open(struct lines *l, const char *path);
void lines_close(struct lines *l);
/*
 * The next complete line, without its end; valid until the next call.  NULL: none is complete.
 * A line longer than the buffer comes in pieces.
 */
char *lines_next(struct lines *l);

#endif
