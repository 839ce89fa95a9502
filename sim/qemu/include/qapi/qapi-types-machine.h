/* SPDX-License-Identifier: GPL-2.0-only */
/* same: the answer of query-balloon */
#ifndef MODEL_QAPI_QAPI_TYPES_MACHINE_H
#define MODEL_QAPI_QAPI_TYPES_MACHINE_H

#include <stdint.h>

typedef struct BalloonInfo {
	int64_t actual;		/* bytes that the guest has left */
} BalloonInfo;

#endif
