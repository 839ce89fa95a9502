// SPDX-License-Identifier: GPL-2.0-only
/*
 * The agent as PID 1 of a guest that boots from an initramfs: what an init does before there is
 * anything else, and how the machine goes down.
 *
 * /modules, if there, has lines "FILE [PARAMS]": modules to load before the port is opened, in
 * that order.  One that cannot be loaded is a mistake of who built the initramfs: init fails.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest.h"

#define MODULES_FILE "/modules"
#define LINE_SIZE 1024

static const struct init_mount {
	const char *type, *at;
	const char *options;
	bool needed;
} mounts[] = {
	{ "proc", "/proc", NULL, true },
	{ "sysfs", "/sys", NULL, true },
	{ "devtmpfs", "/dev", NULL, true },
	/* Files of programs: as much as there is memory for, not half of it. */
	{ "tmpfs", "/tmp", "size=100%", true },
	{ "debugfs", "/sys/kernel/debug", NULL, false },
	{ "tracefs", "/sys/kernel/tracing", NULL, false },
};

/* All three before anything is said: the kernel may have had no /dev/console to give us. */
static void open_console(void)
{
	int fd = open("/dev/console", O_RDWR | O_NOCTTY), i;

	if (fd < 0)
		return;
	for (i = STDIN_FILENO; i <= STDERR_FILENO; i++)
		dup2(fd, i);
	if (fd > STDERR_FILENO)
		close(fd);
}

static int mount_all(void)
{
	const char *failed = NULL;
	int why = 0;
	size_t i;

	for (i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		const struct init_mount *m = &mounts[i];

		mkdir(m->at, 0755);
		/* EBUSY: the kernel mounted devtmpfs itself. */
		if (mount(m->type, m->at, m->type, 0, m->options) && errno != EBUSY && m->needed &&
		    !failed) {
			failed = m->type;
			why = errno;
		}
	}
	open_console();
	if (failed)
		dprintf(STDERR_FILENO, "ballast: cannot mount %s: %s\n", failed, strerror(why));
	return failed ? -1 : 0;
}

static int load_modules(void)
{
	FILE *f = fopen(MODULES_FILE, "re");
	const char *why = NULL;
	char line[LINE_SIZE];

	if (!f)
		return 0;
	while (!why && fgets(line, sizeof(line), f)) {
		char *params = line, *file;

		line[strcspn(line, "\n")] = '\0';
		file = strsep(&params, " ");
		if (!file[0])
			continue;
		why = module_load(file, params ? params : "");
		if (why)
			dprintf(STDERR_FILENO, "ballast: insmod %s: %s\n", file, why);
	}
	fclose(f);
	return why ? -1 : 0;
}

int init_begin(void)
{
	return mount_all() || load_modules() ? -1 : 0;
}

void init_end(enum agent_end end)
{
	sync();
	reboot(end == AGENT_REBOOT ? RB_AUTOBOOT : RB_POWER_OFF);
	/* Without ACPI there is nothing that could switch it off. */
	dprintf(STDERR_FILENO, "ballast: cannot switch the machine off: %s\n", strerror(errno));
	for (;;)
		pause();
}
