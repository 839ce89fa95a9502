/* SPDX-License-Identifier: GPL-2.0-only */
/* model: small numbers that are not in use, 64 of them at most. */
#ifndef _LINUX_IDR_H
#define _LINUX_IDR_H

#include <linux/bits.h>
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/types.h>

struct ida {
	u64 taken;
};

#define DEFINE_IDA(name) struct ida name = { 0 }

static inline int ida_alloc(struct ida *ida, gfp_t gfp)
{
	int id = 0;

	might_alloc(gfp);
	while (id < 64 && ida->taken >> id & 1)
		id++;
	if (id == 64)
		return -ENOSPC;
	ida->taken |= BIT_ULL(id);
	return id;
}

static inline void ida_free(struct ida *ida, unsigned int id)
{
	if (!WARN_ON(id >= 64 || !(ida->taken >> id & 1)))
		ida->taken &= ~BIT_ULL(id);
}

static inline void ida_destroy(struct ida *ida)
{
	ida->taken = 0;
}

#endif
