/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The report of one run, from its trace.
 */
#ifndef BALLAST_REPORT_RUN_PAGE_H
#define BALLAST_REPORT_RUN_PAGE_H

#include <stdio.h>

#include "html.h"
#include "report.h"
#include "run_series.h"

struct run_page {
	struct html html;
	const struct report *report;
	struct run_series *series;
	struct report_sum sum;
};

/*
 * @program: the command, as it was called; @damage: of a trace that is not whole, what is wrong
 * with it; else NULL.
 */
void run_page(FILE *out, const struct report *report, struct run_series *series,
	      const char *program, const char *damage);

/* run_plots.c */
void run_plot_programs(const struct run_page *page);
void run_plot_memory(const struct run_page *page);
void run_plot_parts(const struct run_page *page);
void run_plot_swap(const struct run_page *page);
void run_plot_cpu(const struct run_page *page);
void run_plot_faults(const struct run_page *page);

/* run_tables.c */
void run_table_programs(const struct html *h);
void run_table_measured(const struct html *h);
void run_table_commands(const struct html *h);
void run_table_guests(const struct html *h);
void run_table_mechanism(const struct html *h);
void run_table_swap(const struct html *h);
void run_table_disks(const struct html *h);
void run_table_images_cached(const struct html *h);
void run_table_cgroups(const struct html *h);
void run_table_cgroups_cpu(const struct html *h);
void run_table_pressure(const struct html *h);
void run_table_causes(const struct html *h);
void run_table_faults(const struct html *h);
void run_table_images(const struct html *h);

#endif
