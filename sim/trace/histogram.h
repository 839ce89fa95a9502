/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside of struct trace_histogram, for those who store and load it.
 */
#ifndef BALLAST_TRACE_HISTOGRAM_H
#define BALLAST_TRACE_HISTOGRAM_H

#include "trace.h"

#define HISTOGRAM_INDICES (TRACE_HISTOGRAM_GROUPS * TRACE_HISTOGRAM_BUCKETS)

unsigned int histogram_index(uint64_t value);
/* A value in the middle of a bucket. */
uint64_t histogram_middle(unsigned int index);
/* Does not touch count, sum, min and max. */
void histogram_add_index(struct trace_histogram *h, unsigned int index, uint64_t count);

static inline uint64_t histogram_bucket(const struct trace_histogram *h, unsigned int index)
{
	const uint64_t *group = h->group[index / TRACE_HISTOGRAM_BUCKETS];

	return group ? group[index % TRACE_HISTOGRAM_BUCKETS] : 0;
}

#endif
