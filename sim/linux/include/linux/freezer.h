/* SPDX-License-Identifier: GPL-2.0-only */
/* stub (freezable work simply is not run while frozen; nobody polls here) */
#ifndef _LINUX_FREEZER_H
#define _LINUX_FREEZER_H

#include <linux/kernel.h>
#include <linux/sched.h>

static inline bool try_to_freeze(void)
{
	might_sleep();
	return false;
}

static inline void set_freezable(void)
{
}

#endif
