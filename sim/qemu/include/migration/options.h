/* SPDX-License-Identifier: GPL-2.0-only */
/* model: since QEMU 8.1 capabilities of a migration are asked for here */
#ifndef MODEL_MIGRATION_OPTIONS_H
#define MODEL_MIGRATION_OPTIONS_H

#include "config-host.h"
#include "migration/misc.h"

#if QEMU_LEVEL < QEMU_LEVEL_OF(8, 2)
#error "the model has migration/options.h as QEMU 8.2 has it"
#endif

#endif
