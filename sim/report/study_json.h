/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The variations of a comparison, as `ballast compare --json` has them.  @i: a variation.
 */
#ifndef BALLAST_REPORT_STUDY_JSON_H
#define BALLAST_REPORT_STUDY_JSON_H

#include "html.h"
#include "metric.h"

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

#endif
