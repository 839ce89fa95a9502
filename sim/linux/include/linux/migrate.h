/* SPDX-License-Identifier: GPL-2.0-only */
/* stub (pages are never migrated in the model): result codes only. */
#ifndef _LINUX_MIGRATE_H
#define _LINUX_MIGRATE_H

#include <linux/migrate_mode.h>
#include <linux/mm.h>

#define MIGRATEPAGE_SUCCESS 0

#endif
