// SPDX-License-Identifier: GPL-2.0-only
/*
 * The CSV of program demand as samples.
 *
 * No quotes and no blanks inside lines: recordings are made by programs.  Empty lines are skipped.
 */
#include "series.h"

#define HEADER "time_s,used_bytes"
#define DECIMALS 9	/* ns */

struct reader {
	const char *at, *end;
};

static bool number(struct reader *r, uint64_t *value)
{
	const char *begin = r->at;

	*value = 0;
	for (; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++)
		if (__builtin_mul_overflow(*value, 10, value) ||
		    __builtin_add_overflow(*value, (uint64_t)(*r->at - '0'), value))
			return false;
	return r->at > begin;
}

static bool seconds(struct reader *r, uint64_t *ns)
{
	uint64_t unit = UINT64_C(1000000000);
	int digits = 0;

	if (!number(r, ns) || __builtin_mul_overflow(*ns, unit, ns))
		return false;
	if (r->at == r->end || *r->at != '.')
		return true;
	for (r->at++; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++) {
		if (++digits > DECIMALS)
			return false;
		unit /= 10;
		if (__builtin_add_overflow(*ns, (uint64_t)(*r->at - '0') * unit, ns))
			return false;
	}
	return digits > 0;
}

static bool word(struct reader *r, const char *text)
{
	for (; *text; text++, r->at++)
		if (r->at == r->end || *r->at != *text)
			return false;
	return true;
}

/* The end of a line or of the text. */
static bool line_end(struct reader *r)
{
	if (r->at < r->end && *r->at == '\r')
		r->at++;
	if (r->at == r->end)
		return true;
	return *r->at++ == '\n';
}

static const char *parse_sample(struct reader *r, struct program_sample *sample)
{
	if (!seconds(r, &sample->time_ns))
		return "no time; allowed: seconds with up to 9 decimals";
	if (!word(r, ",") || !number(r, &sample->value))
		return "no amount of memory; allowed: a whole number of bytes after a comma";
	if (!line_end(r))
		return "more than two columns; allowed: time_s,used_bytes";
	return NULL;
}

int64_t series_parse(const char *text, size_t len, struct program_sample *samples, size_t nr_max,
		     struct series_error *error)
{
	struct reader r = { .at = text, .end = text + len }, blank;
	uint64_t first = 0, last = 0;
	struct program_sample sample;
	int64_t nr = 0;

	error->line = 1;
	error->what = "not the header; allowed: " HEADER;
	if (!word(&r, HEADER) || !line_end(&r))
		return -1;
	while (r.at < r.end) {
		error->line++;
		blank = r;
		if (line_end(&blank)) {
			r = blank;
			continue;
		}
		error->what = parse_sample(&r, &sample);
		if (!error->what && sample.time_ns < last)
			error->what = "time goes back; allowed: that of the line before or later";
		if (error->what)
			return -1;
		if (!nr)
			first = sample.time_ns;
		last = sample.time_ns;
		if ((uint64_t)nr < nr_max)
			samples[nr] = (struct program_sample){
				.time_ns = sample.time_ns - first,
				.value = sample.value,
			};
		nr++;
	}
	error->what = NULL;
	return nr;
}
