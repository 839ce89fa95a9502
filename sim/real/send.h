/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sending to a process that may not listen.
 */
#ifndef BALLAST_REAL_SEND_H
#define BALLAST_REAL_SEND_H

#include <stdint.h>

/*
 * Send all of @text on the non-blocking socket @fd.  Returns 0, or an errno: ETIMEDOUT when
 * @deadline (clock.h) has passed before the other side took it.
 */
int send_text(int fd, const char *text, uint64_t deadline);

#endif
