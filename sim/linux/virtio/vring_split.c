// SPDX-License-Identifier: GPL-2.0-only
/*
 * The model's split ring (Virtio 1.2, section 2.7), as Linux 6.1 writes it: descriptors of a
 * request are chained in the order of free ones, and the index of what is wanted next is written
 * whether the device looks at it or not.
 */
#include "vring.h"

#include <linux/cache.h>
#include <linux/kernel.h>
#include <linux/mm.h>

static unsigned int split_sizes(unsigned int num, size_t bytes[VRING_PARTS])
{
	bytes[0] = vring_size(num, SMP_CACHE_BYTES);
	return 1;
}

static void split_init(struct vring_virtqueue *vvq)
{
	vring_init(&vvq->split.vring, vvq->num, vvq->part[0], SMP_CACHE_BYTES);
}

static void put_desc(const struct vring_virtqueue *vvq, struct vring_desc *desc, u64 addr, u32 len,
		     u16 flags, u16 next)
{
	struct virtio_device *vdev = vvq->vq.vdev;

	desc->addr = cpu_to_virtio64(vdev, addr);
	desc->len = cpu_to_virtio32(vdev, len);
	desc->flags = cpu_to_virtio16(vdev, flags);
	desc->next = cpu_to_virtio16(vdev, next);
}

/* All buffers, into a table in its order or into the ring in the order of ids. */
static void put_chain(const struct vring_virtqueue *vvq, const struct sg_walk *walk,
		      struct vring_desc *table, u16 at)
{
	struct vring_desc *desc = table ? table : vvq->split.vring.desc;
	unsigned int i, left = walk->total;
	struct scatterlist *sg;

	for (i = 0; i < walk->out_sgs + walk->in_sgs; i++) {
		for (sg = walk->sgs[i]; sg; sg = sg_next(sg)) {
			u16 next = table ? at + 1 : vvq->request[at].next;

			put_desc(vvq, &desc[at], sg_phys(sg), sg->length,
				 (vring_is_in(walk, i) ? VRING_DESC_F_WRITE : 0) |
				 (--left ? VRING_DESC_F_NEXT : 0), next);
			at = next;
		}
	}
}

static void split_put(struct vring_virtqueue *vvq, const struct sg_walk *walk, u16 id)
{
	struct virtio_device *vdev = vvq->vq.vdev;
	struct vring_request *request = &vvq->request[id];
	struct vring *vring = &vvq->split.vring;

	put_chain(vvq, walk, request->table, request->table ? 0 : id);
	if (request->table)
		put_desc(vvq, &vring->desc[id], virt_to_phys(request->table),
			 walk->total * sizeof(struct vring_desc), VRING_DESC_F_INDIRECT,
			 request->next);
	vring->avail->ring[vvq->split.avail_idx % vvq->num] = cpu_to_virtio16(vdev, id);
	vvq->split.avail_idx++;
	vring->avail->idx = cpu_to_virtio16(vdev, vvq->split.avail_idx);
	vvq->num_added++;
}

static bool split_kick_prepare(struct vring_virtqueue *vvq)
{
	struct virtio_device *vdev = vvq->vq.vdev;
	const struct vring *vring = &vvq->split.vring;
	u16 new_idx = vvq->split.avail_idx;

	if (vvq->use_event)
		return vring_need_event(virtio16_to_cpu(vdev, vring_avail_event(vring)), new_idx,
					new_idx - vvq->num_added);
	return !(vring->used->flags & cpu_to_virtio16(vdev, VRING_USED_F_NO_NOTIFY));
}

static u16 used_idx(const struct vring_virtqueue *vvq)
{
	return virtio16_to_cpu(vvq->vq.vdev, READ_ONCE(vvq->split.vring.used->idx));
}

static bool split_more_used(const struct vring_virtqueue *vvq)
{
	return vvq->last_used != used_idx(vvq);
}

static struct vring_used_entry split_used(const struct vring_virtqueue *vvq)
{
	const struct vring_used_elem *elem =
		&vvq->split.vring.used->ring[vvq->last_used % vvq->num];

	return (struct vring_used_entry){ virtio32_to_cpu(vvq->vq.vdev, elem->id),
					  virtio32_to_cpu(vvq->vq.vdev, elem->len) };
}

static void set_used_event(struct vring_virtqueue *vvq, u16 idx)
{
	vring_used_event(&vvq->split.vring) = cpu_to_virtio16(vvq->vq.vdev, idx);
}

static bool split_disabled(const struct vring_virtqueue *vvq)
{
	return vvq->split.avail_flags & VRING_AVAIL_F_NO_INTERRUPT;
}

static void split_took(struct vring_virtqueue *vvq, unsigned int nr)
{
	vvq->last_used++;
	if (!split_disabled(vvq))
		set_used_event(vvq, vvq->last_used);
}

static void split_unused(struct vring_virtqueue *vvq)
{
	vvq->split.avail_idx--;
	vvq->split.vring.avail->idx = cpu_to_virtio16(vvq->vq.vdev, vvq->split.avail_idx);
}

static void set_avail_flags(struct vring_virtqueue *vvq, u16 flags, bool tell)
{
	vvq->split.avail_flags = flags;
	if (tell)
		vvq->split.vring.avail->flags = cpu_to_virtio16(vvq->vq.vdev, flags);
}

static void split_disable(struct vring_virtqueue *vvq, bool tell)
{
	set_avail_flags(vvq, VRING_AVAIL_F_NO_INTERRUPT, tell && !vvq->use_event);
	if (tell && vvq->use_event)	/* an index that will not be passed soon */
		set_used_event(vvq, 0);
}

static unsigned int split_enable(struct vring_virtqueue *vvq, unsigned int after)
{
	if (split_disabled(vvq))
		set_avail_flags(vvq, 0, !vvq->use_event);
	set_used_event(vvq, vvq->last_used + after);
	return vvq->last_used;
}

static bool split_used_since(const struct vring_virtqueue *vvq, u16 place)
{
	return place != used_idx(vvq);
}

static unsigned int split_in_flight(const struct vring_virtqueue *vvq)
{
	return (u16)(vvq->split.avail_idx - vvq->last_used);
}

static bool split_used_after(const struct vring_virtqueue *vvq, unsigned int after)
{
	return (u16)(used_idx(vvq) - vvq->last_used) > after;
}

const struct vring_layout vring_layout_split = {
	.sizes = split_sizes, .init = split_init,
	.put = split_put, .kick_prepare = split_kick_prepare,
	.more_used = split_more_used, .used = split_used, .took = split_took,
	.unused = split_unused,
	.disabled = split_disabled, .disable = split_disable, .enable = split_enable,
	.used_since = split_used_since, .in_flight = split_in_flight,
	.used_after = split_used_after,
};
