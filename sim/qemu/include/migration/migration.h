/* SPDX-License-Identifier: GPL-2.0-only */
/* model: capabilities of a migration */
#ifndef MODEL_MIGRATION_MIGRATION_H
#define MODEL_MIGRATION_MIGRATION_H

#include "migration/misc.h"

#endif
