// SPDX-License-Identifier: GPL-2.0-only
/*
 * A comparison of two traces as JSON: all that there is.
 */
#include "diff_internal.h"
#include "json.h"

static void json_deviation(struct json *j, const struct diff *d, const struct diff_pair *pair,
			   unsigned int q)
{
	int64_t sign = diff_below(pair, q) ? -1 : 1;
	uint64_t p, by = diff_deviation(pair, q);

	json_s64(j, "deviation", sign * (int64_t)(by > INT64_MAX ? INT64_MAX : by));
	if (diff_permille(pair, q, &p))
		json_s64(j, "deviation_permille", sign * (int64_t)p);
	if (d->options.threshold != DIFF_NO_THRESHOLD)
		json_bool(j, "beyond", diff_beyond(d, pair, q));
}

static void json_values(struct json *j, const struct diff *d, const struct diff_pair *pair,
			unsigned int q)
{
	json_open(j, phase_quantities[q].key, '{');
	for (unsigned int s = 0; s < NR_DIFF_SIDES; s++) {
		if (pair->side[s] && pair->side[s]->recorded[q])
			json_u64(j, diff_side_names[s], pair->side[s]->value[q]);
	}
	if (diff_in_both(pair, q))
		json_deviation(j, d, pair, q);
	json_close(j, '}');
}

static void json_name(struct json *j, const struct diff_pair *pair)
{
	const struct phase *phase = diff_any_side(pair);

	json_string(j, "guest", pair->guest);
	if (phase->kind == PHASE_OF_PROGRAM || phase->kind == PHASE_BEFORE) {
		json_u64(j, "program", phase->program);
		json_string(j, "program_name", phase->program_name);
	}
	json_string(j, "phase", phase->name);
	json_bool(j, "of_program", phase->kind == PHASE_OF_PROGRAM);
	json_u64(j, "iteration", phase->iteration);
	json_u64(j, "occurrence", phase->occurrence);
}

static void json_pair(struct json *j, const struct diff *d, const struct diff_pair *pair)
{
	json_open(j, NULL, '{');
	json_name(j, pair);
	for (unsigned int s = 0; s < NR_DIFF_SIDES; s++) {
		if (!pair->side[s])
			continue;
		json_open(j, diff_side_names[s], '{');
		json_u64(j, "start_ns", pair->side[s]->start);
		json_u64(j, "end_ns", pair->side[s]->end);
		json_u64(j, "sample_age_ns", pair->side[s]->sample_age);
		json_bool(j, "cut", pair->side[s]->cut);
		json_close(j, '}');
	}
	json_open(j, "values", '{');
	for (unsigned int q = 0; q < NR_PHASE_QUANTITIES; q++) {
		if (diff_shown(d, q) && diff_has(diff_any_side(pair), q))
			json_values(j, d, pair, q);
	}
	json_close(j, '}');
	json_close(j, '}');
}

static void json_heads(struct json *j, const struct diff *d, const char *const names[])
{
	for (unsigned int s = 0; s < NR_DIFF_SIDES; s++) {
		const struct report *r = &d->side[s]->report;

		json_open(j, diff_side_names[s], '{');
		json_string(j, "file", names[s]);
		json_string(j, "scenario", r->scenario);
		json_u64(j, "seed", r->seed);
		json_string(j, "version", r->version);
		json_string(j, "result", report_result(r));
		json_close(j, '}');
	}
}

void diff_json(const struct diff *d, const char *const names[NR_DIFF_SIDES], FILE *out)
{
	struct json j = { .out = out };

	json_open(&j, NULL, '{');
	json_heads(&j, d, names);
	json_bool(&j, "guests_by_number", d->by_number);
	json_open(&j, "phases", '[');
	for (unsigned int i = 0; i < d->nr; i++)
		json_pair(&j, d, &d->pair[i]);
	json_close(&j, ']');
	json_open(&j, "largest", '{');
	for (unsigned int q = 0; q < NR_PHASE_QUANTITIES; q++) {
		const struct diff_pair *pair = diff_shown(d, q) ? diff_largest(d, q) : NULL;

		if (!pair)
			continue;
		json_open(&j, phase_quantities[q].key, '{');
		json_name(&j, pair);
		json_deviation(&j, d, pair, q);
		json_close(&j, '}');
	}
	json_close(&j, '}');
	json_u64(&j, "phases_in_one_only", d->nr_single);
	if (d->options.threshold != DIFF_NO_THRESHOLD) {
		json_u64(&j, "threshold_permille", d->options.threshold);
		json_u64(&j, "values_beyond", d->nr_beyond);
	}
	json_close(&j, '}');
}
