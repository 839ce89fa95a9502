// SPDX-License-Identifier: GPL-2.0-only
/*
 * One scenario in both worlds: ballast run, ballast real and ballast diff, and that what the
 * simulator says of a guest's memory is what a real guest's is, within stated bounds.
 *
 * The short form is about free page reporting; the long one adds a balloon, huge pages and
 * fragmented memory.  Time is not compared: with TCG there is nothing to compare it with.
 *
 * Real guests differ from boot to boot: by where KASLR puts the kernel, whose unpacking leaves more
 * or less memory resident (220 or 238 MiB in one phase), and by what stays on per-CPU lists; so do
 * runs of the simulator from seed to seed.  So one of a few boots has to be as one of a few seeds,
 * in all of its phases.
 */
#include "boot.h"

#include "cli.h"
#include "diff.h"
#include "read.h"
#include "report.h"
#include "worlds.h"

/* A value may be off by this part of the real one, or by that much, whichever is more. */
struct bound {
	enum phase_quantity quantity;
	uint64_t percent, absolute;
	bool whole_run;			/* only there: a pass of reporting may be in two phases */
};

static const struct bound bounds[] = {
	{ PHASE_FREE, 3, 8 * MIB, false },
	{ PHASE_RSS, 6, 16 * MIB, false },
	{ PHASE_BALLOON, 0, 0, false },
	/* Frees that take longer than the delay are reported in more passes. */
	{ PHASE_REQUESTS, 30, 4, true },
	{ PHASE_BLOCKS, 6, 8, true },
	{ PHASE_REPORTED, 6, 24 * MIB, true },
	{ PHASE_DISCARDED, 6, 24 * MIB, true },
	{ PHASE_INFLATED, 0, 0, true },
	{ PHASE_DEFLATED, 0, 0, true },
};

static const struct scene {
	const char *name;
	bool in_short;
} scenes[] = {
	{ "reporting", true }, { "balloon", false }, { "huge", false }, { "churn", false },
};

#define BOOTS 3
#define SEEDS 3

/* How the last boot that was compared differs. */
static char difference[512];

static bool check_value(const struct scene *scene, const struct diff_pair *pair,
			const struct bound *bound)
{
	const struct phase *sim = pair->side[DIFF_SIM], *real = pair->side[DIFF_REAL];
	enum phase_quantity q = bound->quantity;
	uint64_t a = sim->value[q], b = real->value[q], off = a > b ? a - b : b - a, may;

	may = b / 100 * bound->percent > bound->absolute ? b / 100 * bound->percent :
							    bound->absolute;
	ck_assert_msg(sim->recorded[q] && real->recorded[q], "%s: %s %s: not recorded",
		      scene->name, real->name, phase_quantities[q].name);
	if (off <= may)
		return true;
	snprintf(difference, sizeof(difference),
		 "%s: %s %s %s: %llu in the model, %llu in reality", scene->name,
		 real->program_name, real->name, phase_quantities[q].name,
		 (unsigned long long)a, (unsigned long long)b);
	return false;
}

static bool compare(const struct scene *scene, const char *const files[NR_DIFF_SIDES])
{
	const struct diff_options options = { .threshold = DIFF_NO_THRESHOLD };
	struct phases side[NR_DIFF_SIDES];
	char error[1024];
	struct diff diff;
	unsigned int i, seen = 0;
	bool same = true;
	size_t b;

	for (i = 0; i < NR_DIFF_SIDES; i++)
		ck_assert_msg(!phases_read(&side[i], files[i], error, sizeof(error)), "%s", error);
	ck_assert_msg(!diff_init(&diff, &side[DIFF_SIM], &side[DIFF_REAL], &options, error,
				 sizeof(error)), "%s", error);
	ck_assert_uint_eq(diff.nr_single, 0);
	for (i = 0; i < diff.nr; i++) {
		const struct diff_pair *pair = &diff.pair[i];

		ck_assert(pair->side[DIFF_SIM] && pair->side[DIFF_REAL]);
		for (b = 0; b < ARRAY_LEN(bounds); b++)
			if (!bounds[b].whole_run || pair->side[DIFF_SIM]->kind == PHASE_WHOLE_RUN)
				same &= check_value(scene, pair, &bounds[b]);
		seen++;
	}
	ck_assert_uint_ge(seen, 4);
	diff_free(&diff);
	for (i = 0; i < NR_DIFF_SIDES; i++)
		phases_free(&side[i]);
	return same;
}

/* Of the seeds' runs one is as the real one. */
static bool as_a_seed(const struct scene *scene, const char *const sim[SEEDS], const char *real)
{
	bool same = false;

	for (int i = 0; i < SEEDS && !same; i++) {
		const char *const files[NR_DIFF_SIDES] = { [DIFF_SIM] = sim[i],
							   [DIFF_REAL] = real };

		same = compare(scene, files);
	}
	return same;
}

START_TEST(both_worlds)
{
	const struct scene *scene = &scenes[_i];
	const char *sim[SEEDS], *real;
	bool same = false;

	if (!scene->in_short && !boot_long())
		return;
	for (int i = 0; i < SEEDS; i++)
		sim[i] = worlds_simulated(scene->name, i + 1);
	for (int i = 0; i < BOOTS && !same; i++) {
		real = worlds_real(scene->name, 1);
		worlds_run(cmd_diff, (const char *const[]){ "diff", sim[0], real, NULL });
		same = as_a_seed(scene, sim, real);
		if (!same)
			printf("| boot %d is as no seed: %s\n", i + 1, difference);
	}
	ck_assert_msg(same, "of %d boots none is as in the model; the last: %s", BOOTS,
		      difference);
}
END_TEST

static void read_report(struct report *r, const char *file)
{
	struct trace_reader *reader;
	char error[1024];

	report_init(r);
	reader = trace_reader_open(file, error, sizeof(error));
	ck_assert_msg(reader != NULL, "%s", error);
	trace_reader_feed(reader, &r->consumer);
	trace_reader_close(reader);
}

/* How much it is, time decides; how often, the program and its seed. */
START_TEST(what_programs_measure_is_measured_in_both_worlds)
{
	struct report sim, real;

	read_report(&sim, worlds_simulated("victim", 1));
	read_report(&real, worlds_real("victim", 1));
	ck_assert_uint_eq(sim.nr_programs, 3);
	ck_assert_uint_eq(real.nr_programs, 3);
	for (unsigned int i = 0; i < 3; i++) {
		const struct report_measured *a = &sim.programs[i].measured;
		const struct report_measured *b = &real.programs[i].measured;

		ck_assert_int_eq(real.programs[i].state, PROGRAM_ENDED);
		ck_assert_int_eq(b->what, a->what);
		ck_assert_uint_gt(b->all.count, 0);
		ck_assert_uint_gt(b->all.max, 0);
		if (a->what == TRACE_MEASURE_QUANTUM)
			ck_assert_uint_eq(b->all.count, a->all.count);
		if (a->what != TRACE_MEASURE_LATENCY)
			continue;
		/* The same requests, at the same times: both draw the same numbers. */
		ck_assert_uint_eq(real.programs[i].work, sim.programs[i].work);
		ck_assert_uint_eq(b->all.count, a->all.count);
	}
	report_free(&sim);
	report_free(&real);
}
END_TEST

/* A guest rests for 9 s of its own time, and is paused for 3 s of ours. */
START_TEST(what_is_done_by_hand_is_done_in_both_worlds)
{
	const char *traces[] = { worlds_simulated("commands", 1), worlds_real("commands", 1) };

	for (unsigned int i = 0; i < ARRAY_LEN(traces); i++) {
		const struct report_program *rest;
		struct report r;

		read_report(&r, traces[i]);
		ck_assert_uint_eq(r.nr_programs, 1);
		ck_assert_uint_eq(r.nr_commands, 4);
		for (unsigned int j = 0; j < r.nr_commands; j++)
			ck_assert_msg(r.commands[j].end.result == TRACE_COMMAND_DONE,
				      "%s: command %u", traces[i], j);
		rest = &r.programs[0];
		ck_assert_int_eq(rest->state, PROGRAM_ENDED);
		ck_assert_uint_ge(rest->end - rest->start, UINT64_C(11900000000));
		report_free(&r);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("same");
	TCase *tc = tcase_create("scenarios");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tc, worlds_begin, worlds_end);
	tcase_set_timeout(tc, 900);
	tcase_add_loop_test(tc, both_worlds, 0, ARRAY_LEN(scenes));
	tcase_add_test(tc, what_programs_measure_is_measured_in_both_worlds);
	tcase_add_test(tc, what_is_done_by_hand_is_done_in_both_worlds);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
