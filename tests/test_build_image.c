// SPDX-License-Identifier: GPL-2.0-only
/*
 * ballast build-image: what it builds is what the Makefile builds, from installed headers and from
 * the tree's; what it refuses, with which words, and that nothing is left then.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli_run.h"
#include "shell_run.h"
#include "skip.h"
#include "suite.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#define MODULE "#include <linux/module.h>\nstatic int __init m_init(void)\n{\n\treturn 0;\n}\n" \
	"static void __exit m_exit(void)\n{\n}\nmodule_init(m_init);\nmodule_exit(m_exit);\n"
#define BROKEN "#include <linux/module.h>\nint f(void)\n{\n\treturn not_there();\n}\n"
#define NO_INIT "#include <linux/module.h>\nint f(void)\n{\n\treturn 0;\n}\n"
#define NO_TYPE "#include \"qemu/osdep.h\"\nint f(void)\n{\n\treturn 0;\n}\n"
#define LEVELS "#include <linux/module.h>\n#include <linux/version.h>\n" \
	"#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)\n#error of old\n#endif\n"

static void setup(void)
{
	enter_empty_scratch();
	write_file("module.c", MODULE, strlen(MODULE));
	write_file("broken.c", BROKEN, strlen(BROKEN));
	write_file("no_init.c", NO_INIT, strlen(NO_INIT));
	write_file("no_type.c", NO_TYPE, strlen(NO_TYPE));
	write_file("new.c", LEVELS MODULE, strlen(LEVELS MODULE));
	write_file("odd name.c", MODULE, strlen(MODULE));
	ck_assert_int_eq(mkdir("folder", 0755), 0);
	write_file("said", "", 0);	/* shell() writes it */
}

static const struct bad {
	const char *args, *says;
} bads[] = {
	{ "", "ballast: build-image: needs a source file" },
	{ "none.c", "ballast: none.c: cannot be read: No such file or directory" },
	{ "folder", "ballast: folder: not known by its name; allowed: .c" },
	{ "module.c --cc /none/gcc", "ballast: /none/gcc: the compiler cannot be run: No such file "
	  "or directory; install gcc, or say --cc CC" },
	{ "module.c --cc false", "ballast: false: does not say where its headers are; allowed: gcc "
	  "and clang" },
	{ "module.c --cc", "ballast: --cc: needs a value" },
	{ "module.c -o", "ballast: -o: needs a value" },
	{ "module.c --fast", "ballast: --fast: there is no such option; see ballast --help" },
	{ "module.c --guest --device", "ballast: --device: allowed: one of --guest, --host and "
	  "--device" },
	{ "module.c --kernel 5.4", "ballast: --kernel 5.4: the model does not have this version of "
	  "Linux; allowed: 5.10, 5.15, 6.1, 6.6, 6.12, 7.2, 7.3" },
	{ "no_type.c --qemu 8.0", "ballast: --qemu 8.0: the model does not have this version of "
	  "QEMU; allowed: 7.2, 8.2, 9.2, 10.0, 10.2" },
	{ "module.c --qemu 7.2", "ballast: --qemu 7.2: this is a module; allowed: --kernel" },
	{ "no_type.c --kernel 6.1", "ballast: --kernel 6.1: this is a device; allowed: --qemu" },
	{ "no_init.c", "ballast: no_init.c: has no init function; allowed: a module, with "
	  "module_init()" },
	{ "no_type.c", "ballast: no_type.c: registers no type; allowed: a device, with "
	  "type_init()" },
	{ "module.c -o folder/none/x", "ballast: folder/none/x.so: cannot be written: No such file "
	  "or directory" },
	{ "module.c -o folder/", "ballast: -o folder/: needs the name of a file" },
	{ "'odd name.c'", "ballast: odd name: not the name of an image; allowed: letters, digits, "
	  "_, -, . and +" },
};

START_TEST(bad_input_is_one_line_and_leaves_nothing)
{
	const struct bad *b = &bads[_i];
	unsigned int files = count_files();
	char line[256];
	int status;
	char *said = shell(&status, "'%s' build-image %s", command, b->args);

	snprintf(line, sizeof(line), "%s\n", b->says);
	ck_assert_str_eq(said, line);
	ck_assert_int_eq(status, 2);
	ck_assert_uint_eq(count_files(), files);
	free(said);
}
END_TEST

/* The compiler's own words, then one line; an image from before stays as it was. */
START_TEST(errors_of_the_compiler_are_shown_and_change_nothing)
{
	static const char last[] = "ballast: broken.c: no image of it: gcc ended with status 1\n";
	unsigned int files;
	int status;
	char *said;

	write_file("broken.so", "old", 3);
	files = count_files();
	said = shell(&status, "'%s' build-image broken.c --cc gcc; s=$?; "
		     "[ \"$(cat broken.so)\" = old ] || exit 9; exit $s", command);
	ck_assert_int_eq(status, 2);
	ck_assert_ptr_nonnull(strstr(said, "broken.c:4:"));
	ck_assert_ptr_nonnull(strstr(said, "not_there"));
	ck_assert_uint_gt(strlen(said), strlen(last));
	ck_assert_str_eq(said + strlen(said) - strlen(last), last);
	ck_assert_uint_eq(count_files(), files);
	free(said);
}
END_TEST

/* Code and data of our own driver and device, so the flags are equal, whatever they are today. */
#ifndef __SANITIZE_ADDRESS__
START_TEST(code_is_that_of_the_makefiles_images)
{
	char images[PATH_MAX];

	ck_assert_ptr_nonnull(realpath(getenv("IMAGES"), images));
	setenv("IMAGES", images, 1);
	setenv("COMMAND", command, 1);
	setenv("TOP", top, 1);
	setenv("HERE", scratch, 1);
	well("same() { for s in .text .rodata .data; do objcopy -O binary -j $s $1 $HERE/1; "
	     "objcopy -O binary -j $s $2 $HERE/2; test -s $HERE/1; cmp $HERE/1 $HERE/2; done; }; "
	     "set -e; cd $TOP; g=driver-src/linux/guest; q=driver-src/qemu; o=$HERE/virtio; "
	     "$COMMAND build-image $g/virtio_ballast.c -o ${o}_ballast; "
	     "same ${o}_ballast.so $IMAGES/virtio_ballast.so; "
	     "$COMMAND build-image $g/virtio_ballast.c -o ${o}_ballast --kernel 6.12; "
	     "same ${o}_ballast.so $IMAGES/linux-6.12/virtio_ballast.so; "
	     "d=\"$(ls $q/virtio-ballast*.c | grep -v -e -pci.c) $(ls $q/ballast-*.c)\"; "
	     "$COMMAND build-image $d -I $q -o $o-ballast.so; "
	     "same $o-ballast.so $IMAGES/virtio-ballast.so; "
	     "$COMMAND build-image $d -I$q -o $o-ballast.so --qemu 10.2 --device; "
	     "same $o-ballast.so $IMAGES/qemu-10.2/virtio-ballast.so");
}
END_TEST
#endif

/* With nothing but what was installed, in a folder of the user's. */
START_TEST(an_installed_command_builds_what_it_runs)
{
	install_here();
	setenv("TOP", top, 1);
	well("set -e; cp $TOP/driver-src/linux/guest/*.[ch] .; mkdir h; "
	     "cp $TOP/driver-src/linux/host/*.[ch] h; "
	     "d/p/bin/ballast build-image virtio_ballast.c && d/p/bin/ballast run first.dts "
	     "--overlay overlays/reporting.dtso --until 3s "
	     "--set /guest/modules/balloon-driver/image=./virtio_ballast >tables && "
	     "grep -q '\\./virtio_ballast.so .*own' tables && "
	     "d/p/bin/ballast build-image h/kvm_page_hint.c --host");
}
END_TEST

START_TEST(options_reach_the_compiler)
{
	int status;
	char *said;

	/* What was not asked for is 6.1. */
	said = shell(&status, "'%s' build-image new.c", command);
	ck_assert_int_eq(status, 2);
	ck_assert_ptr_nonnull(strstr(said, "of old"));
	free(said);
	setenv("COMMAND", command, 1);
	well("$COMMAND build-image new.c --kernel 6.12 -o newer && test -f newer.so");
	well("printf '#include <mine.h>\\n#if MINE + YOURS != 3\\n#error no\\n#endif\\n' "
	     ">uses.c && "
	     "cat module.c >>uses.c && echo '#define MINE 1' >folder/mine.h && "
	     "$COMMAND build-image uses.c -I folder -DYOURS=2 && "
	     "$COMMAND build-image uses.c -Ifolder -D YOURS=2");
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("build_image");
	TCase *tc = tcase_create("build_image");

	if (!cli_environment())
		return NULL;
	setenv("IMAGES", getenv("BALLAST_IMAGES"), 1);
	unsetenv("BALLAST_IMAGES");
	unsetenv("BALLAST_SCENARIOS");
	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, setup, leave_scratch);
	tcase_add_loop_test(tc, bad_input_is_one_line_and_leaves_nothing, 0, ARRAY_LEN(bads));
	tcase_add_test(tc, errors_of_the_compiler_are_shown_and_change_nothing);
#ifdef __SANITIZE_ADDRESS__
	skip_tests(1, "sanitizers put the paths of headers into an image's data");
#else
	tcase_add_test(tc, code_is_that_of_the_makefiles_images);
#endif
	tcase_add_test(tc, an_installed_command_builds_what_it_runs);
	tcase_add_test(tc, options_reach_the_compiler);
	suite_add_tcase(s, tc);
	return s;
}
