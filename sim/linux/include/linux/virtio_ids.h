/* SPDX-License-Identifier: GPL-2.0-only */
/* same */
#ifndef _LINUX_VIRTIO_IDS_H
#define _LINUX_VIRTIO_IDS_H

#include <uapi/linux/virtio_ids.h>

#endif
