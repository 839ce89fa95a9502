/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * ABI between the page_hinting guest driver and the virtio-page-hint device.
 *
 * The device has one virtqueue, number 0.  Each request on it is a chain of buffers that the device
 * may write to, one for each block of free memory: whole pages of 4 KiB, which do not
 * overlap.  What the device does to them is its own matter; the guest must not count on what a
 * block contains after it was in a request.  The device returns the chain with a used length of 0,
 * and from then on does nothing to the blocks.  There are no features of the device's own and no
 * configuration.
 *
 * The virtio specification knows no such device.  The id is one that it has reserved for a memory
 * balloon (Virtio 1.2, section 5) beside the traditional one, which is 5, and that nobody ever
 * used; QEMU 7.2 has no room for ids that it does not know.
 */
#ifndef _UAPI_VIRTIO_PAGE_HINT_H
#define _UAPI_VIRTIO_PAGE_HINT_H

#define VIRTIO_PAGE_HINT_DEVICE_ID	13

#endif /* _UAPI_VIRTIO_PAGE_HINT_H */
