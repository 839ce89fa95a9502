/* SPDX-License-Identifier: GPL-2.0-only */
/* stub: names only; the model machine has no memory slots, so a search for DIMMs finds none */
#ifndef MODEL_HW_MEM_PC_DIMM_H
#define MODEL_HW_MEM_PC_DIMM_H

#include "hw/qdev-core.h"

#define TYPE_PC_DIMM "pc-dimm"
#define PC_DIMM_SIZE_PROP "size"

#endif
