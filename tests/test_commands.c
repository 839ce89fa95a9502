// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is done to hosts and guests by hand: caches dropped, memory compacted, swapoff, guests
 * paused, shut down and started again; and what cannot be done.
 */
#include "scenario_run.h"
#include "suite.h"

#define MIB (UINT64_C(1) << 20)
#define SEC UINT64_C(1000000000)

static char scenario[8192], host[1024];

#define IDLE "idle { compatible = \"ballast,program-idle\"; duration-ms = <10000>; };"

/* A guest of 512 MiB, &g. */
static const char *make(const char *in_host, const char *guest, const char *programs,
			const char *commands)
{
	snprintf(scenario, sizeof(scenario),
		 "/dts-v1/;\n/include/ \"costs/skylake.dtsi\"\n"
		 "/ { compatible = \"ballast,scenario\"; description = \"test\";"
		 " until-ms = <60000>; jitter = \"off\";\n"
		 "host { compatible = \"ballast,host\"; %s cpus = <2>; %s };\n"
		 "g: guest-a { compatible = \"ballast,guest\"; memory-mib = <512>; vcpus = <2>;"
		 " %s\n"
		 "programs { %s }; };\ncommands { %s }; };\n",
		 strstr(in_host, "memory-mib") ? "" : "memory-mib = <1024>;", in_host, guest,
		 programs, commands);
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

/* What threads ran is what accounts have, whoever has ended meanwhile. */
static void add_up(const struct outcome *o)
{
	uint64_t ran = 0, charged = o->report.host_cpu;
	unsigned int i;

	for (i = 0; i < o->report.nr_threads; i++)
		ran += o->report.threads[i].ran;
	for (i = 0; i < NR_TRACE_DOMAINS; i++)
		charged += o->report.guests[0].cpu[i];
	ck_assert_uint_eq(ran, charged);
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
	return make(NVME_NODE, "", "hog { compatible = \"ballast,program-memhog\";"
		    " size-mib = <400>; };" IDLE
		    "}; };\nh: guest-b { compatible = \"ballast,guest\";"
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

/* try_to_unuse(): once there is room, it all comes back, and nothing is swapped any more. */
/* Others that are short of memory wait until it has ended, and time passes for them. */
START_TEST(swapoff_that_is_killed_is_in_nobodys_way)
{
	struct outcome o;

	run(&o, make(NVME_NODE, "", "hog { compatible = \"ballast,program-memhog\";"
		     " size-mib = <400>; loops = <30>; };"
		     "}; };\nh: guest-b { compatible = \"ballast,guest\";"
		     " memory-mib = <768>; programs { hog { compatible ="
		     " \"ballast,program-memhog\"; size-mib = <700>; start-ms = <500>;"
		     " loops = <30>; };", "o: off { compatible = \"ballast,swapoff\";"
		     " start-ms = <1500>; };"));
	ck_assert_uint_eq(command(&o, 0)->end.result, TRACE_COMMAND_FAILED);
	outcome_free(&o);
}
END_TEST

START_TEST(swapoff_reads_everything_back)
{
	struct outcome o;
	unsigned int mib;

	run(&o, pressed("s: down { compatible = \"ballast,shutdown\"; guest = <&h>;"
			" start-ms = <5000>; };" OFF
			"again { compatible = \"ballast,swapoff\"; after = <&o>; };"));
	ck_assert_uint_eq(command(&o, 1)->end.result, TRACE_COMMAND_DONE);
	ck_assert_int_eq(sscanf(command(&o, 1)->text, "%u MiB out of swap", &mib), 1);
	ck_assert_uint_gt(mib, 20);
	/* Most of it is read from the device, what is in the swap cache still is not. */
	ck_assert_uint_gt(command(&o, 1)->end.took, 5000000);
	ck_assert_uint_gt(o.report.swaps[0].last.bytes_read, mib * MIB * 9 / 10);
	ck_assert_uint_eq(o.report.swaps[0].last.used, 0);
	ck_assert_uint_eq(o.report.guests[0].last.swapped, 0);
	says(&o, 2, "it is off already");
	outcome_free(&o);
}
END_TEST

START_TEST(without_swap_there_is_nothing_to_turn_off)
{
	fails(make("", "", IDLE, OFF),
	      "/commands/off: the host has no swap; allowed: a host with a swap device");
}
END_TEST

/* virtio_balloon_to_target(): (ram_size - target) >> VIRTIO_BALLOON_PFN_SHIFT pages are to go. */
START_TEST(a_target_in_kib_is_one_of_pages)
{
	struct outcome o;

	run(&o, make("", OUR_BALLOON, IDLE, "b { compatible = \"ballast,set-balloon\";"
		     " guest = <&g>; target-kib = <400001>; };"));
	ck_assert_uint_eq(command(&o, 0)->end.result, TRACE_COMMAND_REACHED);
	ck_assert_uint_eq(command(&o, 0)->end.actual, 400004 * 1024);
	outcome_free(&o);
	fails(make("", OUR_BALLOON, IDLE, "b { compatible = \"ballast,set-balloon\";"
		   " guest = <&g>; };"),
	      "target-mib: missing; allowed: 1..512 MiB, or target-kib");
	fails(make("", OUR_BALLOON, IDLE, "b { compatible = \"ballast,set-balloon\"; guest = <&g>;"
		   " target-kib = <400001>; target-mib = <400>; };"),
	      "target-mib: target-kib is another target; allowed: 1..512 MiB, or target-kib");
	fails(make("", OUR_BALLOON, IDLE, "b { compatible = \"ballast,set-balloon\"; guest = <&g>;"
		   " target-kib = <600000>; };"),
	      "target-kib: more than guest guest-a has; allowed: 1..524288 KiB");
}
END_TEST

/* Whole guests */

#define PAUSE(at)                                                                                  \
	"p: stop { compatible = \"ballast,pause\"; guest = <&g>; start-ms = <" #at ">; };"
#define RESUME(at)                                                                                 \
	"r: cont { compatible = \"ballast,resume\"; guest = <&g>; start-ms = <" #at ">; };"
#define DOWN(at)                                                                                   \
	"d: quit { compatible = \"ballast,shutdown\"; guest = <&g>; start-ms = <" #at ">; };"
#define START(at)                                                                                  \
	"u: start { compatible = \"ballast,start\"; guest = <&g>; start-ms = <" #at ">; };"

/* kvmclock_vm_state_change() of QEMU: who sleeps in the guest sleeps that much longer. */
START_TEST(a_guest_that_is_paused_sees_no_time_pass)
{
	struct outcome o;
	const struct report_program *p;

	run(&o, make("", "", IDLE, PAUSE(2000) RESUME(6000)));
	p = &o.report.programs[0];
	ck_assert_int_eq(p->state, PROGRAM_ENDED);
	ck_assert_uint_ge(p->end - p->start, 14 * SEC);
	ck_assert_uint_lt(p->end - p->start, 14 * SEC + SEC / 10);
	outcome_free(&o);
}
END_TEST

/* Programs read the guest's clock, too: one that has so much time has it, and has lost none. */
static const char *const timed[] = {
	"ballast,program-ftq", "ballast,program-stream", "ballast,program-churn",
};

START_TEST(programs_go_by_the_clock_of_their_guest)
{
	const struct report_program *p;
	struct outcome o;
	char program[256];

	snprintf(program, sizeof(program), "p { compatible = \"%s\"; duration-ms = <6000>; %s };",
		 timed[_i], _i ? "size-mib = <64>;" : "");
	run(&o, make("", "", program, PAUSE(2000) RESUME(6000)));
	p = &o.report.programs[0];
	ck_assert_int_eq(p->state, PROGRAM_ENDED);
	ck_assert_uint_ge(p->end - p->start, 10 * SEC);
	ck_assert_uint_lt(p->end - p->start, 10 * SEC + SEC / 4);
	ck_assert_uint_le(report_measured_lost(&p->measured), 2);
	outcome_free(&o);
}
END_TEST

/* The VMM ends with the command in its main loop (with sanitizers: and nothing is left of it). */
START_TEST(commands_that_a_vmm_ends_before_are_nobody_s)
{
	struct outcome o;

	run(&o, make("", "", IDLE, PAUSE(2000) DOWN(2000)));
	ck_assert_int_ne(o.report.programs[0].state, PROGRAM_ENDED);
	outcome_free(&o);
}
END_TEST

/* pause_all_vcpus(): no vCPU runs; what was under way goes on afterwards. */
START_TEST(a_guest_that_is_paused_does_nothing)
{
	const char *busy = "hog { compatible = \"ballast,program-memhog\"; size-mib = <300>;"
			   " loops = <40>; };";
	struct outcome o;
	uint64_t free_run, cpu;

	run(&o, make("", "", busy, ""));
	free_run = o.report.programs[0].end;
	cpu = o.report.programs[0].cpu;
	outcome_free(&o);
	run(&o, make("", "", busy, PAUSE(500) RESUME(8500)));
	ck_assert_uint_gt(o.report.programs[0].end, free_run + 8 * SEC - SEC / 100);
	ck_assert_uint_lt(o.report.programs[0].end, free_run + 8 * SEC + SEC / 20);
	ck_assert_uint_lt(o.report.programs[0].cpu, cpu + cpu / 50);
	outcome_free(&o);
}
END_TEST

/* QEMU_CLOCK_VIRTUAL stops: the balloon's statistics are not asked for; a target waits. */
START_TEST(a_balloon_waits_for_its_guest_to_go_on)
{
	struct outcome o;

	run(&o, make("", "devices { b { compatible = \"ballast,virtio-ballast\";"
		     " guest-stats-polling-s = <1>; }; };"
		     "modules { d { compatible = \"ballast,module\"; image = \"virtio_ballast\"; };"
		     " };", IDLE, PAUSE(2000) RESUME(7000)
		     "b { compatible = \"ballast,set-balloon\"; guest = <&g>; target-mib = <400>;"
		     " start-ms = <3000>; };"));
	ck_assert_uint_eq(command(&o, 2)->end.result, TRACE_COMMAND_REACHED);
	ck_assert_uint_gt(command(&o, 2)->end.took, 4 * SEC);
	ck_assert_uint_lt(command(&o, 2)->end.took, 5 * SEC);
	outcome_free(&o);
}
END_TEST

START_TEST(a_guest_that_stays_paused_is_named)
{
	struct outcome o;

	outcome_run(&o, make("", "", IDLE, PAUSE(2000)), false);
	ck_assert_int_eq(o.end, TRACE_END_UNMET);
	ck_assert_msg(strstr(o.text, "guest guest-a is paused") != NULL, "%s", o.text);
	outcome_free(&o);
}
END_TEST

/* exit_mmap(): all of the VMM's memory is free, and its programs are cut off. */
START_TEST(a_guest_that_is_shut_down_gives_its_memory_back)
{
	struct outcome o;

	run(&o, make("", "", "hog { compatible = \"ballast,program-memhog\"; size-mib = <300>;"
		     " hold-ms = <10000>; };", DOWN(3000)));
	says(&o, 0, "MiB of the host's memory free again");
	ck_assert_int_ge(atoi(command(&o, 0)->text), 335);
	ck_assert_uint_eq(o.report.host.used, 0);
	ck_assert_int_eq(o.report.programs[0].state, PROGRAM_SHUT_DOWN);
	ck_assert(o.report.guests[0].off);
	ck_assert_uint_eq(o.report.guests[0].off_reason, TRACE_OFF_POWER);
	outcome_free(&o);
}
END_TEST

START_TEST(a_guest_that_is_started_again_runs_its_programs_anew)
{
	struct outcome o;
	unsigned int i;

	run(&o, make("", OUR_BALLOON, "hog { compatible = \"ballast,program-memhog\";"
		     " size-mib = <300>; hold-ms = <5000>; };",
		     "a { compatible = \"ballast,set-balloon\"; guest = <&g>;"
		     " target-mib = <450>; };"
		     DOWN(3000) START(4000)
		     "b { compatible = \"ballast,set-balloon\"; guest = <&g>; target-mib = <400>;"
		     " after = <&u>; };" "dd { compatible = \"ballast,shutdown\"; guest = <&g>;"
		     " start-ms = <7000>; };" "uu { compatible = \"ballast,start\"; guest = <&g>;"
		     " start-ms = <8000>; };"));
	for (i = 0; i < 6; i++)
		ck_assert_uint_eq(command(&o, i)->end.result, i == 0 || i == 3 ?
				  TRACE_COMMAND_REACHED : TRACE_COMMAND_DONE);
	/* The new one has no balloon yet. */
	ck_assert_uint_eq(command(&o, 3)->actual_before, 512 * MIB);
	ck_assert_uint_eq(o.report.nr_programs, 3);
	ck_assert_int_eq(o.report.programs[0].state, PROGRAM_SHUT_DOWN);
	ck_assert_int_eq(o.report.programs[1].state, PROGRAM_SHUT_DOWN);
	ck_assert_int_eq(o.report.programs[2].state, PROGRAM_ENDED);
	ck_assert_uint_ge(o.report.programs[2].start, 8 * SEC);
	ck_assert(!o.report.guests[0].off);
	add_up(&o);
	outcome_free(&o);
}
END_TEST

#define ROOM(mib) "memory-mib = <" #mib ">; kernel-reserve-mib = <64>;"

/* While it boots, and when it has long been gone: a VMM that does not run, whichever of the two. */
static const struct {
	const char *host, *shutdown;
} after_kills[] = {
	{ ROOM(150), DOWN(0) },
	{ ROOM(150), DOWN(9000) },
	{ ROOM(400), DOWN(9000) },
};

START_TEST(a_guest_that_was_killed_can_be_shut_down_and_started)
{
	struct outcome o;
	char commands[512];

	snprintf(commands, sizeof(commands), "%s st { compatible = \"ballast,start\";"
		 " guest = <&g>; after = <&d>; };", after_kills[_i].shutdown);
	run(&o, make(after_kills[_i].host, "", "hog { compatible = \"ballast,program-memhog\";"
		     " size-mib = <480>; };", commands));
	ck_assert_uint_eq(o.report.nr_casualties, 2);
	ck_assert_uint_eq(command(&o, 0)->end.result, TRACE_COMMAND_GUEST_GONE);
	ck_assert_uint_eq(command(&o, 1)->end.result, _i < 2 ? TRACE_COMMAND_GUEST_GONE :
			  TRACE_COMMAND_DONE);
	outcome_free(&o);
}
END_TEST

/* Its driver was compiled for that version, and would not be taken by another. */
START_TEST(a_guest_that_is_started_again_is_of_its_version)
{
	struct outcome o;

	run(&o, make("", "kernel = \"6.12\"; " OUR_BALLOON,
		     "hog { compatible = \"ballast,program-memhog\"; size-mib = <300>; };",
		     DOWN(8000) START(9000)));
	ck_assert_uint_eq(command(&o, 1)->end.result, TRACE_COMMAND_DONE);
	ck_assert_int_eq(o.report.programs[o.report.nr_programs - 1].state, PROGRAM_ENDED);
	ck_assert(!o.report.guests[0].off);
	outcome_free(&o);
}
END_TEST

static const struct {
	const char *commands, *error;
} mistakes[] = {
	{ PAUSE(1000) "q { compatible = \"ballast,pause\"; guest = <&g>; after = <&p>; };",
	  "/commands/q: guest guest-a is paused already; allowed: pause of a guest that runs" },
	{ RESUME(1000), "/commands/cont: guest guest-a is not paused; allowed: resume of a guest "
	  "that a command has paused" },
	{ START(1000), "/commands/start: guest guest-a runs; allowed: start of a guest that was "
	  "shut down" },
	{ DOWN(1000) PAUSE(2000), "/commands/stop: guest guest-a does not run, it was shut down; "
	  "allowed: after a \"ballast,start\" of it" },
	{ DOWN(1000) START(5000) PAUSE(2000) "x { compatible = \"ballast,drop-caches\";"
	  " guest = <&g>; start-ms = <500>; }; ",
	  "/commands/stop: guest guest-a does not run, it was shut down" },
	{ "x { compatible = \"ballast,pause\"; };", "guest: missing" },
	{ "x { compatible = \"ballast,swapoff\"; guest = <&g>; };", "guest" },
	{ "x { compatible = \"ballast,drop-cache\"; };", "ballast,drop-cache" },
};

START_TEST(what_cannot_be_done_is_an_error)
{
	fails(make(NVME_NODE, "", IDLE, mistakes[_i].commands), mistakes[_i].error);
}
END_TEST

/* Programs of the host */

#define HOST_PROGRAM(more)                                                                         \
	"hp: backup { compatible = \"ballast,host-program\"; " more " };"
#define HOGS(mib, ms)                                                                              \
	"hog { compatible = \"ballast,program-memhog\"; size-mib = <" #mib ">; hold-ms = <" #ms    \
	">; };"

START_TEST(a_program_of_the_host_takes_memory_for_a_time)
{
	struct outcome o;

	run(&o, make(HOST_PROGRAM("size-mib = <300>; hold-ms = <3000>; start-ms = <1000>;"), "",
		     IDLE, "a { compatible = \"ballast,drop-caches\"; after = <&hp>; };"));
	ck_assert_uint_eq(command(&o, 0)->kind, TRACE_COMMAND_HOST_PROGRAM);
	ck_assert_uint_eq(command(&o, 0)->guest, TRACE_HOST);
	says(&o, 0, "300 MiB resident, 0 MiB swapped");
	ck_assert_uint_ge(command(&o, 0)->end.took, 3 * SEC);
	ck_assert_uint_ge(command(&o, 1)->start, 4 * SEC);
	ck_assert_uint_ge(o.report.used_peak, 300 * 256);
	ck_assert_uint_lt(o.report.host.used, 200 * 256);
	add_up(&o);
	outcome_free(&o);
}
END_TEST

/* It makes the host swap, and is swapped itself as far as it is cold. */
START_TEST(a_program_of_the_host_is_swapped_unless_it_is_hot)
{
	const char *cold = HOST_PROGRAM("size-mib = <500>; hold-ms = <20000>;");
	const char *hot = HOST_PROGRAM("size-mib = <500>; hold-ms = <20000>; hot-mib = <500>;"
				       " period-ms = <50>;");
	unsigned int resident, swapped, of_hot;
	struct outcome o;

	snprintf(host, sizeof(host), "memory-mib = <768>; %s %s", NVME_NODE, cold);
	run(&o, make(host, "", HOGS(440, 12000), ""));
	ck_assert_int_eq(sscanf(command(&o, 0)->text, "%u MiB resident, %u", &resident, &swapped),
			 2);
	ck_assert_uint_gt(swapped, 50);
	ck_assert_uint_ge(resident + swapped, 499);
	outcome_free(&o);
	snprintf(host, sizeof(host), "memory-mib = <768>; %s %s", NVME_NODE, hot);
	run(&o, make(host, "", HOGS(440, 12000), ""));
	ck_assert_int_eq(sscanf(command(&o, 0)->text, "%u MiB resident, %u", &resident, &of_hot),
			 2);
	ck_assert_uint_lt(of_hot, swapped / 2);
	outcome_free(&o);
}
END_TEST

/* oom_badness(): whoever has most, VMM or not. */
START_TEST(the_oom_killer_may_choose_a_program_of_the_host)
{
	struct outcome o;

	snprintf(host, sizeof(host), "memory-mib = <768>; %s",
		 HOST_PROGRAM("size-mib = <500>;"));
	run(&o, make(host, "", "a { compatible = \"ballast,program-idle\"; duration-ms = <3000>; };"
		     HOGS(440, 2000), ""));
	ck_assert_ptr_nonnull(strstr(o.text, "Killed process backup"));
	ck_assert_uint_eq(o.report.nr_casualties, 0);
	ck_assert_int_eq(o.report.programs[1].state, PROGRAM_ENDED);
	outcome_free(&o);
	snprintf(host, sizeof(host), "memory-mib = <768>; %s",
		 HOST_PROGRAM("size-mib = <600>; start-ms = <1000>;"));
	run(&o, make(host, "", HOGS(200, 9000), ""));
	ck_assert_uint_eq(command(&o, 0)->end.result, TRACE_COMMAND_FAILED);
	says(&o, 0, "killed by the OOM killer");
	outcome_free(&o);
}
END_TEST

/* Charged to its group, and reclaimed there. */
START_TEST(a_program_of_the_host_is_in_a_group)
{
	struct outcome o;

	snprintf(host, sizeof(host), "%s low: low { compatible = \"ballast,cgroup\";"
		 " max-mib = <200>; }; %s", NVME_NODE,
		 HOST_PROGRAM("size-mib = <300>; cgroup = <&low>;"));
	run(&o, make(host, "", IDLE, ""));
	ck_assert_uint_eq(o.report.nr_cgroups, 1);
	ck_assert_uint_le(o.report.cgroups[0].last.used, 200 * 256);
	ck_assert_uint_gt(o.report.cgroups[0].last.swap_used, 90 * 256);
	ck_assert_uint_eq(o.report.guests[0].last.swapped, 0);
	outcome_free(&o);
	fails(make(HOST_PROGRAM("size-mib = <300>; hot-mib = <301>;"), "", IDLE, ""),
	      "hot-mib: more than there is; allowed: 0..300 MiB");
}
END_TEST

static TCase *make_program_tests(void)
{
	TCase *tc = tcase_create("programs");

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, a_program_of_the_host_takes_memory_for_a_time);
	tcase_add_test(tc, a_program_of_the_host_is_swapped_unless_it_is_hot);
	tcase_add_test(tc, the_oom_killer_may_choose_a_program_of_the_host);
	tcase_add_test(tc, a_program_of_the_host_is_in_a_group);
	return tc;
}

static TCase *make_guest_tests(void)
{
	TCase *tc = tcase_create("guests");

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, a_guest_that_is_paused_sees_no_time_pass);
	tcase_add_loop_test(tc, programs_go_by_the_clock_of_their_guest, 0,
			    (int)(sizeof(timed) / sizeof(timed[0])));
	tcase_add_test(tc, commands_that_a_vmm_ends_before_are_nobody_s);
	tcase_add_test(tc, a_guest_that_is_paused_does_nothing);
	tcase_add_test(tc, a_balloon_waits_for_its_guest_to_go_on);
	tcase_add_test(tc, a_guest_that_stays_paused_is_named);
	tcase_add_test(tc, a_guest_that_is_shut_down_gives_its_memory_back);
	tcase_add_test(tc, a_guest_that_is_started_again_runs_its_programs_anew);
	tcase_add_loop_test(tc, a_guest_that_was_killed_can_be_shut_down_and_started, 0,
			    sizeof(after_kills) / sizeof(after_kills[0]));
	tcase_add_test(tc, a_guest_that_is_started_again_is_of_its_version);
	tcase_add_loop_test(tc, what_cannot_be_done_is_an_error, 0,
			    sizeof(mistakes) / sizeof(mistakes[0]));
	return tc;
}

static TCase *make_memory_tests(void)
{
	TCase *tc = tcase_create("memory");

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, the_host_drops_its_page_cache);
	tcase_add_test(tc, a_guest_drops_its_page_cache);
	tcase_add_test(tc, a_guest_compacts_its_memory);
	tcase_add_test(tc, swapoff_without_room_is_killed);
	tcase_add_test(tc, swapoff_that_is_killed_is_in_nobodys_way);
	tcase_add_test(tc, swapoff_reads_everything_back);
	tcase_add_test(tc, without_swap_there_is_nothing_to_turn_off);
	tcase_add_test(tc, a_target_in_kib_is_one_of_pages);
	return tc;
}

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("commands");

	suite_add_tcase(s, make_memory_tests());
	suite_add_tcase(s, make_guest_tests());
	suite_add_tcase(s, make_program_tests());
	return s;
}
