// SPDX-License-Identifier: GPL-2.0-only
/*
 * Our device, but it leaves all memory in place, and says of each request that it has written more
 * than it was given.
 */
#include "qemu/osdep.h"
#include "exec/memory.h"
#include "hw/virtio/virtio.h"

static inline int leave_in_place(RAMBlock *rb, uint64_t start, size_t length)
{
	return 0;
}

static inline void push_too_much(VirtQueue *vq, const VirtQueueElement *elem, unsigned int len)
{
	virtqueue_push(vq, elem, len ? UINT32_MAX : 0);
}

#undef ram_block_discard_range
#define ram_block_discard_range leave_in_place
#undef virtqueue_push
#define virtqueue_push push_too_much
#include "virtio-ballast-memory.c"
#include "virtio-ballast.c"
