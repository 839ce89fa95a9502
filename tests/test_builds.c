// SPDX-License-Identifier: GPL-2.0-only
/*
 * The scripts that build a kernel, modules and QEMU, given what they cannot work with: one line
 * says what is wrong and what to do, the status is 2, and nothing is left that the next build
 * would take for good.  Nothing is downloaded or built here.
 */
#include <check.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "skip.h"
#include "suite.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

static char suite_dir[] = "/tmp/ballast-builds-XXXXXX";
static char dir[PATH_MAX];		/* of one test */
static char said[8192];

static void in_dir(char *path, size_t size, const char *name)
{
	snprintf(path, size, "%.3000s/%s", dir, name);
}

static void write_file(const char *name, const char *text, mode_t mode)
{
	char path[PATH_MAX];
	FILE *f;

	in_dir(path, sizeof(path), name);
	f = fopen(path, "w");
	ck_assert_msg(f != NULL, "%s", path);
	fputs(text, f);
	fclose(f);
	chmod(path, mode);
}

static void make_dir(const char *name)
{
	char path[PATH_MAX];

	in_dir(path, sizeof(path), name);
	ck_assert_int_eq(mkdir(path, 0755), 0);
}

static void setup(void)
{
	snprintf(dir, sizeof(dir), "%s/XXXXXX", suite_dir);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	setenv("D", dir, 1);
	/* One function of cache.sh: $IN 'FUNCTION ARGUMENTS'. */
	write_file("in", "what=x; . tests/real/cache.sh; eval \"$1\"\n", 0644);
	make_dir("cache");
	make_dir("bin");
	make_dir("empty");
	/* Headers of another version. */
	make_dir("headers");
	write_file("headers/Makefile", "VERSION = 5\nPATCHLEVEL = 4\n", 0644);
	/* A disk with next to nothing left. */
	write_file("bin/df", "#!/bin/sh\necho 'Filesystem 1M-blocks Used Available'\n"
		   "echo 'x 100 97 3'\n", 0755);
	/* An archive that cannot be reached. */
	write_file("bin/apt-get", "#!/bin/sh\nexit 100\n", 0755);
}

/* Returns the status; what the command says is in said. */
static int run(const char *command)
{
	char line[4096];
	size_t used;
	FILE *f;
	int status;

	snprintf(line, sizeof(line),
		 "cd \"$BALLAST_TOP\" && export BALLAST_CACHE=\"$D/cache\"; IN=\"sh $D/in\"; "
		 "%s 2>&1", command);
	f = popen(line, "r");
	ck_assert_ptr_nonnull(f);
	used = fread(said, 1, sizeof(said) - 1, f);
	said[used] = '\0';
	status = pclose(f);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static unsigned int nr_lines(void)
{
	unsigned int nr = 0;
	const char *c;

	for (c = said; *c; c++)
		nr += *c == '\n';
	return nr;
}

static const struct bad {
	const char *what, *command, *says, *remedy;
} bads[] = {
	{ "no headers",
	  "sh tests/real/modules.sh $D/nowhere $D/m modules",
	  "no kernel headers in KDIR=",
	  "make deps-real" },
	{ "headers of another version",
	  "sh tests/real/modules.sh $D/headers $D/m modules",
	  "is of Linux '5.4', and the drivers are written for 6.0",
	  "set KDIR" },
	{ "headers that belong to no kernel",
	  "sh tests/real/modules.sh $D/empty $D/m modules",
	  "no kernel headers in KDIR=",
	  "set KDIR" },
	{ "install before build",
	  "K=$D/h; mkdir $K; printf 'VERSION = 6\\nPATCHLEVEL = 1\\n' >$K/Makefile; sh "
	  "tests/real/modules.sh $K $D/m modules_install",
	  "nothing to install",
	  "make modules" },
	{ "no kernel of these headers",
	  "sh tests/real/stock.sh $D/out $D/headers",
	  "has no include/generated/utsrelease.h",
	  "headers of a built kernel" },
	{ "a kernel that the archive does not have",
	  "mkdir -p $D/h/include/generated; echo '#define UTS_RELEASE "
	  "\"6.1.0-99-cloud-amd64\"' >$D/h/include/generated/utsrelease.h; "
	  "PATH=$D/bin:$PATH; rm $D/bin/df; sh tests/real/stock.sh $D/out $D/h",
	  "linux-image-6.1.0-99-cloud-amd64 cannot be downloaded",
	  "install the headers of a release" },
	{ "no kernel tree",
	  "KSRC=$D/empty sh tests/upstream.sh $D/out",
	  "is no Linux source tree",
	  "KSRC=" },
	{ "no QEMU tree",
	  "KSRC= QSRC=$D/empty $IN 'qemu_tree'",
	  "is no QEMU source tree",
	  "QSRC=" },
	{ "a tree that was built in place",
	  "mkdir -p $D/k/mm; touch $D/k/mm/page_reporting.c $D/k/.config; KSRC=$D/k $IN "
	  "'linux_tree'",
	  "is built in place",
	  "make mrproper" },
	{ "no archive for the kernel",
	  "PATH=$D/bin:$PATH; $IN 'linux_deb'",
	  "linux-source-6.1 cannot be downloaded",
	  "set KSRC" },
	{ "no archive for QEMU",
	  "PATH=$D/bin:$PATH; $IN 'qemu_dsc'",
	  "QEMU's source package cannot be downloaded",
	  "set QSRC" },
	{ "no disk space",
	  "PATH=$D/bin:$PATH; $IN 'need_space 100'",
	  "has 3 MiB left and 100 are needed",
	  "set BALLAST_CACHE" },
	{ "a cache that cannot be made",
	  "BALLAST_CACHE=/proc/ballast; $IN 'lock x'",
	  "cannot make /proc/ballast",
	  "set BALLAST_CACHE" },
	{ "a program that is not installed",
	  "$IN 'need_commands sh no-such-program'",
	  "there is no 'no-such-program' on this machine",
	  "make deps-real" },
	{ "a build that fails",
	  "$IN 'logged $D/log false'",
	  "all of its output is in",
	  "/log" },
};

START_TEST(what_cannot_be_worked_with_is_said_in_one_line)
{
	const struct bad *bad = &bads[_i];
	int status = run(bad->command);

	ck_assert_msg(status == 2, "%s: status %d, said: %s", bad->what, status, said);
	ck_assert_msg(strstr(said, bad->says) != NULL, "%s: said: %s", bad->what, said);
	ck_assert_msg(strstr(said, bad->remedy) != NULL, "%s: said: %s", bad->what, said);
	ck_assert_msg(nr_lines() == 1, "%s: %u lines: %s", bad->what, nr_lines(), said);
	ck_assert_msg(!strncmp(said, "ballast: ", 9), "%s: said: %s", bad->what, said);
}
END_TEST

START_TEST(overlay_touches_only_what_has_changed)
{
	struct stat before, after;
	char same[PATH_MAX];

	make_dir("from");
	make_dir("to");
	write_file("from/same.c", "one\n", 0644);
	write_file("from/changed.c", "two\n", 0644);
	write_file("to/same.c", "one\n", 0644);
	write_file("to/changed.c", "old\n", 0644);
	write_file("to/removed.c", "three\n", 0644);
	ck_assert_int_eq(run("touch -d 2001-01-01 $D/to/*"), 0);
	in_dir(same, sizeof(same), "to/same.c");
	ck_assert_int_eq(stat(same, &before), 0);
	ck_assert_int_eq(run("$IN 'overlay $D/from $D/to' && diff -r $D/from $D/to"), 0);
	ck_assert_int_eq(stat(same, &after), 0);
	ck_assert_int_eq(before.st_mtime, after.st_mtime);
}
END_TEST

START_TEST(line_is_added_once)
{
	write_file("Makefile", "obj-y += a/\nobj-y += virtio/\nobj-y += b/\n", 0644);
	ck_assert_int_eq(run("for i in 1 2; do $IN 'add_line $D/Makefile "
			     "\"obj-y += ours/\" virtio/'; done; cat $D/Makefile"), 0);
	ck_assert_str_eq(said, "obj-y += a/\nobj-y += virtio/\nobj-y += ours/\nobj-y += b/\n");
	ck_assert_int_eq(run("$IN 'add_line $D/Makefile line nowhere'"), 2);
	ck_assert_ptr_nonnull(strstr(said, "has no line like 'nowhere'"));
}
END_TEST

START_TEST(tree_of_the_user_is_left_alone)
{
	ck_assert_int_eq(run("mkdir -p $D/k/mm $D/k/drivers; touch $D/k/mm/page_reporting.c; "
			     "echo 'obj-y += virtio/' >$D/k/drivers/Makefile; "
			     "T=$(KSRC=$D/k $IN 'linux_tree') && "
			     "$IN 'add_line '$T'/drivers/Makefile "
			     "new virtio' && cat $T/drivers/Makefile $D/k/drivers/Makefile"), 0);
	ck_assert_str_eq(said, "obj-y += virtio/\nnew\nobj-y += virtio/\n");
}
END_TEST

/* Trees as far as make upstream looks into them, with one line of the test's in the first file. */
#define TREES                                                                                      \
	"mkdir -p $D/k/drivers/virtio $D/k/mm $D/q/hw/virtio $D/q/include/hw/virtio && "           \
	"touch $D/q/include/hw/virtio/virtio-balloon.h && "                                        \
	"echo 'int core;' >$D/k/mm/page_reporting.c && "                                           \
	"echo 'int device;' >$D/q/hw/virtio/virtio-balloon.c && "                                  \
	"echo '%s' >$D/k/drivers/virtio/virtio_balloon.c; "
#define UPSTREAM "%s; env -u MAKEFLAGS make --no-print-directory O=$D/o KSRC=$D/k QSRC=$D/q "

static int run_upstream(const char *driver, const char *before, const char *target)
{
	char command[3000];

	snprintf(command, sizeof(command), TREES UPSTREAM "%s", driver, before, target);
	return run(command);
}

START_TEST(what_the_model_does_not_have_is_an_error_that_names_it)
{
	static const struct {
		const char *driver, *says;
	} lacks[] = {
		{ "#include <linux/nothing.h>", "linux/nothing.h" },
		{ "int f(void); int f(void) { return frobnicate(); }", "frobnicate" },
		{ "int f(void); int f(void) { return NO_SUCH_FLAG; }", "NO_SUCH_FLAG" },
	};
	char path[PATH_MAX];
	unsigned int i;

	for (i = 0; i < ARRAY_LEN(lacks); i++) {
		/* An image from before must not be taken for this one. */
		ck_assert_int_eq(run_upstream(lacks[i].driver, "mkdir -p $D/o/images; "
					      "echo old >$D/o/images/upstream-virtio_balloon.so",
					      "upstream"), 2);
		ck_assert_msg(strstr(said, lacks[i].says) && strstr(said, "error:"), "%s", said);
		in_dir(path, sizeof(path), "o/images/upstream-virtio_balloon.so");
		ck_assert(access(path, F_OK));
		/* The others are there. */
		in_dir(path, sizeof(path), "o/images/upstream-page_reporting.so");
		ck_assert(!access(path, F_OK));
		in_dir(path, sizeof(path), "o/images/upstream-virtio-balloon.so");
		ck_assert(!access(path, F_OK));
	}
}
END_TEST

START_TEST(report_lists_all_that_is_missing)
{
	static const char *const rows[] = {
		"virtio_balloon.c  header      linux/nothing.h  1",
		"virtio_balloon.c  header      linux/more.h     2",
		"virtio_balloon.c  function    frobnicate       3",
		"virtio_balloon.c  identifier  NO_SUCH_FLAG     3",
	};
	unsigned int i;

	ck_assert_int_eq(run_upstream("#include <linux/nothing.h>\n#include <linux/more.h>\n"
				      "int f(void); int f(void) { return "
				      "frobnicate(NO_SUCH_FLAG); }", "true", "upstream-report"),
			 0);
	for (i = 0; i < ARRAY_LEN(rows); i++)
		ck_assert_msg(strstr(said, rows[i]) != NULL, "no '%s' in %s", rows[i], said);
	ck_assert_int_eq(run_upstream("int driver;", "true", "upstream-report"), 0);
	ck_assert_str_eq(said, "nothing is missing\n");
}
END_TEST

/* A driver of a tree of its own, of which the model has nothing; the image, and a run with it. */
#define TRAPPED                                                                                    \
	"mkdir -p $D/k/drivers/virtio $D/k/drivers/x $D/k/mm $D/k/include/linux; "                 \
	"touch $D/k/mm/page_reporting.c $D/k/drivers/virtio/virtio_balloon.c; "                    \
	"printf '%s\\n' '#define FROB_MAX 3' 'struct frob { int count; };' "                       \
	"'extern int frobs;' 'int frobnicate(struct frob *f);' >$D/k/include/linux/frob.h; "       \
	"printf '%s\\n' '#include <linux/module.h>' '#include <linux/frob.h>' "                    \
	"'static struct frob f;' 'static int d_init(void)' '{' ' f.count = FROB_MAX + frobs;' "    \
	"'	return frobnicate(&f) + 1;' '}' 'module_init(d_init);' >$D/k/drivers/x/d.c; "
#define TRAP_SCENARIO                                                                              \
	"printf '%s\\n' '/dts-v1/; /include/ \"costs/skylake.dtsi\"' "                             \
	"'/ { compatible = \"ballast,scenario\"; description = \"t\";' "                           \
	"'host { compatible = \"ballast,host\"; memory-mib = <1024>; cpus = <1>; };' "             \
	"'guest { compatible = \"ballast,guest\"; memory-mib = <256>;' "                           \
	"'modules { d { compatible = \"ballast,module\"; image = \"traps-d\"; }; }; }; };' "       \
	">$D/t.dts; "

START_TEST(driver_that_calls_what_is_not_modelled_says_what_and_where)
{
	ck_assert_int_eq(run(TRAPPED "env -u MAKEFLAGS make --no-print-directory O=$D/o KSRC=$D/k "
			     "upstream-traps DRIVER=drivers/x/d.c"), 0);
	ck_assert_msg(strstr(said, "1 headers, 1 types, 1 macros, 1 variables and 1 functions") &&
		      strstr(said, "traps-d.so"), "%s", said);
	ck_assert_int_eq(run(TRAP_SCENARIO "$BALLAST_BUILD/ballast run $D/t.dts --images "
			     "$D/o/images"), 1);
	ck_assert_msg(strstr(said, "frobnicate() is not modelled, called by d_init(), driver.c:"),
		      "%s", said);
	ck_assert_msg(strstr(said, "d: 2 functions or variables of"), "%s", said);
}
END_TEST

START_TEST(driver_that_is_not_there_has_no_traps)
{
	ck_assert_int_eq(run(TRAPPED "env -u MAKEFLAGS make --no-print-directory O=$D/o KSRC=$D/k "
			     "upstream-traps DRIVER=drivers/x/e.c"), 2);
	ck_assert_msg(strstr(said, "there is no KSRC/DRIVER="), "%s", said);
}
END_TEST

static void remove_suite_dir(void)
{
	if (system("rm -rf \"$S\""))
		fprintf(stderr, "%s cannot be removed\n", suite_dir);
}

Suite *test_suite(int argc, char **argv)
{
	Suite *suite = suite_create("builds");
	TCase *tc = tcase_create("scripts");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, what_cannot_be_worked_with_is_said_in_one_line, 0, ARRAY_LEN(bads));
	tcase_add_test(tc, overlay_touches_only_what_has_changed);
	tcase_add_test(tc, line_is_added_once);
	tcase_add_test(tc, tree_of_the_user_is_left_alone);
	tcase_add_test(tc, what_the_model_does_not_have_is_an_error_that_names_it);
	if (!system("command -v python3 >/dev/null"))
		tcase_add_test(tc, report_lists_all_that_is_missing);
	else
		skip_tests(1, "there is no python3");
	if (!system("command -v ctags >/dev/null"))
		tcase_add_test(tc, driver_that_calls_what_is_not_modelled_says_what_and_where);
	else
		skip_tests(1, "there is no ctags");
	tcase_add_test(tc, driver_that_is_not_there_has_no_traps);
	suite_add_tcase(suite, tc);
	if (!mkdtemp(suite_dir))
		return NULL;
	setenv("S", suite_dir, 1);
	/* Tests that fail leave their process at once, so this is not theirs to do. */
	test_suite_end = remove_suite_dir;
	return suite;
}
