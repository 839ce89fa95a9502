/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Parts of a comparison's page.
 */
#ifndef BALLAST_REPORT_STUDY_PARTS_H
#define BALLAST_REPORT_STUDY_PARTS_H

#include "html.h"

/* study_tables.c */
void study_table_figures(const struct html *h);
void study_table_columns(const struct html *h);
void study_table_runs(const struct html *h);

/* study_plots.c */
void study_plot_figures(const struct html *h);

#endif
