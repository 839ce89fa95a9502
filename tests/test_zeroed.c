// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a host has zeroed is not cleared again by its guest: driver, device and kernel together, as
 * proposed in 2026; where one of them does not take part; and devices that say what is not so.
 */
#include "scenario_run.h"
#include "skip.h"
#include "suite.h"

#define OURS "virtio_ballast"
#define STOCK "upstream-virtio_balloon"
#define DEVICE "image = \"virtio-ballast\";"
#define REPORTED "free-page-reporting; device-init-reported;"
#define INFLATED "device-init-on-inflate;"
#define LIE "image = \"broken-variant-zeroed-lie\";"
#define TOO_LONG "image = \"broken-variant-zeroed-too-long\";"
#define ASKED "image = \"broken-variant-zeroed-asked\";"
#define PART "image = \"broken-variant-zeroed-part\";"
#define USED_PAGES (UINT64_C(256) << 8)	/* by a program, each time */

static char scenario[8192];

/* @guest, @device: properties; @modules: before the driver. */
static const char *make(const char *guest, const char *driver, const char *device,
			const char *modules, const char *commands)
{
	snprintf(scenario, sizeof(scenario),
		 "/dts-v1/;\n/include/ \"costs/skylake.dtsi\"\n/include/ \"boot/linux.dtsi\"\n"
		 "/ { compatible = \"ballast,scenario\"; description = \"test\";\n"
		 "host { compatible = \"ballast,host\"; memory-mib = <2048>; cpus = <4>; };\n"
		 "g: guest-a { compatible = \"ballast,guest\"; memory-mib = <1024>; vcpus = <1>;\n"
		 "boot-profile = <&linux_6_1>; init-on-alloc = \"off\"; %s\n"
		 "modules { %s driver { compatible = \"ballast,module\"; image = \"%s\"; }; };\n"
		 "devices { b { compatible = \"ballast,virtio-ballast\"; %s }; };\n"
		 "programs { a: a { compatible = \"ballast,program-memhog\"; size-mib = <256>; };\n"
		 "rest { compatible = \"ballast,program-idle\"; duration-ms = <20000>; };\n"
		 "z { compatible = \"ballast,program-memhog\"; size-mib = <256>; }; }; };\n"
		 "commands { %s }; };\n",
		 guest, modules, driver, device, commands);
	return scenario;
}

/* A balloon takes nearly all and gives it back before the second program begins. */
#define BALLOON                                                                                    \
	"down: down { compatible = \"ballast,set-balloon\"; guest = <&g>; after = <&a>;"           \
	" delay-ms = <1000>; target-mib = <256>; };"                                               \
	"up { compatible = \"ballast,set-balloon\"; guest = <&g>; after = <&down>;"                \
	" delay-ms = <8000>; target-mib = <1024>; };"

/* Pages that the guest cleared in a run that ends well. */
static uint64_t cleared(const char *text)
{
	struct outcome o;
	uint64_t pages = 0;
	unsigned int i;

	outcome_run(&o, text, false);
	ck_assert_msg(!o.refused && o.end == TRACE_END_OK, "%s", o.text);
	for (i = 0; i < o.report.nr_costs; i++)
		if (!strcmp(o.report.costs[i].name, "page-zero"))
			pages += o.report.costs[i].count;
	outcome_free(&o);
	/* Of the first program nothing was reported. */
	ck_assert_uint_ge(pages, USED_PAGES);
	return pages;
}

/* Of what the second program used, little was cleared (blocks that no report has had); or all. */
static bool spared(const char *text)
{
	uint64_t pages = cleared(text);

	ck_assert_msg(pages < USED_PAGES * 5 / 4 || pages > USED_PAGES * 19 / 10,
		      "%lu pages were cleared", (unsigned long)pages);
	return pages < USED_PAGES * 5 / 4;
}

static const char *const kernels[] = { "6.1", "6.6", "6.12", "7.2", "7.3" };

START_TEST(what_was_reported_is_not_cleared_again)
{
	char guest[100];

	snprintf(guest, sizeof(guest), "kernel = \"%s\"; page-zeroed;", kernels[_i]);
	ck_assert(spared(make(guest, OURS, REPORTED, "", "")));
	snprintf(guest, sizeof(guest), "kernel = \"%s\"; thp = \"never\"; page-zeroed;",
		 kernels[_i]);
	ck_assert(spared(make(guest, OURS, REPORTED, "", "")));
}
END_TEST

START_TEST(what_was_in_the_balloon_is_not_cleared_again)
{
	char guest[100];

	snprintf(guest, sizeof(guest), "kernel = \"%s\"; page-zeroed;", kernels[_i]);
	ck_assert(spared(make(guest, OURS, INFLATED, "", BALLOON)));
	snprintf(guest, sizeof(guest), "kernel = \"%s\"; thp = \"never\"; page-zeroed;",
		 kernels[_i]);
	ck_assert(spared(make(guest, OURS, INFLATED, "", BALLOON)));
}
END_TEST

START_TEST(it_takes_device_and_kernel_and_driver)
{
	ck_assert(!spared(make("page-zeroed;", OURS, "free-page-reporting;", "", "")));
	ck_assert(!spared(make("page-zeroed;", OURS, "", "", BALLOON)));
	ck_assert(!spared(make("", OURS, REPORTED, "", "")));
	ck_assert(!spared(make("", OURS, INFLATED, "", BALLOON)));
}
END_TEST

START_TEST(stock_driver_takes_no_notice)
{
	const char *guest = _i ? "kernel = \"7.3\"; page-zeroed;" : "page-zeroed;";

	ck_assert(!spared(make(guest, STOCK, REPORTED INFLATED, "", "")));
	ck_assert(!spared(make(guest, STOCK, REPORTED INFLATED, "", BALLOON)));
}
END_TEST

START_TEST(stock_core_takes_no_notice)
{
	ck_assert(!spared(make("page-zeroed;", OURS, REPORTED,
			       "core { compatible = \"ballast,module\"; load-order = <1>;"
			       " image = \"upstream-page_reporting\"; };", "")));
}
END_TEST

START_TEST(packed_rings_say_it_too)
{
	ck_assert(spared(make("page-zeroed;", OURS, REPORTED " packed;", "", "")));
	ck_assert(spared(make("page-zeroed;", OURS, INFLATED " packed;", "", BALLOON)));
}
END_TEST

START_TEST(hole_in_a_file_is_zero)
{
	ck_assert(spared(make("page-zeroed; backing = \"shared-file\";", OURS, REPORTED, "", "")));
}
END_TEST

START_TEST(memory_of_an_assigned_device_is_not)
{
	ck_assert(!spared(make("page-zeroed; assigned-device;", OURS, REPORTED, "", "")));
	ck_assert(!spared(make("page-zeroed; assigned-device;", OURS, INFLATED, "", BALLOON)));
}
END_TEST

/* With poison nothing may be zero; whether the device knows of the poison or not. */
START_TEST(poison_is_no_zero)
{
	cleared(make("page-zeroed; page-poison;", OURS, REPORTED INFLATED " page-poison;", "", ""));
	cleared(make("page-zeroed; page-poison;", OURS, REPORTED INFLATED, "", ""));
	cleared(make("page-zeroed; page-poison;", OURS, REPORTED INFLATED " page-poison;", "",
		     BALLOON));
	cleared(make("page-zeroed; init-on-free;", OURS, REPORTED INFLATED " page-poison;", "",
		     BALLOON));
}
END_TEST

/* Nor one that poisons free pages. */
START_TEST(kernel_that_knows_no_zeroed_pages_does_not_ask)
{
	static const struct { const char *device, *commands; } ways[] = {
		{ ASKED REPORTED, "" },
		{ ASKED INFLATED, BALLOON },
	};
	const char *device = ways[_i].device, *commands = ways[_i].commands;
	struct outcome o;

	cleared(make("", OURS, device, "", commands));
	cleared(make("page-zeroed; page-poison;", OURS, device, "", commands));
	outcome_run(&o, make("page-zeroed;", OURS, device, "", commands), false);
	ck_assert_msg(!o.refused && o.end != TRACE_END_OK, "%s", o.text);
	outcome_free(&o);
}
END_TEST

static const struct { const char *device, *commands; } lies[] = {
	{ LIE REPORTED, "" },
	{ LIE INFLATED, BALLOON },
};

START_TEST(lie_is_data_loss)
{
	struct outcome o;

	outcome_run(&o, make("page-zeroed;", OURS, lies[_i].device, "", lies[_i].commands), false);
	ck_assert(!o.refused);
	ck_assert_msg(o.end == TRACE_END_DATA_LOSS, "ended as %d: %s", o.end, o.text);
	ck_assert_msg(strstr(o.text, "PG_zeroed") != NULL, "says: %s", o.text);
	outcome_free(&o);
	/* To a guest that does not ask it is none. */
	ck_assert(!spared(make("", OURS, lies[_i].device, "", lies[_i].commands)));
}
END_TEST

START_TEST(lengths_that_are_too_large_say_nothing)
{
	ck_assert(!spared(make("page-zeroed;", OURS, TOO_LONG REPORTED, "", "")));
	ck_assert(!spared(make("page-zeroed;", OURS, TOO_LONG INFLATED, "", BALLOON)));
}
END_TEST

/* Every other block, or run of frames, is left in place: nobody takes it for what it is not. */
START_TEST(discard_that_fails_zeroes_nothing)
{
	char guest[100];

	snprintf(guest, sizeof(guest), "page-zeroed; thp = \"%s\";", _i ? "never" : "always");
	cleared(make(guest, OURS, PART REPORTED, "", ""));
	cleared(make(guest, OURS, PART INFLATED, "", BALLOON));
	cleared(make(guest, OURS, PART INFLATED " properties { coalesce = \"off\"; };", "",
		     BALLOON));
}
END_TEST

START_TEST(reports_that_do_not_exist_are_refused_in_one_line)
{
	struct outcome o;

	outcome_run(&o, make("page-zeroed;", OURS, "device-init-reported;", "", ""), false);
	ck_assert(o.refused);
	ck_assert_msg(strstr(o.text, "'device-init-reported' requires 'free-page-reporting' to be "
			     "on") != NULL, "says: %s", o.text);
	ck_assert_ptr_eq(strchr(o.text, '\n'), strrchr(o.text, '\n'));
	outcome_free(&o);
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *suite = suite_create("zeroed");
	TCase *tc = tcase_create("zeroed");
	int nr_kernels = sizeof(kernels) / sizeof(kernels[0]);

	tcase_add_loop_test(tc, what_was_reported_is_not_cleared_again, 0, nr_kernels);
	tcase_add_loop_test(tc, what_was_in_the_balloon_is_not_cleared_again, 0, nr_kernels);
	tcase_add_test(tc, it_takes_device_and_kernel_and_driver);
	if (test_image_exists(STOCK) && test_image_exists("linux-7.3/" STOCK))
		tcase_add_loop_test(tc, stock_driver_takes_no_notice, 0, 2);
	else
		skip_tests(2, "stock drivers are not built");
	if (test_image_exists("upstream-page_reporting"))
		tcase_add_test(tc, stock_core_takes_no_notice);
	else
		skip_tests(1, "stock page reporting is not built");
	tcase_add_test(tc, packed_rings_say_it_too);
	tcase_add_test(tc, hole_in_a_file_is_zero);
	tcase_add_test(tc, memory_of_an_assigned_device_is_not);
	tcase_add_test(tc, poison_is_no_zero);
	tcase_add_loop_test(tc, kernel_that_knows_no_zeroed_pages_does_not_ask, 0, 2);
	tcase_add_loop_test(tc, lie_is_data_loss, 0, sizeof(lies) / sizeof(lies[0]));
	tcase_add_test(tc, lengths_that_are_too_large_say_nothing);
	tcase_add_loop_test(tc, discard_that_fails_zeroes_nothing, 0, 2);
	tcase_add_test(tc, reports_that_do_not_exist_are_refused_in_one_line);
	suite_add_tcase(suite, tc);
	return suite;
}
