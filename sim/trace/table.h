/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tables of text with aligned columns, and numbers for people.
 */
#ifndef BALLAST_TRACE_TABLE_H
#define BALLAST_TRACE_TABLE_H

#include <stdint.h>
#include <stdio.h>

#define TABLE_COLUMNS_MAX 16
#define TABLE_WIDTH 100

struct table {
	const char *title;
	unsigned int nr_columns, left;	/* the first @left columns are aligned to the left */
	char **cells;
	unsigned int nr_cells, size;
};

/* @heads: the column heads, separated by '|'. */
void table_init(struct table *t, const char *title, unsigned int left, const char *heads);
/* Cells come row by row, left to right. */
__attribute__((format(printf, 2, 3)))
void table_cell(struct table *t, const char *format, ...);
void table_bytes(struct table *t, uint64_t bytes);
void table_pages(struct table *t, uint64_t pages);
void table_ns(struct table *t, uint64_t ns);
void table_count(struct table *t, uint64_t count);
enum table_unit { TABLE_NS, TABLE_PAGES, TABLE_BYTES, TABLE_COUNT };
void table_value(struct table *t, enum table_unit unit, uint64_t value);
/* Print it if it has a row besides the heads, and free it. */
void table_print(struct table *t, FILE *out);

struct human {
	char text[32];
};

/* "1.50 GiB", "12.3 ms", "1,234,567", all cut to what matters; "0" for nothing. */
struct human human_bytes(uint64_t bytes);
struct human human_ns(uint64_t ns);
/* A point in time: "285.7 s", "1.027 s". */
struct human human_time(uint64_t ns);
struct human human_count(uint64_t count);
struct human human_value(enum table_unit unit, uint64_t value);

#endif
