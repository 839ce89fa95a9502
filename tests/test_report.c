// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reports of runs: every number against --json, text of others, what is thinned, traces that are
 * damaged.
 */
#include "suite.h"

#include <sys/stat.h>

#include "plot.h"
#include "report_run.h"
#include "scenario.h"
#include "timeline.h"
#include "trace_story.h"

START_TEST(every_number_is_that_of_json)
{
	struct json_object *json;
	size_t size;
	char *html;

	well("$B run first.dts --quiet --trace t");
	well("$B report t -o t.html");
	well("$B trace report t --json >t.json");
	html = read_file("t.html", &size);
	json = json_object_from_file("t.json");
	ck_assert_ptr_nonnull(json);
	ck_assert_uint_gt(check_numbers(html, json), 150);
	/* the test can fail */
	json_object_object_del(json, "seed");
	json_object_object_add(json, "seed", json_object_new_int(77));
	ck_assert_ptr_nonnull(strstr(html, "data-of=\"seed\" data-value=\"1\""));
	json_object_put(json);
	free(html);
}
END_TEST

START_TEST(what_programs_measure_is_in_page_tables_and_json)
{
	struct json_object *json;
	size_t size;
	char *html;

	setenv("S", top, 1);
	well("BALLAST_SCENARIOS=$S/scenarios $B run $S/scenarios/victim.dts --until 3s --trace t "
	     "| grep -A3 '^Latency of requests' | grep -q '^  guest  *service '");
	well("$B report t && $B trace report t --json >t.json");
	well("$B trace report t | grep -A4 '^Bandwidth of tasks' | grep -q '^  guest  *stream '");
	well("$B trace report t | grep -A4 '^Work in a quantum' | grep -q '^  guest  *ftq '");
	html = read_file("t.html", &size);
	json = json_object_from_file("t.json");
	ck_assert_ptr_nonnull(json);
	check_numbers(html, json);
	ck_assert_ptr_nonnull(strstr(html, ".measured.p999_ns\""));
	ck_assert_ptr_nonnull(strstr(html, ".measured.mean_mb_per_s\""));
	ck_assert_ptr_nonnull(strstr(html, ".measured.min_work\""));
	/* and nothing of it where nobody measures */
	well("! $B run first.dts --trace t | grep -e '^Latency' -e '^Bandwidth' -e quantum");
	json_object_put(json);
	free(html);
}
END_TEST

START_TEST(the_same_trace_gives_the_same_bytes)
{
	well("$B run first.dts --quiet --trace t");
	well("$B report t | grep -q '^t.html: report written$' && mv t.html one.html");
	well("$B report t && cmp one.html t.html");
	/* beside the trace, under its name, and nothing temporary */
	well("mkdir d && mv t d/a.trace && $B report d/a.trace && test -s d/a.html");
	well("test $(ls d | wc -l) = 2");
}
END_TEST

START_TEST(it_says_what_was_asked_and_how_to_get_it_again)
{
	well("$B run first.dts --quiet --set /host/costs/tlb-flush-ns=3000 --seed 5 --trace t");
	well("$B report t");
	well("grep -q 'Two guests of 512 MiB' t.html");
	well("grep -q 'prefers-color-scheme:dark' t.html && grep -q '@media print' t.html");
	well("grep -q 'run first.dts --set /host/costs/tlb-flush-ns=3000 --set /seed=5' t.html");
	well("grep -q 'given by --set /host/costs/tlb-flush-ns=3000' t.html");
	well("grep -q 'measured: \\[Li\\] 1559 cycles' t.html && grep -q 'Wanpeng Li' t.html");
	/* it loads nothing and runs nothing */
	well("grep -q \"default-src 'none'\" t.html");
	well("! grep -iE '<script|https?:|url\\(|@import|<iframe|src=' t.html");
}
END_TEST

START_TEST(each_cost_says_what_it_rests_on)
{
	struct scenario_args args = { .file = "first.dts" };
	char dir[PATH_MAX + 16];
	struct scenario s;

	snprintf(dir, sizeof(dir), "%s/scenarios", top);
	args.include_dir = dir;
	ck_assert_msg(!scenario_load(&s, &args), "%s", scenario_error_text(&s));
	for (unsigned int i = 0; i < NR_COSTS; i++) {
		const char *source = s.host.cost_source[i];

		ck_assert_msg(!strncmp(source, "measured", 8) || !strncmp(source, "derived", 7) ||
			      !strncmp(source, "estimate", 8), "%s: %s", cost_info[i].property,
			      source);
		/* what is in brackets is one of the references */
		for (const char *at = source; (at = strchr(at, '[')); at++) {
			char *name = until(at, ']');
			unsigned int found = 0;

			for (unsigned int k = 0; k < s.host.cost_references.nr; k++)
				found += !strncmp(s.host.cost_references.text[k], name,
						  strlen(name));
			ck_assert_msg(found == 1, "%s: %s] is %u times there", source, name, found);
			free(name);
		}
	}
	scenario_free(&s);
}
END_TEST

/* Text of others */

#define EVIL "</title><script>alert('1')</script>\"&\xff\x01"

START_TEST(text_of_others_is_only_text)
{
	char error[256];
	struct trace_writer *tw = trace_open("t", TRACE_SUMMARY, error, sizeof(error));

	ck_assert_msg(tw != NULL, "%s", error);
	TRACE(tw, 0, run, .scenario = EVIL, .seed = 1, .version = EVIL, .description = EVIL);
	TRACE(tw, 0, override, .kind = TRACE_OVERRIDE_SET, .text = EVIL);
	TRACE(tw, 0, machine, .cpus = 1, .frames = 1 << 18, .swap = 1 << 16, .swap_model = EVIL,
	      .costs = EVIL, .references = EVIL);
	TRACE(tw, 0, cost, .name = EVIL, .each = 7, .source = EVIL);
	TRACE(tw, 0, image, .guest = 0, .node = EVIL, .path = EVIL, .version = EVIL,
	      .digest = EVIL, .made_for = EVIL);
	TRACE(tw, 0, guest, .guest = 0, .name = EVIL, .memory = 1 << 18, .vcpus = 1,
	      .mechanism = EVIL);
	TRACE(tw, 0, program_start, .guest = 0, .program = 0, .name = EVIL);
	TRACE(tw, 5, guest_sample, .guest = 0, .resident = 5);
	TRACE(tw, 9, program_end, .guest = 0, .program = 0);
	TRACE(tw, 9, ledger, .guest = 0, .cost = EVIL, .time = 5, .count = 1);
	TRACE(tw, 9, swap_device, .name = EVIL);
	TRACE(tw, 9, run_end, .result = TRACE_END_FAILED, .text = EVIL);
	ck_assert_int_eq(trace_start(tw), 0);
	ck_assert_int_eq(trace_close(tw), 0);
	well("$B report t");
	well("! grep -i '<script' t.html");
	well("test $(grep -o '</title>' t.html | wc -l) = 1");
	well("test $(grep -o '&lt;script&gt;alert(&#39;1' t.html | wc -l) -gt 12");
	well("iconv -f UTF-8 -t UTF-8 t.html >/dev/null");
}
END_TEST

/* Damage */

START_TEST(a_cut_trace_gives_what_is_there)
{
	struct story story = { .guests = 2, .samples = 4000, .faults = 4, .mechanism = "x" };

	story_write("whole", &story);
	well("$B report whole && ! grep -q 'is not whole' whole.html");
	well("head -c $(($(stat -c %s whole) * 2 / 3)) whole >cut");
	refused("$B report cut", "cut:");
	well("grep -q 'is not whole' cut.html && grep -q '</html>' cut.html");
}
END_TEST

/* Times and sizes that no run has: axes end all the same. */
START_TEST(the_largest_values_have_axes)
{
	char error[256];
	struct trace_writer *tw = trace_open("t", TRACE_SUMMARY, error, sizeof(error));
	uint64_t pages = UINT64_MAX / 4096;

	ck_assert_msg(tw != NULL, "%s", error);
	TRACE(tw, 0, machine, .cpus = 1, .frames = pages, .swap = pages);
	TRACE(tw, 0, guest, .guest = 0, .name = "vm", .memory = pages, .vcpus = 1);
	TRACE(tw, 5, guest_sample, .guest = 0, .resident = pages);
	TRACE(tw, 6, host_sample, .used = pages, .swap_used = pages);
	TRACE(tw, 7, memory_sample, .guest = 0, .used = pages);
	TRACE(tw, 8, cpu_sample, .guest = 0, .program = UINT64_MAX);
	TRACE(tw, UINT64_MAX, run_end, .result = TRACE_END_OK);
	ck_assert_int_eq(trace_start(tw), 0);
	ck_assert_int_eq(trace_close(tw), 0);
	well("ulimit -f 4096; $B report t && grep -q '</html>' t.html");
}
END_TEST

/* In the trace, in the plot, and the same each time; without files of the host there is none. */
START_TEST(the_host_s_page_cache_is_shown)
{
	const char *run = "$B run first.dts --overlay $T/scenarios/overlays/page_cache.dtso "
			  "--set /host/files/size-mib=40 --set /host/files/hot-mib=10 --quiet "
			  "--trace";
	char line[512];

	setenv("T", top, 1);
	snprintf(line, sizeof(line), "%s a && %s b && cmp a b", run, run);
	well(line);
	well("$B trace csv host_sample a | awk -F, 'NR == 2 && $11 != 10240 { bad = 1 } "
	     "NR > 2 && $11 > 10240 { bad = 1 } "
	     "NR > 1 && $3 < $11 { bad = 1 } END { exit bad || NR < 3 }'");
	well("$B report a && grep -q 'f8.></i>page cache</li>' a.html && "
	     "grep -q 'path class=.f8' a.html");
	well("$B run first.dts --quiet --trace c && $B report c && "
	     "! grep -q 'path class=.f8' c.html");
}
END_TEST

/* Their limit holds in each sample, tables, JSON and page say the same; who is killed is named. */
/* A disk that is shared, and images in the page cache: in text, page and JSON the same. */
START_TEST(shared_disks_and_cached_images_are_shown)
{
	struct json_object *json;
	size_t size;
	char *html;

	setenv("S", top, 1);
	well("BALLAST_SCENARIOS=$S/scenarios $B run $S/scenarios/debate/cache.dts --until 7s "
	     "--set /guest/cache=writeback --trace t >text");
	well("grep -A4 '^  disk  *for ' text | grep -q '^  disk  *host swap  *4.00 GiB'");
	well("grep -A1 '^  image of ' text | grep -q '^  guest-0 '");
	well("$B report t && $B trace report t --json >t.json");
	html = read_file("t.html", &size);
	json = json_object_from_file("t.json");
	ck_assert_ptr_nonnull(json);
	check_numbers(html, json);
	ck_assert_ptr_nonnull(strstr(html, "host.disks[0].extents[3].read_bytes\""));
	ck_assert_ptr_nonnull(strstr(html, "guests[0].image.cached_peak_bytes\""));
	ck_assert_ptr_nonnull(strstr(html, ">guest-2 image<"));
	well("$B trace csv disk_queue t | grep -q ',' && $B export perfetto t -o t.pf");
	well("grep -q 'disks: waiting' t.pf");
	/* and nothing of it where there is none */
	well("! $B run first.dts --trace t | grep -e '^  disk ' -e '^  image of '");
	json_object_put(json);
	free(html);
}
END_TEST

START_TEST(memory_groups_are_shown)
{
	setenv("T", top, 1);
	well("$B run first.dts --overlay $T/scenarios/overlays/cgroups.dtso "
	     "--set /host/vms/max-mib=200 --set /host/vms/high-mib=150 --trace g --json >g.json");
	well("$B trace csv cgroup g | grep -q ',1,\"vms\",0,51200,38400,'");
	well("$B trace csv cgroup_sample g | awk -F, 'NR > 1 && $3 > 51200 { bad = 1 } "
	     "END { exit bad || NR < 3 || $3 == 0 && $6 < 38400 }'");
	well("grep -q '\"max_bytes\": 209715200' g.json && "
	     "! grep -q '\"high_events\": 0' g.json && grep -q '\"high_events\": ' g.json");
	well("$B report g && grep -q '<td[^>]*>vms</td>' g.html");
	well("! $B run first.dts --overlay $T/scenarios/overlays/cgroups.dtso "
	     "--set /host/vms/high-mib=4096 --set /host/vms/max-mib=64 "
	     "--set /host/vms/swap-max-mib=0 --strict 2>killed && "
	     "grep -q 'VMM of guest-0 killed by the host at .*, at the limit of memory group vms' "
	     "killed");
}
END_TEST

START_TEST(what_is_no_trace_leaves_nothing)
{
	well(": >empty; echo words >words; printf 'ballast' >short");
	refused("$B report empty", "empty");
	refused("$B report words", "words");
	refused("$B report short", "short");
	refused("$B report none", "none");
	refused("$B report .", ".");
	refused("$B report", "needs a trace");
	refused("$B report empty --json", "allowed: -o FILE");
	refused("$B report empty more", "takes one file");
	refused("$B report empty -o", "needs a file");
	well("! ls *.html* .html* 2>/dev/null");
	well("$B run first.dts --quiet --trace t");
	refused("$B report t -o no/such/dir/r.html", "cannot be written");
	refused("$B report t -o /dev/full", "cannot be written");
	refused("$B report t -o .", "cannot be written");
	refused("$B report t -o t", "made from");
	well("! ls *.html* 2>/dev/null && $B trace report t >/dev/null");
	/* a trace of long ago or from the middle: whatever there is */
	well("$B report t -o /dev/null");
}
END_TEST

START_TEST(a_long_run_of_many_guests_stays_small)
{
	struct story story = { .guests = 60, .samples = 5000, .mechanism = "reporting" };
	struct stat st;

	story_write("t", &story);
	well("$B report t");
	ck_assert_int_eq(stat("t.html", &st), 0);
	ck_assert_int_lt(st.st_size, REPORT_MAX);
	well("grep -q 'other guests' t.html");
}
END_TEST

/* Each guest is in the drawing, if not with a box of its own. */
START_TEST(a_machine_of_many_guests_is_drawn_whole)
{
	struct story story = { .guests = 300, .samples = 3, .mechanism = "reporting" };

	story_write("t", &story);
	well("$B report t");
	well("test $(grep -o 'rect class=\"box\"' t.html | wc -l) = 40");
	well("grep -q '>and 261 more</text>' t.html");
	well("grep -q 'guest-0 to guest-299: 300 guests, each' t.html");
	story.guests = 40;
	story_write("t", &story);
	well("$B report t");
	well("test $(grep -o 'rect class=\"box\"' t.html | wc -l) = 41");
	well("! grep -q 'more</text>' t.html");
}
END_TEST

/* Thinning and scales */

START_TEST(thinning_keeps_least_and_most)
{
	struct timeline t;
	struct timeline_point *points;
	uint64_t most = 0, least = UINT64_MAX, last = 0;
	unsigned int nr;

	timeline_init(&t, 2);
	for (uint64_t i = 0; i < 1000000; i++) {
		timeline_set(&t, i * 10000000, 0, i == 777777 ? 1000000 : 1000 + i % 7);
		timeline_set(&t, i * 10000000, 1, i == 333333 ? 3 : 500);
	}
	points = timeline_points(&t, &nr);
	ck_assert_uint_gt(nr, TIMELINE_BUCKETS / 2);
	ck_assert_uint_le(nr, 2 * TIMELINE_BUCKETS + 1);
	for (unsigned int i = 0; i < nr; i++) {
		ck_assert(!i || points[i].time > last);
		last = points[i].time;
		most = points[i].value[0] > most ? points[i].value[0] : most;
		least = points[i].value[1] < least ? points[i].value[1] : least;
		/* series belong together, also where nothing special was */
		ck_assert(points[i].time % 10000000 == 0);
	}
	ck_assert_uint_eq(most, 1000000);
	ck_assert_uint_eq(least, 3);
	ck_assert_uint_eq(last, UINT64_C(999999) * 10000000);
	free(points);
	timeline_free(&t);
}
END_TEST

START_TEST(logarithms_are_whole_numbers)
{
	for (unsigned int i = 0; i < 64; i++)
		ck_assert_uint_eq(plot_log2(UINT64_C(1) << i), i * 65536);
	for (uint64_t v = 1; v < 100000; v++)
		ck_assert_uint_le(plot_log2(v), plot_log2(v + 1));
	ck_assert_uint_eq(plot_log2(10), 217705);	/* 3.321928 */
	ck_assert_uint_eq(plot_log2(1000), 653117);	/* 9.965784 */
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("report");
	TCase *tc = tcase_create("report");

	if (!cli_environment())
		return NULL;
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, enter_scratch, leave_scratch);
	tcase_add_test(tc, every_number_is_that_of_json);
	tcase_add_test(tc, what_programs_measure_is_in_page_tables_and_json);
	tcase_add_test(tc, the_same_trace_gives_the_same_bytes);
	tcase_add_test(tc, it_says_what_was_asked_and_how_to_get_it_again);
	tcase_add_test(tc, each_cost_says_what_it_rests_on);
	tcase_add_test(tc, text_of_others_is_only_text);
	tcase_add_test(tc, a_cut_trace_gives_what_is_there);
	tcase_add_test(tc, the_largest_values_have_axes);
	tcase_add_test(tc, the_host_s_page_cache_is_shown);
	tcase_add_test(tc, shared_disks_and_cached_images_are_shown);
	tcase_add_test(tc, memory_groups_are_shown);
	tcase_add_test(tc, what_is_no_trace_leaves_nothing);
	tcase_add_test(tc, a_long_run_of_many_guests_stays_small);
	tcase_add_test(tc, a_machine_of_many_guests_is_drawn_whole);
	tcase_add_test(tc, thinning_keeps_least_and_most);
	tcase_add_test(tc, logarithms_are_whole_numbers);
	suite_add_tcase(s, tc);
	return s;
}
