/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A client of QMP, QEMU's machine protocol (docs/interop/qmp-spec.txt of QEMU), on a socket that is
 * connected already.
 *
 * How to use it:
 *  1. qmp_init() with the socket, then qmp_connect(): greeting and capabilities.  The socket
 *     belongs to the caller and is non-blocking from then on.
 *  2. Every call takes a deadline in ms from now and returns 0 or -1 with the reason in q->error.
 *     A command without a reply is the last one: those after it fail.
 *  3. Events that arrive while something else is waited for are kept; qmp_wait_event() finds them.
 */
#ifndef BALLAST_REAL_QMP_H
#define BALLAST_REAL_QMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QMP_ERROR_SIZE 512
#define QMP_EVENTS_MAX 64		/* kept at once; the oldest goes first */

struct json_object;
struct json_tokener;

struct qmp {
	int fd;
	struct json_tokener *parser;
	char buf[4096];
	size_t used, parsed;		/* of buf */
	struct json_object *event[QMP_EVENTS_MAX];
	unsigned int nr_events;
	bool lost;			/* a reply never came: a later one could be taken for it */
	char error[QMP_ERROR_SIZE];
};

void qmp_init(struct qmp *q, int fd);
void qmp_free(struct qmp *q);
int qmp_connect(struct qmp *q, unsigned int timeout_ms);

/*
 * Run a command.  @arguments may be NULL and is released.  @result may be NULL; else the caller
 * releases it with json_object_put().
 */
int qmp_run(struct qmp *q, unsigned int timeout_ms, const char *command,
	    struct json_object *arguments, struct json_object **result);
/* The same with arguments as text: a JSON object in which ' stands for ". */
int qmp_runf(struct qmp *q, unsigned int timeout_ms, struct json_object **result,
	     const char *command, const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* A property that is a number, or the size left to the guest of query-balloon. */
int qmp_get_u64(struct qmp *q, const char *path, const char *property, uint64_t *value);
int qmp_query_balloon(struct qmp *q, uint64_t *bytes);

/* Wait for the next event of that name and forget it; @data may be NULL, see qmp_run(). */
int qmp_wait_event(struct qmp *q, unsigned int timeout_ms, const char *name,
		   struct json_object **data);
/* Forget the events that have come so far. */
void qmp_clear_events(struct qmp *q);

#endif
