// SPDX-License-Identifier: GPL-2.0-only
/*
 * Comparing two traces: phases and their values from traces that were written for it, so that all
 * numbers are known; what one trace does not say; bad input; and the samples that the machine
 * takes.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "diff.h"
#include "read.h"
#include "scenario_run.h"
#include "suite.h"

#define SECOND UINT64_C(1000000000)
#define PAGE TRACE_PAGE_SIZE
#define MIB(n) ((uint64_t)(n) << 20)

static char dir[64], sim_path[96], real_path[96], error[1024];

static void setup(void)
{
	strcpy(dir, "/tmp/test_diff.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(sim_path, sizeof(sim_path), "%s/sim.trace", dir);
	snprintf(real_path, sizeof(real_path), "%s/real.trace", dir);
}

static void teardown(void)
{
	unlink(sim_path);
	unlink(real_path);
	rmdir(dir);
}

static struct trace_writer *begin(const char *path, enum trace_level level, const char *guest)
{
	struct trace_writer *tw = trace_open(path, level, error, sizeof(error));

	ck_assert_msg(tw != NULL, "%s", error);
	TRACE(tw, 0, run, .scenario = "two.dts", .seed = 7, .version = "1", .level = level);
	TRACE(tw, 0, guest, .guest = 0, .name = guest, .memory = MIB(512) / PAGE, .vcpus = 1);
	TRACE(tw, 0, guest_start, .guest = 0);
	return tw;
}

static void sample(struct trace_writer *tw, uint64_t t, uint64_t guest, uint64_t free_pages,
		   uint64_t resident)
{
	TRACE(tw, t, guest_sample, .guest = guest, .free = free_pages, .resident = resident,
	      .ballooned = 3);
}

static void end(struct trace_writer *tw, uint64_t t)
{
	TRACE(tw, t, run_end, .result = TRACE_END_OK);
	ck_assert_int_eq(trace_close(tw), 0);
}

static void faults(struct trace_writer *tw, uint64_t t, enum trace_fault kind, uint64_t nr)
{
	struct trace_histogram h = { 0 };

	trace_histogram_add(&h, 1000, nr);
	TRACE(tw, t, faults, .guest = 0, .kind = kind, .latency = &h);
	trace_histogram_free(&h);
}

static void report(struct trace_writer *tw, uint64_t t, uint64_t blocks)
{
	TRACE(tw, t, report_request, .guest = 0, .blocks = blocks, .bytes = blocks * MIB(4));
	for (uint64_t i = 0; i < blocks; i++)
		TRACE(tw, t, discard, .guest = 0, .gfn = i << 10, .nr = MIB(4) / PAGE);
}

/*
 * Two programs one after the other, with a gap of 2 s: boot until 1 s; memhog write 1..2,
 * hold 2..3, release 3..4; gap 4..6; rest sleep 6..7; settle 7..9.  @more: pages and blocks more.
 */
static void write_two(const char *path, enum trace_level level, const char *guest, uint64_t more)
{
	struct trace_writer *tw = begin(path, level, guest);

	sample(tw, SECOND / 2, 0, 99, 99);
	sample(tw, 1 * SECOND, 0, 1000, 200);
	TRACE(tw, 1 * SECOND, program_start, .guest = 0, .program = 0, .name = "memhog");
	sample(tw, 1 * SECOND, 0, 1000, 200);
	TRACE(tw, 1 * SECOND, program_phase, .guest = 0, .program = 0, .phase = "write");
	sample(tw, 1500000000, 0, 500, 700);
	faults(tw, 1500000000, TRACE_FAULT_MINOR, 10);
	sample(tw, 2 * SECOND, 0, 100, 1000 + more);
	faults(tw, 2 * SECOND, TRACE_FAULT_HUGE, 5);
	faults(tw, 2 * SECOND, TRACE_FAULT_GUEST_SWAP_IN, 2);
	TRACE(tw, 2 * SECOND, program_phase, .guest = 0, .program = 0, .phase = "hold");
	report(tw, 2 * SECOND, 2 + more);
	TRACE(tw, 2500000000, inflate, .guest = 0, .pages = 256);
	TRACE(tw, 2500000000, deflate, .guest = 0, .pages = 100);
	report(tw, 3 * SECOND, 1);
	sample(tw, 3 * SECOND, 0, 110, 900);
	TRACE(tw, 3 * SECOND, program_phase, .guest = 0, .program = 0, .phase = "release");
	TRACE(tw, 4 * SECOND, program_end, .guest = 0, .program = 0);
	sample(tw, 4 * SECOND, 0, 1000, 800);
	report(tw, 5 * SECOND, 4);
	sample(tw, 6 * SECOND, 0, 1001, 300);
	TRACE(tw, 6 * SECOND, program_start, .guest = 0, .program = 1, .name = "rest");
	TRACE(tw, 6 * SECOND, program_phase, .guest = 0, .program = 1, .phase = "sleep");
	TRACE(tw, 7 * SECOND, program_end, .guest = 0, .program = 1);
	sample(tw, 7 * SECOND, 0, 1002, 301);
	report(tw, 8 * SECOND, 1);
	sample(tw, 9 * SECOND, 0, 1003, 302);
	end(tw, 9 * SECOND);
}

static void read_well(struct phases *p, const char *path)
{
	ck_assert_msg(!phases_read(p, path, error, sizeof(error)), "%s", error);
}

struct expected {
	enum phase_kind kind;
	const char *program, *name;
	uint64_t start, end;		/* s */
	uint64_t free, rss;		/* pages */
	uint64_t requests, blocks, inflated, deflated, minor, major;
};

static void check_phase(const struct phase *p, const struct expected *e)
{
	ck_assert_msg(p->kind == e->kind && !strcmp(p->program_name, e->program) &&
		      !strcmp(p->name, e->name), "%s %s", p->program_name, p->name);
	ck_assert_uint_eq(p->start, e->start * SECOND);
	ck_assert_uint_eq(p->end, e->end * SECOND);
	ck_assert_uint_eq(p->value[PHASE_DURATION], (e->end - e->start) * SECOND);
	ck_assert_uint_eq(p->value[PHASE_FREE], e->free * PAGE);
	ck_assert_uint_eq(p->value[PHASE_RSS], e->rss * PAGE);
	ck_assert_uint_eq(p->value[PHASE_BALLOON], 3 * PAGE);
	ck_assert_uint_eq(p->value[PHASE_REQUESTS], e->requests);
	ck_assert_uint_eq(p->value[PHASE_BLOCKS], e->blocks);
	ck_assert_uint_eq(p->value[PHASE_REPORTED], e->blocks * MIB(4));
	ck_assert_uint_eq(p->value[PHASE_DISCARDS], e->blocks);
	ck_assert_uint_eq(p->value[PHASE_DISCARDED], e->blocks * MIB(4));
	ck_assert_uint_eq(p->value[PHASE_INFLATED], e->inflated * PAGE);
	ck_assert_uint_eq(p->value[PHASE_DEFLATED], e->deflated * PAGE);
	ck_assert_uint_eq(p->value[PHASE_MINOR_FAULTS], e->minor);
	ck_assert_uint_eq(p->value[PHASE_MAJOR_FAULTS], e->major);
	ck_assert_uint_eq(p->sample_age, 0);
	ck_assert(!p->cut);
	for (unsigned int q = 0; q < NR_PHASE_QUANTITIES; q++)
		ck_assert_int_eq(p->recorded[q], q < PHASE_HOST_USED);
}

/*
 * Extents at the time of a boundary belong to the side on which they are written; a sample says
 * the same on both; faults are those until the boundary.
 */
START_TEST(phases_have_the_values_of_their_records)
{
	static const struct expected expected[] = {
		{ PHASE_BOOT, "", "boot", 0, 1, 1000, 200, 0, 0, 0, 0, 0, 0 },
		{ PHASE_OF_PROGRAM, "memhog", "start", 1, 1, 1000, 200, 0, 0, 0, 0, 0, 0 },
		{ PHASE_OF_PROGRAM, "memhog", "write", 1, 2, 100, 1000, 0, 0, 0, 0, 15, 2 },
		{ PHASE_OF_PROGRAM, "memhog", "hold", 2, 3, 110, 900, 2, 3, 256, 100, 0, 0 },
		{ PHASE_OF_PROGRAM, "memhog", "release", 3, 4, 1000, 800, 0, 0, 0, 0, 0, 0 },
		{ PHASE_BEFORE, "rest", "before", 4, 6, 1001, 300, 1, 4, 0, 0, 0, 0 },
		{ PHASE_OF_PROGRAM, "rest", "start", 6, 6, 1001, 300, 0, 0, 0, 0, 0, 0 },
		{ PHASE_OF_PROGRAM, "rest", "sleep", 6, 7, 1002, 301, 0, 0, 0, 0, 0, 0 },
		{ PHASE_SETTLE, "", "settle", 7, 9, 1003, 302, 1, 1, 0, 0, 0, 0 },
		{ PHASE_WHOLE_RUN, "", "whole run", 0, 9, 1003, 302, 4, 8, 256, 100, 15, 2 },
	};
	struct phases p;

	write_two(sim_path, TRACE_NORMAL, "vm", 0);
	read_well(&p, sim_path);
	ck_assert_uint_eq(p.nr, sizeof(expected) / sizeof(expected[0]));
	for (unsigned int i = 0; i < p.nr; i++)
		check_phase(&p.phase[i], &expected[i]);
	phases_free(&p);
}
END_TEST

static const struct phase *find(const struct phases *p, const char *program, const char *name,
				uint64_t iteration, unsigned int occurrence)
{
	for (unsigned int i = 0; i < p->nr; i++) {
		const struct phase *phase = &p->phase[i];

		if (!strcmp(phase->program_name, program) && !strcmp(phase->name, name) &&
		    phase->iteration == iteration && phase->occurrence == occurrence)
			return phase;
	}
	ck_abort_msg("no phase %s %s", program, name);
	return NULL;
}

START_TEST(programs_that_overlap_have_phases_of_their_own)
{
	struct trace_writer *tw = begin(sim_path, TRACE_NORMAL, "vm");
	struct phases p;

	TRACE(tw, 1 * SECOND, program_start, .guest = 0, .program = 0, .name = "a");
	TRACE(tw, 2 * SECOND, program_start, .guest = 0, .program = 1, .name = "b");
	report(tw, 3 * SECOND, 1);
	TRACE(tw, 4 * SECOND, program_end, .guest = 0, .program = 0);
	report(tw, 5 * SECOND, 2);
	TRACE(tw, 6 * SECOND, program_end, .guest = 0, .program = 1);
	end(tw, 7 * SECOND);
	read_well(&p, sim_path);
	ck_assert_uint_eq(p.nr, 5);	/* and boot, settle, whole run */
	ck_assert_uint_eq(find(&p, "a", "start", 0, 0)->value[PHASE_BLOCKS], 1);
	ck_assert_uint_eq(find(&p, "a", "start", 0, 0)->end, 4 * SECOND);
	ck_assert_uint_eq(find(&p, "b", "start", 0, 0)->value[PHASE_BLOCKS], 3);
	ck_assert_uint_eq(find(&p, "", "settle", 0, 0)->start, 6 * SECOND);
	phases_free(&p);
}
END_TEST

START_TEST(phases_alike_are_counted_and_cut_ones_marked)
{
	struct trace_writer *tw = begin(sim_path, TRACE_NORMAL, "vm");
	struct phases p;

	TRACE(tw, 1, program_start, .guest = 0, .program = 0, .name = "a");
	for (unsigned int i = 0; i < 6; i++)
		TRACE(tw, 10 + i, program_phase, .guest = 0, .program = 0, .phase = "x",
		      .iteration = i % 2);
	TRACE(tw, 20, program_killed, .guest = 0, .program = 0);
	TRACE(tw, 30, program_start, .guest = 0, .program = 1, .name = "b");
	end(tw, 50);
	read_well(&p, sim_path);
	for (unsigned int i = 0; i < 6; i++) {
		const struct phase *phase = find(&p, "a", "x", i % 2, i / 2);

		ck_assert_uint_eq(phase->start, 10 + i);
		ck_assert_uint_eq(phase->end, i < 5 ? 11 + i : 20);
		ck_assert_int_eq(phase->cut, i == 5);
	}
	ck_assert(find(&p, "b", "start", 0, 0)->cut);
	ck_assert_uint_eq(find(&p, "b", "start", 0, 0)->end, 50);
	phases_free(&p);
}
END_TEST

START_TEST(a_sample_before_the_end_is_used_and_its_age_told)
{
	struct trace_writer *tw = begin(sim_path, TRACE_NORMAL, "vm");
	const struct phase *phase;
	struct phases p;

	TRACE(tw, 1 * SECOND, program_start, .guest = 0, .program = 0, .name = "a");
	sample(tw, 2 * SECOND, 0, 10, 20);
	TRACE(tw, 3 * SECOND, program_end, .guest = 0, .program = 0);
	end(tw, 4 * SECOND);
	read_well(&p, sim_path);
	phase = find(&p, "a", "start", 0, 0);
	ck_assert_uint_eq(phase->value[PHASE_RSS], 20 * PAGE);
	ck_assert_uint_eq(phase->sample_age, SECOND);
	/* nothing was sampled until then */
	ck_assert(!find(&p, "", "boot", 0, 0)->recorded[PHASE_RSS]);
	ck_assert(!find(&p, "", "boot", 0, 0)->recorded[PHASE_MINOR_FAULTS]);
	phases_free(&p);
}
END_TEST

/* Two traces, compared: what diff_text() or diff_json() says. */
struct comparison {
	struct phases side[NR_DIFF_SIDES];
	struct diff diff;
	char *text, *json;
};

static void compare(struct comparison *c, uint32_t only, uint64_t threshold)
{
	const struct diff_options options = { .only = only, .threshold = threshold };
	const char *const names[] = { "sim.trace", "real.trace" };
	size_t len;
	FILE *out;

	read_well(&c->side[DIFF_SIM], sim_path);
	read_well(&c->side[DIFF_REAL], real_path);
	ck_assert_msg(!diff_init(&c->diff, &c->side[DIFF_SIM], &c->side[DIFF_REAL], &options,
				 error, sizeof(error)), "%s", error);
	out = open_memstream(&c->text, &len);
	diff_text(&c->diff, names, out);
	fclose(out);
	out = open_memstream(&c->json, &len);
	diff_json(&c->diff, names, out);
	fclose(out);
}

static void comparison_free(struct comparison *c)
{
	diff_free(&c->diff);
	phases_free(&c->side[DIFF_SIM]);
	phases_free(&c->side[DIFF_REAL]);
	free(c->text);
	free(c->json);
}

/* A row that has these words, in this order, with blanks between them. */
static bool has_row(const char *text, const char *row)
{
	char *lines = strdup(text), *rest = lines, *line;
	bool found = false;

	while (!found && (line = strsep(&rest, "\n"))) {
		char packed[256];
		size_t n = 0;

		for (; *line && n < sizeof(packed) - 1; line++) {
			if (*line != ' ' || (n && packed[n - 1] != ' '))
				packed[n++] = *line;
		}
		packed[n] = '\0';
		found = !strcmp(packed, row);
	}
	free(lines);
	return found;
}

static void expect_row(const struct comparison *c, const char *row)
{
	ck_assert_msg(has_row(c->text, row), "no row \"%s\" in:\n%.1400s", row, c->text);
}

/* 250 pages more of 1000 are 25 %, 250 blocks more of 3 are 8333.3 %. */
START_TEST(both_values_and_the_deviation_are_printed)
{
	struct comparison c;

	write_two(sim_path, TRACE_NORMAL, "vm", 250);
	write_two(real_path, TRACE_NORMAL, "vm", 0);
	compare(&c, 0, DIFF_NO_THRESHOLD);
	expect_row(&c, "sim sim.trace: two.dts seed 7 ok");
	expect_row(&c, "memhog write duration 1.00 s 1.00 s 0 0.0 %");
	expect_row(&c, "RSS 4.88 MiB 3.91 MiB +1000 KiB +25.0 %");
	expect_row(&c, "report requests 2 2 0 0.0 %");
	expect_row(&c, "blocks reported 253 3 +250 +8333.3 %");
	expect_row(&c, "bytes discarded 1012 MiB 12.0 MiB +1000 MiB +8333.3 %");
	expect_row(&c, "rest before duration 2.00 s 2.00 s 0 0.0 %");
	expect_row(&c, "vm memhog write RSS 4.88 MiB 3.91 MiB +1000 KiB +25.0 %");
	expect_row(&c, "vm memhog hold blocks reported 253 3 +250 +8333.3 %");
	ck_assert(!diff_failed(&c.diff));
	ck_assert_ptr_nonnull(strstr(c.json, "\"rss_bytes\": {\n          \"sim\": 5120000,\n"
					     "          \"real\": 4096000,\n"
					     "          \"deviation\": 1024000,\n"
					     "          \"deviation_permille\": 250\n"));
	ck_assert_ptr_null(strstr(c.json, "beyond"));
	comparison_free(&c);
}
END_TEST

START_TEST(less_than_real_is_negative_and_more_than_nothing_has_no_percent)
{
	struct trace_writer *tw = begin(sim_path, TRACE_NORMAL, "vm");
	struct comparison c;

	report(tw, SECOND, 1);
	sample(tw, 2 * SECOND, 0, 90, 100);
	end(tw, 2 * SECOND);
	tw = begin(real_path, TRACE_NORMAL, "vm");
	sample(tw, 2 * SECOND, 0, 120, 100);
	end(tw, 2 * SECOND);
	compare(&c, 0, 0);
	expect_row(&c, "free memory 360 KiB 480 KiB -120 KiB !-25.0 %");
	expect_row(&c, "report requests 1 0 +1 from 0");
	expect_row(&c, "bytes reported 4.00 MiB 0 +4.00 MiB !from 0");
	ck_assert_ptr_nonnull(strstr(c.json, "\"deviation\": -122880,\n"
					     "          \"deviation_permille\": -250,\n"
					     "          \"beyond\": true"));
	/* free, bytes reported and discarded, of boot and of the whole run */
	ck_assert_uint_eq(c.diff.nr_beyond, 6);
	comparison_free(&c);
}
END_TEST

static bool fails(uint32_t only, uint64_t threshold)
{
	struct comparison c;
	bool failed;

	compare(&c, only, threshold);
	failed = diff_failed(&c.diff);
	comparison_free(&c);
	return failed;
}

START_TEST(a_threshold_is_for_memory_and_bytes_unless_told_otherwise)
{
	write_two(sim_path, TRACE_NORMAL, "vm", 250);
	write_two(real_path, TRACE_NORMAL, "vm", 0);
	ck_assert(fails(1u << PHASE_RSS, 249));
	ck_assert(!fails(1u << PHASE_RSS, 250));
	ck_assert(!fails(1u << PHASE_FREE, 0));
	ck_assert(!fails(1u << PHASE_REQUESTS, 0));
	ck_assert(fails(1u << PHASE_BLOCKS, 83332));
	ck_assert(fails(0, 83333));		/* a third more than that */
	ck_assert(!fails(0, 83334));
	ck_assert(!fails(0, DIFF_NO_THRESHOLD));
	write_two(sim_path, TRACE_NORMAL, "vm", 0);
	ck_assert(!fails(0, 0));
}
END_TEST

START_TEST(only_shows_nothing_else)
{
	struct comparison c;

	write_two(sim_path, TRACE_NORMAL, "vm", 250);
	write_two(real_path, TRACE_NORMAL, "vm", 0);
	compare(&c, 1u << PHASE_RSS | 1u << PHASE_MAJOR_FAULTS, DIFF_NO_THRESHOLD);
	expect_row(&c, "memhog write RSS 4.88 MiB 3.91 MiB +1000 KiB +25.0 %");
	expect_row(&c, "major faults 2 2 0 0.0 %");
	ck_assert_ptr_null(strstr(c.text, "duration"));
	ck_assert_ptr_null(strstr(c.text, "discarded"));
	ck_assert_ptr_null(strstr(c.json, "duration_ns"));
	ck_assert_ptr_nonnull(strstr(c.json, "major_faults"));
	comparison_free(&c);
}
END_TEST

START_TEST(equal_traces_are_said_to_be_the_same)
{
	struct comparison c;

	write_two(sim_path, TRACE_NORMAL, "vm", 0);
	write_two(real_path, TRACE_NORMAL, "vm", 0);
	compare(&c, 0, 0);
	ck_assert_ptr_nonnull(strstr(c.text, "What both traces say is the same.\n"));
	ck_assert_ptr_null(strstr(c.text, "Largest"));
	ck_assert_ptr_null(strstr(c.text, "Only in one"));
	comparison_free(&c);
}
END_TEST

START_TEST(a_summary_knows_the_whole_run_only)
{
	struct comparison c;

	write_two(sim_path, TRACE_SUMMARY, "vm", 0);
	write_two(real_path, TRACE_NORMAL, "vm", 0);
	compare(&c, 0, 0);
	expect_row(&c, "report requests not recorded 2 - -");
	expect_row(&c, "blocks reported not recorded 3 - -");
	expect_row(&c, "report requests 4 4 0 0.0 %");
	expect_row(&c, "bytes discarded 32.0 MiB 32.0 MiB 0 0.0 %");
	expect_row(&c, "RSS 3.91 MiB 3.91 MiB 0 0.0 %");
	ck_assert_ptr_nonnull(strstr(c.json, "\"report_blocks\": {\n          \"real\": 3\n"));
	ck_assert(!diff_failed(&c.diff));	/* what is not recorded does not deviate */
	comparison_free(&c);
}
END_TEST

START_TEST(types_that_nobody_sees_are_not_recorded)
{
	struct trace_writer *tw = begin(real_path, TRACE_NORMAL, "vm");
	struct comparison c;

	TRACE(tw, 0, not_recorded, .guest = 0, .record = "report_request");
	TRACE(tw, 0, not_recorded, .guest = 0, .record = "discard");
	TRACE(tw, 0, not_recorded, .guest = 0, .record = "nothing that there is");
	sample(tw, SECOND, 0, 1, 2);
	end(tw, SECOND);
	tw = begin(sim_path, TRACE_NORMAL, "vm");
	report(tw, 0, 5);
	TRACE(tw, 0, inflate, .guest = 0, .pages = 1);
	sample(tw, SECOND, 0, 1, 2);
	end(tw, SECOND);
	compare(&c, 0, 1000);
	expect_row(&c, "report requests 1 not recorded - -");
	expect_row(&c, "bytes reported 20.0 MiB not recorded - -");
	expect_row(&c, "discards 5 not recorded - -");
	expect_row(&c, "inflated 4.00 KiB 0 +4.00 KiB from 0");
	ck_assert(!diff_failed(&c.diff));
	comparison_free(&c);
}
END_TEST

static void write_loops(const char *path, unsigned int loops, const char *last)
{
	struct trace_writer *tw = begin(path, TRACE_NORMAL, "vm");

	TRACE(tw, 1, program_start, .guest = 0, .program = 0, .name = "a");
	for (unsigned int i = 0; i < loops; i++)
		TRACE(tw, 10 * (i + 1), program_phase, .guest = 0, .program = 0, .phase = "x",
		      .iteration = i);
	TRACE(tw, 1000, program_phase, .guest = 0, .program = 0, .phase = last);
	TRACE(tw, 2000, program_end, .guest = 0, .program = 0);
	end(tw, 3000);
}

START_TEST(phases_of_one_trace_only_are_listed)
{
	struct comparison c;

	write_loops(sim_path, 3, "one");
	write_loops(real_path, 2, "other");
	compare(&c, 0, DIFF_NO_THRESHOLD);
	ck_assert_uint_eq(c.diff.nr_single, 3);
	ck_assert(!diff_failed(&c.diff));
	expect_row(&c, "sim vm a x 2 970 ns");
	expect_row(&c, "sim vm a one 1.00 us");
	expect_row(&c, "real vm a other 1.00 us");
	expect_row(&c, "a x 1 duration 10 ns 980 ns -970 ns -99.0 %");
	comparison_free(&c);
	compare(&c, 0, 1000);
	ck_assert_uint_eq(c.diff.nr_beyond, 0);
	ck_assert(diff_failed(&c.diff));	/* what is missing cannot be near enough */
	comparison_free(&c);
}
END_TEST

/* Guests "b" and two called "a": in the other trace in another order. */
START_TEST(guests_belong_together_by_name)
{
	static const char *const names[2][3] = { { "b", "a", "a" }, { "a", "a", "b" } };
	static const uint64_t rss[2][3] = { { 1, 2, 3 }, { 2, 3, 1 } };
	struct comparison c;

	for (unsigned int s = 0; s < 2; s++) {
		struct trace_writer *tw = trace_open(s ? real_path : sim_path, TRACE_NORMAL,
						     error, sizeof(error));

		TRACE(tw, 0, run, .scenario = "x.dts", .level = TRACE_NORMAL);
		for (unsigned int g = 0; g < 3; g++)
			TRACE(tw, 0, guest, .guest = g, .name = names[s][g]);
		for (unsigned int g = 0; g < 3; g++)
			sample(tw, 1, g, 0, rss[s][g]);
		end(tw, 1);
	}
	compare(&c, 0, 0);
	ck_assert_uint_eq(c.diff.nr_guests, 3);
	ck_assert_msg(!diff_failed(&c.diff), "%s", c.text);
	comparison_free(&c);
}
END_TEST

/* As between `count = <1>` and more: "guest" and "guest-0". */
START_TEST(guests_without_a_common_name_are_compared_by_number)
{
	struct comparison c;

	write_two(sim_path, TRACE_NORMAL, "guest", 0);
	write_two(real_path, TRACE_NORMAL, "guest-0", 0);
	compare(&c, 0, 0);
	ck_assert(c.diff.by_number);
	ck_assert(!diff_failed(&c.diff));
	ck_assert_ptr_nonnull(strstr(c.text, "compared by number"));
	ck_assert_uint_gt(c.diff.nr_common, 0);
	comparison_free(&c);
}
END_TEST

START_TEST(tables_fit_the_terminal)
{
	static const char *const name = "a-name-of-a-guest-or-a-program-that-nobody-wants-to-read";
	struct comparison c;

	for (unsigned int s = 0; s < 2; s++) {
		struct trace_writer *tw = begin(s ? real_path : sim_path, TRACE_NORMAL, name);

		TRACE(tw, 1, program_start, .guest = 0, .program = 0, .name = name);
		TRACE(tw, 2, program_phase, .guest = 0, .program = 0, .phase = name,
		      .iteration = UINT64_MAX);
		sample(tw, 3, 0, s ? 1 : UINT64_C(1) << 40, 1);
		report(tw, 4, s ? 1 : 1000);
		end(tw, s ? 5 : 1000000 * SECOND);
	}
	compare(&c, 0, 0);
	for (char *line = strtok(c.text, "\n"); line; line = strtok(NULL, "\n")) {
		/* file names are printed as they are */
		ck_assert_msg(strlen(line) <= TABLE_WIDTH, "%s", line);
	}
	comparison_free(&c);
}
END_TEST

/* Records in an order that no run gives, of guests that nobody declared. */
START_TEST(senseless_records_do_no_harm)
{
	static const uint64_t guests[] = { 0, 5, TRACE_HOST, UINT64_MAX - 1 };
	struct trace_writer *tw = begin(sim_path, TRACE_NORMAL, "vm");
	struct phases p;

	for (unsigned int i = 0; i < sizeof(guests) / sizeof(guests[0]); i++) {
		uint64_t g = guests[i];

		TRACE(tw, 10, program_phase, .guest = g, .program = 1, .phase = "no start");
		TRACE(tw, 10, program_end, .guest = g, .program = 1);
		TRACE(tw, 11, program_start, .guest = g, .program = 2, .name = "a");
		TRACE(tw, 12, program_start, .guest = g, .program = 2, .name = "a");
		TRACE(tw, 12, guest_start, .guest = g);
		sample(tw, 12, g, 1, 1);
		TRACE(tw, 12, not_recorded, .guest = g, .record = "");
		TRACE(tw, 12, guest_end, .guest = g);
		TRACE(tw, 12, guest_end, .guest = g);
		TRACE(tw, 12, program_start, .guest = g, .program = 3, .name = "late");
		TRACE(tw, 12, program_end, .guest = g, .program = 3);
		tw->now = 0;
	}
	end(tw, 20);
	read_well(&p, sim_path);
	for (unsigned int i = 0; i < p.nr; i++) {
		ck_assert(!p.phase[i].open);
		ck_assert_uint_le(p.phase[i].start, p.phase[i].end);
		ck_assert_uint_le(p.phase[i].end, 20);
		ck_assert(p.phase[i].guest == 0 || p.phase[i].guest == 5);
		ck_assert_str_ne(p.phase[i].program_name, "late");
	}
	ck_assert_uint_eq(find(&p, "a", "start", 0, 0)->cut, true);
	phases_free(&p);
}
END_TEST

/* Bad input */

static void refused(const char *path, const char *begins, const char *remedy)
{
	struct phases p;

	ck_assert_int_eq(phases_read(&p, path, error, sizeof(error)), -1);
	ck_assert_msg(!strncmp(error, path, strlen(path)) &&
		      !strncmp(error + strlen(path), begins, strlen(begins)), "%s", error);
	ck_assert_msg(strstr(error, remedy) != NULL, "%s", error);
	ck_assert_ptr_null(strchr(error, '\n'));
}

START_TEST(what_is_no_whole_trace_of_a_run_is_refused)
{
	struct trace_writer *tw;
	struct stat st;
	FILE *f;

	refused(sim_path, ": No such file", "; record it with: ballast run");
	f = fopen(sim_path, "w");
	fputs("/dts-v1/;\n", f);
	fclose(f);
	refused(sim_path, ": not a ballast trace", "; record it with: ballast run");
	write_two(sim_path, TRACE_NORMAL, "vm", 0);
	ck_assert_int_eq(stat(sim_path, &st), 0);
	for (off_t size = st.st_size - 1; size > 0; size -= 7) {
		ck_assert_int_eq(truncate(sim_path, size), 0);
		refused(sim_path, ": ", "record it");
	}
	tw = trace_open(sim_path, TRACE_NORMAL, error, sizeof(error));
	ck_assert_int_eq(trace_close(tw), 0);
	refused(sim_path, ": a trace that declares no run", "record it");
	tw = trace_open(sim_path, TRACE_NORMAL, error, sizeof(error));
	TRACE(tw, 0, run, .scenario = "empty.dts");
	end(tw, 0);
	refused(sim_path, ": a trace that declares no guest", "record it");
}
END_TEST

static void nothing_common(const char *says)
{
	const struct diff_options options = { .threshold = DIFF_NO_THRESHOLD };
	struct phases sim, real;
	struct diff d;

	read_well(&sim, sim_path);
	read_well(&real, real_path);
	ck_assert_int_eq(diff_init(&d, &sim, &real, &options, error, sizeof(error)), -1);
	ck_assert_str_eq(error, says);
	phases_free(&sim);
	phases_free(&real);
}

START_TEST(traces_with_nothing_in_common_are_refused)
{
	struct trace_writer *tw;

	write_two(sim_path, TRACE_NORMAL, "vm", 0);
	tw = trace_open(real_path, TRACE_NORMAL, error, sizeof(error));
	TRACE(tw, 0, run, .scenario = "two.dts");
	TRACE(tw, 0, guest, .guest = 1, .name = "other");
	end(tw, 0);
	nothing_common("no guest is in both traces: these are two.dts and two.dts; record both "
		       "from one scenario");
	tw = begin(real_path, TRACE_NORMAL, "vm");
	TRACE(tw, 1, program_start, .guest = 0, .program = 0, .name = "churn");
	end(tw, 2);
	nothing_common("no phase of a program is in both traces: these are two.dts and two.dts; "
		       "record both from one scenario");
}
END_TEST

/* The machine */

#define MEMHOG                                                                                     \
	TEST_HEAD TEST_HOST                                                                        \
	"guest { compatible = \"ballast,guest\"; memory-mib = <256>; vcpus = <1>;\n"               \
	"boot-profile = <&linux_6_1>;\n"                                                           \
	"programs { hog { compatible = \"ballast,program-memhog\"; size-mib = <64>; loops = <2>;"  \
	" hold-ms = <137>; pause-ms = <41>; madvise = \"nohugepage\"; }; }; }; };\n"

/*
 * 64 MiB are written, held and released twice.  They are not all that changes: page tables are
 * allocated, and the per-CPU list has pages that are neither free nor in use.  The first time the
 * program also begins: data, stack, and 1 or 2 MiB to remember what it wrote.
 */
START_TEST(the_machine_samples_at_each_boundary)
{
	struct trace_reader *reader;
	struct outcome o;
	struct phases p;

	outcome_run(&o, MEMHOG, true);
	ck_assert_msg(!o.refused && o.end == TRACE_END_OK, "%s", o.text);
	reader = trace_reader_open(o.trace, error, sizeof(error));
	ck_assert_msg(reader != NULL, "%s", error);
	phases_init(&p);
	trace_reader_feed(reader, &p.consumer);
	phases_end(&p);
	trace_reader_close(reader);
	for (unsigned int i = 0; i < p.nr; i++)
		ck_assert_msg(!p.phase[i].sample_age, "%s", p.phase[i].name);
	for (unsigned int i = 0; i < 2; i++) {
		const uint64_t slack = i ? MIB(1) : MIB(3);
		uint64_t before = find(&p, i ? "hog" : "", i ? "pause" : "boot", 0, 0)->
				  value[PHASE_FREE];
		const struct phase *write = find(&p, "hog", "write", i, 0);
		uint64_t used = before - write->value[PHASE_FREE];
		const struct phase *hold = find(&p, "hog", "hold", i, 0);

		ck_assert_uint_ge(used, MIB(64) - slack);
		ck_assert_uint_le(used, MIB(64) + slack);
		ck_assert_uint_ge(write->value[PHASE_MINOR_FAULTS], MIB(64) / PAGE);
		ck_assert_uint_le(write->value[PHASE_MINOR_FAULTS],
				  (MIB(64) + (i ? 0 : MIB(2))) / PAGE);
		ck_assert_uint_eq(hold->value[PHASE_MINOR_FAULTS], 0);
		ck_assert_uint_eq(hold->value[PHASE_FREE], write->value[PHASE_FREE]);
		ck_assert_uint_ge(find(&p, "hog", "release", i, 0)->value[PHASE_FREE],
				  before - slack);
	}
	phases_free(&p);
	outcome_free(&o);
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *suite = suite_create("diff");
	TCase *tc = tcase_create("diff");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, phases_have_the_values_of_their_records);
	tcase_add_test(tc, programs_that_overlap_have_phases_of_their_own);
	tcase_add_test(tc, phases_alike_are_counted_and_cut_ones_marked);
	tcase_add_test(tc, a_sample_before_the_end_is_used_and_its_age_told);
	tcase_add_test(tc, both_values_and_the_deviation_are_printed);
	tcase_add_test(tc, less_than_real_is_negative_and_more_than_nothing_has_no_percent);
	tcase_add_test(tc, a_threshold_is_for_memory_and_bytes_unless_told_otherwise);
	tcase_add_test(tc, only_shows_nothing_else);
	tcase_add_test(tc, equal_traces_are_said_to_be_the_same);
	tcase_add_test(tc, a_summary_knows_the_whole_run_only);
	tcase_add_test(tc, types_that_nobody_sees_are_not_recorded);
	tcase_add_test(tc, phases_of_one_trace_only_are_listed);
	tcase_add_test(tc, guests_belong_together_by_name);
	tcase_add_test(tc, guests_without_a_common_name_are_compared_by_number);
	tcase_add_test(tc, tables_fit_the_terminal);
	tcase_add_test(tc, senseless_records_do_no_harm);
	tcase_add_test(tc, what_is_no_whole_trace_of_a_run_is_refused);
	tcase_add_test(tc, traces_with_nothing_in_common_are_refused);
	tcase_add_test(tc, the_machine_samples_at_each_boundary);
	suite_add_tcase(suite, tc);
	return suite;
}
