// SPDX-License-Identifier: GPL-2.0-only
/*
 * Code of the host's kernel in a real one: QEMU emulates an AMD machine with virtualization, our
 * kernel with KVM and vhost is its host, and tests/guest/host_hints.c, which is its init, gives
 * hints from a guest of its own and on a queue of its own.  Here its lines are compared with what
 * the handlers' interfaces say.
 */
#include "boot.h"
#include "host_machine.h"

/* Of waiting; some 10 s alone. */
#define BOOT_S 1800

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

#define NR_WANTED ARRAY_LEN(wanted)

static struct {
	bool said;
	long answer, pages;
} said[NR_WANTED];

static void take_lines(char *console)
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

START_TEST(the_hosts_kernel_answers_as_its_interfaces_say)
{
	struct initramfs_file init = { .path = "init", .source = boot_file("host-hints"),
				       .mode = 0755 };
	struct boot boot;
	char *console;
	size_t i;

	boot_prepare(&boot);
	console = host_machine_run(&(struct host_machine){ .dir = boot.dir, .files = &init,
							   .nr_files = 1, .memory_mib = 256,
							   .seconds = BOOT_S });
	ck_assert_msg(strstr(console, "hint end") != NULL, "it ends with: %s",
		      host_machine_tail(console));
	take_lines(console);
	free(console);
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
	boot_end(&boot);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("host");
	TCase *tc = tcase_create("host");

	if (!host_machine_there("test_host"))
		return 2;
	tcase_set_timeout(tc, BOOT_S);
	tcase_add_test(tc, the_hosts_kernel_answers_as_its_interfaces_say);
	suite_add_tcase(suite, tc);
	return boot_run(suite);
}
