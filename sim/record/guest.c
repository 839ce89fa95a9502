// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a guest holds, by the statistics that its balloon driver tells the VMM (QEMU's
 * docs/virtio-balloon-stats.txt; update_balloon_stats() of drivers/virtio/virtio_balloon.c).
 *
 * The guest knows neither of anonymous memory nor of its own kernel there: used is all that is
 * neither free nor cached.  Disk caches (NR_FILE_PAGES, Linux 4.19 and later) include shared
 * memory, tmpfs and the swap cache.  Swapped memory is not told.
 */
#include <errno.h>
#include <json-c/json.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "recorder.h"

#define QMP_MS 5000
/* A driver answers as soon as it runs; QEMU asks once in a polling interval. */
#define FIRST_MS 10000
#define LOOK_MS 100

/* A property of the balloon, or with "qom-list" what there is at @path; NULL: s->error. */
static struct json_object *ask(struct record_source *s, const char *command, const char *path,
			       const char *property)
{
	struct json_object *result;
	int ret;

	if (property)
		ret = qmp_runf(&s->qmp, QMP_MS, &result, command, "{'path':'%s','property':'%s'}",
			       path, property);
	else
		ret = qmp_runf(&s->qmp, QMP_MS, &result, command, "{'path':'%s'}", path);
	if (!ret && result)
		return result;
	if (ret)
		snprintf(s->error, sizeof(s->error), "%s: %s", s->name, s->qmp.error);
	else
		snprintf(s->error, sizeof(s->error), "%s: %s: the VMM's answer is null", s->name,
			 command);
	return NULL;
}

static int set_polling(struct record_source *s, unsigned int seconds)
{
	if (!qmp_runf(&s->qmp, QMP_MS, NULL, "qom-set",
		      "{'path':'%s','property':'guest-stats-polling-interval','value':%u}",
		      s->balloon, seconds))
		return 0;
	snprintf(s->error, sizeof(s->error), "%s: %s", s->name, s->qmp.error);
	return -1;
}

static const char *member(struct json_object *object, const char *name)
{
	struct json_object *value;

	return json_object_object_get_ex(object, name, &value) ? json_object_get_string(value) : "";
}

static bool has_property(struct json_object *list, const char *name)
{
	for (size_t i = 0; i < json_object_array_length(list); i++)
		if (!strcmp(member(json_object_array_get_idx(list, i), "name"), name))
			return true;
	return false;
}

static bool is_array(struct record_source *s, struct json_object *list)
{
	if (json_object_is_type(list, json_type_array))
		return true;
	snprintf(s->error, sizeof(s->error), "%s: qom-list: no list", s->name);
	return false;
}

/* Whether @path has statistics; -1: s->error. */
static int has_statistics(struct record_source *s, const char *path)
{
	struct json_object *list = ask(s, "qom-list", path, NULL);
	int ret = list && is_array(s, list) ? has_property(list, "guest-stats") : -1;

	json_object_put(list);
	return ret;
}

/* Devices are children of these, with a name or without: 0, or -1 with s->error. */
static int find_balloon_in(struct record_source *s, const char *container)
{
	struct json_object *list = ask(s, "qom-list", container, NULL);
	int ret = list && is_array(s, list) ? 0 : -1;

	for (size_t i = 0; !ret && !s->balloon[0] && i < json_object_array_length(list); i++) {
		struct json_object *child = json_object_array_get_idx(list, i);
		char path[sizeof(s->balloon)];
		int has;

		if (strncmp(member(child, "type"), "child<", 6) ||
		    strpbrk(member(child, "name"), "'\"\\") ||
		    (size_t)snprintf(path, sizeof(path), "%s/%s", container,
				     member(child, "name")) >= sizeof(path))
			continue;
		has = has_statistics(s, path);
		if (has > 0)
			memcpy(s->balloon, path, sizeof(path));
		ret = has < 0 ? -1 : 0;
	}
	json_object_put(list);
	return ret;
}

static int find_balloon(struct record_source *s)
{
	if (find_balloon_in(s, "/machine/peripheral") ||
	    (!s->balloon[0] && find_balloon_in(s, "/machine/peripheral-anon")))
		return -1;
	if (s->balloon[0])
		return 0;
	snprintf(s->error, sizeof(s->error), "%s: the guest has no balloon device, which tells "
		 "what it holds; allowed: one with -device virtio-balloon-pci", s->name);
	return -1;
}

/* Who else asks for statistics may go on to. */
static int poll_statistics(struct record_source *s, unsigned int interval_ms)
{
	struct json_object *polling = ask(s, "qom-get", s->balloon,
					  "guest-stats-polling-interval");
	int64_t now = polling ? json_object_get_int64(polling) : 0;

	json_object_put(polling);
	if (!polling)
		return -1;
	if (now > 0)
		return 0;
	if (set_polling(s, interval_ms < 1000 ? 1 : interval_ms / 1000))
		return -1;
	s->polled_by_us = true;
	return 0;
}

/* What is not told is all ones. */
static bool take(struct json_object *stats, const char *name, uint64_t *value)
{
	struct json_object *number;

	if (!json_object_object_get_ex(stats, name, &number))
		return false;
	*value = json_object_get_uint64(number);
	return json_object_is_type(number, json_type_int) && *value != UINT64_MAX;
}

/* RECORD_ENDED: nothing has been told yet. */
static enum record_result look(struct record_source *s, struct record_held *held)
{
	struct json_object *answer = ask(s, "qom-get", s->balloon, "guest-stats"), *stats = NULL;
	enum record_result result = RECORD_FAILED;
	uint64_t total = 0, free = 0, updated = 0;

	if (!answer)
		return RECORD_FAILED;
	json_object_object_get_ex(answer, "stats", &stats);
	take(answer, "last-update", &updated);
	if (!updated) {
		result = RECORD_ENDED;
	} else if (!stats || !take(stats, "stat-total-memory", &total) ||
		   !take(stats, "stat-free-memory", &free) ||
		   !take(stats, "stat-disk-caches", &held->file)) {
		snprintf(s->error, sizeof(s->error), "%s: the guest's balloon driver does not tell "
			 "stat-total-memory, stat-free-memory and stat-disk-caches; allowed: that "
			 "of Linux 4.19 or later", s->name);
	} else {
		held->used = total > free + held->file ? total - free - held->file : 0;
		result = RECORD_WELL;
	}
	json_object_put(answer);
	return result;
}

static enum record_result read_guest(struct record_source *s, struct record_held *held)
{
	uint64_t deadline = clock_deadline(FIRST_MS);
	enum record_result result;

	while ((result = look(s, held)) == RECORD_ENDED) {
		if (*s->stop)
			return RECORD_STOPPED;
		if (!clock_left_ms(deadline)) {
			snprintf(s->error, sizeof(s->error), "%s: the guest has told no statistics "
				 "for %d s; has it a balloon driver?", s->name, FIRST_MS / 1000);
			return RECORD_FAILED;
		}
		record_wait(clock_deadline(LOOK_MS), s->stop);
	}
	return result;
}

static void end_guest(struct record_source *s)
{
	if (s->polled_by_us && !s->qmp.lost)
		set_polling(s, 0);
	qmp_free(&s->qmp);
}

static int connect_to(struct record_source *s)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	if (strlen(s->name) >= sizeof(addr.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(addr.sun_path, s->name, strlen(s->name));
	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return s->fd < 0 || connect(s->fd, (struct sockaddr *)&addr, sizeof(addr)) ? -1 : 0;
}

int record_open_guest(struct record_source *s, const char *socket, unsigned int interval_ms)
{
	s->read = read_guest;
	s->name = socket;
	s->fd = -1;
	if (connect_to(s)) {
		snprintf(s->error, sizeof(s->error), "--qmp %s: cannot be connected to: %s", socket,
			 strerror(errno));
		record_close(s);
		return -1;
	}
	qmp_init(&s->qmp, s->fd);
	s->end = end_guest;
	if (qmp_connect(&s->qmp, QMP_MS))
		snprintf(s->error, sizeof(s->error), "%s: %s; is another client connected?", socket,
			 s->qmp.error);
	else if (!find_balloon(s) && !poll_statistics(s, interval_ms))
		return 0;
	record_close(s);
	return -1;
}
