// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hosts that give guests more memory than they have, in both worlds: several guests in a memory
 * group with a swap file against the model's host.  Compared are ranges, of some seeds and of one
 * to three boots: as many as it takes until they are as near to each other as is stated here.
 * Time is not compared.
 *
 * And nothing is left of a run, however it ends.  All of this takes root.
 */
#include "boot.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"
#include "diff_ranges.h"
#include "real_limit.h"
#include "skip.h"
#include "worlds.h"

#define BOOTS 3
#define SEEDS 3
#define SCENE_S 900

/* Ranges may be apart by this part of the real one, or by that much, whichever is more. */
struct bound {
	enum phase_quantity quantity;
	uint64_t percent, absolute;
};

static const struct bound bounds[] = {
	{ PHASE_FREE, 4, 12 * MIB },
	{ PHASE_BALLOON, 0, 0 },
	{ PHASE_REPORTED, 6, 24 * MIB },
	{ PHASE_INFLATED, 0, 0 },
	{ PHASE_HOST_USED, 12, 40 * MIB },
};

/*
 * How much of a guest may be elsewhere than in the model, and how much more or less may be in swap
 * at all: a group reclaims more than it needs (docs/fidelity.md).  The first is the short form.
 */
static const struct scene {
	const char *name;
	uint64_t guest_mib, host_mib;
} scenes[] = {
	{ "overcommit-small", 112, 112 },
	{ "overcommit-turns", 64, 112 },
	{ "overcommit-booted", 64, 64 },
	{ "overcommit-reporting", 24, 8 },
	{ "overcommit-balloon", 24, 8 },
	{ "overcommit-tight", 96, 112 },
};

static char difference[512];

static bool is_near(const struct diff_ranges_row *row, enum phase_quantity q, uint64_t percent,
		    uint64_t absolute)
{
	const struct diff_range *range = row->range[q], *real = &range[DIFF_REAL];
	uint64_t by, may;
	bool less;

	if (!real->nr || !range[DIFF_SIM].nr)
		return true;
	diff_ranges_apart(range, &by, &less);
	may = (less ? real->min : real->max) / 100 * percent;
	if (by <= may || by <= absolute)
		return true;
	snprintf(difference, sizeof(difference), "%s %s %s %s: %llu to %llu in the model, %llu to "
		 "%llu in reality", row->guest, row->phase->program_name, row->phase->name,
		 phase_quantities[q].name, (unsigned long long)range[DIFF_SIM].min,
		 (unsigned long long)range[DIFF_SIM].max, (unsigned long long)real->min,
		 (unsigned long long)real->max);
	return false;
}

static bool row_is_near(const struct scene *scene, const struct diff_ranges_row *row)
{
	bool near = is_near(row, PHASE_RSS, 0, scene->guest_mib * MIB) &&
		    is_near(row, PHASE_SWAPPED, 0, scene->guest_mib * MIB) &&
		    is_near(row, PHASE_HOST_SWAP, 0, scene->host_mib * MIB);

	for (size_t i = 0; i < ARRAY_LEN(bounds) && near; i++)
		near = is_near(row, bounds[i].quantity, bounds[i].percent, bounds[i].absolute);
	return near;
}

/*
 * The scenarios' rates are of a machine that has nothing else to do (docs/fidelity.md); with other
 * work beside it, more is on its way to swap at a time, and more goes there.
 */
#define OTHERS_MAX_PERCENT 20

struct cpu_use {
	uint64_t all, busy, ours;	/* ticks, of all CPUs */
};

static struct cpu_use cpu_use_now(void)
{
	uint64_t tick[8] = { 0 }, hz = sysconf(_SC_CLK_TCK);
	struct cpu_use use = { 0 };
	struct rusage usage;
	FILE *f = fopen("/proc/stat", "r");

	ck_assert_ptr_nonnull(f);
	/* user nice system idle iowait irq softirq steal */
	for (size_t i = 0; i < ARRAY_LEN(tick); i++) {
		ck_assert_int_eq(fscanf(f, i ? "%" SCNu64 : "cpu %" SCNu64, &tick[i]), 1);
		use.all += tick[i];
	}
	fclose(f);
	use.busy = use.all - tick[3] - tick[4];
	getrusage(RUSAGE_CHILDREN, &usage);
	use.ours = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * hz +
		   (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * hz / 1000000;
	return use;
}

/* Of the CPU time that there was since @before, what others had. */
static unsigned int others_percent(const struct cpu_use *before)
{
	struct cpu_use now = cpu_use_now();
	uint64_t busy = now.busy - before->busy, ours = now.ours - before->ours;

	return busy > ours ? (busy - ours) * 100 / (now.all - before->all + 1) : 0;
}

/* Of what there is to compare, all that matters is there. */
static void check_complete(const struct diff_ranges *r, unsigned int boots)
{
	unsigned int host = 0, guests = 0;

	ck_assert_uint_eq(r->nr_missing, 0);
	for (unsigned int i = 0; i < r->nr; i++) {
		const struct diff_ranges_row *row = &r->row[i];
		bool of_host = row->phase->kind == PHASE_OF_HOST;
		enum phase_quantity q = of_host ? PHASE_HOST_SWAP : PHASE_SWAPPED;

		host += of_host;
		guests += row->phase->kind == PHASE_WHOLE_RUN;
		ck_assert_uint_eq(row->range[q][DIFF_SIM].nr, SEEDS);
		ck_assert_uint_eq(row->range[q][DIFF_REAL].nr, boots);
	}
	ck_assert_uint_ge(guests, 2);
	ck_assert_uint_eq(host, guests + 1);
}

static bool compare(const struct scene *scene, const struct phases *sim, const struct phases *real,
		    unsigned int boots)
{
	static const char *const names[BOOTS + SEEDS] = { "1", "2", "3", "4", "5", "6" };
	const struct phases *const runs[NR_DIFF_SIDES] = { sim, real };
	const char *const *const files[NR_DIFF_SIDES] = { names, names };
	const unsigned int nr[NR_DIFF_SIDES] = { SEEDS, boots };
	const struct diff_options options = { .threshold = DIFF_NO_THRESHOLD };
	struct diff_ranges ranges;
	char error[1024];
	bool near = true;

	ck_assert_msg(!diff_ranges_init(&ranges, runs, files, nr, &options, error, sizeof(error)),
		      "%s", error);
	check_complete(&ranges, boots);
	for (unsigned int i = 0; i < ranges.nr && near; i++)
		near = row_is_near(scene, &ranges.row[i]);
	diff_ranges_free(&ranges);
	return near;
}

static void read_trace(struct phases *p, const char *path)
{
	char error[1024];

	ck_assert_msg(!phases_read(p, path, error, sizeof(error)), "%s", error);
}

/* Who reclaims at the limit, or reads from swap, is stalled: the kernel has counted it. */
static void check_pressure(const struct phases *real)
{
	const struct report_pressure *p = &real->report.pressure;

	if (access("/proc/pressure/memory", R_OK))
		return;
	ck_assert_msg(p->known, "no pressure was recorded");
	ck_assert(!real->report.swap_peak || p->ns[STALL_MEMORY_SOME] > 0);
}

/* For who reads the suite's output: the last boot beside the seeds. */
static void print_ranges(const char *const sim[SEEDS], const char *real)
{
	worlds_run(cmd_diff, (const char *const[]){ "diff", sim[0], sim[1], sim[2], real,
						    "--only", "rss", "--only", "swapped", "--only",
						    "host-used", "--only", "host-swap", NULL });
}

START_TEST(both_worlds)
{
	const struct scene *scene = &scenes[_i];
	struct phases sim[SEEDS], real[BOOTS];
	unsigned int boots = 0, others, most = 0;
	const char *files[SEEDS], *last;
	struct cpu_use before;
	bool near = false;

	for (int i = 0; i < SEEDS; i++) {
		files[i] = worlds_simulated(scene->name, i + 1);
		read_trace(&sim[i], files[i]);
	}
	while (!near && boots < BOOTS) {
		before = cpu_use_now();
		last = worlds_real(scene->name, boots + 1);
		others = others_percent(&before);
		most = others > most ? others : most;
		read_trace(&real[boots++], last);
		check_pressure(&real[boots - 1]);
		print_ranges(files, last);
		near = compare(scene, sim, real, boots);
		if (!near)
			printf("| %s, %u boots: %s; others had %u %% of the CPUs\n", scene->name,
			       boots, difference, others);
	}
	for (int i = 0; i < SEEDS; i++)
		phases_free(&sim[i]);
	for (unsigned int i = 0; i < boots; i++)
		phases_free(&real[i]);
	if (!near && most > OTHERS_MAX_PERCENT)
		skip_tests(1, "the machine was at other work, and so was its disk; see the table");
	else
		ck_assert_msg(near, "%s: %u boots are not as in the model: %s", scene->name, boots,
			      difference);
}
END_TEST

/* Whom the host kills is chance; that it kills one, and that the others go on, is not. */
static void check_killed(const char *path)
{
	struct phases p;
	unsigned int gone = 0, well = 0;

	read_trace(&p, path);
	for (unsigned int i = 0; i < p.nr; i++) {
		well += p.phase[i].kind == PHASE_SETTLE;
		gone += p.phase[i].kind == PHASE_OF_PROGRAM && p.phase[i].cut;
	}
	ck_assert_msg(p.report.nr_casualties > 0, "%s: nobody was killed", path);
	ck_assert_uint_ge(well, 2);
	ck_assert_uint_le(gone, 1);
	phases_free(&p);
}

START_TEST(without_swap_one_is_killed)
{
	check_killed(worlds_simulated("overcommit-killed", 1));
	check_killed(worlds_real("overcommit-killed", 1));
}
END_TEST

/* Then the host is the machine, of which nothing is recorded, and nobody needs root. */
START_TEST(without_a_limit_no_host_is_recorded)
{
	unsigned int nr = 0;
	struct phases p;

	read_trace(&p, worlds_real_with("overcommit-small", 1, "--no-limit"));
	ck_assert_uint_eq(p.host.nr, 0);
	check_pressure(&p);
	for (unsigned int i = 0; i < p.nr; i++)
		nr += p.phase[i].kind == PHASE_OF_PROGRAM && !strcmp(p.phase[i].name, "hold");
	ck_assert_uint_eq(nr, 2);
	phases_free(&p);
}
END_TEST

/* The end of a run */

static bool is_gone(pid_t pid)
{
	uint64_t deadline = clock_deadline(SHORT_MS);

	while (!kill(pid, 0) && clock_left_ms(deadline))
		clock_sleep_ms(10);
	return kill(pid, 0) && errno == ESRCH;
}

static pid_t start_small(const char *trace)
{
	char file[PATH_MAX];

	snprintf(file, sizeof(file), "%s/real/overcommit-small.dts", getenv("BALLAST_SCENARIOS"));
	return worlds_start(cmd_real, (const char *const[]){ "real", file, "--quiet", "--trace",
							     trace, NULL });
}

/* Until a guest is in the group. */
static pid_t start_until_it_runs(const char *trace, pid_t *qemu)
{
	uint64_t deadline = clock_deadline(SHORT_MS);
	pid_t run = start_small(trace);

	while (!(*qemu = process_in_group(run)) && clock_left_ms(deadline))
		clock_sleep_ms(10);
	ck_assert_int_ne(*qemu, 0);
	return run;
}

static int wait_for(pid_t run)
{
	int status;

	ck_assert_int_eq(waitpid(run, &status, 0), run);
	return status;
}

START_TEST(nothing_is_left_of_a_run_that_is_ended)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGKILL };
	const char *trace = worlds_file("ended", "trace"), *tmp = worlds_file("tmp", "d");
	int number = signals[_i], status;
	pid_t qemu, run, next;

	ck_assert(!mkdir(tmp, 0755));
	setenv("TMPDIR", tmp, 1);
	run = start_until_it_runs(trace, &qemu);
	ck_assert(swap_is_used(tmp));
	kill(run, number);
	status = wait_for(run);
	ck_assert(is_gone(qemu));
	if (number == SIGKILL) {
		/* It could not clean up; the next one does, though it fails. */
		ck_assert(WIFSIGNALED(status) && swap_is_used(tmp) && group_is_there(run));
		setenv("BALLAST_REAL", "/nowhere", 1);
		next = start_small(trace);
		status = wait_for(next);
		ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 2);
		ck_assert(!group_is_there(next));
	} else {
		ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 128 + number);
		ck_assert(!access(trace, R_OK));
	}
	ck_assert(!swap_is_used(tmp));
	ck_assert(!group_is_there(run));
	ck_assert_int_eq(rmdir(tmp), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("overcommit");
	TCase *same = tcase_create("same"), *ended = tcase_create("ended");
	int nr_scenes = boot_long() ? ARRAY_LEN(scenes) : 1;

	tcase_add_checked_fixture(same, worlds_begin, worlds_end);
	tcase_set_timeout(same, SCENE_S);
	tcase_add_checked_fixture(ended, worlds_begin, worlds_end);
	tcase_set_timeout(ended, SCENE_S);
	if (boot_long())
		tcase_add_test(same, without_a_limit_no_host_is_recorded);
	if (can_limit()) {
		tcase_add_loop_test(same, both_worlds, 0, nr_scenes);
		if (boot_long())
			tcase_add_test(same, without_swap_one_is_killed);
		tcase_add_loop_test(ended, nothing_is_left_of_a_run_that_is_ended, 0, 3);
	} else {
		skip_tests(nr_scenes + boot_long() + 3, "memory groups and swap files cannot be "
			   "made here");
	}
	suite_add_tcase(suite, same);
	suite_add_tcase(suite, ended);
	return boot_run(suite);
}
