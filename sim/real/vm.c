// SPDX-License-Identifier: GPL-2.0-only
/*
 * Starting and ending a QEMU process; vm.h says how it is used, vm_agent.c watches it.
 *
 * Monitor and agent are socket pairs that QEMU inherits, so there is no name that could be taken,
 * too long or left behind.  The console goes to a file, so that a guest never waits for its reader.
 */
#define _GNU_SOURCE
#include "vm.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "vm_internal.h"

#define MONITOR_MS 30000
#define TAIL_BYTES 1500		/* of the console in messages */

const char *real_vm_error(const struct real_vm *vm)
{
	return vm->error;
}

char *real_vm_read_file(const char *path, size_t *size)
{
	FILE *f = path ? fopen(path, "r") : NULL;
	char *text = NULL;
	long end;

	*size = 0;
	if (!f)
		return NULL;
	if (!fseek(f, 0, SEEK_END) && (end = ftell(f)) >= 0 && (text = malloc(end + 1))) {
		rewind(f);
		*size = fread(text, 1, end, f);
		text[*size] = '\0';
	}
	fclose(f);
	return text;
}

/* The last lines of a file, as far as they fit. */
static void append_tail(struct real_vm *vm, const char *title, const char *path)
{
	size_t size, used = strlen(vm->error);
	char *text = real_vm_read_file(path, &size), *from;

	if (text && size && used < sizeof(vm->error)) {
		from = size > TAIL_BYTES ? text + size - TAIL_BYTES : text;
		snprintf(vm->error + used, sizeof(vm->error) - used, "\n%s:\n%s", title, from);
	}
	free(text);
}

int real_vm_fail(struct real_vm *vm, const char *fmt, ...)
{
	va_list args;
	int n;

	if (vm->failed)
		return -1;
	vm->failed = true;
	n = snprintf(vm->error, sizeof(vm->error), "%s: ", vm->config.name);
	va_start(args, fmt);
	vsnprintf(vm->error + n, sizeof(vm->error) - n, fmt, args);
	va_end(args);
	append_tail(vm, "QEMU says", vm->stderr_path);
	append_tail(vm, "end of the console", vm->console_path);
	return -1;
}

/* Starting */

struct arguments {
	const char *arg[REAL_ARGS_MAX + 1];
	unsigned int nr;
	char text[8192];
	size_t used;
};

static void add(struct arguments *a, const char *arg)
{
	if (a->nr < REAL_ARGS_MAX)
		a->arg[a->nr++] = arg;
}

static void __attribute__((format(printf, 3, 4))) addf(struct arguments *a, const char *option,
						       const char *fmt, ...)
{
	char *at = a->text + a->used;
	va_list args;

	va_start(args, fmt);
	a->used += vsnprintf(at, sizeof(a->text) - a->used, fmt, args) + 1;
	va_end(args);
	if (a->used > sizeof(a->text))
		a->used = sizeof(a->text);
	add(a, option);
	add(a, at);
}

/*
 * QEMU 7.2 with TCG: where it looks for dirty pages of a block of memory that is made of whole
 * 256 KiB (cpu_physical_memory_sync_dirty_bitmap()), it forgets to tell the vCPUs to mark them
 * again, so what a guest writes during a migration may be lost.  Other sizes take a path that does.
 */
uint64_t real_vm_memory_bytes(const struct real_vm_config *c)
{
	return ((uint64_t)c->memory_mib << 20) + (c->migrates ? 8192 : 0);
}

static void memory_arguments(struct arguments *a, const struct real_vm *vm)
{
	const struct real_vm_config *c = &vm->config;
	uint64_t bytes = real_vm_memory_bytes(c);

	if (vm->memory >= 0)
		addf(a, "-object", "memory-backend-file,id=ram,size=%" PRIu64 "B,"
		     "mem-path=/proc/self/fd/%d,share=on", bytes, vm->memory);
	else
		addf(a, "-object", "memory-backend-ram,id=ram,size=%" PRIu64 "B", bytes);
	addf(a, "-m", "%" PRIu64 "B", bytes);
	addf(a, "-machine", "%s,memory-backend=ram", c->machine ? c->machine : "q35");
}

/* Stock names for all that a guest may see: two machines differ only in what is asked for. */
static void make_arguments(struct arguments *a, const struct real_vm *vm, int monitor, int agent)
{
	const struct real_vm_config *c = &vm->config;
	bool kvm = c->accel && !strcmp(c->accel, "kvm");
	const char *const *more;

	add(a, c->qemu);
	addf(a, "-L", "%s", c->firmware);
	add(a, "-nodefaults");
	addf(a, "-display", "none");
	if (!c->reboots)
		add(a, "-no-reboot");
	add(a, "-S");
	memory_arguments(a, vm);
	addf(a, "-smp", "%u", c->vcpus);
	addf(a, "-accel", "%s", kvm ? "kvm" : "tcg,tb-size=127");
	addf(a, "-cpu", "%s", kvm ? "host" : "max");
	addf(a, "-chardev", "file,id=console,path=%s", vm->console_path);
	addf(a, "-serial", "%s", "chardev:console");
	addf(a, "-chardev", "socket,id=agent,fd=%d", agent);
	addf(a, "-serial", "%s", "chardev:agent");
	addf(a, "-chardev", "socket,id=monitor,fd=%d", monitor);
	addf(a, "-mon", "%s", "chardev=monitor,mode=control");
	if (c->kernel) {
		addf(a, "-kernel", "%s", c->kernel);
		/*
		 * Whether the timer's interrupts arrive is measured with a loop of the CPU's, which
		 * without KVM may be over too soon on a busy host; on KVM kernels do not look.
		 */
		addf(a, "-append", "console=ttyS0 panic=-1 panic_on_warn=1 oops=panic "
		     "hung_task_panic=1 softlockup_panic=1 no_timer_check "
		     "printk.time=1 quiet loglevel=6 %s",
		     c->append ? c->append : "");
	}
	if (c->initrd)
		addf(a, "-initrd", "%s", c->initrd);
	for (more = c->args; more && *more; more++)
		add(a, *more);
	a->arg[a->nr] = NULL;
}

/* Before there is anything that counts.  The reason goes where QEMU would say it. */
static void join_group(int group)
{
	if (!group || write(group, "0", 1) == 1)
		return;
	fprintf(stderr, "the memory group cannot be joined: %s\n", strerror(errno));
	_exit(127);
}

static void child_exec(const struct real_vm *vm, pid_t parent, int monitor, int agent)
{
	struct arguments a = { .nr = 0 };
	int fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	fcntl(monitor, F_SETFD, 0);
	fcntl(agent, F_SETFD, 0);
	if (vm->memory >= 0)
		fcntl(vm->memory, F_SETFD, 0);
	fd = open("/dev/null", O_RDONLY);
	dup2(fd, STDIN_FILENO);
	fd = open(vm->stderr_path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (fd >= 0) {
		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
	}
	join_group(vm->config.group);
	make_arguments(&a, vm, monitor, agent);
	execv(a.arg[0], (char *const *)a.arg);
	fprintf(stderr, "%s: %s\n", a.arg[0], strerror(errno));
	_exit(127);
}

static int spawn(struct real_vm *vm)
{
	int monitor[2], agent[2];
	pid_t parent = getpid();

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, monitor))
		return real_vm_fail(vm, "no sockets: %s", strerror(errno));
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, agent)) {
		close(monitor[0]);
		close(monitor[1]);
		return real_vm_fail(vm, "no sockets: %s", strerror(errno));
	}
	vm->monitor = monitor[0];
	vm->agent = agent[0];
	fcntl(vm->agent, F_SETFL, O_NONBLOCK);
	vm->pid = fork();
	if (!vm->pid)
		child_exec(vm, parent, monitor[1], agent[1]);
	close(monitor[1]);
	close(agent[1]);
	if (vm->pid < 0) {
		vm->pid = 0;
		return real_vm_fail(vm, "no process: %s", strerror(errno));
	}
	qmp_init(&vm->qmp, vm->monitor);
	return 0;
}

static int check_inputs(struct real_vm *vm)
{
	const struct {
		const char *path, *what;
		int mode;
	} inputs[] = {
		{ vm->config.qemu, "QEMU; 'make qemu' builds it", X_OK },
		{ vm->config.firmware, "firmware of QEMU; 'make qemu' collects it", R_OK },
		{ vm->config.kernel, "kernel image; see driver-src/README.md", R_OK },
		{ vm->config.initrd, "initramfs", R_OK },
		{ vm->config.accel && !strcmp(vm->config.accel, "kvm") ? "/dev/kvm" : NULL,
		  "KVM that may be used; choose the accelerator tcg", R_OK | W_OK },
	};
	size_t i;

	for (i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++)
		if (inputs[i].path && access(inputs[i].path, inputs[i].mode))
			return real_vm_fail(vm, "%s: %s: this is to be the %s", inputs[i].path,
					    strerror(errno), inputs[i].what);
	return 0;
}

/* A file without a name, which is gone with the last process that has it open. */
static int make_memory(struct real_vm *vm)
{
	if (!vm->config.shared_memory)
		return 0;
	vm->memory = memfd_create("guest-memory", MFD_CLOEXEC);
	if (vm->memory < 0 || ftruncate(vm->memory, real_vm_memory_bytes(&vm->config)))
		return real_vm_fail(vm, "no memory file: %s", strerror(errno));
	return 0;
}

/* The end */

/* Notice that QEMU has ended. */
void real_vm_reap(struct real_vm *vm)
{
	if (vm->pid && waitpid(vm->pid, &vm->status, WNOHANG) == vm->pid)
		vm->pid = 0;
}

int real_vm_exit_failed(struct real_vm *vm)
{
	if (WIFSIGNALED(vm->status))
		return real_vm_fail(vm, "QEMU was killed by signal %d", WTERMSIG(vm->status));
	return real_vm_fail(vm, "QEMU ended with status %d", WEXITSTATUS(vm->status));
}

int real_vm_monitor_failed(struct real_vm *vm)
{
	uint64_t deadline = clock_deadline(2000);

	/* Whoever hung up is about to have an exit status, which says more. */
	while (vm->pid && strstr(vm->qmp.error, "hung up") && clock_left_ms(deadline)) {
		real_vm_reap(vm);
		clock_sleep_ms(REAL_VM_POLL_MS);
	}
	if (!vm->pid && vm->status)
		return real_vm_exit_failed(vm);
	return real_vm_fail(vm, "%s", vm->qmp.error);
}

int real_vm_check(const struct real_vm_config *config, char *error, size_t error_size)
{
	struct real_vm vm = { .config = *config };

	if (!check_inputs(&vm))
		return 0;
	snprintf(error, error_size, "%s", vm.error);
	return -1;
}

struct real_vm *real_vm_start(const struct real_vm_config *config, char *error, size_t error_size)
{
	struct real_vm *vm = calloc(1, sizeof(*vm));

	vm->config = *config;
	vm->agent = vm->monitor = vm->memory = -1;
	if (asprintf(&vm->console_path, "%s/%s.console", config->dir, config->name) < 0 ||
	    asprintf(&vm->stderr_path, "%s/%s.qemu", config->dir, config->name) < 0)
		abort();
	unlink(vm->console_path);
	unlink(vm->stderr_path);
	if (!check_inputs(vm) && !make_memory(vm) && !spawn(vm)) {
		if (!qmp_connect(&vm->qmp, config->monitor_ms ? config->monitor_ms : MONITOR_MS))
			return vm;
		real_vm_monitor_failed(vm);
	}
	snprintf(error, error_size, "%s", vm->error);
	real_vm_destroy(vm);
	return NULL;
}

void real_vm_destroy(struct real_vm *vm)
{
	if (!vm)
		return;
	if (vm->pid) {
		kill(vm->pid, SIGKILL);
		waitpid(vm->pid, &vm->status, 0);
	}
	qmp_free(&vm->qmp);
	if (vm->monitor >= 0)
		close(vm->monitor);
	if (vm->agent >= 0)
		close(vm->agent);
	if (vm->memory >= 0)
		close(vm->memory);
	free(vm->console_path);
	free(vm->stderr_path);
	free(vm);
}
