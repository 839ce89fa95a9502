// SPDX-License-Identifier: GPL-2.0-only
/*
 * Our driver where a device or the guest's memory management makes it wait: it is removed while
 * hints are with the device, while an OOM notifier waits, and from a device that answers nothing;
 * compaction has pages that cannot leave the balloon; writing the configuration takes memory.
 *
 * Some of the images are our driver with something around it, see tests/broken/guest-*.c.
 */
#include "scenario_run.h"
#include "suite.h"

#define MS UINT64_C(1000000)
#define MUTE "broken-variant-mute"

static char scenario[8192];

/* A guest of 512 MiB; what it does ends at 20 s, and modules are removed then. */
static const char *make(const char *top, const char *module, const char *device,
			const char *properties, const char *programs, const char *commands)
{
	snprintf(scenario, sizeof(scenario),
		 "/dts-v1/;\n/include/ \"costs/skylake.dtsi\"\n/include/ \"boot/linux.dtsi\"\n"
		 "/ { compatible = \"ballast,scenario\"; description = \"test\";"
		 " until-ms = <20000>; %s\n" TEST_HOST
		 "g: guest { compatible = \"ballast,guest\"; memory-mib = <512>; vcpus = <2>;\n"
		 "boot-profile = <&linux_6_1>;\n"
		 "modules { driver { compatible = \"ballast,module\"; image = \"%s\"; }; };\n"
		 "devices { b { compatible = \"ballast,virtio-ballast\"; image = \"%s\"; %s }; };\n"
		 "programs { %s }; };\ncommands { %s }; };\n",
		 top, module, device, properties, programs, commands);
	return scenario;
}

#define IDLE(ms) "idle { compatible = \"ballast,program-idle\"; duration-ms = <" #ms ">; };"
#define TARGET(name, mib, ms)                                                                      \
	#name " { compatible = \"ballast,set-balloon\"; guest = <&g>; target-mib = <" #mib ">;"    \
	" start-ms = <" #ms ">; };"

static void run(struct outcome *o, const char *text, enum trace_end end)
{
	outcome_run(o, text, false);
	ck_assert_msg(!o->refused && o->end == end, "ended as %d: %s", o->end, o->text);
}

/*
 * A balloon that has taken all there is: rmmod, a process, is the OOM killer's last victim and goes
 * on with what is kept for such, where a kernel's thread would be the end of the guest.
 */
START_TEST(without_any_memory_the_module_is_removed_all_the_same)
{
	struct outcome o;

	snprintf(scenario, sizeof(scenario),
		 "/dts-v1/;\n/include/ \"costs/skylake.dtsi\"\n/include/ \"boot/linux.dtsi\"\n"
		 "/ { compatible = \"ballast,scenario\"; description = \"test\";"
		 " until-ms = <20000>;\n" TEST_HOST
		 "g: guest { compatible = \"ballast,guest\"; memory-mib = <128>;\n"
		 "boot-profile = <&linux_6_1>;\n"
		 "modules { driver { compatible = \"ballast,module\"; image = \"virtio_ballast\"; "
		 "}; };\ndevices { b { compatible = \"ballast,virtio-ballast\"; }; };\n"
		 "programs { " IDLE(1000) " }; };\ncommands { " TARGET(all, 40, 2000) " }; };\n");
	run(&o, scenario, TRACE_END_LIMIT);
	outcome_free(&o);
}
END_TEST

/*
 * The receiver of a migration reads nothing, and so hints do not come back.  The device is reset,
 * then their blocks are free again, and nobody waits for the device or gives it up.
 */
START_TEST(hints_that_do_not_come_back_are_not_waited_for)
{
	struct outcome o;

	run(&o, make("", "broken-guest-blocks-watched", "virtio-ballast",
		     "free-page-hint; migration-stalls;", IDLE(1000), ""), TRACE_END_OK);
	/* The migration begins 2.3 s before modules are removed; that is all that takes time. */
	ck_assert_uint_lt(o.ended - o.over, 3300 * MS);
	outcome_free(&o);
	/* The device is given up for a deflation that it does not answer; blocks still wait. */
	run(&o, make("", "broken-guest-blocks-watched", MUTE, "free-page-hint; migration-stalls;",
		     IDLE(9000), TARGET(down, 400, 3000)), TRACE_END_OK);
	outcome_free(&o);
}
END_TEST

#define HOG(name, mib, hold, start)                                                                \
	#name " { compatible = \"ballast,program-memhog\"; size-mib = <" #mib ">; start-ms = <"    \
	#start ">; hold-ms = <" #hold ">; background; };"

/*
 * Memory runs out, the notifier asks for pages of the balloon and has no answer.  That is no
 * failure here (hung-task-s); another program ends, so that others have memory, and the driver is
 * removed when the run's time is over.
 */
START_TEST(an_oom_notifier_that_waits_does_not_hold_up_a_removal)
{
	struct outcome o;

	run(&o, make("hung-task-s = <0>;", "virtio_ballast", MUTE, "deflate-on-oom;",
		     HOG(rest, 60, 9000, 6000) HOG(hog, 400, 0, 8000) IDLE(30000),
		     TARGET(down, 200, 3000)), TRACE_END_LIMIT);
	ck_assert_ptr_nonnull(strstr(o.text, "hog of guest runs"));
	/* Its deflation is the only one, and was not answered. */
	ck_assert_uint_eq(o.report.guests[0].total.deflate_pages, 0);
	outcome_free(&o);
}
END_TEST

/*
 * The same with a balloon of one request: when the device is given up, all of its pages are kept
 * until the reset, and the removal finds none that could be taken from the list.
 */
START_TEST(a_removal_does_not_ask_for_pages_that_are_kept)
{
	struct outcome o;

	run(&o, make("hung-task-s = <0>;", "virtio_ballast", MUTE, "deflate-on-oom;",
		     HOG(rest, 60, 9000, 6000) HOG(hog, 500, 0, 8000) IDLE(30000),
		     TARGET(down, 511, 3000)), TRACE_END_LIMIT);
	ck_assert_uint_eq(o.report.guests[0].total.inflate_pages, 256);
	ck_assert_uint_eq(o.report.guests[0].total.deflate_pages, 0);
	outcome_free(&o);
}
END_TEST

START_TEST(a_device_that_does_not_answer_is_reset)
{
	struct outcome o;

	run(&o, make("", "virtio_ballast", MUTE, "", IDLE(9000), TARGET(down, 400, 3000)),
	    TRACE_END_OK);
	outcome_free(&o);
}
END_TEST

START_TEST(pages_that_compaction_has_stay_in_the_balloon)
{
	struct outcome o;

	run(&o, make("", "broken-guest-pages-locked", MUTE, "", IDLE(9000),
		     TARGET(down, 400, 3000)), TRACE_END_OK);
	outcome_free(&o);
}
END_TEST

START_TEST(memory_for_the_configuration_may_come_out_of_the_balloon)
{
	struct outcome o;

	run(&o, make("", "broken-guest-config-allocates", "virtio-ballast",
		     "deflate-on-oom;", IDLE(9000), TARGET(down, 400, 3000)), TRACE_END_OK);
	ck_assert_uint_gt(o.report.guests[0].total.deflate_pages, 0);
	outcome_free(&o);
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("removal");
	TCase *tc = tcase_create("removal");

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, without_any_memory_the_module_is_removed_all_the_same);
	tcase_add_test(tc, hints_that_do_not_come_back_are_not_waited_for);
	tcase_add_test(tc, an_oom_notifier_that_waits_does_not_hold_up_a_removal);
	tcase_add_test(tc, a_removal_does_not_ask_for_pages_that_are_kept);
	tcase_add_test(tc, a_device_that_does_not_answer_is_reset);
	tcase_add_test(tc, pages_that_compaction_has_stay_in_the_balloon);
	tcase_add_test(tc, memory_for_the_configuration_may_come_out_of_the_balloon);
	suite_add_tcase(s, tc);
	return s;
}
