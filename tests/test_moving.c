// SPDX-License-Identifier: GPL-2.0-only
/*
 * Balloons whose pages move, and hints of free pages: what drivers make of compaction, of memory
 * that goes offline and of a migration that begins; ours, Linux's own where it was built (make
 * upstream), and broken ones.
 */
#include "scenario_run.h"
#include "skip.h"
#include "suite.h"

#define MIB (UINT64_C(1) << 20)
#define MIB_PAGES(mib) ((uint64_t)(mib) << 8)
#define OURS "virtio_ballast"
#define STOCK "upstream-virtio_balloon"

static char scenario[8192];

/* A guest of 1 GiB; @top: of the scenario, @guest: properties of the guest. */
static const char *make(const char *top, const char *guest, const char *module, const char *device,
			const char *programs, const char *commands)
{
	snprintf(scenario, sizeof(scenario),
		 "/dts-v1/;\n/include/ \"costs/skylake.dtsi\"\n/include/ \"boot/linux.dtsi\"\n"
		 "/ { compatible = \"ballast,scenario\"; description = \"test\"; %s\n"
		 "host { compatible = \"ballast,host\"; memory-mib = <4096>; cpus = <4>; };\n"
		 "g: guest-a { compatible = \"ballast,guest\"; memory-mib = <1024>; vcpus = <2>;\n"
		 "boot-profile = <&linux_6_1>; %s\n"
		 "modules { driver { compatible = \"ballast,module\"; image = \"%s\"; }; };\n"
		 "devices { b { compatible = \"ballast,virtio-ballast\"; %s }; };\n"
		 "programs { %s }; };\ncommands { %s }; };\n",
		 top, guest, module, device, programs, commands);
	return scenario;
}

static void run(struct outcome *o, const char *text)
{
	outcome_run(o, text, false);
	ck_assert_msg(!o->refused, "%s", o->text);
}

static void ends(const struct outcome *o, enum trace_end end, const char *says)
{
	ck_assert_msg(o->end == end, "ended as %d: %s", o->end, o->text);
	ck_assert_msg(strstr(o->text, says) != NULL, "says: %s", o->text);
}

#define SHRINK(mib) "down: down { compatible = \"ballast,set-balloon\"; guest = <&g>;"             \
		    " target-mib = <" #mib ">; start-ms = <4000>; };"
/* Single pages all over memory, of which half are gone when the balloon comes. */
#define HOLES                                                                                      \
	"hold { compatible = \"ballast,program-churn\"; size-mib = <560>; min-kib = <4>;"          \
	" max-kib = <8>; lifetime-ms = <3000>; duration-ms = <6000>; madvise = \"nohugepage\"; };"
/* Until per-CPU lists, which since 6.12 grow with demand, are short again. */
#define REST "rest { compatible = \"ballast,program-idle\"; duration-ms = <40000>; };"
#define PACK "pack { compatible = \"ballast,program-compact\"; };"

static uint64_t huge_free(const struct outcome *o)
{
	const struct report_where *w = &o->report.guests[0].where[TRACE_MOMENT_END];

	ck_assert(w->known);
	return w->order[9] + w->order[10];
}

static uint64_t packed(const char *guest, const char *module, const char *before,
		       unsigned int seed)
{
	char top[50], properties[100], programs[1000];
	struct outcome o;
	uint64_t pages;

	snprintf(top, sizeof(top), "seed = <%u>;", seed);
	snprintf(properties, sizeof(properties), "thp = \"never\"; %s", guest);
	snprintf(programs, sizeof(programs), HOLES "%s" PACK, before);
	run(&o, make(top, properties, module, "", programs, SHRINK(768)));
	ck_assert_uint_eq(o.commands_done, 1);
	pages = huge_free(&o);
	outcome_free(&o);
	return pages;
}

/* Of some seeds the one with least: by chance, nearly all comes together or two thirds do. */
static uint64_t least_packed(const char *module)
{
	uint64_t pages = UINT64_MAX, some;

	for (unsigned int seed = 1; seed <= 3; seed++) {
		some = packed("", module, "", seed);
		if (some < pages)
			pages = some;
	}
	return pages;
}

/* What is free in blocks of 2 MiB, with a balloon of 256 MiB in the holes of other memory. */
START_TEST(compaction_makes_huge_pages_around_a_balloon)
{
	uint64_t ours = least_packed(OURS), never = least_packed("broken-guest-never-moves");

	/* Some 690 MiB are free. */
	ck_assert_uint_ge(ours, MIB_PAGES(400));
	ck_assert_uint_le(never, ours / 2);
	if (test_image_exists(STOCK))
		ck_assert_uint_ge(ours, least_packed(STOCK) * 90 / 100);
}
END_TEST

/* What the host has zeroed of it, too: the page that was left is none of these any more. */
START_TEST(balloon_that_moved_comes_back_with_its_contents)
{
	struct outcome o;

	run(&o, make("", "thp = \"never\"; init-on-alloc = \"off\"; page-zeroed;", OURS,
		     "device-init-on-inflate;",
		     HOLES PACK
		     "wait { compatible = \"ballast,program-idle\"; duration-ms = <20000>; };"
		     "again { compatible = \"ballast,program-memhog\"; size-mib = <700>; };",
		     SHRINK(768)
		     "up { compatible = \"ballast,set-balloon\"; guest = <&g>; target-mib = <1024>;"
		     " start-ms = <20000>; };"));
	ends(&o, TRACE_END_OK, "");
	ck_assert_uint_eq(o.commands_done, 2);
	/* Pages of the balloon have moved, each told in a request of its own. */
	ck_assert_uint_gt(o.report.guests[0].total.inflate_pages, MIB_PAGES(256) + 100);
	outcome_free(&o);
}
END_TEST

/* Since 7.2 the core keeps the list while a page moves, and drivers only tell the host. */
START_TEST(pages_move_in_kernels_of_all_versions)
{
	static const char *const kernels[] = { "6.6", "6.12", "7.2", "7.3" };
	char guest[100], stock[100];

	snprintf(guest, sizeof(guest), "kernel = \"%s\";", kernels[_i]);
	snprintf(stock, sizeof(stock), "linux-%s/" STOCK, kernels[_i]);
	ck_assert_uint_ge(packed(guest, OURS, REST, 1), MIB_PAGES(400));
	if (test_image_exists(stock))
		ck_assert_uint_ge(packed(guest, STOCK, REST, 1), MIB_PAGES(400));
}
END_TEST

/* The core that keeps a balloon's pages and moves them is stock, too. */
START_TEST(pages_move_with_stock_cores)
{
	static const char *const kernels[] = { "6.1", "7.3" };
	char guest[100];

	snprintf(guest, sizeof(guest), "kernel = \"%s\";", kernels[_i]);
	ck_assert_uint_ge(packed(guest, "upstream-balloon_core\"; load-order = <1>; }; "
				 "ours { compatible = \"ballast,module\"; image = \"" OURS, REST,
				 1), MIB_PAGES(400));
}
END_TEST

#define OFFLINE                                                                                    \
	"off: off { compatible = \"ballast,program-offline\"; block = <4>; after = <&down>;"       \
	" hold-ms = <100>; };"

/* The balloon fills what is movable; 512 to 640 MiB shall go offline. */
static const char *offline(const char *guest, const char *module, const char *until)
{
	char properties[100];

	snprintf(properties, sizeof(properties), "movable-mib = <512>; %s", guest);
	return make(until, properties, module, "", OFFLINE, SHRINK(400));
}

START_TEST(memory_of_a_balloon_goes_offline)
{
	static const char *const guests[] = { "", "kernel = \"7.3\";", "" };
	static const char *const modules[] = { OURS, OURS, STOCK };
	struct outcome o;

	run(&o, offline(guests[_i], modules[_i], ""));
	ck_assert_msg(o.end == TRACE_END_OK, "%s", o.text);
	ck_assert_int_eq(o.report.programs[0].state, PROGRAM_ENDED);
	ck_assert_int_eq(o.report.programs[0].status, 0);
	/* 128 MiB of balloon are moved page by page, each with two requests: a few seconds. */
	ck_assert_uint_lt(o.report.programs[0].end - o.report.programs[0].start,
			  UINT64_C(10000000000));
	outcome_free(&o);
}
END_TEST

START_TEST(memory_of_a_balloon_that_never_moves_does_not_go_offline)
{
	struct outcome o;

	run(&o, offline("", "broken-guest-never-moves", "until-ms = <9000>;"));
	ck_assert_int_eq(o.report.programs[0].state, PROGRAM_NOT_ENDED);
	outcome_free(&o);
}
END_TEST

START_TEST(balloon_that_moves_without_a_word_is_caught)
{
	struct outcome o;

	run(&o, make("", "", "broken-guest-moves-untold", "", HOLES PACK, SHRINK(768)));
	ends(&o, TRACE_END_PROTOCOL, "is in the balloon for all that the host knows, and is ");
	outcome_free(&o);
}
END_TEST

/* Hints */

#define ASK "ask { compatible = \"ballast,ask-for-hints\"; guest = <&g>; start-ms = <6000>; };"
#define WAIT "wait { compatible = \"ballast,program-idle\"; duration-ms = <30000>; };"

/* How much more is resident at most than when a migration began; MiB. */
static uint64_t populated(const char *module, const char *guest)
{
	uint64_t with, without;
	struct outcome o;

	run(&o, make("", guest, module, "free-page-hint;", WAIT, ""));
	ck_assert_msg(o.end == TRACE_END_OK, "%s", o.text);
	without = o.report.guests[0].resident_peak;
	outcome_free(&o);
	run(&o, make("", guest, module, "free-page-hint;", WAIT, ASK));
	ck_assert_msg(o.end == TRACE_END_OK, "%s", o.text);
	with = o.report.guests[0].resident_peak;
	outcome_free(&o);
	return with > without ? (with - without) * TRACE_PAGE_SIZE / MIB : 0;
}

START_TEST(hints_do_not_populate_free_memory)
{
	ck_assert_uint_le(populated(OURS, ""), 50);
	ck_assert_uint_le(populated(OURS, "init-on-alloc = \"off\";"), 50);
	/* Linux's own takes free pages by allocating them, and Debian's kernels clear them then. */
	if (test_image_exists(STOCK))
		ck_assert_uint_ge(populated(STOCK, ""), 600);
}
END_TEST

/* What the driver holds at the end of a run in which it was asked for hints; MiB. */
static uint64_t held(const char *guest)
{
	const struct report_where *w;
	struct outcome o;
	uint64_t pages;

	run(&o, make("", guest, OURS, "free-page-hint;", WAIT, ASK));
	ck_assert_msg(o.end == TRACE_END_OK, "%s", o.text);
	w = &o.report.guests[0].where[TRACE_MOMENT_END];
	ck_assert(w->known);
	pages = w->parts.isolated;
	outcome_free(&o);
	return pages * TRACE_PAGE_SIZE / MIB;
}

/*
 * A hinted page has old contents on the destination.  A kernel that cleared it when it became free,
 * and hands it out as zeroes, has to clear it again: it is not to be free meanwhile.
 */
START_TEST(hinted_pages_are_held_if_the_kernel_counts_on_their_contents)
{
	ck_assert_uint_le(held(""), 50);
	ck_assert_uint_ge(held("init-on-free;"), 600);
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("moving");
	TCase *tc = tcase_create("moving");

	tcase_set_timeout(tc, 240);
	tcase_add_test(tc, compaction_makes_huge_pages_around_a_balloon);
	tcase_add_test(tc, balloon_that_moved_comes_back_with_its_contents);
	tcase_add_loop_test(tc, pages_move_in_kernels_of_all_versions, 0, 4);
	if (test_image_exists("upstream-balloon_core") &&
	    test_image_exists("linux-7.3/upstream-balloon_core"))
		tcase_add_loop_test(tc, pages_move_with_stock_cores, 0, 2);
	tcase_add_loop_test(tc, memory_of_a_balloon_goes_offline, 0,
			    test_image_exists(STOCK) ? 3 : 2);
	if (!test_image_exists(STOCK))
		skip_tests(1, "Linux's own driver is not built; run 'make upstream'");
	tcase_add_test(tc, memory_of_a_balloon_that_never_moves_does_not_go_offline);
	tcase_add_test(tc, balloon_that_moves_without_a_word_is_caught);
	tcase_add_test(tc, hints_do_not_populate_free_memory);
	tcase_add_test(tc, hinted_pages_are_held_if_the_kernel_counts_on_their_contents);
	suite_add_tcase(s, tc);
	return s;
}
