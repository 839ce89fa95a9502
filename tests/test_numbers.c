// SPDX-License-Identifier: GPL-2.0-only
/*
 * Numbers of the tables: what the host really got back, where a guest's memory is, what the VMM
 * knows of it, and which images ran.
 */
#include "scenario_run.h"
#include "suite.h"

#define MIB_PAGES(mib) ((mib) * 256)

static char scenario[8192];

/* A guest of @mib with our driver and device; no boot profile unless @guest names one. */
static const char *make(unsigned int mib, const char *guest, const char *device,
			const char *programs, const char *rest)
{
	snprintf(scenario, sizeof(scenario),
		 TEST_HEAD "host { compatible = \"ballast,host\"; memory-mib = <8192>;"
		 " cpus = <2>; };\n"
		 "g: guest { compatible = \"ballast,guest\"; memory-mib = <%u>; %s\n"
		 "modules { d { compatible = \"ballast,module\";"
		 " image = \"virtio_ballast\"; }; };\n"
		 "devices { b { compatible = \"ballast,virtio-ballast\"; %s }; };\n"
		 "programs { %s }; };\n%s };\n", mib, guest, device, programs, rest);
	return scenario;
}

static void run(struct outcome *o, const char *text)
{
	outcome_run(o, text, false);
	ck_assert_msg(!o->refused && o->end == TRACE_END_OK, "%s", o->text);
}

#define IDLE(ms) "i { compatible = \"ballast,program-idle\"; duration-ms = <" #ms ">; };"
#define MEMHOG(mib) "m { compatible = \"ballast,program-memhog\"; size-mib = <" #mib ">; };"

START_TEST(what_held_nothing_gives_nothing_back)
{
	const struct report_guest *g;
	struct outcome o;

	/* An idle guest of 4 GiB reports nearly all of it, and the host had none of that. */
	run(&o, make(4096, "", "free-page-reporting;", IDLE(60000), ""));
	g = &o.report.guests[0];
	ck_assert_uint_gt(g->total.report_bytes, UINT64_C(3) << 30);
	ck_assert_uint_gt(g->total.discard_pages, MIB_PAGES(3072));
	ck_assert_uint_eq(g->last.given_back, 0);
	outcome_free(&o);
	/* 1 GiB that a program has used and freed comes back. */
	run(&o, make(4096, "", "free-page-reporting;", MEMHOG(1024) IDLE(20000), ""));
	g = &o.report.guests[0];
	ck_assert_uint_ge(g->last.given_back, MIB_PAGES(1000));
	ck_assert_uint_lt(g->last.given_back, MIB_PAGES(1100));
	/* What came back is what is missing from the peak, but for what was taken since. */
	ck_assert_uint_le(g->resident_peak - g->last.resident, g->last.given_back);
	outcome_free(&o);
}
END_TEST

static uint64_t sum_of(const struct trace_rec_guest_memory *p)
{
	return p->used + p->cache + p->reported + p->reportable + p->free_small + p->percpu +
	       p->below_watermark + p->ballooned + p->isolated + p->kernel;
}

START_TEST(all_of_a_guests_memory_is_somewhere)
{
	const struct report_where *end, *peak;
	uint64_t orders = 0;
	struct outcome o;
	unsigned int i;

	run(&o, make(1024, "boot-profile = <&linux_6_1>;", "free-page-reporting;",
		     "hold { compatible = \"ballast,program-memhog\"; size-mib = <300>;"
		     " hold-ms = <5000>; };" IDLE(9000),
		     "commands { s { compatible = \"ballast,set-balloon\"; guest = <&g>;"
		     " target-mib = <924>; start-ms = <9000>; }; };"));
	peak = &o.report.guests[0].where[TRACE_MOMENT_PEAK];
	end = &o.report.guests[0].where[TRACE_MOMENT_END];
	ck_assert(peak->known && end->known);
	ck_assert_uint_eq(sum_of(&peak->parts), MIB_PAGES(1024));
	ck_assert_uint_eq(sum_of(&end->parts), MIB_PAGES(1024));
	ck_assert_uint_ge(peak->parts.used, MIB_PAGES(300));
	ck_assert_uint_lt(peak->parts.used, MIB_PAGES(310));
	ck_assert_uint_gt(peak->parts.resident, end->parts.resident);
	ck_assert_uint_eq(peak->parts.ballooned, 0);
	ck_assert_uint_eq(end->parts.ballooned, MIB_PAGES(100));
	ck_assert_uint_gt(end->parts.reported, MIB_PAGES(700));
	ck_assert_uint_eq(end->parts.reportable, 0);
	ck_assert_uint_eq(end->parts.order, 9);
	/* Blocks by order are what is free but for the per-CPU lists. */
	for (i = 0; i < 11; i++)
		orders += end->order[i];
	ck_assert_uint_eq(orders, end->parts.reported + end->parts.reportable +
			  end->parts.free_small + end->parts.below_watermark);
	/* The DMA zone is never above its watermark and 32 blocks. */
	ck_assert_uint_gt(end->parts.below_watermark, MIB_PAGES(8));
	ck_assert_uint_lt(end->parts.below_watermark, MIB_PAGES(16));
	outcome_free(&o);
}
END_TEST

static const struct report_stat *stat_called(const struct outcome *o, const char *name)
{
	unsigned int i;

	for (i = 0; i < o->report.nr_stats; i++)
		if (!strcmp(o->report.stats[i].name, name))
			return &o->report.stats[i];
	return NULL;
}

START_TEST(statistics_are_those_that_the_vmm_got_last)
{
	const struct report_stat *total;
	struct outcome o;

	run(&o, make(512, "", "guest-stats-polling-s = <7>;", IDLE(20000), ""));
	total = stat_called(&o, "stat-total-memory");
	ck_assert_ptr_nonnull(total);
	ck_assert_uint_gt(total->value, UINT64_C(400) << 20);
	ck_assert_uint_lt(total->value, UINT64_C(512) << 20);
	/* Asked at 7 and 14 s of a device that came at once; the run ends at 20. */
	ck_assert_uint_ge(total->age, UINT64_C(5000000000));
	ck_assert_uint_le(total->age, UINT64_C(7000000000));
	outcome_free(&o);
	run(&o, make(512, "", "", IDLE(2000), ""));
	ck_assert_uint_eq(o.report.nr_stats, 0);
	outcome_free(&o);
}
END_TEST

/* A file larger than memory is read, so that kswapd reclaims; then a program is killed. */
START_TEST(statistics_of_linux_6_12_are_sent)
{
	static const char *const pages[] = { "stat-async-scans", "stat-async-reclaims" };
	static const char *const direct[] = { "stat-alloc-stalls", "stat-direct-scans",
					      "stat-direct-reclaims" };
	const struct report_stat *stat;
	struct outcome o;
	size_t i;

	run(&o, make(512, "", "guest-stats-polling-s = <2>;",
		     "f { compatible = \"ballast,program-filescan\"; file-mib = <1024>; };"
		     MEMHOG(512) IDLE(5000), ""));
	ck_assert_uint_eq(o.report.nr_casualties, 1);
	stat = stat_called(&o, "stat-oom-kills");
	ck_assert_msg(stat && stat->value == 1, "stat-oom-kills");
	/* In bytes: a good part of the file had to go again. */
	for (i = 0; i < 2; i++) {
		stat = stat_called(&o, pages[i]);
		ck_assert_msg(stat && stat->value >= UINT64_C(256) << 20 && !(stat->value % 4096),
			      "%s", pages[i]);
	}
	/* The program ran into the limit before it was killed. */
	for (i = 0; i < 3; i++) {
		stat = stat_called(&o, direct[i]);
		ck_assert_msg(stat && stat->value, "%s", direct[i]);
	}
	outcome_free(&o);
}
END_TEST

START_TEST(images_have_a_path_a_version_and_a_digest)
{
	struct outcome o;
	unsigned int i;

	run(&o, make(512, "count = <2>;", "", IDLE(10), ""));
	/* A module and a device; replicas have the same ones. */
	ck_assert_uint_eq(o.report.nr_images, 2);
	ck_assert_str_eq(o.report.images[0].node, "d");
	ck_assert_str_eq(o.report.images[0].path, "images/virtio_ballast.so");
	ck_assert_str_eq(o.report.images[1].node, "b");
	ck_assert_str_eq(o.report.images[1].path, "images/virtio-ballast.so");
	for (i = 0; i < 2; i++) {
		ck_assert_str_eq(o.report.images[i].made_for, i ? "QEMU 7.2" : "Linux 6.1");
		ck_assert_str_eq(o.report.images[i].version, "0.1");
		ck_assert_uint_eq(strlen(o.report.images[i].digest), 16);
	}
	ck_assert_str_ne(o.report.images[0].digest, o.report.images[1].digest);
	outcome_free(&o);
}
END_TEST

/*
 * CPU time: what accounts were charged is what threads ran, of each guest and of the host, however
 * the run ends.
 */

#define P(name, args) "p-" name " { compatible = \"ballast,program-" name "\"; " args " };"
#define SMALL_HOST(mib, more) "host { compatible = \"ballast,host\"; memory-mib = <" #mib ">;"     \
	" cpus = <2>; " more " };\n"
#define SSD(mib) "swap { /include/ \"swap/ssd.dtsi\"\nsize-mib = <" #mib ">; };\n"
#define GUESTS(args, programs) "g: guest { compatible = \"ballast,guest\"; memory-mib = <512>;"    \
	" vcpus = <2>; boot-profile = <&linux_6_1>; " args " programs { " programs " }; };\n"
#define MODULE(image) "modules { d { compatible = \"ballast,module\"; image = \"" image "\"; }; };"
#define DEVICE(more) "devices { b { compatible = \"ballast,virtio-ballast\"; " more " }; };"
#define TARGET "commands { c { compatible = \"ballast,set-balloon\"; guest = <&g>;"               \
	" target-mib = <300>; start-ms = <2000>; }; };\n"

static const struct booked {
	const char *what, *text;
	enum trace_end end;
	unsigned int casualties;
} booked[] = {
	{ "page cache, reporting", SMALL_HOST(2048, "")
	  GUESTS(MODULE("virtio_ballast") DEVICE("free-page-reporting;"),
		 P("filescan", "file-mib = <600>; loops = <2>;")
		 P("memhog", "size-mib = <300>; hold-ms = <4000>;")), TRACE_END_OK, 0 },
	{ "a balloon", SMALL_HOST(2048, "")
	  GUESTS(MODULE("virtio_ballast") DEVICE("guest-stats-polling-s = <1>;"),
		 P("churn", "size-mib = <100>; duration-ms = <4000>;")) TARGET, TRACE_END_OK, 0 },
	{ "swap of host and guests, many tasks", SMALL_HOST(700, SSD(2048))
	  GUESTS("count = <2>;" SSD(256),
		 P("page-fault1", "size-mib = <40>; loops = <4>; tasks = <6>; background;")
		 P("memhog", "size-mib = <520>; loops = <2>;")), TRACE_END_OK, 0 },
	{ "zram", SMALL_HOST(700, "swap { /include/ \"swap/zram.dtsi\"\nsize-mib = <1024>; };")
	  GUESTS("count = <2>;", P("memhog", "size-mib = <400>; hold-ms = <3000>;")),
	  TRACE_END_OK, 0 },
	{ "a time limit, with more vCPUs than CPUs", "until-ms = <3456>;\n" SMALL_HOST(2048, "")
	  GUESTS("count = <3>;", P("page-fault1", "size-mib = <64>; loops = <9999>; tasks = <4>;")),
	  TRACE_END_LIMIT, 0 },
	{ "a time limit, out of memory", "until-ms = <3456>;\n" SMALL_HOST(700, SSD(2048))
	  GUESTS("count = <3>;", P("churn", "size-mib = <400>; duration-ms = <99999>;")),
	  TRACE_END_LIMIT, 0 },
	{ "a program that its guest kills", SMALL_HOST(2048, "")
	  GUESTS("", P("memhog", "size-mib = <512>;") P("allocate", "size-mib = <64>;")),
	  TRACE_END_OK, 1 },
	{ "a VMM that the host kills", SMALL_HOST(800, "")
	  GUESTS("count = <3>;", P("memhog", "size-mib = <400>; hold-ms = <3000>;")),
	  TRACE_END_OK, 2 },
	{ "a driver that crashes", SMALL_HOST(2048, "")
	  GUESTS(MODULE("broken-guest-null-pointer") DEVICE(""),
		 P("memhog", "size-mib = <300>; hold-ms = <9000>;")) TARGET, TRACE_END_FAILED, 0 },
	{ "a device that crashes", SMALL_HOST(2048, "")
	  GUESTS(MODULE("virtio_ballast")
		 DEVICE("type = \"virtio-broken-pci\"; image = \"broken-device-abort\";"),
		 P("memhog", "size-mib = <300>; hold-ms = <9000>;")) TARGET, TRACE_END_FAILED, 0 },
};

static void check_booked(const struct outcome *o, const char *what, uint64_t guest,
			 uint64_t charged)
{
	uint64_t ran = 0;
	unsigned int i;

	for (i = 0; i < o->report.nr_threads; i++)
		if (o->report.threads[i].guest == guest)
			ran += o->report.threads[i].ran;
	ck_assert_msg(ran == charged, "%s, guest %d: %llu ns charged, %llu ns run", what,
		      (int)guest, (unsigned long long)charged, (unsigned long long)ran);
}

START_TEST(what_is_charged_is_what_is_run)
{
	const struct booked *b = &booked[_i];
	struct outcome o;
	unsigned int d;
	uint64_t i;

	snprintf(scenario, sizeof(scenario), TEST_HEAD "%s};\n", b->text);
	if (!strncmp(b->text, "until-ms", 8))
		memset(strstr(scenario, "until-ms = <120000>;"), ' ', 20);
	outcome_run(&o, scenario, false);
	ck_assert_msg(!o.refused && o.end == b->end, "%s: ended as %d: %s", b->what, o.end, o.text);
	ck_assert_msg(o.report.nr_casualties == b->casualties, "%s: %u casualties", b->what,
		      o.report.nr_casualties);
	for (i = 0; i < o.report.nr_guests; i++) {
		uint64_t charged = 0;

		for (d = 0; d < NR_TRACE_DOMAINS; d++)
			charged += o.report.guests[i].cpu[d];
		check_booked(&o, b->what, i, charged);
	}
	check_booked(&o, b->what, TRACE_HOST, o.report.host_cpu);
	outcome_free(&o);
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("numbers");
	TCase *tc = tcase_create("numbers");

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, what_held_nothing_gives_nothing_back);
	tcase_add_test(tc, all_of_a_guests_memory_is_somewhere);
	tcase_add_test(tc, statistics_are_those_that_the_vmm_got_last);
	tcase_add_test(tc, statistics_of_linux_6_12_are_sent);
	tcase_add_test(tc, images_have_a_path_a_version_and_a_digest);
	tcase_add_loop_test(tc, what_is_charged_is_what_is_run, 0,
			    sizeof(booked) / sizeof(booked[0]));
	suite_add_tcase(s, tc);
	return s;
}
