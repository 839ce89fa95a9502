/* SPDX-License-Identifier: GPL-2.0-only */
/* model: guest byte order, which is little endian here */
#ifndef MODEL_HW_VIRTIO_VIRTIO_ACCESS_H
#define MODEL_HW_VIRTIO_VIRTIO_ACCESS_H

#include <string.h>

#include "hw/virtio/virtio.h"
#include "qemu/bswap.h"

static inline bool virtio_access_is_big_endian(VirtIODevice *vdev)
{
	return false;
}

static inline int virtio_lduw_p(VirtIODevice *vdev, const void *ptr)
{
	uint16_t value;

	memcpy(&value, ptr, sizeof(value));
	return value;
}

static inline int virtio_ldl_p(VirtIODevice *vdev, const void *ptr)
{
	uint32_t value;

	memcpy(&value, ptr, sizeof(value));
	return value;
}

static inline uint64_t virtio_ldq_p(VirtIODevice *vdev, const void *ptr)
{
	uint64_t value;

	memcpy(&value, ptr, sizeof(value));
	return value;
}

static inline uint16_t virtio_tswap16(VirtIODevice *vdev, uint16_t value)
{
	return value;
}

static inline uint32_t virtio_tswap32(VirtIODevice *vdev, uint32_t value)
{
	return value;
}

static inline uint64_t virtio_tswap64(VirtIODevice *vdev, uint64_t value)
{
	return value;
}

static inline void virtio_tswap32s(VirtIODevice *vdev, uint32_t *value)
{
	*value = virtio_tswap32(vdev, *value);
}

#endif
