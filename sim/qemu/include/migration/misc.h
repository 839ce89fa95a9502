/* SPDX-License-Identifier: GPL-2.0-only */
/* model: what a device may know of a migration, and what it may do for it */
#ifndef MODEL_MIGRATION_MISC_H
#define MODEL_MIGRATION_MISC_H

#include <stdbool.h>
#include <stddef.h>

#include "qemu/notify.h"

typedef enum PrecopyNotifyReason {
	PRECOPY_NOTIFY_SETUP,
	PRECOPY_NOTIFY_BEFORE_BITMAP_SYNC,	/* of each pass over memory */
	PRECOPY_NOTIFY_AFTER_BITMAP_SYNC,
	PRECOPY_NOTIFY_COMPLETE, PRECOPY_NOTIFY_CLEANUP, PRECOPY_NOTIFY_MAX
} PrecopyNotifyReason;

typedef struct PrecopyNotifyData {
	PrecopyNotifyReason reason;
	Error **errp;
} PrecopyNotifyData;

void precopy_add_notifier(NotifierWithReturn *notifier);
void precopy_remove_notifier(NotifierWithReturn *notifier);
/* The guest does not need these pages: they need not be sent. */
void qemu_guest_free_page_hint(void *addr, size_t len);
bool migration_in_incoming_postcopy(void);
bool migration_in_bg_snapshot(void);
bool migrate_postcopy_ram(void);

#endif
