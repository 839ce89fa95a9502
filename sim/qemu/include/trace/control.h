/* SPDX-License-Identifier: GPL-2.0-only */
/* model: trace points of devices go to the VMM's observer, if it wants them */
#ifndef MODEL_TRACE_CONTROL_H
#define MODEL_TRACE_CONTROL_H

#include "glib.h"

void vmm_trace_point(const char *name, const char *fmt, ...) G_GNUC_PRINTF(2, 3);

#endif
