// SPDX-License-Identifier: GPL-2.0-only
/*
 * See send.h.
 */
#include "send.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "clock.h"

int send_text(int fd, const char *text, uint64_t deadline)
{
	struct pollfd out = { .fd = fd, .events = POLLOUT };
	size_t len = strlen(text);
	ssize_t n;

	while (len) {
		if (!poll(&out, 1, clock_left_ms(deadline)))
			return ETIMEDOUT;
		n = send(fd, text, len, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return errno;
		if (n > 0) {
			text += n;
			len -= n;
		}
	}
	return 0;
}
