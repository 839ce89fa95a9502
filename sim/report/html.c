// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text, numbers and tables of a report; see html.h.
 */
#include "html.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "metric.h"
#include "text.h"
#include "utf8.h"

void html_text(FILE *out, const char *text)
{
	const unsigned char *s = (const unsigned char *)(text ? text : "");

	while (*s) {
		unsigned int n = utf8_length(s);

		if (*s == '<')
			fputs("&lt;", out);
		else if (*s == '>')
			fputs("&gt;", out);
		else if (*s == '&')
			fputs("&amp;", out);
		else if (*s == '"')
			fputs("&quot;", out);
		else if (*s == '\'')
			fputs("&#39;", out);
		else if (!n || (*s < 0x20 && *s != '\n' && *s != '\t') || *s == 0x7f)
			fputs("\xef\xbf\xbd", out);
		else
			fwrite(s, 1, n, out);
		s += n ? n : 1;
	}
}

struct json_object *html_data(void (*print)(const void *source, FILE *out), const void *source)
{
	struct json_object *data;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		abort();
	print(source, out);
	fclose(out);
	data = json_tokener_parse(text);
	free(text);
	if (!data)
		abort();
	return data;
}

void html_begin(FILE *out, const char *title)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
	      "style-src 'unsafe-inline'; img-src data:\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	      "<meta name=\"color-scheme\" content=\"light dark\">\n"
	      "<link rel=\"icon\" href=\"data:,\">\n<title>", out);
	html_text(out, title);
	fputs("</title>\n<style>\n", out);
	html_style(out);
	fputs("</style>\n</head>\n<body>\n<main>\n", out);
}

void html_end(FILE *out)
{
	fputs("</main>\n</body>\n</html>\n", out);
}

/* Looking up */

/* One step of a path: the member, or the element; moves @path behind it. */
static struct json_object *step(struct json_object *at, const char **path)
{
	const char *p = *path;
	struct json_object *next = NULL;
	char key[HTML_PATH_SIZE];
	size_t len;

	if (*p == '[') {
		char *end;
		unsigned long index = strtoul(p + 1, &end, 10);

		*path = *end == ']' ? end + 1 : end;
		if (!json_object_is_type(at, json_type_array))
			return NULL;
		return json_object_array_get_idx(at, index);
	}
	p += *p == '.';
	len = strcspn(p, ".[");
	*path = p + len;
	snprintf(key, sizeof(key), "%.*s", (int)len, p);
	if (!json_object_is_type(at, json_type_object) ||
	    !json_object_object_get_ex(at, key, &next))
		return NULL;
	return next;
}

static struct json_object *resolve(const struct html *h, const char *path)
{
	struct json_object *at = h->data;

	while (at && *path)
		at = step(at, &path);
	return at;
}

#define MAKE_PATH(path_, format_)                                                                  \
	do {                                                                                       \
		va_list args_;                                                                     \
                                                                                                   \
		va_start(args_, format_);                                                          \
		vsnprintf(path_, sizeof(path_), format_, args_);                                   \
		va_end(args_);                                                                     \
	} while (0)

struct json_object *html_at(const struct html *h, const char *format, ...)
{
	char path[HTML_PATH_SIZE];

	MAKE_PATH(path, format);
	return resolve(h, path);
}

const char *html_string(const struct html *h, const char *format, ...)
{
	char path[HTML_PATH_SIZE];
	struct json_object *found;

	MAKE_PATH(path, format);
	found = resolve(h, path);
	return json_object_is_type(found, json_type_string) ? json_object_get_string(found) : "";
}

/* What JSON of others says may be anything. */
static uint64_t number_of(struct json_object *number)
{
	double value;

	if (json_object_is_type(number, json_type_int))
		return json_object_get_int64(number) < 0 ? 0 : json_object_get_uint64(number);
	if (!json_object_is_type(number, json_type_double))
		return 0;
	value = json_object_get_double(number);
	return value > 0 && value < 9e18 ? llround(value) : 0;
}

uint64_t html_u64(const struct html *h, const char *format, ...)
{
	char path[HTML_PATH_SIZE];

	MAKE_PATH(path, format);
	return number_of(resolve(h, path));
}

unsigned int html_length(const struct html *h, const char *format, ...)
{
	char path[HTML_PATH_SIZE];
	struct json_object *found;

	MAKE_PATH(path, format);
	found = resolve(h, path);
	return json_object_is_type(found, json_type_array) ? json_object_array_length(found) : 0;
}

bool html_bool(const struct html *h, const char *format, ...)
{
	char path[HTML_PATH_SIZE];

	MAKE_PATH(path, format);
	return json_object_get_boolean(resolve(h, path));
}

/* Numbers */

/* The member that says what is counted: not the median of it. */
static void unit_name(const char *path, char *name, size_t size)
{
	static const char *const parts[] = { ".median", ".low", ".high" };
	size_t len = strlen(path);
	const char *at;

	for (unsigned int i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (text_ends_with(path, parts[i]))
			len -= strlen(parts[i]);
	for (at = path + len; at > path && at[-1] != '.'; at--)
		;
	snprintf(name, size, "%.*s", (int)(path + len - at), at);
}

static struct human number_text(const char *path, uint64_t value)
{
	char name[HTML_PATH_SIZE];

	unit_name(path, name, sizeof(name));
	for (unsigned int m = 0; m < NR_METRICS; m++)
		if (!strcmp(name, metric_info[m].column))
			return metric_text(m, value);
	if (text_ends_with(name, "_bytes"))
		return human_bytes(value);
	if (text_ends_with(name, "_ns") || !strcmp(name, "ns"))
		return human_ns(value);
	if (text_ends_with(name, "_permille"))
		return metric_text(METRIC_SLOWDOWN, value);
	if (!strcmp(name, "seed") || !strcmp(name, "first_seed")) {
		struct human h;

		snprintf(h.text, sizeof(h.text), "%llu", (unsigned long long)value);
		return h;
	}
	return human_count(value);
}

static void print_number(const struct html *h, const char *element, const char *path)
{
	struct json_object *number = resolve(h, path);

	if (!json_object_is_type(number, json_type_int) &&
	    !json_object_is_type(number, json_type_double)) {
		fputs("-", h->out);
		return;
	}
	fprintf(h->out, "<%s data-of=\"", element);
	html_text(h->out, path);
	fprintf(h->out, "\" data-value=\"%s\">%s</%s>", json_object_to_json_string(number),
		number_text(path, number_of(number)).text, element);
}

void html_number(const struct html *h, const char *format, ...)
{
	char path[HTML_PATH_SIZE];

	MAKE_PATH(path, format);
	print_number(h, "span", path);
}

void html_svg_number(const struct html *h, const char *format, ...)
{
	char path[HTML_PATH_SIZE];

	MAKE_PATH(path, format);
	print_number(h, "tspan", path);
}

void html_range(const struct html *h, const char *at, const char *low, const char *high)
{
	char from[HTML_PATH_SIZE], to[HTML_PATH_SIZE];

	snprintf(from, sizeof(from), "%s.%s", at, low);
	snprintf(to, sizeof(to), "%s.%s", at, high);
	print_number(h, "span", from);
	if (!strcmp(number_text(from, number_of(resolve(h, from))).text,
		    number_text(to, number_of(resolve(h, to))).text))
		return;
	fputs(" \xe2\x80\x93 ", h->out);
	print_number(h, "span", to);
}

/* Tables */

void html_table(FILE *out, const char *heads, unsigned int left)
{
	fputs("<div class=\"scroll\"><table>\n<thead><tr>", out);
	for (unsigned int i = 0; *heads; i++) {
		size_t len = strcspn(heads, "|");

		fprintf(out, "<th%s>%.*s</th>", i < left ? "" : " class=\"n\"", (int)len, heads);
		heads += len + (heads[len] == '|');
	}
	fputs("</tr></thead>\n<tbody>", out);
}

void html_table_end(FILE *out)
{
	fputs("</tbody>\n</table></div>\n", out);
}

void html_row(FILE *out)
{
	fputs("\n<tr>", out);
}

void html_cell(FILE *out, const char *text)
{
	fputs("<td>", out);
	html_text(out, text);
	fputs("</td>", out);
}

void html_cell_line(FILE *out, const char *text)
{
	fputs("<td class=\"w\">", out);
	html_text(out, text);
	fputs("</td>", out);
}

void html_cell_right(FILE *out, const char *text)
{
	fputs("<td class=\"n\">", out);
	html_text(out, text);
	fputs("</td>", out);
}

void html_cell_number(const struct html *h, const char *format, ...)
{
	char path[HTML_PATH_SIZE];

	MAKE_PATH(path, format);
	fputs("<td class=\"n\">", h->out);
	print_number(h, "span", path);
	fputs("</td>", h->out);
}

void html_left_out(FILE *out, unsigned int nr)
{
	if (nr)
		fprintf(out, "<p class=\"note\">And %u more, which <code>--json</code> has.</p>\n",
			nr);
}
