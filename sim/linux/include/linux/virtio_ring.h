/* SPDX-License-Identifier: GPL-2.0-only */
/* model: the driver side of split rings; see virtio/virtio_ring.c. */
#ifndef _LINUX_VIRTIO_RING_H
#define _LINUX_VIRTIO_RING_H

#include <uapi/linux/virtio_ring.h>

#define virtio_mb(weak) barrier()
#define virtio_rmb(weak) barrier()
#define virtio_wmb(weak) barrier()

#endif
