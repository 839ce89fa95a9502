// SPDX-License-Identifier: GPL-2.0-only
/*
 * Versions of Linux and QEMU: our driver and device, and stock ones as far as they are built (make
 * upstream LINUX=... QEMU=...), in kernels and VMMs of each version, with the same outcome; images
 * that do not belong together are refused.
 */
#include "level.h"
#include "scenario_run.h"
#include "skip.h"
#include "suite.h"

#define OURS "virtio_ballast"
#define MIB_PAGES(mib) ((uint64_t)(mib) << 8)

static char scenario[16384];

/* A guest of 512 MiB that frees 200, has its balloon grow and shrink, and reports. */
static const char *make(const char *guest, const char *modules, const char *device)
{
	snprintf(scenario, sizeof(scenario),
		 TEST_HEAD TEST_HOST
		 "g: guest { compatible = \"ballast,guest\"; memory-mib = <512>; vcpus = <2>;\n"
		 "boot-profile = <&linux_6_1>; %s\nmodules { %s };\n"
		 "devices { b { compatible = \"ballast,virtio-ballast\"; free-page-reporting;"
		 " guest-stats-polling-s = <1>; %s }; };\n"
		 "programs { m { compatible = \"ballast,program-memhog\"; size-mib = <200>; };\n"
		 "i { compatible = \"ballast,program-idle\"; duration-ms = <14000>; }; }; };\n"
		 "commands { in { compatible = \"ballast,set-balloon\"; guest = <&g>;"
		 " target-mib = <320>; start-ms = <6000>; };\n"
		 "out { compatible = \"ballast,set-balloon\"; guest = <&g>; target-mib = <512>;"
		 " start-ms = <10000>; }; };\n};\n", guest, modules, device);
	return scenario;
}

#define MODULE(image) "d { compatible = \"ballast,module\"; image = \"" image "\"; };"
#define CORE(image)                                                                                \
	"c { compatible = \"ballast,module\"; image = \"" image "\"; load-order = <0>; };"
#define STOCK_DEVICE "image = \"upstream-virtio-balloon\"; type = \"virtio-balloon-pci\";"

/* What came of it, as far as it may not differ from version to version. */
struct figures {
	uint64_t reports, reported, discarded, inflated, peak, end, guest_ns;
};

static void figures_of(struct figures *f, const char *text)
{
	const struct report_guest *g;
	struct outcome o;

	outcome_run(&o, text, false);
	ck_assert_msg(!o.refused && o.end == TRACE_END_OK, "%s", o.text);
	ck_assert_uint_eq(o.commands_done, 2);
	g = &o.report.guests[0];
	*f = (struct figures){ .reports = g->total.report_requests,
			       .reported = g->total.report_bytes,
			       .discarded = g->total.discard_pages,
			       .inflated = g->total.inflate_pages, .peak = g->resident_peak,
			       .end = g->last.resident,
			       .guest_ns = g->cpu[TRACE_DOMAIN_GUEST] };
	ck_assert_uint_gt(f->reported, 0);
	ck_assert_uint_ge(f->inflated, MIB_PAGES(192));
	outcome_free(&o);
}

/* Drivers' own memory differs in size, by pages. */
static void close_to(uint64_t a, uint64_t b)
{
	ck_assert_uint_le(a > b ? a - b : b - a, 32);
}

static void same(const struct figures *a, const struct figures *b)
{
	ck_assert_uint_eq(a->reports, b->reports);
	ck_assert_uint_eq(a->reported, b->reported);
	ck_assert_uint_eq(a->inflated, b->inflated);
	close_to(a->discarded, b->discarded);
	close_to(a->peak, b->peak);
	close_to(a->end, b->end);
}

/* Frames are others, and what is on per-CPU lists when somebody looks: within 5 %, and 8 MiB. */
static void near(const struct figures *a, const struct figures *b)
{
	ck_assert_uint_eq(a->inflated, b->inflated);
	ck_assert_uint_le(a->reports, b->reports + 1);
	ck_assert_uint_le(b->reports, a->reports + 1);
	ck_assert_uint_lt(a->reported * 20, b->reported * 21);
	ck_assert_uint_lt(b->reported * 20, a->reported * 21);
	ck_assert_uint_lt(a->end - b->end + MIB_PAGES(8), MIB_PAGES(16));
}

static const char *const kernels[] = { "5.10", "5.15", "6.1", "6.6", "6.12", "7.2", "7.3" };
static const char *const qemus[] = { "7.2", "8.2", "9.2", "10.0", "10.2" };
#define FIRST_OF_6_12 4	/* from here on the page allocator is another one */
#define NR_KERNELS (sizeof(kernels) / sizeof(kernels[0]))
#define NR_QEMUS (sizeof(qemus) / sizeof(qemus[0]))

/* Ours are for 6.0 and newer. */
START_TEST(our_driver_does_the_same_in_kernels_of_all_versions)
{
	struct figures standard, f;
	char guest[100];

	figures_of(&standard, make(_i < FIRST_OF_6_12 ? "" : "kernel = \"6.12\";", MODULE(OURS),
				   ""));
	snprintf(guest, sizeof(guest), "kernel = \"%s\";", kernels[_i]);
	figures_of(&f, make(guest, MODULE(OURS), ""));
	same(&standard, &f);
}
END_TEST

/* Pages come in another order, and lists are longer: what is free is the same. */
START_TEST(page_allocator_of_6_12_changes_what_is_reported_by_little)
{
	struct figures old, new;

	figures_of(&old, make("", MODULE(OURS), ""));
	figures_of(&new, make("kernel = \"6.12\";", MODULE(OURS), ""));
	ck_assert_mem_ne(&old, &new, sizeof(old));
	near(&old, &new);
}
END_TEST

START_TEST(our_device_does_the_same_in_vmms_of_all_versions)
{
	struct figures standard, f;
	char guest[100];

	figures_of(&standard, make("", MODULE(OURS), ""));
	snprintf(guest, sizeof(guest), "qemu = \"%s\";", qemus[_i]);
	figures_of(&f, make(guest, MODULE(OURS), ""));
	same(&standard, &f);
}
END_TEST

/*
 * Driver, core and device of each pair of versions that is built: the outcome of the first pair
 * with that page allocator.
 */
START_TEST(stock_ones_do_the_same_in_all_versions)
{
	struct figures standard, f;
	char guest[100], name[100];
	bool since_6_12 = false;
	unsigned int k, q;

	figures_of(&standard, make("", CORE("upstream-page_reporting")
				   MODULE("upstream-virtio_balloon"), STOCK_DEVICE));
	for (k = 0; k < NR_KERNELS; k++) {
		snprintf(name, sizeof(name), "linux-%s/upstream-virtio_balloon", kernels[k]);
		if (strcmp(kernels[k], "6.1") && !test_image_exists(name))
			continue;
		for (q = 0; q < NR_QEMUS; q++) {
			snprintf(name, sizeof(name), "qemu-%s/upstream-virtio-balloon", qemus[q]);
			if (q && !test_image_exists(name))
				continue;
			snprintf(guest, sizeof(guest), "kernel = \"%s\"; qemu = \"%s\";",
				 kernels[k], qemus[q]);
			figures_of(&f, make(guest, CORE("upstream-page_reporting")
					    MODULE("upstream-virtio_balloon"), STOCK_DEVICE));
			if (k >= FIRST_OF_6_12 && !since_6_12) {
				since_6_12 = true;
				standard = f;
			}
			same(&standard, &f);
		}
	}
}
END_TEST

/* The core that keeps a balloon's pages, in place of ours: all is the same, costs included. */
START_TEST(stock_core_of_balloons_does_and_costs_the_same)
{
	static const char *const core = "e { compatible = \"ballast,module\"; load-order = <1>;"
					" image = \"upstream-balloon_core\"; };";
	char guest[100], name[100], modules[1000];
	struct figures ours, stock;

	snprintf(name, sizeof(name), "linux-%s/upstream-balloon_core", kernels[_i]);
	if (!test_image_exists(strcmp(kernels[_i], "6.1") ? name : "upstream-balloon_core"))
		return;
	snprintf(guest, sizeof(guest), "kernel = \"%s\";", kernels[_i]);
	snprintf(modules, sizeof(modules), "%s %s", core, MODULE(OURS));
	figures_of(&ours, make(guest, MODULE(OURS), ""));
	figures_of(&stock, make(guest, modules, ""));
	ck_assert_mem_eq(&ours, &stock, sizeof(ours));
}
END_TEST

/*
 * Ring and bus keep what they know in memory of the guest: some pages, and the time to clear.
 * Since 6.12 refills double, and take more than these pages from what can be reported.
 */
START_TEST(stock_ring_and_bus_do_the_same)
{
	static const char *const rings[] = { "", "packed;" };
	static const char *const parts = CORE("upstream-virtio_ring")
		"e { compatible = \"ballast,module\"; load-order = <0>;"
		" image = \"upstream-virtio\"; };" MODULE(OURS);
	char guest[100], name[100];
	struct figures ours, stock;
	unsigned int i;

	snprintf(name, sizeof(name), "linux-%s/upstream-virtio_ring", kernels[_i]);
	if (!test_image_exists(strcmp(kernels[_i], "6.1") ? name : "upstream-virtio_ring"))
		return;
	snprintf(guest, sizeof(guest), "kernel = \"%s\";", kernels[_i]);
	for (i = 0; i < 2; i++) {
		figures_of(&ours, make(guest, MODULE(OURS), rings[i]));
		figures_of(&stock, make(guest, parts, rings[i]));
		if (_i >= FIRST_OF_6_12) {
			near(&ours, &stock);
			continue;
		}
		same(&ours, &stock);
		ck_assert_uint_ge(stock.guest_ns, ours.guest_ns);
		ck_assert_uint_le(stock.guest_ns - ours.guest_ns, 100 * 1000);
	}
}
END_TEST

/* What is refused */

static void refused(const char *text, const char *says)
{
	struct outcome o;

	outcome_run(&o, text, false);
	ck_assert_msg(o.refused, "%s was not refused", says);
	ck_assert_msg(strstr(o.text, says) != NULL, "no '%s' in: %s", says, o.text);
	ck_assert_msg(strstr(o.text, "/guest") != NULL, "%s", o.text);
	outcome_free(&o);
}

/* An image by its path. */
#define AT "%s/"

START_TEST(modules_of_one_kernel_are_of_one_version)
{
	char modules[10000];

	snprintf(modules, sizeof(modules), MODULE(AT "linux-6.12/virtio_ballast")
		 "e { compatible = \"ballast,module\"; image = \"page_hinting\"; };",
		 test_images());
	refused(make("", modules, ""), "page_hinting.so was compiled for Linux 6.1, and what comes "
		"before it for 6.12");
	snprintf(modules, sizeof(modules), MODULE(AT "linux-6.12/virtio_ballast"), test_images());
	refused(make("kernel = \"7.2\";", modules, ""),
		"was compiled for Linux 6.12, and the scenario asks for 7.2");
	/* Without being asked for, the kernel is of the images' version. */
	figures_of(&(struct figures){ 0 }, make("", modules, ""));
}
END_TEST

START_TEST(devices_of_one_vmm_are_of_one_version)
{
	char device[5000];

	snprintf(device, sizeof(device), "image = \"" AT "qemu-10.0/virtio-ballast\";",
		 test_images());
	refused(make("qemu = \"10.2\";", MODULE(OURS), device),
		"was compiled for QEMU 10.0, and the scenario asks for 10.2");
	figures_of(&(struct figures){ 0 }, make("", MODULE(OURS), device));
}
END_TEST

START_TEST(an_image_of_that_version_must_be_there)
{
	refused(make("kernel = \"5.10\";", MODULE(OURS), ""), "linux-5.10/virtio_ballast.so");
	refused(make("kernel = \"6.2\";", MODULE(OURS), ""),
		"allowed: images|5.10|5.15|6.1|6.6|6.12|7.2|7.3");
	refused(make("qemu = \"8.0\";", MODULE(OURS), ""), "allowed: images|7.2|8.2|9.2|10.0|10.2");
}
END_TEST

/* A driver that has queues has them in the ring that there was. */
START_TEST(a_ring_or_a_bus_behind_its_driver_is_refused)
{
	static const char *const parts[] = { "upstream-virtio_ring", "upstream-virtio" };
	static const char *const says[] = {
		"/guest/modules/e: a ring has to be loaded before drivers of virtio devices; put "
		"it before d",
		"/guest/modules/e: a bus of virtio devices has to be loaded before drivers of "
		"virtio devices; put it" };
	char modules[500];

	snprintf(modules, sizeof(modules), "%s e { compatible = \"ballast,module\";"
		 " image = \"%s\"; };", MODULE(OURS), parts[_i]);
	refused(make("", modules, ""), says[_i]);
}
END_TEST

/*
 * Another number in the notes of a file: where one of @version has its word @word; in all of them,
 * or in the first one.
 */
static void patch(const char *to, uint32_t version, unsigned int word, uint32_t number, bool all)
{
	const uint32_t note[2] = { IMAGE_LINUX, version };
	char path[4096], command[9000];
	char bytes[1 << 20];
	size_t size, i;
	unsigned int nr = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/linux-7.3/virtio_ballast.so", test_images());
	snprintf(command, sizeof(command), "cp %s %s", path, to);
	ck_assert_int_eq(system(command), 0);
	f = fopen(to, "r+");
	ck_assert_ptr_nonnull(f);
	size = fread(bytes, 1, sizeof(bytes), f);
	for (i = 0; i + 4 * sizeof(number) <= size && (all || !nr); i += 4) {
		if (memcmp(bytes + i, note, sizeof(note)))
			continue;
		memcpy(bytes + i + word * sizeof(number), &number, sizeof(number));
		nr++;
	}
	ck_assert_uint_ge(nr, 1);
	rewind(f);
	ck_assert_uint_eq(fwrite(bytes, 1, size, f), size);
	fclose(f);
}

START_TEST(an_image_of_no_version_of_the_model_is_refused)
{
	char path[] = "/tmp/ballast-levels-XXXXXX.so", modules[200];
	int fd = mkstemps(path, 3);

	ck_assert_int_ge(fd, 0);
	close(fd);
	snprintf(modules, sizeof(modules), MODULE("%s"), path);
	patch(path, LEVEL(7, 3), 1, LEVEL(9, 9), true);
	refused(make("", modules, ""),
		"it was compiled for Linux 9.9, which the model does not have");
	patch(path, LEVEL(7, 3), 1, LEVEL(6, 12), false);
	refused(make("", modules, ""), "its sources were compiled for Linux ");
	patch(path, LEVEL(7, 3), 1, 0, true);
	refused(make("", modules, ""), "it does not say which Linux it was compiled for");
	unlink(path);
}
END_TEST

/* Structures may have another shape there; also if that is so for a part of its sources. */
START_TEST(an_image_of_other_headers_is_refused)
{
	char path[] = "/tmp/ballast-levels-XXXXXX.so", modules[200];
	int fd = mkstemps(path, 3);

	ck_assert_int_ge(fd, 0);
	close(fd);
	snprintf(modules, sizeof(modules), MODULE("%s"), path);
	patch(path, LEVEL(7, 3), 2, 0x12345678, _i);
	refused(make("", modules, ""), "it was compiled with headers of the model as they were");
	unlink(path);
}
END_TEST

/* All that names them: level.c is what decides. */
START_TEST(lists_of_versions_agree)
{
	char command[6000], name[LEVEL_NAME], list[200] = "";
	const uint32_t *v;
	unsigned int i = 0;

	for (v = linux_levels.version; *v; v++, i++) {
		ck_assert_str_eq(level_name(*v, name), kernels[i]);
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s", i ? " " : "",
			 name);
	}
	snprintf(command, sizeof(command), "grep -q 'linux_levels=\"%s\"' %s/tests/upstream.sh",
		 list, test_top());
	ck_assert_msg(!system(command), "%s", command);
	snprintf(command, sizeof(command), "grep -q '^MODEL_LINUX := %s$' %s/Makefile", list,
		 test_top());
	ck_assert_msg(!system(command), "%s", command);
	list[0] = 0;
	for (v = qemu_levels.version, i = 0; *v; v++, i++) {
		ck_assert_str_eq(level_name(*v, name), qemus[i]);
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s", i ? " " : "",
			 name);
	}
	snprintf(command, sizeof(command), "grep -q 'qemu_levels=\"%s\"' %s/tests/upstream.sh",
		 list, test_top());
	ck_assert_msg(!system(command), "%s", command);
	snprintf(command, sizeof(command), "grep -q '^MODEL_QEMU := %s$' %s/Makefile", list,
		 test_top());
	ck_assert_msg(!system(command), "%s", command);
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("levels");
	TCase *tc = tcase_create("levels");

	tcase_set_timeout(tc, 240);
	tcase_add_loop_test(tc, our_driver_does_the_same_in_kernels_of_all_versions, 3, NR_KERNELS);
	tcase_add_test(tc, page_allocator_of_6_12_changes_what_is_reported_by_little);
	tcase_add_loop_test(tc, our_device_does_the_same_in_vmms_of_all_versions, 1, NR_QEMUS);
	if (test_image_exists("upstream-page_reporting") &&
	    test_image_exists("upstream-virtio-balloon"))
		tcase_add_test(tc, stock_ones_do_the_same_in_all_versions);
	else
		skip_tests(1, "stock driver, core and device are not built; run 'make upstream'");
	if (test_image_exists("upstream-balloon_core"))
		tcase_add_loop_test(tc, stock_core_of_balloons_does_and_costs_the_same, 2,
				    NR_KERNELS);
	else
		skip_tests(1, "the stock core of balloons is not built; run 'make upstream'");
	if (test_image_exists("upstream-virtio_ring") && test_image_exists("upstream-virtio")) {
		tcase_add_loop_test(tc, stock_ring_and_bus_do_the_same, 2, NR_KERNELS);
		tcase_add_loop_test(tc, a_ring_or_a_bus_behind_its_driver_is_refused, 0, 2);
	} else {
		skip_tests(2, "stock ring and bus are not built; run 'make upstream'");
	}
	tcase_add_test(tc, modules_of_one_kernel_are_of_one_version);
	tcase_add_test(tc, devices_of_one_vmm_are_of_one_version);
	tcase_add_test(tc, an_image_of_that_version_must_be_there);
	tcase_add_test(tc, an_image_of_no_version_of_the_model_is_refused);
	tcase_add_loop_test(tc, an_image_of_other_headers_is_refused, 0, 2);
	tcase_add_test(tc, lists_of_versions_agree);
	suite_add_tcase(s, tc);
	return s;
}
