/* SPDX-License-Identifier: GPL-2.0-only */
/* model: whom the commands balloon and query-balloon go to */
#ifndef MODEL_SYSTEM_BALLOON_H
#define MODEL_SYSTEM_BALLOON_H

#include "exec/cpu-common.h"
#include "qapi/qapi-types-machine.h"

typedef void(QEMUBalloonEvent)(void *opaque, ram_addr_t target);
typedef void(QEMUBalloonStatus)(void *opaque, BalloonInfo *info);

/* -1 when somebody is registered already. */
int qemu_add_balloon_handler(QEMUBalloonEvent *event_func, QEMUBalloonStatus *stat_func,
			     void *opaque);
void qemu_remove_balloon_handler(void *opaque);

#endif
