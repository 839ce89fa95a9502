// SPDX-License-Identifier: GPL-2.0-only
/*
 * QMP client; qmp.h says how it is used.  JSON is json-c's.
 *
 * One command is out at a time, so that replies need no ids.
 */
#include "qmp.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "send.h"

static int __attribute__((format(printf, 2, 3))) qmp_fail(struct qmp *q, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(q->error, sizeof(q->error), fmt, args);
	va_end(args);
	return -1;
}

void qmp_init(struct qmp *q, int fd)
{
	*q = (struct qmp){ .fd = fd, .parser = json_tokener_new() };
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

void qmp_clear_events(struct qmp *q)
{
	while (q->nr_events)
		json_object_put(q->event[--q->nr_events]);
}

void qmp_free(struct qmp *q)
{
	qmp_clear_events(q);
	if (q->parser)
		json_tokener_free(q->parser);
	q->parser = NULL;
}

static void keep_event(struct qmp *q, struct json_object *event)
{
	if (q->nr_events == QMP_EVENTS_MAX) {
		json_object_put(q->event[0]);
		memmove(q->event, q->event + 1, --q->nr_events * sizeof(q->event[0]));
	}
	q->event[q->nr_events++] = event;
}

/* One object from what has been read; NULL: more is needed, or (q->error) it is no JSON. */
static struct json_object *parse_object(struct qmp *q)
{
	struct json_object *object;

	if (q->parsed == q->used)
		return NULL;
	object = json_tokener_parse_ex(q->parser, q->buf + q->parsed, q->used - q->parsed);
	if (object || json_tokener_get_error(q->parser) == json_tokener_continue) {
		q->parsed += json_tokener_get_parse_end(q->parser);
		return object;
	}
	qmp_fail(q, "QEMU's answer is not JSON: %s",
		 json_tokener_error_desc(json_tokener_get_error(q->parser)));
	return NULL;
}

static struct json_object *read_object(struct qmp *q, uint64_t deadline, const char *what)
{
	struct pollfd fd = { .fd = q->fd, .events = POLLIN };
	struct json_object *object;
	ssize_t n;

	q->error[0] = '\0';
	while (!(object = parse_object(q)) && !q->error[0]) {
		q->parsed = q->used = 0;
		if (!poll(&fd, 1, clock_left_ms(deadline))) {
			qmp_fail(q, "QEMU does not answer (%s)", what);
			return NULL;
		}
		n = read(q->fd, q->buf, sizeof(q->buf));
		if (n > 0)
			q->used = n;
		else if (!n || (errno != EAGAIN && errno != EINTR))
			qmp_fail(q, "QEMU has hung up (%s)", what);
	}
	return object;
}

int qmp_connect(struct qmp *q, unsigned int timeout_ms)
{
	struct json_object *greeting;

	greeting = read_object(q, clock_deadline(timeout_ms), "greeting");
	if (!greeting)
		return -1;
	if (!json_object_object_get_ex(greeting, "QMP", NULL)) {
		json_object_put(greeting);
		return qmp_fail(q, "this is no QMP socket: it does not greet");
	}
	json_object_put(greeting);
	return qmp_run(q, timeout_ms, "qmp_capabilities", NULL, NULL);
}

/* Returns whether @object ends the command. */
static bool take_reply(struct qmp *q, struct json_object *object, const char *command,
		       struct json_object **result, int *ret)
{
	struct json_object *value, *text;

	if (json_object_object_get_ex(object, "event", NULL)) {
		keep_event(q, object);
		return false;
	}
	if (json_object_object_get_ex(object, "return", &value)) {
		if (result)
			*result = json_object_get(value);
		*ret = 0;
	} else if (json_object_object_get_ex(object, "error", &value) &&
		   json_object_object_get_ex(value, "desc", &text)) {
		*ret = qmp_fail(q, "%s: %s", command, json_object_get_string(text));
	} else {
		*ret = qmp_fail(q, "%s: neither result nor error: %s", command,
				json_object_to_json_string(object));
	}
	json_object_put(object);
	return true;
}

int qmp_run(struct qmp *q, unsigned int timeout_ms, const char *command,
	    struct json_object *arguments, struct json_object **result)
{
	uint64_t deadline = clock_deadline(timeout_ms);
	struct json_object *request = json_object_new_object(), *object;
	int ret;

	if (q->lost) {
		json_object_put(request);
		json_object_put(arguments);
		return qmp_fail(q, "%s: not sent: QEMU owes the reply to an earlier command",
				command);
	}
	json_object_object_add(request, "execute", json_object_new_string(command));
	if (arguments)
		json_object_object_add(request, "arguments", arguments);
	ret = send_text(q->fd, json_object_to_json_string_ext(request, JSON_C_TO_STRING_PLAIN),
			deadline);
	json_object_put(request);
	if (ret)
		qmp_fail(q, "QEMU takes no commands: %s", strerror(ret));
	do {
		object = ret ? NULL : read_object(q, deadline, command);
		if (!object) {
			q->lost = true;
			return -1;
		}
	} while (!take_reply(q, object, command, result, &ret));
	return ret;
}

int qmp_runf(struct qmp *q, unsigned int timeout_ms, struct json_object **result,
	     const char *command, const char *fmt, ...)
{
	struct json_object *arguments;
	char text[2048], *quote = text;
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	while ((quote = strchr(quote, '\'')))
		*quote = '"';
	arguments = json_tokener_parse(text);
	if (!arguments)
		return qmp_fail(q, "%s: arguments are not JSON: %s", command, text);
	return qmp_run(q, timeout_ms, command, arguments, result);
}

#define QUERY_MS 30000

int qmp_get_u64(struct qmp *q, const char *path, const char *property, uint64_t *value)
{
	struct json_object *result;

	if (qmp_runf(q, QUERY_MS, &result, "qom-get", "{'path':'%s','property':'%s'}", path,
		     property))
		return -1;
	if (!json_object_is_type(result, json_type_int)) {
		qmp_fail(q, "%s of %s is no number: %s", property, path,
			 json_object_to_json_string(result));
		json_object_put(result);
		return -1;
	}
	*value = json_object_get_uint64(result);
	json_object_put(result);
	return 0;
}

int qmp_query_balloon(struct qmp *q, uint64_t *bytes)
{
	struct json_object *result, *actual;

	if (qmp_run(q, QUERY_MS, "query-balloon", NULL, &result))
		return -1;
	if (!json_object_object_get_ex(result, "actual", &actual)) {
		qmp_fail(q, "query-balloon: no size: %s", json_object_to_json_string(result));
		json_object_put(result);
		return -1;
	}
	*bytes = json_object_get_uint64(actual);
	json_object_put(result);
	return 0;
}

static bool find_event(struct qmp *q, const char *name, struct json_object **data)
{
	struct json_object *value;
	unsigned int i;

	for (i = 0; i < q->nr_events; i++) {
		json_object_object_get_ex(q->event[i], "event", &value);
		if (strcmp(json_object_get_string(value), name))
			continue;
		if (data)
			*data = json_object_object_get_ex(q->event[i], "data", &value) ?
					json_object_get(value) : NULL;
		json_object_put(q->event[i]);
		memmove(q->event + i, q->event + i + 1,
			(--q->nr_events - i) * sizeof(q->event[0]));
		return true;
	}
	return false;
}

int qmp_wait_event(struct qmp *q, unsigned int timeout_ms, const char *name,
		   struct json_object **data)
{
	uint64_t deadline = clock_deadline(timeout_ms);
	struct json_object *object;

	while (!find_event(q, name, data)) {
		object = read_object(q, deadline, name);
		if (!object)
			return -1;
		keep_event(q, object);
	}
	return 0;
}
