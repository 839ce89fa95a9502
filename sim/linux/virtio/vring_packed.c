// SPDX-License-Identifier: GPL-2.0-only
/*
 * The model's packed ring (Virtio 1.2, section 2.8), as Linux 6.1 writes it: the first descriptor
 * of a request becomes available last, all of them say its id, and what a table says of ids is what
 * was in that memory before.
 */
#include "vring.h"

#include <linux/kernel.h>
#include <linux/mm.h>

#define DESC_AVAIL (1 << VRING_PACKED_DESC_F_AVAIL)
#define DESC_USED (1 << VRING_PACKED_DESC_F_USED)
#define EVENT_WRAP (1 << VRING_PACKED_EVENT_F_WRAP_CTR)

/* Ring, driver's events, device's events. */
static unsigned int packed_sizes(unsigned int num, size_t bytes[VRING_PARTS])
{
	bytes[0] = num * sizeof(struct vring_packed_desc);
	bytes[1] = bytes[2] = sizeof(struct vring_packed_desc_event);
	return 3;
}

static void packed_init(struct vring_virtqueue *vvq)
{
	vvq->packed.desc = vvq->part[0];
	vvq->packed.driver = vvq->part[1];
	vvq->packed.device = vvq->part[2];
	vvq->packed.avail_wrap = vvq->packed.used_wrap = true;
	vvq->packed.event_flags = VRING_PACKED_EVENT_FLAG_ENABLE;
}

static void put_desc(struct vring_packed_desc *desc, u64 addr, u32 len)
{
	desc->addr = cpu_to_le64(addr);
	desc->len = cpu_to_le32(len);
}

/* Flags of the next entry of the ring, which is passed then. */
static u16 pass_entry(struct vring_virtqueue *vvq)
{
	u16 flags = vvq->packed.avail_wrap ? DESC_AVAIL : DESC_USED;

	if (++vvq->packed.next_avail == vvq->num) {
		vvq->packed.next_avail = 0;
		vvq->packed.avail_wrap = !vvq->packed.avail_wrap;
	}
	vvq->num_added++;
	return flags;
}

/* The flags of the first entry, which are not written. */
static u16 put_in_ring(struct vring_virtqueue *vvq, const struct sg_walk *walk, u16 id)
{
	unsigned int i, left = walk->total;
	u16 flags, first = 0;

	for (i = 0; i < walk->out_sgs + walk->in_sgs; i++) {
		struct scatterlist *sg;

		for (sg = walk->sgs[i]; sg; sg = sg_next(sg)) {
			struct vring_packed_desc *desc = &vvq->packed.desc[vvq->packed.next_avail];
			bool is_first = left == walk->total;

			flags = pass_entry(vvq) | (vring_is_in(walk, i) ? VRING_DESC_F_WRITE : 0) |
				(--left ? VRING_DESC_F_NEXT : 0);
			put_desc(desc, sg_phys(sg), sg->length);
			desc->id = cpu_to_le16(id);
			if (is_first)
				first = flags;
			else
				desc->flags = cpu_to_le16(flags);
		}
	}
	return first;
}

static void put_in_table(struct vring_packed_desc *desc, const struct sg_walk *walk)
{
	struct scatterlist *sg;
	unsigned int i;

	for (i = 0; i < walk->out_sgs + walk->in_sgs; i++) {
		for (sg = walk->sgs[i]; sg; sg = sg_next(sg), desc++) {
			put_desc(desc, sg_phys(sg), sg->length);
			desc->flags = cpu_to_le16(vring_is_in(walk, i) ? VRING_DESC_F_WRITE : 0);
		}
	}
}

static void packed_put(struct vring_virtqueue *vvq, const struct sg_walk *walk, u16 id)
{
	struct vring_packed_desc *first = &vvq->packed.desc[vvq->packed.next_avail];
	struct vring_packed_desc *table = vvq->request[id].table;
	u16 flags;

	if (table) {
		put_in_table(table, walk);
		put_desc(first, virt_to_phys(table), walk->total * sizeof(*table));
		first->id = cpu_to_le16(id);
		flags = pass_entry(vvq) | VRING_DESC_F_INDIRECT;
	} else {
		flags = put_in_ring(vvq, walk, id);
	}
	barrier();
	first->flags = cpu_to_le16(flags);
}

/* A place of the round before counts as so far behind the beginning of this one. */
static bool packed_kick_prepare(struct vring_virtqueue *vvq)
{
	u16 flags = le16_to_cpu(vvq->packed.device->flags);
	u16 event = le16_to_cpu(vvq->packed.device->off_wrap);
	u16 new_idx = vvq->packed.next_avail, idx = event & ~EVENT_WRAP;

	if (flags != VRING_PACKED_EVENT_FLAG_DESC)
		return flags != VRING_PACKED_EVENT_FLAG_DISABLE;
	if (vvq->packed.avail_wrap != !!(event & EVENT_WRAP))
		idx -= vvq->num;
	return vring_need_event(idx, new_idx, new_idx - vvq->num_added);
}

static bool is_used(const struct vring_virtqueue *vvq, u16 at, bool wrap)
{
	u16 flags = le16_to_cpu(READ_ONCE(vvq->packed.desc[at].flags));
	u16 want = wrap ? DESC_AVAIL | DESC_USED : 0;

	return (flags & (DESC_AVAIL | DESC_USED)) == want;
}

static bool packed_more_used(const struct vring_virtqueue *vvq)
{
	return is_used(vvq, vvq->last_used, vvq->packed.used_wrap);
}

static struct vring_used_entry packed_used(const struct vring_virtqueue *vvq)
{
	const struct vring_packed_desc *desc = &vvq->packed.desc[vvq->last_used];

	return (struct vring_used_entry){ le16_to_cpu(desc->id), le32_to_cpu(desc->len) };
}

/* The place @nr entries behind what was used last, with its wrap counter. */
static u16 used_place(const struct vring_virtqueue *vvq, unsigned int nr)
{
	unsigned int at = vvq->last_used + nr;
	bool wrap = vvq->packed.used_wrap;

	if (at >= vvq->num) {
		at -= vvq->num;
		wrap = !wrap;
	}
	return at | (wrap ? EVENT_WRAP : 0);
}

static void packed_took(struct vring_virtqueue *vvq, unsigned int nr)
{
	u16 place = used_place(vvq, nr);

	vvq->last_used = place & ~EVENT_WRAP;
	vvq->packed.used_wrap = place & EVENT_WRAP;
	if (vvq->packed.event_flags == VRING_PACKED_EVENT_FLAG_DESC)
		vvq->packed.driver->off_wrap = cpu_to_le16(place);
}

/* The ring is not used again. */
static void packed_unused(struct vring_virtqueue *vvq)
{
}

static bool packed_disabled(const struct vring_virtqueue *vvq)
{
	return vvq->packed.event_flags == VRING_PACKED_EVENT_FLAG_DISABLE;
}

static void set_event_flags(struct vring_virtqueue *vvq, u16 flags, bool tell)
{
	vvq->packed.event_flags = flags;
	if (tell)
		vvq->packed.driver->flags = cpu_to_le16(flags);
}

static void packed_disable(struct vring_virtqueue *vvq, bool tell)
{
	set_event_flags(vvq, VRING_PACKED_EVENT_FLAG_DISABLE, tell);
}

static unsigned int packed_enable(struct vring_virtqueue *vvq, unsigned int after)
{
	if (vvq->use_event)
		vvq->packed.driver->off_wrap = cpu_to_le16(used_place(vvq, after));
	if (packed_disabled(vvq))
		set_event_flags(vvq, vvq->use_event ? VRING_PACKED_EVENT_FLAG_DESC :
						      VRING_PACKED_EVENT_FLAG_ENABLE, true);
	return used_place(vvq, 0);
}

static bool packed_used_since(const struct vring_virtqueue *vvq, u16 place)
{
	return is_used(vvq, place & ~EVENT_WRAP, place & EVENT_WRAP);
}

static unsigned int packed_in_flight(const struct vring_virtqueue *vvq)
{
	return vvq->num - vvq->vq.num_free;
}

static bool packed_used_after(const struct vring_virtqueue *vvq, unsigned int after)
{
	return packed_more_used(vvq);
}

const struct vring_layout vring_layout_packed = {
	.sizes = packed_sizes, .init = packed_init,
	.put = packed_put, .kick_prepare = packed_kick_prepare,
	.more_used = packed_more_used, .used = packed_used, .took = packed_took,
	.unused = packed_unused,
	.disabled = packed_disabled, .disable = packed_disable, .enable = packed_enable,
	.used_since = packed_used_since, .in_flight = packed_in_flight,
	.used_after = packed_used_after,
};
