// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tables of text; see table.h.  Integer arithmetic only: the same text on every machine.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdbool.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "hostmem.h"
#include "table.h"

/* value * scale / unit, rounded. */
static uint64_t scaled(uint64_t value, uint64_t scale, uint64_t unit)
{
	return ((unsigned __int128)value * scale + unit / 2) / unit;
}

/* Three digits that matter: 1.23, 12.3, 123. */
static struct human three_digits(uint64_t value, uint64_t unit, const char *name)
{
	uint64_t hundredths = scaled(value, 100, unit), tenths = scaled(value, 10, unit);
	struct human h;

	if (hundredths < 1000)
		snprintf(h.text, sizeof(h.text), "%" PRIu64 ".%02" PRIu64 " %s",
			 hundredths / 100, hundredths % 100, name);
	else if (tenths < 1000)
		snprintf(h.text, sizeof(h.text), "%" PRIu64 ".%" PRIu64 " %s", tenths / 10,
			 tenths % 10, name);
	else
		snprintf(h.text, sizeof(h.text), "%" PRIu64 " %s", scaled(value, 1, unit), name);
	return h;
}

struct human human_bytes(uint64_t bytes)
{
	static const char *const names[] = { "KiB", "MiB", "GiB", "TiB" };
	uint64_t unit = 1024;
	struct human h;

	if (bytes < 1024) {
		snprintf(h.text, sizeof(h.text), bytes ? "%" PRIu64 " B" : "0", bytes);
		return h;
	}
	for (unsigned int i = 0;; i++, unit *= 1024) {
		if (i == 3 || bytes / unit < 1024)
			return three_digits(bytes, unit, names[i]);
	}
}

struct human human_ns(uint64_t ns)
{
	struct human h;

	if (ns < 1000) {
		snprintf(h.text, sizeof(h.text), ns ? "%" PRIu64 " ns" : "0", ns);
		return h;
	}
	if (ns < 1000000)
		return three_digits(ns, 1000, "us");
	if (ns < 1000000000)
		return three_digits(ns, 1000000, "ms");
	return three_digits(ns, 1000000000, "s");
}

struct human human_time(uint64_t ns)
{
	struct human h;
	uint64_t ms = ns / 1000000;

	if (ms >= 10000)
		snprintf(h.text, sizeof(h.text), "%" PRIu64 ".%" PRIu64 " s", ms / 1000,
			 ms / 100 % 10);
	else
		snprintf(h.text, sizeof(h.text), "%" PRIu64 ".%03" PRIu64 " s", ms / 1000,
			 ms % 1000);
	return h;
}

struct human human_count(uint64_t count)
{
	char digits[24];
	struct human h;
	size_t n = snprintf(digits, sizeof(digits), "%" PRIu64, count), at = 0;

	for (size_t i = 0; i < n; i++) {
		if (i && (n - i) % 3 == 0)
			h.text[at++] = ',';
		h.text[at++] = digits[i];
	}
	h.text[at] = '\0';
	return h;
}

struct human human_value(enum table_unit unit, uint64_t value)
{
	switch (unit) {
	case TABLE_NS:
		return human_ns(value);
	case TABLE_PAGES:
		return human_bytes(value * 4096);
	case TABLE_BYTES:
		return human_bytes(value);
	default:
		return human_count(value);
	}
}

static void add_cell(struct table *t, char *text)
{
	if (t->nr_cells == t->size) {
		t->size = t->size ? 2 * t->size : 64;
		t->cells = host_realloc(t->cells, t->size * sizeof(*t->cells));
	}
	t->cells[t->nr_cells++] = text;
}

void table_cell(struct table *t, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		abort();
	va_end(args);
	add_cell(t, text);
}

void table_bytes(struct table *t, uint64_t bytes)
{
	table_cell(t, "%s", human_bytes(bytes).text);
}

void table_pages(struct table *t, uint64_t pages)
{
	table_bytes(t, pages * 4096);
}

void table_ns(struct table *t, uint64_t ns)
{
	table_cell(t, "%s", human_ns(ns).text);
}

void table_count(struct table *t, uint64_t count)
{
	table_cell(t, "%s", human_count(count).text);
}

void table_value(struct table *t, enum table_unit unit, uint64_t value)
{
	table_cell(t, "%s", human_value(unit, value).text);
}

void table_init(struct table *t, const char *title, unsigned int left, const char *heads)
{
	*t = (struct table){ .title = title, .left = left };
	while (heads) {
		const char *end = strchrnul(heads, '|');

		t->nr_columns++;
		table_cell(t, "%.*s", (int)(end - heads), heads);
		heads = *end ? end + 1 : NULL;
	}
}

/* Text of the left columns gives way until the table fits. */
static void fit_columns(const struct table *t, unsigned int *width)
{
	unsigned int total = 0;

	for (unsigned int c = 0; c < t->nr_columns; c++) {
		width[c] = 0;
		for (unsigned int i = c; i < t->nr_cells; i += t->nr_columns) {
			if (strlen(t->cells[i]) > width[c])
				width[c] = strlen(t->cells[i]);
		}
		total += width[c] + 2;
	}
	while (total > TABLE_WIDTH) {
		unsigned int widest = 0;

		for (unsigned int c = 1; c < t->left; c++) {
			if (width[c] > width[widest])
				widest = c;
		}
		if (width[widest] <= 8)
			return;
		width[widest]--;
		total--;
	}
}

void table_print(struct table *t, FILE *out)
{
	unsigned int width[TABLE_COLUMNS_MAX];

	if (t->nr_cells > t->nr_columns) {
		fit_columns(t, width);
		if (t->title)
			fprintf(out, "\n%s\n", t->title);
		for (unsigned int i = 0; i < t->nr_cells; i++) {
			unsigned int c = i % t->nr_columns;
			int w = width[c];
			bool last = c + 1 == t->nr_columns;

			if (c >= t->left)
				fprintf(out, "  %*s", w, t->cells[i]);
			else if (strlen(t->cells[i]) > width[c])
				fprintf(out, "  %.*s~", w - 1, t->cells[i]);
			else
				fprintf(out, "  %-*s", last ? 0 : w, t->cells[i]);
			if (last)
				fputc('\n', out);
		}
	}
	for (unsigned int i = 0; i < t->nr_cells; i++)
		free(t->cells[i]);
	host_free(t->cells);
	*t = (struct table){ 0 };
}
