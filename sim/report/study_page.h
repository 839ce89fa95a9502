/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The report of a comparison, from what `ballast compare --json` prints.
 */
#ifndef BALLAST_REPORT_STUDY_PAGE_H
#define BALLAST_REPORT_STUDY_PAGE_H

#include <stdio.h>

struct study;

void study_page(FILE *out, const struct study *study);

#endif
