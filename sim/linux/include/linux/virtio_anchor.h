/* SPDX-License-Identifier: GPL-2.0-only */
/* model: of a guest whose memory the host may read and write, so that any device is welcome. */
#ifndef _LINUX_VIRTIO_ANCHOR_H
#define _LINUX_VIRTIO_ANCHOR_H

struct virtio_device;

static inline bool virtio_check_mem_acc_cb(struct virtio_device *dev)
{
	return false;
}

#endif
