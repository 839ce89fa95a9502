/* SPDX-License-Identifier: GPL-2.0-only */
/* model: notifiers that may fail */
#ifndef MODEL_QEMU_NOTIFY_H
#define MODEL_QEMU_NOTIFY_H

#include "config-host.h"
#include "qemu/queue.h"
#include "qemu/typedefs.h"

struct NotifierWithReturn {
	QLIST_ENTRY(NotifierWithReturn) node;
	/* 0: go on; anything else stops the round.  With @errp in versions since 9.0 */
	union {
#if QEMU_LEVEL < QEMU_LEVEL_OF(9, 0)
		int (*notify)(NotifierWithReturn *notifier, void *data);
		int (*notify_errp)(NotifierWithReturn *notifier, void *data, Error **errp);
#else
		int (*notify)(NotifierWithReturn *notifier, void *data, Error **errp);
#endif
	};
};

typedef struct NotifierWithReturnList {
	QLIST_HEAD(, NotifierWithReturn) notifiers;
} NotifierWithReturnList;

#endif
