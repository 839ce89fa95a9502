/* SPDX-License-Identifier: GPL-2.0-only */
/* model: a thread of the VMM with a loop of its own */
#ifndef MODEL_SYSTEM_IOTHREAD_H
#define MODEL_SYSTEM_IOTHREAD_H

#include "block/aio.h"
#include "qom/object.h"

#define TYPE_IOTHREAD "iothread"
OBJECT_DECLARE_SIMPLE_TYPE(IOThread, IOTHREAD)

AioContext *iothread_get_aio_context(IOThread *iothread);

#endif
