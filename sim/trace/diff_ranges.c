// SPDX-License-Identifier: GPL-2.0-only
/*
 * Several traces on each side; see diff_ranges.h.
 *
 * Each run is compared with the first one of the model, which says what its phases are.
 */
#include "diff_ranges.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "collect.h"
#include "diff_internal.h"
#include "hostmem.h"
#include "json.h"

/* Values of one phase, until they are ranges. */
struct values {
	uint64_t *value[NR_PHASE_QUANTITIES][NR_DIFF_SIDES];
};

static unsigned int all_runs(const struct diff_ranges *r)
{
	return r->nr_runs[DIFF_SIM] + r->nr_runs[DIFF_REAL];
}

static void make_rows(struct diff_ranges *r, const struct diff *d)
{
	for (unsigned int i = 0; i < d->nr; i++) {
		struct diff_ranges_row *row;

		if (!d->pair[i].side[DIFF_SIM])
			continue;
		row = collect_append(&r->row, &r->nr, sizeof(*row));
		*row = (struct diff_ranges_row){ .phase = d->pair[i].side[DIFF_SIM],
						 .guest = d->pair[i].guest,
						 .guest_nr = d->pair[i].guest_nr };
	}
}

static unsigned int row_of(const struct diff_ranges *r, const struct phase *phase)
{
	unsigned int i;

	for (i = 0; i < r->nr && r->row[i].phase != phase; i++)
		;
	return i;
}

static void add_run(struct diff_ranges *r, struct values *values, const struct diff *d,
		    unsigned int side)
{
	for (unsigned int i = 0; i < d->nr; i++) {
		const struct diff_pair *pair = &d->pair[i];
		unsigned int row = row_of(r, pair->side[DIFF_SIM]);

		if (!pair->side[DIFF_SIM] || !pair->side[DIFF_REAL] || row == r->nr)
			continue;
		for (unsigned int q = 0; q < NR_PHASE_QUANTITIES; q++) {
			struct diff_range *range = &r->row[row].range[q][side];
			uint64_t **list = &values[row].value[q][side];

			if (!pair->side[DIFF_REAL]->recorded[q])
				continue;
			*list = host_realloc(*list, (range->nr + 1) * sizeof(**list));
			(*list)[range->nr++] = pair->side[DIFF_REAL]->value[q];
		}
	}
	r->nr_missing += d->nr_single;
}

static int compare_values(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

static void make_range(struct diff_range *range, uint64_t *value)
{
	if (!range->nr)
		return;
	qsort(value, range->nr, sizeof(*value), compare_values);
	range->min = value[0];
	range->max = value[range->nr - 1];
	range->median = value[(range->nr - 1) / 2];
	host_free(value);
}

bool diff_ranges_apart(const struct diff_range range[NR_DIFF_SIDES], uint64_t *by, bool *sim_less)
{
	const struct diff_range *sim = &range[DIFF_SIM], *real = &range[DIFF_REAL];

	*sim_less = sim->max < real->min;
	*by = *sim_less ? real->min - sim->max : sim->min > real->max ? sim->min - real->max : 0;
	return *by;
}

static bool in_both_sides(const struct diff_ranges_row *row, unsigned int q)
{
	return row->range[q][DIFF_SIM].nr && row->range[q][DIFF_REAL].nr;
}

/* In thousandths of the real end that is nearest; false: that is nothing. */
static bool apart_permille(const struct diff_range range[NR_DIFF_SIDES], uint64_t *permille)
{
	uint64_t by, real;
	bool less;

	*permille = 0;
	if (!diff_ranges_apart(range, &by, &less))
		return true;
	real = less ? range[DIFF_REAL].min : range[DIFF_REAL].max;
	if (!real)
		return false;
	*permille = ((unsigned __int128)by * 1000 + real / 2) / real;
	return true;
}

static bool range_beyond(const struct diff_ranges *r, const struct diff_ranges_row *row,
			 unsigned int q)
{
	uint32_t which = r->options.only ? r->options.only : DIFF_THRESHOLD_DEFAULT;
	uint64_t permille;

	if (r->options.threshold == DIFF_NO_THRESHOLD || !(which & 1u << q) ||
	    !in_both_sides(row, q))
		return false;
	return !apart_permille(row->range[q], &permille) || permille > r->options.threshold;
}

bool diff_ranges_failed(const struct diff_ranges *r)
{
	return r->options.threshold != DIFF_NO_THRESHOLD && (r->nr_beyond || r->nr_missing);
}

static void finish_ranges(struct diff_ranges *r, struct values *values)
{
	for (unsigned int i = 0; i < r->nr; i++)
		for (unsigned int q = 0; q < NR_PHASE_QUANTITIES; q++) {
			for (unsigned int s = 0; s < NR_DIFF_SIDES; s++)
				make_range(&r->row[i].range[q][s], values[i].value[q][s]);
			r->nr_beyond += range_beyond(r, &r->row[i], q);
		}
}

int diff_ranges_init(struct diff_ranges *r, const struct phases *const run[NR_DIFF_SIDES],
		     const char *const *const names[NR_DIFF_SIDES],
		     const unsigned int nr[NR_DIFF_SIDES], const struct diff_options *options,
		     char *error, size_t error_size)
{
	struct values *values = NULL;
	int ret = 0;

	*r = (struct diff_ranges){ .options = *options, .run = { run[0], run[1] },
				   .names = { names[0], names[1] }, .nr_runs = { nr[0], nr[1] } };
	for (unsigned int i = 0; i < all_runs(r) && !ret; i++) {
		unsigned int side = i < nr[DIFF_SIM] ? DIFF_SIM : DIFF_REAL;
		unsigned int of_side = side == DIFF_SIM ? i : i - nr[DIFF_SIM];
		char why[512];
		struct diff d;

		ret = diff_init(&d, &run[DIFF_SIM][0], &run[side][of_side], options, why,
				sizeof(why));
		if (ret) {
			snprintf(error, error_size, "%s, %s: %s", names[DIFF_SIM][0],
				 names[side][of_side], why);
			break;
		}
		if (!i) {
			make_rows(r, &d);
			values = host_alloc((r->nr + 1) * sizeof(*values));
		}
		add_run(r, values, &d, side);
		diff_free(&d);
	}
	if (values)
		finish_ranges(r, values);
	host_free(values);
	if (ret)
		diff_ranges_free(r);
	return ret;
}

void diff_ranges_free(struct diff_ranges *r)
{
	host_free(r->row);
	*r = (struct diff_ranges){ 0 };
}

/* Text */

static void cell_range(struct table *t, unsigned int q, const struct diff_range *range,
		       unsigned int all)
{
	enum table_unit unit = phase_quantities[q].unit;
	char low[32], few[32] = "";

	if (!range->nr) {
		table_cell(t, "not recorded");
		return;
	}
	if (range->nr < all)
		snprintf(few, sizeof(few), " (%u of %u)", range->nr, all);
	snprintf(low, sizeof(low), "%s", human_value(unit, range->min).text);
	if (!strcmp(low, human_value(unit, range->max).text))
		table_cell(t, "%s%s", low, few);
	else
		table_cell(t, "%s to %s%s", low, human_value(unit, range->max).text, few);
}

static void cells_apart(struct table *t, const struct diff_ranges *r,
			const struct diff_ranges_row *row, unsigned int q)
{
	const char *mark = range_beyond(r, row, q) ? "!" : "", *sign;
	uint64_t by, permille;
	bool less;

	if (!in_both_sides(row, q)) {
		table_cell(t, "-");
		table_cell(t, "-");
		return;
	}
	if (!diff_ranges_apart(row->range[q], &by, &less)) {
		table_cell(t, "overlap");
		table_cell(t, "-");
		return;
	}
	sign = less ? "-" : "+";
	table_cell(t, "%s%s", sign, human_value(phase_quantities[q].unit, by).text);
	if (apart_permille(row->range[q], &permille))
		table_cell(t, "%s%s%" PRIu64 ".%" PRIu64 " %%", mark, sign, permille / 10,
			   permille % 10);
	else
		table_cell(t, "%sfrom 0", mark);
}

static bool row_worth(const struct diff_ranges *r, const struct diff_ranges_row *row,
		      unsigned int q)
{
	const struct diff_range *range = row->range[q];

	if ((r->options.only && !(r->options.only & 1u << q)) || !diff_has(row->phase, q))
		return false;
	if (r->options.only || q == PHASE_FREE || q == PHASE_RSS || q == PHASE_HOST_USED)
		return true;
	if (q == PHASE_VMM && row->phase->kind != PHASE_WHOLE_RUN)
		return false;
	return in_both_sides(row, q) && (range[DIFF_SIM].max || range[DIFF_REAL].max);
}

static void text_row(const struct diff_ranges *r, const struct diff_ranges_row *row,
		     struct table *t)
{
	const char *program = row->phase->program_name;
	bool first = true;
	char text[128];

	for (unsigned int q = 0; q < NR_PHASE_QUANTITIES; q++) {
		if (!row_worth(r, row, q))
			continue;
		table_cell(t, "%s", first ? *program ? program : "-" : "");
		table_cell(t, "%s", first ? diff_phase_text(row->phase, text, sizeof(text)) : "");
		table_cell(t, "%s", phase_quantities[q].label);
		cell_range(t, q, &row->range[q][DIFF_SIM], r->nr_runs[DIFF_SIM]);
		cell_range(t, q, &row->range[q][DIFF_REAL], r->nr_runs[DIFF_REAL]);
		cells_apart(t, r, row, q);
		first = false;
	}
}

static void text_runs(const struct diff_ranges *r, FILE *out)
{
	for (unsigned int s = 0; s < NR_DIFF_SIDES; s++)
		for (unsigned int i = 0; i < r->nr_runs[s]; i++) {
			const struct report *report = &r->run[s][i].report;

			fprintf(out, "%-4s  %s: %s  seed %" PRIu64 "  %s\n", diff_side_names[s],
				r->names[s][i], report->scenario, report->seed,
				report_result(report));
		}
}

void diff_ranges_text(const struct diff_ranges *r, FILE *out)
{
	uint64_t threshold = r->options.threshold;
	struct table t;
	char title[128];

	text_runs(r, out);
	for (unsigned int i = 0; i < r->nr; i++) {
		if (!i || r->row[i].guest_nr != r->row[i - 1].guest_nr) {
			if (i)
				table_print(&t, out);
			snprintf(title, sizeof(title), "%s%s",
				 r->row[i].phase->kind == PHASE_OF_HOST ? "" : "guest ",
				 r->row[i].guest);
			table_init(&t, title, 3, "program|phase|what|sim|real|apart|of real");
		}
		text_row(r, &r->row[i], &t);
	}
	if (r->nr)
		table_print(&t, out);
	if (r->nr_missing)
		fprintf(out, "\n%u phases of programs are not in all runs\n", r->nr_missing);
	if (threshold != DIFF_NO_THRESHOLD)
		fprintf(out, "\n%u ranges are apart by more than %" PRIu64 ".%" PRIu64 " %%\n",
			r->nr_beyond, threshold / 10, threshold % 10);
}

/* JSON */

static void json_quantity(struct json *j, const struct diff_ranges *r,
			  const struct diff_ranges_row *row, unsigned int q)
{
	uint64_t by, permille;
	bool less;

	json_open(j, phase_quantities[q].key, '{');
	for (unsigned int s = 0; s < NR_DIFF_SIDES; s++) {
		const struct diff_range *range = &row->range[q][s];

		if (!range->nr)
			continue;
		json_open(j, diff_side_names[s], '{');
		json_u64(j, "min", range->min);
		json_u64(j, "median", range->median);
		json_u64(j, "max", range->max);
		json_u64(j, "runs", range->nr);
		json_close(j, '}');
	}
	if (in_both_sides(row, q)) {
		diff_ranges_apart(row->range[q], &by, &less);
		json_s64(j, "apart", less ? -(int64_t)by : (int64_t)by);
		if (apart_permille(row->range[q], &permille))
			json_s64(j, "apart_permille", less ? -(int64_t)permille :
							     (int64_t)permille);
		if (r->options.threshold != DIFF_NO_THRESHOLD)
			json_bool(j, "beyond", range_beyond(r, row, q));
	}
	json_close(j, '}');
}

static void json_row(struct json *j, const struct diff_ranges *r,
		     const struct diff_ranges_row *row)
{
	json_open(j, NULL, '{');
	json_string(j, "guest", row->guest);
	json_string(j, "program_name", row->phase->program_name);
	json_string(j, "phase", row->phase->name);
	json_u64(j, "iteration", row->phase->iteration);
	json_u64(j, "occurrence", row->phase->occurrence);
	json_open(j, "values", '{');
	for (unsigned int q = 0; q < NR_PHASE_QUANTITIES; q++)
		if (diff_has(row->phase, q) &&
		    (!r->options.only || r->options.only & 1u << q))
			json_quantity(j, r, row, q);
	json_close(j, '}');
	json_close(j, '}');
}

void diff_ranges_json(const struct diff_ranges *r, FILE *out)
{
	struct json j = { .out = out };

	json_open(&j, NULL, '{');
	for (unsigned int s = 0; s < NR_DIFF_SIDES; s++) {
		json_open(&j, diff_side_names[s], '[');
		for (unsigned int i = 0; i < r->nr_runs[s]; i++) {
			json_open(&j, NULL, '{');
			json_string(&j, "file", r->names[s][i]);
			json_string(&j, "scenario", r->run[s][i].report.scenario);
			json_u64(&j, "seed", r->run[s][i].report.seed);
			json_string(&j, "result", report_result(&r->run[s][i].report));
			json_close(&j, '}');
		}
		json_close(&j, ']');
	}
	json_open(&j, "phases", '[');
	for (unsigned int i = 0; i < r->nr; i++)
		json_row(&j, r, &r->row[i]);
	json_close(&j, ']');
	json_u64(&j, "phases_not_in_all", r->nr_missing);
	if (r->options.threshold != DIFF_NO_THRESHOLD) {
		json_u64(&j, "threshold_permille", r->options.threshold);
		json_u64(&j, "values_beyond", r->nr_beyond);
	}
	json_close(&j, '}');
}
