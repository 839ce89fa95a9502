// SPDX-License-Identifier: GPL-2.0-only
/*
 * Medians and bootstrap intervals; see statistics.h.
 */
#include "statistics.h"

#include <stdlib.h>
#include <string.h>

#include "hostmem.h"
#include "random.h"

#define SEED 1

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Sorts @values. */
static double median_of(double *values, unsigned int nr)
{
	qsort(values, nr, sizeof(*values), by_value);
	return nr % 2 ? values[nr / 2] : (values[nr / 2 - 1] + values[nr / 2]) / 2;
}

double statistics_median(const double *values, unsigned int nr)
{
	double *copy = host_alloc(nr * sizeof(*copy)), median;

	memcpy(copy, values, nr * sizeof(*copy));
	median = median_of(copy, nr);
	host_free(copy);
	return median;
}

struct interval statistics_interval(const double *values, unsigned int nr, const char *stream)
{
	double *sample = host_alloc(nr * sizeof(*sample));
	double *medians = host_alloc(STATISTICS_RESAMPLES * sizeof(*medians));
	/* 2.5 % of them are below, as many above. */
	unsigned int cut = STATISTICS_RESAMPLES / 40;
	struct random_stream rs;
	struct interval interval;

	random_init(&rs, SEED, stream);
	for (unsigned int i = 0; i < STATISTICS_RESAMPLES; i++) {
		for (unsigned int j = 0; j < nr; j++)
			sample[j] = values[random_below(&rs, nr)];
		medians[i] = median_of(sample, nr);
	}
	qsort(medians, STATISTICS_RESAMPLES, sizeof(*medians), by_value);
	interval = (struct interval){ medians[cut], medians[STATISTICS_RESAMPLES - 1 - cut] };
	host_free(sample);
	host_free(medians);
	return interval;
}

bool statistics_differ(const double *a, const double *b, unsigned int nr, const char *stream)
{
	double *difference = host_alloc(nr * sizeof(*difference));
	struct interval interval;

	for (unsigned int i = 0; i < nr; i++)
		difference[i] = a[i] - b[i];
	interval = statistics_interval(difference, nr, stream);
	host_free(difference);
	return interval.low > 0 || interval.high < 0;
}
