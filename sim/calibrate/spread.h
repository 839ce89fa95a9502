/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What repeated measurements of one thing come to.  The median and the quartiles are what a few
 * disturbed runs do not move; the extremes show that there were some.
 */
#ifndef BALLAST_CALIBRATE_SPREAD_H
#define BALLAST_CALIBRATE_SPREAD_H

struct spread {
	double median, q1, q3, min, max;
	unsigned int nr;		/* of values; 0: all else is 0, too */
};

/*
 * Of @nr values in any order.  Quantiles between two values are interpolated linearly (type 7 of
 * Hyndman and Fan, "Sample Quantiles in Statistical Packages", 1996), so that the median of an even
 * number is the mean of the two in the middle.
 */
struct spread spread_of(const double *values, unsigned int nr);
/* Distance of the quartiles in percent of the median; 0 if there is nothing to tell. */
double spread_percent(const struct spread *s);

#endif
