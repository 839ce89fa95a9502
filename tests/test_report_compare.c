// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reports of comparisons and of published experiments: every number against --json and the words of
 * the console, what did not go well, sizes, what is refused; and the demo's.
 */
#include "suite.h"

#include <sys/stat.h>

#include "hostmem.h"
#include "report_run.h"
#include "study.h"
#include "study_page.h"

#define WITH "--with 'a=,b=/guest/thp=never,c=/host/memory-mib=900'"

static char *read_page(const char *name)
{
	size_t size;
	char *text = read_file(name, &size);

	ck_assert_uint_lt(size, OUTPUT_MAX);
	return text;
}

/* Numbers */

/* What each number under a path that ends so is shown as is also on the console. */
static unsigned int check_words(const char *html, const char *console, const char *end)
{
	unsigned int nr = 0;

	for (const char *at = html; (at = strstr(at, end)); nr++) {
		char *words;

		at = strchr(at, '>') + 1;
		words = until(at, '<');
		ck_assert_msg(strstr(console, words) != NULL, "%s is not on the console", words);
		free(words);
	}
	return nr;
}

/* Each figure that JSON has is shown, unless nothing happened in its column. */
static void check_all_shown(const char *html, struct json_object *json)
{
	struct json_object *list = json_object_object_get(json, "variations");

	for (unsigned int i = 0; i < json_object_array_length(list); i++) {
		struct json_object *v = json_object_array_get_idx(list, i);

		json_object_object_foreach(json_object_object_get(v, "figures"), key, f) {
			char path[128];

			snprintf(path, sizeof(path), "data-of=\"variations[%u].figures.%s.median",
				 i, key);
			ck_assert_msg(!json_object_get_double(json_object_object_get(f, "high")) ||
				      strstr(html, path), "%s is not shown", path);
		}
	}
}

static void check_comparison(const char *args)
{
	struct json_object *json;
	char line[1024], *html, *console;

	snprintf(line, sizeof(line), "$B compare first.dts --quiet --json --report r.html --db d "
		 "%s >r.json", args);
	well(line);
	snprintf(line, sizeof(line), "$B compare first.dts --quiet --db d %s >r.txt", args);
	well(line);
	html = read_page("r.html");
	console = read_page("r.txt");
	json = json_object_from_file("r.json");
	ck_assert_ptr_nonnull(json);
	ck_assert_uint_gt(check_numbers(html, json), 150);
	check_all_shown(html, json);
	ck_assert_uint_gt(check_words(html, console, ".median\""), 50);
	json_object_put(json);
	free(html);
	free(console);
}

START_TEST(every_number_of_a_comparison_is_that_of_json)
{
	check_comparison(WITH);
	well("grep -q 'class=\"n good\">\\*' r.html && grep -q 'class=\"n bad\">!' r.html");
	/* no intervals of a single seed */
	well("! grep -q '95 %' r.html && ! grep -q '<small><span' r.html");
}
END_TEST

START_TEST(repeated_comparisons_have_intervals)
{
	check_comparison(WITH " --repeat 3 --seed 5");
	well("grep -q 'percentile bootstrap' r.html && grep -q 'path class=\"edge\"' r.html");
	well("grep -q 'figures.footprint_mib_s.low' r.html");
	well("grep -q 'seeds from <span data-of=\"first_seed\" data-value=\"5\">5<' r.html");
}
END_TEST

START_TEST(a_comparison_says_what_was_asked_and_how_to_get_it_again)
{
	well("$B compare first.dts " WITH " --quiet --report r.html >r.txt");
	well("grep -q 'Two guests of 512 MiB' r.html");
	/* the same answer, if not folded */
	well("tail -n 1 r.txt | grep -qx 'r.html: report written'");
	well("grep -qF \"$(grep 'Who wins' r.txt | cut -c1-90)\" r.html");
	/* the machine, what costs rest on, the commands of the whole and of each row */
	well("grep -q 'data-of=\"machine.host.memory_bytes\"' r.html");
	well("grep -q 'measured: \\[Li\\] 1559 cycles' r.html && grep -q 'Wanpeng Li' r.html");
	well("grep -q 'compare first.dts --with ' r.html");
	well("grep -q 'run first.dts --set /guest/thp=never --images [^<]*</code>' r.html");
	well("grep -q 'digests: scenario [0-9a-f]\\{16\\} images [0-9a-f]\\{16\\} simulator "
	     "[0-9a-f]\\{16\\}<' r.html");
	/* it loads nothing and runs nothing; the same command gives the same bytes */
	well("grep -q \"default-src 'none'\" r.html");
	well("! grep -iE '<script|https?:|url\\(|@import|<iframe|src=' r.html");
	well("$B compare first.dts " WITH " --jobs 1 --quiet --report one.html && "
	     "cmp one.html r.html");
}
END_TEST

/* What did not go well */

START_TEST(failures_and_casualties_are_shown)
{
	ck_assert_int_eq(shell("$B compare first.dts --quiet --report r.html --with "
			       "good=,none=/host/swap/status=disabled,"
			       "bad=/guest/modules/balloon-driver/image=broken-guest-once+"
			       "/guest/devices/balloon/free-page-reporting=true"), 1);
	well("grep -q 'bad, seed <span[^>]*>1</span>: page-leak: ' r.html");
	well("grep -q 'none, seed <span[^>]*>1</span>: VMM of guest-' r.html");
	well("grep -q 'Not ranked, since it failed or lost somebody: bad' r.html");
	well("grep -q 'class=\"end bad\">page-leak<' r.html");
}
END_TEST

#define EVIL "</title><script>alert('1')</script>\"&\xff\x01"
#define SEEDS 8
#define VARIATIONS 70

static void make_run(struct study *s, unsigned int i, unsigned int seed)
{
	struct study_run *run = study_run_of(s, i, seed);

	run->variation = i;
	run->key.seed = seed;
	run->command = strdup("ballast run " EVIL);
	if (i % 3 == 1) {
		run->error = strdup(EVIL);
		return;
	}
	run->outcome.result = strdup(i % 3 ? "data-loss" : "ok");
	run->outcome.text = strdup(EVIL);
	for (unsigned int m = 0; m < NR_METRICS; m++) {
		run->outcome.measures.known[m] = true;
		/* the largest there are, too */
		run->outcome.measures.value[m] = i == 3 ? INT64_MAX : m * 1000003 + seed * i;
	}
}

static void make_study(struct study *s)
{
	unsigned int nr = VARIATIONS * SEEDS;

	*s = (struct study){ .config = { .file = EVIL, .repeat = SEEDS, .command = EVIL },
			     .description = strdup(EVIL), .nr_runs = nr,
			     .runs = host_alloc(nr * sizeof(*s->runs)),
			     .summary = host_alloc(VARIATIONS * sizeof(*s->summary)),
			     .ranked = host_alloc(VARIATIONS * sizeof(*s->ranked)) };
	for (unsigned int i = 0; i < VARIATIONS; i++) {
		struct variation *v = variations_add(&s->variations, EVIL, EVIL);

		if (i == 5)
			v->missing = strdup(EVIL);
		for (unsigned int seed = 0; seed < SEEDS; seed++)
			make_run(s, i, seed);
	}
	study_summarize(s);
}

START_TEST(many_runs_and_text_of_others_stay_small_and_text)
{
	struct study s;
	struct stat st;
	FILE *out = fopen("r.html", "w");

	make_study(&s);
	study_page(out, &s);
	study_free(&s);
	ck_assert_int_eq(fclose(out), 0);
	ck_assert_int_eq(stat("r.html", &st), 0);
	ck_assert_int_lt(st.st_size, REPORT_MAX);
	well("! grep -i '<script' r.html && test $(grep -o '</title>' r.html | wc -l) = 1");
	well("iconv -f UTF-8 -t UTF-8 r.html >/dev/null && grep -q '</html>' r.html");
	/* what has no figures has a row all the same, and what is left out is said to be */
	well("grep -q 'no figure</text>' r.html && grep -q 'left out:' r.html");
	well("grep -q 'And 10 more, which' r.html");
	well("grep -q 'And 152 more, which' r.html");
}
END_TEST

/* Published */

#define PUBLISHED(figures, guests, mib)                                                            \
	"/dts-v1/;\n/include/ \"costs/skylake.dtsi\"\n"                                            \
	"/ { compatible = \"ballast,scenario\"; description = \"a test\";\n"                      \
	"published { compatible = \"ballast,published\"; id = \"T1\"; source = \"nobody\";\n"     \
	figures " };\n"                                                                            \
	"host { compatible = \"ballast,host\"; memory-mib = <512>; cpus = <2>;\n"                 \
	"swap { /include/ \"swap/ssd.dtsi\" size-mib = <1024>; }; };\n"                           \
	"guest { compatible = \"ballast,guest\"; memory-mib = <768>; count = <" #guests ">;\n"    \
	"in-turn; programs { use { compatible = \"ballast,program-allocate\"; size-mib = <" #mib   \
	">; }; }; }; };\n"
#define FIGURE(name, metric, more)                                                                 \
	name " { compatible = \"ballast,figure\"; label = \"" name "\"; metric = \"" metric        \
	"\"; " more " };\n"

static void write_published(const char *name, const char *text)
{
	write_file(name, text, strlen(text));
}

START_TEST(published_figures_are_those_of_json)
{
	struct json_object *json;
	char *html;

	write_published("p.dts",
		PUBLISHED(FIGURE("agrees", "guests-before-swap", "value = <1>;")
			  FIGURE("far", "swap-mib", "value = <1>; band-percent = <1000>;")
			  FIGURE("nothing", "swap-mib", "value = <0>;")
			  FIGURE("time", "program-time-ms", "value = <7>; guest-index = <2>;")
			  FIGURE("nobody", "guests-before-oom", "value = <3>;"), 3, 200));
	well("$B published p.dts --json --report r.html >r.json");
	html = read_page("r.html");
	json = json_object_from_file("r.json");
	ck_assert_ptr_nonnull(json);
	ck_assert_uint_gt(check_numbers(html, json), 25);
	json_object_put(json);
	free(html);
	/* the verdicts of the console, in their order; a bound that nobody reached */
	well("$B published p.dts | awk 'NR > 1 { print $NF == \"BAND\" ? \"out of band\" : $NF }' "
	     ">words; sed -n 's/.*<td class=\"n [goba]*d\">\\([a-z ]*\\)<.*/\\1/p' r.html "
	     "| sed 's/no data/-/' | cmp - words");
	well("grep -q 'good\">3</span> come out' r.html");
	well("grep -q '>\xe2\x89\xa5 <span[^>]*simulated' r.html");
	/* nothing is below nothing */
	well("grep -A 9 far r.json | grep -q '\"band_low\": 0,'");
	well("grep -q 'data-of=\"experiments\\[0\\].machine.host.memory_bytes\"' r.html");
	well("grep -q '1559 cycles' r.html && grep -q 'run p.dts --images [^<]*</pre>' r.html");
}
END_TEST

/* Of several seeds the median of each figure and its interval; as Markdown, why it is out. */
START_TEST(published_figures_of_several_seeds_have_intervals)
{
	write_published("p.dts",
		PUBLISHED(FIGURE("agrees", "guests-before-swap", "value = <1>;")
			  FIGURE("far", "swap-mib", "value = <1>; guest-index = <2>; "
				 "remark = \"nobody knows\";")
			  FIGURE("time", "program-time-ms", "value = <7>; guest-index = <2>;"), 3,
			  200));
	well("$B published p.dts --seeds 3 >s && grep -q 'simulated *interval *ratio' s && "
	     "grep -q ' agrees .* 1-1 *1.00  ok$' s");
	/* The median of what each of them gave. */
	well("$B published p.dts --seeds 3 --json | awk '/\"label\": \"far\"/ { at = 1 } "
	     "at && /\"simulated\"/ { gsub(/[^0-9]/, \"\"); print; at = 0 }' | sort -n >each && "
	     "[ $(wc -l <each) -eq 3 ] && "
	     "[ $(sed -n 2p each) -eq $(awk '/ far / { print $8 }' s) ]");
	well("$B published p.dts --seeds 2 --markdown >m && grep -q '^| id | variant |' m && "
	     "grep -q '^| T1 .*| far |.*| nobody knows |$' m && grep -q '| yes |$' m");
	well("$B published p.dts --seeds 2 --json | grep -c '\"seed\"' | grep -qx 2");
}
END_TEST

START_TEST(published_runs_that_fail_or_say_nothing_are_shown)
{
	write_published("p.dts",
			PUBLISHED(FIGURE("f", "guests-before-swap", "value = <1>;"), 1, 10));
	ck_assert_int_eq(shell("sed 's/programs {/modules { m { compatible = \"ballast,module\"; "
			       "image = \"broken-guest-once\"; }; }; devices { b { compatible = "
			       "\"ballast,virtio-ballast\"; free-page-reporting; }; }; &/' p.dts "
			       ">q.dts; $B published q.dts none.dts --report r.html"), 2);
	well("grep -q 'none.dts: <span class=\"bad\">could not be read' r.html");
	well("sed 's/guests-before-swap/program-time-ms/; s/description/until-ms = <1>; &/' p.dts "
	     ">z.dts; $B published z.dts --report z.html && grep -q 'no data</text>' z.html && "
	     "grep -q 'no data</td>' z.html && grep -q 'time-limit</span>' z.html");
	well("grep -q 'run failed</td>' r.html && grep -q 'run failed</text>' r.html");
	well("grep -q 'page-leak' r.html");
}
END_TEST

/* The demo */

static void make_demo(void)
{
	char dir[sizeof(scratch) + 8];

	enter_scratch();
	setenv("T", top, 1);
	well("mkdir s s/mechanisms && cp first.dts s/demo.dts && cd s && "
	     "for d in costs boot swap; do ln -s $T/scenarios/$d .; done && "
	     "cp $T/scenarios/mechanisms/[14]0-*.dtso mechanisms");
	snprintf(dir, sizeof(dir), "%s/s", scratch);
	setenv("BALLAST_SCENARIOS", dir, 1);
}

START_TEST(the_demo_ends_by_naming_its_report)
{
	well("$B demo >o && tail -n 1 o | grep -qx 'ballast-demo.html: report written'");
	well("grep -q '</html>' ballast-demo.html && test $(ls -A | wc -l) = 6");
	well("$B demo --report d.html >o && tail -n 1 o | grep -qx 'd.html: report written'");
	/* where it cannot be written, the demo is all the same, and says so */
	well("$B compare s/demo.dts --quiet >whole; rm ballast-demo.html; mkdir ballast-demo.html; "
	     "$B demo >o 2>e && cmp o whole && tail -n 1 e | grep -q "
	     "'^ballast: no report: ballast-demo.html: cannot be written: Is a directory'");
	well("d=$PWD; cd /proc && $B demo >$d/o 2>$d/e && grep -q 'Who wins' $d/o && "
	     "grep -q '^ballast: no report: ballast-demo.html: cannot be written' $d/e");
	/* unless it was asked for */
	refused("$B demo --report /proc/d.html", "/proc/d.html: cannot be written");
	refused("$B demo --report", "--report: needs a value");
	refused("$B demo --report a --report b", "one --report FILE");
}
END_TEST

/* Bad input */

static const struct bad {
	const char *line, *says;
} bad[] = {
	{ "compare first.dts " WITH " --report", "--report: needs a value" },
	{ "compare first.dts " WITH " --report .", ".: cannot be written: Is a directory" },
	{ "compare first.dts " WITH " --report no/r.html",
	  "no/r.html: cannot be written: No such file or directory" },
	{ "compare first.dts " WITH " --report ''", "--report: needs a name" },
	{ "compare first.dts " WITH " --report ./first.dts",
	  "--report ./first.dts: is the scenario; --report must name another file" },
	{ "compare first.dts --overlay o.dtso " WITH " --report o.dtso",
	  "--report o.dtso: is an overlay; --report must name another file" },
	{ "compare first.dts --with a=o.dtso,b= --report o.dtso",
	  "--report o.dtso: is an overlay; --report must name another file" },
	{ "compare first.dts " WITH " --db r --report r",
	  "--report r: is the database; --report must name another file" },
	{ "compare first.dts " WITH " --report r --report r", "--report r: given before" },
	{ "run first.dts --report r", "--report: there is no such option" },
	{ "published first.dts --report", "--report: needs a value" },
	{ "published first.dts --report .", ".: cannot be written: Is a directory" },
	{ "published first.dts --report first.dts", "--report first.dts: is the scenario" },
	{ "published first.dts --report a --report b", "--report b: given before" },
	{ "published first.dts --colour", "published --colour: there is no such option" },
	{ "published first.dts --seeds", "--seeds: needs a value" },
	{ "published first.dts --seeds 0", "--seeds 0: allowed: 1..1000" },
	{ "published first.dts --seeds 2 --report r", "--report: is of one seed" },
	{ "published first.dts --json --markdown", "--markdown: not with --json" },
};

START_TEST(bad_input_is_refused_before_anything_runs)
{
	char line[512];

	well("printf '/dts-v1/;\\n/plugin/;\\n&balloon { };\\n' >o.dtso; cksum first.dts o.dtso "
	     ">before");
	/* nothing runs: it would take longer */
	snprintf(line, sizeof(line), "timeout 5 $B %s", bad[_i].line);
	refused(line, bad[_i].says);
	well("cksum first.dts o.dtso | cmp - before && test $(ls -A | wc -l) = 5");
}
END_TEST

START_TEST(what_cannot_be_finished_leaves_nothing)
{
	refused("$B compare first.dts " WITH " --quiet --report /dev/full",
		"/dev/full: cannot be written: No space left on device");
	well("$B compare first.dts " WITH " --quiet --report /dev/null");
	/* its tables are there, whatever becomes of the report */
	well("! $B compare first.dts " WITH " --quiet --report /dev/full 2>/dev/null >o; "
	     "grep -q 'Who wins' o; rm o");
	/* standard output has one document only */
	well("$B compare first.dts " WITH " --json --report r.html >j 2>e && tail -n 1 e | "
	     "grep -qx 'r.html: report written' && tail -n 1 j | grep -qx '}'");
	well("$B compare first.dts " WITH " --quiet --csv --report r.html >c && "
	     "! grep -q 'report written' c && rm r.html j c e");
	ck_assert_int_eq(shell("timeout --preserve-status -s INT 0.3 $B compare first.dts " WITH
			       " --set /guest/programs/memhog/size-mib=400 --repeat 200 "
			       "--quiet --report r.html"), 130);
	well("test $(ls -A | wc -l) = 3");
}
END_TEST

/* A terminal's interrupt is for all of its group: for dtc, too, which reads the scenarios. */
START_TEST(who_interrupts_reading_gets_no_error_of_it)
{
	size_t size;
	char *err;

	well("mkdir bin && printf '#!/bin/sh\\n[ -e bin/said ] || { : >bin/said; kill -INT 0; }\\n"
	     "exec %s \"$@\"\\n' \"$(command -v dtc)\" >bin/dtc && chmod +x bin/dtc");
	ck_assert_int_eq(shell("PATH=$PWD/bin:$PATH setsid -w $B compare first.dts " WITH
			       " --quiet --report r.html"), 130);
	err = read_file("err", &size);
	ck_assert_msg(strstr(err, "interrupted: 0 of "), "%s", err);
	free(err);
	well("test -e bin/said && ! test -e r.html && rm -r bin");
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("report_compare");
	TCase *tc = tcase_create("pages"), *demo = tcase_create("demo");

	if (!cli_environment())
		return NULL;
	tcase_set_timeout(tc, 60);
	tcase_set_timeout(demo, 60);
	tcase_add_checked_fixture(tc, enter_scratch, leave_scratch);
	tcase_add_checked_fixture(demo, make_demo, leave_scratch);
	tcase_add_test(tc, every_number_of_a_comparison_is_that_of_json);
	tcase_add_test(tc, repeated_comparisons_have_intervals);
	tcase_add_test(tc, a_comparison_says_what_was_asked_and_how_to_get_it_again);
	tcase_add_test(tc, failures_and_casualties_are_shown);
	tcase_add_test(tc, many_runs_and_text_of_others_stay_small_and_text);
	tcase_add_test(tc, published_figures_are_those_of_json);
	tcase_add_test(tc, published_figures_of_several_seeds_have_intervals);
	tcase_add_test(tc, published_runs_that_fail_or_say_nothing_are_shown);
	tcase_add_loop_test(tc, bad_input_is_refused_before_anything_runs, 0,
			    sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(tc, what_cannot_be_finished_leaves_nothing);
	tcase_add_test(tc, who_interrupts_reading_gets_no_error_of_it);
	tcase_add_test(demo, the_demo_ends_by_naming_its_report);
	suite_add_tcase(s, tc);
	suite_add_tcase(s, demo);
	return s;
}
