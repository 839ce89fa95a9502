/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trace events of our device (driver-src/qemu/trace-events) as QEMU's "log" backend writes them:
 *
 *	THREAD@SECONDS.MICROSECONDS:EVENT TEXT
 *	YYYY-MM-DDTHH:MM:SS.MICROSECONDSZ EVENT TEXT
 *
 * with the option "-msg timestamp=on", the first up to QEMU 10.0, the other in 10.2; the time is
 * the host's, since 1970.
 */
#ifndef BALLAST_REAL_TRACE_LOG_H
#define BALLAST_REAL_TRACE_LOG_H

#include <stdbool.h>
#include <stdint.h>

/* Options for QEMU; "-D FILE" comes with them. */
#define TRACE_LOG_OPTIONS                                                                          \
	"-msg", "timestamp=on", "-trace", "enable=virtio_ballast_request",                         \
	"-trace", "enable=virtio_ballast_discard"

enum trace_log_kind {
	TRACE_LOG_OTHER,		/* another event */
	TRACE_LOG_REQUEST,		/* the device served a request */
	TRACE_LOG_DISCARD,		/* it had the host discard a range */
};

enum trace_log_queue { TRACE_LOG_INFLATE, TRACE_LOG_DEFLATE, TRACE_LOG_STATS, TRACE_LOG_HINT,
		       TRACE_LOG_REPORT, NR_TRACE_LOG_QUEUES };

struct trace_log_event {
	uint64_t wall_ns;		/* since 1970 */
	enum trace_log_kind kind;
	enum trace_log_queue queue;
	uint64_t blocks, bytes;		/* request */
	uint64_t offset, length;	/* discard: bytes, from the start of guest memory */
	int ret;			/* discard: 0, or a negative error number */
};

/* Returns false when @line is not such a line, or its text is not as we write it. */
bool trace_log_parse(const char *line, struct trace_log_event *event);

#endif
