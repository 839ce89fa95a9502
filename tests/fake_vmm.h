/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The other side of a QMP socket, in a process of its own: a VMM that has devices, of which one may
 * be a balloon, and whose guest tells something else each time that it is asked.
 */
#ifndef BALLAST_TEST_FAKE_VMM_H
#define BALLAST_TEST_FAKE_VMM_H

#include <check.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define FAKE_MIB (UINT64_C(1) << 20)

enum fake_kind {
	FAKE_WELL,
	FAKE_POLLED,		/* by somebody else */
	FAKE_CLOSES,		/* when it is asked for the fourth time */
	FAKE_NO_BALLOON,
	FAKE_OLD,		/* a guest that does not tell its caches */
	FAKE_MUTE,		/* a guest that tells nothing */
	FAKE_NULL,		/* a VMM that knows of no statistics, but says so */
	FAKE_HELLO,		/* no QMP */
	FAKE_SHUT,		/* hangs up on everybody */
};

struct fake_vmm {
	pid_t pid;
	int told;		/* what it was asked for: 's' statistics, or the interval set */
};

/* What is in use, and what is cached, when it is asked for the nth time (from 0 on; then: 0). */
#define FAKE_USED(n) ((768 + 63 * (uint64_t)(n)) * FAKE_MIB)
#define FAKE_CACHED(n) ((256 + (uint64_t)(n)) * FAKE_MIB)

struct fake_session {
	enum fake_kind kind;
	int socket, told;
	unsigned int asked;	/* for statistics */
};

static inline void fake_say(const struct fake_session *f, const char *text)
{
	if (send(f->socket, text, strlen(text), MSG_NOSIGNAL) < 0)
		_exit(1);
}

static inline void fake_tell(const struct fake_session *f, char what)
{
	if (write(f->told, &what, 1) != 1)
		_exit(1);
}

static inline void fake_statistics(struct fake_session *f)
{
	unsigned int n = f->asked++;
	char text[512], caches[32] = "18446744073709551615";

	fake_tell(f, 's');
	if (f->kind == FAKE_CLOSES && n == 3)
		_exit(0);
	if (f->kind == FAKE_NULL) {
		fake_say(f, "{\"return\": null}\r\n");
		return;
	}
	if (f->kind != FAKE_OLD)
		snprintf(caches, sizeof(caches), "%" PRIu64, FAKE_CACHED(n));
	snprintf(text, sizeof(text),
		 "{\"return\": {\"stats\": {\"stat-total-memory\": %" PRIu64
		 ", \"stat-free-memory\": %" PRIu64 ", \"stat-disk-caches\": %s}, "
		 "\"last-update\": %u}}\r\n", 4096 * FAKE_MIB,
		 4096 * FAKE_MIB - FAKE_USED(n) - FAKE_CACHED(n), caches,
		 f->kind == FAKE_MUTE ? 0 : n);
	fake_say(f, text);
}

static inline void fake_list(const struct fake_session *f, const char *path)
{
	if (!strcmp(path, "/machine/peripheral"))
		fake_say(f, "{\"return\": [{\"name\": \"type\", \"type\": \"string\"}, {\"name\": "
			 "\"net0\", \"type\": \"child<virtio-net-pci>\"}]}\r\n");
	else if (!strcmp(path, "/machine/peripheral-anon"))
		fake_say(f, "{\"return\": [{\"name\": \"device[0]\", \"type\": \"child<vga>\"}, "
			 "{\"name\": \"device[1]\", \"type\": "
			 "\"child<virtio-balloon-pci>\"}]}\r\n");
	else if (!strcmp(path, "/machine/peripheral-anon/device[1]") && f->kind != FAKE_NO_BALLOON)
		fake_say(f, "{\"return\": [{\"name\": \"type\", \"type\": \"string\"}, {\"name\": "
			 "\"guest-stats\", \"type\": \"guest statistics\"}]}\r\n");
	else
		fake_say(f, "{\"return\": [{\"name\": \"type\", \"type\": \"string\"}]}\r\n");
}

static inline const char *fake_member(struct json_object *object, const char *name)
{
	struct json_object *value;

	return json_object_object_get_ex(object, name, &value) ? json_object_get_string(value) : "";
}

static inline void fake_answer(struct fake_session *f, struct json_object *request)
{
	const char *execute = fake_member(request, "execute"), *property;
	struct json_object *arguments = NULL;

	json_object_object_get_ex(request, "arguments", &arguments);
	property = fake_member(arguments, "property");
	if (!strcmp(execute, "qom-list")) {
		fake_list(f, fake_member(arguments, "path"));
	} else if (!strcmp(execute, "qom-get") && !strcmp(property, "guest-stats")) {
		fake_statistics(f);
	} else if (!strcmp(execute, "qom-get")) {
		fake_say(f, f->kind == FAKE_POLLED ? "{\"return\": 2}\r\n" : "{\"return\": 0}\r\n");
	} else {
		if (!strcmp(execute, "qom-set"))
			fake_tell(f, fake_member(arguments, "value")[0]);
		/* An event may come first. */
		fake_say(f, "{\"event\": \"X\", \"timestamp\": {}}\r\n{\"return\": {}}\r\n");
	}
}

/* Until the other side hangs up. */
static inline void fake_serve(struct fake_session *f)
{
	struct json_tokener *parser = json_tokener_new();
	char buf[4096];
	ssize_t n;

	if (f->kind == FAKE_SHUT)
		return;
	if (f->kind == FAKE_HELLO)
		fake_say(f, "{\"hello\": 1}\r\n");
	else
		fake_say(f, "{\"QMP\": {\"version\": {}, \"capabilities\": []}}\r\n");
	while ((n = read(f->socket, buf, sizeof(buf))) > 0) {
		for (ssize_t at = 0; at < n; at += json_tokener_get_parse_end(parser)) {
			struct json_object *request = json_tokener_parse_ex(parser, buf + at,
									    n - at);

			if (!request)
				break;
			fake_answer(f, request);
			json_object_put(request);
		}
	}
}

/* It listens already when this returns. */
static inline struct fake_vmm fake_vmm_start(enum fake_kind kind, const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), told[2];
	struct fake_vmm vmm;

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&addr, sizeof(addr)), 0);
	ck_assert_int_eq(listen(listener, 1), 0);
	ck_assert_int_eq(pipe(told), 0);
	vmm.pid = fork();
	if (!vmm.pid) {
		struct fake_session f = { .kind = kind, .told = told[1] };

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(told[0]);
		f.socket = accept(listener, NULL, NULL);
		fake_serve(&f);
		_exit(0);
	}
	ck_assert_int_gt(vmm.pid, 0);
	close(told[1]);
	close(listener);
	vmm.told = told[0];
	return vmm;
}

/* All that it has been asked, as text. */
static inline void fake_vmm_end(struct fake_vmm *vmm, char *asked, size_t size)
{
	size_t used = 0;
	ssize_t n;

	while (used < size - 1 && (n = read(vmm->told, asked + used, size - 1 - used)) > 0)
		used += n;
	asked[used] = '\0';
	close(vmm->told);
	ck_assert_int_eq(waitpid(vmm->pid, NULL, 0), vmm->pid);
}

#endif
