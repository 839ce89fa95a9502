/* SPDX-License-Identifier: GPL-2.0-only */
/* model: eventfds of the VMM (host-model/files.h), read by its main loop; event_notifier.c */
#ifndef MODEL_QEMU_EVENT_NOTIFIER_H
#define MODEL_QEMU_EVENT_NOTIFIER_H

#include <stdbool.h>

#include "qemu/typedefs.h"

struct host_eventfd;

typedef struct EventNotifier EventNotifier;
typedef void EventNotifierHandler(EventNotifier *);

struct EventNotifier {
	int rfd, wfd;
	bool initialized;
	struct host_eventfd *efd;
	EventNotifierHandler *handler;
	QEMUBH *bh;			/* calls the handler */
};

int event_notifier_init(EventNotifier *e, int active);
void event_notifier_cleanup(EventNotifier *e);
int event_notifier_get_fd(const EventNotifier *e);
int event_notifier_set(EventNotifier *e);
int event_notifier_test_and_clear(EventNotifier *e);

#endif
