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

/* Which columns are what; -1: there is none. */
struct columns {
	int time, bytes, file;
};

struct reader {
	const char *file;
	unsigned int line;
	struct columns column;
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

static bool parse_head(char *line, struct columns *c)
{
	char *word, *rest = line;
	int column;

	*c = (struct columns){ -1, -1, -1 };
	for (column = 0; (word = strsep(&rest, ",\r\n")); column++) {
		if (!strcmp(word, "time_s"))
			c->time = column;
		else if (!strcmp(word, "used_bytes"))
			c->bytes = column;
		else if (!strcmp(word, "file_bytes"))
			c->file = column;
	}
	return c->time >= 0 && c->bytes >= 0;
}

bool series_is_head(char *line)
{
	struct columns c;

	return parse_head(line, &c);
}

/* *@after: what comes behind the number. */
static bool parse_digits(const char *word, uint64_t *value, const char **after)
{
	char *end;

	errno = 0;
	*value = strtoull(word, &end, 10);
	*after = end;
	return end != word && !errno && word[0] != '-';
}

static bool parse_number(const char *word, uint64_t *value)
{
	const char *after;

	return parse_digits(word, value, &after) && !*after;
}

/* Seconds as ns; what is too large is UINT64_MAX. */
static bool parse_time(const char *word, uint64_t *ns)
{
	uint64_t seconds, part = 0;
	const char *at;

	if (!parse_digits(word, &seconds, &at) || (*at && *at != '.'))
		return false;
	if (*at) {
		uint64_t unit = NSEC / 10;

		for (at++; *at >= '0' && *at <= '9' && unit; at++, unit /= 10)
			part += (*at - '0') * unit;
		if (*at || at[-1] == '.')
			return false;
	}
	*ns = seconds < UINT64_MAX / NSEC ? seconds * NSEC + part : UINT64_MAX;
	return true;
}

static int add_sample(struct reader *r, const struct program_sample *sample)
{
	if (sample->time_ns == UINT64_MAX)
		return complain(r, "time_s is too large");
	if (r->nr && sample->time_ns < r->samples[r->nr - 1].time_ns)
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
	r->samples[r->nr++] = *sample;
	return 0;
}

static int parse_line(struct reader *r, char *line)
{
	struct program_sample sample = { .file = 0 };
	bool have_time = false, have_bytes = false, have_file = r->column.file < 0;
	char *word, *rest = line;
	int column;

	line[strcspn(line, "\r\n")] = '\0';
	if (!line[0])
		return 0;
	for (column = 0; (word = strsep(&rest, ",")); column++) {
		if (column == r->column.time)
			have_time = parse_time(word, &sample.time_ns);
		else if (column == r->column.bytes)
			have_bytes = parse_number(word, &sample.value);
		else if (column == r->column.file)
			have_file = parse_number(word, &sample.file);
	}
	if (!have_time)
		return complain(r, "time_s must be seconds, with nine decimals at most");
	if (!have_bytes || !have_file)
		return complain(r, "used_bytes and file_bytes must be whole numbers");
	return add_sample(r, &sample);
}

static int read_lines(struct reader *r, FILE *f)
{
	char line[LINE_SIZE];

	while (fgets(line, sizeof(line), f)) {
		r->line++;
		if (!strchr(line, '\n') && !feof(f))
			return complain(r, "line is too long");
		if (r->line == 1 && !parse_head(line, &r->column))
			return complain(r, "the first line must name the columns time_s and "
					"used_bytes");
		if (r->line > 1 && parse_line(r, line))
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

uint64_t series_most_bytes(const char *file)
{
	struct program_sample *samples = NULL;
	uint64_t most = 0;
	char error[512];
	size_t nr = 0;

	if (series_read(file, &samples, &nr, error, sizeof(error)))
		return 0;
	for (size_t i = 0; i < nr; i++)
		if (samples[i].value > most)
			most = samples[i].value;
	free(samples);
	return most;
}
