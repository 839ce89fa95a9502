/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Plots as SVG: axes with units, bands, lines, steps, bars.  Coordinates are whole numbers, tenths
 * of a pixel, so that the same data give the same bytes everywhere; text is text.
 *
 * How to use it: fill a plot, plot_begin(), draw, plot_end() with the legend.
 */
#ifndef BALLAST_REPORT_PLOT_H
#define BALLAST_REPORT_PLOT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "axis.h"
#include "table.h"
#include "timeline.h"

/* In tenths of a pixel. */
#define PLOT_WIDTH 7600
#define PLOT_LEFT 640
#define PLOT_RIGHT 160
#define PLOT_TOP 240
#define PLOT_BOTTOM 420
#define PLOT_LETTER 68		/* about as wide as one is */
#define PLOT_INNER (PLOT_WIDTH - PLOT_LEFT - PLOT_RIGHT)

struct plot {
	FILE *out;
	const char *title, *note;	/* note: what is shown, in a sentence; NULL: none */
	const char *x_name;
	enum axis_unit x_unit, y_unit;
	uint64_t x_max, y_max;		/* what must fit */
	bool x_log;			/* decades, from x_min on */
	uint64_t x_min;
	/* Set by plot_begin(): where the axis ends, at a tick. */
	uint64_t y_end;
};

struct plot_key {
	unsigned int colour;
	const char *shape;	/* class of the sample: "f" area, "l s" line, "l edge", "l limit" */
	const char *name;
};

/* The figure and its picture of any height, without anything in it; what ends it, with a legend. */
void plot_open(FILE *out, const char *title, const char *note, unsigned int height);
void plot_close(FILE *out, const struct plot_key *keys, unsigned int nr);

void plot_begin(struct plot *p);
void plot_end(struct plot *p, const struct plot_key *keys, unsigned int nr);

int plot_x(const struct plot *p, uint64_t x);
int plot_y(const struct plot *p, uint64_t y);

/* The series of @points from @first on, stacked in their order; empty ones are left out. */
void plot_bands(const struct plot *p, const struct timeline_point *points, unsigned int nr,
		unsigned int series, const unsigned int *colours);
/* One series as a line of the given classes. */
void plot_line(const struct plot *p, const struct timeline_point *points, unsigned int nr,
	       const char *classes);
/* A level at @y, over the whole width. */
void plot_level(const struct plot *p, uint64_t y, const char *classes);

/* log2(@value) in units of 1/65536, by integers alone; 0 for 0. */
uint64_t plot_log2(uint64_t value);

#endif
