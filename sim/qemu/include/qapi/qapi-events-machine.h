/* SPDX-License-Identifier: GPL-2.0-only */
/* model: events for management software; they go to the observer */
#ifndef MODEL_QAPI_QAPI_EVENTS_MACHINE_H
#define MODEL_QAPI_QAPI_EVENTS_MACHINE_H

#include <stdint.h>

#include "qapi/qapi-types-machine.h"

void qapi_event_send_balloon_change(int64_t actual);

#endif
