// SPDX-License-Identifier: GPL-2.0-only
/*
 * Time series of programs, from files with lines "NS VALUE".
 *
 * The host has read the scenario's CSV file (sim/scenario/series.c) and checked it; what is
 * checked again here is what the programs rely on.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest.h"

#define SAMPLES_MAX 10000000
#define LINE_SIZE 64

bool parse_u64(const char *text, uint64_t *value)
{
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	*value = strtoull(text, &end, 10);
	return !*end && !errno;
}

static const char *parse_sample(char *line, struct program_sample *sample)
{
	char *newline = strchr(line, '\n'), *blank = strchr(line, ' ');

	if (!newline)
		return "the line does not end";
	*newline = '\0';
	if (!blank)
		return "not 'NS VALUE'";
	*blank = '\0';
	if (!parse_u64(line, &sample->time_ns) || !parse_u64(blank + 1, &sample->value))
		return "not two numbers";
	return NULL;
}

static const char *add_sample(struct program_sample **samples, size_t *nr,
			      const struct program_sample *sample)
{
	struct program_sample *more;

	if (*nr && sample->time_ns < (*samples)[*nr - 1].time_ns)
		return "time goes back";
	if (*nr == SAMPLES_MAX)
		return "more than 10000000 samples";
	/* Grows at powers of two. */
	if (!(*nr & (*nr - 1))) {
		more = realloc(*samples, (*nr ? *nr * 2 : 1) * sizeof(*more));
		if (!more)
			return "out of memory";
		*samples = more;
	}
	(*samples)[(*nr)++] = *sample;
	return NULL;
}

int series_load(const char *file, struct program_sample **samples, size_t *nr, char *error,
		size_t size)
{
	struct program_sample sample;
	const char *why = NULL;
	char line[LINE_SIZE];
	FILE *f = fopen(file, "re");

	*samples = NULL;
	*nr = 0;
	if (!f) {
		snprintf(error, size, "cannot open series %s: %s", file, strerror(errno));
		return -1;
	}
	while (!why && fgets(line, sizeof(line), f)) {
		why = parse_sample(line, &sample);
		if (!why)
			why = add_sample(samples, nr, &sample);
	}
	if (!why && ferror(f))
		why = strerror(errno);
	if (why) {
		snprintf(error, size, "series %s, sample %zu: %s", file, *nr + 1, why);
		free(*samples);
		*samples = NULL;
	}
	fclose(f);
	return why ? -1 : 0;
}
