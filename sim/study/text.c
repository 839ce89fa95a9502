// SPDX-License-Identifier: GPL-2.0-only
/*
 * A study as text: what was compared, one table in panels of a terminal's width with a row for each
 * variation, and remarks.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "hostmem.h"
#include "study.h"
#include "table.h"

#define CELL_SIZE 80

static bool is_left_out(const struct study *s, unsigned int variation)
{
	return s->variations.list[variation].missing;
}

static unsigned int name_width(const struct study *s)
{
	unsigned int width = 0;

	for (unsigned int i = 0; i < s->variations.nr; i++) {
		size_t len = strlen(s->variations.list[i].name);

		width = len > width ? len : width;
	}
	return width;
}

/* Behind the argument, or below it where it does not fit. */
static void print_remark(const char *argument, const char *what, const char *of, unsigned int width,
			 FILE *out)
{
	size_t used = width + 4 + strlen(argument);

	if (used + strlen(what) + strlen(of) + 3 > TABLE_WIDTH)
		fprintf(out, "\n  %-*s  ", width, "");
	else if (argument[0])
		fputc(' ', out);
	fprintf(out, "(%s%s)", what, of);
}

static void print_variations(const struct study *s, FILE *out)
{
	unsigned int width = name_width(s);

	fprintf(out, "%s\n", s->description);
	fprintf(out, "%s, seed %" PRIu64, s->config.file, s->first_seed);
	if (s->config.repeat > 1)
		fprintf(out, " to %" PRIu64, s->first_seed + s->config.repeat - 1);
	fprintf(out, "\n\n");
	for (unsigned int i = 0; i < s->variations.nr; i++) {
		const struct variation *v = &s->variations.list[i];

		if (v->missing)
			continue;
		fprintf(out, "  %-*s  %s", width, v->name, v->argument);
		if (study_changes_nothing(s, i))
			print_remark(v->argument, "changes nothing: the scenario as it is", "",
				     width, out);
		else if (study_same_as(s, i))
			print_remark(v->argument, "the same as ", study_same_as(s, i), width, out);
		fputc('\n', out);
	}
	for (unsigned int i = 0; i < s->variations.nr; i++)
		if (is_left_out(s, i))
			fprintf(out, "  %-*s  left out: %s\n", width, s->variations.list[i].name,
				s->variations.list[i].missing);
}

/* The table */

static void cell_text(const struct study *s, unsigned int variation, enum metric metric,
		      char *text, size_t size)
{
	const struct study_summary *sum = &s->summary[variation][metric];

	if (!sum->known)
		snprintf(text, size, "-");
	else
		snprintf(text, size, "%s%s", sum->best ? "*" : sum->worst ? "!" :
			 sum->no_difference ? "=" : "",
			 metric_text(metric, llround(sum->median)).text);
}

/* "11.8..12.4 s": the unit once, if both have the same. */
static void interval_text(const struct study *s, unsigned int variation, enum metric metric,
			  char *text, size_t size)
{
	const struct study_summary *sum = &s->summary[variation][metric];
	struct human low = metric_text(metric, llround(sum->interval.low));
	struct human high = metric_text(metric, llround(sum->interval.high));
	char *unit = strchr(low.text, ' '), *other = strchr(high.text, ' ');

	if (!sum->known) {
		text[0] = '\0';
		return;
	}
	if (!strcmp(low.text, high.text)) {
		snprintf(text, size, "%s", low.text);
		return;
	}
	if (unit && other && !strcmp(unit, other))
		*unit = '\0';
	snprintf(text, size, "%s..%s", low.text, high.text);
}

/* Nothing is known of it, or nothing happened: a column that says nothing. */
static bool is_empty(const struct study *s, enum metric metric)
{
	for (unsigned int i = 0; i < s->variations.nr; i++)
		if (!is_left_out(s, i) && s->summary[i][metric].known &&
		    s->summary[i][metric].interval.high > 0)
			return false;
	return true;
}

static unsigned int column_width(const struct study *s, enum metric metric)
{
	unsigned int width = strlen(metric_info[metric].head);
	char text[CELL_SIZE];

	for (unsigned int i = 0; i < s->variations.nr; i++) {
		if (is_left_out(s, i))
			continue;
		cell_text(s, i, metric, text, sizeof(text));
		width = strlen(text) > width ? strlen(text) : width;
		if (s->config.repeat == 1)
			continue;
		interval_text(s, i, metric, text, sizeof(text));
		width = strlen(text) > width ? strlen(text) : width;
	}
	return width + 2;
}

/* Columns of one group that fit beside the names, from @from on; returns how many are taken. */
static unsigned int print_panel(const struct study *s, enum metric from, unsigned int names,
				FILE *out)
{
	const char *group = metric_info[from].group;
	unsigned int width = names + 2, nr = 0;
	enum metric metrics[NR_METRICS];
	struct table t;
	unsigned int m;
	char text[CELL_SIZE];

	table_init(&t, group, 1, "");
	for (m = from; m < NR_METRICS && !strcmp(metric_info[m].group, group); m++) {
		if (is_empty(s, m))
			continue;
		if (nr && width + column_width(s, m) > TABLE_WIDTH)
			break;
		width += column_width(s, m);
		metrics[nr++] = m;
		table_cell(&t, "%s", metric_info[m].head);
		t.nr_columns++;
	}
	for (unsigned int i = 0; i < s->variations.nr && nr; i++) {
		if (is_left_out(s, i))
			continue;
		table_cell(&t, "%s", s->variations.list[i].name);
		for (unsigned int c = 0; c < nr; c++) {
			cell_text(s, i, metrics[c], text, sizeof(text));
			table_cell(&t, "%s", text);
		}
		if (s->config.repeat == 1)
			continue;
		table_cell(&t, " ");
		for (unsigned int c = 0; c < nr; c++) {
			interval_text(s, i, metrics[c], text, sizeof(text));
			table_cell(&t, "%s", text);
		}
	}
	table_print(&t, out);
	return m - from;
}

static void print_legend(const struct study *s, FILE *out)
{
	fprintf(out, "\n* best, ! worst of its column");
	if (s->config.repeat > 1)
		fprintf(out, ", = no difference to the best.  Medians of %u seeds; below, their\n"
			"95 %% intervals", s->config.repeat);
	fprintf(out, ".  Not ranked: undisturbed%s.\n",
		s->config.repeat > 1 ? ", and what failed or lost somebody" :
		", and runs that failed or lost somebody");
}

/* Remarks */

static void print_casualties(const struct study *s, const struct study_run *run, FILE *out)
{
	const struct outcome *o = &run->outcome;
	const char *name = s->variations.list[run->variation].name;

	for (unsigned int i = 0; i < o->nr_casualties; i++)
		fprintf(out, "%s, seed %" PRIu64 ": %s\n", name, run->key.seed, o->casualties[i]);
}

static void print_remarks(const struct study *s, FILE *out)
{
	for (unsigned int i = 0; i < s->nr_runs; i++) {
		const struct study_run *run = &s->runs[i];
		const struct outcome *o = &run->outcome;
		const char *name = s->variations.list[run->variation].name;

		if (run->error)
			fprintf(out, "%s, seed %" PRIu64 ": no figures: %s\n", name,
				run->key.seed, run->error);
		if (o->result && strcmp(o->result, "ok"))
			fprintf(out, "%s, seed %" PRIu64 ": %s: %s\n", name, run->key.seed,
				o->result, o->text);
		if (o->result && !outcome_well(o))
			fprintf(out, "  again with: %s\n", run->command);
		if (o->result)
			print_casualties(s, run, out);
		if (run->variation == STUDY_UNDISTURBED && o->result &&
		    o->measures.value[METRIC_SWAP_OUT])
			fprintf(out, "%s, seed %" PRIu64 ": the host has swapped all the same\n",
				name, run->key.seed);
	}
	if (s->nr_stored)
		fprintf(out, "%u of %u runs were in %s already\n", s->nr_stored,
			s->nr_stored + s->nr_ran, s->config.db);
}

void study_text(const struct study *s, FILE *out)
{
	unsigned int names = name_width(s);

	print_variations(s, out);
	for (unsigned int m = 0; m < NR_METRICS;)
		m += print_panel(s, m, names, out);
	print_legend(s, out);
	print_remarks(s, out);
}
