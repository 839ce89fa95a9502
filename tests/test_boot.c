// SPDX-License-Identifier: GPL-2.0-only
/*
 * What booting leaves in a guest's memory, and that a running guest treats it as 6.1 does: page
 * cache is used memory until the kernel reclaims it (shrink_page_list() drops clean pages of
 * files), and daemons bring theirs back (filemap_fault()).
 */
#include "memory.h"
#include "scenario_run.h"
#include "suite.h"

#define PROFILE(properties)                                                                        \
	"files: boot-files { compatible = \"ballast,boot-profile\"; reserved-mib = <34>;"         \
	" kernel-mib = <20>; user-mib = <20>; released-mib = <20>;" properties " };\n"
#define GUEST(properties, programs)                                                                \
	"g: guest { compatible = \"ballast,guest\"; memory-mib = <512>; boot-profile = <&files>;"  \
	" swap { compatible = \"ballast,swap-ssd\"; size-mib = <512>; queue-depth = <32>;"         \
	" read-us = <90>; write-us = <50>; transfer-mib-per-s = <500>; };" properties             \
	" programs { " programs " }; };\n"
#define MEMHOG(size)                                                                               \
	"hog { compatible = \"ballast,program-memhog\"; size-mib = <" size ">; };"
#define IDLE(ms)                                                                                   \
	"idle { compatible = \"ballast,program-idle\"; duration-ms = <" ms ">; };"
#define MIB_PAGES(mib) ((mib) << 8)

static struct outcome o;

static void run(const char *profile, const char *guest)
{
	char text[4096];

	snprintf(text, sizeof(text), "%s%s%s%s};\n", TEST_HEAD, TEST_HOST, profile, guest);
	outcome_run(&o, text, false);
	ck_assert_msg(!o.refused && o.end == TRACE_END_OK, "%s", o.text);
}

static uint64_t cached(void)
{
	return o.report.guests[0].last.cached;
}

START_TEST(files_that_were_read_are_cached_and_resident)
{
	uint64_t without;

	run(PROFILE(""), GUEST("", IDLE("1000")));
	ck_assert_uint_eq(cached(), 0);
	without = o.report.guests[0].last.resident;
	outcome_free(&o);
	run(PROFILE("cache-mib = <100>;"), GUEST("", IDLE("1000")));
	ck_assert_uint_eq(cached(), MIB_PAGES(100));
	ck_assert_uint_ge(o.report.guests[0].last.resident, without + MIB_PAGES(95));
	outcome_free(&o);
}
END_TEST

/* It fits with the help of 40 MiB of page cache or more: hardly anything is swapped. */
START_TEST(a_program_that_needs_the_memory_gets_it_from_the_page_cache)
{
	run(PROFILE("cache-mib = <100>; cache-active-mib = <20>;"),
	    GUEST("", MEMHOG("370") IDLE("1000")));
	ck_assert_uint_le(cached(), MIB_PAGES(60));
	ck_assert_uint_lt(o.report.guests[0].last.guest_swap, MIB_PAGES(8));
	outcome_free(&o);
}
END_TEST

START_TEST(what_daemons_use_comes_back)
{
	run(PROFILE("cache-mib = <100>;"), GUEST("", MEMHOG("400") IDLE("5000")));
	ck_assert_uint_lt(cached(), MIB_PAGES(20));
	outcome_free(&o);
	run(PROFILE("cache-mib = <100>; cache-hot-mib = <30>; daemon-period-ms = <1000>;"
		    " daemon-pages = <0>;"), GUEST("", MEMHOG("400") IDLE("5000")));
	ck_assert_uint_ge(cached(), MIB_PAGES(30));
	outcome_free(&o);
}
END_TEST

/* A balloon takes free memory first, then page cache; to the device both are pages like others. */
START_TEST(a_balloon_takes_the_page_cache)
{
	if (!test_image_exists("virtio_ballast") || !test_image_exists("virtio-ballast"))
		return;
	run(PROFILE("cache-mib = <100>;"),
	    GUEST(" modules { m { compatible = \"ballast,module\";"
		  " image = \"virtio_ballast\"; }; };"
		  " devices { d { compatible = \"ballast,virtio-ballast\"; }; };",
		  IDLE("20000"))
	    "commands { c { compatible = \"ballast,set-balloon\"; guest = <&g>;"
	    " target-mib = <140>; start-ms = <1000>; }; };\n");
	ck_assert_uint_le(cached(), MIB_PAGES(60));
	outcome_free(&o);
}
END_TEST

/* free_unref_page_commit(): what has been freed last is on the lists of a CPU, up to high. */
START_TEST(some_of_what_was_released_is_on_per_cpu_lists)
{
	run(PROFILE(""), GUEST("", IDLE("1000")));
	ck_assert_uint_lt(o.report.guests[0].where[TRACE_MOMENT_END].parts.percpu, MIB_PAGES(1));
	outcome_free(&o);
	run(PROFILE("percpu-mib = <3>;"), GUEST("", IDLE("1000")));
	ck_assert_uint_ge(o.report.guests[0].where[TRACE_MOMENT_END].parts.percpu, MIB_PAGES(2));
	outcome_free(&o);
}
END_TEST

#define DESKTOP_IDLE_NS (60 * NSEC_PER_SEC_U64)
#define DESKTOP_LOOK_NS (30 * NSEC_PER_SEC_U64)

static uint64_t referenced;

/* What the guest uses in half a minute, when it has been up for one. */
static uint64_t look_at_references(void *opaque, struct machine *machine, uint64_t now)
{
	const struct guest_ram *ram = machine_guest_vm(machine, 0)->ram;
	uint64_t nr;

	if (now < DESKTOP_IDLE_NS)
		return DESKTOP_IDLE_NS;
	referenced = 0;
	for (nr = 0; nr < ram->nr_pages; nr++) {
		referenced += !!(ram->page[nr].state & PAGE_ACCESSED);
		ram->page[nr].state &= ~PAGE_ACCESSED;
	}
	return now < DESKTOP_IDLE_NS + DESKTOP_LOOK_NS ? DESKTOP_IDLE_NS + DESKTOP_LOOK_NS : 0;
}

/* The figures in the head of scenarios/boot/linux.dtsi. */
START_TEST(a_desktop_is_as_measured)
{
	const struct trace_rec_guest_memory *end;
	const struct report_guest *guest;

	outcome_look = look_at_references;
	outcome_run(&o, TEST_HEAD "host { compatible = \"ballast,host\"; memory-mib = <4096>;"
		    " cpus = <2>; thp = \"never\"; };\n"
		    "guest { compatible = \"ballast,guest\"; memory-mib = <2048>; vcpus = <2>;"
		    " boot-profile = <&desktop>; programs { " IDLE("90000") " }; }; };\n", false);
	outcome_look = NULL;
	ck_assert_msg(!o.refused && o.end == TRACE_END_OK, "%s", o.text);
	guest = &o.report.guests[0];
	end = &guest->where[TRACE_MOMENT_END].parts;
	ck_assert_uint_eq(cached(), MIB_PAGES(429));
	/* 350 anonymous and 106 of the kernel, and what never reaches the allocator: 34, 32. */
	ck_assert_uint_ge(end->kernel, MIB_PAGES(350 + 106 + 34 + 32));
	ck_assert_uint_le(end->kernel, MIB_PAGES(350 + 106 + 34 + 32 + 8));
	/* As far as lists of two CPUs have room. */
	ck_assert_uint_ge(end->percpu, MIB_PAGES(20));
	ck_assert_uint_le(end->percpu, MIB_PAGES(28));
	ck_assert_uint_ge(guest->last.resident, MIB_PAGES(1980));
	/* 18 MiB, and the kernel's image at its timers' hand. */
	ck_assert_uint_ge(referenced, MIB_PAGES(18));
	ck_assert_uint_le(referenced, MIB_PAGES(19));
	outcome_free(&o);
}
END_TEST

START_TEST(two_boots_are_the_same)
{
	uint64_t resident, free;

	run(PROFILE("cache-mib = <64>; cache-active-mib = <32>;"), GUEST("", MEMHOG("64")));
	resident = o.report.guests[0].last.resident;
	free = o.report.guests[0].last.free;
	outcome_free(&o);
	run(PROFILE("cache-mib = <64>; cache-active-mib = <32>;"), GUEST("", MEMHOG("64")));
	ck_assert_uint_eq(o.report.guests[0].last.resident, resident);
	ck_assert_uint_eq(o.report.guests[0].last.free, free);
	outcome_free(&o);
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("boot");
	TCase *tc = tcase_create("boot");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, files_that_were_read_are_cached_and_resident);
	tcase_add_test(tc, a_program_that_needs_the_memory_gets_it_from_the_page_cache);
	tcase_add_test(tc, what_daemons_use_comes_back);
	tcase_add_test(tc, a_balloon_takes_the_page_cache);
	tcase_add_test(tc, some_of_what_was_released_is_on_per_cpu_lists);
	tcase_add_test(tc, a_desktop_is_as_measured);
	tcase_add_test(tc, two_boots_are_the_same);
	suite_add_tcase(s, tc);
	return s;
}
