// SPDX-License-Identifier: GPL-2.0-only
/*
 * Small files of /proc and /sys; see proc_files.h.
 */
#include "proc_files.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

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

bool proc_kib_field(const char *path, const char *name, uint64_t *bytes)
{
	FILE *f = fopen(path, "r");
	size_t len = strlen(name);
	uint64_t kib = 0;
	bool got = false;
	char line[512];

	while (f && !got && fgets(line, sizeof(line), f))
		got = !strncmp(line, name, len) && line[len] == ':' &&
		      sscanf(line + len + 1, "%" SCNu64, &kib) == 1;
	if (f)
		fclose(f);
	*bytes = kib << 10;
	return got;
}
