// SPDX-License-Identifier: GPL-2.0-only
/*
 * Starting, watching and ending a QEMU process; vm.h says how it is used.
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
#include "log.h"
#include "protocol.h"
#include "send.h"

#define BOOT_MS_DEFAULT 120000
#define MONITOR_MS 30000
#define POLL_MS 20		/* how often the console and the process are looked at */
#define TAIL_BYTES 1500		/* of the console in messages */

const char *real_vm_error(const struct real_vm *vm)
{
	return vm->error;
}

static char *read_file(const char *path, size_t *size)
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
	char *text = read_file(path, &size), *from;

	if (text && size && used < sizeof(vm->error)) {
		from = size > TAIL_BYTES ? text + size - TAIL_BYTES : text;
		snprintf(vm->error + used, sizeof(vm->error) - used, "\n%s:\n%s", title, from);
	}
	free(text);
}

static int __attribute__((format(printf, 2, 3))) vm_fail(struct real_vm *vm, const char *fmt, ...)
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
static uint64_t memory_bytes(const struct real_vm_config *c)
{
	return ((uint64_t)c->memory_mib << 20) + (c->migrates ? 8192 : 0);
}

static void memory_arguments(struct arguments *a, const struct real_vm *vm)
{
	const struct real_vm_config *c = &vm->config;
	uint64_t bytes = memory_bytes(c);

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
		return vm_fail(vm, "no sockets: %s", strerror(errno));
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, agent)) {
		close(monitor[0]);
		close(monitor[1]);
		return vm_fail(vm, "no sockets: %s", strerror(errno));
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
		return vm_fail(vm, "no process: %s", strerror(errno));
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
			return vm_fail(vm, "%s: %s: this is to be the %s", inputs[i].path,
				       strerror(errno), inputs[i].what);
	return 0;
}

/* A file without a name, which is gone with the last process that has it open. */
static int make_memory(struct real_vm *vm)
{
	if (!vm->config.shared_memory)
		return 0;
	vm->memory = memfd_create("guest-memory", MFD_CLOEXEC);
	if (vm->memory < 0 || ftruncate(vm->memory, memory_bytes(&vm->config)))
		return vm_fail(vm, "no memory file: %s", strerror(errno));
	return 0;
}

static int monitor_failed(struct real_vm *vm);

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
		monitor_failed(vm);
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

/* Watching */

/* Notice that QEMU has ended. */
static void reap(struct real_vm *vm)
{
	if (vm->pid && waitpid(vm->pid, &vm->status, WNOHANG) == vm->pid)
		vm->pid = 0;
}

static int exit_failed(struct real_vm *vm)
{
	if (WIFSIGNALED(vm->status))
		return vm_fail(vm, "QEMU was killed by signal %d", WTERMSIG(vm->status));
	return vm_fail(vm, "QEMU ended with status %d", WEXITSTATUS(vm->status));
}

static int monitor_failed(struct real_vm *vm)
{
	uint64_t deadline = clock_deadline(2000);

	/* Whoever hung up is about to have an exit status, which says more. */
	while (vm->pid && strstr(vm->qmp.error, "hung up") && clock_left_ms(deadline)) {
		reap(vm);
		clock_sleep_ms(POLL_MS);
	}
	if (!vm->pid && vm->status)
		return exit_failed(vm);
	return vm_fail(vm, "%s", vm->qmp.error);
}

int real_vm_check_console(struct real_vm *vm)
{
	enum log_trouble trouble;
	const char *bad, *end;
	char *text;
	size_t size, len;

	if (vm->failed)
		return -1;
	text = read_file(vm->console_path, &size);
	if (!text || size <= vm->console_checked) {
		free(text);
		return 0;
	}
	/* A line that is not complete is looked at next time. */
	end = memrchr(text + vm->console_checked, '\n', size - vm->console_checked);
	size = end ? (size_t)(end - text) + 1 : vm->console_checked;
	bad = log_find_trouble(text + vm->console_checked, size - vm->console_checked,
			       vm->config.allowed, &len, &trouble);
	vm->console_checked = size;
	if (bad) {
		/* Let it finish what it has to say before it is quoted. */
		clock_sleep_ms(500);
		vm_fail(vm, "the guest's kernel reports trouble (%s): %.*s",
			log_trouble_name(trouble), (int)len, bad);
	}
	free(text);
	return vm->failed ? -1 : 0;
}

/* Take complete lines of the agent; returns the first that is part of an answer, or NULL. */
static const char *next_line(struct real_vm *vm, char *out, size_t out_size)
{
	char *newline;
	size_t len;

	while ((newline = memchr(vm->line, '\n', vm->line_len))) {
		len = newline - vm->line;
		*newline = '\0';
		if (len && vm->line[len - 1] == '\r')
			vm->line[len - 1] = '\0';
		snprintf(out, out_size, "%s", vm->line);
		vm->line_len -= len + 1;
		memmove(vm->line, newline + 1, vm->line_len);
		if (!strcmp(out, REAL_READY))
			vm->ready = true;
		else if (vm->untold && (!strcmp(out, "ok") || !strncmp(out, "ok ", 3)))
			vm->untold--;
		else if (out[0] != '@')
			return out;
		else if (vm->config.event)
			vm->config.event(vm->config.opaque, out + 2);
	}
	out[0] = '\0';
	return NULL;
}

static int read_agent(struct real_vm *vm)
{
	ssize_t n = read(vm->agent, vm->line + vm->line_len, sizeof(vm->line) - vm->line_len);

	if (n > 0)
		vm->line_len += n;
	if (vm->line_len == sizeof(vm->line) && !memchr(vm->line, '\n', vm->line_len))
		return vm_fail(vm, "the agent says a line of more than %zu bytes", vm->line_len);
	return 0;
}

/*
 * One round of watching: at most POLL_MS, or until the agent says something.  @line then has its
 * line unless that was an event.
 */
static int watch(struct real_vm *vm, uint64_t deadline, char *line, size_t size)
{
	struct pollfd fd = { .fd = vm->agent, .events = POLLIN };
	int left = clock_left_ms(deadline);

	line[0] = '\0';
	if (vm->failed)
		return -1;
	if (next_line(vm, line, size))
		return 0;
	if (poll(&fd, 1, left < POLL_MS ? left : POLL_MS) > 0 && read_agent(vm))
		return -1;
	next_line(vm, line, size);
	if (real_vm_check_console(vm))
		return -1;
	reap(vm);
	if (!vm->pid && vm->status)
		return exit_failed(vm);
	if (!vm->pid && !line[0] && !vm->line_len)
		return vm_fail(vm, "QEMU has ended, nobody asked it to");
	return 0;
}

int real_vm_wait(struct real_vm *vm, unsigned int ms)
{
	uint64_t deadline = clock_deadline(ms);
	char line[REAL_LINE_MAX];

	while (clock_left_ms(deadline)) {
		if (watch(vm, deadline, line, sizeof(line)))
			return -1;
		if (line[0])
			return vm_fail(vm, "the agent says unasked: %s", line);
	}
	return 0;
}

int real_vm_wait_until(struct real_vm *vm, unsigned int timeout_ms, const char *what,
		       bool (*done)(struct real_vm *vm, void *opaque), void *opaque)
{
	uint64_t deadline = clock_deadline(timeout_ms);

	while (!done(vm, opaque)) {
		if (vm->failed)
			return -1;
		if (!clock_left_ms(deadline))
			return vm_fail(vm, "%s did not happen within %u s", what,
				       timeout_ms / 1000);
		if (real_vm_wait(vm, POLL_MS))
			return -1;
	}
	return vm->failed ? -1 : 0;
}

static bool is_ready(struct real_vm *vm, void *opaque)
{
	return vm->ready;
}

static int wait_ready(struct real_vm *vm, unsigned int timeout_ms)
{
	return real_vm_wait_until(vm, timeout_ms, "the start of the guest's agent", is_ready, NULL);
}

int real_vm_boot(struct real_vm *vm)
{
	if (qmp_run(&vm->qmp, MONITOR_MS, "cont", NULL, NULL))
		return monitor_failed(vm);
	return wait_ready(vm, vm->config.boot_ms ? vm->config.boot_ms : BOOT_MS_DEFAULT);
}

/* What the agent had said before it left may end in the middle of a line. */
int real_vm_continue(struct real_vm *vm, struct real_vm *from)
{
	struct pollfd fd = { .fd = from->agent, .events = POLLIN };
	char line[REAL_LINE_MAX];

	do {
		if (next_line(from, line, sizeof(line)))
			return vm_fail(vm, "the agent says unasked: %s", line);
	} while (!from->failed && poll(&fd, 1, 0) > 0 && fd.revents & POLLIN && !read_agent(from));
	if (from->failed)
		return vm_fail(vm, "%s", from->error);
	memcpy(vm->line, from->line, from->line_len);
	vm->line_len = from->line_len;
	from->line_len = 0;
	vm->untold += from->untold;
	from->untold = 0;
	vm->ready = from->ready;
	if (qmp_run(&vm->qmp, MONITOR_MS, "cont", NULL, NULL))
		return monitor_failed(vm);
	return 0;
}

int real_vm_wait_exit(struct real_vm *vm, unsigned int timeout_ms)
{
	uint64_t deadline = clock_deadline(timeout_ms);

	while (!vm->failed && (reap(vm), vm->pid)) {
		if (!clock_left_ms(deadline))
			return vm_fail(vm, "QEMU did not end within %u s", timeout_ms / 1000);
		real_vm_check_console(vm);
		clock_sleep_ms(POLL_MS);
	}
	if (!vm->failed && vm->status)
		return exit_failed(vm);
	return real_vm_check_console(vm);
}

/* The agent */

static int send_agent(struct real_vm *vm, const char *text, uint64_t deadline)
{
	int err = send_text(vm->agent, text, deadline);

	return err ? vm_fail(vm, "the agent takes no commands: %s", strerror(err)) : 0;
}

/* Answers come in the order of the commands: those to real_vm_tell() before a later command's. */
int real_vm_tell(struct real_vm *vm, const char *fmt, ...)
{
	char command[REAL_LINE_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(command, sizeof(command) - 1, fmt, args);
	va_end(args);
	strcat(command, "\n");
	vm->untold++;
	return send_agent(vm, command, clock_deadline(MONITOR_MS));
}

/* What the guest was saying when it was cut off is of no use to anybody. */
static void forget_agent(struct real_vm *vm)
{
	vm->ready = false;
	vm->line_len = 0;
	vm->untold = 0;
}

int real_vm_reset(struct real_vm *vm, unsigned int timeout_ms)
{
	if (vm->failed)
		return -1;
	forget_agent(vm);
	qmp_clear_events(&vm->qmp);
	if (qmp_run(&vm->qmp, MONITOR_MS, "system_reset", NULL, NULL) ||
	    qmp_wait_event(&vm->qmp, MONITOR_MS, "RESET", NULL))
		return monitor_failed(vm);
	return wait_ready(vm, timeout_ms);
}

int real_vm_reboot(struct real_vm *vm, unsigned int timeout_ms)
{
	if (vm->failed)
		return -1;
	forget_agent(vm);
	if (send_agent(vm, "reboot\n", clock_deadline(MONITOR_MS)))
		return -1;
	return wait_ready(vm, timeout_ms);
}

int real_vm_power_off(struct real_vm *vm, unsigned int timeout_ms)
{
	if (vm->failed || send_agent(vm, "poweroff\n", clock_deadline(timeout_ms)))
		return -1;
	return real_vm_wait_exit(vm, timeout_ms);
}

static bool ends_with(const char *line, const char *word, const char **rest)
{
	size_t len = strlen(word);

	if (strncmp(line, word, len) || (line[len] && line[len] != ' '))
		return false;
	*rest = line[len] ? line + len + 1 : line + len;
	return true;
}

/* Returns 1 to go on, 0 or -1 at the end of the answer. */
static int take_answer(struct real_vm *vm, const char *command, const char *line, char *answer,
		       size_t size)
{
	const char *rest;
	size_t used = answer ? strlen(answer) : 0;

	if (ends_with(line, "=", &rest)) {
		if (answer)
			snprintf(answer + used, size - used, "%s%s", used ? "\n" : "", rest);
		return 1;
	}
	if (ends_with(line, "ok", &rest)) {
		if (answer && !used)
			snprintf(answer, size, "%s", rest);
		return 0;
	}
	if (!ends_with(line, "error", &rest))
		return vm_fail(vm, "%s: the agent answers: %s", command, line);
	snprintf(vm->error, sizeof(vm->error), "%s: %s: %s", vm->config.name, command, rest);
	return -1;
}

int real_vm_command(struct real_vm *vm, unsigned int timeout_ms, char *answer, size_t answer_size,
		    const char *fmt, ...)
{
	uint64_t deadline = clock_deadline(timeout_ms);
	char command[REAL_LINE_MAX], line[REAL_LINE_MAX];
	va_list args;
	int n, ret = 1;

	if (vm->failed)
		return -1;
	va_start(args, fmt);
	n = vsnprintf(command, sizeof(command) - 1, fmt, args);
	va_end(args);
	if (n >= (int)sizeof(command) - 1)
		return vm_fail(vm, "command too long: %s", command);
	strcat(command, "\n");
	if (send_agent(vm, command, deadline))
		return -1;
	command[n] = '\0';
	if (answer)
		answer[0] = '\0';
	while (ret > 0) {
		if (!clock_left_ms(deadline))
			return vm_fail(vm, "%s: no answer within %u s", command, timeout_ms / 1000);
		if (watch(vm, deadline, line, sizeof(line)))
			return -1;
		if (line[0])
			ret = take_answer(vm, command, line, answer, answer_size);
	}
	return ret;
}

int real_vm_read_u64(struct real_vm *vm, const char *path, uint64_t *value)
{
	char answer[REAL_LINE_MAX], *end;

	if (real_vm_command(vm, MONITOR_MS, answer, sizeof(answer), "read %s", path))
		return -1;
	*value = strtoull(answer, &end, 10);
	return end == answer ? vm_fail(vm, "%s: no number: %s", path, answer) : 0;
}

/* Memory */

/*
 * Guest memory is the mapping of QEMU that has its size: the code buffer of TCG is smaller
 * (tb-size), and what is mapped beside it is apart from it by a guard page.
 */
int real_vm_resident(struct real_vm *vm, uint64_t *bytes)
{
	uint64_t from, to, kib, want = memory_bytes(&vm->config), size = 0;
	char path[64], line[512];
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/smaps", (int)vm->pid);
	f = vm->pid ? fopen(path, "r") : NULL;
	if (!f)
		return vm_fail(vm, "QEMU has no %s", path);
	while (!found && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " ", &from, &to) == 2)
			size = to - from;
		else if (size == want && sscanf(line, "Rss: %" SCNu64, &kib) == 1)
			found = true;
	}
	fclose(f);
	if (!found)
		return vm_fail(vm, "QEMU has no mapping of %u MiB", vm->config.memory_mib);
	*bytes = kib << 10;
	return 0;
}

int real_vm_blocks(struct real_vm *vm, uint64_t *bytes)
{
	struct stat st;

	if (fstat(vm->memory, &st))
		return vm_fail(vm, "the guest has no memory file: %s", strerror(errno));
	*bytes = (uint64_t)st.st_blocks * 512;
	return 0;
}
