// SPDX-License-Identifier: GPL-2.0-only
/*
 * The real driver and the real device in a small machine, in every pairing with the stock halves
 * that `make upstream` has built; broken drivers, which must be caught; private copies of images.
 */
#include "image.h"
#include "scenario_run.h"
#include "read.h"
#include "skip.h"
#include "suite.h"

#define MIB_PAGES(mib) ((mib) * 256)

static char scenario[8192];

/* A guest of 512 MiB with one module and one device; @more: programs, commands, properties. */
static const char *make(const char *module, const char *device, const char *type,
			const char *device_props, const char *guest_props, const char *programs,
			const char *commands)
{
	snprintf(scenario, sizeof(scenario),
		 TEST_HEAD TEST_HOST
		 "g: guest { compatible = \"ballast,guest\"; memory-mib = <512>; vcpus = <1>;\n"
		 "boot-profile = <&linux_6_1>; %s\n"
		 "modules { driver { compatible = \"ballast,module\"; image = \"%s\"; }; };\n"
		 "devices { balloon { compatible = \"ballast,virtio-ballast\"; type = \"%s\";"
		 " image = \"%s\"; %s }; };\n"
		 "programs { %s }; };\n%s };\n",
		 guest_props, module, type, device, device_props, programs, commands);
	return scenario;
}

#define OURS "virtio_ballast", "virtio-ballast", "virtio-ballast-pci"
#define IDLE "idle { compatible = \"ballast,program-idle\"; duration-ms = <1000>; };"
#define MEMHOG                                                                                     \
	"memhog { compatible = \"ballast,program-memhog\"; size-mib = <256>; };"                   \
	"idle { compatible = \"ballast,program-idle\"; duration-ms = <8000>; };"
#define SHRINK_AND_GROW                                                                            \
	"commands { shrink: shrink { compatible = \"ballast,set-balloon\"; guest = <&g>;"          \
	" target-mib = <256>; after = <&g>; };"                                                    \
	" grow { compatible = \"ballast,set-balloon\"; guest = <&g>; target-mib = <512>;"          \
	" after = <&shrink>; delay-ms = <1000>; }; };"

static const struct pairing {
	const char *module, *device, *type;
} pairings[] = {
	{ OURS },
	{ "virtio_ballast", "upstream-virtio-balloon", "virtio-balloon-pci" },
	{ "upstream-virtio_balloon", "virtio-ballast", "virtio-ballast-pci" },
	{ "upstream-virtio_balloon", "upstream-virtio-balloon", "virtio-balloon-pci" },
};

#define NR_PAIRINGS (sizeof(pairings) / sizeof(pairings[0]))

static bool available(const struct pairing *p)
{
	return test_image_exists(p->module) && test_image_exists(p->device);
}

START_TEST(balloon_grows_to_its_target_and_back)
{
	const struct pairing *p = &pairings[_i];
	struct outcome o;

	outcome_run(&o, make(p->module, p->device, p->type, "", "", IDLE, SHRINK_AND_GROW), false);
	ck_assert_msg(!o.refused && o.end == TRACE_END_OK, "%s", o.text);
	ck_assert_uint_eq(o.commands_done, 2);
	/* 256 MiB in requests of at most 256 pages, in and out; nothing is left in it. */
	ck_assert_uint_eq(o.report.guests[0].total.inflate_pages, MIB_PAGES(256));
	ck_assert_uint_eq(o.report.guests[0].total.deflate_pages, MIB_PAGES(256));
	ck_assert_uint_ge(o.report.guests[0].total.inflate_requests, 256);
	ck_assert_uint_eq(o.report.guests[0].last.ballooned, 0);
	ck_assert_uint_gt(o.report.guests[0].total.discard_pages, 0);
	outcome_free(&o);
}
END_TEST

START_TEST(free_pages_are_reported_and_leave_the_host)
{
	const struct pairing *p = &pairings[_i];
	struct outcome without, with;

	outcome_run(&without, make(p->module, p->device, p->type, "", "", MEMHOG, ""), false);
	ck_assert_msg(!without.refused && without.end == TRACE_END_OK, "%s", without.text);
	outcome_run(&with, make(p->module, p->device, p->type, "free-page-reporting;", "", MEMHOG,
				""), false);
	ck_assert_msg(!with.refused && with.end == TRACE_END_OK, "%s", with.text);
	ck_assert_uint_eq(without.report.guests[0].total.report_blocks, 0);
	ck_assert_uint_ge(with.report.guests[0].total.report_bytes, UINT64_C(200) << 20);
	ck_assert_uint_gt(without.report.guests[0].last.resident, MIB_PAGES(256));
	/* What a real guest of this size keeps after reporting: 93-98 MiB and the kernel's own. */
	ck_assert_uint_lt(with.report.guests[0].last.resident, MIB_PAGES(130));
	ck_assert_uint_gt(with.report.guests[0].last.resident, MIB_PAGES(60));
	outcome_free(&without);
	outcome_free(&with);
}
END_TEST

START_TEST(poison_is_honoured)
{
	struct outcome o;

	/* Told of the poison, the device must not discard: pages would read as zero. */
	outcome_run(&o, make(OURS, "free-page-reporting; page-poison;", "page-poison;", MEMHOG, ""),
		    false);
	ck_assert_msg(!o.refused && o.end == TRACE_END_OK, "%s", o.text);
	ck_assert_uint_eq(o.report.guests[0].total.discard_pages, 0);
	outcome_free(&o);
	/* Not able to tell, the driver must not report. */
	outcome_run(&o, make(OURS, "free-page-reporting;", "page-poison;", MEMHOG, ""), false);
	ck_assert_msg(!o.refused && o.end == TRACE_END_OK, "%s", o.text);
	ck_assert_uint_eq(o.report.guests[0].total.report_blocks, 0);
	outcome_free(&o);
}
END_TEST

START_TEST(stock_page_reporting_can_take_the_place_of_ours)
{
	struct outcome o;
	char text[8192];

	snprintf(text, sizeof(text), "%s",
		 make(OURS, "free-page-reporting;", "", MEMHOG, ""));
	/* A module node before the driver's. */
	char *at = strstr(text, "modules {") + strlen("modules {");
	char tail[8192];

	snprintf(tail, sizeof(tail), "%s", at);
	snprintf(at, sizeof(text) - (at - text),
		 " core { compatible = \"ballast,module\";"
		 " image = \"upstream-page_reporting\"; };%s",
		 tail);
	outcome_run(&o, text, false);
	ck_assert_msg(!o.refused && o.end == TRACE_END_OK, "%s", o.text);
	ck_assert_uint_ge(o.report.guests[0].total.report_bytes, UINT64_C(200) << 20);
	outcome_free(&o);
}
END_TEST

/* A core of our own, before or after the driver. */
static const char *with_core(const char *image, bool before, const char *properties)
{
	static char text[8192];
	char *at, tail[8192];

	snprintf(text, sizeof(text), "%s",
		 make(OURS, "free-page-reporting;", "", MEMHOG, ""));
	at = strstr(text, "modules {") + strlen("modules {");
	if (!before)
		at = strstr(at, "};") + strlen("};");
	snprintf(tail, sizeof(tail), "%s", at);
	snprintf(at, sizeof(text) - (at - text),
		 " core { compatible = \"ballast,module\"; image = \"%s\"; %s };%s", image,
		 properties, tail);
	return text;
}

START_TEST(a_core_without_its_order_has_the_default_one)
{
	struct outcome o;

	/* As before 5.14. It reports nothing, so nothing is reported. */
	outcome_run(&o, with_core("broken-guest-core", true, ""), false);
	ck_assert_msg(!o.refused && o.end == TRACE_END_OK, "%s", o.text);
	ck_assert_uint_eq(o.report.guests[0].total.report_requests, 0);
	outcome_free(&o);
}
END_TEST

START_TEST(a_core_after_the_driver_is_refused_unless_it_is_moved)
{
	struct outcome o;

	outcome_run(&o, with_core("broken-guest-core", false, ""), false);
	ck_assert(o.refused);
	ck_assert_msg(strstr(o.text, "/guest/modules/core: a page reporting core has to be loaded "
			     "before the drivers that report; put it before driver, or give it a "
			     "load-order below 100") != NULL, "%s", o.text);
	outcome_free(&o);
	outcome_run(&o, with_core("broken-guest-core", false, "load-order = <99>;"), false);
	ck_assert_msg(!o.refused && o.end == TRACE_END_OK, "%s", o.text);
	outcome_free(&o);
}
END_TEST

static const struct half {
	const char *image, *says;
} halves[] = {
	{ "broken-guest-half-core", "a page reporting core without page_reporting_unregister" },
	{ "broken-guest-half-ring", "a ring without vring_del_virtqueue" },
	{ "broken-guest-half-bus", "a bus of virtio devices without unregister_virtio_driver" },
};

START_TEST(a_part_of_a_kernel_that_lacks_a_function_is_refused)
{
	struct outcome o;

	outcome_run(&o, with_core(halves[_i].image, true, ""), false);
	ck_assert(o.refused);
	ck_assert_msg(strstr(o.text, halves[_i].says) != NULL, "%s", o.text);
	outcome_free(&o);
}
END_TEST

START_TEST(two_runs_give_the_same_trace)
{
	struct outcome a, b;

	outcome_run(&a, make(OURS, "free-page-reporting;", "", MEMHOG, SHRINK_AND_GROW), true);
	ck_assert_msg(!a.refused, "%s", a.text);
	/* The name of the scenario is in the trace: run the same file again. */
	outcome_run(&b, scenario, true);
	ck_assert_uint_eq(a.report.events, b.report.events);
	ck_assert_uint_eq(a.report.time, b.report.time);
	ck_assert_uint_eq(a.report.records, b.report.records);
	outcome_free(&a);
	outcome_free(&b);
}
END_TEST

static const struct report_cost *cost_of(const struct outcome *o, const char *name)
{
	unsigned int i;

	for (i = 0; i < o->report.nr_costs; i++)
		if (!strcmp(o->report.costs[i].name, name))
			return &o->report.costs[i];
	return NULL;
}

START_TEST(inflating_and_deflating_are_two_costs)
{
	const struct report_cost *in, *out;
	struct outcome o;

	outcome_run(&o, make(OURS, "", "", IDLE, SHRINK_AND_GROW), false);
	ck_assert_msg(!o.refused && o.end == TRACE_END_OK, "%s", o.text);
	in = cost_of(&o, "balloon-inflate");
	out = cost_of(&o, "balloon-deflate");
	ck_assert(in && out);
	ck_assert_uint_eq(in->count, o.report.guests[0].total.inflate_pages);
	ck_assert_uint_eq(out->count, o.report.guests[0].total.deflate_pages);
	ck_assert_uint_gt(in->ns / in->count, out->ns / out->count);
	outcome_free(&o);
}
END_TEST

/* A vCPU that runs while its memory is discarded has to leave the guest for the flush. */
START_TEST(a_tlb_flush_interrupts_whoever_runs)
{
	uint64_t exits, asked = 0, answered = 0;
	struct outcome busy;

	outcome_run(&busy, make(OURS, "", "", "use { compatible = \"ballast,program-page-fault1\";"
				" size-mib = <64>; loops = <400>; };",
				"commands { shrink: shrink { compatible = \"ballast,set-balloon\";"
				" guest = <&g>; target-mib = <256>; start-ms = <1500>; }; };"),
		    false);
	ck_assert_msg(!busy.refused && busy.end == TRACE_END_OK, "%s", busy.text);
	exits = busy.report.guests[0].exits[TRACE_EXIT_INTERRUPT];
	ck_assert_uint_gt(exits, 50);
	for (unsigned int i = 0; i < busy.report.nr_costs; i++) {
		const struct report_cost *cost = &busy.report.costs[i];

		if (strcmp(cost->name, "tlb-flush"))
			continue;
		asked += cost->domain == TRACE_DOMAIN_VMM_KERNEL ? cost->count : 0;
		answered += cost->domain == TRACE_DOMAIN_EXIT ? cost->count : 0;
	}
	/* There are some of vCPUs that are not in the guest, and of the VMM's own. */
	ck_assert_uint_gt(asked, exits);
	ck_assert_uint_eq(answered, exits);
	outcome_free(&busy);
}
END_TEST

/* Broken drivers */

#define USE_MEMORY                                                                                 \
	"use { compatible = \"ballast,program-churn\"; size-mib = <300>; duration-ms = <20000>;"   \
	" min-kib = <64>; max-kib = <4096>; lifetime-ms = <500>; };"
#define SHRINK_EARLY                                                                               \
	"commands { shrink { compatible = \"ballast,set-balloon\"; guest = <&g>;"                  \
	" target-mib = <448>; start-ms = <4000>; }; };"

static const struct broken {
	const char *image, *device_props, *guest_props, *programs, *commands;
	enum trace_end end;
	const char *says;
} broken[] = {
	{ "broken-guest-discard-used", "", "", USE_MEMORY, SHRINK_EARLY, TRACE_END_DATA_LOSS,
	  "data loss: guest guest" },
	{ "broken-guest-stale-poison", "free-page-reporting;", "page-poison;",
	  MEMHOG "again { compatible = \"ballast,program-memhog\"; size-mib = <256>; };", "",
	  TRACE_END_PROTOCOL, "poison" },
	{ "broken-guest-missed-completion", "", "", IDLE, SHRINK_EARLY, TRACE_END_DEADLOCK,
	  "broken_answered" },
	{ "broken-guest-missed-completion", "", "", IDLE, SHRINK_EARLY, TRACE_END_DEADLOCK,
	  ": 1 answered by the device, not taken by the driver" },
	/* A packed ring says that there is one, not how many. */
	{ "broken-guest-missed-completion", "packed;", "", IDLE, SHRINK_EARLY, TRACE_END_DEADLOCK,
	  ": answered by the device, not taken by the driver" },
	{ "broken-guest-lost-page", "", "", IDLE, SHRINK_EARLY, TRACE_END_LEAK,
	  "pages are missing after its modules were removed" },
	{ "broken-guest-double-free", "", "", IDLE, SHRINK_EARLY, TRACE_END_PROTOCOL,
	  "page_ref_count" },
	{ "broken-guest-told-twice", "", "", IDLE, SHRINK_EARLY, TRACE_END_PROTOCOL,
	  "is told to the host as ballooned, and it is so already" },
	{ "broken-guest-freed-while-told", "", "", IDLE, SHRINK_EARLY, TRACE_END_DATA_LOSS,
	  "is free: it is on a" },
	{ "broken-guest-forgotten-balloon", "", "", IDLE, SHRINK_EARLY, TRACE_END_LEAK,
	  "16384 pages are missing after its modules were removed" },
	{ "broken-guest-managed-once-more", "", "", IDLE, SHRINK_EARLY, TRACE_END_LEAK,
	  "its kernel counts 16384 managed pages more than before" },
	{ "broken-guest-left-timer", "", "", IDLE, SHRINK_EARLY, TRACE_END_LEAK,
	  "its modules left behind: a timer that is armed" },
	{ "broken-guest-left-notifier", "", "", IDLE, SHRINK_EARLY, TRACE_END_LEAK,
	  "its modules left behind: an OOM notifier" },
	{ "broken-guest-left-memory", "", "", IDLE, SHRINK_EARLY, TRACE_END_LEAK,
	  "its modules left behind: 16384 objects of kmalloc-128" },
	{ "broken-guest-bug", "", "", IDLE, SHRINK_EARLY, TRACE_END_PROTOCOL,
	  "guest guest: kernel BUG at tests/broken/guest-bug.c:8: b->size == 100" },
	{ "broken-guest-probe-fails", "", "", IDLE, SHRINK_EARLY, TRACE_END_PROTOCOL,
	  "no driver answers balloon balloon of guest guest: probing failed with error -22" },
	{ "broken-guest-lies-about-size", "", "", IDLE, SHRINK_EARLY, TRACE_END_PROTOCOL,
	  "says that 16384 pages are in the balloon, and has told the host of 100" },
	{ "broken-guest-wrong-statistics", "guest-stats-polling-s = <1>;", "", IDLE, "",
	  TRACE_END_PROTOCOL, "guest guest: stat-total-memory is " },
	{ "broken-guest-once", "", "", IDLE, SHRINK_EARLY, TRACE_END_LEAK,
	  "its modules left behind: a device that it cannot probe again (error -16)" },
	{ "broken-guest-keeps-hints", "free-page-hint;", "", IDLE, "", TRACE_END_LEAK,
	  "pages are missing after its modules were removed" },
	{ "broken-guest-still-reports", "", "", IDLE, "", TRACE_END_LEAK,
	  "its modules left behind: page reporting to its device" },
	{ "broken-guest-mute-statistics", "guest-stats-polling-s = <1>;", "", IDLE
	  "more { compatible = \"ballast,program-idle\"; duration-ms = <9000>; };", "",
	  TRACE_END_HANG, "guest guest has been asked for statistics every 1 s, and has not" },
	{ "broken-guest-frees-before-telling", "", "", IDLE, SHRINK_EARLY, TRACE_END_PROTOCOL,
	  "is used again, or free for it, before the host was told" },
	{ "broken-guest-deaf", "", "", IDLE, SHRINK_EARLY, TRACE_END_UNMET,
	  "command shrink: guest guest has 512 MiB, the target is 448 MiB" },
	{ "broken-guest-config-in-atomic", "", "", IDLE, SHRINK_EARLY, TRACE_END_PROTOCOL,
	  "sleeping function called from invalid context at "
	  "tests/broken/guest-config-in-atomic.c:11" },
	{ "broken-guest-allocates-in-atomic", "", "", IDLE, SHRINK_EARLY, TRACE_END_PROTOCOL,
	  "called by image broken-guest-allocates-in-atomic: allocate(), "
	  "guest-allocates-in-atomic.c:10" },
	{ "broken-guest-sleeps-in-atomic", "", "", IDLE, SHRINK_EARLY, TRACE_END_PROTOCOL,
	  "sleeping function called from invalid context" },
};

START_TEST(broken_drivers_are_caught)
{
	const struct broken *b = &broken[_i];
	struct outcome o;

	outcome_run(&o, make(b->image, "virtio-ballast", "virtio-ballast-pci",
			     b->device_props, b->guest_props, b->programs, b->commands), false);
	ck_assert_msg(!o.refused, "%s", o.text);
	ck_assert_msg(o.end == b->end, "%s: ended as %d: %s", b->image, o.end, o.text);
	ck_assert_msg(strstr(o.text, b->says) != NULL, "%s: says: %s", b->image, o.text);
	outcome_free(&o);
}
END_TEST

/*
 * Modules are removed while the migration that has asked for hints waits for its receiver: a device
 * that waits for it, too, does so with the big lock held, and the VMM answers nobody.
 */
static const struct {
	const char *image, *type, *says;	/* NULL: nothing */
} waiting[] = {
	{ "virtio-ballast", "virtio-ballast-pci", NULL },
	{ "broken-variant-waits-for-hints", "virtio-ballast-pci", "a condition of the VMM" },
	{ "upstream-virtio-balloon", "virtio-balloon-pci", "a mutex of the VMM" },
};

START_TEST(a_vmm_that_waits_for_a_receiver_is_caught)
{
	const char *says = waiting[_i].says, *at;
	struct outcome o;

	if (!test_image_exists(waiting[_i].image))
		return;
	make("virtio_ballast", waiting[_i].image, waiting[_i].type,
	     "free-page-hint; migration-stalls;", "", IDLE, "");
	/* A task that is left on the queue of a single one would keep its tick going: a hang. */
	*strchr(strstr(scenario, "vcpus = <1>"), '1') = '2';
	outcome_run(&o, scenario, false);
	ck_assert_msg(!o.refused, "%s", o.text);
	ck_assert_msg(o.end == (says ? TRACE_END_DEADLOCK : TRACE_END_OK), "%s: ended as %d: %s",
		      waiting[_i].image, o.end, o.text);
	at = strstr(o.text, "guest/vcpu0 waits for ");
	ck_assert_msg(!says || (at && strstr(at, says)), "%s: %s", waiting[_i].image, o.text);
	outcome_free(&o);
}
END_TEST

START_TEST(unknown_parameters_and_images_are_refused_before_the_run)
{
	static const char image[] = "image = \"virtio_ballast\";";
	static const char parameters[] = " parameters { no_such = <1>; };";
	struct outcome o;
	char *at;

	outcome_run(&o, make("no_such_driver", "virtio-ballast", "virtio-ballast-pci", "", "",
			     IDLE, ""), false);
	ck_assert(o.refused);
	ck_assert_msg(strstr(o.text, "/guest/modules/driver: image: there is no file") != NULL,
		      "%s", o.text);
	outcome_free(&o);
	make(OURS, "", "", IDLE, "");
	at = strstr(scenario, image) + strlen(image);
	memmove(at + strlen(parameters), at, strlen(at) + 1);
	memcpy(at, parameters, strlen(parameters));
	outcome_run(&o, scenario, false);
	ck_assert_msg(o.refused && strstr(o.text, "no_such") != NULL, "%s", o.text);
	outcome_free(&o);
}
END_TEST

/* Images */

START_TEST(a_thousand_private_copies_of_an_image)
{
	enum { N = 1000 };
	static struct image *copies[N];
	char path[4096], err[512];
	void *previous = NULL;
	int i;

	snprintf(path, sizeof(path), "%s/virtio_ballast.so", test_images());
	for (i = 0; i < N; i++) {
		void *init;

		copies[i] = image_load(path, err, sizeof(err));
		ck_assert_msg(copies[i] != NULL, "copy %d: %s", i, err);
		init = image_symbol(copies[i], "init_module");
		ck_assert_ptr_nonnull(init);
		ck_assert_ptr_ne(init, previous);
		previous = init;
	}
	for (i = 0; i < N; i++)
		image_unload(copies[i]);
}
END_TEST

START_TEST(statics_of_two_copies_differ)
{
	char path[4096], err[512];
	struct image *a, *b;
	int *counter_a, *counter_b;

	snprintf(path, sizeof(path), "%s/broken-guest-counter.so", test_images());
	a = image_load(path, err, sizeof(err));
	b = image_load(path, err, sizeof(err));
	ck_assert_msg(a && b, "%s", err);
	counter_a = image_symbol(a, "counter");
	counter_b = image_symbol(b, "counter");
	*counter_a = 7;
	ck_assert_int_eq(*counter_b, 1);
	/* Unloading one must not take the other's memory away. */
	image_unload(a);
	ck_assert_int_eq(*counter_b, 1);
	image_unload(b);
}
END_TEST

/* Each pairing whose images are there. */
static void add_pairings(TCase *tc)
{
	unsigned int i, missing = 0;

	for (i = 0; i < NR_PAIRINGS; i++) {
		if (!available(&pairings[i])) {
			missing += 2;
			continue;
		}
		tcase_add_loop_test(tc, balloon_grows_to_its_target_and_back, i, i + 1);
		tcase_add_loop_test(tc, free_pages_are_reported_and_leave_the_host, i, i + 1);
	}
	if (missing)
		skip_tests(missing, "stock halves of pairings are not built; run 'make upstream'");
}

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("drivers");
	TCase *tc = tcase_create("drivers");

	tcase_set_timeout(tc, 120);
	add_pairings(tc);
	tcase_add_test(tc, poison_is_honoured);
	tcase_add_test(tc, inflating_and_deflating_are_two_costs);
	tcase_add_test(tc, a_tlb_flush_interrupts_whoever_runs);
	if (test_image_exists("upstream-page_reporting"))
		tcase_add_test(tc, stock_page_reporting_can_take_the_place_of_ours);
	else
		skip_tests(1, "there is no stock reporting core; run 'make upstream'");
	tcase_add_test(tc, a_core_without_its_order_has_the_default_one);
	tcase_add_test(tc, a_core_after_the_driver_is_refused_unless_it_is_moved);
	tcase_add_loop_test(tc, a_part_of_a_kernel_that_lacks_a_function_is_refused, 0,
			    sizeof(halves) / sizeof(halves[0]));
	tcase_add_test(tc, two_runs_give_the_same_trace);
	tcase_add_loop_test(tc, broken_drivers_are_caught, 0,
			    sizeof(broken) / sizeof(broken[0]));
	tcase_add_loop_test(tc, a_vmm_that_waits_for_a_receiver_is_caught, 0,
			    sizeof(waiting) / sizeof(waiting[0]));
	tcase_add_test(tc, unknown_parameters_and_images_are_refused_before_the_run);
	tcase_add_test(tc, a_thousand_private_copies_of_an_image);
	tcase_add_test(tc, statics_of_two_copies_differ);
	suite_add_tcase(s, tc);
	return s;
}
