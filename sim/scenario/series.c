// SPDX-License-Identifier: GPL-2.0-only
/*
 * Time series from CSV files; see series.h.
 */
#include "series.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_SIZE 4096
#define SAMPLES_MAX 10000000
#define NSEC 1000000000

struct reader {
	const char *file;
	unsigned int line;
	int time_column, bytes_column;
	struct program_sample *samples;
	size_t nr, room;
	char *error;
	size_t error_size;
};

static int complain(struct reader *r, const char *what)
{
	snprintf(r->error, r->error_size, "%s:%u: %s", r->file, r->line, what);
	return -1;
}

static int parse_head(struct reader *r, char *line)
{
	char *word, *rest = line;
	int column;

	r->time_column = r->bytes_column = -1;
	for (column = 0; (word = strsep(&rest, ",\r\n")); column++) {
		if (!strcmp(word, "time_s"))
			r->time_column = column;
		else if (!strcmp(word, "used_bytes"))
			r->bytes_column = column;
	}
	if (r->time_column < 0 || r->bytes_column < 0)
		return complain(r, "the first line must name the columns time_s and used_bytes");
	return 0;
}

static int parse_number(const char *word, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(word, &end, 10);
	return end == word || *end || errno || word[0] == '-' ? -1 : 0;
}

static int add_sample(struct reader *r, uint64_t seconds, uint64_t bytes)
{
	if (seconds > UINT64_MAX / NSEC)
		return complain(r, "time_s is too large");
	if (r->nr && seconds * NSEC < r->samples[r->nr - 1].time_ns)
		return complain(r, "time_s goes back; lines must be in the order of time");
	if (r->nr == SAMPLES_MAX)
		return complain(r, "too many lines; at most 10000000 are read");
	if (r->nr == r->room) {
		size_t room = r->room ? r->room * 2 : 1024;
		struct program_sample *more = realloc(r->samples, room * sizeof(*more));

		if (!more)
			return complain(r, "out of memory");
		r->samples = more;
		r->room = room;
	}
	r->samples[r->nr++] = (struct program_sample){ seconds * NSEC, bytes };
	return 0;
}

static int parse_line(struct reader *r, char *line)
{
	uint64_t seconds = 0, bytes = 0;
	bool have_time = false, have_bytes = false;
	char *word, *rest = line;
	int column;

	line[strcspn(line, "\r\n")] = '\0';
	if (!line[0])
		return 0;
	for (column = 0; (word = strsep(&rest, ",")); column++) {
		if (column == r->time_column)
			have_time = !parse_number(word, &seconds);
		else if (column == r->bytes_column)
			have_bytes = !parse_number(word, &bytes);
	}
	if (!have_time || !have_bytes)
		return complain(r, "time_s and used_bytes must be whole numbers");
	return add_sample(r, seconds, bytes);
}

static int read_lines(struct reader *r, FILE *f)
{
	char line[LINE_SIZE];

	while (fgets(line, sizeof(line), f)) {
		r->line++;
		if (!strchr(line, '\n') && !feof(f))
			return complain(r, "line is too long");
		if (r->line == 1 ? parse_head(r, line) : parse_line(r, line))
			return -1;
	}
	if (!r->nr)
		return complain(r, "there are no samples");
	return 0;
}

int series_read(const char *file, struct program_sample **samples, size_t *nr, char *error,
		size_t error_size)
{
	struct reader r = { .file = file, .error = error, .error_size = error_size };
	FILE *f = fopen(file, "r");
	int ret;

	if (!f) {
		snprintf(error, error_size, "%s: cannot be read: %s", file, strerror(errno));
		return -1;
	}
	ret = read_lines(&r, f);
	fclose(f);
	if (ret) {
		free(r.samples);
		return -1;
	}
	*samples = r.samples;
	*nr = r.nr;
	return 0;
}
