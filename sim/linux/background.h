/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Background work of a guest; see background.c.
 */
#ifndef BALLAST_LINUX_BACKGROUND_H
#define BALLAST_LINUX_BACKGROUND_H

#include <linux/types.h>

struct kernel;

/*
 * From now on a small process runs every @period_ns on average (exponential), and touches @pages of
 * memory besides its own.  In the kernel's context.
 */
int background_start(struct kernel *kernel, uint64_t period_ns, uint64_t pages);

#endif
