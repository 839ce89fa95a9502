// SPDX-License-Identifier: GPL-2.0-only
/*
 * make install, and the installed command, which has nothing but what was installed: files by
 * name, from any folder, under any prefix; and make uninstall.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli_run.h"
#include "shell_run.h"
#include "suite.h"

/* In each test's folder: d/p is the prefix, w is where somebody works. */
static void setup(void)
{
	enter_empty_scratch();
	install_here();
	well("mkdir w");
}

START_TEST(installed_scenarios_run_by_name_from_anywhere)
{
	well("cd w && ../d/p/bin/ballast check first.dts published/p1.dts real/churn.dts");
	well("cd w && ../d/p/bin/ballast run first.dts --overlay overlays/reporting.dtso "
	     "--quiet --trace here.trace");
	well("cd / && $OLDPWD/d/p/bin/ballast check demo.dts");
}
END_TEST

/* The trace has the name that was given, not where that was found. */
START_TEST(the_same_command_gives_the_same_trace_under_every_prefix)
{
	char line[SHELL_LINE_SIZE];

	well("cd w && ../d/p/bin/ballast run first.dts --until 3s --quiet --trace one.trace");
	snprintf(line, sizeof(line), "cd w && '%s' run first.dts --until 3s --quiet --trace "
		 "two.trace && cmp one.trace two.trace", command);
	well(line);
}
END_TEST

START_TEST(a_file_of_ones_own_comes_before_the_installed_one)
{
	int status;
	char *said;

	well("echo nonsense >w/first.dts");
	said = shell(&status, "cd w && ../d/p/bin/ballast check first.dts");
	ck_assert_int_eq(status, 2);
	ck_assert_ptr_nonnull(strstr(said, "ballast: first.dts"));
	free(said);
	/* A path that says where it begins is no name of an installed one. */
	well("rm w/first.dts");
	said = shell(&status, "cd w && ../d/p/bin/ballast check ./first.dts");
	ck_assert_int_eq(status, 2);
	ck_assert_str_eq(said, "ballast: ./first.dts: cannot be read: No such file or directory\n");
	free(said);
}
END_TEST

START_TEST(all_that_is_listed_is_below_the_prefix)
{
	int status;
	char *said = shell(&status, "cd w && ../d/p/bin/ballast list | grep '(/'"), *at = said;
	char prefix[PATH_MAX];
	unsigned int nr = 0;

	snprintf(prefix, sizeof(prefix), "(%s/d/p/", scratch);
	while ((at = strstr(at, "(/"))) {
		ck_assert_msg(!strncmp(at, prefix, strlen(prefix)), "%.200s", at);
		at++;
		nr++;
	}
	ck_assert_uint_ge(nr, 5);
	free(said);
}
END_TEST

START_TEST(a_prefix_that_was_moved_and_a_symbolic_link_work)
{
	well("mv d/p elsewhere && ln -s ../elsewhere/bin/ballast w/b");
	well("cd w && ./b compare first.dts --until 2s --mechanisms reporting,hypercall --quiet");
}
END_TEST

START_TEST(a_failed_run_says_a_command_that_fails_again)
{
	int status;
	char *said = shell(&status, "cd w && ../d/p/bin/ballast run first.dts --strict --quiet "
			   "--set /host/memory-mib=300 --set /host/swap/size-mib=16 "
			   "2>err; [ $? = 1 ] || exit 8; "
			   "sed -n 's/^ballast: replay with: //p' err >again; "
			   "[ -s again ] || exit 9; sh again");

	ck_assert_msg(status == 1, "%d: %.2000s", status, said);
	free(said);
}
END_TEST

/* Headers of images are those that images include, whatever these include. */
START_TEST(what_images_are_compiled_against_is_installed)
{
	well("cd d/p/share/ballast/build && ls sim/linux/include/linux/virtio.h "
	     "sim/qemu/include/hw/virtio/virtio.h driver-src/uapi/virtio_ballast.h "
	     "sim/linux/kernel/module-tail.c sim/engine/call_site.h host-model/cpu.h");
	well("! find d -name '*.o' -o -name '*.d' -o -name 'broken*' | grep .");
}
END_TEST

START_TEST(uninstall_removes_what_was_installed_and_nothing_else)
{
	int status;
	char *said;

	well("echo mine >d/p/share/ballast/scenarios/mine.dts");
	make_quietly("uninstall");
	said = shell(&status, "find d -type f");
	ck_assert_str_eq(said, "d/p/share/ballast/scenarios/mine.dts\n");
	free(said);
	/* Nothing is left below the prefix. */
	well("rm d/p/share/ballast/scenarios/mine.dts");
	make_quietly("uninstall");
	well("! find d/p -mindepth 1 | grep .");
	/* Of a prefix of the system only what is ours. */
	well("mkdir -p d/usr/local/bin d/usr/local/share/ballast/scenarios");
	well("cd \"$BALLAST_TOP\" && sh sim/cli/install.sh uninstall none \"$OLDPWD/d/usr/local\"");
	well("test -d d/usr/local/bin && test ! -e d/usr/local/share/ballast");
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("install");
	TCase *tc = tcase_create("install");

	if (!cli_environment())
		return NULL;
	/* An installed command finds everything itself. */
	unsetenv("BALLAST_IMAGES");
	unsetenv("BALLAST_SCENARIOS");
	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, setup, leave_scratch);
	tcase_add_test(tc, installed_scenarios_run_by_name_from_anywhere);
	tcase_add_test(tc, the_same_command_gives_the_same_trace_under_every_prefix);
	tcase_add_test(tc, a_file_of_ones_own_comes_before_the_installed_one);
	tcase_add_test(tc, all_that_is_listed_is_below_the_prefix);
	tcase_add_test(tc, a_prefix_that_was_moved_and_a_symbolic_link_work);
	tcase_add_test(tc, a_failed_run_says_a_command_that_fails_again);
	tcase_add_test(tc, what_images_are_compiled_against_is_installed);
	tcase_add_test(tc, uninstall_removes_what_was_installed_and_nothing_else);
	suite_add_tcase(s, tc);
	return s;
}
