// SPDX-License-Identifier: GPL-2.0-only
/*
 * See pressure.h.
 */
#include "pressure.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "proc_files.h"

static bool parse_line(const char *text, const char *name, struct real_stalls *s,
		       enum real_stall stall)
{
	unsigned int whole[NR_REAL_AVERAGES], part[NR_REAL_AVERAGES];
	const char *line = strstr(text, name);
	uint64_t us;
	int i;

	if (!line || sscanf(line + strlen(name),
			    " avg10=%u.%2u avg60=%u.%2u avg300=%u.%2u total=%" SCNu64, &whole[0],
			    &part[0], &whole[1], &part[1], &whole[2], &part[2], &us) != 7)
		return false;
	for (i = 0; i < NR_REAL_AVERAGES; i++)
		s->avg[stall][i] = whole[i] * UINT64_C(100) + part[i];
	s->total_ns[stall] = us * 1000;
	return true;
}

bool real_pressure_parse(const char *text, struct real_stalls *stalls)
{
	*stalls = (struct real_stalls){ 0 };
	if (!parse_line(text, "some", stalls, REAL_SOME))
		return false;
	return !strstr(text, "full") || parse_line(text, "full", stalls, REAL_FULL);
}

static bool read_file(const struct real_group *group, const char *what, struct real_stalls *stalls)
{
	char text[512], path[64];

	snprintf(path, sizeof(path), group ? "%s.pressure" : "/proc/pressure/%s", what);
	return proc_text(group ? group->dir : AT_FDCWD, path, text, sizeof(text)) &&
	       real_pressure_parse(text, stalls);
}

static bool read_all(const struct real_group *group, struct real_pressure *p)
{
	return read_file(group, "memory", &p->memory) && read_file(group, "io", &p->io) &&
	       read_file(group, "cpu", &p->cpu);
}

void real_pressure_begin(struct real_pressure *since, const struct real_group *group)
{
	*since = (struct real_pressure){ 0 };
	since->of_group = group->version == 2 && read_all(group, since);
	since->known = since->of_group || read_all(NULL, since);
}

static void subtract(struct real_stalls *now, const struct real_stalls *since)
{
	int i;

	for (i = 0; i < NR_REAL_STALLS; i++)
		now->total_ns[i] -= since->total_ns[i];
}

bool real_pressure_read(const struct real_pressure *since, const struct real_group *group,
			struct real_pressure *now)
{
	struct real_pressure last = *now;

	if (!since->known || !read_all(since->of_group ? group : NULL, now))
		return false;
	now->known = true;
	now->of_group = since->of_group;
	subtract(&now->memory, &since->memory);
	subtract(&now->io, &since->io);
	subtract(&now->cpu, &since->cpu);
	return memcmp(now, &last, sizeof(last)) != 0;
}
