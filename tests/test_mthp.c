// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sizes of huge pages (mTHP) as scenarios ask for them: which kernels have them, what of it is in
 * the tables, and what they do to what the host gets back.
 */
#include <stdbool.h>

#include "scenario_run.h"
#include "suite.h"

static char scenario[8192];

static const char *make(const char *guest, const char *programs)
{
	snprintf(scenario, sizeof(scenario),
		 TEST_HEAD "host { compatible = \"ballast,host\"; memory-mib = <4096>;"
		 " cpus = <2>; };\n"
		 "g: guest { compatible = \"ballast,guest\"; memory-mib = <640>; vcpus = <2>; %s\n"
		 "modules { d { compatible = \"ballast,module\";"
		 " image = \"virtio_ballast\"; }; };\n"
		 "devices { b { compatible = \"ballast,virtio-ballast\"; free-page-reporting; };"
		 " };\n"
		 "programs { %s }; }; };\n", guest, programs);
	return scenario;
}

static void run(struct outcome *o, const char *text)
{
	outcome_run(o, text, false);
	ck_assert_msg(!o->refused && o->end == TRACE_END_OK, "%s", o->text);
}

static const struct report_folios *folios(const struct outcome *o, uint64_t kib)
{
	for (unsigned int i = 0; i < o->report.nr_folios; i++)
		if (o->report.folios[i].kib == kib)
			return &o->report.folios[i];
	return NULL;
}

#define ALLOC 0
#define FALLBACK 1
#define SWPOUT_FALLBACK 2
#define SPLIT 3
#define NR_ANON 5

#define MEMHOG(mib) "m { compatible = \"ballast,program-memhog\"; size-mib = <" #mib ">; };"
#define CHURN(mib) "c { compatible = \"ballast,program-churn\"; size-mib = <" #mib ">;"           \
	" min-kib = <4>; max-kib = <512>; lifetime-ms = <500>; duration-ms = <4000>; };"

START_TEST(kernels_that_have_no_such_size_refuse_it)
{
	static const struct {
		const char *guest, *says;
	} cases[] = {
		{ "hugepages-64kB = \"always\";",
		  "/guest: hugepages-64kB: Linux 6.1 has no huge pages of this size; allowed: with "
		  "kernel = \"6.12\" or a later one\n" },
		{ "kernel = \"6.6\"; hugepages-16kB = \"madvise\";",
		  "/guest: hugepages-16kB: Linux 6.6 has no huge pages of this size; " },
		{ "kernel = \"6.1\"; hugepages-1024kB = \"inherit\";",
		  "/guest: hugepages-1024kB: Linux 6.1 has no huge pages of this size; " },
		/* 8 KiB have no place for what a folio has to remember, 2 MiB are thp's */
		{ "kernel = \"6.12\"; hugepages-8kB = \"always\";",
		  "hugepages-8kB: unknown property; allowed: " },
		{ "kernel = \"6.12\"; hugepages-2048kB = \"always\";",
		  "hugepages-2048kB: unknown property; allowed: " },
		{ "kernel = \"6.12\"; hugepages-48kB = \"always\";",
		  "hugepages-48kB: unknown property; allowed: " },
		{ "kernel = \"6.12\"; hugepages-64kB = \"on\";",
		  "hugepages-64kB: \"on\" is unknown; allowed: never|always|inherit|madvise" },
	};
	struct outcome o;

	outcome_run(&o, make(cases[_i].guest, MEMHOG(16)), false);
	ck_assert(o.refused);
	ck_assert_msg(strstr(o.text, cases[_i].says) != NULL, "%s", o.text);
	outcome_free(&o);
}
END_TEST

START_TEST(sizes_that_are_never_used_ask_for_nothing)
{
	struct outcome o;

	run(&o, make("hugepages-64kB = \"never\";", MEMHOG(16)));
	ck_assert_uint_eq(o.report.nr_folios, 0);
	outcome_free(&o);
}
END_TEST

/* Each size by itself, in each kernel that has them. */
START_TEST(programs_get_folios_of_the_size)
{
	static const unsigned int kib[] = { 16, 32, 64, 128, 256, 512, 1024 };
	static const char *const kernels[] = { "6.12", "7.2", "7.3" };
	unsigned int size = kib[_i % 7];
	const struct report_folios *f;
	struct outcome o;
	char guest[160];

	snprintf(guest, sizeof(guest), "kernel = \"%s\"; thp = \"never\"; "
		 "hugepages-%ukB = \"always\";", kernels[_i / 7], size);
	run(&o, make(guest, MEMHOG(64)));
	ck_assert_uint_eq(o.report.nr_folios, 2);
	f = folios(&o, size);
	ck_assert_ptr_nonnull(f);
	/* the mapping begins and ends where it likes */
	ck_assert_uint_ge(f->value[ALLOC], (64 << 10) / size - 1);
	ck_assert_uint_le(f->value[ALLOC], (64 << 10) / size);
	ck_assert_uint_eq(f->value[FALLBACK], 0);
	ck_assert_uint_eq(folios(&o, 2048)->value[ALLOC], 0);
	/* one fault for each, but for the mapping's ends and what the program itself has */
	ck_assert_uint_le(o.report.guests[0].faults[TRACE_FAULT_MINOR].count,
			  (64 << 10) / size + 2 * size / 4 + 300);
	outcome_free(&o);
}
END_TEST

START_TEST(inherit_goes_by_thp_and_madvise_by_the_program)
{
	static const struct {
		const char *guest, *advice;
		bool folios;
	} cases[] = {
		{ "thp = \"never\"; hugepages-64kB = \"inherit\";", "none", false },
		{ "thp = \"madvise\"; hugepages-64kB = \"inherit\";", "none", false },
		{ "thp = \"madvise\"; hugepages-64kB = \"inherit\";", "hugepage", true },
		{ "thp = \"always\"; hugepages-64kB = \"inherit\";", "none", true },
		{ "thp = \"always\"; hugepages-64kB = \"always\";", "nohugepage", false },
		{ "thp = \"never\"; hugepages-64kB = \"madvise\";", "none", false },
		{ "thp = \"never\"; hugepages-64kB = \"madvise\";", "hugepage", true },
	};
	char guest[160], program[200];
	struct outcome o;

	snprintf(guest, sizeof(guest), "kernel = \"6.12\"; %s", cases[_i].guest);
	/* 1 MiB: no huge page fits in */
	snprintf(program, sizeof(program), "m { compatible = \"ballast,program-memhog\"; "
		 "size-mib = <1>; madvise = \"%s\"; };", cases[_i].advice);
	run(&o, make(guest, program));
	ck_assert_uint_eq(folios(&o, 64)->value[ALLOC] >= 15, cases[_i].folios);
	outcome_free(&o);
}
END_TEST

START_TEST(tables_have_a_row_for_each_size)
{
	char *text, *json;
	struct outcome o;
	size_t size;
	FILE *f;

	run(&o, make("kernel = \"6.12\"; thp = \"never\"; hugepages-64kB = \"always\"; "
		     "hugepages-16kB = \"madvise\";", MEMHOG(64)));
	f = open_memstream(&text, &size);
	report_text(&o.report, f, 8);
	fclose(f);
	f = open_memstream(&json, &size);
	report_json(&o.report, f);
	fclose(f);
	ck_assert_ptr_nonnull(strstr(text, "\nFolios of programs by size "));
	ck_assert_ptr_nonnull(strstr(text, "\n  guest  16  "));
	ck_assert_ptr_nonnull(strstr(text, "\n  guest  64  "));
	ck_assert_ptr_nonnull(strstr(text, "\n  guest  2,048  "));
	ck_assert_ptr_nonnull(strstr(json, "\"hugepages\""));
	ck_assert_ptr_nonnull(strstr(json, "\"16kB\""));
	ck_assert_ptr_nonnull(strstr(json, "\"64kB\""));
	ck_assert_ptr_nonnull(strstr(json, "\"2048kB\""));
	ck_assert_ptr_nonnull(strstr(json, "\"anon_fault_alloc\""));
	ck_assert_ptr_nonnull(strstr(json, "\"nr_anon_partially_mapped\""));
	free(text);
	free(json);
	outcome_free(&o);
}
END_TEST

#define SWAP "swap { compatible = \"ballast,swap-ssd\"; size-mib = <512>; queue-depth = <32>;"     \
	" read-us = <100>; write-us = <50>; transfer-mib-per-s = <500>; };"
#define ZRAM "swap { compatible = \"ballast,swap-zram\"; size-mib = <512>;" \
	" compressed-percent = <40>; };"

/* Two tasks, reclaim, swap and compaction at once: every page is read back and compared. */
START_TEST(nothing_is_lost_where_memory_is_short)
{
	static const char *const kernels[] = { "6.12", "7.3" };
	const struct report_folios *f;
	struct outcome o;
	char guest[600];

	snprintf(guest, sizeof(guest), "kernel = \"%s\"; thp = \"%s\"; thp-defrag = \"always\"; "
		 "hugepages-16kB = \"always\"; hugepages-64kB = \"always\"; "
		 "hugepages-512kB = \"always\"; %s", kernels[_i % 2], _i % 3 ? "never" : "always",
		 _i < 4 ? SWAP : ZRAM);
	run(&o, make(guest,
		     "b { compatible = \"ballast,program-memhog\"; size-mib = <200>; loops = <2>; "
		     "hold-ms = <300>; background; };"
		     "p { compatible = \"ballast,program-compact\"; background;"
		     " start-ms = <3000>; };" CHURN(420)));
	f = folios(&o, 64);
	ck_assert_uint_gt(f->value[ALLOC], 100);
	ck_assert_uint_gt(f->value[SPLIT], 0);
	ck_assert_uint_ge(f->value[SPLIT], f->value[SWPOUT_FALLBACK]);
	/* All programs have ended. */
	ck_assert_uint_le(f->value[NR_ANON], 64);
	outcome_free(&o);
}
END_TEST

static char *trace_of(const char *text, size_t *size)
{
	struct outcome o;
	char *bytes;
	FILE *f;

	outcome_run(&o, text, true);
	ck_assert_msg(!o.refused && o.end == TRACE_END_OK, "%s", o.text);
	f = fopen(o.trace, "r");
	ck_assert_ptr_nonnull(f);
	bytes = malloc(8 << 20);
	*size = fread(bytes, 1, 8 << 20, f);
	ck_assert_uint_lt(*size, 8 << 20);
	fclose(f);
	outcome_free(&o);
	return bytes;
}

/* Names of files are in a trace; where they differ, only there. */
START_TEST(same_scenario_same_run)
{
	const char *text = make("kernel = \"6.12\"; hugepages-64kB = \"always\"; "
				"hugepages-16kB = \"always\"; thp = \"never\"; " SWAP, CHURN(560));
	size_t size[2], differ = 0;
	char *trace[2];

	trace[0] = trace_of(text, &size[0]);
	trace[1] = trace_of(text, &size[1]);
	ck_assert_uint_eq(size[0], size[1]);
	for (size_t i = 0; i < size[0]; i++)
		differ += trace[0][i] != trace[1][i];
	ck_assert_uint_le(differ, 64);
	free(trace[0]);
	free(trace[1]);
}
END_TEST

/*
 * What scenarios/mthp.dts is about, in small: of two servers' memory in turns, what one of them
 * frees comes together the sooner the larger the pieces are.
 */
START_TEST(larger_folios_leave_more_to_report)
{
	static const char *const sizes[] = { "", "hugepages-1024kB = \"always\";" };
	uint64_t given[2];
	struct outcome o;
	char guest[160];

	for (unsigned int i = 0; i < 2; i++) {
		snprintf(guest, sizeof(guest), "kernel = \"6.12\"; thp = \"never\"; %s",
			 sizes[i]);
		outcome_run(&o, make(guest,
			"s { compatible = \"ballast,program-churn\"; size-mib = <100>; "
			"max-kib = <8192>; lifetime-ms = <5000>; duration-ms = <200000>; "
			"background; };"
			"e { compatible = \"ballast,program-churn\"; size-mib = <340>; "
			"max-kib = <8192>; lifetime-ms = <1000>; duration-ms = <10000>; };"),
			    false);
		ck_assert_msg(!o.refused, "%s", o.text);
		given[i] = o.report.guests[0].where[TRACE_MOMENT_END].parts.reported;
		outcome_free(&o);
	}
	ck_assert_uint_gt(given[1], given[0] * 5 / 4);
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("mthp");
	TCase *tc = tcase_create("mthp");

	(void)argc;
	(void)argv;
	tcase_set_timeout(tc, 300);
	tcase_add_loop_test(tc, kernels_that_have_no_such_size_refuse_it, 0, 7);
	tcase_add_test(tc, sizes_that_are_never_used_ask_for_nothing);
	tcase_add_loop_test(tc, programs_get_folios_of_the_size, 0, 21);
	tcase_add_loop_test(tc, inherit_goes_by_thp_and_madvise_by_the_program, 0, 7);
	tcase_add_test(tc, tables_have_a_row_for_each_size);
	tcase_add_loop_test(tc, nothing_is_lost_where_memory_is_short, 0, 6);
	tcase_add_test(tc, same_scenario_same_run);
	tcase_add_test(tc, larger_folios_leave_more_to_report);
	suite_add_tcase(s, tc);
	return s;
}
