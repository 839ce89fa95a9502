// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a guest of a scenario does as a whole: sharing its vCPUs, giving back what programs freed.
 * Values are those of a booted 6.1, or follow from its rules.
 */
#include "scenario_run.h"
#include "suite.h"

#define SEC UINT64_C(1000000000)

#define GUEST(memory, vcpus, properties, body)                                                     \
	"g: guest { compatible = \"ballast,guest\"; memory-mib = <" memory ">; vcpus = <" vcpus    \
	">; boot-profile = <&linux_6_1>;" properties " programs {" body "}; };\n"
#define HOST(memory, cpus)                                                                         \
	"host { compatible = \"ballast,host\"; memory-mib = <" memory ">; cpus = <" cpus ">; };\n"
#define FAULTS(size, loops, more)                                                                  \
	"compatible = \"ballast,program-page-fault1\"; size-mib = <" size ">; loops = <" loops     \
	">; " more

static struct outcome o;

static const struct report_program *program(const char *name)
{
	unsigned int i;

	ck_assert_msg(!o.refused && o.end == TRACE_END_OK, "%s", o.text);
	for (i = 0; i < o.report.nr_programs; i++)
		if (!strcmp(o.report.programs[i].name, name))
			return &o.report.programs[i];
	ck_abort_msg("no program %s", name);
}

static uint64_t run_time(const struct report_program *p)
{
	return p->end - p->start;
}

/* The vCPU's first task has run alone for 4 s; real: 49 and 51 ticks of the next second. */
START_TEST(a_program_that_starts_late_and_one_that_runs_share_a_vcpu)
{
	const struct report_program *late;

	outcome_run(&o, TEST_HEAD HOST("4096", "2") GUEST("2048", "1", "",
		"a {" FAULTS("64", "700", "background;") "};"
		"b {" FAULTS("64", "100", "start-ms = <6000>;") "};") "};\n", false);
	late = program("b");
	ck_assert_uint_gt(run_time(late) * 100, late->cpu * 185);
	ck_assert_uint_lt(run_time(late) * 100, late->cpu * 215);
	outcome_free(&o);
}
END_TEST

START_TEST(a_sleeper_that_wakes_up_gets_its_share_and_not_the_time_that_it_slept)
{
	const struct report_program *sleeper;

	outcome_run(&o, TEST_HEAD HOST("6144", "2") GUEST("4096", "1", "",
		"a {" FAULTS("64", "900", "background;") "};"
		"b { compatible = \"ballast,program-memhog\"; size-mib = <1024>; loops = <3>;"
		" pause-ms = <3000>; };") "};\n", false);
	sleeper = program("b");
	ck_assert_uint_gt(sleeper->stalled * 100, sleeper->cpu * 85);
	ck_assert_uint_lt(sleeper->stalled * 100, sleeper->cpu * 115);
	outcome_free(&o);
}
END_TEST

/* As many tasks as vCPUs: none waits for a vCPU while another is idle. */
START_TEST(tasks_that_start_together_get_a_vcpu_each)
{
	const struct report_program *p;

	outcome_run(&o, TEST_HEAD HOST("4096", "4") GUEST("2048", "4", "",
		"p {" FAULTS("64", "20", "tasks = <4>;") "};") "};\n", false);
	p = program("p");
	ck_assert_uint_lt(p->stalled, p->cpu / 50);
	ck_assert_uint_lt(run_time(p) * 3, p->cpu);
	outcome_free(&o);
}
END_TEST

/*
 * Programs that free small pages.  Real: a guest of 1 GiB, of which 300 MiB were mapped in pieces
 * of 4 to 64 (16) KiB at random and all of that freed again, goes from 408 (408) MiB resident to
 * 106 (106) in the 22 s after the program has ended: 302 MiB.  One page that stays on a per-CPU
 * list keeps 2 MiB from being reported.  The lists are emptied when exit() frees the root of the
 * page tables, if they have overflowed shortly before; so there are runs, in both worlds, in which
 * all of it stays (2 GiB, pieces of up to 16 KiB: real, 728 MiB before and after).  Most do not.
 */
static uint64_t drop_mib(const char *max_kib, uint64_t seed)
{
	char text[2048];
	uint64_t drop;

	snprintf(text, sizeof(text), TEST_HEAD "seed = <%u>;" HOST("4096", "2")
		 GUEST("1024", "1",
		       "thp = \"madvise\"; modules { d { compatible = \"ballast,module\";"
		       " image = \"virtio_ballast\"; }; }; devices { balloon {"
		       " compatible = \"ballast,virtio-ballast\"; free-page-reporting; }; };",
		       "c { compatible = \"ballast,program-churn\"; size-mib = <300>;"
		       " max-kib = <%s>; lifetime-ms = <3000>; duration-ms = <6000>;"
		       " delay-ms = <8000>; };"
		       "i { compatible = \"ballast,program-idle\"; duration-ms = <22000>; };")
		 "};\n", (unsigned int)seed, max_kib);
	outcome_run(&o, text, false);
	ck_assert_msg(!o.refused && o.end == TRACE_END_OK, "%s", o.text);
	drop = o.report.guests[0].resident_peak - o.report.guests[0].last.resident;
	outcome_free(&o);
	return drop / 256;
}

START_TEST(small_pages_that_a_program_frees_are_given_back)
{
	unsigned int given_back = 0;
	uint64_t seed;

	for (seed = 1; seed <= 5; seed++) {
		uint64_t drop = drop_mib(_i ? "16" : "64", seed);

		given_back += drop > 302 * 85 / 100 && drop < 302 * 115 / 100;
	}
	ck_assert_uint_ge(given_back, 3);
}
END_TEST

/* Small blocks that a program has freed between others are reported at order 0, and not at 9. */
static uint64_t resident_at_order(const char *order)
{
	char text[2048];
	uint64_t resident;

	snprintf(text, sizeof(text), TEST_HEAD HOST("2048", "2")
		 GUEST("512", "1",
		       "thp = \"never\"; page-reporting { compatible = \"ballast,page-reporting\";"
		       " order = <%s>; }; modules { d { compatible = \"ballast,module\";"
		       " image = \"virtio_ballast\"; }; }; devices { balloon {"
		       " compatible = \"ballast,virtio-ballast\"; free-page-reporting; }; };",
		       "c { compatible = \"ballast,program-churn\"; size-mib = <200>;"
		       " max-kib = <16>; duration-ms = <5000>; };"
		       "i { compatible = \"ballast,program-idle\"; duration-ms = <10000>; };")
		 "};\n", order);
	outcome_run(&o, text, false);
	ck_assert_msg(!o.refused && o.end == TRACE_END_OK, "%s", o.text);
	resident = o.report.guests[0].last.resident;
	outcome_free(&o);
	return resident;
}

/*
 * What a VMM takes when it starts is taken by the host's kernel: while it waits for that memory its
 * vCPU runs nothing of the guest's, which would take the wake-up for its own.
 */
START_TEST(guests_that_start_when_memory_is_short_come_to_an_end)
{
	char text[2048];

	snprintf(text, sizeof(text), TEST_HEAD "seed = <%d>;"
		 "host { compatible = \"ballast,host\"; memory-mib = <768>; cpus = <2>;"
		 " kernel-reserve-mib = <64>;"
		 " swap {\n/include/ \"swap/ssd.dtsi\"\n size-mib = <1024>; }; };\n"
		 GUEST("512", "1", "count = <20>;", "p {"
		       " compatible = \"ballast,program-memhog\"; size-mib = <320>;"
		       " hold-ms = <500>; in-turn; };") "};\n", _i);
	outcome_run(&o, text, false);
	ck_assert_msg(!o.refused && o.end == TRACE_END_OK, "%s", o.text);
	outcome_free(&o);
}
END_TEST

START_TEST(order_zero_is_order_zero)
{
	ck_assert_uint_lt(resident_at_order("0") * 10, resident_at_order("9") * 9);
	ck_assert_uint_le(resident_at_order("0"), resident_at_order("5"));
}
END_TEST

START_TEST(what_can_never_be_reported_is_said)
{
	outcome_run(&o, TEST_HEAD HOST("2048", "2")
		GUEST("512", "1",
		      "page-reporting { compatible = \"ballast,page-reporting\"; order = <10>;"
		      " capacity = <256>; }; modules { d { compatible = \"ballast,module\";"
		      " image = \"virtio_ballast\"; }; }; devices { balloon {"
		      " compatible = \"ballast,virtio-ballast\"; free-page-reporting; }; };",
		      "i { compatible = \"ballast,program-idle\"; duration-ms = <5000>; };")
		"};\n", false);
	ck_assert_msg(!o.refused && o.end == TRACE_END_OK, "%s", o.text);
	ck_assert_msg(strstr(o.text, "nothing can be reported: no zone has its low watermark and"
			     " 256 blocks of order 10") != NULL, "%s", o.text);
	ck_assert_uint_eq(o.report.guests[0].total.report_requests, 0);
	outcome_free(&o);
}
END_TEST

/*
 * From 128 GiB on the memmap does not fit below 4 GiB any more; of a guest of 16 TiB it takes 256
 * GiB, which booting writes.  Everything else costs nothing as long as nobody uses it.
 */
START_TEST(guests_up_to_the_largest_boot_run_and_report)
{
	static const struct {
		const char *mib;
		uint64_t memmap_mib;
	} sizes[] = { { "131072", 2048 }, { "262144", 4096 }, { "16777216", 262144 } };
	char text[2048];
	uint64_t resident;

	snprintf(text, sizeof(text), TEST_HEAD HOST("1048576", "4")
		 GUEST("%s", "1",
		       "phys-bits = <46>; modules { d { compatible = \"ballast,module\";"
		       " image = \"virtio_ballast\"; }; }; devices { balloon {"
		       " compatible = \"ballast,virtio-ballast\"; free-page-reporting; }; };",
		       "m { compatible = \"ballast,program-memhog\"; size-mib = <1024>; };") "};\n",
		 sizes[_i].mib);
	outcome_run(&o, text, false);
	ck_assert_msg(!o.refused && o.end == TRACE_END_OK, "%s", o.text);
	ck_assert_uint_eq(program("m")->work, 1024 * 256);
	resident = o.report.guests[0].resident_peak / 256;
	/* hash tables, swiotlb, image and what the boot profile and the program take: below 5 % */
	ck_assert_uint_ge(resident, sizes[_i].memmap_mib + 1024);
	ck_assert_uint_le(resident, sizes[_i].memmap_mib * 105 / 100 + 1024 + 256);
	outcome_free(&o);
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("guest");
	TCase *tc = tcase_create("vcpus");

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, a_program_that_starts_late_and_one_that_runs_share_a_vcpu);
	tcase_add_test(tc, a_sleeper_that_wakes_up_gets_its_share_and_not_the_time_that_it_slept);
	tcase_add_test(tc, tasks_that_start_together_get_a_vcpu_each);
	suite_add_tcase(s, tc);
	tc = tcase_create("memory");
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, small_pages_that_a_program_frees_are_given_back, 0, 2);
	tcase_add_loop_test(tc, guests_up_to_the_largest_boot_run_and_report, 0, 3);
	tcase_add_loop_test(tc, guests_that_start_when_memory_is_short_come_to_an_end, 1, 4);
	tcase_add_test(tc, order_zero_is_order_zero);
	tcase_add_test(tc, what_can_never_be_reported_is_said);
	suite_add_tcase(s, tc);
	return s;
}
