// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device side of split rings: descriptors that the driver owns, a ring of those that are
 * available, a ring of those that were used (Virtio 1.2, section 2.7).
 *
 * Models the functions of hw/virtio/virtio.c of QEMU with "split" in their names.
 */
#include "virtio_ring.h"

#include "qemu/bswap.h"

/* Avail is flags, idx, ring[num], used_event; used is flags, idx, ring[num] of id and length,
 * avail_event.  The last fields exist with F_EVENT_IDX only. */
static uint64_t avail_size(const VirtQueue *vq)
{
	return 4 + 2 * (uint64_t)vq->num + (vq->event_idx ? 2 : 0);
}

static uint64_t used_size(const VirtQueue *vq)
{
	return 4 + 8 * (uint64_t)vq->num + (vq->event_idx ? 2 : 0);
}

static bool split_open(VirtQueue *vq)
{
	struct vmm *vmm = ring_vmm(vq);

	return vmm_window_open(vmm, &vq->desc, vq->desc_addr, sizeof(struct ring_desc) * vq->num,
			       false) &&
	       vmm_window_open(vmm, &vq->used, vq->used_addr, used_size(vq), true) &&
	       vmm_window_open(vmm, &vq->avail, vq->avail_addr, avail_size(vq), false);
}

static uint16_t read_avail_idx(VirtQueue *vq)
{
	vmm_window_touch(ring_vmm(vq), &vq->avail, 0, avail_size(vq), false);
	vq->shadow_avail_idx = ring_load16(vq, &vq->avail, 2);
	return vq->shadow_avail_idx;
}

static bool split_empty(VirtQueue *vq)
{
	return vq->shadow_avail_idx == vq->last_avail_idx &&
	       read_avail_idx(vq) == vq->last_avail_idx;
}

/* Where the guest looks to see from which avail index on it shall kick. */
static void set_avail_event(VirtQueue *vq, uint16_t idx)
{
	if (!vq->notification)
		return;
	vmm_window_touch(ring_vmm(vq), &vq->used, 0, used_size(vq), true);
	ring_store16(vq, &vq->used, 4 + 8 * (uint64_t)vq->num, idx);
}

static void split_set_notification(VirtQueue *vq)
{
	if (vq->event_idx) {
		set_avail_event(vq, read_avail_idx(vq));
		return;
	}
	vmm_window_touch(ring_vmm(vq), &vq->used, 0, 2, true);
	ring_store16(vq, &vq->used, 0, (ring_load16(vq, &vq->used, 0) & ~VRING_USED_F_NO_NOTIFY) |
				       (vq->notification ? 0 : VRING_USED_F_NO_NOTIFY));
}

static int split_next(VirtQueue *vq)
{
	VirtIODevice *vdev = vq->vdev;
	unsigned int head;

	if (read_avail_idx(vq) == vq->last_avail_idx || ring_is_full(vq))
		return -1;
	head = ring_load16(vq, &vq->avail, 4 + 2 * (vq->last_avail_idx % vq->num));
	vq->last_avail_idx++;
	if (head >= vq->num) {
		virtio_error(vdev, "%s: queue %u says that descriptor %u is available", vdev->name,
			     vq->index, head);
		return -1;
	}
	if (vq->event_idx)
		set_avail_event(vq, vq->last_avail_idx);
	return head;
}

/* Follow the chain from its head; indirect descriptors lead to a table of their own. */
static bool split_collect(VirtQueue *vq, struct ring_chain *chain, unsigned int head)
{
	struct vmm_window table = vq->desc;
	unsigned int max = vq->num, seen = 0;
	struct ring_desc desc = ring_read_desc(vq, &table, head);

	chain->id = head;
	chain->ndescs = 1;
	if (desc.split.flags & VRING_DESC_F_INDIRECT) {
		if (!ring_open_table(vq, &table, desc.addr, desc.len))
			return false;
		max = desc.len / sizeof(desc);
		desc = ring_read_desc(vq, &table, 0);
	}
	for (;;) {
		if (!ring_chain_add(vq, chain, &desc, desc.split.flags & VRING_DESC_F_WRITE))
			return false;
		if (++seen > max) {
			ring_says_loop(vq);
			return false;
		}
		if (!(desc.split.flags & VRING_DESC_F_NEXT))
			return true;
		if (desc.split.next >= max) {
			virtio_error(vq->vdev, "%s: queue %u has no descriptor %u", vq->vdev->name,
				     vq->index, desc.split.next);
			return false;
		}
		desc = ring_read_desc(vq, &table, desc.split.next);
	}
}

static void split_fill(VirtQueue *vq, const VirtQueueElement *elem, unsigned int len,
		       unsigned int idx)
{
	uint32_t used[2] = { cpu_to_le32(elem->index), cpu_to_le32(len) };
	uint64_t offset = 4 + 8 * ((idx + vq->used_idx) % vq->num);

	vmm_window_touch(ring_vmm(vq), &vq->used, offset, sizeof(used), true);
	vmm_window_write(ring_vmm(vq), &vq->used, offset, used, sizeof(used));
}

static void split_flush(VirtQueue *vq, unsigned int count)
{
	uint16_t old = vq->used_idx, new = old + count;

	vmm_window_touch(ring_vmm(vq), &vq->used, 0, 4, true);
	ring_store16(vq, &vq->used, 2, new);
	vq->used_idx = new;
	vq->inuse -= count;
	/* The index has gone all the way round since the last interrupt. */
	if ((int16_t)(new - vq->signalled_used) < (uint16_t)(new - old))
		vq->signalled_used_valid = false;
}

static void split_rewind(VirtQueue *vq, unsigned int num)
{
	vq->last_avail_idx -= num;
}

static bool split_wants_interrupt(VirtQueue *vq)
{
	uint16_t old = vq->signalled_used, new = vq->used_idx;
	bool valid = vq->signalled_used_valid;

	vmm_window_touch(ring_vmm(vq), &vq->avail, 0, avail_size(vq), false);
	if (virtio_vdev_has_feature(vq->vdev, VIRTIO_F_NOTIFY_ON_EMPTY) && !vq->inuse &&
	    virtio_queue_empty(vq))
		return true;
	if (!vq->event_idx)
		return !(ring_load16(vq, &vq->avail, 0) & VRING_AVAIL_F_NO_INTERRUPT);
	vq->signalled_used = new;
	vq->signalled_used_valid = true;
	return !valid ||
	       vring_need_event(ring_load16(vq, &vq->avail, 4 + 2 * vq->num), new, old);
}

static void split_begin(VirtQueue *vq)
{
	vq->last_avail_idx = vq->shadow_avail_idx = vq->used_idx = 0;
}

/* The place where used entries go is in the ring itself. */
static uint32_t split_position(const VirtQueue *vq)
{
	return vq->last_avail_idx;
}

static bool split_set_position(VirtQueue *vq, uint32_t position)
{
	if (position > UINT16_MAX)
		return false;
	vq->last_avail_idx = vq->shadow_avail_idx = position;
	return true;
}

static unsigned int split_find_out(VirtQueue *vq)
{
	vmm_window_touch(ring_vmm(vq), &vq->used, 0, 4, false);
	vq->used_idx = ring_load16(vq, &vq->used, 2);
	return (uint16_t)(vq->last_avail_idx - vq->used_idx);
}

const struct ring_layout ring_layout_split = {
	.open = split_open,
	.empty = split_empty,
	.set_notification = split_set_notification,
	.next = split_next,
	.collect = split_collect,
	.fill = split_fill,
	.flush = split_flush,
	.rewind = split_rewind,
	.wants_interrupt = split_wants_interrupt,
	.begin = split_begin,
	.position = split_position,
	.set_position = split_set_position,
	.find_out = split_find_out,
};
