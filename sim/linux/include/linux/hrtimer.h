/* SPDX-License-Identifier: GPL-2.0-only */
/* stub: virtio_ring.c includes it for checks that it is not compiled with. */
#ifndef _LINUX_HRTIMER_H
#define _LINUX_HRTIMER_H

#include <linux/ktime.h>

#endif
