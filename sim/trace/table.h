/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tables of text with aligned columns.
 */
#ifndef BALLAST_TRACE_TABLE_H
#define BALLAST_TRACE_TABLE_H

#include <stdint.h>
#include <stdio.h>

#include "human.h"

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
void table_value(struct table *t, enum table_unit unit, uint64_t value);
/* Print it if it has a row besides the heads, and free it. */
void table_print(struct table *t, FILE *out);

#endif
