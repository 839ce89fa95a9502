/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Parts that several kinds of report have.
 */
#ifndef BALLAST_REPORT_PARTS_H
#define BALLAST_REPORT_PARTS_H

#include "html.h"

/*
 * The machine, drawn to scale: host memory and swap, guests' memory, CPUs; from "host" and "guests"
 * of the member @at ("": of the whole).
 */
void part_machine(const struct html *h, const char *at);
/* What operations cost, and what that rests on; from its "cost_table". */
void part_costs(const struct html *h, const char *at);
/* A command line, as it is given to a shell. */
void part_command(const struct html *h, const char *text);
/* A list of the texts of an array, if there are any: @max of them at most. */
void part_texts(const struct html *h, const char *member, const char *classes, unsigned int max);
/* One of the numbers at the top. */
void part_tile(const struct html *h, const char *name, const char *path);

#endif
