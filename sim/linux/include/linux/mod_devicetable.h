/* SPDX-License-Identifier: GPL-2.0-only */
/* same: which devices a driver serves; of tables only that of virtio */
#ifndef _LINUX_MOD_DEVICETABLE_H
#define _LINUX_MOD_DEVICETABLE_H

#include <linux/types.h>

#define VIRTIO_DEV_ANY_ID 0xffffffff

struct virtio_device_id {
	u32 device, vendor;
};

#endif
