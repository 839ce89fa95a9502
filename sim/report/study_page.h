/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The report of a comparison, from what `ballast compare --json` prints.
 */
#ifndef BALLAST_REPORT_STUDY_PAGE_H
#define BALLAST_REPORT_STUDY_PAGE_H

#include <stdio.h>

#include "html.h"
#include "metric.h"

struct study;

void study_page(FILE *out, const struct study *study);

/* Shared by its files.  @i: a variation. */

/* How many there are, and of how many there are rows: that keeps a page small. */
unsigned int study_nr(const struct html *h);
unsigned int study_nr_shown(const struct html *h);

const char *study_name(const struct html *h, unsigned int i);
bool study_left_out(const struct html *h, unsigned int i);
bool study_knows(const struct html *h, unsigned int i, enum metric m);
/* "*" best, "!" worst, "=" no difference to the best; else "". */
const char *study_mark(const struct html *h, unsigned int i, enum metric m);
/* Its number; -1: nobody. */
int study_winner_of(const struct html *h);
/* Nothing is known of it, or nothing happened. */
bool study_is_empty(const struct html *h, enum metric m);

/* study_tables.c */
void study_table_figures(const struct html *h);
void study_table_columns(const struct html *h);
void study_table_runs(const struct html *h);

/* study_plots.c */
void study_plot_figures(const struct html *h);

#endif
