/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of a comparison share: diff.c finds what belongs together, diff_text.c and
 * diff_json.c print it, diff_ranges.c does it for several runs.
 */
#ifndef BALLAST_TRACE_DIFF_INTERNAL_H
#define BALLAST_TRACE_DIFF_INTERNAL_H

#include "diff.h"

extern const char *const diff_side_names[NR_DIFF_SIDES];

bool diff_shown(const struct diff *d, unsigned int quantity);
bool diff_in_both(const struct diff_pair *pair, unsigned int quantity);
/* |sim - real|, whether it is sim that is less, and thousandths of real; false: of nothing. */
uint64_t diff_deviation(const struct diff_pair *pair, unsigned int quantity);
bool diff_below(const struct diff_pair *pair, unsigned int quantity);
bool diff_permille(const struct diff_pair *pair, unsigned int quantity, uint64_t *result);
bool diff_beyond(const struct diff *d, const struct diff_pair *pair, unsigned int quantity);
const struct phase *diff_any_side(const struct diff_pair *pair);
const struct diff_pair *diff_largest(const struct diff *d, unsigned int q);
/* Whether a quantity is one that phases like this have: of the host, or of a guest. */
bool diff_has(const struct phase *phase, unsigned int q);
/* "hold 2 #3", without what is cut. */
const char *diff_phase_text(const struct phase *phase, char *text, size_t size);
/* The file's name without its directory: the same scenario may have been run from another. */
const char *diff_scenario_name(const struct phases *p);

#endif
