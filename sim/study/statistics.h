/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Statistics of repeated runs: medians, and percentile bootstrap intervals (Efron, 1979) that are
 * the same on every machine.
 */
#ifndef BALLAST_STUDY_STATISTICS_H
#define BALLAST_STUDY_STATISTICS_H

#include <stdbool.h>
#include <stdint.h>

#define STATISTICS_RESAMPLES 2000

struct interval {
	double low, high;
};

/* Of @nr > 0 values in any order; of an even number, the mean of the two in the middle. */
double statistics_median(const double *values, unsigned int nr);
/*
 * 95 % interval of the median: of medians of STATISTICS_RESAMPLES samples of @nr values, drawn with
 * replacement, those between 2.5 % and 97.5 %.  @stream names the random stream.
 */
struct interval statistics_interval(const double *values, unsigned int nr, const char *stream);
/*
 * Whether two variations differ: @a[i] and @b[i] belong together (they had one seed), and the
 * interval of the median of their differences does not include 0.
 */
bool statistics_differ(const double *a, const double *b, unsigned int nr, const char *stream);

#endif
