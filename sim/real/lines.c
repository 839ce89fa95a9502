// SPDX-License-Identifier: GPL-2.0-only
/*
 * See lines.h.
 */
#include "lines.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

void lines_init(struct lines *l)
{
	l->fd = -1;
	l->used = l->taken = 0;
}

int lines_open(struct lines *l, const char *path)
{
	lines_init(l);
	l->fd = open(path, O_RDONLY | O_CLOEXEC);
	return l->fd < 0 ? -1 : 0;
}

void lines_close(struct lines *l)
{
	if (l->fd >= 0)
		close(l->fd);
	lines_init(l);
}

/* Returns whether there is more than before. */
static int fill(struct lines *l)
{
	ssize_t n;

	memmove(l->buf, l->buf + l->taken, l->used - l->taken);
	l->used -= l->taken;
	l->taken = 0;
	/* One byte stays for the end of a string. */
	n = l->fd < 0 ? 0 : read(l->fd, l->buf + l->used, sizeof(l->buf) - 1 - l->used);
	if (n > 0)
		l->used += n;
	return n > 0;
}

char *lines_next(struct lines *l)
{
	char *line, *end;
	size_t len;

	do {
		line = l->buf + l->taken;
		end = memchr(line, '\n', l->used - l->taken);
	} while (!end && fill(l));
	len = end ? (size_t)(end - line) : l->used - l->taken;
	if (!end && len < sizeof(l->buf) - 1)
		return NULL;
	line[len] = '\0';
	l->taken += len + (end ? 1 : 0);
	if (len && line[len - 1] == '\r')
		line[len - 1] = '\0';
	return line;
}
