// SPDX-License-Identifier: GPL-2.0-only
/*
 * What programs have measured of themselves: latencies of requests, bandwidths, work in a quantum.
 *
 * The best is what the program had when nothing disturbed it: of bandwidths the mean of the best
 * period (a record), of quanta the best one.  What it has lost is relative to that, so it says
 * nothing about a program that was disturbed all the time.
 *
 * Each pass of a bandwidth moves the same, so a mean over time is what all have moved in all of
 * their time: the harmonic mean.  One that took long counts for as long as it took.
 */
#include "collect.h"
#include "histogram.h"
#include "human.h"
#include "json.h"
#include "report_internal.h"
#include "table.h"

/* From the buckets comes how far it lies below the arithmetic mean, which is exact. */
static uint64_t harmonic_mean(const struct trace_histogram *h)
{
	const uint64_t one = UINT64_C(1) << 40;
	unsigned __int128 sum = 0, inverse = 0;

	for (unsigned int i = 0; i < HISTOGRAM_INDICES; i++) {
		uint64_t n = histogram_bucket(h, i), middle = histogram_middle(i);

		sum += (unsigned __int128)n * middle;
		inverse += (unsigned __int128)n * (one / (middle ? middle : 1));
	}
	if (!sum || !inverse)
		return 0;
	/* (count / inverse) / (sum / count) of h->sum / count */
	return (unsigned __int128)h->count * one * h->sum / inverse / sum;
}

static uint64_t mean_of(enum trace_measure what, const struct trace_histogram *h)
{
	return what == TRACE_MEASURE_BANDWIDTH ? harmonic_mean(h) : h->sum / h->count;
}

void report_measured_add(struct report_measured *m, enum trace_measure what,
			 const struct trace_histogram *values)
{
	uint64_t mean;

	if (!values->count || what >= NR_TRACE_MEASURES)
		return;
	mean = mean_of(what, values);
	if (!m->all.count || mean < m->period_lowest)
		m->period_lowest = mean;
	if (mean > m->period_best)
		m->period_best = mean;
	m->what = what;
	trace_histogram_merge(&m->all, values);
}

uint64_t report_measured_lowest(const struct report_measured *m)
{
	unsigned __int128 lowest = (unsigned __int128)m->period_lowest * 1000;

	return m->period_best ? (lowest + m->period_best / 2) / m->period_best : 0;
}

uint64_t report_measured_lost(const struct report_measured *m)
{
	uint64_t best = m->what == TRACE_MEASURE_QUANTUM ? m->all.max : m->period_best, mean;
	unsigned __int128 whole = (unsigned __int128)best * m->all.count;

	if (m->what == TRACE_MEASURE_BANDWIDTH) {
		mean = harmonic_mean(&m->all);
		return best > mean ? ((best - mean) * 1000 + best / 2) / best : 0;
	}
	return whole > m->all.sum ? ((whole - m->all.sum) * 1000 + whole / 2) / whole : 0;
}

static bool has(const struct report_program *p, enum trace_measure what)
{
	return p->measured.all.count && p->measured.what == what;
}

static void begin_row(struct table *t, const struct report *r, const struct report_program *p)
{
	table_cell(t, "%s", report_guest_label(r, p->guest));
	table_cell(t, "%s", p->name);
	table_count(t, p->measured.all.count);
}

static void share_cell(struct table *t, uint64_t permille)
{
	table_cell(t, "%llu.%llu %%", (unsigned long long)permille / 10,
		   (unsigned long long)permille % 10);
}

static void text_latencies(const struct report *r, FILE *out, unsigned int max)
{
	struct table t;

	table_init(&t, "Latency of requests", 2, "guest|program|requests|mean|p50|p99|p99.9|max");
	for (unsigned int i = 0; i < r->nr_programs; i++) {
		const struct report_program *p = &r->programs[i];
		const struct trace_histogram *h = &p->measured.all;

		if (!has(p, TRACE_MEASURE_LATENCY) || (max && p->guest >= max))
			continue;
		begin_row(&t, r, p);
		table_ns(&t, h->sum / h->count);
		table_ns(&t, trace_histogram_quantile(h, 50, 100));
		table_ns(&t, trace_histogram_quantile(h, 99, 100));
		table_ns(&t, trace_histogram_quantile(h, 999, 1000));
		table_ns(&t, h->max);
	}
	table_print(&t, out);
}

static void text_bandwidths(const struct report *r, FILE *out, unsigned int max)
{
	struct table t;

	table_init(&t, "Bandwidth of tasks, MB/s", 2,
		   "guest|program|passes|mean|best period|lowest period|of the best|lost");
	for (unsigned int i = 0; i < r->nr_programs; i++) {
		const struct report_program *p = &r->programs[i];
		const struct report_measured *m = &p->measured;

		if (!has(p, TRACE_MEASURE_BANDWIDTH) || (max && p->guest >= max))
			continue;
		begin_row(&t, r, p);
		table_count(&t, mean_of(m->what, &m->all));
		table_count(&t, m->period_best);
		table_count(&t, m->period_lowest);
		share_cell(&t, report_measured_lowest(m));
		share_cell(&t, report_measured_lost(m));
	}
	table_print(&t, out);
}

static void text_quanta(const struct report *r, FILE *out, unsigned int max)
{
	struct table t;

	table_init(&t, "Work in a quantum of time", 2,
		   "guest|program|quanta|mean|best|lowest|lowest period|lost");
	for (unsigned int i = 0; i < r->nr_programs; i++) {
		const struct report_program *p = &r->programs[i];
		const struct report_measured *m = &p->measured;

		if (!has(p, TRACE_MEASURE_QUANTUM) || (max && p->guest >= max))
			continue;
		begin_row(&t, r, p);
		table_count(&t, m->all.sum / m->all.count);
		table_count(&t, m->all.max);
		table_count(&t, m->all.min);
		share_cell(&t, report_measured_lowest(m));
		share_cell(&t, report_measured_lost(m));
	}
	table_print(&t, out);
}

void report_text_measured(const struct report *r, FILE *out, unsigned int max)
{
	text_latencies(r, out, max);
	text_bandwidths(r, out, max);
	text_quanta(r, out, max);
}

/* With the unit in the name, as everywhere. */
static void json_value(struct json *j, const struct report_measured *m, const char *name,
		       uint64_t value)
{
	static const char *const units[] = {
		[TRACE_MEASURE_LATENCY] = "ns",
		[TRACE_MEASURE_BANDWIDTH] = "mb_per_s",
		[TRACE_MEASURE_QUANTUM] = "work",
	};
	char key[48];

	snprintf(key, sizeof(key), "%s_%s", name, units[m->what]);
	json_u64(j, key, value);
}

void report_json_measured(const struct report_measured *m, struct json *j)
{
	const struct trace_histogram *h = &m->all;

	if (!h->count)
		return;
	json_open(j, "measured", '{');
	json_string(j, "what", trace_enum_text(&trace_types[TRACE_ID_measured].fields[2], m->what));
	json_u64(j, "count", h->count);
	json_value(j, m, "mean", mean_of(m->what, h));
	json_value(j, m, "min", h->min);
	json_value(j, m, "p50", trace_histogram_quantile(h, 50, 100));
	json_value(j, m, "p99", trace_histogram_quantile(h, 99, 100));
	json_value(j, m, "p999", trace_histogram_quantile(h, 999, 1000));
	json_value(j, m, "max", h->max);
	json_value(j, m, "period_lowest", m->period_lowest);
	json_value(j, m, "period_best", m->period_best);
	json_u64(j, "lowest_permille", report_measured_lowest(m));
	json_u64(j, "lost_permille", report_measured_lost(m));
	json_close(j, '}');
}
