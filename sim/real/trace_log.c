// SPDX-License-Identifier: GPL-2.0-only
/*
 * See trace_log.h.
 */
#define _DEFAULT_SOURCE
#include "trace_log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const char *const queues[NR_TRACE_LOG_QUEUES] = {
	[TRACE_LOG_INFLATE] = "inflate", [TRACE_LOG_DEFLATE] = "deflate",
	[TRACE_LOG_STATS] = "stats",	 [TRACE_LOG_HINT] = "hint",
	[TRACE_LOG_REPORT] = "report",
};

/* "QUEUE: REST"; NULL when there is no such queue. */
static const char *parse_queue(const char *text, enum trace_log_queue *queue)
{
	unsigned int q;
	size_t len;

	for (q = 0; q < NR_TRACE_LOG_QUEUES; q++) {
		len = strlen(queues[q]);
		if (!strncmp(text, queues[q], len) && !strncmp(text + len, ": ", 2)) {
			*queue = q;
			return text + len + 2;
		}
	}
	return NULL;
}

static bool parse_request(const char *text, struct trace_log_event *event)
{
	const char *rest = parse_queue(text, &event->queue);
	int end = 0;

	return rest &&
	       sscanf(rest, "%" SCNu64 " blocks, %" SCNu64 " bytes%n", &event->blocks,
		      &event->bytes, &end) == 2 && end && !rest[end];
}

static bool parse_discard(const char *text, struct trace_log_event *event)
{
	const char *rest = parse_queue(text, &event->queue);
	int end = 0;

	return rest &&
	       sscanf(rest, "%*[^+ ]+0x%" SCNx64 " length 0x%" SCNx64 " ret %d%n", &event->offset,
		      &event->length, &event->ret, &end) == 3 && end && !rest[end];
}

/* ns since 1970; returns what is behind it, NULL: that is no time. */
static const char *parse_time(const char *line, uint64_t *ns)
{
	uint64_t seconds, microseconds;
	struct tm tm = { 0 };
	int head = 0;

	if (sscanf(line, "%*u@%" SCNu64 ".%6" SCNu64 ":%n", &seconds, &microseconds, &head) == 2 &&
	    head) {
		*ns = seconds * UINT64_C(1000000000) + microseconds * 1000;
		return line + head;
	}
	if (sscanf(line, "%4d-%2d-%2dT%2d:%2d:%2d.%6" SCNu64 "Z %n", &tm.tm_year, &tm.tm_mon,
		   &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &microseconds, &head) != 7 ||
	    !head)
		return NULL;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	*ns = (uint64_t)timegm(&tm) * UINT64_C(1000000000) + microseconds * 1000;
	return line + head;
}

bool trace_log_parse(const char *line, struct trace_log_event *event)
{
	static const struct {
		const char *name;
		enum trace_log_kind kind;
		bool (*parse)(const char *text, struct trace_log_event *event);
	} known[] = {
		{ "virtio_ballast_request ", TRACE_LOG_REQUEST, parse_request },
		{ "virtio_ballast_discard ", TRACE_LOG_DISCARD, parse_discard },
	};
	const char *text;
	size_t i;

	memset(event, 0, sizeof(*event));
	text = parse_time(line, &event->wall_ns);
	if (!text)
		return false;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strncmp(text, known[i].name, strlen(known[i].name)))
			continue;
		event->kind = known[i].kind;
		return known[i].parse(text + strlen(known[i].name), event);
	}
	event->kind = TRACE_LOG_OTHER;
	return true;
}
