/* SPDX-License-Identifier: GPL-2.0-only */
/* stub: the model's machine is never reset; a guest that starts again has a VMM of its own */
#ifndef MODEL_SYSTEM_RESET_H
#define MODEL_SYSTEM_RESET_H

#include "hw/resettable.h"

static inline void qemu_register_resettable(Object *obj)
{
}

static inline void qemu_unregister_resettable(Object *obj)
{
}

#endif
