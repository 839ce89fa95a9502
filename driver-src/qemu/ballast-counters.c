/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters of a device, to be read as properties: they count from its making
 * on, through resets of the guest.
 */
#include "qemu/osdep.h"
#include "ballast-counters.h"

void ballast_counters_add(Object *obj, const BallastCounter *counter)
{
    for (; counter->name; counter++) {
        object_property_add_uint64_ptr(obj, counter->name,
                                       (void *)obj + counter->offset,
                                       OBJ_PROP_FLAG_READ);
        object_property_set_description(obj, counter->name, counter->doc);
    }
}

void ballast_counters_alias(Object *proxy, Object *obj,
                            const BallastCounter *counter)
{
    for (; counter->name; counter++) {
        object_property_add_alias(proxy, counter->name, obj, counter->name);
    }
}
