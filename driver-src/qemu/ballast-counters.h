/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters of a device, to be read as properties
 */
#ifndef HW_BALLAST_COUNTERS_H
#define HW_BALLAST_COUNTERS_H

#include "qom/object.h"

/* A uint64_t of the device's state; a table of them ends with no name. */
typedef struct BallastCounter {
    const char *name;
    size_t offset;
    const char *doc;
} BallastCounter;

void ballast_counters_add(Object *obj, const BallastCounter *counter);
/* The same of @proxy, which stands before @obj. */
void ballast_counters_alias(Object *proxy, Object *obj,
                            const BallastCounter *counter);

#endif
