/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Background work of a guest; see background.c.
 */
#ifndef BALLAST_LINUX_BACKGROUND_H
#define BALLAST_LINUX_BACKGROUND_H

#include <linux/types.h>

struct kernel;

/* What booting and these processes read, as one file. */
#define BACKGROUND_FILES "(system)"

/*
 * From now on a small process runs every @period_ns on average (exponential), touches @pages of
 * memory besides its own, and reads the first @files pages of files; with 0 @pages it is one that
 * is there already.  In the kernel's context.
 */
int background_start(struct kernel *kernel, uint64_t period_ns, uint64_t pages, uint64_t files);

#endif
