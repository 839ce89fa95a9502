/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bars: a row for each of what is compared, lengths to one scale, with intervals and the numbers
 * beside them.
 *
 * How to use it: fill a bars, bars_begin(), for each row bars_row() and what it has, bars_end().
 */
#ifndef BALLAST_REPORT_BARS_H
#define BALLAST_REPORT_BARS_H

#include "axis.h"
#include "html.h"
#include "plot.h"

struct bars {
	const struct html *h;
	const char *title, *note;	/* note: NULL for none */
	enum axis_unit unit;
	uint64_t max;			/* what must fit */
	unsigned int nr;		/* rows */
	size_t longest;			/* name, in bytes */
	/* Set by bars_begin() and bars_row(): */
	unsigned int left, row, used;	/* used: up to where the row has something */
	uint64_t end;
};

void bars_begin(struct bars *b);
void bars_row(struct bars *b, const char *name);
/* From one value to another, in a colour (0 to 7). */
void bars_bar(struct bars *b, uint64_t from, uint64_t to, unsigned int colour);
/* An interval, over a bar or by itself. */
void bars_interval(struct bars *b, uint64_t low, uint64_t high);
/* A single value, as a mark. */
void bars_mark(struct bars *b, uint64_t value);
/* Behind what the row has: a number under its path, with @mark in front; a word. */
void bars_number(struct bars *b, const char *mark, const char *path, ...)
	__attribute__((format(printf, 3, 4)));
void bars_word(struct bars *b, const char *word);
void bars_end(struct bars *b, const struct plot_key *keys, unsigned int nr);

#endif
