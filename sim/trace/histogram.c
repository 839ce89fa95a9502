// SPDX-License-Identifier: GPL-2.0-only
/*
 * Log-linear histograms; see trace.h.
 *
 * Group 0 holds 0..63, group g >= 1 holds 2^(g+5) .. 2^(g+6)-1 in steps of 2^(g-1).
 */
#include <string.h>

#include "histogram.h"
#include "hostmem.h"

unsigned int histogram_index(uint64_t value)
{
	unsigned int shift;

	if (value < TRACE_HISTOGRAM_BUCKETS)
		return value;
	shift = 63 - __builtin_clzll(value) - 6;
	return (shift + 1) * TRACE_HISTOGRAM_BUCKETS + (value >> shift) - TRACE_HISTOGRAM_BUCKETS;
}

uint64_t histogram_middle(unsigned int index)
{
	unsigned int group = index / TRACE_HISTOGRAM_BUCKETS;
	uint64_t sub = index % TRACE_HISTOGRAM_BUCKETS;

	if (group < 2)
		return index;
	return ((TRACE_HISTOGRAM_BUCKETS + sub) << (group - 1)) + (UINT64_C(1) << (group - 2));
}

void histogram_add_index(struct trace_histogram *h, unsigned int index, uint64_t count)
{
	uint64_t **group = &h->group[index / TRACE_HISTOGRAM_BUCKETS];

	if (!*group)
		*group = host_alloc(TRACE_HISTOGRAM_BUCKETS * sizeof(**group));
	(*group)[index % TRACE_HISTOGRAM_BUCKETS] += count;
}

void trace_histogram_add(struct trace_histogram *h, uint64_t value, uint64_t count)
{
	if (!count)
		return;
	histogram_add_index(h, histogram_index(value), count);
	if (!h->count || value < h->min)
		h->min = value;
	if (value > h->max)
		h->max = value;
	h->count += count;
	h->sum += value * count;
}

void trace_histogram_merge(struct trace_histogram *into, const struct trace_histogram *h)
{
	if (!h->count)
		return;
	for (unsigned int i = 0; i < HISTOGRAM_INDICES; i++) {
		uint64_t n = histogram_bucket(h, i);

		if (n)
			histogram_add_index(into, i, n);
	}
	if (!into->count || h->min < into->min)
		into->min = h->min;
	if (h->max > into->max)
		into->max = h->max;
	into->count += h->count;
	into->sum += h->sum;
}

void trace_histogram_reset(struct trace_histogram *h)
{
	for (unsigned int g = 0; g < TRACE_HISTOGRAM_GROUPS; g++) {
		if (h->group[g])
			memset(h->group[g], 0, TRACE_HISTOGRAM_BUCKETS * sizeof(*h->group[g]));
	}
	h->count = h->sum = h->min = h->max = 0;
}

void trace_histogram_free(struct trace_histogram *h)
{
	for (unsigned int g = 0; g < TRACE_HISTOGRAM_GROUPS; g++)
		host_free(h->group[g]);
	memset(h, 0, sizeof(*h));
}

uint64_t trace_histogram_quantile(const struct trace_histogram *h, uint64_t num, uint64_t den)
{
	/* ceil(count * num / den) without overflow */
	uint64_t rank = h->count / den * num + (h->count % den * num + den - 1) / den;
	uint64_t seen = 0;

	if (!h->count)
		return 0;
	if (!rank)
		rank = 1;
	if (rank >= h->count)
		return h->max;
	for (unsigned int i = 0; i < HISTOGRAM_INDICES; i++) {
		uint64_t value;

		seen += histogram_bucket(h, i);
		if (seen < rank)
			continue;
		value = histogram_middle(i);
		return value < h->min ? h->min : value > h->max ? h->max : value;
	}
	return h->max;
}
