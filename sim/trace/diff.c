// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two traces of one scenario, phase by phase; see diff.h.
 *
 * In the table, a quantity that is nothing in both is left out, except those that are the point of
 * comparing, and so are short gaps between programs in which nothing happened.  JSON has all.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "collect.h"
#include "diff.h"
#include "hostmem.h"
#include "json.h"

#define SHORT_GAP_NS UINT64_C(100000000)
#define SINGLES_LISTED 40
#define PERMILLE_SHOWN 1000000	/* more is said as "more than" */

static const char *const side_names[NR_DIFF_SIDES] = { "sim", "real" };

static bool shown(const struct diff *d, unsigned int quantity)
{
	return !d->options.only || d->options.only & 1u << quantity;
}

static bool in_both(const struct diff_pair *pair, unsigned int quantity)
{
	return pair->side[DIFF_SIM] && pair->side[DIFF_REAL] &&
	       pair->side[DIFF_SIM]->recorded[quantity] &&
	       pair->side[DIFF_REAL]->recorded[quantity];
}

/* |sim - real| */
static uint64_t deviation(const struct diff_pair *pair, unsigned int quantity)
{
	uint64_t sim = pair->side[DIFF_SIM]->value[quantity];
	uint64_t real = pair->side[DIFF_REAL]->value[quantity];

	return sim > real ? sim - real : real - sim;
}

static bool below(const struct diff_pair *pair, unsigned int quantity)
{
	return pair->side[DIFF_SIM]->value[quantity] < pair->side[DIFF_REAL]->value[quantity];
}

/* Thousandths of real, rounded; false: real is nothing and sim is not. */
static bool permille(const struct diff_pair *pair, unsigned int quantity, uint64_t *result)
{
	uint64_t real = pair->side[DIFF_REAL]->value[quantity];
	unsigned __int128 p = (unsigned __int128)deviation(pair, quantity) * 1000;

	if (!real) {
		*result = 0;
		return !p;
	}
	p = (p + real / 2) / real;
	*result = p > INT64_MAX ? INT64_MAX : p;
	return true;
}

static bool beyond(const struct diff *d, const struct diff_pair *pair, unsigned int quantity)
{
	uint32_t which = d->options.only ? d->options.only : DIFF_THRESHOLD_DEFAULT;

	return d->options.threshold != DIFF_NO_THRESHOLD && which & 1u << quantity &&
	       in_both(pair, quantity) &&
	       (unsigned __int128)deviation(pair, quantity) * 1000 >
	       (unsigned __int128)pair->side[DIFF_REAL]->value[quantity] * d->options.threshold;
}

bool diff_failed(const struct diff *d)
{
	return d->options.threshold != DIFF_NO_THRESHOLD && (d->nr_beyond || d->nr_single);
}

/* Matching */

struct guest_phases {
	const struct phase **phase;
	unsigned int nr;
};

static int compare_pointers(const void *a, const void *b)
{
	return phase_compare(*(const struct phase *const *)a, *(const struct phase *const *)b);
}

static struct guest_phases phases_of(const struct phases *p, uint64_t guest)
{
	struct guest_phases list = { 0 };

	for (unsigned int i = 0; i < p->nr; i++) {
		if (p->phase[i].guest == guest)
			*(const struct phase **)collect_append(&list.phase, &list.nr,
							       sizeof(*list.phase)) = &p->phase[i];
	}
	if (list.nr)
		qsort(list.phase, list.nr, sizeof(*list.phase), compare_pointers);
	return list;
}

static const char *guest_name(const struct phases *p, uint64_t guest)
{
	const char *name = p->report.guests[guest].name;

	return name && *name ? name : "(guest without a name)";
}

static bool is_guest(const struct phases *p, uint64_t guest, const char *name)
{
	return p->report.guests[guest].declared && !strcmp(guest_name(p, guest), name);
}

/*
 * The guest of @to that is called as @guest of @from: in another scenario it may have another
 * number.  TRACE_HOST: there is none.
 */
static uint64_t find_guest(const struct diff *d, const struct phases *to,
			   const struct phases *from, uint64_t guest)
{
	const char *name = guest_name(from, guest);
	unsigned int namesakes = 0;

	if (d->by_number)
		return guest < to->nr_guests && to->report.guests[guest].declared ? guest :
		       TRACE_HOST;
	for (uint64_t i = 0; i < guest; i++)
		namesakes += is_guest(from, i, name);
	for (uint64_t i = 0; i < to->nr_guests; i++) {
		if (is_guest(to, i, name) && !namesakes--)
			return i;
	}
	return TRACE_HOST;
}

static void add_pair(struct diff *d, const char *guest, const struct phase *sim,
		     const struct phase *real)
{
	struct diff_pair *pair = collect_append(&d->pair, &d->nr, sizeof(*pair));

	*pair = (struct diff_pair){ .side = { sim, real }, .guest = guest,
				    .guest_nr = d->nr_guests };
}

static uint64_t began(const struct diff_pair *pair)
{
	return pair->side[pair->side[DIFF_SIM] ? DIFF_SIM : DIFF_REAL]->start;
}

/* The whole run comes last. */
static int compare_pairs(const void *a, const void *b)
{
	const struct diff_pair *left = a, *right = b;
	const struct phase *l = left->side[left->side[DIFF_SIM] ? DIFF_SIM : DIFF_REAL];
	const struct phase *r = right->side[right->side[DIFF_SIM] ? DIFF_SIM : DIFF_REAL];

	if ((l->kind == PHASE_WHOLE_RUN) != (r->kind == PHASE_WHOLE_RUN))
		return l->kind == PHASE_WHOLE_RUN ? 1 : -1;
	if (began(left) != began(right))
		return began(left) < began(right) ? -1 : 1;
	/* one that ends as it begins comes before what follows it */
	if (l->end != r->end)
		return l->end < r->end ? -1 : 1;
	return phase_compare(l, r);
}

static void match_guest(struct diff *d, const char *name, uint64_t sim, uint64_t real)
{
	struct guest_phases a = { 0 }, b = { 0 };
	unsigned int i = 0, j = 0, first = d->nr;

	if (sim != TRACE_HOST)
		a = phases_of(d->side[DIFF_SIM], sim);
	if (real != TRACE_HOST)
		b = phases_of(d->side[DIFF_REAL], real);
	while (i < a.nr || j < b.nr) {
		int order = i == a.nr ? 1 : j == b.nr ? -1 : phase_compare(a.phase[i], b.phase[j]);

		add_pair(d, name, order <= 0 ? a.phase[i] : NULL, order >= 0 ? b.phase[j] : NULL);
		i += order <= 0;
		j += order >= 0;
	}
	if (d->nr > first)
		qsort(d->pair + first, d->nr - first, sizeof(*d->pair), compare_pairs);
	d->nr_guests++;
	host_free(a.phase);
	host_free(b.phase);
}

static void count_pairs(struct diff *d)
{
	for (unsigned int i = 0; i < d->nr; i++) {
		const struct diff_pair *pair = &d->pair[i];
		const struct phase *any = pair->side[pair->side[DIFF_SIM] ? DIFF_SIM : DIFF_REAL];
		bool common = pair->side[DIFF_SIM] && pair->side[DIFF_REAL];

		if (any->kind == PHASE_OF_PROGRAM) {
			d->nr_common += common;
			d->nr_single += !common;
		}
		for (unsigned int q = 0; q < NR_PHASE_QUANTITIES; q++)
			d->nr_beyond += beyond(d, pair, q);
	}
}

static bool any_common_name(const struct diff *d)
{
	const struct phases *sim = d->side[DIFF_SIM];

	for (uint64_t i = 0; i < sim->nr_guests; i++) {
		if (sim->report.guests[i].declared &&
		    find_guest(d, d->side[DIFF_REAL], sim, i) != TRACE_HOST)
			return true;
	}
	return false;
}

int diff_init(struct diff *d, const struct phases *sim, const struct phases *real,
	      const struct diff_options *options, char *error, size_t error_size)
{
	bool guests = false;

	*d = (struct diff){ .side = { sim, real }, .options = *options };
	d->by_number = !any_common_name(d);
	for (uint64_t i = 0; i < sim->nr_guests; i++) {
		uint64_t other = find_guest(d, real, sim, i);

		if (!sim->report.guests[i].declared)
			continue;
		guests |= other != TRACE_HOST;
		match_guest(d, guest_name(sim, i), i, other);
	}
	for (uint64_t i = 0; i < real->nr_guests; i++) {
		if (real->report.guests[i].declared &&
		    find_guest(d, sim, real, i) == TRACE_HOST)
			match_guest(d, guest_name(real, i), TRACE_HOST, i);
	}
	count_pairs(d);
	if (guests && (d->nr_common || !d->nr_single))
		return 0;
	snprintf(error, error_size,
		 "no %s is in both traces: these are %s and %s; record both from one scenario",
		 guests ? "phase of a program" : "guest",
		 sim->report.scenario ? sim->report.scenario : "-",
		 real->report.scenario ? real->report.scenario : "-");
	diff_free(d);
	return -1;
}

void diff_free(struct diff *d)
{
	host_free(d->pair);
	*d = (struct diff){ 0 };
}

/* Text */

static const struct phase *any_side(const struct diff_pair *pair)
{
	return pair->side[pair->side[DIFF_SIM] ? DIFF_SIM : DIFF_REAL];
}

static bool is_cut(const struct diff_pair *pair, unsigned int side)
{
	return pair->side[side] && pair->side[side]->cut;
}

static const char *phase_text(const struct diff_pair *pair, char *text, size_t size)
{
	const struct phase *phase = any_side(pair);
	size_t n = snprintf(text, size, "%s", phase->name);

	if (phase->iteration && n < size)
		n += snprintf(text + n, size - n, " %" PRIu64, phase->iteration);
	if (phase->occurrence && n < size)
		n += snprintf(text + n, size - n, " #%u", phase->occurrence + 1);
	if (n < size && is_cut(pair, DIFF_SIM) && is_cut(pair, DIFF_REAL))
		snprintf(text + n, size - n, " (cut)");
	else if (n < size && (is_cut(pair, DIFF_SIM) || is_cut(pair, DIFF_REAL)))
		snprintf(text + n, size - n, " (cut in %s)",
			 side_names[is_cut(pair, DIFF_SIM) ? DIFF_SIM : DIFF_REAL]);
	return text;
}

static const char *program_text(const struct diff_pair *pair)
{
	const char *name = any_side(pair)->program_name;

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
	const char *sign, *mark = beyond(d, pair, q) ? "!" : "";
	uint64_t p;

	table_cell(t, "%s", phase_quantities[q].label);
	cell_value(t, pair, DIFF_SIM, q);
	cell_value(t, pair, DIFF_REAL, q);
	if (!in_both(pair, q)) {
		table_cell(t, "-");
		table_cell(t, "-");
		return;
	}
	sign = !deviation(pair, q) ? "" : below(pair, q) ? "-" : "+";
	table_cell(t, "%s%s", sign,
		   human_value(phase_quantities[q].unit, deviation(pair, q)).text);
	if (permille(pair, q, &p) && p >= PERMILLE_SHOWN)
		table_cell(t, "%s>%u %%", mark, PERMILLE_SHOWN / 10);
	else if (permille(pair, q, &p))
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

	if (!shown(d, q))
		return false;
	if (d->options.only || q == PHASE_DURATION || q == PHASE_FREE || q == PHASE_RSS)
		return true;
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
			snprintf(title, sizeof(title), "guest %s", d->pair[i].guest);
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
		const struct phase *phase = any_side(pair);

		if (!is_single(pair))
			continue;
		nr++;
		if (listed == SINGLES_LISTED)
			continue;
		listed++;
		table_cell(&t, "%s", side_names[pair->side[DIFF_SIM] ? DIFF_SIM : DIFF_REAL]);
		table_cell(&t, "%s", pair->guest);
		table_cell(&t, "%s", program_text(pair));
		table_cell(&t, "%s", phase_text(pair, text, sizeof(text)));
		table_ns(&t, phase->end - phase->start);
	}
	table_print(&t, out);
	if (nr > listed)
		fprintf(out, "  and %u more\n", nr - listed);
}

/* Where a quantity deviates most; the whole run counts only if no phase has it recorded. */
static const struct diff_pair *largest(const struct diff *d, unsigned int q)
{
	const struct diff_pair *most = NULL;

	for (int whole = 0; whole < 2 && !most; whole++) {
		for (unsigned int i = 0; i < d->nr; i++) {
			const struct diff_pair *pair = &d->pair[i];

			if (!in_both(pair, q) ||
			    (any_side(pair)->kind == PHASE_WHOLE_RUN) != whole)
				continue;
			if (!most || deviation(pair, q) > deviation(most, q))
				most = pair;
		}
	}
	return most;
}

static void text_largest(const struct diff *d, FILE *out)
{
	struct table t;
	char text[128];
	bool any = false;

	table_init(&t, "Largest deviations", 4,
		   "guest|program|phase|what|sim|real|deviation|of real");
	for (unsigned int q = 0; q < NR_PHASE_QUANTITIES; q++) {
		const struct diff_pair *pair = shown(d, q) ? largest(d, q) : NULL;

		if (!pair || !deviation(pair, q))
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

/* Without its directory: the same scenario may have been run from another. */
static const char *scenario_name(const struct phases *p)
{
	const char *path = p->report.scenario ? p->report.scenario : "";
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void text_heads(const struct diff *d, const char *const names[], FILE *out)
{
	for (unsigned int s = 0; s < NR_DIFF_SIDES; s++) {
		const struct report *r = &d->side[s]->report;

		fprintf(out, "%-4s  %s: %s  seed %" PRIu64 "  %s\n", side_names[s], names[s],
			r->scenario && *r->scenario ? r->scenario : "-", r->seed, report_result(r));
		for (unsigned int i = 0; i < r->nr_overrides; i++)
			fprintf(out, "      with %s\n", r->overrides[i]);
	}
	if (strcmp(scenario_name(d->side[DIFF_SIM]), scenario_name(d->side[DIFF_REAL])))
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
				" up to %s earlier\n", side_names[s], nr, human_ns(age).text);
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

/* JSON */

static void json_deviation(struct json *j, const struct diff *d, const struct diff_pair *pair,
			   unsigned int q)
{
	int64_t sign = below(pair, q) ? -1 : 1;
	uint64_t p, by = deviation(pair, q);

	json_s64(j, "deviation", sign * (int64_t)(by > INT64_MAX ? INT64_MAX : by));
	if (permille(pair, q, &p))
		json_s64(j, "deviation_permille", sign * (int64_t)p);
	if (d->options.threshold != DIFF_NO_THRESHOLD)
		json_bool(j, "beyond", beyond(d, pair, q));
}

static void json_values(struct json *j, const struct diff *d, const struct diff_pair *pair,
			unsigned int q)
{
	json_open(j, phase_quantities[q].key, '{');
	for (unsigned int s = 0; s < NR_DIFF_SIDES; s++) {
		if (pair->side[s] && pair->side[s]->recorded[q])
			json_u64(j, side_names[s], pair->side[s]->value[q]);
	}
	if (in_both(pair, q))
		json_deviation(j, d, pair, q);
	json_close(j, '}');
}

static void json_name(struct json *j, const struct diff_pair *pair)
{
	const struct phase *phase = any_side(pair);

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
		json_open(j, side_names[s], '{');
		json_u64(j, "start_ns", pair->side[s]->start);
		json_u64(j, "end_ns", pair->side[s]->end);
		json_u64(j, "sample_age_ns", pair->side[s]->sample_age);
		json_bool(j, "cut", pair->side[s]->cut);
		json_close(j, '}');
	}
	json_open(j, "values", '{');
	for (unsigned int q = 0; q < NR_PHASE_QUANTITIES; q++) {
		if (shown(d, q))
			json_values(j, d, pair, q);
	}
	json_close(j, '}');
	json_close(j, '}');
}

static void json_heads(struct json *j, const struct diff *d, const char *const names[])
{
	for (unsigned int s = 0; s < NR_DIFF_SIDES; s++) {
		const struct report *r = &d->side[s]->report;

		json_open(j, side_names[s], '{');
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
		const struct diff_pair *pair = shown(d, q) ? largest(d, q) : NULL;

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
