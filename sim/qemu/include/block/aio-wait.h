/* SPDX-License-Identifier: GPL-2.0-only */
/* model: have a bottom half run in an iothread and wait for it */
#ifndef MODEL_BLOCK_AIO_WAIT_H
#define MODEL_BLOCK_AIO_WAIT_H

#include "block/aio.h"

/* From the main loop, with @ctx acquired once. */
void aio_wait_bh_oneshot(AioContext *ctx, QEMUBHFunc *cb, void *opaque);

#endif
