// SPDX-License-Identifier: GPL-2.0-only
/*
 * What `ballast real` does without a machine: options for QEMU and for guest programs, reading what
 * QEMU traces, and that what cannot be had is refused in one line, with nothing left behind.
 */
#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "devices.h"
#include "lines.h"
#include "program-args.h"
#include "real_scratch.h"
#include "suite.h"
#include "trace_log.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Trace events */

START_TEST(request_is_read)
{
	struct trace_log_event e;

	ck_assert(trace_log_parse("17866@1795399726.087515:virtio_ballast_request report: "
				  "32 blocks, 134217728 bytes", &e));
	ck_assert_int_eq(e.kind, TRACE_LOG_REQUEST);
	ck_assert_int_eq(e.queue, TRACE_LOG_REPORT);
	ck_assert_uint_eq(e.blocks, 32);
	ck_assert_uint_eq(e.bytes, 134217728);
	ck_assert_uint_eq(e.wall_ns, UINT64_C(1795399726087515000));
	/* As QEMU 10.2 has it. */
	ck_assert(trace_log_parse("2026-11-27T22:09:24.444003Z virtio_ballast_request stats: "
				  "14 blocks, 140 bytes", &e));
	ck_assert_uint_eq(e.wall_ns, UINT64_C(1795817364444003000));
	ck_assert_int_eq(e.kind, TRACE_LOG_REQUEST);
	ck_assert_int_eq(e.queue, TRACE_LOG_STATS);
	ck_assert_uint_eq(e.bytes, 140);
	ck_assert(!trace_log_parse("2026-11-27T22:09 virtio_ballast_request", &e));
	ck_assert(trace_log_parse("1@1.000001:virtio_ballast_request inflate: 256 blocks, "
				  "1048576 bytes", &e));
	ck_assert_int_eq(e.queue, TRACE_LOG_INFLATE);
	ck_assert_uint_eq(e.wall_ns, 1000001000);
}
END_TEST

START_TEST(discard_is_read)
{
	struct trace_log_event e;

	ck_assert(trace_log_parse("3@5.000000:virtio_ballast_discard report: ram+0x9800000 length "
				  "0x400000 ret 0", &e));
	ck_assert_int_eq(e.kind, TRACE_LOG_DISCARD);
	ck_assert_uint_eq(e.offset, 0x9800000);
	ck_assert_uint_eq(e.length, 0x400000);
	ck_assert_int_eq(e.ret, 0);
	ck_assert(trace_log_parse("3@5.000000:virtio_ballast_discard inflate: /objects/ram+0x0 "
				  "length 0x1000 ret -12", &e));
	ck_assert_int_eq(e.ret, -12);
}
END_TEST

START_TEST(other_events_are_passed_over)
{
	struct trace_log_event e;

	ck_assert(trace_log_parse("3@5.000000:virtio_ballast_stats 10 records", &e));
	ck_assert_int_eq(e.kind, TRACE_LOG_OTHER);
}
END_TEST

/* Our own events in another form mean that device and command are not of one version. */
START_TEST(damaged_lines_are_refused)
{
	static const char *const lines[] = {
		"", "3@5:virtio_ballast_stats",
		"virtio_ballast_request report: 1 blocks, 4096 bytes",
		"3@5.000000:virtio_ballast_request report: 1 blocks",
		"3@5.000000:virtio_ballast_request elsewhere: 1 blocks, 4096 bytes",
		"3@5.000000:virtio_ballast_request report: 1 blocks, 4096 bytes and more",
		"3@5.000000:virtio_ballast_discard report: ram+0x0 length 0x1000",
	};
	struct trace_log_event e;
	size_t i;

	for (i = 0; i < ARRAY_LEN(lines); i++)
		ck_assert_msg(!trace_log_parse(lines[i], &e), "'%s' is taken for an event",
			      lines[i]);
}
END_TEST

/* Lines of a file that grows */

START_TEST(lines_come_when_they_are_complete)
{
	char path[] = "/tmp/ballast-test-XXXXXX";
	struct lines l;
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(lines_open(&l, path), 0);
	ck_assert_ptr_null(lines_next(&l));
	ck_assert_int_eq(write(fd, "one\r\ntw", 7), 7);
	ck_assert_str_eq(lines_next(&l), "one");
	ck_assert_ptr_null(lines_next(&l));
	ck_assert_int_eq(write(fd, "o\n\nthree\n", 9), 9);
	ck_assert_str_eq(lines_next(&l), "two");
	ck_assert_str_eq(lines_next(&l), "");
	ck_assert_str_eq(lines_next(&l), "three");
	ck_assert_ptr_null(lines_next(&l));
	lines_close(&l);
	close(fd);
	unlink(path);
}
END_TEST

START_TEST(long_lines_come_in_pieces)
{
	char path[] = "/tmp/ballast-test-XXXXXX", text[10000];
	size_t all = 0;
	struct lines l;
	char *line;
	int fd = mkstemp(path);

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\n';
	ck_assert_int_eq(write(fd, text, sizeof(text)), sizeof(text));
	ck_assert_int_eq(lines_open(&l, path), 0);
	while ((line = lines_next(&l)))
		all += strlen(line);
	ck_assert_uint_eq(all, sizeof(text) - 1);
	lines_close(&l);
	close(fd);
	unlink(path);
}
END_TEST

/* Arguments */

START_TEST(programs_get_words)
{
	const struct scenario_program p = { .kind = SCENARIO_PROGRAM_MEMHOG, .size_mib = 256,
					    .loops = 2, .hold_ms = 3000,
					    .madvise = SCENARIO_MADVISE_HUGEPAGE };
	char words[512], small[16];
	struct program_arg *args;
	size_t nr, i, found = 0;

	ck_assert_int_eq(scenario_program_words(&p, words, sizeof(words)), 0);
	ck_assert_ptr_nonnull(strstr(words, " size-mib=256 "));
	ck_assert_ptr_nonnull(strstr(words, " loops=2 "));
	ck_assert_ptr_nonnull(strstr(words, " hold-ms=3000 "));
	ck_assert_ptr_nonnull(strstr(words, " madvise=hugepage"));
	ck_assert_int_eq(scenario_program_words(&p, small, sizeof(small)), -1);
	args = scenario_program_args(&p, &nr);
	for (i = 0; i < nr; i++)
		found += !strcmp(args[i].name, "size-mib") && args[i].value == 256;
	ck_assert_uint_eq(found, 1);
	free(args);
}
END_TEST

START_TEST(devices_become_options)
{
	static const struct scenario_parameter properties[] = { { "coalesce", "off" },
								{ "iothread", "a,b" } };
	struct scenario_device devices[] = {
		{ .path = "x: /g/d", .type = "virtio-ballast-pci", .image = "virtio-ballast",
		  .free_page_reporting = true, .properties = properties, .nr_properties = 2 },
		{ .path = "x: /g/e", .type = "virtio-balloon-pci",
		  .image = "upstream-virtio-balloon", .free_page_hint = true },
	};
	const struct scenario_guest guest = { .devices = devices, .nr_devices = 2 };
	struct real_arguments a = { .nr = 0 };
	char error[256];

	ck_assert_int_eq(real_arguments_devices(&a, &guest, error, sizeof(error)), 0);
	ck_assert_uint_eq(a.nr, 6);
	ck_assert_str_eq(a.arg[0], "-device");
	ck_assert_str_eq(a.arg[1], "virtio-ballast-pci,id=device0,free-page-reporting=on,"
			 "free-page-hint=off,deflate-on-oom=off,page-poison=off,coalesce=off,"
			 "iothread=a,,b");
	ck_assert_str_eq(a.arg[2], "-object");
	ck_assert_str_eq(a.arg[3], "iothread,id=iothread0");
	ck_assert_str_eq(a.arg[5], "virtio-balloon-pci,id=device1,free-page-reporting=off,"
			 "free-page-hint=on,deflate-on-oom=off,page-poison=off,"
			 "iothread=iothread0");
	ck_assert_ptr_null(a.arg[6]);
	ck_assert(real_device_is_ours(&devices[0]));
	ck_assert(!real_device_is_ours(&devices[1]));
	real_arguments_free(&a);
	devices[1].image = "virtio-ballast";
	ck_assert_int_eq(real_arguments_devices(&a, &guest, error, sizeof(error)), -1);
	ck_assert_ptr_nonnull(strstr(error, "x: /g/e: image: virtio-ballast: "));
	real_arguments_free(&a);
}
END_TEST

/* The command, as a process, in a directory of its own */

static const struct refusal {
	const char *arguments, *says;
} refusals[] = {
	{ "--set /guest/modules/balloon-driver/image=other",
	  "image: other: a real kernel has only" },
	{ "--set /guest/devices/balloon/type=virtio-blk-pci",
	  "type: virtio-blk-pci: a real QEMU has" },
	{ "--set /guest/devices/balloon/image=x", "image: x: a real QEMU's virtio-ballast-pci is" },
	{ "--overlay swap.dtso", "/guest: swap: a real run has no swap in its guest" },
	{ "--set /guest/page-size-kib=64",
	  "/guest: page-size-kib: a real run takes the pages that the host has; leave it out" },
	{ "--set /guest/async-pf=off",
	  "/guest: async-pf: KVM always halts a vCPU at least; off is not to be had in a real "
	  "run" },
	{ "--set /guest/assigned-device=true", "/guest: assigned-device: a real run has none" },
	{ "--set /guest/page-zeroed=true", "/guest: page-zeroed: no kernel that can be had does" },
	{ "--set /guest/hugepages-64kB=always",
	  "/guest: hugepages-64kB: a real run's kernel has none of this size; leave it out" },
	{ "--overlay host.dtso", "/host/modules/hint: a real run's host is this machine" },
	{ "--set /guest/backing=shared-file",
	  "/guest: backing: a real run has anonymous memory; leave it out" },
	{ "--overlay program.dtso",
	  "/host/backup: a real run's host is this machine, which is left alone; leave it out" },
	{ "--overlay drop.dtso",
	  "/commands/drop: a real run's host is this machine, which is left alone; leave it out" },
	{ "--overlay delay.dtso", "/guest: page-reporting: a real kernel has delay-ms 2000" },
	{ "--overlay demand.dtso",
	  "demand.csv: a real run cannot hold file_bytes; leave them out" },
	{ "--accel hax", "--accel hax: allowed: tcg, kvm" },
	{ "--images x", "--images: there is no such option" },
	{ "--real nowhere", "nowhere/stock/order: No such file or directory; 'make real' makes" },
	{ "--real real", "real/qemu-system-x86_64: No such file or directory" },
	{ "--real broken", "QEMU ended with status 3" },
	{ "--real real --kernel none", "qemu-system-x86_64" },
};

START_TEST(what_cannot_be_had_is_refused)
{
	const struct refusal *r = &refusals[_i];
	unsigned int files, temporary;
	char text[4096];

	write_file("swap.dtso", "/dts-v1/;\n/plugin/;\n&{/guest} { swap { compatible = "
		   "\"ballast,swap-ssd\"; size-mib = <64>; queue-depth = <1>; read-us = <1>; "
		   "write-us = <1>; transfer-mib-per-s = <1>; }; };\n", 0644);
	write_file("delay.dtso", "/dts-v1/;\n/plugin/;\n&{/guest} { page-reporting { compatible = "
		   "\"ballast,page-reporting\"; delay-ms = <10>; }; };\n", 0644);
	write_file("host.dtso", "/dts-v1/;\n/plugin/;\n&{/host} { modules { hint { compatible = "
		   "\"ballast,module\"; image = \"kvm_page_hint_host\"; }; }; };\n", 0644);
	write_file("program.dtso", "/dts-v1/;\n/plugin/;\n&{/host} { backup { compatible = "
		   "\"ballast,host-program\"; size-mib = <10>; }; };\n", 0644);
	write_file("drop.dtso", "/dts-v1/;\n/plugin/;\n&{/} { commands { drop { compatible = "
		   "\"ballast,drop-caches\"; }; }; };\n", 0644);
	write_file("demand.csv", "time_s,used_bytes,file_bytes\n0,4096,0\n1,0,4096\n", 0644);
	write_file("demand.dtso", "/dts-v1/;\n/plugin/;\n&{/guest/programs} { d { compatible = "
		   "\"ballast,program-demand\"; file = \"demand.csv\"; }; };\n", 0644);
	ck_assert_int_eq(system("cp -r real broken"), 0);
	write_file("broken/qemu-system-x86_64", "#!/bin/sh\nexit 3\n", 0755);
	write_file("err", "", 0644);
	write_file("out", "", 0644);
	files = count_files(".");
	temporary = count_files("tmp");
	ck_assert_int_eq(run_real("reporting", r->arguments, text, sizeof(text)), 2);
	ck_assert_msg(strstr(text, r->says), "%s: says '%s' instead of '%s'", r->arguments, text,
		      r->says);
	ck_assert_uint_eq(count_files("."), files);
	ck_assert_uint_eq(count_files("tmp"), temporary);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("real_run");
	TCase *log = tcase_create("log"), *arguments = tcase_create("arguments");
	TCase *refused = tcase_create("refused");

	tcase_add_test(log, request_is_read);
	tcase_add_test(log, discard_is_read);
	tcase_add_test(log, other_events_are_passed_over);
	tcase_add_test(log, damaged_lines_are_refused);
	tcase_add_test(log, lines_come_when_they_are_complete);
	tcase_add_test(log, long_lines_come_in_pieces);
	suite_add_tcase(suite, log);
	tcase_add_test(arguments, programs_get_words);
	tcase_add_test(arguments, devices_become_options);
	suite_add_tcase(suite, arguments);
	tcase_add_checked_fixture(refused, real_scratch_make, real_scratch_remove);
	tcase_add_loop_test(refused, what_cannot_be_had_is_refused, 0, ARRAY_LEN(refusals));
	tcase_set_timeout(refused, 60);
	suite_add_tcase(suite, refused);
	return suite;
}

Suite *test_suite(int argc, char **argv)
{
	return real_scratch_find() ? make_suite() : NULL;
}
