// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is done to hosts and guests by hand: caches dropped, memory compacted, swapoff, guests
 * paused, shut down and started again; and what cannot be done.
 */
#include "scenario_run.h"
#include "suite.h"

#define MIB (UINT64_C(1) << 20)
#define SEC UINT64_C(1000000000)

static char scenario[8192];

#define SWAP                                                                                       \
	"swap { compatible = \"ballast,swap-nvme\"; size-mib = <1024>; queue-depth = <64>;"        \
	" read-us = <80>; write-us = <20>; transfer-mib-per-s = <3000>; };"
#define BALLOON                                                                                    \
	"devices { b { compatible = \"ballast,virtio-ballast\"; }; };"                             \
	"modules { d { compatible = \"ballast,module\"; image = \"virtio_ballast\"; }; };"
#define IDLE "idle { compatible = \"ballast,program-idle\"; duration-ms = <10000>; };"

/* A guest of 512 MiB, &g. */
static const char *make(const char *host, const char *guest, const char *programs,
			const char *commands)
{
	snprintf(scenario, sizeof(scenario),
		 "/dts-v1/;\n/include/ \"costs/skylake.dtsi\"\n"
		 "/ { compatible = \"ballast,scenario\"; description = \"test\";"
		 " until-ms = <60000>; jitter = \"off\";\n"
		 "host { compatible = \"ballast,host\"; memory-mib = <1024>; cpus = <2>; %s };\n"
		 "g: guest-a { compatible = \"ballast,guest\"; memory-mib = <512>; vcpus = <2>;"
		 " %s\n"
		 "programs { %s }; };\ncommands { %s }; };\n", host, guest, programs, commands);
	return scenario;
}

static void run(struct outcome *o, const char *text)
{
	outcome_run(o, text, false);
	ck_assert_msg(!o->refused, "%s", o->text);
	ck_assert_msg(o->end == TRACE_END_OK, "%s", o->text);
}

static const struct report_command *command(const struct outcome *o, unsigned int nr)
{
	ck_assert_uint_lt(nr, o->report.nr_commands);
	ck_assert(o->report.commands[nr].ended);
	return &o->report.commands[nr];
}

static void says(const struct outcome *o, unsigned int nr, const char *text)
{
	const struct report_command *c = command(o, nr);

	ck_assert_msg(c->text && strstr(c->text, text), "%s", c->text ? c->text : "nothing");
}

static void fails(const char *text, const char *error)
{
	struct outcome o;

	outcome_run(&o, text, false);
	ck_assert_msg(o.refused || o.end == TRACE_END_FAILED, "ended as %d: %s", o.end, o.text);
	ck_assert_msg(strstr(o.text, error) != NULL, "%s", o.text);
	outcome_free(&o);
}

/* drop_pagecache_sb() of fs/drop_caches.c */
START_TEST(the_host_drops_its_page_cache)
{
	struct outcome o;

	run(&o, make("files { compatible = \"ballast,host-files\"; size-mib = <200>;"
		     " cached-mib = <150>; };", "", IDLE,
		     "d { compatible = \"ballast,drop-caches\"; start-ms = <1000>; };"));
	ck_assert_uint_eq(command(&o, 0)->guest, TRACE_HOST);
	ck_assert_uint_eq(command(&o, 0)->end.result, TRACE_COMMAND_DONE);
	says(&o, 0, "150 MiB dropped");
	/* Looking at each page takes time. */
	ck_assert_uint_gt(command(&o, 0)->end.took, 1000000);
	outcome_free(&o);
}
END_TEST

/* mapping_evict_folio(): what has been read goes, active or not. */
START_TEST(a_guest_drops_its_page_cache)
{
	struct outcome o;

	run(&o, make("", "", "scan { compatible = \"ballast,program-filescan\"; file-mib = <100>;"
		     " loops = <3>; };" IDLE,
		     "d { compatible = \"ballast,drop-caches\"; guest = <&g>; after = <&{/guest-a/"
		     "programs/scan}>; };"));
	says(&o, 0, "100 MiB dropped");
	ck_assert_uint_eq(o.report.guests[0].where[TRACE_MOMENT_END].parts.cache, 0);
	outcome_free(&o);
}
END_TEST

/* compact_node() of mm/compaction.c, asked for from outside. */
START_TEST(a_guest_compacts_its_memory)
{
	struct outcome o;
	unsigned int now, before;

	run(&o, make("", "thp = \"never\";",
		     "small { compatible = \"ballast,program-churn\"; background; size-mib = <180>;"
		     " max-kib = <8>; lifetime-ms = <200>; duration-ms = <4000>; };"
		     "large { compatible = \"ballast,program-churn\"; size-mib = <150>;"
		     " max-kib = <1024>; lifetime-ms = <2000>; duration-ms = <5000>; };",
		     "c { compatible = \"ballast,compact-memory\"; guest = <&g>;"
		     " start-ms = <4500>; };"));
	ck_assert_int_eq(sscanf(command(&o, 0)->text, "%u MiB free in blocks of 2 MiB, %u", &now,
				&before), 2);
	ck_assert_uint_gt(now, before);
	outcome_free(&o);
}
END_TEST

/* Guest a uses 400 MiB and idles, then guest b 600 MiB, on a host of 1 GiB. */
static const char *pressed(const char *commands)
{
	return make(SWAP, "", "hog { compatible = \"ballast,program-memhog\"; size-mib = <400>; };"
		    IDLE "}; };\nh: guest-b { compatible = \"ballast,guest\";"
		    " memory-mib = <768>; programs { hog { compatible ="
		    " \"ballast,program-memhog\"; size-mib = <600>; start-ms = <2000>; };",
		    commands);
}

#define OFF "o: off { compatible = \"ballast,swapoff\"; start-ms = <6000>; };"

/* oom_evaluate_task(): swapoff goes first (oom_task_origin()), and the swap device stays. */
START_TEST(swapoff_without_room_is_killed)
{
	struct outcome o;

	run(&o, pressed(OFF));
	ck_assert_uint_eq(command(&o, 0)->guest, TRACE_HOST);
	ck_assert_uint_eq(command(&o, 0)->end.result, TRACE_COMMAND_FAILED);
	says(&o, 0, "killed by the OOM killer");
	ck_assert_uint_eq(o.report.nr_casualties, 0);
	ck_assert_uint_gt(o.report.swaps[0].last.used, 0);
	outcome_free(&o);
}
END_TEST

START_TEST(without_swap_there_is_nothing_to_turn_off)
{
	fails(make("", "", IDLE, OFF), "/commands/off: the host has no swap; allowed: a host with a "
	      "swap device");
}
END_TEST

/* virtio_balloon_to_target(): (ram_size - target) >> VIRTIO_BALLOON_PFN_SHIFT pages are to go. */
START_TEST(a_target_in_kib_is_one_of_pages)
{
	struct outcome o;

	run(&o, make("", BALLOON, IDLE, "b { compatible = \"ballast,set-balloon\"; guest = <&g>;"
		     " target-kib = <400001>; };"));
	ck_assert_uint_eq(command(&o, 0)->end.result, TRACE_COMMAND_REACHED);
	ck_assert_uint_eq(command(&o, 0)->end.actual, 400004 * 1024);
	outcome_free(&o);
	fails(make("", BALLOON, IDLE, "b { compatible = \"ballast,set-balloon\"; guest = <&g>; };"),
	      "target-mib: missing; allowed: 1..512 MiB, or target-kib");
	fails(make("", BALLOON, IDLE, "b { compatible = \"ballast,set-balloon\"; guest = <&g>;"
		   " target-kib = <400001>; target-mib = <400>; };"),
	      "target-mib: target-kib is another target; allowed: 1..512 MiB, or target-kib");
	fails(make("", BALLOON, IDLE, "b { compatible = \"ballast,set-balloon\"; guest = <&g>;"
		   " target-kib = <600000>; };"),
	      "target-kib: more than guest guest-a has; allowed: 1..524288 KiB");
}
END_TEST

static TCase *make_memory_tests(void)
{
	TCase *tc = tcase_create("memory");

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, the_host_drops_its_page_cache);
	tcase_add_test(tc, a_guest_drops_its_page_cache);
	tcase_add_test(tc, a_guest_compacts_its_memory);
	tcase_add_test(tc, swapoff_without_room_is_killed);
	tcase_add_test(tc, without_swap_there_is_nothing_to_turn_off);
	tcase_add_test(tc, a_target_in_kib_is_one_of_pages);
	return tc;
}

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("commands");

	suite_add_tcase(s, make_memory_tests());
	return s;
}
