// SPDX-License-Identifier: GPL-2.0-only
/*
 * Small files of /proc and /sys; see proc_files.h.
 */
#define _GNU_SOURCE
#include "proc_files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool proc_line(const char *path, char *line, int size)
{
	FILE *f = fopen(path, "r");
	bool got = f && fgets(line, size, f);

	if (f)
		fclose(f);
	line[got ? strcspn(line, "\n") : 0] = '\0';
	return got;
}

bool proc_chosen(const char *path, char *word, int size)
{
	char line[256], *chosen;

	word[0] = '\0';
	if (!proc_line(path, line, sizeof(line)) || !(chosen = strchr(line, '[')))
		return false;
	snprintf(word, size, "%.*s", (int)strcspn(chosen + 1, "]"), chosen + 1);
	return true;
}

bool proc_number(const char *path, uint64_t *value)
{
	char line[64];

	return proc_line(path, line, sizeof(line)) && sscanf(line, "%" SCNi64, value) == 1;
}

bool proc_text(int dir, const char *path, char *text, size_t size)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC), why = errno;
	size_t used = 0;
	ssize_t n = 0;

	text[0] = '\0';
	if (fd >= 0) {
		while (used < size - 1 && (n = read(fd, text + used, size - 1 - used)) > 0)
			used += n;
		why = n < 0 ? errno : 0;
		text[used] = '\0';
		close(fd);
	}
	errno = why;
	return fd >= 0 && n >= 0 && used;
}

bool proc_text_kib(const char *text, const char *name, uint64_t *bytes)
{
	size_t len = strlen(name);
	const char *line;
	uint64_t kib = 0;
	bool got = false;

	for (line = text; line && !got; line = strchr(line, '\n')) {
		line += *line == '\n';
		got = !strncmp(line, name, len) && line[len] == ':' &&
		      sscanf(line + len + 1, "%" SCNu64, &kib) == 1;
	}
	*bytes = kib << 10;
	return got;
}

bool proc_kib_field(const char *path, const char *name, uint64_t *bytes)
{
	char text[PROC_TEXT_SIZE];

	proc_text(AT_FDCWD, path, text, sizeof(text));
	return proc_text_kib(text, name, bytes);
}
