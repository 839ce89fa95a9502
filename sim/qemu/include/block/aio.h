/* SPDX-License-Identifier: GPL-2.0-only */
/* model: bottom halves of the main loop or of an iothread, run in the order of scheduling */
#ifndef MODEL_BLOCK_AIO_H
#define MODEL_BLOCK_AIO_H

#include <stdbool.h>

#include "qemu/thread.h"
#include "qemu/timer.h"
#include "qemu/typedefs.h"

typedef void QEMUBHFunc(void *opaque);

struct MemReentrancyGuard {
	bool engaged_in_io;
};

QEMUBH *aio_bh_new_full(AioContext *ctx, QEMUBHFunc *cb, void *opaque, MemReentrancyGuard *guard);
#define aio_bh_new(ctx, cb, opaque) aio_bh_new_full(ctx, cb, opaque, NULL)
#define aio_bh_new_guarded(ctx, cb, opaque, guard) aio_bh_new_full(ctx, cb, opaque, guard)
void aio_bh_schedule_oneshot(AioContext *ctx, QEMUBHFunc *cb, void *opaque);

/* Any thread. */
void qemu_bh_schedule(QEMUBH *bh);
void qemu_bh_cancel(QEMUBH *bh);
void qemu_bh_delete(QEMUBH *bh);

void aio_context_acquire(AioContext *ctx);
void aio_context_release(AioContext *ctx);

#endif
