// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a comparison computes from its figures, against cases computed by hand: statistics,
 * slowdowns, who wins.
 */
#include <check.h>
#include <string.h>

#include "compare_run.h"
#include "cost.h"
#include "outcome.h"
#include "statistics.h"
#include "study.h"
#include "suite.h"

/* Statistics, by hand */

static void check_interval(const double *values, unsigned int nr, double low, double high)
{
	struct interval i = statistics_interval(values, nr, "test");

	ck_assert_msg(i.low == low && i.high == high, "%g..%g", i.low, i.high);
}

START_TEST(medians_are_in_the_middle)
{
	static const double odd[] = { 9, 1, 5 }, even[] = { 4, 1, 10, 2 };

	ck_assert(statistics_median(odd, 3) == 5);
	ck_assert(statistics_median(even, 4) == 3);
	ck_assert(statistics_median(odd, 1) == 9);
}
END_TEST

/*
 * The chance that a resampled median is at most a given one of the values follows from the binomial
 * distribution; the interval ends where it passes 2.5 %.
 */
START_TEST(intervals_are_those_of_the_binomial_distribution)
{
	static const double one[] = { 7 }, three[] = { 1, 2, 3 };
	static const double seven[] = { 70, 10, 60, 20, 50, 30, 40 };
	static const double outlier[] = { 0, 0, 0, 10, 0, 0, 0, 0, 0, 0 };

	check_interval(one, 1, 7, 7);
	/* at least two of three draws are the lowest: 7/27 = 26 % */
	check_interval(three, 3, 1, 3);
	/* at least four of seven are the lowest: 1.0 %; are among the two lowest: 10.7 % */
	check_interval(seven, 7, 20, 60);
	/* at least five of ten are the outlier: 0.2 % */
	check_interval(outlier, 10, 0, 0);
}
END_TEST

START_TEST(differences_are_looked_at_seed_by_seed)
{
	/* Far apart from seed to seed, and yet one is always a little more than the other. */
	static const double a[] = { 100, 10, 1000, 50, 700 }, b[] = { 101, 11, 1001, 51, 701 };
	static const double c[] = { 101, 9, 1001, 49, 700 };

	ck_assert(statistics_differ(a, b, 5, "test"));
	ck_assert(statistics_differ(b, a, 5, "test"));
	ck_assert(!statistics_differ(a, c, 5, "test"));
	ck_assert(!statistics_differ(a, a, 5, "test"));
}
END_TEST

/* Slowdown, by hand */

static void add_program(struct outcome *o, struct outcome_program *list, uint64_t guest,
			uint64_t ns, uint64_t work, bool ended)
{
	list[o->nr_programs++] = (struct outcome_program){ .guest = guest, .ns = ns, .work = work,
							   .ended = ended };
	o->programs = list;
}

START_TEST(slowdown_is_time_for_work_over_undisturbed_time)
{
	struct outcome_program p[4], q[4];
	struct outcome base = { 0 }, o = { 0 };

	/* the same work in twice the time; half the work in the same time; no work at all */
	add_program(&base, p, 0, 10000, 500, true);
	add_program(&o, q, 0, 20000, 500, true);
	add_program(&base, p, 1, 3000, 80, true);
	add_program(&o, q, 1, 3000, 10, true);
	add_program(&base, p, 2, 5000, 0, true);
	add_program(&o, q, 2, 9000, 0, true);
	outcome_slowdown(&o, &base);
	/* sqrt(2 * 8) */
	ck_assert_uint_eq(o.measures.value[METRIC_SLOWDOWN], 4000);
	ck_assert_uint_eq(o.measures.value[METRIC_SLOWDOWN_WORST], 8000);
	ck_assert(o.measures.known[METRIC_SLOWDOWN]);
	/* one that did not end by itself has no time */
	add_program(&base, p, 3, 1000, 7, true);
	outcome_slowdown(&o, &base);
	ck_assert(!o.measures.known[METRIC_SLOWDOWN]);
	add_program(&o, q, 3, 1000, 7, false);
	outcome_slowdown(&o, &base);
	ck_assert(!o.measures.known[METRIC_SLOWDOWN]);
	ck_assert(!o.measures.known[METRIC_SLOWDOWN_WORST]);
}
END_TEST

/* A study of one seed with variations of these figures, in thousandths and MiB x s. */
#define CONTESTANTS 4

static void check_winner(const double *slowdown, const double *footprint, int best, int winner,
			 const char *level)
{
	struct study_summary summary[1 + CONTESTANTS][NR_METRICS] = { 0 };
	struct study s = { .config.repeat = 1, .variations.nr = 1 + CONTESTANTS,
			   .summary = summary };
	bool ranked[1 + CONTESTANTS] = { false, true, true, true, true };
	enum metric by;

	s.ranked = ranked;
	for (unsigned int i = 0; i < CONTESTANTS; i++) {
		summary[1 + i][METRIC_SLOWDOWN].known = true;
		summary[1 + i][METRIC_FOOTPRINT].known = true;
		summary[1 + i][METRIC_SLOWDOWN].median = slowdown[i];
		summary[1 + i][METRIC_FOOTPRINT].median = footprint[i];
	}
	ck_assert_int_eq(study_best(&s, &by), 1 + best);
	ck_assert_int_eq(study_winner(&s, &by), 1 + winner);
	ck_assert_int_eq(by, METRIC_SLOWDOWN);
	for (unsigned int i = 0; i < CONTESTANTS; i++)
		ck_assert_msg(study_is_level(&s, 1 + i, 1 + best, by) == (level[i] == '='),
			      "%d", i);
}

START_TEST(the_smallest_footprint_wins_among_those_that_are_level)
{
	/* clearly the best, whatever memory it takes */
	check_winner((double[]){ 1200, 1100, 1300, 2000 }, (double[]){ 5, 900, 6, 7 }, 1, 1,
		     "x=xx");
	/* the same in the digits of the table, 1.01x */
	check_winner((double[]){ 1012, 1008, 1050, 1014 }, (double[]){ 80, 90, 10, 70 }, 1, 3,
		     "==x=");
	/* one is 0.03 below undisturbed: so much above it is noise, too */
	check_winner((double[]){ 970, 1030, 1031, 999 }, (double[]){ 90, 70, 10, 80 }, 0, 1,
		     "==x=");
	/* in neither can they be told apart */
	check_winner((double[]){ 1012, 1008, 1011, 1014 }, (double[]){ 80, 80, 80, 80 }, 1, -2,
		     "====");
}
END_TEST

START_TEST(what_counts_as_telling_the_host_is_in_the_cost_table)
{
	char name[64];

	for (unsigned int i = 0; outcome_hint_costs[i]; i++) {
		bool found = false;

		for (unsigned int c = 0; c < NR_COSTS; c++)
			found = found || !strcmp(ledger_name(c, name, sizeof(name)),
						 outcome_hint_costs[i]);
		ck_assert_msg(found, "%s is no cost", outcome_hint_costs[i]);
	}
}
END_TEST

START_TEST(every_figure_is_in_the_docs_with_what_it_is)
{
	char path[PATH_MAX + 32], row[LINE_SIZE], *text;

	snprintf(path, sizeof(path), "%s/docs/compare.md", top);
	text = read_text(path);
	for (unsigned int i = 0; i < NR_METRICS; i++) {
		const struct metric_info *m = &metric_info[i];

		snprintf(row, sizeof(row), "| %s | %s | `%s` | %s | %s |\n", m->group, m->head,
			 m->column, m->better == METRIC_LESS ? "less" : "more", m->doc);
		ck_assert_msg(strstr(text, row), "docs/compare.md has no %s", row);
	}
	free(text);
}
END_TEST

static Suite *study_suite(void)
{
	Suite *suite = suite_create("study");
	TCase *hand = tcase_create("by-hand");

	tcase_add_test(hand, medians_are_in_the_middle);
	tcase_add_test(hand, intervals_are_those_of_the_binomial_distribution);
	tcase_add_test(hand, differences_are_looked_at_seed_by_seed);
	tcase_add_test(hand, slowdown_is_time_for_work_over_undisturbed_time);
	tcase_add_test(hand, the_smallest_footprint_wins_among_those_that_are_level);
	tcase_add_test(hand, what_counts_as_telling_the_host_is_in_the_cost_table);
	tcase_add_test(hand, every_figure_is_in_the_docs_with_what_it_is);
	suite_add_tcase(suite, hand);
	return suite;
}

Suite *test_suite(int argc, char **argv)
{
	return compare_environment() ? study_suite() : NULL;
}
