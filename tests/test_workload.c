// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest programs, each in a small machine: that they end well, that they do the work that they
 * are asked for, and what becomes of one that needs more memory than its guest has.
 */
#include "cost.h"
#include "guest_samples.h"
#include "scenario_run.h"
#include "suite.h"

#define MIB_PAGES(mib) ((uint64_t)(mib) * 256)
#define MSEC UINT64_C(1000000)

static char scenario[8192];

/* @guest: its properties and swap. */
static const char *make(unsigned int mib, const char *guest, const char *programs)
{
	snprintf(scenario, sizeof(scenario),
		 TEST_HEAD TEST_HOST
		 "g: guest { compatible = \"ballast,guest\"; memory-mib = <%u>; vcpus = <2>;\n"
		 "boot-profile = <&linux_6_1>; %s\nprograms { %s }; }; };\n",
		 mib, guest, programs);
	return scenario;
}

static void run_in(unsigned int mib, struct outcome *o, const char *guest, const char *programs)
{
	outcome_run(o, make(mib, guest, programs), true);
	ck_assert_msg(!o->refused && o->end == TRACE_END_OK, "%s: ended as %d: %s", programs,
		      o->end, o->text);
}

static void run(struct outcome *o, const char *guest, const char *programs)
{
	run_in(256, o, guest, programs);
}

static void check_ended(const struct report_program *p)
{
	ck_assert_msg(p->state == PROGRAM_ENDED && p->status == 0, "%s: state %d, status %d",
		      p->name, p->state, (int)p->status);
}

/* One program of each kind and the work that it has to do. */

#define PROGRAM(name, args) name " { compatible = \"ballast,program-" name "\"; " args " };"

static const struct {
	const char *text;
	uint64_t work_min, work_max;	/* pages */
	uint64_t ms_min;		/* run time */
} programs_run[] = {
	{ PROGRAM("memhog", "size-mib = <64>; loops = <3>; hold-ms = <100>; pause-ms = <200>;"),
	  MIB_PAGES(192), MIB_PAGES(192), 3 * 100 + 2 * 200 },
	{ PROGRAM("allocate", "size-mib = <64>; hold-ms = <250>;"), MIB_PAGES(64), MIB_PAGES(64),
	  250 },
	{ PROGRAM("page-fault1", "size-mib = <32>; loops = <4>; tasks = <2>;"), MIB_PAGES(256),
	  MIB_PAGES(256), 1 },
	{ PROGRAM("page-fault2", "size-mib = <16>; loops = <3>; tasks = <2>;"), MIB_PAGES(96),
	  MIB_PAGES(96), 1 },
	/* It holds 64 MiB and renews them ten times or so. */
	{ PROGRAM("churn", "size-mib = <64>; duration-ms = <5000>; lifetime-ms = <500>;"),
	  MIB_PAGES(64 * 5), MIB_PAGES(64 * 20), 5000 },
	{ PROGRAM("filescan", "file-mib = <64>; loops = <2>;"), MIB_PAGES(128), MIB_PAGES(128),
	  1 },
	{ PROGRAM("idle", "duration-ms = <1500>;"), 0, 0, 1500 },
};

START_TEST(program_does_its_work_and_ends)
{
	const struct report_program *p;
	struct outcome o;

	run(&o, "", programs_run[_i].text);
	ck_assert_uint_eq(o.report.nr_programs, 1);
	p = &o.report.programs[0];
	check_ended(p);
	ck_assert_msg(p->work >= programs_run[_i].work_min && p->work <= programs_run[_i].work_max,
		      "%s: work %llu", p->name, (unsigned long long)p->work);
	ck_assert_msg(p->end - p->start >= programs_run[_i].ms_min * MSEC, "%s: %llu ns", p->name,
		      (unsigned long long)(p->end - p->start));
	ck_assert_uint_le(p->cpu, 2 * (p->end - p->start));
	outcome_free(&o);
}
END_TEST

/* Costs */

/* A table in which only @property is not 0. */
static const char *with_one_cost(const char *text, const char *property, unsigned int ns)
{
	static char all[sizeof(scenario) + 4096];
	int used = snprintf(all, sizeof(all), "%s&costs {", text), i;

	for (i = 0; i < NR_COSTS; i++)
		used += snprintf(all + used, sizeof(all) - used, " %s = <%u>;",
				 cost_info[i].property,
				 strcmp(cost_info[i].property, property) ? 0 : ns);
	snprintf(all + used, sizeof(all) - used, " };\n");
	return all;
}

/* What a program pays for each page of its work, in ns, where a page written or read costs 1000. */
static const struct {
	const char *program;
	unsigned int write_ns, read_ns;
} pages_paid[] = {
	{ PROGRAM("memhog", "size-mib = <64>; loops = <3>;"), 1000, 0 },
	{ PROGRAM("allocate", "size-mib = <64>;"), 1000, 0 },
	/* It reads each page once before it is freed. */
	{ PROGRAM("churn", "size-mib = <16>; duration-ms = <500>; lifetime-ms = <100>;"), 1000,
	  1000 },
	/* One byte of a page takes no time; nor does what a kernel does for read(). */
	{ PROGRAM("page-fault1", "size-mib = <32>; loops = <2>; tasks = <2>;"), 0, 0 },
	{ PROGRAM("page-fault2", "size-mib = <16>; loops = <2>; tasks = <1>;"), 0, 0 },
	{ PROGRAM("filescan", "file-mib = <16>; loops = <2>;"), 0, 0 },
};

static void check_paid(const char *text, const char *property, unsigned int ns_each)
{
	const struct report_program *p;
	struct outcome o;

	outcome_run(&o, with_one_cost(text, property, 1000), false);
	ck_assert_msg(!o.refused && o.end == TRACE_END_OK, "%s", o.text);
	p = &o.report.programs[0];
	check_ended(p);
	ck_assert_uint_gt(p->work, 0);
	ck_assert_msg(p->cpu == p->work * ns_each, "%s, %s: %llu ns for %llu pages", p->name,
		      property, (unsigned long long)p->cpu, (unsigned long long)p->work);
	outcome_free(&o);
}

START_TEST(a_program_pays_once_for_each_page_that_it_touches)
{
	const char *text = make(256, "", pages_paid[_i].program);

	check_paid(text, "page-write-ns", pages_paid[_i].write_ns);
	check_paid(text, "page-read-ns", pages_paid[_i].read_ns);
}
END_TEST

/*
 * Interrupts of the disk, direct reclaim and three vCPUs at once: per-CPU lists are only changed
 * with interrupts off (or counts go wrong, and who empties the lists never ends).
 */
START_TEST(interrupts_leave_the_lists_of_a_cpu_alone)
{
	static const char text[] =
		TEST_HEAD
		"host { compatible = \"ballast,host\"; memory-mib = <640>; cpus = <2>;\n"
		"kernel-reserve-mib = <64>;\n"
		"swap { /include/ \"swap/ssd.dtsi\" size-mib = <2048>; }; };\n"
		"guest { compatible = \"ballast,guest\"; count = <2>; memory-mib = <512>;\n"
		"vcpus = <3>; thp = \"never\"; boot-profile = <&linux_6_1>;\n"
		"swap { /include/ \"swap/ssd.dtsi\" size-mib = <256>; };\n"
		"programs {\n"
		PROGRAM("page-fault1", "size-mib = <40>; loops = <3>; tasks = <6>;"
			"background;")
		PROGRAM("page-fault2", "size-mib = <20>; loops = <3>; tasks = <4>;"
			"background;")
		PROGRAM("churn", "size-mib = <100>; lifetime-ms = <200>; duration-ms = <3000>;"
			"background;")
		PROGRAM("memhog", "size-mib = <360>; loops = <2>; hold-ms = <300>;")
		"}; }; };\n";
	struct outcome o;

	outcome_run(&o, text, false);
	ck_assert_msg(!o.refused && o.end == TRACE_END_OK, "ended as %d: %s", o.end, o.text);
	outcome_free(&o);
}
END_TEST

static uint64_t faults(const struct outcome *o, enum trace_fault kind)
{
	return o->report.guests[0].faults[kind].count;
}

START_TEST(faults_are_of_2_mib_unless_the_guest_or_the_program_forbids)
{
	static const struct {
		unsigned int mib;
		const char *guest, *madvise;
		uint64_t huge;	/* of 64 MiB, as often as two mappings somewhere allow */
	} cases[] = {
		{ 1024, "thp = \"always\";", "none", 62 },
		{ 1024, "thp = \"always\";", "nohugepage", 0 },
		{ 1024, "thp = \"madvise\";", "none", 0 },
		{ 1024, "thp = \"madvise\";", "hugepage", 62 },
		{ 1024, "thp = \"never\";", "hugepage", 0 },
		/* hugepage_init(): not with less than 512 MiB */
		{ 256, "thp = \"always\";", "hugepage", 0 },
	};
	char text[512];
	struct outcome o;
	unsigned int i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text),
			 PROGRAM("page-fault1", "size-mib = <64>; loops = <2>; madvise = \"%s\";"),
			 cases[i].madvise);
		run_in(cases[i].mib, &o, cases[i].guest, text);
		ck_assert_msg(faults(&o, TRACE_FAULT_HUGE) >= cases[i].huge &&
			      faults(&o, TRACE_FAULT_HUGE) <= cases[i].huge + 2, "%s %s: %llu",
			      cases[i].guest, cases[i].madvise,
			      (unsigned long long)faults(&o, TRACE_FAULT_HUGE));
		/* besides: 19 pages of the process's own, 1 or 2 MiB of tables */
		if (!cases[i].huge) {
			ck_assert_uint_ge(faults(&o, TRACE_FAULT_MINOR), MIB_PAGES(129) + 19);
			ck_assert_uint_le(faults(&o, TRACE_FAULT_MINOR), MIB_PAGES(130) + 19);
		}
		outcome_free(&o);
	}
}
END_TEST

START_TEST(filescan_reads_a_file_that_fits_from_the_disk_once)
{
	struct outcome once, twice, large;

	run(&once, "", PROGRAM("filescan", "file-mib = <64>; loops = <1>;"));
	run(&twice, "", PROGRAM("filescan", "file-mib = <64>; loops = <2>;"));
	run(&large, "", PROGRAM("filescan", "file-mib = <512>; loops = <2>;"));
	ck_assert_uint_ge(once.report.guests[0].last.cached, MIB_PAGES(64));
	/* The second time is faster by far: no disk. */
	ck_assert_uint_lt(twice.report.programs[0].end - twice.report.programs[0].start,
			  (once.report.programs[0].end - once.report.programs[0].start) * 3 / 2);
	/* Of what is larger than memory most comes from the disk both times. */
	ck_assert_uint_ge(large.report.programs[0].end - large.report.programs[0].start,
			  (once.report.programs[0].end - once.report.programs[0].start) * 12);
	outcome_free(&once);
	outcome_free(&twice);
	outcome_free(&large);
}
END_TEST

/* Samples of the guest, from the trace */

static uint64_t peak_guest_swap(const struct samples *s)
{
	uint64_t peak = 0;
	unsigned int i;

	for (i = 0; i < s->nr; i++)
		peak = s->guest_swap[i] > peak ? s->guest_swap[i] : peak;
	return peak;
}

/* Free pages then. */
static uint64_t free_at(const struct samples *s, uint64_t time)
{
	return s->free[sample_at(s, time)];
}

/* demand */

/* The curve below, in the middle of its steps: free pages tell, relative to the last one. */
static void check_held(const struct outcome *o, uint64_t ms, uint64_t mib)
{
	const struct samples *s = samples_of(o);
	uint64_t start = o->report.programs[0].start;
	/* page tables and what is in per-CPU lists */
	int64_t slack = MIB_PAGES(2);
	int64_t held = (int64_t)free_at(s, start + 7900 * MSEC) + (int64_t)MIB_PAGES(64) -
		       (int64_t)free_at(s, start + ms * MSEC);

	ck_assert_msg(llabs(held - (int64_t)MIB_PAGES(mib)) <= slack, "after %d ms %d pages",
		      (int)ms, (int)held);
}

static const char curve[] = "time_s,used_bytes\n"
			    "0,16777216\n"	/* 16 MiB */
			    "2,100663296\n"	/* 96 MiB */
			    "4,33554432\n"	/* 32 MiB */
			    "6,67108864\n"	/* 64 MiB */
			    "8,0\n";

#define CURVE_FILE "/tmp/ballast-test-XXXXXX.csv"

/* A program that follows @csv, which becomes a new file. */
static void make_demand(char *text, size_t size, char file[], const char *csv)
{
	int fd = mkstemps(file, 4);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, csv, strlen(csv)), strlen(csv));
	close(fd);
	snprintf(text, size, PROGRAM("demand", "file = \"%s\";"), file);
}

START_TEST(demand_follows_its_curve)
{
	char file[] = CURVE_FILE, text[512];
	struct outcome o;

	make_demand(text, sizeof(text), file, curve);
	run(&o, "", text);
	check_ended(&o.report.programs[0]);
	/* Growth only is written: 16, 96 - 16, 64 - 32. */
	ck_assert_uint_eq(o.report.programs[0].work, MIB_PAGES(16 + 80 + 32));
	ck_assert_uint_ge(o.report.programs[0].end - o.report.programs[0].start, 8000 * MSEC);
	ck_assert_uint_lt(o.report.programs[0].end - o.report.programs[0].start, 8500 * MSEC);
	check_held(&o, 1500, 16);
	check_held(&o, 3500, 96);
	check_held(&o, 5500, 32);
	outcome_free(&o);
	/* Half the memory in twice the time. */
	snprintf(text, sizeof(text),
		 PROGRAM("demand", "file = \"%s\"; bytes-percent = <50>; time-percent = <200>;"),
		 file);
	run(&o, "", text);
	ck_assert_uint_eq(o.report.programs[0].work, MIB_PAGES(8 + 40 + 16));
	ck_assert_uint_ge(o.report.programs[0].end - o.report.programs[0].start, 16000 * MSEC);
	outcome_free(&o);
	unlink(file);
}
END_TEST

/* Columns in another order, one that is passed over, times in between. */
static const char apart[] = "file_bytes,time_s,guest,used_bytes\n"
			    "33554432,0,a,16777216\n"		/* 32, 16 MiB */
			    "83886080,2.0,a,16777216\n"	/* 80, 16 MiB */
			    "20971520,4.250000000,a,67108864\n" /* 20, 64 MiB */
			    "0,6.5,a,67108864\n"
			    "0,8,a,0\n";

static void check_apart(const struct outcome *o, uint64_t ms, uint64_t mib, uint64_t file_mib)
{
	const struct samples *s = samples_of(o);
	uint64_t start = o->report.programs[0].start, at = sample_at(s, start + ms * MSEC);
	uint64_t none = sample_at(s, start + 7900 * MSEC);
	/* As above; and what is read ahead of where reading ends. */
	int64_t slack = MIB_PAGES(2);
	int64_t file = (int64_t)s->cached[at] - (int64_t)s->cached[none];
	int64_t held = (int64_t)s->free[none] + (int64_t)MIB_PAGES(64) - (int64_t)s->free[at];

	ck_assert_msg(llabs(file - (int64_t)MIB_PAGES(file_mib)) <= slack,
		      "after %d ms %d pages of files", (int)ms, (int)file);
	ck_assert_msg(llabs(held - (int64_t)MIB_PAGES(mib + file_mib)) <= slack,
		      "after %d ms %d pages", (int)ms, (int)held);
}

START_TEST(demand_follows_files_apart)
{
	char file[] = CURVE_FILE, text[512];
	struct outcome o;

	make_demand(text, sizeof(text), file, apart);
	run(&o, "", text);
	check_ended(&o.report.programs[0]);
	/* Growth of both: 16 + 48, and 32 + 48. */
	ck_assert_uint_eq(o.report.programs[0].work, MIB_PAGES(16 + 48 + 32 + 48));
	check_apart(&o, 1900, 16, 32);
	check_apart(&o, 4000, 16, 80);
	check_apart(&o, 6400, 64, 20);
	check_apart(&o, 7400, 64, 0);
	/* Before the third sample, which is not at 4 s, and the fourth. */
	check_apart(&o, 4150, 16, 80);
	check_apart(&o, 6350, 64, 20);
	outcome_free(&o);
	unlink(file);
}
END_TEST

static const struct {
	const char *csv, *says;
} bad_curves[] = {
	{ "time_s,used_bytes\n0,1\n1.0000000001,1\n", ":3: time_s must be seconds" },
	{ "time_s,used_bytes\n1.,1\n", ":2: time_s must be seconds" },
	{ "time_s,used_bytes\n.5,1\n", ":2: time_s must be seconds" },
	{ "time_s,used_bytes\n1.5x,1\n", ":2: time_s must be seconds" },
	{ "time_s,used_bytes\n-1,1\n", ":2: time_s must be seconds" },
	{ "time_s,used_bytes\n18446744073,1\n", ":2: time_s is too large" },
	{ "time_s,used_bytes\n1.5,1\n1.25,1\n", ":3: time_s goes back" },
	{ "time_s,used_bytes\n1,2.5\n", ":2: used_bytes and file_bytes must be whole" },
	{ "time_s,used_bytes,file_bytes\n1,2\n", ":2: used_bytes and file_bytes must be whole" },
	{ "time_s,used_bytes,file_bytes\n1,2,x\n", ":2: used_bytes and file_bytes must be" },
	{ "time_s,used_bytes\n", ":1: there are no samples" },
};

START_TEST(a_curve_that_is_none_is_refused)
{
	char file[] = CURVE_FILE, text[512];
	struct outcome o;

	make_demand(text, sizeof(text), file, bad_curves[_i].csv);
	outcome_run(&o, make(256, "", text), false);
	ck_assert(o.refused);
	ck_assert_msg(strstr(o.text, bad_curves[_i].says) != NULL, "%s", o.text);
	outcome_free(&o);
	unlink(file);
}
END_TEST

/* More than the guest has */

#define SWAP "swap { /include/ \"swap/ssd.dtsi\"\nsize-mib = <256>; };"
/* All that there is, of which the kernel has some. */
#define TOO_LARGE PROGRAM("memhog", "size-mib = <256>;")
#define AFTER "after { compatible = \"ballast,program-allocate\"; size-mib = <64>; };"

START_TEST(program_larger_than_memory_is_killed_and_the_guest_goes_on)
{
	struct outcome o;

	run(&o, "", TOO_LARGE AFTER);
	ck_assert_uint_eq(o.report.nr_programs, 2);
	ck_assert_msg(o.report.programs[0].state == PROGRAM_KILLED, "state %d",
		      o.report.programs[0].state);
	ck_assert_uint_lt(o.report.programs[0].work, MIB_PAGES(256));
	ck_assert_uint_eq(peak_guest_swap(samples_of(&o)), 0);
	/* Its memory is there again for the next. */
	check_ended(&o.report.programs[1]);
	ck_assert_uint_eq(o.report.programs[1].work, MIB_PAGES(64));
	outcome_free(&o);
}
END_TEST

START_TEST(program_larger_than_memory_uses_the_swap_of_the_guest)
{
	struct outcome o;

	run(&o, SWAP, PROGRAM("memhog", "size-mib = <320>; hold-ms = <3000>;") AFTER);
	check_ended(&o.report.programs[0]);
	check_ended(&o.report.programs[1]);
	ck_assert_uint_eq(o.report.programs[0].work, MIB_PAGES(320));
	/* 320 MiB are more than 256 by that, and by what the kernel has. */
	ck_assert_uint_ge(peak_guest_swap(samples_of(&o)), MIB_PAGES(64));
	/*
	 * What is left belongs to the second program, which is there still, or was in the hands of
	 * kswapd, kcompactd and direct reclaim, 32 pages each, when the first one ended: nobody
	 * wants it, and nobody has reclaimed it yet.
	 */
	ck_assert_uint_le(o.report.guests[0].last.guest_swap, 19 + 3 * 32);
	outcome_free(&o);
}
END_TEST

START_TEST(what_was_swapped_by_the_guest_is_read_back_as_it_was)
{
	struct outcome o;

	/* It verifies each allocation before it frees it; a lost page fails the run. */
	run(&o, SWAP, PROGRAM("churn", "size-mib = <300>; duration-ms = <4000>;"
				       " lifetime-ms = <2000>; max-kib = <16384>;"));
	check_ended(&o.report.programs[0]);
	ck_assert_uint_gt(faults(&o, TRACE_FAULT_GUEST_SWAP_IN), 0);
	ck_assert_uint_gt(o.report.programs[0].stalled, 0);
	outcome_free(&o);
}
END_TEST

static uint64_t program_end(const struct outcome *o, const char *name)
{
	unsigned int i;

	for (i = 0; i < o->report.nr_programs; i++)
		if (!strcmp(o->report.programs[i].name, name))
			return o->report.programs[i].end;
	ck_abort_msg("no program %s", name);
}

START_TEST(programs_start_one_after_the_other_unless_in_the_background)
{
	struct outcome o;

	run(&o, "", "a { compatible = \"ballast,program-idle\"; duration-ms = <2000>; };"
		    "b { compatible = \"ballast,program-idle\"; duration-ms = <1000>; };");
	ck_assert_uint_ge(o.report.programs[1].start, o.report.programs[0].end);
	outcome_free(&o);
	run(&o, "", "a { compatible = \"ballast,program-idle\"; duration-ms = <2000>;"
		    " background; };"
		    "b { compatible = \"ballast,program-idle\"; duration-ms = <1000>; };");
	ck_assert_uint_lt(program_end(&o, "b"), program_end(&o, "a"));
	outcome_free(&o);
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("workload");
	TCase *tc = tcase_create("workload");

	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, program_does_its_work_and_ends, 0,
			    sizeof(programs_run) / sizeof(programs_run[0]));
	tcase_add_loop_test(tc, a_program_pays_once_for_each_page_that_it_touches, 0,
			    sizeof(pages_paid) / sizeof(pages_paid[0]));
	tcase_add_test(tc, interrupts_leave_the_lists_of_a_cpu_alone);
	tcase_add_test(tc, faults_are_of_2_mib_unless_the_guest_or_the_program_forbids);
	tcase_add_test(tc, filescan_reads_a_file_that_fits_from_the_disk_once);
	tcase_add_test(tc, demand_follows_its_curve);
	tcase_add_test(tc, demand_follows_files_apart);
	tcase_add_loop_test(tc, a_curve_that_is_none_is_refused, 0,
			    sizeof(bad_curves) / sizeof(bad_curves[0]));
	tcase_add_test(tc, program_larger_than_memory_is_killed_and_the_guest_goes_on);
	tcase_add_test(tc, program_larger_than_memory_uses_the_swap_of_the_guest);
	tcase_add_test(tc, what_was_swapped_by_the_guest_is_read_back_as_it_was);
	tcase_add_test(tc, programs_start_one_after_the_other_unless_in_the_background);
	suite_add_tcase(s, tc);
	return s;
}
