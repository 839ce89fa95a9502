/* SPDX-License-Identifier: GPL-2.0-only */
/* model: sleeping and busy waiting in virtual time. */
#ifndef _LINUX_DELAY_H
#define _LINUX_DELAY_H

#include <linux/types.h>

void msleep(unsigned int ms);
void usleep_range(unsigned long min_us, unsigned long max_us);
void ndelay(unsigned long ns);
#define udelay(us) ndelay((us) * 1000UL)
#define mdelay(ms) ndelay((ms) * 1000000UL)
#define ssleep(s) msleep((s) * 1000)
#define fsleep(us) usleep_range(us, us)

#endif
