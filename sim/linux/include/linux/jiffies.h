/* SPDX-License-Identifier: GPL-2.0-only */
/* model: jiffies are virtual time in ticks of HZ = 250, as Debian configures it. */
#ifndef _LINUX_JIFFIES_H
#define _LINUX_JIFFIES_H

#include <linux/math64.h>
#include <linux/types.h>
#include <linux/time64.h>

#define HZ 250
#define NSEC_PER_JIFFY (1000000000UL / HZ)

u64 get_jiffies_64(void);
#define jiffies ((unsigned long)get_jiffies_64())

#define MAX_JIFFY_OFFSET ((unsigned long)((~0UL >> 2) - 1))

/* What is negative means for ever. */
static inline unsigned long msecs_to_jiffies(unsigned int ms)
{
	if ((int)ms < 0)
		return MAX_JIFFY_OFFSET;
	return ((unsigned long)ms * HZ + 999) / 1000;
}

static inline unsigned long usecs_to_jiffies(unsigned int us)
{
	return ((unsigned long)us * HZ + 999999) / 1000000;
}

static inline unsigned int jiffies_to_msecs(unsigned long j)
{
	return j * 1000 / HZ;
}

#define time_after(a, b) ((long)((b) - (a)) < 0)
#define time_before(a, b) time_after(b, a)
#define time_after_eq(a, b) ((long)((a) - (b)) >= 0)
#define time_before_eq(a, b) time_after_eq(b, a)

#endif
