/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Scenarios: what good ones load as, and what each bad one is told.
 *
 * Bad input is a table: text that is added to a sound scenario, and the exact message.  Runs from
 * the top of the source tree, or with BALLAST_TOP set to it.
 */
#define _GNU_SOURCE
#include <check.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scenario.h"
#include "suite.h"

static char directory[] = "/tmp/ballast-scenario-XXXXXX";
static const char *top = ".";

/* A sound scenario with labels on everything that a case may want to change. */
static const char base[] =
	"/dts-v1/;\n"
	"/include/ \"costs/skylake.dtsi\"\n"
	"/include/ \"boot/linux.dtsi\"\n"
	"/ {\n"
	"	compatible = \"ballast,scenario\"; description = \"test\";\n"
	"	host: host { compatible = \"ballast,host\"; memory-mib = <1024>; cpus = <2>;\n"
	"		swap: swap { /include/ \"swap/hdd.dtsi\" size-mib = <512>; }; };\n"
	"	a: guest-a { compatible = \"ballast,guest\"; memory-mib = <512>;\n"
	"		programs: programs {\n"
	"			one: one { compatible = \"ballast,program-memhog\";"
	" size-mib = <100>; };\n"
	"			two: two { compatible = \"ballast,program-allocate\";"
	" size-mib = <9>; };\n"
	"		}; };\n"
	"	b: guest-b { compatible = \"ballast,guest\"; memory-mib = <256>; };\n"
	"};\n";

static char *path_of(const char *name)
{
	char *path;

	ck_assert_int_ge(asprintf(&path, "%s/%s", directory, name), 0);
	return path;
}

static char *write_file(const char *name, const char *text, const char *more)
{
	char *path = path_of(name);
	FILE *out = fopen(path, "w");

	ck_assert_ptr_nonnull(out);
	fprintf(out, "%s%s", text, more);
	ck_assert_int_eq(fclose(out), 0);
	return path;
}

static char *source(const char *name)
{
	char *path;

	ck_assert_int_ge(asprintf(&path, "%s/%s", top, name), 0);
	return path;
}

/* Load @file, with an overlay and a setting where they are not NULL. */
static int load(struct scenario *scenario, const char *file, const char *overlay,
		const char *setting)
{
	char *include = source("scenarios");
	struct scenario_args args = {
		.file = file,
		.overlays = &overlay,
		.nr_overlays = overlay != NULL,
		.settings = &setting,
		.nr_settings = setting != NULL,
		.include_dir = include,
	};
	int err = scenario_load(scenario, &args);

	free(include);
	return err;
}

static void load_good(struct scenario *scenario, const char *file, const char *overlay,
		      const char *setting)
{
	int err = load(scenario, file, overlay, setting);

	ck_assert_msg(!err, "%s", scenario_error_text(scenario));
}

/* Load the base with @more after it. */
static void load_base(struct scenario *scenario, const char *more)
{
	char *file = write_file("good.dts", base, more);

	load_good(scenario, file, NULL, NULL);
	free(file);
}

static void remove_directory(void)
{
	static const char *const names[] = {
		"good.dts", "bad.dts", "overlay.dtso", "base.dtb", "bad.dtb", "demand.csv",
		"wrong.csv", "pipe", "large.csv",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[256];

		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		unlink(path);
	}
	rmdir(directory);
}

/* ---- good ones ---- */

START_TEST(first_scenario_loads_with_its_values)
{
	struct scenario s;
	char *file = source("scenarios/first.dts");

	load_good(&s, file, NULL, NULL);
	ck_assert_str_eq(s.file, file);
	ck_assert_str_eq(s.variant, "without");
	ck_assert_uint_eq(s.seed, 1);
	ck_assert_uint_eq(s.until_ms, 600000);
	ck_assert_uint_eq(s.host.memory_mib, 768);
	ck_assert_uint_eq(s.host.kernel_reserve_mib, 64);
	ck_assert_uint_eq(s.host.cpus, 2);
	ck_assert_int_eq(s.host.thp, SCENARIO_THP_ALWAYS);
	ck_assert_int_eq(s.host.swap.kind, SCENARIO_SWAP_SSD);
	ck_assert_uint_eq(s.host.swap.size_mib, 1024);
	ck_assert_uint_eq(s.host.swap.read_us, 150);
	ck_assert_uint_eq(s.host.costs.ns[COST_VMEXIT], 742);
	ck_assert_str_eq(s.host.costs_name, "Skylake-class server, 2.1 GHz");
	ck_assert_uint_eq(s.nr_guests, 2);
	ck_assert_str_eq(s.guests[0].name, "guest-0");
	ck_assert_str_eq(s.guests[1].name, "guest-1");
	ck_assert_uint_eq(s.guests[1].memory_mib, 512);
	ck_assert_uint_eq(s.guests[1].boot.released_mib, 44);
	ck_assert_int_eq(s.guests[1].swap.kind, SCENARIO_SWAP_NONE);
	ck_assert_uint_eq(s.guests[1].nr_devices, 1);
	ck_assert_str_eq(s.guests[1].devices[0].image, "virtio-ballast");
	ck_assert(!s.guests[1].devices[0].free_page_reporting);
	ck_assert_uint_eq(s.guests[1].nr_modules, 1);
	ck_assert_str_eq(s.guests[1].modules[0].image, "virtio_ballast");
	ck_assert_uint_eq(s.guests[1].nr_programs, 2);
	ck_assert_int_eq(s.guests[1].programs[0].kind, SCENARIO_PROGRAM_MEMHOG);
	ck_assert_uint_eq(s.guests[1].programs[0].size_mib, 320);
	ck_assert_uint_eq(s.guests[1].programs[0].loops, 1);
	ck_assert_uint_eq(s.guests[1].page_reporting.order, SCENARIO_ORDER_UNSET);
	ck_assert_uint_eq(s.guests[1].page_reporting.delay_ms, 2000);
	ck_assert_uint_eq(s.guests[1].page_reporting.capacity, 32);
	scenario_free(&s);
	free(file);
}
END_TEST

START_TEST(every_scenario_of_the_tree_loads)
{
	static const char *const patterns[] = { "scenarios/*.dts", "scenarios/published/*.dts",
						"scenarios/debate/*.dts", "scenarios/stock/*.dts" };
	char *overlay = source("scenarios/overlays/reporting.dtso");
	size_t nr = 0;

	for (int i = 0; i < 3; i++) {
		char *pattern = source(patterns[i]);
		glob_t found;

		ck_assert_int_eq(glob(pattern, 0, NULL, &found), 0);
		for (size_t j = 0; j < found.gl_pathc; j++, nr++) {
			struct scenario s;

			load_good(&s, found.gl_pathv[j], NULL, NULL);
			scenario_free(&s);
			load_good(&s, found.gl_pathv[j], overlay, NULL);
			ck_assert_str_eq(s.variant, "with");
			ck_assert(s.guests[0].devices[0].free_page_reporting);
			scenario_free(&s);
		}
		globfree(&found);
		free(pattern);
	}
	ck_assert_uint_ge(nr, 7);
	free(overlay);
}
END_TEST

START_TEST(demo_is_p4)
{
	struct scenario s;
	char *file = source("scenarios/demo.dts");

	load_good(&s, file, NULL, NULL);
	ck_assert_str_eq(s.published.id, "P4");
	ck_assert_uint_eq(s.nr_guests, 3);
	ck_assert_uint_eq(s.guests[2].memory_mib, 6144);
	ck_assert_uint_eq(s.guests[2].vcpus, 4);
	ck_assert_int_eq(s.guests[2].swap.kind, SCENARIO_SWAP_HDD);
	ck_assert_uint_eq(s.published.nr_figures, 10);
	ck_assert_uint_eq(s.published.figures[2].value, 157000);
	ck_assert_uint_eq(s.published.figures[2].value_max, 157000);
	ck_assert_uint_eq(s.published.figures[2].guest_index, 2);
	ck_assert_uint_eq(s.published.figures[2].band_percent, 30);
	ck_assert_str_eq(s.published.figures[2].variant, "without");
	scenario_free(&s);
	free(file);
}
END_TEST

static void assert_ref(const struct scenario_start *start, uint32_t index,
		       enum scenario_ref_kind kind, uint32_t guest, uint32_t target)
{
	ck_assert_uint_lt(index, start->nr_after);
	ck_assert_int_eq(start->after[index].kind, kind);
	ck_assert_uint_eq(start->after[index].guest, guest);
	ck_assert_uint_eq(start->after[index].index, target);
}

START_TEST(programs_follow_each_other_as_in_a_shell)
{
	struct scenario s;
	const struct scenario_program *p;

	load_base(&s, "&programs { three { compatible = \"ballast,program-idle\"; "
		  "duration-ms = <5>; background; }; four { "
		  "compatible = \"ballast,program-idle\"; duration-ms = <5>; }; five { "
		  "compatible = \"ballast,program-idle\"; duration-ms = <5>; after = <&one>; "
		  "delay-ms = <7>; }; };");
	p = s.guests[0].programs;
	ck_assert_uint_eq(s.guests[0].nr_programs, 5);
	ck_assert_uint_eq(p[0].start.nr_after, 0);
	ck_assert_uint_eq(p[1].start.nr_after, 1);
	assert_ref(&p[1].start, 0, SCENARIO_REF_PROGRAM, 0, 0);
	ck_assert(p[2].background);
	assert_ref(&p[2].start, 0, SCENARIO_REF_PROGRAM, 0, 1);
	assert_ref(&p[3].start, 0, SCENARIO_REF_PROGRAM, 0, 1);
	ck_assert_uint_eq(p[4].start.nr_after, 1);
	assert_ref(&p[4].start, 0, SCENARIO_REF_PROGRAM, 0, 0);
	ck_assert_uint_eq(p[4].start.delay_ms, 7);
	scenario_free(&s);
}
END_TEST

START_TEST(replicas_take_turns_and_own_references_stay_in_the_replica)
{
	struct scenario s;

	load_base(&s, "&a { count = <3>; in-turn; }; &two { after = <&one>; in-turn; }; "
		  "&b { after = <&a>; };");
	ck_assert_uint_eq(s.nr_guests, 4);
	ck_assert_str_eq(s.guests[2].name, "guest-a-2");
	ck_assert_uint_eq(s.guests[2].replica, 2);
	ck_assert_uint_eq(s.guests[2].nr_replicas, 3);
	ck_assert_uint_eq(s.guests[0].start.nr_after, 0);
	ck_assert_uint_eq(s.guests[2].start.nr_after, 1);
	assert_ref(&s.guests[2].start, 0, SCENARIO_REF_GUEST, 1, 0);
	ck_assert_uint_eq(s.guests[2].programs[1].start.nr_after, 2);
	assert_ref(&s.guests[2].programs[1].start, 0, SCENARIO_REF_PROGRAM, 2, 0);
	assert_ref(&s.guests[2].programs[1].start, 1, SCENARIO_REF_PROGRAM, 1, 1);
	ck_assert_str_eq(s.guests[3].name, "guest-b");
	ck_assert_uint_eq(s.guests[3].start.nr_after, 3);
	assert_ref(&s.guests[3].start, 2, SCENARIO_REF_GUEST, 2, 0);
	scenario_free(&s);
}
END_TEST

START_TEST(commands_are_resolved_to_guests_and_commands)
{
	struct scenario s;
	char *file = source("scenarios/published/p6.dts");

	load_good(&s, file, NULL, NULL);
	ck_assert_uint_eq(s.nr_commands, 4);
	ck_assert_str_eq(s.commands[1].name, "touched-grow");
	ck_assert_uint_eq(s.commands[1].guest, 0);
	ck_assert_uint_eq(s.commands[1].target_mib, 20480);
	assert_ref(&s.commands[0].start, 0, SCENARIO_REF_GUEST, 0, 0);
	assert_ref(&s.commands[1].start, 0, SCENARIO_REF_COMMAND, 0, 0);
	assert_ref(&s.guests[1].start, 0, SCENARIO_REF_COMMAND, 0, 1);
	ck_assert_int_eq(s.published.figures[1].command, 2);
	scenario_free(&s);
	free(file);
}
END_TEST

START_TEST(commands_to_replicas_are_replicated)
{
	struct scenario s;

	load_base(&s, "&b { count = <2>; devices { d { compatible = \"ballast,virtio-ballast\"; "
		  "}; }; }; / { commands { c: c { compatible = \"ballast,set-balloon\"; "
		  "guest = <&b>; target-mib = <100>; }; e { compatible = "
		  "\"ballast,set-balloon\"; guest = <&b>; target-mib = <256>; "
		  "after = <&c &a>; }; }; };");
	ck_assert_uint_eq(s.nr_commands, 4);
	ck_assert_str_eq(s.commands[3].name, "e-1");
	ck_assert_uint_eq(s.commands[3].guest, 2);
	ck_assert_uint_eq(s.commands[3].start.nr_after, 2);
	assert_ref(&s.commands[3].start, 0, SCENARIO_REF_COMMAND, 2, 1);
	assert_ref(&s.commands[3].start, 1, SCENARIO_REF_GUEST, 0, 0);
	scenario_free(&s);
}
END_TEST

START_TEST(numbers_may_have_64_bits)
{
	struct scenario s;

	load_base(&s, "/ { seed = /bits/ 64 <0x123456789abcdef0>; };");
	ck_assert(s.seed == UINT64_C(0x123456789abcdef0));
	scenario_free(&s);
}
END_TEST

START_TEST(disabled_nodes_are_absent)
{
	struct scenario s;

	load_base(&s, "&swap { status = \"disabled\"; }; &one { status = \"disabled\"; }; "
		  "&b { status = \"disabled\"; };");
	ck_assert_int_eq(s.host.swap.kind, SCENARIO_SWAP_NONE);
	ck_assert_uint_eq(s.host.swap.size_mib, 0);
	ck_assert_uint_eq(s.nr_guests, 1);
	ck_assert_uint_eq(s.guests[0].nr_programs, 1);
	ck_assert_str_eq(s.guests[0].programs[0].name, "two");
	ck_assert_uint_eq(s.guests[0].programs[0].start.nr_after, 0);
	scenario_free(&s);
}
END_TEST

START_TEST(parameters_keep_their_names_and_become_text)
{
	struct scenario s;
	const struct scenario_module *m;

	load_base(&s, "&b { modules { m { compatible = \"ballast,module\"; image = \"x\"; "
		  "parameters { a_b = <0>; c = \"text\"; flag; big = /bits/ 64 <0x100000000>; "
		  "}; }; }; devices { d { compatible = \"ballast,virtio-ballast\"; properties "
		  "{ iothread; }; }; }; };");
	m = &s.guests[1].modules[0];
	ck_assert_uint_eq(m->nr_parameters, 4);
	ck_assert_str_eq(m->parameters[0].name, "a_b");
	ck_assert_str_eq(m->parameters[0].value, "0");
	ck_assert_str_eq(m->parameters[1].value, "text");
	ck_assert_str_eq(m->parameters[2].value, "Y");
	ck_assert_str_eq(m->parameters[3].value, "4294967296");
	ck_assert_str_eq(s.guests[1].devices[0].properties[0].name, "iothread");
	ck_assert_str_eq(s.guests[1].devices[0].properties[0].value, "on");
	scenario_free(&s);
}
END_TEST

START_TEST(nodes_of_an_overlay_come_last_and_in_their_order)
{
	struct scenario s;
	char *file = write_file("good.dts", base, "");
	char *overlay = write_file("overlay.dtso",
		"/dts-v1/;\n/plugin/;\n&programs { x { compatible = \"ballast,program-idle\"; "
		"duration-ms = <1>; }; y { compatible = \"ballast,program-idle\"; duration-ms = "
		"<2>; after = <&one>; }; }; &one { size-mib = <77>; };\n", "");

	load_good(&s, file, overlay, NULL);
	ck_assert_uint_eq(s.guests[0].nr_programs, 4);
	ck_assert_uint_eq(s.guests[0].programs[0].size_mib, 77);
	ck_assert_str_eq(s.guests[0].programs[2].name, "x");
	ck_assert_str_eq(s.guests[0].programs[3].name, "y");
	assert_ref(&s.guests[0].programs[3].start, 0, SCENARIO_REF_PROGRAM, 0, 0);
	scenario_free(&s);
	free(file);
	free(overlay);
}
END_TEST

START_TEST(compiled_trees_are_read_directly)
{
	struct scenario s;
	char *file = write_file("good.dts", base, ""), *dtb = path_of("base.dtb");
	char *command;

	ck_assert_int_ge(asprintf(&command, "dtc -q -@ -I dts -O dtb -i %s/scenarios -o %s %s",
				  top, dtb, file), 0);
	ck_assert_int_eq(system(command), 0);
	load_good(&s, dtb, NULL, "/host/cpus=9");
	ck_assert_uint_eq(s.host.cpus, 9);
	ck_assert_uint_eq(s.nr_guests, 2);
	scenario_free(&s);
	free(command);
	free(dtb);
	free(file);
}
END_TEST

START_TEST(settings_follow_the_types_of_the_table)
{
	struct scenario s;
	char *file = write_file("good.dts", base, "");

	load_good(&s, file, NULL, "/guest-a/memory-mib=0x200");
	ck_assert_uint_eq(s.guests[0].memory_mib, 512);
	scenario_free(&s);
	/* Decimal, whatever C would take it for. */
	load_good(&s, file, NULL, "/guest-a/memory-mib=01000");
	ck_assert_uint_eq(s.guests[0].memory_mib, 1000);
	scenario_free(&s);
	load_good(&s, file, NULL, "guest-a/thp=never");
	ck_assert_int_eq(s.guests[0].thp, SCENARIO_THP_NEVER);
	scenario_free(&s);
	load_good(&s, file, NULL, "/guest-a/init-on-free=true");
	ck_assert(s.guests[0].init_on_free);
	scenario_free(&s);
	/* A truth value as in source, too, and what was true becomes false. */
	load_good(&s, file, NULL, "/guest-a/init-on-free=1");
	ck_assert(s.guests[0].init_on_free);
	scenario_free(&s);
	load_good(&s, file, NULL, "/guest-a/init-on-free=");
	ck_assert(s.guests[0].init_on_free);
	scenario_free(&s);
	free(file);
	file = write_file("good.dts", base, "&a { init-on-free; };");
	load_good(&s, file, NULL, "/guest-a/init-on-free=0");
	ck_assert(!s.guests[0].init_on_free);
	scenario_free(&s);
	load_good(&s, file, NULL, "/guest-a/after=/guest-b");
	assert_ref(&s.guests[0].start, 0, SCENARIO_REF_GUEST, 1, 0);
	scenario_free(&s);
	load_good(&s, file, NULL, "/guest-b/status=disabled");
	ck_assert_uint_eq(s.nr_guests, 1);
	scenario_free(&s);
	load_good(&s, file, NULL, "/description=a/b=c");
	ck_assert_str_eq(s.description, "a/b=c");
	scenario_free(&s);
	free(file);
}
END_TEST

START_TEST(every_cost_is_read_into_its_own_place)
{
	static const char *const names[] = {
#define COST(id, property, doc) property,
		COST_TABLE(COST)
#undef COST
	};
	char *file = write_file("good.dts", base, "");
	struct scenario normal;

	load_good(&normal, file, NULL, NULL);
	for (int i = 0; i < NR_COSTS; i++) {
		struct scenario s;
		char *setting;

		ck_assert_int_ge(asprintf(&setting, "/host/costs/%s=987654321", names[i]), 0);
		load_good(&s, file, NULL, setting);
		for (int j = 0; j < NR_COSTS; j++)
			ck_assert_uint_eq(s.host.costs.ns[j],
					  i == j ? 987654321 : normal.host.costs.ns[j]);
		scenario_free(&s);
		free(setting);
	}
	scenario_free(&normal);
	free(file);
}
END_TEST

START_TEST(demand_reads_its_file_beside_the_scenario)
{
	struct scenario s;
	char *csv = write_file("demand.csv", "time_s,used_bytes\n0,4096\n", "");

	load_base(&s, "&one { status = \"disabled\"; }; &programs { d { compatible = "
		  "\"ballast,program-demand\"; file = \"demand.csv\"; }; };");
	ck_assert_str_eq(s.guests[0].programs[1].file, csv);
	ck_assert_uint_eq(s.guests[0].programs[1].time_percent, 100);
	scenario_free(&s);
	free(csv);
}
END_TEST

/* ---- bad ones ---- */

struct bad {
	const char *more;	/* after the base */
	const char *message;	/* with FILE for its name */
};

static const struct bad bads[] = {
	{ "&host { cpus = <0>; };",
	  "FILE: /host: cpus: 0 is out of range; allowed: 1..4096 CPUs" },
	{ "&host { /delete-property/ memory-mib; };",
	  "FILE: /host: memory-mib: missing; allowed: 64..16777216 MiB" },
	{ "&host { cpus = \"two\"; };",
	  "FILE: /host: cpus: \"two\" is not a number; allowed: 1..4096 CPUs" },
	{ "&host { cpus = \"three\"; };",
	  "FILE: /host: cpus: not a number of one or two cells; allowed: 1..4096 CPUs" },
	{ "&host { thp = \"sometimes\"; };",
	  "FILE: /host: thp: \"sometimes\" is unknown; allowed: always|madvise|never" },
	{ "&host { thp = <1>; };",
	  "FILE: /host: thp: not a string; allowed: always|madvise|never" },
	{ "&host { kernel-reserve-mib = <1000>; };",
	  "FILE: /host: kernel-reserve-mib: leaves less than 64 MiB of 1024; allowed: 0..960 MiB" },
	{ "&host { min-free-kbytes = <600000>; };",
	  "FILE: /host: min-free-kbytes: half of the memory or more; allowed: 0..524287 KiB" },
	{ "/delete-node/ &costs;", "FILE: /host: no ballast,costs in it; allowed: one" },
	{ "/delete-node/ &host;", "FILE: /: no ballast,host in it; allowed: one" },
	{ "/delete-node/ &a; /delete-node/ &b;",
	  "FILE: /: no ballast,guest in it; allowed: one or more" },
	{ "&costs { /delete-property/ vmexit-ns; };",
	  "FILE: /host/costs: vmexit-ns: missing; allowed: 0..1000000000 ns" },
	{ "&swap { size-mib = <0>; };",
	  "FILE: /host/swap: size-mib: the device is smaller than a page; allowed: 1..131071 MiB, "
	  "or status = \"disabled\"" },
	{ "&swap { readahead-pages = <3>; };",
	  "FILE: /host/swap: readahead-pages: 3 is not a power of two; allowed: 1, 2, 4, ... 512 "
	  "pages" },
	{ "&host { swappiness = <201>; };",
	  "FILE: /host: swappiness: 201 is out of range; allowed: 0..200" },
	{ "&host { lru = \"multi-gen\"; };",
	  "FILE: /host: lru: \"multi-gen\" is unknown; allowed: classic|mglru" },
	{ "&host { lru-gen-min-ttl-ms = <1000>; };",
	  "FILE: /host: lru-gen-min-ttl-ms: active and inactive lists have none; allowed: 0, or "
	  "lru = \"mglru\"" },
	{ "&host { lru = \"mglru\"; lru-gen-min-ttl-ms = <3600001>; };",
	  "FILE: /host: lru-gen-min-ttl-ms: 3600001 is out of range; allowed: 0..3600000 ms" },
	{ "&host { f { compatible = \"ballast,host-files\"; }; };",
	  "FILE: /host/f: size-mib: missing; allowed: 1..131071 MiB" },
	{ "&host { f { compatible = \"ballast,host-files\"; size-mib = <5>; "
	  "cached-mib = <6>; }; };",
	  "FILE: /host/f: cached-mib: more than there is; allowed: 0..5 MiB" },
	{ "&host { f { compatible = \"ballast,host-files\"; size-mib = <5>; hot-mib = <6>; }; };",
	  "FILE: /host/f: hot-mib: more than there is; allowed: 0..5 MiB" },
	{ "&host { x: x { compatible = \"ballast,cgroup\"; parent = <&y>; }; "
	  "y: y { compatible = \"ballast,cgroup\"; parent = <&x>; }; };",
	  "FILE: /host/x: parent: the group is in itself; allowed: groups that end at one without "
	  "a parent" },
	{ "&host { x { compatible = \"ballast,cgroup\"; parent = <&swap>; }; };",
	  "FILE: /host/x: parent: /host/swap is of another kind; allowed: <&label> of a memory "
	  "group" },
	{ "&host { cgroup-version = <1>; x { compatible = \"ballast,cgroup\"; "
	  "high-mib = <500>; }; };",
	  "FILE: /host/x: high-mib: version 1 has none; allowed: cgroup-version = <2>" },
	{ "&host { y: y { compatible = \"ballast,cgroup\"; max-mib = <30>; }; "
	  "x: x { compatible = \"ballast,cgroup\"; parent = <&y>; }; }; &a { cgroup = <&x>; };",
	  "FILE: /guest-a: cgroup: a VMM needs 35 MiB to start (vmm-memory-mib), the group has 30; "
	  "allowed: a max-mib of more than that" },
	{ "&swap { seek-max-us = <5>; };",
	  "FILE: /host/swap: seek-max-us: less than the mean; allowed: 6200..10000000 us" },
	{ "&swap { compatible = \"ballast,swap-tape\"; };",
	  "FILE: /host/swap: compatible: \"ballast,swap-tape\" is unknown here; allowed: "
	  "ballast,disk, ballast,swap-hdd, ballast,swap-ssd, ballast,swap-nvme, "
	  "ballast,swap-zram, ballast,swap-file, ballast,host-files, ballast,host-program, "
	  "ballast,cgroup, ballast,costs, modules" },
	{ "&host { other { /include/ \"swap/zram.dtsi\" size-mib = <9>; }; };",
	  "FILE: /host/other: /host/swap has the same place; allowed: one of them" },
	{ "&swap { compatible = \"ballast,swap-zram\"; compressed-percent = <40>; "
	  "/delete-property/ seek-us; /delete-property/ seek-max-us; /delete-property/ read-us; "
	  "/delete-property/ write-us; /delete-property/ transfer-mib-per-s; };",
	  "FILE: /host/swap: queue-depth: unknown property; allowed: size-mib, readahead-pages, "
	  "compressed-percent" },
	{ "&a { memory-mib = <63>; };",
	  "FILE: /guest-a: memory-mib: 63 is out of range; allowed: 64..16777216 MiB" },
	{ "&a { memory-mib = <2097152>; };",
	  "FILE: /guest-a: memory-mib: 2097152 MiB do not fit into 40 bits of address; allowed: "
	  "64..1046528 MiB, or more phys-bits" },
	/* 2 of the 4 GiB are above 4 GiB */
	{ "&a { memory-mib = <4096>; phys-bits = <32>; };",
	  "FILE: /guest-a: memory-mib: 4096 MiB do not fit into 32 bits of address; allowed: "
	  "64..2816 MiB, or more phys-bits" },
	{ "&a { memory-mib = <2817>; phys-bits = <32>; };",
	  "FILE: /guest-a: memory-mib: 2817 MiB do not fit into 32 bits of address; allowed: "
	  "64..2816 MiB, or more phys-bits" },
	{ "&a { memory-mib = <6146>; phys-bits = <33>; };",
	  "FILE: /guest-a: memory-mib: 6146 MiB do not fit into 33 bits of address; allowed: "
	  "64..6144 MiB, or more phys-bits" },
	{ "&b { modules { m { compatible = \"ballast,module\"; image = \"virtio_x\"; }; "
	  "n { compatible = \"ballast,module\"; image = \"y\"; }; "
	  "o { compatible = \"ballast,module\"; image = \"virtio-x.so\"; }; }; };",
	  "FILE: /guest-b/modules/o: image: File exists: m loads module virtio_x already; "
	  "allowed: a module once in a kernel" },
	{ "&a { vcpus = <0>; };",
	  "FILE: /guest-a: vcpus: 0 is out of range; allowed: 1..1024 vCPUs" },
	{ "&a { init-on-free = <2>; };",
	  "FILE: /guest-a: init-on-free: not a truth value; allowed: empty (true), <1> or <0>" },
	{ "&a { boot-profile = <&b>; };",
	  "FILE: /guest-a: boot-profile: /guest-b is of another kind; allowed: <&label> of a boot "
	  "profile" },
	{ "&server { user-mib = <200>; }; &b { boot-profile = <&server>; };",
	  "FILE: /guest-b: boot-profile: boot-server needs 355 MiB to boot; allowed: less than "
	  "memory-mib" },
	{ "&linux_6_1 { active-kib = <30000>; };",
	  "FILE: /boot-linux-6-1: active-kib: more than kernel-mib and user-mib; allowed: 0..29696 "
	  "KiB" },
	{ "&linux_6_1 { percpu-mib = <45>; };",
	  "FILE: /boot-linux-6-1: percpu-mib: more than released-mib; allowed: 0..44 MiB" },
	{ "&linux_6_1 { active-gaps = <20 0>; };",
	  "FILE: /boot-linux-6-1: active-gaps: 0 is out of range; allowed: cells, each 1..1048576 "
	  "pages" },
	{ "&linux_6_1 { active-gaps = \"three\"; };",
	  "FILE: /boot-linux-6-1: active-gaps: not a list of cells; allowed: cells, each "
	  "1..1048576 pages" },
	{ "&linux_6_1 { active-gaps = <10 21>; };",
	  "FILE: /boot-linux-6-1: active-gaps: 487 active pages reach further than the 7424 pages "
	  "of kernel-mib and user-mib; allowed: a mean of up to 15 pages" },
	{ "&linux_6_1 { cache-mib = <8>; cache-active-mib = <9>; };",
	  "FILE: /boot-linux-6-1: cache-active-mib: more than cache-mib; allowed: 0..8 MiB" },
	{ "&server { cache-hot-mib = <99>; };",
	  "FILE: /boot-server: cache-hot-mib: more than cache-mib; allowed: 0..56 MiB" },
	{ "&linux_6_1 { cache-mib = <8>; cache-hot-mib = <1>; };",
	  "FILE: /boot-linux-6-1: cache-hot-mib: nobody reads it; allowed: 0, or more with "
	  "daemon-period-ms" },
	{ "&a { boot-profile = <&server &linux_6_1>; };",
	  "FILE: /guest-a: boot-profile: too many references; allowed: <&label> of a boot "
	  "profile" },
	{ "&a { after = <12345>; };",
	  "FILE: /guest-a: after: refers to no node; allowed: <&label> of a guest, program or "
	  "command" },
	{ "&a { after = <&b>; }; &b { status = \"disabled\"; };",
	  "FILE: /guest-a: after: /guest-b is disabled; allowed: <&label> of a guest, program or "
	  "command" },
	{ "&a { after = <&b>; }; &b { after = <&a>; };",
	  "FILE: /guest-b: after: waits for itself: /guest-a -> /guest-b -> /guest-a; allowed: an "
	  "order that has a beginning" },
	{ "&a { after = <&a>; };",
	  "FILE: /guest-a: after: waits for itself: /guest-a -> /guest-a; allowed: an order that "
	  "has a beginning" },
	{ "&one { after = <&two>; };",
	  "FILE: /guest-a/programs/one: after: waits for itself: /guest-a/programs/one -> "
	  "/guest-a/programs/two -> /guest-a/programs/one; allowed: an order that has a "
	  "beginning" },
	{ "&a { devices { p { compatible = \"ballast,virtio-page-hint\"; vhost; packed; }; }; };",
	  "FILE: /guest-a/devices/p: packed: the host's worker has split rings only; allowed: "
	  "packed without vhost" },
	{ "&a { status = \"off\"; };",
	  "FILE: /guest-a: status: neither okay nor disabled; allowed: okay|disabled" },
	{ "&a { async-pf = \"always\"; };",
	  "FILE: /guest-a: async-pf: \"always\" is unknown; allowed: int|halt|off" },
	{ "&a { async-pf = <1>; };",
	  "FILE: /guest-a: async-pf: not a string; allowed: int|halt|off" },
	{ "&a { colour = \"red\"; };",
	  "FILE: /guest-a: colour: unknown property; allowed: memory-mib, vcpus, phys-bits, "
	  "kernel, qemu, "
	  "async-pf, backing, page-size-kib, count, start-ms, delay-ms, after, in-turn, "
	  "min-free-kbytes, watermark-scale-factor, thp, thp-defrag, hugepages-16kB, "
	  "hugepages-32kB, hugepages-64kB, hugepages-128kB, hugepages-256kB, hugepages-512kB, "
	  "hugepages-1024kB, movable-mib, "
	  "init-on-alloc, init-on-free, page-poison, page-zeroed, "
	  "assigned-device, cgroup, disk, image-mib, cache, boot-profile" },
	{ "&a { program { }; };",
	  "FILE: /guest-a/program: unknown node; allowed: ballast,swap-hdd, ballast,swap-ssd, "
	  "ballast,swap-nvme, ballast,swap-zram, ballast,swap-file, ballast,page-reporting, "
	  "modules, devices, "
	  "ballast,controller, programs" },
	{ "&a { page-reporting { compatible = \"ballast,page-reporting\"; order = <11>; }; };",
	  "FILE: /guest-a/page-reporting: order: 11 is out of range; allowed: 0..10" },
	{ "&programs { n { compatible = \"ballast,program-bitcoin\"; }; };",
	  "FILE: /guest-a/programs/n: compatible: \"ballast,program-bitcoin\" is unknown here; "
	  "allowed: ballast,program-memhog, ballast,program-allocate, ballast,program-page-fault1, "
	  "ballast,program-page-fault2, ballast,program-churn, ballast,program-filescan, "
	  "ballast,program-idle, ballast,program-demand, ballast,program-compact, "
	  "ballast,program-offline, ballast,program-service, ballast,program-stream, "
	  "ballast,program-ftq" },
	{ "&programs { n { compatible = \"ballast,program-churn\"; size-mib = <8>; duration-ms = "
	  "<9>; min-kib = <64>; max-kib = <8>; }; };",
	  "FILE: /guest-a/programs/n: max-kib: less than min-kib; allowed: 64..1073741824 KiB" },
	{ "&programs { n { compatible = \"ballast,program-ftq\"; duration-ms = <5>; "
	  "quantum-us = <5001>; }; };",
	  "FILE: /guest-a/programs/n: quantum-us: longer than duration-ms, so that nothing would "
	  "be measured; allowed: 1..5000 us" },
	{ "&programs { n { compatible = \"ballast,program-stream\"; size-mib = <64>; tasks = <32>; "
	  "duration-ms = <9>; }; };",
	  "FILE: /guest-a/programs/n: size-mib: more than the guest's memory and swap; allowed: "
	  "1..8 MiB" },
	{ "&programs { n { compatible = \"ballast,program-service\"; size-mib = <8>; duration-ms = "
	  "<9>; rate-per-s = <0>; }; };",
	  "FILE: /guest-a/programs/n: rate-per-s: 0 is out of range; allowed: 1..1000000 1/s" },
	{ "&programs { n { compatible = \"ballast,program-service\"; size-mib = <8>; duration-ms = "
	  "<9>; pattern = \"linear\"; }; };",
	  "FILE: /guest-a/programs/n: pattern: \"linear\" is unknown; allowed: uniform|"
	  "zipf" },
	{ "&costs { memory-bandwidth-mb-per-s = \"much\"; };",
	  "FILE: /host/costs: memory-bandwidth-mb-per-s: not a number of one or two "
	  "cells; allowed: 0..100000000 MB/s" },
	{ "&programs { n { compatible = \"ballast,program-demand\"; file = \"nowhere.csv\"; }; };",
	  "FILE: /guest-a/programs/n: file: cannot read nowhere.csv: No such file or directory; "
	  "allowed: a file, relative to the scenario" },
	{ "&programs { n { compatible = \"ballast,program-demand\"; file = \"pipe\"; }; };",
	  "FILE: /guest-a/programs/n: file: cannot read pipe: it is no regular file; allowed: a "
	  "file, relative to the scenario" },
	{ "&programs { n { compatible = \"ballast,program-demand\"; file = \"wrong.csv\"; }; };",
	  "FILE: /guest-a/programs/n: file: the first line of DIR/wrong.csv is not its header; "
	  "allowed: time_s,used_bytes or time_s,used_bytes,file_bytes" },
	{ "&programs { n { compatible = \"ballast,program-demand\"; file = \"large.csv\"; }; };",
	  "FILE: /guest-a/programs/n: file: DIR/large.csv holds up to 30720 MiB, more than the "
	  "guest's memory and swap; allowed: 512 MiB, or bytes-percent up to 1" },
	{ "&b { count = <2>; }; / { guest-b-1 { compatible = \"ballast,guest\"; "
	  "memory-mib = <64>; }; };",
	  "FILE: /: two guests are called guest-b-1; allowed: names that differ, replicas "
	  "included" },
	{ "&a { count = <9999>; }; &b { count = <2>; };",
	  "FILE: /: 10001 guests in all; allowed: 1..10000" },
	{ "/ { commands { c { compatible = \"ballast,set-balloon\"; guest = <&b>; "
	  "target-mib = <9>; }; }; };",
	  "FILE: /commands/c: guest: guest guest-b has no balloon device; allowed: a guest with "
	  "one" },
	{ "/ { commands { c { compatible = \"ballast,set-balloon\"; target-mib = <9>; }; }; };",
	  "FILE: /commands/c: guest: missing; allowed: <&label> of a guest" },
	{ "&b { devices { d { compatible = \"ballast,virtio-ballast\"; }; }; }; / { commands { c { "
	  "compatible = \"ballast,set-balloon\"; guest = <&b>; target-mib = <257>; }; }; };",
	  "FILE: /commands/c: target-mib: more than guest guest-b has; allowed: 1..256 MiB" },
	{ "/ { commands { c { compatible = \"ballast,set-balloon\"; guest = <&b>; "
	  "target-mib = <0>; }; }; };",
	  "FILE: /commands/c: target-mib: 0 is out of range; allowed: 1..16777216 MiB" },
	{ "/ { published { compatible = \"ballast,published\"; id = \"X\"; source = \"Y\"; f { "
	  "compatible = \"ballast,figure\"; metric = \"command-time-ms\"; value = <1>; }; }; };",
	  "FILE: /published/f: command: missing; allowed: <&label> of a command" },
	{ "/ { published { compatible = \"ballast,published\"; id = \"X\"; source = \"Y\"; f { "
	  "compatible = \"ballast,figure\"; metric = \"swap-mib\"; value = <1>; guest-index = <2>; "
	  "}; }; };",
	  "FILE: /published/f: guest-index: 2 is out of range; allowed: 0..1" },
	{ "/ { compatible = \"linux,dummy\"; };",
	  "FILE: /: compatible: not a scenario; allowed: \"ballast,scenario\"" },
	{ "/ { a { a { a { a { a { a { a { a { a { a { a { a { a { a { a { a { a { }; }; }; }; }; "
	  "}; }; }; }; }; }; }; }; }; }; }; }; };",
	  "FILE: nodes are nested too deeply; allowed: 16 levels" },
	{ "/ { oops };",
	  "FILE: dtc: FILE:15.10-11 syntax error; allowed: device tree source, see "
	  "docs/scenario.md" },
	{ "/ { x = <&nobody>; };",
	  "FILE: dtc: ERROR (phandle_references): /: Reference to non-existent node or label "
	  "\"nobody\"; allowed: device tree source, see docs/scenario.md" },
	{ "&host { cpus = <0>; thp = \"x\"; };",
	  "FILE: /host: cpus: 0 is out of range; allowed: 1..4096 CPUs\n"
	  "FILE: /host: thp: \"x\" is unknown; allowed: always|madvise|never" },
};

/* Replace every @from by @to; the result is the caller's. */
static char *replace(const char *text, const char *from, const char *to)
{
	char *result = NULL;
	size_t size;
	FILE *out = open_memstream(&result, &size);
	const char *at;

	ck_assert_ptr_nonnull(out);
	while ((at = strstr(text, from))) {
		fprintf(out, "%.*s%s", (int)(at - text), text, to);
		text = at + strlen(from);
	}
	fputs(text, out);
	fclose(out);
	return result;
}

static void assert_message(const struct scenario *s, const char *expected, const char *file)
{
	char *with_file = replace(expected, "FILE", file);
	char *whole = replace(with_file, "DIR", directory);

	ck_assert_str_eq(scenario_error_text(s), whole);
	free(with_file);
	free(whole);
}

START_TEST(bad_scenario_is_told_what_is_wrong_and_what_is_allowed)
{
	struct scenario s;
	char *csv = write_file("wrong.csv", "seconds,bytes\n", ""), *pipe = path_of("pipe");
	char *large = write_file("large.csv", "time_s,used_bytes\n0,0\n1,32212254720\n2,0\n", "");
	char *file = write_file("bad.dts", base, bads[_i].more);

	mkfifo(pipe, 0600);
	ck_assert_int_eq(load(&s, file, NULL, NULL), -1);
	assert_message(&s, bads[_i].message, file);
	ck_assert_uint_eq(s.nr_guests, 0);
	scenario_free(&s);
	free(file);
	free(csv);
	free(large);
	free(pipe);
}
END_TEST

static const struct bad bad_settings[] = {
	{ "nonsense", "--set nonsense: not a setting; allowed: PATH/PROP=VALUE, such as "
	  "/host/memory-mib=8192" },
	{ "/nobody/x=1", "--set /nobody/x=1: no node /nobody; allowed: nodes of FILE" },
	{ "/host/ram=1", "--set /host/ram=1: /host: ram: unknown property; allowed: properties of "
	  "ballast,host" },
	{ "/host/cpus=two", "--set /host/cpus=two: /host: cpus: not a number; allowed: 1..4096 "
	  "CPUs" },
	{ "/host/cpus=-1", "--set /host/cpus=-1: /host: cpus: not a number; allowed: 1..4096 "
	  "CPUs" },
	{ "/host/cpus=0", "--set /host/cpus=0: /host: cpus: 0 is out of range; allowed: 1..4096 "
	  "CPUs" },
	{ "/host/cpus=0x", "--set /host/cpus=0x: /host: cpus: not a number; allowed: 1..4096 "
	  "CPUs" },
	{ "/host/cpus= 1", "--set /host/cpus= 1: /host: cpus: not a number; allowed: 1..4096 "
	  "CPUs" },
	{ "/host/vmm-memory-mib=1024", "--set /host/vmm-memory-mib=1024: /host: vmm-memory-mib: a "
	  "VMM of 1024 MiB does not fit into the host; allowed: 0..1023 MiB" },
	{ "/guest-a/programs/one/size-mib=513", "--set /guest-a/programs/one/size-mib=513: "
	  "/guest-a/programs/one: size-mib: more than the guest's memory and swap; allowed: "
	  "1..512 MiB" },
	{ "/guest-a/in-turn=2", "--set /guest-a/in-turn=2: /guest-a: in-turn: not a truth value; "
	  "allowed: true or 1, false or 0" },
	{ "/guest-a/after=/x", "--set /guest-a/after=/x: /guest-a: after: no node /x; allowed: the "
	  "path of a node, such as /guest" },
};

START_TEST(bad_setting_is_told_what_is_wrong_and_what_is_allowed)
{
	struct scenario s;
	char *file = write_file("good.dts", base, "");

	ck_assert_int_eq(load(&s, file, NULL, bad_settings[_i].more), -1);
	assert_message(&s, bad_settings[_i].message, file);
	scenario_free(&s);
	free(file);
}
END_TEST

static const struct bad bad_overlays[] = {
	{ "/dts-v1/;\n/plugin/;\n&nobody { a = <1>; };\n",
	  "DIR/overlay.dtso: a label or path that it refers to is not in FILE; allowed: labels and "
	  "paths of the scenario" },
	{ "/dts-v1/;\n/ { a = <1>; };\n",
	  "DIR/overlay.dtso: not an overlay; allowed: source with /plugin/ and at least one &label "
	  "or &{/path}" },
	{ "/dts-v1/;\n/plugin/;\n&host { cpus = <0>; };\n",
	  "DIR/overlay.dtso: /host: cpus: 0 is out of range; allowed: 1..4096 CPUs" },
	{ "/dts-v1/;\n/plugin/;\n&host { x { }; };\n",
	  "DIR/overlay.dtso: /host/x: unknown node; allowed: ballast,disk, ballast,swap-hdd, "
	  "ballast,swap-ssd, ballast,swap-nvme, ballast,swap-zram, ballast,swap-file, "
	  "ballast,host-files, ballast,host-program, "
	  "ballast,cgroup, ballast,costs, modules" },
	{ "/dts-v1/;\n/plugin/;\n/ { description = \"x\"; seed = <2>; };\n"
	  "&host { cpus = <1>; };\n",
	  "DIR/overlay.dtso: seed: a property of the overlay's own root; allowed: description, and "
	  "&{/} { ... } to change the scenario's root" },
	{ "/dts-v1/;\n/plugin/;\n/ { host { cpus = <1>; }; };\n&host { cpus = <1>; };\n",
	  "DIR/overlay.dtso: host: a node of the overlay's own root; allowed: &label { ... } or "
	  "&{/path} { ... }" },
};

START_TEST(bad_overlay_is_told_what_is_wrong_in_its_own_name)
{
	struct scenario s;
	char *file = write_file("good.dts", base, "");
	char *overlay = write_file("overlay.dtso", bad_overlays[_i].more, "");

	ck_assert_int_eq(load(&s, file, overlay, NULL), -1);
	assert_message(&s, bad_overlays[_i].message, file);
	scenario_free(&s);
	free(file);
	free(overlay);
}
END_TEST

START_TEST(files_that_are_no_scenarios_are_told_so)
{
	struct scenario s;
	char *dtb = write_file("bad.dtb", "not a device tree, though long enough for a header", "");

	ck_assert_int_eq(load(&s, dtb, NULL, NULL), -1);
	assert_message(&s, "FILE: not a sound device tree blob (FDT_ERR_BADMAGIC)", dtb);
	scenario_free(&s);
	ck_assert_int_eq(load(&s, "/nowhere/x.dts", NULL, NULL), -1);
	assert_message(&s, "FILE: cannot be read: No such file or directory", "/nowhere/x.dts");
	scenario_free(&s);
	ck_assert_int_eq(load(&s, directory, NULL, NULL), -1);
	assert_message(&s, "FILE: cannot be read: Is a directory", directory);
	scenario_free(&s);
	free(dtb);
}
END_TEST

START_TEST(at_most_twenty_errors_are_shown)
{
	struct scenario s;
	char more[2000] = "&host {";
	const char *text;
	int lines = 1;

	for (int i = 0; i < 25; i++)
		sprintf(more + strlen(more), " x%d;", i);
	strcat(more, " };");
	char *file = write_file("bad.dts", base, more);

	ck_assert_int_eq(load(&s, file, NULL, NULL), -1);
	text = scenario_error_text(&s);
	for (const char *at = text; *at; at++)
		lines += *at == '\n';
	ck_assert_int_eq(lines, SCENARIO_ERRORS_MAX + 1);
	ck_assert_ptr_nonnull(strstr(text, "\n... and 5 more errors"));
	scenario_free(&s);
	free(file);
}
END_TEST

/* A damaged blob may be refused or not, but never read outside of it (sanitizers watch). */
START_TEST(damaged_blobs_do_no_harm)
{
	char *file = write_file("good.dts", base, ""), *dtb = path_of("base.dtb");
	char *bad = path_of("bad.dtb"), *command;
	static unsigned char blob[65536];
	unsigned int random = 12345;
	size_t size;
	FILE *in, *out;

	ck_assert_int_ge(asprintf(&command, "dtc -q -@ -I dts -O dtb -i %s/scenarios -o %s %s",
				  top, dtb, file), 0);
	ck_assert_int_eq(system(command), 0);
	in = fopen(dtb, "r");
	ck_assert_ptr_nonnull(in);
	size = fread(blob, 1, sizeof(blob), in);
	fclose(in);
	ck_assert_uint_gt(size, 1000);
	for (int i = 0; i < 300; i++) {
		struct scenario s;
		size_t at;
		unsigned char old;

		random = random * 1103515245 + 12345;
		at = (random >> 8) % size;
		old = blob[at];
		blob[at] ^= 1 + (random >> 4) % 255;
		out = fopen(bad, "w");
		ck_assert_uint_eq(fwrite(blob, 1, size, out), size);
		fclose(out);
		blob[at] = old;
		load(&s, bad, NULL, NULL);
		scenario_free(&s);
	}
	free(command);
	free(file);
	free(dtb);
	free(bad);
}
END_TEST

/* ---- the reference ---- */

static char *read_file(const char *path)
{
	FILE *in = fopen(path, "r");
	char *text = calloc(1, 1 << 20);

	ck_assert_ptr_nonnull(in);
	ck_assert_uint_lt(fread(text, 1, (1 << 20) - 1, in), (1 << 20) - 1);
	fclose(in);
	return text;
}

START_TEST(reference_in_the_docs_is_the_table)
{
	char *path = source("docs/scenario.md"), *doc = read_file(path), *text, *at;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	scenario_print_reference(out, SCENARIO_REFERENCE_MARKDOWN);
	fclose(out);
	at = strstr(doc, "### `ballast,scenario`");
	ck_assert_ptr_nonnull(at);
	ck_assert_msg(!strcmp(at, text), "docs/scenario.md is not up to date");
	free(path);
	free(doc);
	free(text);
}
END_TEST

/* Every value of the shipped cost table says where it comes from. */
START_TEST(every_cost_has_a_comment_with_its_source)
{
	char *path = source("scenarios/costs/skylake.dtsi"), *text = read_file(path), *save = NULL;
	bool sourced = false;
	int nr = 0;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (strstr(line, "measured") || strstr(line, "derived") ||
		    strstr(line, "estimate"))
			sourced = true;
		if (!strstr(line, "-ns = <"))
			continue;
		ck_assert_msg(sourced, "no source: %s", line);
		sourced = false;
		nr++;
	}
	ck_assert_int_eq(nr, NR_COSTS);
	free(path);
	free(text);
}
END_TEST

/* A time that was measured as a whole is what those make up who charge its parts. */
START_TEST(parts_of_a_measured_time_add_up_to_it)
{
	char *file = source("scenarios/first.dts");
	const uint64_t *ns;
	struct scenario s;

	load_good(&s, file, NULL, NULL);
	ns = s.host.costs.ns;
	/* a touch of memory that the host has not: exit, fault, zeroing */
	ck_assert_uint_eq(ns[COST_VMEXIT] + ns[COST_EPT_FAULT] + ns[COST_HOST_ZERO], 3740);
	ck_assert_uint_eq(ns[COST_VMEXIT] + ns[COST_EPT_HUGE_FAULT] + ns[COST_HOST_HUGE_ZERO],
			  359000);
	/* a first touch without virtualization, clearing apart */
	ck_assert_uint_eq(ns[COST_GUEST_FAULT] + ns[COST_PAGE_ALLOC] + ns[COST_BUDDY_ALLOC],
			  1010 - 410);
	/* a page into the balloon, and out of it: the last term is a page's share of a request */
	ck_assert_uint_eq(ns[COST_BALLOON_INFLATE] + ns[COST_PAGE_ALLOC] + ns[COST_BUDDY_ALLOC] +
			  ns[COST_MADVISE] + ns[COST_VMM_LOOKUP] + 40, 2540);
	ck_assert_uint_eq(ns[COST_BALLOON_DEFLATE] + ns[COST_PAGE_FREE] + ns[COST_BUDDY_FREE] +
			  ns[COST_MADVISE] + ns[COST_VMM_LOOKUP] + 40, 1810);
	scenario_free(&s);
	free(file);
}
END_TEST

static Suite *scenario_suite(void)
{
	Suite *suite = suite_create("scenario");
	TCase *good = tcase_create("good"), *bad = tcase_create("bad");
	TCase *reference = tcase_create("reference");

	tcase_set_timeout(good, 60);
	tcase_set_timeout(bad, 60);
	tcase_add_test(good, first_scenario_loads_with_its_values);
	tcase_add_test(good, every_scenario_of_the_tree_loads);
	tcase_add_test(good, demo_is_p4);
	tcase_add_test(good, programs_follow_each_other_as_in_a_shell);
	tcase_add_test(good, replicas_take_turns_and_own_references_stay_in_the_replica);
	tcase_add_test(good, commands_are_resolved_to_guests_and_commands);
	tcase_add_test(good, commands_to_replicas_are_replicated);
	tcase_add_test(good, numbers_may_have_64_bits);
	tcase_add_test(good, disabled_nodes_are_absent);
	tcase_add_test(good, parameters_keep_their_names_and_become_text);
	tcase_add_test(good, nodes_of_an_overlay_come_last_and_in_their_order);
	tcase_add_test(good, compiled_trees_are_read_directly);
	tcase_add_test(good, settings_follow_the_types_of_the_table);
	tcase_add_test(good, every_cost_is_read_into_its_own_place);
	tcase_add_test(good, demand_reads_its_file_beside_the_scenario);
	tcase_add_loop_test(bad, bad_scenario_is_told_what_is_wrong_and_what_is_allowed, 0,
			    sizeof(bads) / sizeof(bads[0]));
	tcase_add_loop_test(bad, bad_setting_is_told_what_is_wrong_and_what_is_allowed, 0,
			    sizeof(bad_settings) / sizeof(bad_settings[0]));
	tcase_add_loop_test(bad, bad_overlay_is_told_what_is_wrong_in_its_own_name, 0,
			    sizeof(bad_overlays) / sizeof(bad_overlays[0]));
	tcase_add_test(bad, files_that_are_no_scenarios_are_told_so);
	tcase_add_test(bad, at_most_twenty_errors_are_shown);
	tcase_add_test(bad, damaged_blobs_do_no_harm);
	tcase_add_test(reference, reference_in_the_docs_is_the_table);
	tcase_add_test(reference, every_cost_has_a_comment_with_its_source);
	tcase_add_test(reference, parts_of_a_measured_time_add_up_to_it);
	suite_add_tcase(suite, good);
	suite_add_tcase(suite, bad);
	suite_add_tcase(suite, reference);
	return suite;
}

Suite *test_suite(int argc, char **argv)
{
	if (getenv("BALLAST_TOP"))
		top = getenv("BALLAST_TOP");
	if (!mkdtemp(directory)) {
		perror("mkdtemp");
		return NULL;
	}
	test_suite_end = remove_directory;
	return scenario_suite();
}
