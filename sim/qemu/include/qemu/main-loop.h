/* SPDX-License-Identifier: GPL-2.0-only */
/* model: the VMM's main thread and the big lock */
#ifndef MODEL_QEMU_MAIN_LOOP_H
#define MODEL_QEMU_MAIN_LOOP_H

#include "block/aio.h"
#include "qemu/event_notifier.h"

AioContext *qemu_get_aio_context(void);
QEMUBH *qemu_bh_new_full(QEMUBHFunc *cb, void *opaque, MemReentrancyGuard *guard);
#define qemu_bh_new(cb, opaque) qemu_bh_new_full(cb, opaque, NULL)
#define qemu_bh_new_guarded(cb, opaque, guard) qemu_bh_new_full(cb, opaque, guard)

/* The main loop calls @handler when the notifier has been set; NULL: it does not any more. */
void event_notifier_set_handler(EventNotifier *e, EventNotifierHandler *handler);

void qemu_mutex_lock_iothread(void);
void qemu_mutex_unlock_iothread(void);
bool qemu_mutex_iothread_locked(void);

#endif
