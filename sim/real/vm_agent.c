// SPDX-License-Identifier: GPL-2.0-only
/*
 * Watching a machine, and talking with the agent in its guest; vm.h says how it is used.
 */
#define _GNU_SOURCE
#include "vm.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "protocol.h"
#include "send.h"
#include "vm_internal.h"

#define BOOT_MS_DEFAULT 120000
#define MONITOR_MS 30000

/* Watching */

int real_vm_check_console(struct real_vm *vm)
{
	enum log_trouble trouble;
	const char *bad, *end;
	struct stat st;
	char *text;
	size_t size, len;

	if (vm->failed)
		return -1;
	if (!stat(vm->console_path, &st) && (size_t)st.st_size <= vm->console_checked)
		return 0;
	text = real_vm_read_file(vm->console_path, &size);
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
		real_vm_fail(vm, "the guest's kernel reports trouble (%s): %.*s",
			     log_trouble_name(trouble), (int)len, bad);
	}
	free(text);
	return vm->failed ? -1 : 0;
}

static bool ends_with(const char *line, const char *word, const char **rest)
{
	size_t len = strlen(word);

	if (strncmp(line, word, len) || (line[len] && line[len] != ' '))
		return false;
	*rest = line[len] ? line + len + 1 : line + len;
	return true;
}

/* Returns whether @line belongs to the answer that nobody waits for. */
static bool take_asked(struct real_vm *vm, const char *line)
{
	size_t used = strlen(vm->answer);
	const char *rest;
	bool well;

	if (!vm->asked || line[0] == '@')
		return false;
	if (ends_with(line, "=", &rest)) {
		snprintf(vm->answer + used, sizeof(vm->answer) - used, "%s%s", used ? "\n" : "",
			 rest);
		return true;
	}
	well = ends_with(line, "ok", &rest);
	if (!well && !ends_with(line, "error", &rest))
		return false;
	vm->asked = false;
	vm->config.answered(vm->config.opaque, well ? vm->answer : NULL);
	return true;
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
		else if (take_asked(vm, out))
			continue;
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
		return real_vm_fail(vm, "the agent says a line of more than %zu bytes",
				    vm->line_len);
	return 0;
}

/*
 * One round of watching: at most REAL_VM_POLL_MS, or until the agent says something.  @line then
 * has its line unless that was an event.
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
	if (poll(&fd, 1, left < REAL_VM_POLL_MS ? left : REAL_VM_POLL_MS) > 0 && read_agent(vm))
		return -1;
	next_line(vm, line, size);
	if (real_vm_check_console(vm))
		return -1;
	real_vm_reap(vm);
	if (!vm->pid && vm->status)
		return real_vm_exit_failed(vm);
	if (!vm->pid && !line[0] && !vm->line_len)
		return real_vm_fail(vm, "QEMU has ended, nobody asked it to");
	return 0;
}

int real_vm_serve(struct real_vm *vm)
{
	char line[REAL_LINE_MAX];

	if (watch(vm, clock_now_ns(), line, sizeof(line)))
		return -1;
	return line[0] ? real_vm_fail(vm, "the agent says unasked: %s", line) : 0;
}

int real_vm_wait(struct real_vm *vm, unsigned int ms)
{
	uint64_t deadline = clock_deadline(ms);
	char line[REAL_LINE_MAX];

	while (clock_left_ms(deadline)) {
		if (watch(vm, deadline, line, sizeof(line)))
			return -1;
		if (line[0])
			return real_vm_fail(vm, "the agent says unasked: %s", line);
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
			return real_vm_fail(vm, "%s did not happen within %u s", what,
					    timeout_ms / 1000);
		if (real_vm_wait(vm, REAL_VM_POLL_MS))
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
		return real_vm_monitor_failed(vm);
	return wait_ready(vm, vm->config.boot_ms ? vm->config.boot_ms : BOOT_MS_DEFAULT);
}

/* What the agent had said before it left may end in the middle of a line. */
int real_vm_continue(struct real_vm *vm, struct real_vm *from)
{
	struct pollfd fd = { .fd = from->agent, .events = POLLIN };
	char line[REAL_LINE_MAX];

	do {
		if (next_line(from, line, sizeof(line)))
			return real_vm_fail(vm, "the agent says unasked: %s", line);
	} while (!from->failed && poll(&fd, 1, 0) > 0 && fd.revents & POLLIN && !read_agent(from));
	if (from->failed)
		return real_vm_fail(vm, "%s", from->error);
	memcpy(vm->line, from->line, from->line_len);
	vm->line_len = from->line_len;
	from->line_len = 0;
	vm->untold += from->untold;
	from->untold = 0;
	vm->ready = from->ready;
	if (qmp_run(&vm->qmp, MONITOR_MS, "cont", NULL, NULL))
		return real_vm_monitor_failed(vm);
	return 0;
}

int real_vm_wait_exit(struct real_vm *vm, unsigned int timeout_ms)
{
	uint64_t deadline = clock_deadline(timeout_ms);

	while (!vm->failed && (real_vm_reap(vm), vm->pid)) {
		if (!clock_left_ms(deadline))
			return real_vm_fail(vm, "QEMU did not end within %u s", timeout_ms / 1000);
		real_vm_check_console(vm);
		clock_sleep_ms(REAL_VM_POLL_MS);
	}
	if (!vm->failed && vm->status)
		return real_vm_exit_failed(vm);
	return real_vm_check_console(vm);
}

/* The agent */

static int send_agent(struct real_vm *vm, const char *text, uint64_t deadline)
{
	int err = send_text(vm->agent, text, deadline);

	return err ? real_vm_fail(vm, "the agent takes no commands: %s", strerror(err)) : 0;
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

/* It comes before the answers to all later commands; what is told meanwhile waits for its own. */
int real_vm_ask(struct real_vm *vm, const char *command)
{
	char text[REAL_LINE_MAX];

	if (vm->asked || vm->untold)
		return 0;
	vm->asked = true;
	vm->answer[0] = '\0';
	snprintf(text, sizeof(text), "%s\n", command);
	return send_agent(vm, text, clock_deadline(MONITOR_MS));
}

/* What the guest was saying when it was cut off is of no use to anybody. */
static void forget_agent(struct real_vm *vm)
{
	vm->ready = false;
	vm->line_len = 0;
	vm->untold = 0;
	vm->asked = false;
}

int real_vm_reset(struct real_vm *vm, unsigned int timeout_ms)
{
	if (vm->failed)
		return -1;
	forget_agent(vm);
	qmp_clear_events(&vm->qmp);
	if (qmp_run(&vm->qmp, MONITOR_MS, "system_reset", NULL, NULL) ||
	    qmp_wait_event(&vm->qmp, MONITOR_MS, "RESET", NULL))
		return real_vm_monitor_failed(vm);
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
		return real_vm_fail(vm, "%s: the agent answers: %s", command, line);
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
		return real_vm_fail(vm, "command too long: %s", command);
	strcat(command, "\n");
	if (send_agent(vm, command, deadline))
		return -1;
	command[n] = '\0';
	if (answer)
		answer[0] = '\0';
	while (ret > 0) {
		if (!clock_left_ms(deadline))
			return real_vm_fail(vm, "%s: no answer within %u s", command,
					    timeout_ms / 1000);
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
	return end == answer ? real_vm_fail(vm, "%s: no number: %s", path, answer) : 0;
}
