/* SPDX-License-Identifier: GPL-2.0-only */
/* same */
#ifndef _LINUX_VIRTIO_BYTEORDER_H
#define _LINUX_VIRTIO_BYTEORDER_H

#include <uapi/linux/virtio_types.h>

#endif
