// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rows of `ballast published`: what the runs of an experiment's variant, one of each seed, say of
 * its figures.
 *
 * With several seeds a figure is the median of its runs, and beside it there is the interval of the
 * median (statistics.h).  A run that did not get to a figure makes the figure one without a value.
 */
#include <inttypes.h>
#include <string.h>

#include "hostmem.h"
#include "published.h"
#include "statistics.h"

void published_rows_init(struct published_rows *rows, enum published_format format)
{
	*rows = (struct published_rows){ .format = format };
}

void published_rows_begin(struct published_rows *rows, const struct scenario *s, unsigned int seeds)
{
	rows->nr = s->published.nr_figures;
	rows->seeds = seeds;
	rows->value = host_alloc(rows->nr * sizeof(*rows->value));
	for (uint32_t i = 0; i < rows->nr; i++)
		rows->value[i].of = host_alloc(seeds * sizeof(*rows->value[i].of));
}

void published_rows_add(struct published_rows *rows, const struct published_run *run)
{
	const struct scenario *s = run->scenario;
	uint64_t value;

	for (uint32_t i = 0; i < rows->nr; i++) {
		struct published_value *v = &rows->value[i];
		const struct scenario_figure *figure = &s->published.figures[i];

		v->failed |= run->status != 0;
		if (run->status || !figures_value(run->figures, s, figure, &value))
			continue;
		v->unbounded |= figures_unbounded(run->figures, figure);
		v->of[v->nr++] = value;
	}
}

static void published_text(char *text, size_t size, const struct scenario_figure *figure)
{
	if (figure->value == figure->value_max)
		snprintf(text, size, "%" PRIu64, figure->value);
	else
		snprintf(text, size, "%" PRIu64 "-%" PRIu64, figure->value, figure->value_max);
}

/* What a row says of a figure, each "" if there is nothing to say. */
struct row {
	char published[32], simulated[48], interval[64], ratio[16];
	const char *verdict;
};

static void make_row(const struct published_rows *rows, const struct scenario *s, uint32_t i,
		     struct row *row)
{
	const struct scenario_figure *figure = &s->published.figures[i];
	const struct published_value *v = &rows->value[i];
	struct interval interval;
	uint64_t value;

	*row = (struct row){ .simulated = "-", .verdict = v->failed ? "run failed" : "" };
	published_text(row->published, sizeof(row->published), figure);
	if (v->failed || v->nr < rows->seeds)
		return;
	value = statistics_median(v->of, v->nr) + 0.5;
	snprintf(row->simulated, sizeof(row->simulated), "%s%" PRIu64, v->unbounded ? ">= " : "",
		 value);
	if (rows->seeds > 1) {
		interval = statistics_interval(v->of, v->nr, figure->label);
		snprintf(row->interval, sizeof(row->interval), "%.0f-%.0f", interval.low,
			 interval.high);
	}
	if (figure->value)
		snprintf(row->ratio, sizeof(row->ratio), "%.2f", (double)value / figure->value);
	row->verdict = figures_within(figure, value) && !v->unbounded ? "ok" : "OUT OF BAND";
}

/* Once, and not before there is something to print below it. */
static void print_head(struct published_rows *rows)
{
	if (!rows->head_printed && rows->format == PUBLISHED_MARKDOWN)
		printf("| id | variant | figure | metric | published | simulated | interval | "
		       "ratio | in band |\n|---|---|---|---|---|---|---|---|---|\n");
	else if (!rows->head_printed)
		printf("%-4s %-8s %-36s %-26s %10s %10s%s %7s\n", "id", "variant", "figure",
		       "metric", "published", "simulated",
		       rows->seeds > 1 ? "      interval" : "", "ratio");
	rows->head_printed = true;
}

static void print_row(const struct published_rows *rows, const struct scenario *s, uint32_t i)
{
	const struct scenario_figure *figure = &s->published.figures[i];
	const char *metric = scenario_metric_name(figure->metric);
	struct row row;

	make_row(rows, s, i, &row);
	if (rows->format == PUBLISHED_MARKDOWN) {
		printf("| %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", s->published.id,
		       s->variant, figure->label, metric, row.published, row.simulated,
		       row.interval, row.ratio, !strcmp(row.verdict, "ok") ? "yes" :
		       figure->remark[0] ? figure->remark : row.verdict);
		return;
	}
	printf("%-4s %-8s %-36s %-26s %10s %10s", s->published.id, s->variant, figure->label,
	       metric, row.published, row.simulated);
	if (rows->seeds > 1)
		printf(" %13s", row.interval);
	if (!strcmp(row.simulated, "-"))
		printf("%s%s\n", row.verdict[0] ? "          " : "", row.verdict);
	else
		printf(" %7s  %s\n", row.ratio, row.verdict);
}

void published_rows_end(struct published_rows *rows, const struct scenario *s)
{
	for (uint32_t i = 0; s && rows->format != PUBLISHED_JSON && i < rows->nr; i++) {
		if (!published_has(s, &s->published.figures[i]))
			continue;
		print_head(rows);
		print_row(rows, s, i);
	}
	fflush(stdout);
	for (uint32_t i = 0; i < rows->nr; i++)
		host_free(rows->value[i].of);
	host_free(rows->value);
	rows->value = NULL;
	rows->nr = 0;
}
