// SPDX-License-Identifier: GPL-2.0-only
/*
 * Medians and quartiles; see spread.h.
 */
#include "spread.h"

#include <stdlib.h>
#include <string.h>

#include "hostmem.h"

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double quantile(const double *sorted, unsigned int nr, double p)
{
	double at = p * (nr - 1);
	unsigned int below = at;

	if (below + 1 >= nr)
		return sorted[nr - 1];
	return sorted[below] + (at - below) * (sorted[below + 1] - sorted[below]);
}

struct spread spread_of(const double *values, unsigned int nr)
{
	struct spread s = { .nr = nr };
	double *sorted;

	if (!nr)
		return s;
	sorted = host_alloc(nr * sizeof(*sorted));
	memcpy(sorted, values, nr * sizeof(*sorted));
	qsort(sorted, nr, sizeof(*sorted), by_value);
	s.median = quantile(sorted, nr, 0.5);
	s.q1 = quantile(sorted, nr, 0.25);
	s.q3 = quantile(sorted, nr, 0.75);
	s.min = sorted[0];
	s.max = sorted[nr - 1];
	host_free(sorted);
	return s;
}

double spread_percent(const struct spread *s)
{
	return s->median > 0 ? 100 * (s->q3 - s->q1) / s->median : 0;
}
