// SPDX-License-Identifier: GPL-2.0-only
/*
 * Comparisons as a process: figures against the tables and samples of the very run, which
 * variations there are, and who wins.
 */
#include <check.h>
#include <string.h>

#include "compare_run.h"
#include "outcome.h"
#include "scenario.h"
#include "statistics.h"
#include "suite.h"

/* Digests */

static uint64_t digest_of(const char *file, const char *overlay, const char *setting)
{
	struct scenario_args args = { .file = file, .overlays = &overlay,
				      .nr_overlays = overlay != NULL, .settings = &setting,
				      .nr_settings = setting != NULL, .include_dir = "scenarios" };
	struct scenario s;
	uint64_t digest;

	ck_assert_msg(!scenario_load(&s, &args), "%s", scenario_error_text(&s));
	digest = s.digest;
	scenario_free(&s);
	return digest;
}

#define PARAMETER(x) OVERLAY("", "&{/guest/modules/balloon-driver} { parameters { " x "; }; };")

START_TEST(digests_are_of_what_a_run_depends_on)
{
	uint64_t base = digest_of("first.dts", NULL, NULL), one;

	/* the same, said otherwise; what no run depends on; and the seed, which is apart */
	ck_assert_uint_eq(base, digest_of("first.dts", NULL, "/guest/page-poison=false"));
	ck_assert_uint_eq(base, digest_of("first.dts", NULL, "/host/memory-mib=768"));
	ck_assert_uint_eq(base, digest_of("first.dts", NULL, "/on-crash=continue"));
	ck_assert_uint_eq(base, digest_of("first.dts", NULL, "/description=another"));
	ck_assert_uint_eq(base, digest_of("first.dts", NULL, "/variant=with"));
	ck_assert_uint_eq(base, digest_of("first.dts", NULL, "/seed=2"));
	ck_assert_uint_eq(base, digest_of("first.dts", "scenarios/mechanisms/9-zebra.dtso", NULL));
	write_text("off.dtso", OVERLAY("", "&balloon { free-page-reporting = <0>; };"));
	ck_assert_uint_eq(base, digest_of("first.dts", "off.dtso", NULL));
	/* something else */
	ck_assert_uint_ne(base, digest_of("first.dts", NULL, "/host/memory-mib=769"));
	ck_assert_uint_ne(base, digest_of("first.dts", NULL, "/guest/page-poison=true"));
	ck_assert_uint_ne(base, digest_of("first.dts", NULL, "/until-ms=7"));
	one = digest_of("first.dts", "scenarios/mechanisms/10-ape.dtso", NULL);
	ck_assert_uint_ne(base, one);
	write_text("on.dtso", OVERLAY("", "&balloon { free-page-reporting = <1>; };"));
	ck_assert_uint_eq(one, digest_of("first.dts", "on.dtso", NULL));
	write_text("x.dtso", PARAMETER("x = <1>"));
	one = digest_of("first.dts", "x.dtso", NULL);
	ck_assert_uint_ne(base, one);
	write_text("x.dtso", PARAMETER("x = <2>"));
	ck_assert_uint_ne(one, digest_of("first.dts", "x.dtso", NULL));
}
END_TEST

/* Figures against the tables and samples of the very run */

/* Sum of a number over all guests of a run's tables; @in: an object within them, or NULL. */
static uint64_t sum_of(struct json_object *report, const char *in, const char *key)
{
	struct json_object *guests = member(report, "guests");
	uint64_t sum = 0;

	for (unsigned int i = 0; i < json_object_array_length(guests); i++) {
		struct json_object *g = element(guests, i);

		sum += number(in ? member(g, in) : g, key);
	}
	return sum;
}

static uint64_t sum_exits(struct json_object *report, bool telling)
{
	static const char *const reasons[] = { "ioeventfd", "mmio", "hypercall", "ept-violation",
					       "hlt", "interrupt" };
	uint64_t sum = 0;

	for (unsigned int i = 0; i < (telling ? 3 : 6); i++)
		sum += sum_of(report, "exits", reasons[i]);
	return sum;
}

static uint64_t longest_fault(struct json_object *report)
{
	static const char *const kinds[] = { "ept", "ept-huge", "swap-in" };
	struct json_object *guests = member(report, "guests");
	uint64_t max = 0;

	for (unsigned int i = 0; i < 3 * json_object_array_length(guests); i++) {
		struct json_object *faults = member(element(guests, i / 3), "faults");
		uint64_t ns = number(member(faults, kinds[i % 3]), "max_ns");

		max = ns > max ? ns : max;
	}
	return max;
}

static uint64_t time_of_programs(struct json_object *report)
{
	struct json_object *programs = member(report, "programs");
	uint64_t first = UINT64_MAX, last = 0;

	for (unsigned int i = 0; i < json_object_array_length(programs); i++) {
		uint64_t start = number(element(programs, i), "start_ns");
		uint64_t end = number(element(programs, i), "end_ns");

		first = start < first ? start : first;
		last = end > last ? end : last;
	}
	return last - first;
}

/* CPU time by cause, of all or of what is for hints. */
static uint64_t sum_cpu(struct json_object *report, bool hints)
{
	static const char *const domains[] = { "guest", "exit", "vmm", "vmm-kernel", "host" };
	struct json_object *causes = member(member(report, "host"), "cpu_by_cause");
	uint64_t sum = 0;

	for (unsigned int i = 0; i < json_object_array_length(causes); i++) {
		struct json_object *c = element(causes, i);
		unsigned int domain = 0;

		while (strcmp(domains[domain], string(c, "who")))
			domain++;
		if (!hints || outcome_is_hint(domain, string(c, "cause")))
			sum += number(c, "ns");
	}
	return sum;
}

static void check_table(struct json_object *f, struct json_object *report)
{
	struct json_object *host = member(report, "host");
	uint64_t told = sum_of(report, NULL, "reported_bytes");
	uint64_t by = sum_exits(report, true);

	ck_assert_uint_eq(number(f, "run_time_ns"), time_of_programs(report));
	ck_assert_uint_eq(number(f, "stalled_ns"), sum_of(report, NULL, "stalled_ns"));
	ck_assert_uint_eq(number(f, "fault_max_ns"), longest_fault(report));
	ck_assert_uint_eq(number(f, "swap_out_bytes"), number(host, "swap_out_bytes"));
	ck_assert_uint_eq(number(f, "swap_in_bytes"), number(host, "swap_in_bytes"));
	ck_assert_uint_eq(number(f, "host_peak_bytes"), number(host, "used_peak_bytes"));
	ck_assert_uint_eq(number(f, "exits"), sum_exits(report, false));
	ck_assert_uint_eq(number(f, "requests"), sum_of(report, NULL, "report_requests"));
	ck_assert_uint_eq(number(f, "given_back_bytes"),
			  sum_of(report, NULL, "given_back_bytes"));
	if (told)
		ck_assert_uint_eq(number(f, "bytes_per_exit"), told / by);
	else
		ck_assert(!json_object_object_get_ex(f, "bytes_per_exit", NULL));
	ck_assert_uint_eq(number(f, "cpu_all_ns"), sum_cpu(report, false));
	ck_assert_uint_eq(number(f, "cpu_hints_ns"), sum_cpu(report, true));
	ck_assert_uint_eq(number(f, "cpu_guest_ns") + number(f, "cpu_exit_ns") +
			  number(f, "cpu_vmm_ns") + number(f, "cpu_kernel_ns") +
			  number(f, "cpu_hints_ns"), number(f, "cpu_all_ns"));
}

#define CSV_COLUMNS 16
#define GUESTS 2

/* A row of numbers. */
static bool csv_row(char **rest, uint64_t *value)
{
	char *line = strsep(rest, "\n");

	if (!line || !*line)
		return false;
	for (unsigned int i = 0; i < CSV_COLUMNS; i++)
		value[i] = strtoull(line ? strsep(&line, ",") : "0", NULL, 10);
	return true;
}

static unsigned int csv_column(const char *head, const char *name)
{
	char copy[LINE_SIZE], *rest = copy, *field;
	unsigned int column = 0;

	snprintf(copy, sizeof(copy), "%.*s", (int)strcspn(head, "\n"), head);
	for (; (field = strsep(&rest, ",")); column++)
		if (!strcmp(field, name))
			return column;
	ck_abort_msg("no column %s", name);
}

/* Memory over time from the samples of a trace, added up in floating point. */
static void check_samples(struct json_object *f)
{
	struct output guests = well("$B trace csv guest_sample run.trace");
	struct output host = well("$B trace csv host_sample run.trace");
	unsigned int resident = csv_column(guests.out, "resident");
	unsigned int huge = csv_column(guests.out, "huge"), used = csv_column(host.out, "used");
	uint64_t row[CSV_COLUMNS], last[GUESTS][CSV_COLUMNS] = { { 0 } };
	double all = 0, leaves = 0, footprint = 0;
	char *rest = strchr(guests.out, '\n') + 1;

	while (csv_row(&rest, row)) {
		uint64_t *before = last[row[1]];

		ck_assert_uint_lt(row[1], GUESTS);
		all += (double)before[resident] * (row[0] - before[0]);
		leaves += (double)before[huge] * (row[0] - before[0]);
		memcpy(before, row, sizeof(row));
	}
	ck_assert_msg(llabs((long long)(1000 * leaves / all + 0.5) -
			    (long long)number(f, "thp_permille")) <= 1, "%g of %g", leaves, all);
	memset(last, 0, sizeof(last));
	rest = strchr(host.out, '\n') + 1;
	while (csv_row(&rest, row)) {
		footprint += (double)last[0][used] * (row[0] - last[0][0]);
		memcpy(last[0], row, sizeof(row));
	}
	/* Samples are 100 ms apart: the integral, which is exact, is near what they say. */
	footprint /= 256e9;
	ck_assert_msg(number(f, "footprint_mib_s") > 0.95 * footprint &&
		      number(f, "footprint_mib_s") < 1.05 * footprint, "%g", footprint);
	output_free(&guests);
	output_free(&host);
}

START_TEST(figures_are_those_of_the_run_that_the_command_repeats)
{
	static const char *const names[] = { "undisturbed", "as-it-is", "ape", "also" };
	struct json_object *study = compare_json("--mechanisms ape,also --with as-it-is= --seed 3");

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct json_object *run = run_of(study, names[i], 0), *report;
		char line[LINE_SIZE];
		struct output o;

		ck_assert_str_eq(string(run, "result"), "ok");
		ck_assert_uint_eq(number(run, "seed"), 3);
		snprintf(line, sizeof(line), "%s --json --trace run.trace",
			 string(run, "command"));
		o = well(line);
		report = parse(o.out);
		check_table(member(run, "figures"), report);
		check_samples(member(run, "figures"));
		json_object_put(report);
		output_free(&o);
	}
	/* Where memory is short, and where it is not. */
	ck_assert_uint_eq(number(member(run_of(study, "undisturbed", 0), "figures"),
				 "guests_before_swap"), 2);
	ck_assert_uint_eq(number(member(run_of(study, "as-it-is", 0), "figures"),
				 "guests_before_swap"), 1);
	ck_assert_uint_eq(number(member(run_of(study, "undisturbed", 0), "figures"),
				 "slowdown_permille"), 1000);
	json_object_put(study);
}
END_TEST

/*
 * The first guest's program frees all of its memory when it ends, and nothing else does so after
 * that: each frame that comes back later had been free since then.  Its memory goes a moment before
 * its end is recorded: 10 ms of 2 s.
 */
START_TEST(frames_are_given_back_so_long_after_they_were_freed)
{
	struct output o = well("$B run first.dts --overlay scenarios/mechanisms/10-ape.dtso "
			       "--quiet --trace run.trace");
	struct output ends = well("$B trace csv program_end run.trace");
	struct output discards = well("$B trace csv discard run.trace");
	struct output back = well("$B trace csv give_back run.trace");
	unsigned int given = csv_column(discards.out, "given_back");
	unsigned int n = csv_column(back.out, "age_n"), sum = csv_column(back.out, "age_sum");
	uint64_t row[CSV_COLUMNS], freed, frames = 0, counted = 0;
	double waited = 0, ages = 0;
	char *rest = strchr(ends.out, '\n') + 1;

	ck_assert(csv_row(&rest, row));
	freed = row[0];
	ck_assert_uint_eq(row[1], 0);
	for (rest = strchr(discards.out, '\n') + 1; csv_row(&rest, row);) {
		if (row[0] < freed || row[1])
			continue;
		frames += row[given];
		waited += (double)row[given] * (row[0] - freed);
	}
	for (rest = strchr(back.out, '\n') + 1; csv_row(&rest, row);) {
		if (row[0] < freed || row[1])
			continue;
		counted += row[n];
		ages += row[sum];
	}
	ck_assert_uint_gt(frames, 300 * 256);
	/* A huge frame may reach into memory that nobody has freed since the guest began. */
	ck_assert_msg(counted <= frames && counted > frames * 99 / 100, "%d of %d", (int)counted,
		      (int)frames);
	ages /= counted;
	waited /= frames;
	ck_assert_msg(ages > 0.98 * waited && ages < 1.02 * waited, "%g, not %g", ages, waited);
	output_free(&o);
	output_free(&ends);
	output_free(&discards);
	output_free(&back);
}
END_TEST

static uint64_t run_time(struct json_object *report, uint64_t guest, const char *name)
{
	struct json_object *programs = member(report, "programs");

	for (unsigned int i = 0; i < json_object_array_length(programs); i++) {
		struct json_object *p = element(programs, i);

		if (number(p, "guest") == guest && !strcmp(string(p, "name"), name))
			return number(p, "run_time_ns");
	}
	ck_abort_msg("guest %d has no %s", (int)guest, name);
}

START_TEST(slowdown_is_relative_to_the_run_with_memory_for_all)
{
	struct json_object *study = compare_json("--mechanisms ape --with as-it-is=");
	struct json_object *reports[2];
	uint64_t time[2];

	for (unsigned int i = 0; i < 2; i++) {
		const char *name = i ? "as-it-is" : "undisturbed";
		char line[LINE_SIZE];
		struct output o;

		snprintf(line, sizeof(line), "%s --json",
			 string(run_of(study, name, 0), "command"));
		o = well(line);
		reports[i] = parse(o.out);
		output_free(&o);
	}
	/* Of each guest's two programs one does work; the second guest's is held up. */
	for (unsigned int i = 0; i < 2; i++) {
		time[i] = run_time(reports[i], 1, "memhog");
		json_object_put(reports[i]);
	}
	ck_assert_uint_gt(time[1], time[0]);
	ck_assert_uint_eq(number(member(run_of(study, "as-it-is", 0), "figures"),
				 "slowdown_worst_permille"),
			  (uint64_t)(1000.0 * time[1] / time[0] + 0.5));
	json_object_put(study);
}
END_TEST

/* Which variations there are */

START_TEST(mechanisms_are_those_of_the_directory_in_the_order_of_their_numbers)
{
	static const char *const names[] = { "undisturbed", "zebra", "ape", "misfit", "also" };
	struct output o = well("$B compare first.dts --json");
	struct json_object *study = parse(o.out), *list = member(study, "variations");

	ck_assert_uint_eq(json_object_array_length(list), 5);
	for (unsigned int i = 0; i < 5; i++)
		ck_assert_str_eq(string(element(list, i), "name"), names[i]);
	ck_assert_str_eq(string(variation(study, "ape"), "argument"), "tells, with a comma");
	ck_assert(json_object_get_boolean(member(variation(study, "zebra"), "changes_nothing")));
	ck_assert(!json_object_get_boolean(member(variation(study, "ape"), "changes_nothing")));
	ck_assert_ptr_nonnull(strstr(string(variation(study, "misfit"), "left_out"),
				     "20-misfit.dtso: a label or path that it refers to is not"));
	ck_assert_ptr_nonnull(strstr(o.err, "ballast: left out: misfit: "));
	json_object_put(study);
	output_free(&o);
}
END_TEST

START_TEST(an_overlay_that_changes_nothing_is_said)
{
	struct output o = well("$B compare first.dts --mechanisms zebra,ape --with "
			       "again=/guest/page-poison=false,more=ape");

	ck_assert_msg(strstr(o.out, "nothing at all (changes nothing: the scenario as it is)"),
		      "%s", o.out);
	ck_assert_ptr_nonnull(strstr(o.out, "page-poison=false (changes nothing: the scenario"));
	ck_assert_ptr_nonnull(strstr(o.out, "ape (the same as ape)"));
	/* What asks for the same runs once. */
	ck_assert_ptr_nonnull(strstr(o.err, "[3/3]"));
	output_free(&o);
}
END_TEST

START_TEST(parts_of_a_variation_are_mechanisms_files_and_settings)
{
	struct json_object *study, *v;

	write_text("cpus.dtso", OVERLAY("", "&{/host} { cpus = <3>; };"));
	study = compare_json("--with one=ape+cpus.dtso+/guest/vcpus=2,two=/guest/thp=never "
			     "--set /guest/watermark-scale-factor=11 --overlay "
			     "scenarios/mechanisms/9-zebra.dtso --until 30s");
	ck_assert_ptr_nonnull(strstr(string(run_of(study, "one", 0), "command"),
		" run first.dts --overlay scenarios/mechanisms/9-zebra.dtso --overlay "
		"scenarios/mechanisms/10-ape.dtso --overlay cpus.dtso --set "
		"/guest/watermark-scale-factor=11 --set /until-ms=30000 --set /guest/vcpus=2"));
	v = variation(study, "two");
	ck_assert_str_eq(json_object_get_string(element(member(v, "settings"), 0)),
			 "/guest/thp=never");
	json_object_put(study);
}
END_TEST

/* Images under one name in two directories are two versions of a driver. */
START_TEST(versions_of_an_image_are_variations)
{
	struct json_object *study;
	char line[LINE_SIZE];

	snprintf(line, sizeof(line), "mkdir mine && cp %s/virtio_ballast.so mine/",
		 getenv("BALLAST_IMAGES"));
	ck_assert_int_eq(system(line), 0);
	study = compare_json("--overlay scenarios/mechanisms/10-ape.dtso --with stock=,"
			     "same=/guest/modules/balloon-driver/image=mine/virtio_ballast.so");
	ck_assert_str_eq(string(run_of(study, "stock", 0), "images_digest"),
			 string(run_of(study, "same", 0), "images_digest"));
	ck_assert_str_ne(string(run_of(study, "stock", 0), "scenario_digest"),
			 string(run_of(study, "same", 0), "scenario_digest"));
	json_object_put(study);
	/* A byte more, which the loader does not look at. */
	ck_assert_int_eq(system("echo >> mine/virtio_ballast.so"), 0);
	study = compare_json("--overlay scenarios/mechanisms/10-ape.dtso --with stock=,"
			     "mine=/guest/modules/balloon-driver/image=mine/virtio_ballast.so");
	ck_assert_str_ne(string(run_of(study, "stock", 0), "images_digest"),
			 string(run_of(study, "mine", 0), "images_digest"));
	json_object_put(study);
}
END_TEST

/* What is best, and who wins */

START_TEST(the_winner_is_the_one_with_the_least_slowdown)
{
	struct json_object *study = compare_json("");
	struct json_object *list = member(study, "variations");
	uint64_t least = UINT64_MAX;
	const char *winner = "";

	for (unsigned int i = 1; i < json_object_array_length(list); i++) {
		struct json_object *v = element(list, i), *f;

		if (json_object_object_get_ex(v, "left_out", NULL))
			continue;
		f = member(member(v, "figures"), "slowdown_permille");
		if (number(f, "median") < least) {
			least = number(f, "median");
			winner = string(v, "name");
		}
		ck_assert(!json_object_get_boolean(member(f, "best")) ||
			  !json_object_get_boolean(member(f, "worst")));
	}
	ck_assert_str_eq(string(study, "winner"), winner);
	ck_assert_str_eq(string(study, "winner_by"), "slowdown_permille");
	json_object_put(study);
}
END_TEST

/* The same twice. */
START_TEST(of_equals_nobody_wins)
{
	struct output o = well("$B compare first.dts --with a=,b=");

	ck_assert_msg(strstr(o.out, "Who wins?  Nobody: they cannot be told apart; "), "%s",
		      o.out);
	output_free(&o);
}
END_TEST

/* Without swap the first guest's VMM is killed: it cannot win by taking little. */
START_TEST(who_lost_somebody_is_not_ranked)
{
	struct output o = well("$B compare first.dts --with "
			       "as-it-is=,none=/host/swap/status=disabled");

	ck_assert_msg(strstr(o.out, "none, seed 1: VMM of guest-"), "%s", o.out);
	ck_assert_ptr_nonnull(strstr(o.out, "Not ranked, since it failed or lost somebody: none."));
	ck_assert_ptr_nonnull(strstr(o.out, "Who wins?  as-it-is, which alone came through: "));
	output_free(&o);
}
END_TEST

START_TEST(a_variation_that_fails_is_told_and_fails_the_comparison)
{
	struct output o = shell("$B compare first.dts --overlay scenarios/mechanisms/10-ape.dtso "
				"--with good=,bad=/guest/modules/balloon-driver/image="
				"broken-guest-once");

	ck_assert_int_eq(o.status, 1);
	ck_assert_msg(strstr(o.out, "bad, seed 1: page-leak: "), "%s", o.out);
	ck_assert_ptr_nonnull(strstr(o.out, "Not ranked, since it failed or lost somebody: bad."));
	output_free(&o);
}
END_TEST

START_TEST(repeated_runs_have_a_seed_each_and_an_interval)
{
	struct json_object *study = compare_json("--mechanisms zebra,ape --repeat 3 --seed 5");
	struct json_object *runs = member(variation(study, "ape"), "runs"), *f;
	double values[3];

	ck_assert_uint_eq(json_object_array_length(runs), 3);
	for (unsigned int i = 0; i < 3; i++) {
		ck_assert_uint_eq(number(element(runs, i), "seed"), 5 + i);
		values[i] = number(member(element(runs, i), "figures"), "footprint_mib_s");
	}
	ck_assert_ptr_nonnull(strstr(string(element(runs, 2), "command"), "--set /seed=7"));
	f = member(member(variation(study, "ape"), "figures"), "footprint_mib_s");
	ck_assert(json_object_get_double(member(f, "median")) == statistics_median(values, 3));
	ck_assert(json_object_get_double(member(f, "low")) <= statistics_median(values, 3));
	ck_assert(json_object_get_double(member(f, "high")) >= statistics_median(values, 3));
	json_object_put(study);
}
END_TEST

static struct human slowdown_text(struct json_object *figure, const char *which)
{
	return metric_text(METRIC_SLOWDOWN, json_object_get_double(member(figure, which)) + 0.5);
}

static void check_cell(const char *table, struct json_object *study, const char *name,
		       const char *mark)
{
	struct json_object *f = member(member(variation(study, name), "figures"),
				       "slowdown_permille");
	struct human low = slowdown_text(f, "low"), high = slowdown_text(f, "high");
	char text[128];

	snprintf(text, sizeof(text), " %s%s ", mark, slowdown_text(f, "median").text);
	ck_assert_msg(strstr(table, text), "no %s in %.800s", text, table);
	/* What looks the same is there once. */
	if (strcmp(low.text, high.text))
		snprintf(text, sizeof(text), " %s..%s ", low.text, high.text);
	ck_assert_msg(strstr(table, text), "no %s in %.800s", text, table);
}

START_TEST(the_table_of_repeated_runs_has_medians_and_below_them_intervals)
{
	struct output o = well("$B compare first.dts --mechanisms zebra,ape,also --repeat 3");
	struct output json = well("$B compare first.dts --mechanisms zebra,ape,also --repeat 3 "
				  "--json");
	struct json_object *study = parse(json.out);

	check_cell(o.out, study, "also", "");
	check_cell(o.out, study, "zebra", "!");
	ck_assert_ptr_nonnull(strstr(o.out, "Medians of 3 seeds; below, their\n95 % intervals."));
	json_object_put(study);
	output_free(&json);
	output_free(&o);
}
END_TEST

START_TEST(csv_has_a_row_for_each_run)
{
	struct output o = well("$B compare first.dts --mechanisms zebra,ape --repeat 2 --csv");
	unsigned int lines = 0;

	for (const char *at = o.out; (at = strchr(at, '\n')); at++)
		lines++;
	ck_assert_uint_eq(lines, 1 + 3 * 2);
	ck_assert(!strncmp(o.out, "variation,seed,result,run_time_ns,", 34));
	ck_assert_ptr_nonnull(strstr(o.out, "\nape,2,ok,"));
	output_free(&o);
}
END_TEST

START_TEST(each_finished_run_is_a_line_unless_it_is_to_be_quiet)
{
	struct output o = well("$B compare first.dts --mechanisms zebra,ape --jobs 1");

	ck_assert_msg(strstr(o.err, "ballast: [1/3] undisturbed, seed 1: ok, ") &&
		      strstr(o.err, "ballast: [2/3] zebra, seed 1: ok, ") &&
		      strstr(o.err, "ballast: [3/3] ape, seed 1: ok, "), "%s", o.err);
	output_free(&o);
	o = well("$B compare first.dts --mechanisms zebra,ape --quiet");
	ck_assert_str_eq(o.err, "");
	output_free(&o);
}
END_TEST

static Suite *compare_suite(void)
{
	Suite *suite = suite_create("compare");
	TCase *tc = tcase_create("command");

	tcase_add_checked_fixture(tc, make_scratch, remove_scratch);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, digests_are_of_what_a_run_depends_on);
	tcase_add_test(tc, figures_are_those_of_the_run_that_the_command_repeats);
	tcase_add_test(tc, frames_are_given_back_so_long_after_they_were_freed);
	tcase_add_test(tc, slowdown_is_relative_to_the_run_with_memory_for_all);
	tcase_add_test(tc, mechanisms_are_those_of_the_directory_in_the_order_of_their_numbers);
	tcase_add_test(tc, an_overlay_that_changes_nothing_is_said);
	tcase_add_test(tc, parts_of_a_variation_are_mechanisms_files_and_settings);
	tcase_add_test(tc, versions_of_an_image_are_variations);
	tcase_add_test(tc, the_winner_is_the_one_with_the_least_slowdown);
	tcase_add_test(tc, of_equals_nobody_wins);
	tcase_add_test(tc, who_lost_somebody_is_not_ranked);
	tcase_add_test(tc, a_variation_that_fails_is_told_and_fails_the_comparison);
	tcase_add_test(tc, repeated_runs_have_a_seed_each_and_an_interval);
	tcase_add_test(tc, the_table_of_repeated_runs_has_medians_and_below_them_intervals);
	tcase_add_test(tc, csv_has_a_row_for_each_run);
	tcase_add_test(tc, each_finished_run_is_a_line_unless_it_is_to_be_quiet);
	suite_add_tcase(suite, tc);
	return suite;
}

Suite *test_suite(int argc, char **argv)
{
	return compare_environment() ? compare_suite() : NULL;
}
