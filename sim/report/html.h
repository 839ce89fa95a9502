/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A report as one HTML file: the document around it, text, tables, and numbers.
 *
 * Every number is looked up in the JSON that `--json` prints, by its path ("guests[0].vcpus"), and
 * keeps path and exact value as attributes: what a report says is what --json says.  Units follow
 * from the last word of a name (_bytes, _ns) and from the table of figures (sim/study/metric.h).
 *
 * The file loads nothing and runs nothing; text that comes from files is escaped.
 */
#ifndef BALLAST_REPORT_HTML_H
#define BALLAST_REPORT_HTML_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define HTML_PATH_SIZE 512

struct html {
	FILE *out;
	struct json_object *data;
};

/*
 * What a command prints for programs, read back: so a report cannot say anything else.  To be given
 * to json_object_put().
 */
struct json_object *html_data(void (*print)(const void *source, FILE *out), const void *source);

/* Escaped for text and for attributes; what is no UTF-8 or a control character is replaced. */
void html_text(FILE *out, const char *text);
void html_begin(FILE *out, const char *title);
void html_end(FILE *out);
void html_style(FILE *out);

/* NULL: there is no such member.  A path is made as by printf(). */
struct json_object *html_at(const struct html *h, const char *path, ...)
	__attribute__((format(printf, 2, 3)));
/* "" for what is not there. */
const char *html_string(const struct html *h, const char *path, ...)
	__attribute__((format(printf, 2, 3)));
/* 0 for what is not there. */
uint64_t html_u64(const struct html *h, const char *path, ...)
	__attribute__((format(printf, 2, 3)));
/* False for what is not there. */
bool html_bool(const struct html *h, const char *path, ...)
	__attribute__((format(printf, 2, 3)));
unsigned int html_length(const struct html *h, const char *path, ...)
	__attribute__((format(printf, 2, 3)));

/* The number in words, in an element that remembers what it is; "-" for one that is not there. */
void html_number(const struct html *h, const char *path, ...)
	__attribute__((format(printf, 2, 3)));

/* The same in a text of SVG. */
void html_svg_number(const struct html *h, const char *path, ...)
	__attribute__((format(printf, 2, 3)));
/* From one member of @at to another; only the first where both come to the same words. */
void html_range(const struct html *h, const char *at, const char *low, const char *high);

/* @heads: separated by '|'; the first @left columns are text. */
void html_table(FILE *out, const char *heads, unsigned int left);
void html_table_end(FILE *out);
void html_row(FILE *out);
void html_cell(FILE *out, const char *text);
/* The same, in one line. */
void html_cell_line(FILE *out, const char *text);
/* A text in a column of numbers. */
void html_cell_right(FILE *out, const char *text);
void html_cell_number(const struct html *h, const char *path, ...)
	__attribute__((format(printf, 2, 3)));
/* After a table of which not all rows are shown. */
void html_left_out(FILE *out, unsigned int nr);

#endif
