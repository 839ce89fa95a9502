// SPDX-License-Identifier: GPL-2.0-only
/*
 * Several runs on each side of a comparison: ranges and how far they are apart; what is swapped,
 * and the host's own phases.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "diff_ranges.h"
#include "suite.h"

#define SECOND UINT64_C(1000000000)
#define PAGE TRACE_PAGE_SIZE
#define PAGES(mib) ((uint64_t)(mib) << 20 >> 12)
#define RUNS_MAX 3

static char dir[64], error[1024];

static void setup(void)
{
	strcpy(dir, "/tmp/test_diff.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void teardown(void)
{
	ck_assert_int_eq(rmdir(dir), 0);
}

/* What one run has at the end of its program, in MiB. */
struct values {
	uint64_t resident, swapped, host_swap, swap_out;
	bool second_program, no_host;
};

static void write_run(const char *path, const struct values *v)
{
	struct trace_writer *tw = trace_open(path, TRACE_NORMAL, error, sizeof(error));

	ck_assert_msg(tw != NULL, "%s", error);
	TRACE(tw, 0, run, .scenario = "s.dts", .seed = 1, .version = "1", .level = TRACE_NORMAL);
	TRACE(tw, 0, guest, .guest = 0, .name = "vm", .memory = PAGES(512), .vcpus = 1);
	TRACE(tw, 0, guest_start, .guest = 0);
	TRACE(tw, SECOND, guest_sample, .guest = 0, .resident = PAGES(90));
	if (!v->no_host)
		TRACE(tw, SECOND, host_sample, .used = PAGES(100));
	TRACE(tw, SECOND, program_start, .guest = 0, .program = 0, .name = "hog");
	TRACE(tw, 2 * SECOND, guest_sample, .guest = 0, .resident = PAGES(v->resident),
	      .swapped = PAGES(v->swapped), .vmm = PAGES(30), .vmm_swapped = PAGES(5));
	if (!v->no_host)
		TRACE(tw, 2 * SECOND, host_sample, .used = PAGES(900),
		      .swap_used = PAGES(v->host_swap), .swap_out = PAGES(v->swap_out),
		      .swap_in = PAGES(1));
	TRACE(tw, 2 * SECOND, program_end, .guest = 0, .program = 0);
	if (v->second_program) {
		TRACE(tw, 2 * SECOND, program_start, .guest = 0, .program = 1, .name = "more");
		TRACE(tw, 2 * SECOND, program_end, .guest = 0, .program = 1);
	}
	if (!v->no_host)
		TRACE(tw, 3 * SECOND, host_sample, .used = PAGES(800));
	TRACE(tw, 4 * SECOND, run_end, .result = TRACE_END_OK);
	ck_assert_int_eq(trace_close(tw), 0);
}

static void read_run(struct phases *p, const struct values *v)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/run.trace", dir);
	write_run(path, v);
	ck_assert_msg(!phases_read(p, path, error, sizeof(error)), "%s", error);
	unlink(path);
}

struct comparison {
	struct phases run[NR_DIFF_SIDES][RUNS_MAX];
	unsigned int nr[NR_DIFF_SIDES];
	struct diff_ranges ranges;
	char *text, *json;
};

static void compare(struct comparison *c, const struct values *sim, unsigned int nr_sim,
		    const struct values *real, unsigned int nr_real, uint64_t threshold)
{
	static const char *const files[RUNS_MAX] = { "a", "b", "c" };
	const char *const *const names[NR_DIFF_SIDES] = { files, files };
	const struct phases *const runs[NR_DIFF_SIDES] = { c->run[0], c->run[1] };
	const struct diff_options options = { .threshold = threshold };
	size_t len;
	FILE *out;

	c->nr[DIFF_SIM] = nr_sim;
	c->nr[DIFF_REAL] = nr_real;
	for (unsigned int i = 0; i < nr_sim; i++)
		read_run(&c->run[DIFF_SIM][i], &sim[i]);
	for (unsigned int i = 0; i < nr_real; i++)
		read_run(&c->run[DIFF_REAL][i], &real[i]);
	ck_assert_msg(!diff_ranges_init(&c->ranges, runs, names, c->nr, &options, error,
					sizeof(error)), "%s", error);
	out = open_memstream(&c->text, &len);
	diff_ranges_text(&c->ranges, out);
	fclose(out);
	out = open_memstream(&c->json, &len);
	diff_ranges_json(&c->ranges, out);
	fclose(out);
}

static void comparison_free(struct comparison *c)
{
	diff_ranges_free(&c->ranges);
	for (unsigned int s = 0; s < NR_DIFF_SIDES; s++)
		for (unsigned int i = 0; i < c->nr[s]; i++)
			phases_free(&c->run[s][i]);
	free(c->text);
	free(c->json);
}

static const struct diff_ranges_row *find(const struct comparison *c, enum phase_kind kind,
					  const char *name)
{
	for (unsigned int i = 0; i < c->ranges.nr; i++)
		if (c->ranges.row[i].phase->kind == kind &&
		    !strcmp(c->ranges.row[i].phase->name, name))
			return &c->ranges.row[i];
	ck_abort_msg("no phase %s", name);
	return NULL;
}

static void is_range(const struct diff_range *range, uint64_t min, uint64_t median, uint64_t max,
		     unsigned int nr)
{
	ck_assert_uint_eq(range->min, min << 20);
	ck_assert_uint_eq(range->median, median << 20);
	ck_assert_uint_eq(range->max, max << 20);
	ck_assert_uint_eq(range->nr, nr);
}

static const struct values seeds[] = {
	{ .resident = 300, .swapped = 10, .host_swap = 40, .swap_out = 70 },
	{ .resident = 100, .swapped = 210, .host_swap = 45, .swap_out = 70 },
	{ .resident = 290, .swapped = 20, .host_swap = 42, .swap_out = 70 },
};

START_TEST(values_of_several_runs_are_ranges)
{
	static const struct values real[] = {
		{ .resident = 280, .swapped = 300, .host_swap = 50, .swap_out = 90 },
		{ .resident = 310, .swapped = 260, .host_swap = 60, .swap_out = 80 },
	};
	const struct diff_ranges_row *hog, *host;
	struct comparison c;
	uint64_t by;
	bool less;

	compare(&c, seeds, 3, real, 2, DIFF_NO_THRESHOLD);
	hog = find(&c, PHASE_OF_PROGRAM, "start");
	is_range(&hog->range[PHASE_RSS][DIFF_SIM], 100, 290, 300, 3);
	is_range(&hog->range[PHASE_RSS][DIFF_REAL], 280, 280, 310, 2);
	is_range(&hog->range[PHASE_VMM][DIFF_REAL], 35, 35, 35, 2);
	ck_assert(!diff_ranges_apart(hog->range[PHASE_RSS], &by, &less));
	ck_assert(diff_ranges_apart(hog->range[PHASE_SWAPPED], &by, &less));
	ck_assert_uint_eq(by, UINT64_C(50) << 20);
	ck_assert(less);
	/* The host's, when the guest's programs have ended, and at the end. */
	host = find(&c, PHASE_OF_HOST, "vm done");
	ck_assert_uint_eq(host->phase->end, 2 * SECOND);
	is_range(&host->range[PHASE_HOST_USED][DIFF_SIM], 900, 900, 900, 3);
	is_range(&host->range[PHASE_HOST_SWAP][DIFF_REAL], 50, 50, 60, 2);
	is_range(&host->range[PHASE_SWAP_OUT][DIFF_REAL], 80, 80, 90, 2);
	is_range(&host->range[PHASE_SWAP_IN][DIFF_SIM], 1, 1, 1, 3);
	host = find(&c, PHASE_OF_HOST, "whole run");
	is_range(&host->range[PHASE_HOST_USED][DIFF_SIM], 800, 800, 800, 3);
	ck_assert_ptr_nonnull(strstr(c.text, "100 MiB to 300 MiB"));
	ck_assert_ptr_nonnull(strstr(c.text, "overlap"));
	ck_assert_ptr_nonnull(strstr(c.json, "\"median\": 304087040"));
	comparison_free(&c);
}
END_TEST

/* The threshold is for what is between the ranges, not for what lies within. */
START_TEST(ranges_that_overlap_keep_any_threshold)
{
	static const struct values near[] = { { .resident = 299 }, { .resident = 500 } };
	static const struct values far[] = { { .resident = 400 }, { .resident = 500 } };
	struct comparison c;

	compare(&c, seeds, 3, near, 2, 0);
	ck_assert_uint_eq(c.ranges.nr_beyond, 0);
	ck_assert(!diff_ranges_failed(&c.ranges));
	comparison_free(&c);
	/* 300 to 400: a quarter of what is real. */
	compare(&c, seeds, 3, far, 2, 249);
	ck_assert(diff_ranges_failed(&c.ranges));
	comparison_free(&c);
	compare(&c, seeds, 3, far, 2, 250);
	ck_assert(!diff_ranges_failed(&c.ranges));
	comparison_free(&c);
}
END_TEST

/* Of a run without the program nothing can be compared; one that has half of it has a bit less. */
START_TEST(a_phase_that_a_run_lacks_is_counted)
{
	static const struct values real[] = { { .resident = 280 },
					      { .resident = 280, .second_program = true } };
	struct comparison c;

	compare(&c, seeds, 3, real, 1, 1000);
	ck_assert_uint_eq(c.ranges.nr_missing, 0);
	ck_assert(!diff_ranges_failed(&c.ranges));
	comparison_free(&c);
	compare(&c, seeds, 3, real, 2, 1000);
	ck_assert_uint_eq(c.ranges.nr_missing, 1);
	ck_assert(diff_ranges_failed(&c.ranges));
	ck_assert_ptr_nonnull(strstr(c.text, "1 phases of programs are not in all runs"));
	is_range(&find(&c, PHASE_OF_PROGRAM, "start")->range[PHASE_RSS][DIFF_REAL], 280, 280, 280,
		 2);
	comparison_free(&c);
}
END_TEST

/* A real host may be nobody's: then it is not compared, and nothing is missing. */
START_TEST(a_host_that_is_not_recorded_is_left_out)
{
	static const struct values real[] = { { .resident = 280, .no_host = true } };
	struct comparison c;

	compare(&c, seeds, 3, real, 1, 1000);
	ck_assert_uint_eq(c.ranges.nr_missing, 0);
	for (unsigned int i = 0; i < c.ranges.nr; i++)
		if (c.ranges.row[i].phase->kind == PHASE_OF_HOST)
			ck_assert_uint_eq(c.ranges.row[i].range[PHASE_HOST_USED][DIFF_REAL].nr, 0);
	comparison_free(&c);
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *suite = suite_create("diff_ranges");
	TCase *tc = tcase_create("ranges");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, values_of_several_runs_are_ranges);
	tcase_add_test(tc, ranges_that_overlap_keep_any_threshold);
	tcase_add_test(tc, a_phase_that_a_run_lacks_is_counted);
	tcase_add_test(tc, a_host_that_is_not_recorded_is_left_out);
	suite_add_tcase(suite, tc);
	return suite;
}
