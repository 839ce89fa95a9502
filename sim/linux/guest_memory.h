/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What guest.c needs of guest_memory.c.
 */
#ifndef BALLAST_LINUX_GUEST_MEMORY_H
#define BALLAST_LINUX_GUEST_MEMORY_H

#include <linux/types.h>

struct kernel;

/* Pages that nobody accounts for: of the boot, of drivers, and those on their way. */
int64_t kernel_unaccounted_pages(struct kernel *kernel);

#endif
