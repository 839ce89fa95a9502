// SPDX-License-Identifier: GPL-2.0-only
/*
 * What `ballast calibrate` computes: statistics of known samples, and from measurements that are
 * made up, the entries of a cost table and what they say of themselves.
 */
#include "suite.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "calibration.h"

/* Statistics */

static void check_spread(const double *values, unsigned int nr, double median, double q1, double q3)
{
	struct spread s = spread_of(values, nr);

	ck_assert_uint_eq(s.nr, nr);
	ck_assert_double_eq_tol(s.median, median, 1e-9);
	ck_assert_double_eq_tol(s.q1, q1, 1e-9);
	ck_assert_double_eq_tol(s.q3, q3, 1e-9);
}

/* By hand; numpy.percentile() and quantile() of R say the same. */
START_TEST(quantiles_of_known_samples)
{
	static const double five[] = { 50, 10, 40, 20, 30 }, four[] = { 4, 1, 3, 2 };
	static const double one[] = { 7 }, two[] = { 10, 20 }, same[] = { 3, 3, 3 };
	struct spread s;

	check_spread(five, 5, 30, 20, 40);
	check_spread(four, 4, 2.5, 1.75, 3.25);
	check_spread(one, 1, 7, 7, 7);
	check_spread(two, 2, 15, 12.5, 17.5);
	check_spread(same, 3, 3, 3, 3);
	s = spread_of(five, 5);
	ck_assert_double_eq(s.min, 10);
	ck_assert_double_eq(s.max, 50);
	ck_assert_double_eq(five[0], 50);
	s = spread_of(NULL, 0);
	ck_assert_uint_eq(s.nr, 0);
	ck_assert_double_eq(s.median, 0);
}
END_TEST

START_TEST(one_disturbed_run_moves_no_median)
{
	static const double quiet[] = { 10, 11, 12, 13, 14, 15, 16 };
	static const double disturbed[] = { 10, 11, 12, 13, 14, 15, 16000 };
	struct spread a = spread_of(quiet, 7), b = spread_of(disturbed, 7);

	ck_assert_double_eq(a.median, b.median);
	ck_assert_double_eq(a.q3, b.q3);
	ck_assert_double_eq(b.max, 16000);
	ck_assert_double_eq_tol(spread_percent(&a), 100 * 3.0 / 13, 1e-9);
	a = (struct spread){ 0 };
	ck_assert_double_eq(spread_percent(&a), 0);
}
END_TEST

/* Entries, from measurements that are made up */

static struct base_table base;
static struct calibration made_up;
static struct calibrated_costs costs;

static void set(enum measurement_id id, double q1, double median, double q3)
{
	made_up.result[id] = (struct spread){ .median = median, .q1 = q1, .q3 = q3, .min = q1,
					      .max = q3, .nr = 21 };
	made_up.why_not[id][0] = '\0';
}

static void begin_made_up(void)
{
	char file[PATH_MAX + 64], dir[PATH_MAX + 32], error[4096];
	const char *top = getenv("BALLAST_TOP");

	snprintf(dir, sizeof(dir), "%s/scenarios", top ? top : ".");
	snprintf(file, sizeof(file), "%s/costs/skylake.dtsi", dir);
	ck_assert_msg(!base_table_load(&base, file, dir, error, sizeof(error)), "%s", error);
	memset(&made_up, 0, sizeof(made_up));
	made_up.runs = 21;
	strcpy(made_up.host.cpu, "A CPU");
	strcpy(made_up.host.kernel, "6.1.0");
	strcpy(made_up.host.date, "2026-01-02");
	for (unsigned int i = 0; i < NR_MEASUREMENTS; i++)
		strcpy(made_up.why_not[i], "nobody did");
}

static void end_made_up(void)
{
	base_table_free(&base);
}

static void is_of_base(enum cost_id id, const char *why)
{
	const struct scenario_host *table = &base.scenario.host;
	char source[8192];

	snprintf(source, sizeof(source), "not measured here (%s); from skylake.dtsi: %s", why,
		 table->cost_source[id]);
	ck_assert_int_eq(costs.cost[id].origin, COST_OF_BASE);
	ck_assert_uint_eq(costs.cost[id].ns, table->costs.ns[id]);
	ck_assert_str_eq(costs.cost[id].source, source);
}

static void is_derived(enum cost_id id, uint64_t ns, double low, double high)
{
	const struct calibrated_cost *cost = &costs.cost[id];

	ck_assert_msg(cost->origin == COST_DERIVED, "%s: %s", cost_info[id].property,
		      cost->source);
	ck_assert_msg(!strncmp(cost->source, "derived: ", 9), "%s", cost->source);
	ck_assert_uint_eq(cost->ns, ns);
	ck_assert_double_eq_tol(cost->low, low, 1e-6);
	ck_assert_double_eq_tol(cost->high, high, 1e-6);
}

START_TEST(nothing_measured_is_all_of_the_base_table)
{
	calibrate_costs(&costs, &made_up, &base);
	for (unsigned int i = 0; i < NR_COSTS; i++) {
		ck_assert_int_eq(costs.cost[i].origin, COST_OF_BASE);
		ck_assert_uint_eq(costs.cost[i].ns, base.scenario.host.costs.ns[i]);
	}
	is_of_base(COST_VMEXIT, "it takes a virtual machine");
	is_of_base(COST_GUEST_SYSCALL, "nobody did");
	is_of_base(COST_GUEST_FAULT, "nobody did");
	is_of_base(COST_GUEST_SWAP, "what it follows from is not");
	is_of_base(COST_HOST_SWITCH, "what it follows from is not");
	ck_assert_int_eq(costs.memory.origin, COST_OF_BASE);
	ck_assert_uint_eq(costs.memory.ns, base.scenario.host.costs.memory_mb_per_s);
}
END_TEST

START_TEST(what_was_measured_is_said_with_its_spread)
{
	set(MEASURE_SYSCALL, 90, 100.4, 120);
	set(MEASURE_ZERO, 300, 400, 500);
	set(MEASURE_COPY_ALL, 8000, 9000, 9500);
	made_up.host.virtual_machine = true;
	calibrate_costs(&costs, &made_up, &base);
	ck_assert_str_eq(costs.cost[COST_GUEST_SYSCALL].source,
			 "measured: getppid(): median 100, quartiles 90 to 120, all 90 to 120 ns, "
			 "of 21 runs, 2026-01-02, Linux 6.1.0, A CPU, in a virtual machine");
	ck_assert_uint_eq(costs.cost[COST_GUEST_SYSCALL].ns, 100);
	ck_assert_int_eq(costs.cost[COST_HOST_ZERO].origin, COST_MEASURED);
	ck_assert_int_eq(costs.cost[COST_PAGE_ZERO].origin, COST_MEASURED);
	ck_assert_uint_eq(costs.cost[COST_HOST_ZERO].ns, 400);
	ck_assert_uint_eq(costs.memory.ns, 9000);
	ck_assert_ptr_nonnull(strstr(costs.memory.source, "quartiles 8000 to 9500"));
	/* One run has no spread, and does not claim one. */
	made_up.result[MEASURE_SYSCALL].nr = made_up.runs = 1;
	calibrate_costs(&costs, &made_up, &base);
	ck_assert_ptr_nonnull(strstr(costs.cost[COST_GUEST_SYSCALL].source, "no spread"));
	ck_assert_ptr_null(strstr(costs.cost[COST_GUEST_SYSCALL].source, "quartiles"));
}
END_TEST

/* skylake.dtsi: page-alloc 50, buddy-alloc 116, page-free 45, buddy-free 116. */
START_TEST(sums_are_taken_apart)
{
	set(MEASURE_HOT_FAULT, 1000, 1100, 1200);
	set(MEASURE_HOT_ZERO, 90, 100, 120);
	set(MEASURE_MADVISE_PAGES, 400, 420, 450);
	set(MEASURE_MADVISE_PAGE, 1500, 1600, 1700);
	set(MEASURE_MADVISE_SHARED, 3000, 3300, 3500);
	set(MEASURE_MADVISE_BLOCK, 8000, 8100, 8200);
	set(MEASURE_WAKE_READ, 2000, 2100, 2200);
	set(MEASURE_EVENTFD, 300, 310, 320);
	set(MEASURE_WAKE_POLL, 2700, 2800, 2900);
	set(MEASURE_EVENTFD_WRITE, 150, 160, 170);
	set(MEASURE_SWAP_OUT, 2000, 2400, 2500);
	set(MEASURE_SWAP_IN, 3000, 3400, 3500);
	calibrate_costs(&costs, &made_up, &base);
	is_derived(COST_GUEST_FAULT, 1100 - 100 - 166, 1000 - 120 - 166, 1200 - 90 - 166);
	is_derived(COST_GUEST_UNMAP, 420 - 161, 400 - 161, 450 - 161);
	is_derived(COST_EPT_ZAP, 420, 400, 450);
	is_derived(COST_EPT_HUGE_ZAP, 8100 - 1600 + 420, 8000 - 1700 + 400, 8200 - 1500 + 450);
	is_derived(COST_TLB_FLUSH, 1700, 3000 - 1700, 3500 - 1500);
	is_derived(COST_GUEST_SWITCH, 1790, 2000 - 320, 2200 - 300);
	is_derived(COST_HOST_SWITCH, 1790, 1680, 1900);
	is_derived(COST_VMM_DISPATCH, 2800 - 1790 - 160, 2700 - 1900 - 170, 2900 - 1680 - 150);
	is_derived(COST_GUEST_SWAP, (2400 + 3400 - 259 - 834 - 166) / 2 + 1,
		   (2000 + 3000 - 289 - 944 - 166) / 2.0, (2500 + 3500 - 239 - 714 - 166) / 2.0);
	ck_assert_int_eq(costs.cost[COST_SWAP_IN].origin, COST_MEASURED);
	ck_assert_str_eq(costs.cost[COST_GUEST_FAULT].source,
			 "derived: first write to a page of 4 KiB whose frame is cached (1100 ns) "
			 "less 4 KiB cleared that are cached (100 ns), page-alloc-ns of "
			 "skylake.dtsi (50 ns), buddy-alloc-ns of skylake.dtsi (116 ns); by the "
			 "quartiles 714 to 944 ns; 21 runs, 2026-01-02, Linux 6.1.0, A CPU");
}
END_TEST

/* A difference that may be nothing at all is none. */
START_TEST(what_the_spread_hides_is_not_derived)
{
	set(MEASURE_HOT_FAULT_HUGE, 90000, 100000, 110000);
	set(MEASURE_HOT_ZERO_HUGE, 80000, 95000, 99000);
	set(MEASURE_MADVISE_PAGE, 1500, 1600, 1700);
	set(MEASURE_MADVISE_SHARED, 1400, 1500, 1800);
	calibrate_costs(&costs, &made_up, &base);
	is_of_base(COST_GUEST_HUGE_FAULT,
		   "first write to a huge page of 2 MiB whose frame is cached (100000 ns) less "
		   "2 MiB cleared that are cached (95000 ns), buddy-alloc-ns of skylake.dtsi "
		   "(116 ns): that is no more than its spread");
	ck_assert_int_eq(costs.cost[COST_TLB_FLUSH].origin, COST_OF_BASE);
}
END_TEST

/* Those that the sources name, and no others. */
START_TEST(references_go_with_what_names_them)
{
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	set(MEASURE_MADVISE_PAGES, 400, 420, 450);
	set(MEASURE_MADVISE_CALL, 400, 420, 450);
	calibrate_costs(&costs, &made_up, &base);
	calibrate_write(f, &costs, &made_up, &base);
	fclose(f);
	ck_assert_ptr_nonnull(strstr(text, "\t\"[Li] Wanpeng Li"));
	ck_assert_ptr_null(strstr(text, "\t\"[Park]"));
	free(text);
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *suite = suite_create("calibrate_costs");
	TCase *statistics = tcase_create("statistics"), *entries = tcase_create("entries");

	tcase_add_test(statistics, quantiles_of_known_samples);
	tcase_add_test(statistics, one_disturbed_run_moves_no_median);
	suite_add_tcase(suite, statistics);
	tcase_add_checked_fixture(entries, begin_made_up, end_made_up);
	tcase_add_test(entries, nothing_measured_is_all_of_the_base_table);
	tcase_add_test(entries, what_was_measured_is_said_with_its_spread);
	tcase_add_test(entries, sums_are_taken_apart);
	tcase_add_test(entries, what_the_spread_hides_is_not_derived);
	tcase_add_test(entries, references_go_with_what_names_them);
	suite_add_tcase(suite, entries);
	return suite;
}
