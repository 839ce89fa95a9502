/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the samples of a trace say of a guest's memory over time; of a machine with one guest.
 */
#ifndef BALLAST_TEST_GUEST_SAMPLES_H
#define BALLAST_TEST_GUEST_SAMPLES_H

#include "read.h"
#include "scenario_run.h"

#define SAMPLES_MAX 4096

/* Pages. */
struct samples {
	struct trace_consumer consumer;
	unsigned int nr;
	uint64_t time[SAMPLES_MAX], free[SAMPLES_MAX], guest_swap[SAMPLES_MAX];
	uint64_t cached[SAMPLES_MAX];
};

static inline void samples_record(struct trace_consumer *c, const struct trace_record *record)
{
	struct samples *s = (struct samples *)c;
	const struct trace_rec_guest_sample *rec = record->rec;

	if (record->id != TRACE_ID_guest_sample || s->nr == SAMPLES_MAX)
		return;
	s->time[s->nr] = record->time;
	s->free[s->nr] = rec->free;
	s->cached[s->nr] = rec->cached;
	s->guest_swap[s->nr++] = rec->guest_swap;
}

/* Valid until the next call. */
static inline const struct samples *samples_of(const struct outcome *o)
{
	static struct samples s;
	struct trace_reader *reader;
	char error[512];

	s.consumer = (struct trace_consumer){ .record = samples_record, .level = TRACE_NORMAL };
	s.nr = 0;
	reader = trace_reader_open(o->trace, error, sizeof(error));
	ck_assert_msg(reader != NULL, "%s", error);
	trace_reader_feed(reader, &s.consumer);
	trace_reader_close(reader);
	ck_assert_uint_gt(s.nr, 0);
	return &s;
}

/* The last sample up to @time. */
static inline unsigned int sample_at(const struct samples *s, uint64_t time)
{
	unsigned int i = 0;

	while (i + 1 < s->nr && s->time[i + 1] <= time)
		i++;
	return i;
}

#endif
