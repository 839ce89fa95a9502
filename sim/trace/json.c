// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writing JSON; see json.h.
 */
#include <inttypes.h>

#include "json.h"
#include "trace.h"
#include "utf8.h"

void json_escape(FILE *out, const char *text)
{
	const unsigned char *s = (const unsigned char *)(text ? text : "");

	while (*s) {
		unsigned int n = utf8_length(s);

		if (*s == '"' || *s == '\\')
			fprintf(out, "\\%c", *s);
		else if (*s == '\n')
			fputs("\\n", out);
		else if (*s < 0x20 || *s == 0x7f)
			fprintf(out, "\\u%04x", *s);
		else if (!n)
			fputs("\\ufffd", out);
		else
			fwrite(s, 1, n, out);
		s += n ? n : 1;
	}
}

static void json_key(struct json *j, const char *key)
{
	if (j->any)
		fputc(',', j->out);
	if (j->depth)
		fprintf(j->out, "\n%*s", 2 * j->depth, "");
	j->any = true;
	if (key) {
		fputc('"', j->out);
		json_escape(j->out, key);
		fputs("\": ", j->out);
	}
}

void json_open(struct json *j, const char *key, char bracket)
{
	json_key(j, key);
	fputc(bracket, j->out);
	j->depth++;
	j->any = false;
}

void json_close(struct json *j, char bracket)
{
	j->depth--;
	if (j->any)
		fprintf(j->out, "\n%*s", 2 * j->depth, "");
	fputc(bracket, j->out);
	j->any = true;
	if (!j->depth)
		fputc('\n', j->out);
}

void json_u64(struct json *j, const char *key, uint64_t value)
{
	json_key(j, key);
	fprintf(j->out, "%" PRIu64, value);
}

void json_pages(struct json *j, const char *key, uint64_t pages)
{
	json_u64(j, key, pages * TRACE_PAGE_SIZE);
}

void json_s64(struct json *j, const char *key, int64_t value)
{
	json_key(j, key);
	fprintf(j->out, "%" PRId64, value);
}

void json_bool(struct json *j, const char *key, bool value)
{
	json_key(j, key);
	fputs(value ? "true" : "false", j->out);
}

void json_string(struct json *j, const char *key, const char *value)
{
	json_key(j, key);
	fputc('"', j->out);
	json_escape(j->out, value);
	fputc('"', j->out);
}
