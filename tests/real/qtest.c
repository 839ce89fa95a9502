// SPDX-License-Identifier: GPL-2.0-only
/*
 * Starting QEMU for qtest and talking to it.
 *
 * Both its sockets (qtest and QMP) are pairs that exist before QEMU does, so there is no file,
 * no waiting for a server and nothing that is left when either side dies.  Its stderr is a
 * memory file.
 */
#define _GNU_SOURCE	/* memfd_create() */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "qtest.h"

#define ARGS_MAX 64
#define READ_MAX 4096
#define LINE_MAX_BYTES (2 * READ_MAX + 64)

static int failed(struct qtest *q, const char *what)
{
	char last[160];

	if (qtest_alive(q)) {
		snprintf(q->error, sizeof(q->error), "qtest: %s: %s", what, strerror(errno));
	} else {
		q->log_at = 0;
		qtest_read_log(q, last, sizeof(last));
		snprintf(q->error, sizeof(q->error), "qtest: %s: QEMU has gone: %s", what, last);
	}
	return -1;
}

bool qtest_alive(struct qtest *q)
{
	if (q->pid && waitpid(q->pid, NULL, WNOHANG) != 0)
		q->pid = 0;	/* the number may be another process's from now on */
	return q->pid;
}

/* Between fork() and exec(): nothing but system calls. */
static void run_qemu(const struct qtest *q, pid_t parent, int qtest_end, int qmp_end,
		     const char *const *argv)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(126);
	if (dup2(q->log, STDERR_FILENO) < 0 || dup2(q->log, STDOUT_FILENO) < 0)
		_exit(126);
	/* They are the only ones that QEMU shall have. */
	if (fcntl(qtest_end, F_SETFD, 0) || fcntl(qmp_end, F_SETFD, 0))
		_exit(126);
	execv(argv[0], (char *const *)argv);
	dprintf(STDERR_FILENO, "%s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

/* Returns how many words there are then; ARGS_MAX: too many. */
static unsigned int append(const char **argv, unsigned int n, const char *const *words)
{
	while (*words && n < ARGS_MAX)
		argv[n++] = *words++;
	return n;
}

static int spawn(struct qtest *q, int qtest_end, int qmp_end, const char *const *under,
		 const char *binary, const char *const *extra)
{
	char qtest_chardev[64], qmp_chardev[64];
	const char *const own[] = {
		binary, "-accel", "qtest", "-nodefaults", "-no-user-config", "-display", "none",
		"-chardev", qtest_chardev, "-qtest", "chardev:qtest", "-qtest-log", "none",
		"-chardev", qmp_chardev, "-mon", "chardev=qmp,mode=control", NULL
	};
	const char *argv[ARGS_MAX] = { NULL };
	pid_t parent = getpid();

	if (append(argv, append(argv, append(argv, 0, under), own), extra) == ARGS_MAX) {
		errno = E2BIG;
		return -1;
	}
	snprintf(qtest_chardev, sizeof(qtest_chardev), "socket,id=qtest,fd=%d", qtest_end);
	snprintf(qmp_chardev, sizeof(qmp_chardev), "socket,id=qmp,fd=%d", qmp_end);
	q->pid = fork();
	if (!q->pid)
		run_qemu(q, parent, qtest_end, qmp_end, argv);
	if (q->pid < 0) {
		q->pid = 0;
		return -1;
	}
	return 0;
}

int qtest_start(struct qtest *q, const char *binary, const char *const *argv)
{
	static const char *const nothing[] = { NULL };

	return qtest_start_under(q, nothing, binary, argv);
}

int qtest_start_under(struct qtest *q, const char *const *under, const char *binary,
		      const char *const *argv)
{
	int qtest_pair[2] = { -1, -1 }, qmp_pair[2] = { -1, -1 };
	int ret = -1;

	memset(q, 0, sizeof(*q));
	q->log = memfd_create("qemu-stderr", MFD_CLOEXEC);
	if (q->log >= 0 && !socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, qtest_pair) &&
	    !socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, qmp_pair))
		ret = spawn(q, qtest_pair[1], qmp_pair[1], under, binary, argv);
	if (ret)
		snprintf(q->error, sizeof(q->error), "qtest: cannot start %s: %s", binary,
			 strerror(errno));
	q->fd = qtest_pair[0];
	q->qmp_fd = qmp_pair[0];
	close(qtest_pair[1]);
	close(qmp_pair[1]);
	qmp_init(&q->qmp, q->qmp_fd);
	if (!ret && qmp_connect(&q->qmp, QTEST_TIMEOUT_MS)) {
		errno = EPROTO;
		ret = failed(q, q->qmp.error);
	}
	if (ret)
		qtest_stop(q);
	return ret;
}

void qtest_stop(struct qtest *q)
{
	if (q->pid) {
		kill(q->pid, SIGKILL);
		waitpid(q->pid, NULL, 0);
	}
	q->pid = 0;
	qmp_free(&q->qmp);
	close(q->fd);
	close(q->qmp_fd);
	close(q->log);
}

/* One line, without its end. */
static int read_line(struct qtest *q, char *line, size_t size)
{
	uint64_t deadline = clock_deadline(QTEST_TIMEOUT_MS);
	size_t used = 0;

	while (used < size) {
		struct pollfd p = { .fd = q->fd, .events = POLLIN };
		int left = clock_left_ms(deadline);
		ssize_t n;

		if (!left) {
			errno = ETIMEDOUT;
			return -1;
		}
		if (poll(&p, 1, left) <= 0)
			continue;
		n = recv(q->fd, line + used, size - used, 0);
		if (n <= 0) {
			errno = n ? errno : ECONNRESET;
			return -1;
		}
		used += n;
		/* Nothing is sent that was not asked for: the line is the last thing there. */
		if (line[used - 1] == '\n') {
			line[used - 1] = '\0';
			return 0;
		}
	}
	errno = EMSGSIZE;
	return -1;
}

/* Send @command.  Returns what stands behind "OK" in the answer, which is in @line, or NULL. */
static const char *transact(struct qtest *q, const char *command, char line[LINE_MAX_BYTES])
{
	size_t len = strlen(command);

	if (send(q->fd, command, len, MSG_NOSIGNAL) != (ssize_t)len ||
	    read_line(q, line, LINE_MAX_BYTES)) {
		failed(q, command);
		return NULL;
	}
	if (strncmp(line, "OK", 2)) {
		snprintf(q->error, sizeof(q->error), "qtest: %.60s: %.100s", command, line);
		return NULL;
	}
	return line[2] ? line + 3 : line + 2;
}

static int write_value(struct qtest *q, const char *command)
{
	char line[LINE_MAX_BYTES];

	return transact(q, command, line) ? 0 : -1;
}

static int read_value(struct qtest *q, const char *command, uint64_t *value)
{
	char line[LINE_MAX_BYTES];
	const char *answer = transact(q, command, line);

	if (!answer)
		return -1;
	*value = strtoull(answer, NULL, 0);
	return 0;
}

/* The letter that commands have for a size. */
static char width(unsigned int size)
{
	return size == 1 ? 'b' : size == 2 ? 'w' : size == 4 ? 'l' : 'q';
}

int qtest_read(struct qtest *q, uint64_t addr, unsigned int size, uint64_t *value)
{
	char command[64];

	snprintf(command, sizeof(command), "read%c 0x%llx\n", width(size),
		 (unsigned long long)addr);
	return read_value(q, command, value);
}

int qtest_write(struct qtest *q, uint64_t addr, unsigned int size, uint64_t value)
{
	char command[64];

	snprintf(command, sizeof(command), "write%c 0x%llx 0x%llx\n", width(size),
		 (unsigned long long)addr, (unsigned long long)value);
	return write_value(q, command);
}

int qtest_in(struct qtest *q, uint16_t port, unsigned int size, uint32_t *value)
{
	char command[64];
	uint64_t wide = 0;
	int ret;

	snprintf(command, sizeof(command), "in%c 0x%x\n", width(size), port);
	ret = read_value(q, command, &wide);
	*value = wide;
	return ret;
}

int qtest_out(struct qtest *q, uint16_t port, unsigned int size, uint32_t value)
{
	char command[64];

	snprintf(command, sizeof(command), "out%c 0x%x 0x%x\n", width(size), port, value);
	return write_value(q, command);
}

int qtest_read_bytes(struct qtest *q, uint64_t addr, void *bytes, size_t len)
{
	char command[64], line[LINE_MAX_BYTES];
	const char *answer;
	uint8_t *to = bytes;
	size_t i;

	if (len > READ_MAX) {
		errno = EINVAL;
		return failed(q, "read");
	}
	snprintf(command, sizeof(command), "read 0x%llx 0x%zx\n", (unsigned long long)addr, len);
	answer = transact(q, command, line);
	if (!answer)
		return -1;
	if (strlen(answer) < 2 + 2 * len) {
		errno = EPROTO;
		return failed(q, command);
	}
	for (i = 0; i < len; i++) {
		const char digits[] = { answer[2 + 2 * i], answer[3 + 2 * i], '\0' };

		to[i] = strtoul(digits, NULL, 16);
	}
	return 0;
}

int qtest_clock_step(struct qtest *q, uint64_t ns)
{
	char command[64];

	snprintf(command, sizeof(command), "clock_step %llu\n", (unsigned long long)ns);
	return write_value(q, command);
}

void qtest_read_log(struct qtest *q, char *text, size_t size)
{
	ssize_t n = pread(q->log, text, size - 1, q->log_at);

	if (n < 0)
		n = 0;
	text[n] = '\0';
	q->log_at += n;
}
