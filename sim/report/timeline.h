/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Values over time, thinned as they come to what a plot can show: memory is bounded however long
 * the run.
 *
 * Time is cut into buckets, of which each keeps two points: where the sum of the series was least
 * and where it was most, with all series as they were then.  So what is stacked adds up, and no
 * peak is lost.  When the buckets are full, each two become one.
 */
#ifndef BALLAST_REPORT_TIMELINE_H
#define BALLAST_REPORT_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>

#define TIMELINE_SERIES_MAX 9
#define TIMELINE_BUCKETS 680	/* the width of a plot in pixels */

struct timeline_point {
	uint64_t time;			/* ns */
	uint64_t value[TIMELINE_SERIES_MAX];
};

struct timeline {
	unsigned int nr;		/* series */
	uint64_t width;			/* of a bucket, ns */
	unsigned int nr_buckets;	/* in use */
	struct timeline_bucket *buckets;
	struct timeline_point now;
	bool any, pending;		/* now has not been put into its bucket yet */
	uint64_t max_sum;
};

void timeline_init(struct timeline *t, unsigned int nr);
void timeline_free(struct timeline *t);
/* Times do not go back. */
void timeline_set(struct timeline *t, uint64_t time, unsigned int series, uint64_t value);
/* After the last value: the points in order, to be given to free(). */
struct timeline_point *timeline_points(struct timeline *t, unsigned int *nr);

#endif
