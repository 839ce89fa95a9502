// SPDX-License-Identifier: GPL-2.0-only
/*
 * A comparison of two traces as tables.
 *
 * A quantity that is nothing in both is left out, except those that are the point of
 * comparing, and so are short gaps between programs in which nothing happened.  JSON has all.
 */
#include <inttypes.h>
#include <string.h>

#include "diff_internal.h"

#define SHORT_GAP_NS UINT64_C(100000000)
#define SINGLES_LISTED 40
#define PERMILLE_SHOWN 1000000	/* more is said as "more than" */

static bool is_cut(const struct diff_pair *pair, unsigned int side)
{
	return pair->side[side] && pair->side[side]->cut;
}

static const char *phase_text(const struct diff_pair *pair, char *text, size_t size)
{
	size_t n = strlen(diff_phase_text(diff_any_side(pair), text, size));

	if (is_cut(pair, DIFF_SIM) && is_cut(pair, DIFF_REAL))
		snprintf(text + n, size - n, " (cut)");
	else if (is_cut(pair, DIFF_SIM) || is_cut(pair, DIFF_REAL))
		snprintf(text + n, size - n, " (cut in %s)",
			 diff_side_names[is_cut(pair, DIFF_SIM) ? DIFF_SIM : DIFF_REAL]);
	return text;
}

static const char *program_text(const struct diff_pair *pair)
{
	const char *name = diff_any_side(pair)->program_name;

	return *name ? name : "-";
}

static void cell_value(struct table *t, const struct diff_pair *pair, unsigned int side,
		       unsigned int q)
{
	if (pair->side[side]->recorded[q])
		table_value(t, phase_quantities[q].unit, pair->side[side]->value[q]);
	else
		table_cell(t, "not recorded");
}

static void cells_values(struct table *t, const struct diff *d, const struct diff_pair *pair,
			 unsigned int q)
{
	const char *sign, *mark = diff_beyond(d, pair, q) ? "!" : "";
	uint64_t p;

	table_cell(t, "%s", phase_quantities[q].label);
	cell_value(t, pair, DIFF_SIM, q);
	cell_value(t, pair, DIFF_REAL, q);
	if (!diff_in_both(pair, q)) {
		table_cell(t, "-");
		table_cell(t, "-");
		return;
	}
	sign = !diff_deviation(pair, q) ? "" : diff_below(pair, q) ? "-" : "+";
	table_cell(t, "%s%s", sign,
		   human_value(phase_quantities[q].unit, diff_deviation(pair, q)).text);
	if (diff_permille(pair, q, &p) && p >= PERMILLE_SHOWN)
		table_cell(t, "%s>%u %%", mark, PERMILLE_SHOWN / 10);
	else if (diff_permille(pair, q, &p))
		table_cell(t, "%s%s%" PRIu64 ".%" PRIu64 " %%", mark, sign, p / 10, p % 10);
	else
		table_cell(t, "%sfrom 0", mark);
}

static bool nothing(const struct diff_pair *pair, unsigned int q)
{
	return !pair->side[DIFF_SIM]->value[q] && !pair->side[DIFF_REAL]->value[q];
}

static bool worth_a_row(const struct diff *d, const struct diff_pair *pair, unsigned int q)
{
	const struct phase *sim = pair->side[DIFF_SIM], *real = pair->side[DIFF_REAL];

	if (!diff_shown(d, q) || !diff_has(sim, q))
		return false;
	if (d->options.only || q == PHASE_DURATION || q == PHASE_FREE || q == PHASE_RSS ||
	    q == PHASE_HOST_USED || q == PHASE_HOST_SWAP)
		return true;
	/* it hardly changes */
	if (q == PHASE_VMM)
		return sim->kind == PHASE_WHOLE_RUN && sim->value[q] && real->value[q];
	/* where neither says anything, the whole run says so once */
	if (!sim->recorded[q] && !real->recorded[q])
		return sim->kind == PHASE_WHOLE_RUN;
	return !nothing(pair, q);
}

static bool worth_a_table(const struct diff_pair *pair)
{
	const struct phase *sim = pair->side[DIFF_SIM], *real = pair->side[DIFF_REAL];

	if (!sim || !real)
		return false;
	if (sim->kind != PHASE_BEFORE || sim->end - sim->start >= SHORT_GAP_NS ||
	    real->end - real->start >= SHORT_GAP_NS)
		return true;
	for (unsigned int q = PHASE_REQUESTS; q <= PHASE_DEFLATED; q++) {
		if (!nothing(pair, q))
			return true;
	}
	return false;
}

static void text_pair(const struct diff *d, const struct diff_pair *pair, struct table *t)
{
	bool first = true;
	char text[128];

	for (unsigned int q = 0; q < NR_PHASE_QUANTITIES; q++) {
		if (!worth_a_row(d, pair, q))
			continue;
		table_cell(t, "%s", first ? program_text(pair) : "");
		table_cell(t, "%s", first ? phase_text(pair, text, sizeof(text)) : "");
		cells_values(t, d, pair, q);
		first = false;
	}
}

static void text_guests(const struct diff *d, FILE *out)
{
	struct table t;
	char title[128];

	for (unsigned int i = 0; i < d->nr; i++) {
		if (!i || d->pair[i].guest_nr != d->pair[i - 1].guest_nr) {
			if (i)
				table_print(&t, out);
			snprintf(title, sizeof(title), "%s%s",
				 diff_any_side(&d->pair[i])->kind == PHASE_OF_HOST ? "" : "guest ",
				 d->pair[i].guest);
			table_init(&t, title, 3,
				   "program|phase|what|sim|real|deviation|of real");
		}
		if (worth_a_table(&d->pair[i]))
			text_pair(d, &d->pair[i], &t);
	}
	if (d->nr)
		table_print(&t, out);
}

static bool is_single(const struct diff_pair *pair)
{
	return !pair->side[DIFF_SIM] || !pair->side[DIFF_REAL];
}

static void text_singles(const struct diff *d, FILE *out)
{
	unsigned int listed = 0, nr = 0;
	struct table t;
	char text[128];

	table_init(&t, "Only in one of the two", 4, "in|guest|program|phase|duration");
	for (unsigned int i = 0; i < d->nr; i++) {
		const struct diff_pair *pair = &d->pair[i];
		const struct phase *phase = diff_any_side(pair);

		if (!is_single(pair))
			continue;
		nr++;
		if (listed == SINGLES_LISTED)
			continue;
		listed++;
		table_cell(&t, "%s", diff_side_names[pair->side[DIFF_SIM] ? DIFF_SIM : DIFF_REAL]);
		table_cell(&t, "%s", pair->guest);
		table_cell(&t, "%s", program_text(pair));
		table_cell(&t, "%s", phase_text(pair, text, sizeof(text)));
		table_ns(&t, phase->end - phase->start);
	}
	table_print(&t, out);
	if (nr > listed)
		fprintf(out, "  and %u more\n", nr - listed);
}

static void text_largest(const struct diff *d, FILE *out)
{
	struct table t;
	char text[128];
	bool any = false;

	table_init(&t, "Largest deviations", 4,
		   "guest|program|phase|what|sim|real|deviation|of real");
	for (unsigned int q = 0; q < NR_PHASE_QUANTITIES; q++) {
		const struct diff_pair *pair = diff_shown(d, q) ? diff_largest(d, q) : NULL;

		if (!pair || !diff_deviation(pair, q))
			continue;
		any = true;
		table_cell(&t, "%s", pair->guest);
		table_cell(&t, "%s", program_text(pair));
		table_cell(&t, "%s", phase_text(pair, text, sizeof(text)));
		cells_values(&t, d, pair, q);
	}
	table_print(&t, out);
	if (!any)
		fprintf(out, "\nWhat both traces say is the same.\n");
}

static void text_heads(const struct diff *d, const char *const names[], FILE *out)
{
	for (unsigned int s = 0; s < NR_DIFF_SIDES; s++) {
		const struct report *r = &d->side[s]->report;

		fprintf(out, "%-4s  %s: %s  seed %" PRIu64 "  %s\n", diff_side_names[s], names[s],
			r->scenario && *r->scenario ? r->scenario : "-", r->seed, report_result(r));
		for (unsigned int i = 0; i < r->nr_overrides; i++)
			fprintf(out, "      with %s\n", r->overrides[i]);
	}
	if (strcmp(diff_scenario_name(d->side[DIFF_SIM]), diff_scenario_name(d->side[DIFF_REAL])))
		fprintf(out, "These are two scenarios: what differs may be due to that.\n");
	if (d->by_number)
		fprintf(out, "No guest has the same name in both: they are compared by number.\n");
}

/* Memory that was not sampled when its phase ended. */
static void text_ages(const struct diff *d, FILE *out)
{
	for (unsigned int s = 0; s < NR_DIFF_SIDES; s++) {
		uint64_t age = 0;
		unsigned int nr = 0;

		for (unsigned int i = 0; i < d->side[s]->nr; i++) {
			const struct phase *phase = &d->side[s]->phase[i];

			nr += phase->sample_age > 0;
			if (phase->sample_age > age)
				age = phase->sample_age;
		}
		if (nr)
			fprintf(out, "\n%s: memory of %u phases is from a sample before their end,"
				" up to %s earlier\n", diff_side_names[s], nr, human_ns(age).text);
	}
}

void diff_text(const struct diff *d, const char *const names[NR_DIFF_SIDES], FILE *out)
{
	uint64_t threshold = d->options.threshold;

	text_heads(d, names, out);
	text_guests(d, out);
	text_singles(d, out);
	text_largest(d, out);
	text_ages(d, out);
	if (threshold == DIFF_NO_THRESHOLD)
		return;
	fprintf(out, "\n%u values deviate by more than %" PRIu64 ".%" PRIu64 " %%", d->nr_beyond,
		threshold / 10, threshold % 10);
	fprintf(out, ", %u phases of programs are in one trace only\n", d->nr_single);
}
