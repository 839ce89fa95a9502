/* SPDX-License-Identifier: GPL-2.0-only */
/* stub: nobody suspends the model's machine, so that nothing has to keep it awake. */
#ifndef _LINUX_PM_WAKEUP_H
#define _LINUX_PM_WAKEUP_H

#include <linux/types.h>

struct device;

static inline void device_set_wakeup_capable(struct device *dev, bool capable)
{
}

static inline void pm_stay_awake(struct device *dev)
{
}

static inline void pm_relax(struct device *dev)
{
}

#endif
