// SPDX-License-Identifier: GPL-2.0-only
/*
 * What backs guest memory: a shared file, of which a hole has to be punched, and memory that a
 * device works on, which stays whatever is discarded.
 */
#include <errno.h>

#include "host_vms.h"
#include "scenario_run.h"
#include "suite.h"

#define PAGES(mib) ((mib) * 256)

static char scenario[8192];

/* The host's side; nothing here waits. */

static struct kvm_vm *vm;
static unsigned int nr_useless;
static char why_useless[256];

static void on_useless(struct kvm_vm *of, const char *why)
{
	nr_useless++;
	snprintf(why_useless, sizeof(why_useless), "%s", why);
}

static const struct host_observer watches = { .data_loss = on_loss, .useless = on_useless };

static void make_ram(bool shared, bool pinned)
{
	make_host(64, 1, HOST_THP_ALWAYS);
	host.observer = &watches;
	nr_useless = 0;
	vm = make_vm("guest", 16);
	if (shared)
		guest_ram_set_shared_file(vm->ram);
	if (pinned)
		guest_ram_set_pinned(vm->ram);
	guest_ram_write(vm->ram, gfn(0), PAGES(4), 7);
	ck_assert_uint_eq(host_used_pages(&host), PAGES(4));
}

/* zap_pte_range(): the mapping goes, the page cache has the page still. */
START_TEST(discarding_a_shared_file_frees_nothing)
{
	make_ram(true, false);
	ck_assert_uint_eq(guest_ram_huge(vm->ram), 0);
	ck_assert_int_eq(guest_ram_madvise(vm->ram, 0, 2 * MIB, HOST_MADV_DONTNEED), 0);
	ck_assert_uint_eq(host_used_pages(&host), PAGES(4));
	ck_assert_uint_eq(guest_ram_given_back(vm->ram), 0);
	ck_assert_int_eq(guest_ram_mapping(vm->ram, gfn(0)), RAM_NONE);
	ck_assert_uint_eq(nr_useless, 1);
	ck_assert_ptr_nonnull(strstr(why_useless, "a hole in the file would free them"));
	guest_ram_zap(vm->ram, 2 * MIB, 2 * MIB);
	ck_assert_uint_eq(host_used_pages(&host), PAGES(4));
	ck_assert_uint_eq(nr_useless, 1);
	/* What it held is there when it is used again. */
	ck_assert_uint_eq(guest_ram_check(vm->ram, gfn(0), PAGES(4), 7, "test"), 0);
	ck_assert_uint_eq(host_used_pages(&host), PAGES(4));
	/* madvise_free_single_vma() takes anonymous memory only. */
	ck_assert_int_eq(guest_ram_madvise(vm->ram, 0, 2 * MIB, HOST_MADV_FREE), -EINVAL);
	unmake_host();
}
END_TEST

/* shmem_fallocate() */
START_TEST(a_hole_in_a_shared_file_frees_it)
{
	make_ram(true, false);
	ck_assert_int_eq(guest_ram_punch_hole(vm->ram, 0, 2 * MIB), 0);
	ck_assert_uint_eq(host_used_pages(&host), PAGES(2));
	ck_assert_uint_eq(guest_ram_given_back(vm->ram), PAGES(2));
	ck_assert_uint_eq(guest_ram_peek(vm->ram, gfn(0)), 0);
	ck_assert_int_eq(guest_ram_punch_hole(vm->ram, 16 * MIB, 2 * MIB), -EINVAL);
	ck_assert_uint_eq(nr_useless, 0);
	unmake_host();
}
END_TEST

/* vfio_pin_map_dma(): the device's reference keeps the frame, and the guest faults in another. */
START_TEST(discarding_pinned_memory_takes_more)
{
	make_ram(false, true);
	ck_assert_uint_eq(host.root.lru_size[SCAN_INACTIVE_ANON], 0);
	ck_assert_int_eq(guest_ram_madvise(vm->ram, 0, 2 * MIB + 4096, HOST_MADV_DONTNEED), 0);
	ck_assert_uint_eq(host_used_pages(&host), PAGES(4));
	ck_assert_uint_eq(guest_ram_given_back(vm->ram), 0);
	ck_assert_uint_eq(nr_useless, 1);
	ck_assert_ptr_nonnull(strstr(why_useless, "stays with it"));
	guest_ram_write(vm->ram, gfn(0), PAGES(2), 9);
	ck_assert_uint_eq(host_used_pages(&host), PAGES(6));
	ck_assert_int_eq(guest_ram_madvise(vm->ram, 0, 2 * MIB, HOST_MADV_FREE), 0);
	ck_assert_uint_eq(host.root.lru_size[SCAN_INACTIVE_FILE], 0);
	host_stop_vm(vm);
	ck_assert_uint_eq(host_used_pages(&host), 0);
	unmake_host();
}
END_TEST

/* Machines */

#define HINTS(device)                                                                              \
	"devices { b { compatible = \"ballast,virtio-page-hint\"; " device " }; };"                \
	"modules { d { compatible = \"ballast,module\"; image = \"page_hinting\"; }; };"
#define DOWN                                                                                       \
	"down { compatible = \"ballast,set-balloon\"; guest = <&g>; target-mib = <200>;"           \
	" start-ms = <4000>; };"

/* A guest of 512 MiB that has used 300 of them, then idles. */
static const char *make(const char *host_has, const char *guest, const char *commands)
{
	snprintf(scenario, sizeof(scenario),
		 "/dts-v1/;\n/include/ \"costs/skylake.dtsi\"\n"
		 "/ { compatible = \"ballast,scenario\"; description = \"test\"; jitter = \"off\";"
		 " until-ms = <60000>;\n"
		 "host { compatible = \"ballast,host\"; memory-mib = <800>; cpus = <2>; %s };\n"
		 "g: guest-a { compatible = \"ballast,guest\"; memory-mib = <512>; vcpus = <2>;\n"
		 "%s programs { hog { compatible = \"ballast,program-memhog\"; size-mib = <300>; };"
		 " idle { compatible = \"ballast,program-idle\"; duration-ms = <12000>; }; }; };\n"
		 "commands { %s }; };\n", host_has, guest, commands);
	return scenario;
}

static void run(struct outcome *o, const char *text)
{
	outcome_run(o, text, false);
	ck_assert_msg(!o->refused && o->end == TRACE_END_OK, "%s", o->text);
}

/* How often the message has come; @why: part of it. */
static unsigned int nr_said(const struct outcome *o, const char *why)
{
	unsigned int nr = 0;
	const char *at;

	for (at = o->text; (at = strstr(at, why)); at++)
		nr++;
	return nr;
}

/* ram_block_discard_range() of QEMU 7.2 punches a hole first (rb->fd != -1). */
START_TEST(a_balloon_frees_a_shared_file)
{
	const struct report_guest *g;
	struct outcome o;

	run(&o, make("", "backing = \"shared-file\"; " OUR_BALLOON, DOWN));
	g = &o.report.guests[0];
	ck_assert_uint_gt(g->total.discard_pages, 250 * 256);
	/* A hole and the mapping of it are one discard. */
	ck_assert_uint_eq(g->total.discard_pages, g->total.inflate_pages);
	ck_assert_uint_lt(g->last.resident, 200 * 256);
	ck_assert_uint_eq(nr_said(&o, "frees nothing"), 0);
	/* shmem_enabled=never */
	ck_assert_uint_eq(g->faults[TRACE_FAULT_EPT_HUGE].count, 0);
	outcome_free(&o);
}
END_TEST

/* shmem_writepage() */
START_TEST(a_shared_file_is_swapped)
{
	struct outcome o;

	run(&o, make(NVME_NODE "hp { compatible = \"ballast,host-program\"; size-mib = <600>;"
		     " hot-mib = <600>; period-ms = <100>; start-ms = <3000>; };",
		     "backing = \"shared-file\";", ""));
	ck_assert_uint_gt(o.report.guests[0].last.swapped, 50 * 256);
	outcome_free(&o);
}
END_TEST

static const struct {
	const char *host, *guest, *said;
} without_effect[] = {
	{ "modules { vhost { compatible = \"ballast,module\"; image = \"vhost_page_hint\"; }; };",
	  "backing = \"shared-file\"; " HINTS("vhost;"), "a hole in the file would free them" },
	{ "", "backing = \"pinned\"; " HINTS(""), "discards of guest memory are refused" },
	{ "", "backing = \"pinned\"; " OUR_BALLOON, "discards of guest memory are refused" },
	{ "", "assigned-device; page-size-kib = <2048>; " OUR_BALLOON,
	  "discards of guest memory are refused" },
};

START_TEST(a_discard_without_effect_is_said_once)
{
	struct outcome o;

	run(&o, make(without_effect[_i].host, without_effect[_i].guest,
		     strstr(without_effect[_i].guest, "ballast,virtio-ballast") ? DOWN : ""));
	ck_assert_msg(nr_said(&o, without_effect[_i].said) == 1, "%s", o.text);
	ck_assert_uint_eq(o.report.guests[0].last.given_back, 0);
	outcome_free(&o);
}
END_TEST

/* vfio_dma_do_map(): all of it, before the guest runs, and for good. */
START_TEST(pinned_memory_is_taken_at_the_start_and_not_swapped)
{
	struct outcome o;

	run(&o, make(NVME_NODE "hp { compatible = \"ballast,host-program\"; size-mib = <400>;"
		     " start-ms = <3000>; };", "backing = \"pinned\"; " OUR_BALLOON, DOWN));
	ck_assert_uint_eq(o.report.guests[0].resident_peak, 512 * 256);
	ck_assert_uint_eq(o.report.guests[0].last.resident, 512 * 256);
	ck_assert_uint_eq(o.report.guests[0].swapped_peak, 0);
	/* The guest has given its memory, and the host has nothing of it. */
	ck_assert_uint_eq(o.report.commands[1].end.result, TRACE_COMMAND_REACHED);
	ck_assert_uint_eq(o.report.guests[0].total.discard_pages, 0);
	outcome_free(&o);
}
END_TEST

START_TEST(hugetlb_is_another_word_for_pages_of_2_mib)
{
	struct outcome o;
	uint64_t events;

	run(&o, make("", "page-size-kib = <2048>;", ""));
	ck_assert_int_eq(o.scenario.guests[0].backing, SCENARIO_BACKING_HUGETLB);
	events = o.report.events;
	outcome_free(&o);
	run(&o, make("", "backing = \"hugetlb\";", ""));
	ck_assert_uint_eq(o.scenario.guests[0].page_size_kib, 2048);
	ck_assert_uint_eq(o.report.events, events);
	outcome_free(&o);
}
END_TEST

static const struct {
	const char *guest, *error;
} mistakes[] = {
	{ "backing = \"file\";", "allowed: anonymous|shared-file|hugetlb|pinned" },
	{ "backing = \"hugetlb\"; page-size-kib = <4>;",
	  "/guest-a: page-size-kib: pages of hugetlbfs have 2048 KiB; allowed: 2048" },
	{ "backing = \"shared-file\"; page-size-kib = <64>;",
	  "/guest-a: page-size-kib: pages of a shared file have 4 KiB; allowed: 4" },
	{ "backing = \"pinned\"; page-size-kib = <2048>;",
	  "/guest-a: backing: pages of 2048 KiB are those of hugetlbfs; allowed: hugetlb, with "
	  "assigned-device if they are pinned" },
	{ "backing = \"anonymous\"; page-size-kib = <2048>;", "/guest-a: backing: pages of 2048" },
};

START_TEST(what_contradicts_itself_is_an_error)
{
	struct outcome o;

	outcome_run(&o, make("", mistakes[_i].guest, ""), false);
	ck_assert(o.refused);
	ck_assert_msg(strstr(o.text, mistakes[_i].error) != NULL, "%s", o.text);
	outcome_free(&o);
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("backing");
	TCase *tc = tcase_create("backing");

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, discarding_a_shared_file_frees_nothing);
	tcase_add_test(tc, a_hole_in_a_shared_file_frees_it);
	tcase_add_test(tc, discarding_pinned_memory_takes_more);
	tcase_add_test(tc, a_balloon_frees_a_shared_file);
	tcase_add_test(tc, a_shared_file_is_swapped);
	tcase_add_loop_test(tc, a_discard_without_effect_is_said_once, 0,
			    sizeof(without_effect) / sizeof(without_effect[0]));
	tcase_add_test(tc, pinned_memory_is_taken_at_the_start_and_not_swapped);
	tcase_add_test(tc, hugetlb_is_another_word_for_pages_of_2_mib);
	tcase_add_loop_test(tc, what_contradicts_itself_is_an_error, 0,
			    sizeof(mistakes) / sizeof(mistakes[0]));
	suite_add_tcase(s, tc);
	return s;
}
