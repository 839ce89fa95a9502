/* SPDX-License-Identifier: GPL-2.0-only */
/* model: readers that may sleep are counted; a grace period waits for them, kernel/lock.c. */
#ifndef _LINUX_SRCU_H
#define _LINUX_SRCU_H

#include <linux/types.h>

struct srcu_struct {
	int readers;
};

#define DEFINE_SRCU(name) struct srcu_struct name
#define DEFINE_STATIC_SRCU(name) static struct srcu_struct name

static inline int init_srcu_struct(struct srcu_struct *ssp)
{
	ssp->readers = 0;
	return 0;
}

static inline void cleanup_srcu_struct(struct srcu_struct *ssp)
{
}

static inline int srcu_read_lock(struct srcu_struct *ssp)
{
	ssp->readers++;
	return 0;
}

static inline void srcu_read_unlock(struct srcu_struct *ssp, int idx)
{
	ssp->readers--;
}

void synchronize_srcu(struct srcu_struct *ssp);

#endif
