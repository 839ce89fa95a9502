// SPDX-License-Identifier: GPL-2.0-only
/*
 * Values over time, thinned; see timeline.h.
 */
#include "timeline.h"

#include <stdlib.h>

#include "hostmem.h"

#define FIRST_WIDTH 1000000	/* ns */

struct timeline_bucket {
	bool any;
	struct timeline_point least, most;
};

void timeline_init(struct timeline *t, unsigned int nr)
{
	*t = (struct timeline){ .nr = nr < TIMELINE_SERIES_MAX ? nr : TIMELINE_SERIES_MAX,
				.width = FIRST_WIDTH };
	t->buckets = host_alloc(TIMELINE_BUCKETS * sizeof(*t->buckets));
}

void timeline_free(struct timeline *t)
{
	host_free(t->buckets);
	*t = (struct timeline){ 0 };
}

static uint64_t sum_of(const struct timeline *t, const struct timeline_point *p)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < t->nr; i++)
		sum += p->value[i];
	return sum;
}

static void put(const struct timeline *t, struct timeline_bucket *b, const struct timeline_point *p)
{
	if (!b->any || sum_of(t, p) < sum_of(t, &b->least))
		b->least = *p;
	if (!b->any || sum_of(t, p) > sum_of(t, &b->most))
		b->most = *p;
	b->any = true;
}

/* The earlier of two equal ones stays, so its two points go in by their times. */
static void put_bucket(const struct timeline *t, struct timeline_bucket *to,
		       const struct timeline_bucket *from)
{
	bool least_first = from->least.time <= from->most.time;

	if (!from->any)
		return;
	put(t, to, least_first ? &from->least : &from->most);
	put(t, to, least_first ? &from->most : &from->least);
}

static void halve(struct timeline *t)
{
	for (unsigned int i = 0; i < TIMELINE_BUCKETS / 2; i++) {
		struct timeline_bucket b = { 0 };

		put_bucket(t, &b, &t->buckets[2 * i]);
		put_bucket(t, &b, &t->buckets[2 * i + 1]);
		t->buckets[i] = b;
	}
	for (unsigned int i = TIMELINE_BUCKETS / 2; i < TIMELINE_BUCKETS; i++)
		t->buckets[i].any = false;
	t->nr_buckets = (t->nr_buckets + 1) / 2;
	t->width *= 2;
}

static void commit(struct timeline *t)
{
	uint64_t index, sum = sum_of(t, &t->now);

	if (!t->pending)
		return;
	while (t->now.time / t->width >= TIMELINE_BUCKETS)
		halve(t);
	index = t->now.time / t->width;
	put(t, &t->buckets[index], &t->now);
	if (index >= t->nr_buckets)
		t->nr_buckets = index + 1;
	t->max_sum = sum > t->max_sum ? sum : t->max_sum;
	t->pending = false;
}

void timeline_set(struct timeline *t, uint64_t time, unsigned int series, uint64_t value)
{
	if (series >= t->nr || time > UINT64_MAX / 4)
		return;
	/* What is said at one time belongs together. */
	if (t->any && time != t->now.time)
		commit(t);
	t->now.time = time;
	t->now.value[series] = value;
	t->any = t->pending = true;
}

struct timeline_point *timeline_points(struct timeline *t, unsigned int *nr)
{
	struct timeline_point *points = calloc(2 * TIMELINE_BUCKETS + 1, sizeof(*points));

	if (!points)
		abort();
	commit(t);
	*nr = 0;
	for (unsigned int i = 0; i < t->nr_buckets; i++) {
		const struct timeline_bucket *b = &t->buckets[i];
		bool least_first = b->least.time <= b->most.time;

		if (!b->any)
			continue;
		points[(*nr)++] = least_first ? b->least : b->most;
		if (b->least.time != b->most.time)
			points[(*nr)++] = least_first ? b->most : b->least;
	}
	if (*nr && points[*nr - 1].time != t->now.time)
		points[(*nr)++] = t->now;
	return points;
}
