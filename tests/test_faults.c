// SPDX-License-Identifier: GPL-2.0-only
/*
 * What faulty drivers and devices do to the simulator: their kernel panics or their VMM crashes, a
 * line names image, function and place, other guests go on, and the trace can be read.
 */
#include "scenario_run.h"
#include "cli.h"
#include "read.h"
#include "suite.h"

#include <sys/resource.h>
#include <sys/wait.h>

static char scenario[8192];

/* Guest a, with one module and one device, and guest b, which has nothing to do with it. */
static const char *two_guests(const char *module, const char *device, const char *type,
			      const char *more, const char *root)
{
	snprintf(scenario, sizeof(scenario),
		 TEST_HEAD "%s " TEST_HOST
		 "a: a { compatible = \"ballast,guest\"; memory-mib = <512>; vcpus = <2>;"
		 " boot-profile = <&linux_6_1>;\n"
		 "modules { driver { compatible = \"ballast,module\"; image = \"%s\"; }; };\n"
		 "devices { balloon { compatible = \"ballast,virtio-ballast\"; type = \"%s\";"
		 " image = \"%s\"; %s }; };\n"
		 "programs { p { compatible = \"ballast,program-idle\"; duration-ms = <1000>; }; };"
		 " };\n"
		 "b: b { compatible = \"ballast,guest\"; memory-mib = <256>;"
		 " boot-profile = <&linux_6_1>;\n"
		 "programs { p { compatible = \"ballast,program-memhog\"; size-mib = <64>;"
		 " hold-ms = <5000>; }; }; };\n"
		 "commands { c { compatible = \"ballast,set-balloon\"; guest = <&a>;"
		 " target-mib = <510>; start-ms = <2000>; }; };\n};\n",
		 root, module, type, device, more);
	return scenario;
}

static const char *bad_driver(const char *image, const char *root)
{
	return two_guests(image, "virtio-ballast", "virtio-ballast-pci", "", root);
}

static const char *bad_device(const char *image, const char *root)
{
	return two_guests("virtio_ballast", image, "virtio-broken-pci", "", root);
}

static const struct driver {
	const char *image, *says;
} drivers[] = {
	{ "broken-guest-null-pointer", "image broken-guest-null-pointer: NULL pointer dereference, "
	  "offset 0x18 in look_at_nothing(), guest-null-pointer.c:14" },
	{ "broken-guest-wild-pointer", "image broken-guest-wild-pointer: access to an address "
	  "where nothing is in write_anywhere(), guest-wild-pointer.c:9" },
	{ "broken-guest-null-call", "image broken-guest-null-call: call of a NULL pointer in "
	  "call_nothing(), guest-null-call.c:" },
	{ "broken-guest-recursion", "image broken-guest-recursion: stack overflow (endless "
	  "recursion?) in descend(), guest-recursion.c:" },
	{ "broken-guest-bad-page", "in free_nonsense(), guest-bad-page.c:" },
	{ "broken-guest-queue-after-del", "a virtqueue is used after del_vqs(), called by image "
	  "broken-guest-queue-after-del: broken_tell(), broken.h:" },
	{ "broken-guest-frozen", "image broken-guest-frozen: does not give the CPU back: a loop "
	  "without end in freeze(), guest-frozen.c" },
	{ "broken-guest-polls", "image broken-guest-polls: does not give the CPU back: a loop "
	  "without end in broken_poll(), broken.h" },
};

static const struct report_program *program_of(const struct outcome *o, const char *guest)
{
	unsigned int i;

	for (i = 0; i < o->report.nr_programs; i++)
		if (!strcmp(o->report.guests[o->report.programs[i].guest].name, guest))
			return &o->report.programs[i];
	return NULL;
}

/* Sanitizers come first, and have words of their own. */
static const char *said(const struct driver *d)
{
#ifdef __SANITIZE_ADDRESS__
	return d->image;
#else
	return d->says;
#endif
}

START_TEST(a_fault_in_a_driver_is_the_panic_of_its_kernel)
{
	const struct driver *d = &drivers[_i];
	struct trace_reader *reader;
	struct outcome o;
	char error[512];

	outcome_run(&o, bad_driver(d->image, ""), true);
	ck_assert_msg(!o.refused, "%s", o.text);
	/* A BUG is a broken rule; what would be an oops is a failure. */
	ck_assert_int_eq(o.end, strstr(d->says, "called by") ? TRACE_END_PROTOCOL :
							       TRACE_END_FAILED);
	ck_assert_msg(strstr(o.text, "guest a: ") != NULL, "%s", o.text);
	ck_assert_msg(strstr(o.text, said(d)) != NULL, "%s", o.text);
	ck_assert_int_eq(o.report.guests[0].off, true);
	ck_assert_int_eq(o.report.guests[0].off_reason, TRACE_OFF_PANIC);
	/* Its memory is still there; the other guest has done its work. */
	ck_assert_uint_gt(o.report.guests[0].last.resident, 0);
	ck_assert_uint_ge(o.report.time, UINT64_C(5000000000));
	ck_assert_ptr_nonnull(program_of(&o, "b"));
	ck_assert_uint_gt(program_of(&o, "b")->end, 0);
	reader = trace_reader_open(o.trace, error, sizeof(error));
	ck_assert_msg(reader != NULL, "%s", error);
	trace_reader_feed(reader, &o.consumer);
	ck_assert_msg(!trace_reader_damage(reader), "%s", trace_reader_damage(reader));
	trace_reader_close(reader);
	outcome_free(&o);
}
END_TEST

static const struct driver devices[] = {
	{ "broken-device-null-pointer", "image broken-device-null-pointer: NULL pointer "
	  "dereference, offset " },
	{ "broken-device-abort", "image broken-device-abort: " },
	{ "broken-device-frozen", "image broken-device-frozen: does not give the CPU back: a loop "
	  "without end in wait_for_ever(), device-frozen.c" },
};

START_TEST(a_fault_in_a_device_is_the_end_of_its_vmm)
{
	const struct driver *d = &devices[_i];
	struct outcome o;

	outcome_run(&o, bad_device(d->image, ""), false);
	ck_assert_msg(!o.refused, "%s", o.text);
	ck_assert_int_eq(o.end, TRACE_END_FAILED);
	ck_assert_msg(strstr(o.text, "guest a: ") && strstr(o.text, said(d)), "%s", o.text);
	ck_assert_int_eq(o.report.guests[0].off_reason, TRACE_OFF_CRASHED);
	ck_assert_uint_eq(o.report.guests[0].last.resident, 0);
	ck_assert_uint_ge(o.report.time, UINT64_C(5000000000));
	outcome_free(&o);
}
END_TEST

START_TEST(the_run_ends_with_the_first_crash_when_it_is_told_to)
{
	struct outcome o;

	outcome_run(&o, bad_driver("broken-guest-null-pointer", "on-crash = \"end\";"), false);
	ck_assert_int_eq(o.end, TRACE_END_FAILED);
	ck_assert_msg(strstr(o.text, "look_at_nothing()") != NULL, "%s", o.text);
	ck_assert_uint_lt(o.report.time, UINT64_C(5000000000));
	outcome_free(&o);
	outcome_run(&o, bad_device("broken-device-abort", "on-crash = \"end\";"), false);
	ck_assert_int_eq(o.end, TRACE_END_FAILED);
	ck_assert_uint_lt(o.report.time, UINT64_C(5000000000));
	outcome_free(&o);
}
END_TEST

START_TEST(a_device_that_fails_while_it_is_made_is_named)
{
	struct outcome o;

	outcome_run(&o, bad_device("broken-device-realize", ""), false);
	ck_assert(o.refused);
	ck_assert_msg(strstr(o.text, "guest a: image broken-device-realize: ") &&
		      strstr(o.text, "device-realize.c:9"), "%s", o.text);
	outcome_free(&o);
}
END_TEST

/* A device that could not be realized is freed: what would still call it is found before. */
START_TEST(what_a_failed_device_leaves_behind_is_named)
{
	struct outcome o;

	outcome_run(&o, two_guests("virtio_ballast", "broken-device-left-timer",
				   "virtio-broken-pci",
				   "properties { guest-stats-polling-interval = \"1\"; };", ""),
		    false);
	ck_assert(o.refused);
	ck_assert_msg(strstr(o.text, "requires 'iothread' to be set; it leaves behind a timer that "
			     "calls poll() (device-left-timer.c:"), "%s", o.text);
	outcome_free(&o);
}
END_TEST

START_TEST(a_driver_that_polls_and_lets_time_pass_is_answered)
{
	struct outcome o;

	outcome_run(&o, bad_driver("broken-guest-polls-relaxed", ""), false);
	ck_assert_msg(o.end == TRACE_END_OK, "%s", o.text);
	/* 2 MiB in 4 KiB pages, each told, told back by the poll, and told again. */
	ck_assert_uint_eq(o.report.guests[0].total.inflate_requests, 1024);
	ck_assert_uint_eq(o.report.guests[0].total.deflate_requests, 512);
	outcome_free(&o);
}
END_TEST

/* What no process can have, and what is no such image */

static const struct {
	const char *module, *device, *says;
} kinds[] = {
	{ "virtio-ballast", "virtio-ballast", "/a/modules/driver: " },
	{ "virtio_ballast", "virtio_ballast", "/a/devices/balloon: image: " },
	{ "/dev/null", "virtio-ballast", "/a/modules/driver: image: there is no file "
	  "/dev/null.so" },
	{ "TEXT", "virtio-ballast", "this is no image of a kernel module" },
	{ "virtio_ballast", "TEXT", "this is no image of a device" },
	{ "CUT", "virtio-ballast", "this is no image of a kernel module" },
};

/* An image of which only the first @size bytes are there, or something else altogether. */
static void make_image(char *path, const char *from, size_t size)
{
	static char bytes[1 << 20];
	char source[4200];
	FILE *in, *out;
	int fd;

	strcpy(path, "/tmp/ballast-image-XXXXXX.so");
	fd = mkstemps(path, 3);
	ck_assert_int_ge(fd, 0);
	out = fdopen(fd, "w");
	snprintf(source, sizeof(source), "%s/%s", test_images(), from);
	in = fopen(from[0] == '/' ? from : source, "r");
	ck_assert_msg(in != NULL, "%s", source);
	fwrite(bytes, 1, fread(bytes, 1, size, in), out);
	fclose(in);
	fclose(out);
}

START_TEST(an_image_of_another_kind_is_refused_before_its_code_runs)
{
	char text[64], cut[64];
	const char *module = kinds[_i].module, *device = kinds[_i].device;
	struct outcome o;

	make_image(text, "/etc/passwd", 500);
	make_image(cut, "virtio_ballast.so", 6000);
	module = !strcmp(module, "TEXT") ? text : !strcmp(module, "CUT") ? cut : module;
	device = !strcmp(device, "TEXT") ? text : device;
	outcome_run(&o, two_guests(module, device, "virtio-ballast-pci", "", ""), false);
	ck_assert(o.refused);
	ck_assert_msg(strstr(o.text, kinds[_i].says) != NULL, "%s", o.text);
	if (_i < 2)
		ck_assert_msg(strstr(o.text, _i ? "this is the image of a kernel module, not of a "
				     "device" : "this is the image of a device, not of a kernel "
				     "module") != NULL, "%s", o.text);
	unlink(text);
	unlink(cut);
	outcome_free(&o);
}
END_TEST

static const char *crowd(unsigned int count)
{
	snprintf(scenario, sizeof(scenario),
		 TEST_HEAD "host { compatible = \"ballast,host\"; memory-mib = <1048576>;"
		 " cpus = <64>; };\n"
		 "g: g { compatible = \"ballast,guest\"; memory-mib = <64>; count = <%u>;\n"
		 "modules { m { compatible = \"ballast,module\"; image = \"virtio_ballast\"; };"
		 " };\n"
		 "devices { d { compatible = \"ballast,virtio-ballast\"; free-page-reporting; };"
		 " };\n"
		 "programs { p { compatible = \"ballast,program-idle\"; duration-ms = <100>; }; };"
		 " }; };\n", count);
	return scenario;
}

START_TEST(a_thousand_guests_boot)
{
	unsigned int i, ended = 0;
	struct outcome o;

	outcome_run(&o, crowd(1000), false);
	ck_assert_msg(!o.refused && o.end == TRACE_END_OK, "%s", o.text);
	for (i = 0; i < o.report.nr_programs; i++)
		ended += o.report.programs[i].state == PROGRAM_ENDED;
	ck_assert_uint_eq(ended, 1000);
	outcome_free(&o);
}
END_TEST

START_TEST(more_descriptors_or_mappings_than_a_process_may_have_are_named)
{
	struct rlimit few = { 200, 200 };
	unsigned long long most = 0;
	struct outcome o;
	FILE *f;

	f = fopen("/proc/sys/vm/max_map_count", "r");
	ck_assert(f && fscanf(f, "%llu", &most) == 1);
	fclose(f);
	/* 10000 guests take some 350000 mappings; Linux has 65530 unless told. */
	if (most < 300000) {
		outcome_run(&o, crowd(10000), false);
		ck_assert(o.refused);
		ck_assert_msg(strstr(o.text, " memory mappings, and a process may have ") &&
			      strstr(o.text, "sysctl vm.max_map_count="), "%s", o.text);
		outcome_free(&o);
	}
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	outcome_run(&o, crowd(100), false);
	ck_assert(o.refused);
	ck_assert_msg(strstr(o.text, "100 guests take 216 file descriptors") &&
		      strstr(o.text, "may have 200: room for 92 guests"), "%s", o.text);
	outcome_free(&o);
	/* What is said to fit does. */
	outcome_run(&o, crowd(92), false);
	ck_assert_msg(!o.refused && o.end == TRACE_END_OK, "%s", o.text);
	outcome_free(&o);
}
END_TEST

/* What is written where it must not be */

#ifdef __SANITIZE_ADDRESS__
static const struct driver writers[] = {
	{ "broken-guest-overrun", "guest a: kmalloc-256 object allocated in run_over(), "
	  "guest-overrun.c:7: image broken-guest-overrun: the sanitizer's report above, in "
	  "run_over(), guest-overrun.c:11\n" },
	{ "broken-guest-use-after-free", "guest a: kmalloc-256 object freed in use_freed(), "
	  "guest-use-after-free.c:9: image broken-guest-use-after-free: the sanitizer's report "
	  "above, in use_freed(), guest-use-after-free.c:11\n" },
};

/* ASan ends the process at the write itself. */
START_TEST(objects_that_are_written_over_name_who_made_them)
{
	static char text[1 << 16];
	FILE *err = tmpfile();
	struct outcome o;
	int status;
	pid_t pid = fork();

	if (!pid) {
		dup2(fileno(err), STDERR_FILENO);
		cli_catch_crashes();
		outcome_run(&o, bad_driver(writers[_i].image, ""), false);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	rewind(err);
	text[fread(text, 1, sizeof(text) - 1, err)] = '\0';
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 1, "%#x: %s", status, text);
	ck_assert_msg(strstr(text, writers[_i].says) != NULL, "%s", text);
	fclose(err);
}
END_TEST
#else
static const struct driver writers[] = {
	{ "broken-guest-overrun", "BUG kmalloc-256: overrun: 32 bytes behind the end were written: "
	  "object of 200 bytes, allocated in run_over(), guest-overrun.c:7; found in run_over(), "
	  "guest-overrun.c:12" },
	{ "broken-guest-use-after-free", "BUG kmalloc-256: a free object was written to: object of "
	  "256 bytes, freed in use_freed(), guest-use-after-free.c:9" },
};

START_TEST(objects_that_are_written_over_name_who_made_them)
{
	struct outcome o;
	char *first;

	outcome_run(&o, bad_driver(writers[_i].image, ""), false);
	ck_assert_int_eq(o.end, TRACE_END_PROTOCOL);
	first = strstr(o.text, writers[_i].says);
	ck_assert_msg(first != NULL, "%s", o.text);
	/* 512 times the same: said once, and in the verdict. */
	first = strstr(first + 1, writers[_i].says);
	ck_assert_ptr_nonnull(first);
	ck_assert_ptr_null(strstr(first + 1, writers[_i].says));
	outcome_free(&o);
}
END_TEST

START_TEST(a_driver_that_writes_far_is_named_and_not_its_victim)
{
	struct outcome o;

	outcome_run(&o, bad_driver("broken-guest-overrun-far", ""), false);
	ck_assert_int_eq(o.end, TRACE_END_PROTOCOL);
	ck_assert_msg(strstr(o.text, "a: BUG kmalloc-256: overrun: at least 8 bytes behind "
			     "the end were written: object of 256 bytes, allocated in run_far(), "
			     "guest-overrun-far.c:11; found in broken_tell(), broken.h:") != NULL,
		      "%.900s", o.text);
	outcome_free(&o);
}
END_TEST
#endif

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("faults");
	TCase *tc = tcase_create("faults");

	tcase_set_timeout(tc, 0);
	tcase_add_loop_test(tc, a_fault_in_a_driver_is_the_panic_of_its_kernel, 0,
			    sizeof(drivers) / sizeof(drivers[0]));
	tcase_add_loop_test(tc, a_fault_in_a_device_is_the_end_of_its_vmm, 0,
			    sizeof(devices) / sizeof(devices[0]));
	tcase_add_test(tc, the_run_ends_with_the_first_crash_when_it_is_told_to);
	tcase_add_test(tc, a_device_that_fails_while_it_is_made_is_named);
	tcase_add_test(tc, what_a_failed_device_leaves_behind_is_named);
	tcase_add_test(tc, a_driver_that_polls_and_lets_time_pass_is_answered);
	tcase_add_loop_test(tc, an_image_of_another_kind_is_refused_before_its_code_runs, 0,
			    sizeof(kinds) / sizeof(kinds[0]));
	tcase_add_test(tc, a_thousand_guests_boot);
	tcase_add_test(tc, more_descriptors_or_mappings_than_a_process_may_have_are_named);
	tcase_add_loop_test(tc, objects_that_are_written_over_name_who_made_them, 0,
			    sizeof(writers) / sizeof(writers[0]));
#ifndef __SANITIZE_ADDRESS__
	tcase_add_test(tc, a_driver_that_writes_far_is_named_and_not_its_victim);
#endif
	suite_add_tcase(s, tc);
	return s;
}
