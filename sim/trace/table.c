// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tables of text; see table.h.
 */
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "hostmem.h"
#include "table.h"

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
