// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two traces of one scenario, phase by phase; see diff.h.  This file finds what belongs together.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "collect.h"
#include "diff_internal.h"
#include "hostmem.h"

#define NO_GUEST (TRACE_HOST - 1)

const char *const diff_side_names[NR_DIFF_SIDES] = { "sim", "real" };

bool diff_shown(const struct diff *d, unsigned int quantity)
{
	return !d->options.only || d->options.only & 1u << quantity;
}

bool diff_in_both(const struct diff_pair *pair, unsigned int quantity)
{
	return pair->side[DIFF_SIM] && pair->side[DIFF_REAL] &&
	       pair->side[DIFF_SIM]->recorded[quantity] &&
	       pair->side[DIFF_REAL]->recorded[quantity];
}

/* |sim - real| */
uint64_t diff_deviation(const struct diff_pair *pair, unsigned int quantity)
{
	uint64_t sim = pair->side[DIFF_SIM]->value[quantity];
	uint64_t real = pair->side[DIFF_REAL]->value[quantity];

	return sim > real ? sim - real : real - sim;
}

bool diff_below(const struct diff_pair *pair, unsigned int quantity)
{
	return pair->side[DIFF_SIM]->value[quantity] < pair->side[DIFF_REAL]->value[quantity];
}

/* Thousandths of real, rounded; false: real is nothing and sim is not. */
bool diff_permille(const struct diff_pair *pair, unsigned int quantity, uint64_t *result)
{
	uint64_t real = pair->side[DIFF_REAL]->value[quantity];
	unsigned __int128 p = (unsigned __int128)diff_deviation(pair, quantity) * 1000;

	if (!real) {
		*result = 0;
		return !p;
	}
	p = (p + real / 2) / real;
	*result = p > INT64_MAX ? INT64_MAX : p;
	return true;
}

bool diff_beyond(const struct diff *d, const struct diff_pair *pair, unsigned int quantity)
{
	uint32_t which = d->options.only ? d->options.only : DIFF_THRESHOLD_DEFAULT;

	return d->options.threshold != DIFF_NO_THRESHOLD && which & 1u << quantity &&
	       diff_in_both(pair, quantity) &&
	       (unsigned __int128)diff_deviation(pair, quantity) * 1000 >
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
 * number.  NO_GUEST: there is none.
 */
static uint64_t find_guest(const struct diff *d, const struct phases *to,
			   const struct phases *from, uint64_t guest)
{
	const char *name = guest_name(from, guest);
	unsigned int namesakes = 0;

	if (d->by_number)
		return guest < to->nr_guests && to->report.guests[guest].declared ? guest :
		       NO_GUEST;
	for (uint64_t i = 0; i < guest; i++)
		namesakes += is_guest(from, i, name);
	for (uint64_t i = 0; i < to->nr_guests; i++) {
		if (is_guest(to, i, name) && !namesakes--)
			return i;
	}
	return NO_GUEST;
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

	if (sim != NO_GUEST)
		a = phases_of(d->side[DIFF_SIM], sim);
	if (real != NO_GUEST)
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
			d->nr_beyond += diff_beyond(d, pair, q);
	}
}

/* What one trace does not say of its host is not in one only: a real host may be nobody's. */
static void match_host(struct diff *d)
{
	if (d->side[DIFF_SIM]->host.nr && d->side[DIFF_REAL]->host.nr)
		match_guest(d, "host", TRACE_HOST, TRACE_HOST);
}

static bool any_common_name(const struct diff *d)
{
	const struct phases *sim = d->side[DIFF_SIM];

	for (uint64_t i = 0; i < sim->nr_guests; i++) {
		if (sim->report.guests[i].declared &&
		    find_guest(d, d->side[DIFF_REAL], sim, i) != NO_GUEST)
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
		guests |= other != NO_GUEST;
		match_guest(d, guest_name(sim, i), i, other);
	}
	for (uint64_t i = 0; i < real->nr_guests; i++) {
		if (real->report.guests[i].declared &&
		    find_guest(d, sim, real, i) == NO_GUEST)
			match_guest(d, guest_name(real, i), NO_GUEST, i);
	}
	match_host(d);
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

const struct phase *diff_any_side(const struct diff_pair *pair)
{
	return pair->side[pair->side[DIFF_SIM] ? DIFF_SIM : DIFF_REAL];
}

/* Where a quantity deviates most; the whole run counts only if no phase has it recorded. */
const struct diff_pair *diff_largest(const struct diff *d, unsigned int q)
{
	const struct diff_pair *most = NULL;

	for (int whole = 0; whole < 2 && !most; whole++) {
		for (unsigned int i = 0; i < d->nr; i++) {
			const struct diff_pair *pair = &d->pair[i];

			if (!diff_in_both(pair, q) ||
			    (diff_any_side(pair)->kind == PHASE_WHOLE_RUN) != whole ||
			    (diff_any_side(pair)->kind == PHASE_OF_HOST && q == PHASE_DURATION))
				continue;
			if (!most || diff_deviation(pair, q) > diff_deviation(most, q))
				most = pair;
		}
	}
	return most;
}

bool diff_has(const struct phase *phase, unsigned int q)
{
	if (phase->kind == PHASE_OF_HOST)
		return q == PHASE_DURATION || q >= PHASE_HOST_USED;
	return q < PHASE_HOST_USED;
}

const char *diff_phase_text(const struct phase *phase, char *text, size_t size)
{
	size_t n = snprintf(text, size, "%s", phase->name);

	if (phase->iteration && n < size)
		n += snprintf(text + n, size - n, " %" PRIu64, phase->iteration);
	if (phase->occurrence && n < size)
		snprintf(text + n, size - n, " #%u", phase->occurrence + 1);
	return text;
}

const char *diff_scenario_name(const struct phases *p)
{
	const char *path = p->report.scenario ? p->report.scenario : "";
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}
