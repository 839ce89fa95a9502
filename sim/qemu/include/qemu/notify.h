/* SPDX-License-Identifier: GPL-2.0-only */
/* model: notifiers that may fail */
#ifndef MODEL_QEMU_NOTIFY_H
#define MODEL_QEMU_NOTIFY_H

#include "qemu/queue.h"
#include "qemu/typedefs.h"

struct NotifierWithReturn {
	QLIST_ENTRY(NotifierWithReturn) node;
	/* 0: go on; anything else stops the round */
	int (*notify)(NotifierWithReturn *notifier, void *data);
};

typedef struct NotifierWithReturnList {
	QLIST_HEAD(, NotifierWithReturn) notifiers;
} NotifierWithReturnList;

#endif
