// SPDX-License-Identifier: GPL-2.0-only
/*
 * The agent's port: a serial port in a guest; a terminal, a socket, or stdin and stdout elsewhere.
 *
 * Bytes go through as they are: a terminal is made raw.  Writing waits until the host has read
 * enough, as a serial port does.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "guest.h"

static void write_all(struct agent *agent, const char *text, size_t len)
{
	struct pollfd wait = { .fd = agent->out, .events = POLLOUT };
	ssize_t put;

	while (len && !agent->port_lost) {
		put = write(agent->out, text, len);
		if (put < 0 && errno == EAGAIN)
			poll(&wait, 1, -1);
		else if (put < 0 && errno != EINTR)
			agent->port_lost = true;
		if (put > 0) {
			text += put;
			len -= put;
		}
	}
}

void agent_say(struct agent *agent, const char *format, ...)
{
	char line[REAL_LINE_MAX + 1];
	va_list args;
	size_t len;

	va_start(args, format);
	vsnprintf(line, REAL_LINE_MAX, format, args);
	va_end(args);
	len = strlen(line);
	line[len++] = '\n';
	write_all(agent, line, len);
}

static int complain(char *error, size_t size, const char *path, const char *what)
{
	snprintf(error, size, "cannot open %s: %s", path, what);
	return -1;
}

static int open_terminal(struct agent *agent, const char *path, char *error, size_t size)
{
	/* Without O_NONBLOCK the open waits for a carrier that a modem would have. */
	int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	struct termios t;

	if (fd < 0)
		return complain(error, size, path, strerror(errno));
	if (tcgetattr(fd, &t)) {
		close(fd);
		return complain(error, size, path, "it is no terminal, or has no device");
	}
	cfmakeraw(&t);
	t.c_cflag |= CLOCAL | CREAD;
	t.c_cflag &= ~(CRTSCTS | HUPCL);
	cfsetspeed(&t, B115200);
	if (tcsetattr(fd, TCSANOW, &t)) {
		close(fd);
		return complain(error, size, path, strerror(errno));
	}
	agent->in = agent->out = fd;
	return 0;
}

/* Whoever made the socket listens; else we make it and wait for the first who connects. */
static int open_socket(struct agent *agent, const char *path, bool exists, char *error,
		       size_t size)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd, client;

	if (strlen(path) >= sizeof(addr.sun_path))
		return complain(error, size, path, "the path is too long for a socket");
	strcpy(addr.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return complain(error, size, path, strerror(errno));
	if (exists) {
		client = connect(fd, (struct sockaddr *)&addr, sizeof(addr)) ? -1 : fd;
	} else if (bind(fd, (struct sockaddr *)&addr, sizeof(addr))) {
		client = -1;
	} else {
		client = listen(fd, 1) ? -1 : accept4(fd, NULL, NULL, SOCK_CLOEXEC);
		unlink(path);
	}
	if (client < 0)
		complain(error, size, path, strerror(errno));
	if (client != fd)
		close(fd);
	agent->in = agent->out = client;
	return client < 0 ? -1 : 0;
}

int port_open(struct agent *agent, const char *path, char *error, size_t size)
{
	struct stat st;
	int err;

	if (!strcmp(path, "-")) {
		agent->in = STDIN_FILENO;
		agent->out = STDOUT_FILENO;
		err = 0;
	} else if (stat(path, &st)) {
		err = errno == ENOENT ? open_socket(agent, path, false, error, size) :
					complain(error, size, path, strerror(errno));
	} else if (S_ISSOCK(st.st_mode)) {
		err = open_socket(agent, path, true, error, size);
	} else if (S_ISCHR(st.st_mode)) {
		err = open_terminal(agent, path, error, size);
	} else if (S_ISFIFO(st.st_mode)) {
		err = complain(error, size, path, "a FIFO goes one way only; use two, and "
						  "--serve - <IN >OUT");
	} else {
		err = complain(error, size, path, "it must be a terminal or a socket");
	}
	return err;
}

/* Lines of text and nothing else: what is not is said to be wrong, and not carried out. */
static void end_line(struct agent *agent, void (*line)(struct agent *agent, char *text))
{
	size_t i, len = agent->line_len;
	bool overlong = agent->line_overlong;

	agent->line_len = 0;
	agent->line_overlong = false;
	if (overlong) {
		agent_say(agent, "error line of more than %d bytes", REAL_LINE_MAX - 1);
		return;
	}
	for (i = 0; i < len; i++) {
		if ((unsigned char)agent->line[i] < ' ') {
			agent_say(agent, "error byte %zu of the line is %#x, which is no text",
				  i + 1, (unsigned char)agent->line[i]);
			return;
		}
	}
	agent->line[len] = '\0';
	line(agent, agent->line);
}

void port_read(struct agent *agent, void (*line)(struct agent *agent, char *text))
{
	char bytes[512];
	ssize_t got = read(agent->in, bytes, sizeof(bytes)), i;

	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (got <= 0) {
		agent->port_lost = true;
		return;
	}
	for (i = 0; i < got && agent->end == AGENT_RUNS && !agent->port_lost; i++) {
		if (bytes[i] == '\n')
			end_line(agent, line);
		else if (agent->line_len == REAL_LINE_MAX - 1)
			agent->line_overlong = true;
		else
			agent->line[agent->line_len++] = bytes[i];
	}
}
