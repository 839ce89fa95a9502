// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device side of packed rings: one ring of descriptors that driver and device write in turn,
 * whose flags say by wrap counters whose turn it is (Virtio 1.2, section 2.8).
 *
 * Models the functions of hw/virtio/virtio.c of QEMU with "packed" in their names.  A guest may
 * write what it likes: the id of a request is given back and never used as an index here, a chain
 * ends with the ring's size, places in the ring that come from somewhere else are checked.  A
 * table of no bytes is refused, as in a split ring; QEMU 7.2 takes it for a loop.
 */
#include "virtio_ring.h"

#include "qemu/bswap.h"

#define DESC_AVAIL (1u << VRING_PACKED_DESC_F_AVAIL)
#define DESC_USED (1u << VRING_PACKED_DESC_F_USED)
#define OFFSET_OF_LEN 8			/* in a descriptor; then id and flags */
#define OFFSET_OF_FLAGS 14

/* An event structure: offset and wrap counter, then flags. */
#define EVENT_SIZE 4
#define EVENT_FLAGS 2
#define EVENT_WRAP (1u << VRING_PACKED_EVENT_F_WRAP_CTR)

struct place {
	unsigned int idx;
	bool wrap;
};

/* Less than two rings further. */
static struct place further(const VirtQueue *vq, unsigned int idx, bool wrap, unsigned int n)
{
	struct place place = { idx + n, wrap };

	while (place.idx >= vq->num) {
		place.idx -= vq->num;
		place.wrap = !place.wrap;
	}
	return place;
}

static void set_next(VirtQueue *vq, struct place place)
{
	vq->last_avail_idx = vq->shadow_avail_idx = place.idx;
	vq->avail_wrap = place.wrap;
}

/* The driver's events are where split rings have what is available, the device's where they have
 * what was used. */
static bool packed_open(VirtQueue *vq)
{
	struct vmm *vmm = ring_vmm(vq);

	return vmm_window_open(vmm, &vq->desc, vq->desc_addr, sizeof(struct ring_desc) * vq->num,
			       true) &&
	       vmm_window_open(vmm, &vq->used, vq->used_addr, EVENT_SIZE, true) &&
	       vmm_window_open(vmm, &vq->avail, vq->avail_addr, EVENT_SIZE, false);
}

static bool packed_empty(VirtQueue *vq)
{
	uint64_t offset = sizeof(struct ring_desc) * vq->last_avail_idx + OFFSET_OF_FLAGS;
	uint16_t flags;

	vmm_window_touch(ring_vmm(vq), &vq->desc, offset, sizeof(flags), false);
	flags = ring_load16(vq, &vq->desc, offset);
	return !(flags & DESC_AVAIL) != !vq->avail_wrap || !(flags & DESC_USED) == !vq->avail_wrap;
}

static void packed_set_notification(VirtQueue *vq)
{
	uint16_t flags = VRING_PACKED_EVENT_FLAG_ENABLE;

	vmm_window_touch(ring_vmm(vq), &vq->used, 0, EVENT_SIZE, true);
	if (!vq->notification) {
		flags = VRING_PACKED_EVENT_FLAG_DISABLE;
	} else if (vq->event_idx) {
		ring_store16(vq, &vq->used, 0,
			     vq->last_avail_idx | (vq->avail_wrap ? EVENT_WRAP : 0));
		flags = VRING_PACKED_EVENT_FLAG_DESC;
	}
	ring_store16(vq, &vq->used, EVENT_FLAGS, flags);
}

static int packed_next(VirtQueue *vq)
{
	return packed_empty(vq) || ring_is_full(vq) ? -1 : vq->last_avail_idx;
}

/* All descriptors of a table, in their order. */
static bool collect_table(VirtQueue *vq, struct ring_chain *chain, const struct ring_desc *head)
{
	unsigned int i, nr = head->len / sizeof(*head);
	struct vmm_window table;

	if (!ring_open_table(vq, &table, head->addr, head->len))
		return false;
	for (i = 0; i < nr; i++) {
		struct ring_desc desc = ring_read_desc(vq, &table, i);

		if (!ring_chain_add(vq, chain, &desc, desc.packed.flags & VRING_DESC_F_WRITE))
			return false;
	}
	return true;
}

/* One after the other in the ring, and round its end. */
static bool collect_ring(VirtQueue *vq, struct ring_chain *chain, struct ring_desc desc)
{
	struct place place = { vq->last_avail_idx, vq->avail_wrap };

	for (chain->ndescs = 0;;) {
		if (!ring_chain_add(vq, chain, &desc, desc.packed.flags & VRING_DESC_F_WRITE))
			return false;
		if (++chain->ndescs > vq->num) {
			ring_says_loop(vq);
			return false;
		}
		if (!(desc.packed.flags & VRING_DESC_F_NEXT))
			return true;
		place = further(vq, place.idx, place.wrap, 1);
		desc = ring_read_desc(vq, &vq->desc, place.idx);
	}
}

/* The id is that of the first descriptor, as with QEMU; Linux writes it into all of them. */
static bool packed_collect(VirtQueue *vq, struct ring_chain *chain, unsigned int head)
{
	struct ring_desc desc = ring_read_desc(vq, &vq->desc, head);
	bool ok;

	chain->id = desc.packed.id;
	chain->ndescs = 1;
	ok = desc.packed.flags & VRING_DESC_F_INDIRECT ? collect_table(vq, chain, &desc) :
							 collect_ring(vq, chain, desc);
	if (ok)
		set_next(vq, further(vq, vq->last_avail_idx, vq->avail_wrap, chain->ndescs));
	return ok;
}

static void packed_fill(VirtQueue *vq, const VirtQueueElement *elem, unsigned int len,
			unsigned int idx)
{
	g_assert(idx < VIRTQUEUE_MAX_SIZE);
	vq->filled[idx] = (struct ring_filled){ elem->index, len, elem->ndescs };
}

/* Into the first of the entries that the request took; the driver looks at the flags. */
static void write_used(VirtQueue *vq, const struct ring_filled *filled, unsigned int offset)
{
	struct place place = further(vq, vq->used_idx, vq->used_wrap, offset);
	struct ring_desc desc = { .packed.id = cpu_to_le16(filled->id),
				  .len = cpu_to_le32(filled->len) };
	uint64_t at = sizeof(desc) * place.idx;

	vmm_window_touch(ring_vmm(vq), &vq->desc, at, sizeof(desc), true);
	vmm_window_write(ring_vmm(vq), &vq->desc, at + OFFSET_OF_LEN, &desc.len,
			 OFFSET_OF_FLAGS - OFFSET_OF_LEN);
	ring_store16(vq, &vq->desc, at + OFFSET_OF_FLAGS, place.wrap ? DESC_AVAIL | DESC_USED : 0);
}

/* The first request last: the driver sees all of them, or none. */
static void packed_flush(VirtQueue *vq, unsigned int count)
{
	unsigned int i, ndescs = vq->filled[0].ndescs;
	struct place place;

	for (i = 1; i < count; i++) {
		write_used(vq, &vq->filled[i], ndescs);
		ndescs += vq->filled[i].ndescs;
	}
	write_used(vq, &vq->filled[0], 0);
	vq->inuse -= ndescs;
	place = further(vq, vq->used_idx, vq->used_wrap, ndescs);
	if (vq->used_idx + ndescs >= vq->num)
		vq->signalled_used_valid = false;
	vq->used_idx = place.idx;
	vq->used_wrap = place.wrap;
}

static void packed_rewind(VirtQueue *vq, unsigned int num)
{
	/* Back by less than two rings is forward by the rest of two. */
	set_next(vq, further(vq, vq->last_avail_idx, vq->avail_wrap,
			     2 * vq->num - num % (2 * vq->num)));
}

static bool packed_wants_interrupt(VirtQueue *vq)
{
	uint16_t old = vq->signalled_used, new = vq->used_idx, event, flags;
	bool valid = vq->signalled_used_valid;
	unsigned int idx;

	vmm_window_touch(ring_vmm(vq), &vq->avail, 0, EVENT_SIZE, false);
	flags = ring_load16(vq, &vq->avail, EVENT_FLAGS);
	event = ring_load16(vq, &vq->avail, 0);
	vq->signalled_used = new;
	vq->signalled_used_valid = true;
	if (flags == VRING_PACKED_EVENT_FLAG_DISABLE || flags == VRING_PACKED_EVENT_FLAG_ENABLE)
		return flags == VRING_PACKED_EVENT_FLAG_ENABLE;
	idx = event & ~EVENT_WRAP;
	/* Of the last time round: so far behind the beginning of this one. */
	if (vq->used_wrap != !!(event & EVENT_WRAP))
		idx -= vq->num;
	return !valid || vring_need_event(idx, new, old);
}

static void packed_begin(VirtQueue *vq)
{
	set_next(vq, (struct place){ 0, true });
	vq->used_idx = 0;
	vq->used_wrap = true;
}

/* Next to take, and in the upper half next to give back, each with its wrap counter on top. */
static uint32_t packed_position(const VirtQueue *vq)
{
	uint32_t avail = vq->last_avail_idx | (vq->avail_wrap ? EVENT_WRAP : 0);
	uint32_t used = vq->used_idx | (vq->used_wrap ? EVENT_WRAP : 0);

	return avail | used << 16;
}

static bool packed_set_position(VirtQueue *vq, uint32_t position)
{
	struct place avail = { position & (EVENT_WRAP - 1), position & EVENT_WRAP };
	uint32_t used = position >> 16;

	if (avail.idx >= vq->num || (used & (EVENT_WRAP - 1)) >= vq->num)
		return false;
	set_next(vq, avail);
	vq->used_idx = used & (EVENT_WRAP - 1);
	vq->used_wrap = used & EVENT_WRAP;
	return true;
}

static unsigned int packed_find_out(VirtQueue *vq)
{
	return vq->last_avail_idx - vq->used_idx +
	       (vq->avail_wrap != vq->used_wrap ? vq->num : 0);
}

const struct ring_layout ring_layout_packed = {
	.open = packed_open,
	.empty = packed_empty,
	.set_notification = packed_set_notification,
	.next = packed_next,
	.collect = packed_collect,
	.fill = packed_fill,
	.flush = packed_flush,
	.rewind = packed_rewind,
	.wants_interrupt = packed_wants_interrupt,
	.begin = packed_begin,
	.position = packed_position,
	.set_position = packed_set_position,
	.find_out = packed_find_out,
};
