/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * /dev/vhost-page-hint: the host's kernel serves the queue of a virtio-page-hint device.
 *
 * What is particular to it, beside the ioctls of all vhost devices: one queue, number 0, and
 * the ioctl below.  Blocks are dropped as madvise(MADV_DONTNEED) does; whoever must not have
 * that (poisoned pages, an assigned device) has to serve the queue himself.
 *
 * A request that no correct driver makes ends the service: the eventfd of VHOST_SET_VRING_ERR
 * is signalled, and nothing is served before the ioctl is called again.
 */
#ifndef _UAPI_LINUX_VHOST_PAGE_HINT_H
#define _UAPI_LINUX_VHOST_PAGE_HINT_H

#include <linux/vhost.h>

#define VHOST_PAGE_HINT_QUEUES	1

/*
 * int: 1, the queue is served from now on; 0, it is not, and nothing of it is under way any
 * more when the call returns.  Of vhost's own range, a number that Linux does not use.
 */
#define VHOST_PAGE_HINT_SET_RUNNING	_IOW(VHOST_VIRTIO, 0x90, int)

#endif
