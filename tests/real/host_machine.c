// SPDX-License-Identifier: GPL-2.0-only
/*
 * See host_machine.h.
 */
#define _GNU_SOURCE
#include "host_machine.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "boot.h"

#define KERNEL "host/bzImage"
#define CONSOLE_SIZE (1 << 20)
#define TAIL_SIZE 3000

/* Before there is a test, so that boot_file(), which may fail one, is not to be had. */
bool host_machine_there(const char *suite)
{
	const char *real = getenv("BALLAST_REAL");
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/" KERNEL, real ? real : "build/gcc/real");
	if (!access(path, R_OK))
		return true;
	fprintf(stderr, "%s: there is no %s; run 'make kernel KERNEL_HOST=1', or set "
		"BALLAST_REAL\n", suite, path);
	return false;
}

/* Without x2APIC, which TCG does not have, and with what it leaves out of this CPU. */
static void run_qemu(const struct host_machine *machine, const char *initrd, int output)
{
	char memory[16], append[512];
	const char *const argv[] = {
		"qemu-system-x86_64", "-L", boot_file("firmware"), "-machine", "q35",
		"-nodefaults", "-display", "none", "-no-reboot", "-m", memory, "-accel", "tcg",
		"-cpu", "EPYC,-x2apic,+svm,+npt", "-serial", "stdio",
		"-kernel", boot_file(KERNEL), "-initrd", initrd, "-append", append, NULL
	};

	snprintf(memory, sizeof(memory), "%uM", machine->memory_mib);
	/* What KVM says of registers that it does not know must not get into other lines. */
	snprintf(append, sizeof(append), "console=ttyS0 panic=-1 panic_on_warn=1 oops=panic "
		 "nokaslr loglevel=3 %s", machine->append ? machine->append : "");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(open("/dev/null", O_RDONLY), 0);
	dup2(output, 1);
	dup2(output, 2);
	alarm(machine->seconds);
	execv(boot_file("qemu-system-x86_64"), (char *const *)argv);
	_exit(127);
}

static char *read_console(int from)
{
	char *console = malloc(CONSOLE_SIZE);
	size_t len = 0;
	ssize_t n;

	while (len + 1 < CONSOLE_SIZE &&
	       (n = read(from, console + len, CONSOLE_SIZE - 1 - len)) > 0)
		len += n;
	console[len] = '\0';
	return console;
}

char *host_machine_run(const struct host_machine *machine)
{
	char initrd[PATH_MAX], error[512], *console;
	int pipes[2], status;
	pid_t pid;

	snprintf(initrd, sizeof(initrd), "%s/host-initrd", machine->dir);
	ck_assert_msg(!initramfs_write(initrd, machine->files, machine->nr_files, error,
				       sizeof(error)), "%s", error);
	ck_assert_int_eq(pipe(pipes), 0);
	pid = fork();
	if (!pid)
		run_qemu(machine, initrd, pipes[1]);
	close(pipes[1]);
	console = read_console(pipes[0]);
	close(pipes[0]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	if (getenv("CK_VERBOSE_CONSOLE"))
		puts(console);
	ck_assert_msg(WIFEXITED(status) && !WEXITSTATUS(status),
		      "the host's QEMU ended with status 0x%x; the host says: %s", status,
		      host_machine_tail(console));
	return console;
}

const char *host_machine_tail(const char *console)
{
	size_t len = strlen(console);

	return console + (len > TAIL_SIZE ? len - TAIL_SIZE : 0);
}

void host_machine_begin(void)
{
	static const char *const mounts[][2] = {
		{ "devtmpfs", "/dev" }, { "proc", "/proc" }, { "sysfs", "/sys" },
		{ "tmpfs", "/tmp" },
	};
	size_t i;
	int fd;

	for (i = 0; i < ARRAY_LEN(mounts); i++)
		mount(mounts[i][0], mounts[i][1], mounts[i][0], 0, NULL);
	fd = open("/dev/console", O_RDWR);
	for (i = 0; i < 3; i++)
		dup2(fd, i);
}

void host_machine_power_off(void)
{
	fflush(stdout);
	sync();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}
