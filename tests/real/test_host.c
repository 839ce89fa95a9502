// SPDX-License-Identifier: GPL-2.0-only
/*
 * Code of the host's kernel in a real one: QEMU emulates an AMD machine with virtualization, our
 * kernel with KVM and vhost is its host, and tests/guest/host_hints.c, which is its init, gives
 * hints from a guest of its own and on a queue of its own.  Here its lines are compared with what
 * the handlers' interfaces say.
 */
#define _GNU_SOURCE
#include <check.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "initramfs.h"
#include "skip.h"

/* CPU time of TCG in TCG, on a machine that does other things besides: some 10 s alone. */
#define BOOT_S 300

static const struct wanted {
	const char *name;
	long answer, pages;
} wanted[] = {
	/* from a guest in real mode */
	{ "offered", 1, 0 },
	{ "block", 0, 512 },
	{ "two-blocks", 0, 1024 },
	{ "byte", 0, 0 },
	{ "page", -22, 0 },
	{ "misaligned", -22, 0 },
	{ "no-power", -22, 0 },
	{ "outside", -14, 0 },
	{ "past-slot", -14, 0 },
	{ "other-number", -1000, 0 },
	{ "locked", -14, 0 },
	/* on a queue: 1 is an answer, 2 that the queue has broken, 0 nothing */
	{ "vhost-blocks", 1, 1536 },
	{ "vhost-used", 1, 0 },
	{ "vhost-page", 1, 1 },
	{ "vhost-outside", 2, 0 },
	{ "vhost-used-then", 2, 0 },
	{ "vhost-broken", 0, 0 },
	{ "end", 0, 0 },
};

#define NR_WANTED (sizeof(wanted) / sizeof(wanted[0]))

static struct {
	bool said;
	long answer, pages;
} said[NR_WANTED];
static char console[1 << 20];

static const char *real_path(const char *name)
{
	static char path[4][PATH_MAX];
	static unsigned int next;
	const char *dir = getenv("BALLAST_REAL");

	next = (next + 1) % 4;
	snprintf(path[next], sizeof(path[next]), "%s/%s", dir ? dir : "build/gcc/real", name);
	return path[next];
}

static void run_qemu(const char *initrd, int output)
{
	const char *const argv[] = {
		"qemu-system-x86_64", "-L", real_path("firmware"), "-machine", "q35",
		"-nodefaults", "-display", "none", "-no-reboot", "-m", "256M", "-accel", "tcg",
		"-cpu", "EPYC,-x2apic,+svm,+npt", "-serial", "stdio",
		"-kernel", real_path("host/bzImage"), "-initrd", initrd,
		"-append", "console=ttyS0 panic=-1 panic_on_warn=1 oops=panic nokaslr quiet", NULL
	};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(open("/dev/null", O_RDONLY), 0);
	dup2(output, 1);
	dup2(output, 2);
	execv(real_path("qemu-system-x86_64"), (char *const *)argv);
	_exit(127);
}

/* All that the machine says until it is off. */
static void read_console(int from)
{
	size_t len = 0;
	ssize_t n;

	while (len + 1 < sizeof(console) &&
	       (n = read(from, console + len, sizeof(console) - 1 - len)) > 0)
		len += n;
	console[len] = '\0';
}

static void take_lines(void)
{
	char *line, *at = console, name[64];
	long answer, pages;
	size_t i;

	while ((line = strsep(&at, "\n"))) {
		if (sscanf(line, "hint %63s %ld %ld", name, &answer, &pages) != 3)
			continue;
		for (i = 0; i < NR_WANTED; i++) {
			if (strcmp(name, wanted[i].name))
				continue;
			said[i].said = true;
			said[i].answer = answer;
			said[i].pages = pages;
		}
	}
}

static void boot(void)
{
	struct initramfs_file init = { .path = "init", .source = real_path("host-hints"),
				       .mode = 0755 };
	char initrd[] = "/tmp/ballast-host-XXXXXX", error[512];
	int pipes[2], status;
	pid_t pid;

	close(mkstemp(initrd));
	ck_assert_msg(!initramfs_write(initrd, &init, 1, error, sizeof(error)), "%s", error);
	ck_assert_int_eq(pipe(pipes), 0);
	pid = fork();
	if (!pid) {
		alarm(BOOT_S);
		run_qemu(initrd, pipes[1]);
	}
	close(pipes[1]);
	read_console(pipes[0]);
	waitpid(pid, &status, 0);
	unlink(initrd);
}

START_TEST(the_hosts_kernel_answers_as_its_interfaces_say)
{
	size_t i;

	boot();
	if (getenv("CK_VERBOSE_CONSOLE"))
		puts(console);
	ck_assert_msg(strstr(console, "hint end") != NULL, "it ends with: %s",
		      console + (strlen(console) > 1500 ? strlen(console) - 1500 : 0));
	take_lines();
	for (i = 0; i < NR_WANTED; i++) {
		ck_assert_msg(said[i].said, "nothing was said of %s", wanted[i].name);
		ck_assert_msg(said[i].answer == wanted[i].answer &&
			      said[i].pages == wanted[i].pages,
			      "%s: answer %ld, %ld pages; wanted: %ld, %ld", wanted[i].name,
			      said[i].answer, said[i].pages, wanted[i].answer, wanted[i].pages);
		printf("| %-20s answer %5ld, %5ld pages less\n", wanted[i].name, said[i].answer,
		       said[i].pages);
	}
	fflush(stdout);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("host");
	TCase *tc = tcase_create("host");
	SRunner *runner;
	int failed;

	if (access(real_path("host/bzImage"), R_OK) || access(real_path("host-hints"), R_OK)) {
		fprintf(stderr, "test_host: there is no %s or host-hints; run 'make "
			"check-real-long', or set BALLAST_REAL\n", real_path("host/bzImage"));
		return 2;
	}
	tcase_set_timeout(tc, BOOT_S);
	tcase_add_test(tc, the_hosts_kernel_answers_as_its_interfaces_say);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
