// SPDX-License-Identifier: GPL-2.0-only
/*
 * The model's driver side of virtqueues, whatever the layout of the ring.
 *
 * The rings are bytes in guest memory, at the addresses that the device is told.  Behaviour of
 * drivers/virtio/virtio_ring.c in Linux 6.1 where the specification leaves a choice: indirect
 * tables are used for more than one buffer when the feature is there, a used id that makes no
 * sense breaks the queue.  Left out: in-order, bounce buffers (addresses are guest-physical).  What
 * the real file keeps about requests in memory of the guest is the host's here.
 */
#include "vring.h"

#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "hostmem.h"
#include "kernel/internal.h"
#include "mm/internal.h"

static struct vring_virtqueue *to_vvq(const struct virtqueue *vq)
{
	return container_of((struct virtqueue *)vq, struct vring_virtqueue, vq);
}

static void queue_broken(struct vring_virtqueue *vvq, const char *why, u32 value)
{
	dev_err(&vvq->vq.vdev->dev, "%s: %s %u\n", vvq->vq.name, why, value);
	vvq->broken = true;
}

/* Ids */

static u16 take_ids(struct vring_virtqueue *vvq, unsigned int nr)
{
	u16 first = vvq->free_id, last = first;
	unsigned int i;

	for (i = 1; i < nr; i++)
		last = vvq->request[last].next;
	vvq->free_id = vvq->request[last].next;
	vvq->request[first].nr = nr;
	vvq->request[first].last = last;
	vvq->vq.num_free -= nr;
	return first;
}

static void give_ids_back(struct vring_virtqueue *vvq, u16 id)
{
	struct vring_request *request = &vvq->request[id];

	vvq->request[request->last].next = vvq->free_id;
	vvq->free_id = id;
	vvq->vq.num_free += request->nr;
	kfree(request->table);
	request->table = NULL;
	request->data = NULL;
}

/* Kicking */

static bool ring_kick_prepare(struct virtqueue *vq)
{
	struct vring_virtqueue *vvq = to_vvq(vq);
	bool needed = vvq->layout->kick_prepare(vvq);

	vvq->num_added = 0;
	return needed;
}

static bool ring_notify(struct virtqueue *vq)
{
	return !to_vvq(vq)->broken && to_vvq(vq)->notify(vq);
}

/* Putting buffers in */

static unsigned int count_sgs(struct scatterlist *sgs[], unsigned int nr)
{
	unsigned int i, total = 0;

	for (i = 0; i < nr; i++) {
		struct scatterlist *sg;

		for (sg = sgs[i]; sg; sg = sg_next(sg))
			total++;
	}
	return total;
}

static int ring_add_sgs(struct virtqueue *vq, struct scatterlist *sgs[], unsigned int out_sgs,
			unsigned int in_sgs, void *data, gfp_t gfp)
{
	struct vring_virtqueue *vvq = to_vvq(vq);
	struct sg_walk walk = { .sgs = sgs, .out_sgs = out_sgs, .in_sgs = in_sgs,
				.total = count_sgs(sgs, out_sgs + in_sgs) };
	void *table = NULL;
	unsigned int needed;
	u16 id;

	if (vvq->broken)
		return -EIO;
	if (WARN_ON(!data || !walk.total))
		return -EINVAL;
	/* A descriptor is of the same size in both layouts. */
	if (vvq->use_indirect && walk.total > 1 && vq->num_free)
		table = kmalloc_array(walk.total, sizeof(struct vring_desc),
				      gfp & ~__GFP_HIGHMEM);
	needed = table ? 1 : walk.total;
	if (vq->num_free < needed) {
		/* The host may not know of what is there. */
		if (out_sgs && vvq->layout == &vring_layout_split)
			vvq->notify(vq);
		return -ENOSPC;
	}
	id = take_ids(vvq, needed);
	vvq->request[id].data = data;
	vvq->request[id].table = table;
	vvq->layout->put(vvq, &walk, id);
	/* Before it goes round. */
	if (vvq->num_added == (1 << 16) - 1 && ring_kick_prepare(vq))
		ring_notify(vq);
	return 0;
}

static int add_one(struct virtqueue *vq, struct scatterlist *sg, unsigned int num, bool in,
		   void *data, gfp_t gfp)
{
	/* The caller's list ends after @num entries, whatever it says itself. */
	if (!sg_is_last(&sg[num - 1]))
		sg_mark_end(&sg[num - 1]);
	return ring_add_sgs(vq, &sg, !in, in, data, gfp);
}

static int ring_add_outbuf(struct virtqueue *vq, struct scatterlist sg[], unsigned int num,
			   void *data, gfp_t gfp)
{
	return add_one(vq, sg, num, false, data, gfp);
}

static int ring_add_inbuf(struct virtqueue *vq, struct scatterlist sg[], unsigned int num,
			  void *data, gfp_t gfp)
{
	return add_one(vq, sg, num, true, data, gfp);
}

/* Taking buffers out */

static void *ring_get_buf(struct virtqueue *vq, unsigned int *len)
{
	struct vring_virtqueue *vvq = to_vvq(vq);
	struct vring_used_entry used;
	unsigned int nr;
	void *data;

	if (vvq->broken || !vvq->layout->more_used(vvq))
		return NULL;
	used = vvq->layout->used(vvq);
	*len = used.len;
	if (used.id >= vvq->num) {
		queue_broken(vvq, "device returned descriptor out of range:", used.id);
		return NULL;
	}
	data = vvq->request[used.id].data;
	if (!data) {
		queue_broken(vvq, "device returned descriptor that it does not have:", used.id);
		return NULL;
	}
	nr = vvq->request[used.id].nr;
	give_ids_back(vvq, used.id);
	vvq->layout->took(vvq, nr);
	return data;
}

static void *ring_detach_unused_buf(struct virtqueue *vq)
{
	struct vring_virtqueue *vvq = to_vvq(vq);
	unsigned int i;

	for (i = 0; i < vvq->num; i++) {
		void *data = vvq->request[i].data;

		if (!data)
			continue;
		give_ids_back(vvq, i);
		vvq->layout->unused(vvq);
		return data;
	}
	return NULL;
}

/* Interrupts */

static void ring_disable_cb(struct virtqueue *vq)
{
	struct vring_virtqueue *vvq = to_vvq(vq);

	/* One that has come says enough: the device sends no second one before it is asked to. */
	if (!vvq->layout->disabled(vvq))
		vvq->layout->disable(vvq, !vvq->event_triggered);
}

static unsigned int enable_after(struct vring_virtqueue *vvq, unsigned int after)
{
	vvq->event_triggered = false;
	return vvq->layout->enable(vvq, after);
}

static unsigned int ring_enable_cb_prepare(struct virtqueue *vq)
{
	return enable_after(to_vvq(vq), 0);
}

static bool ring_poll(struct virtqueue *vq, unsigned int place)
{
	return !to_vvq(vq)->broken && to_vvq(vq)->layout->used_since(to_vvq(vq), place);
}

static bool ring_enable_cb(struct virtqueue *vq)
{
	return !ring_poll(vq, ring_enable_cb_prepare(vq));
}

/* Three quarters of what is out may come back first. */
static bool ring_enable_cb_delayed(struct virtqueue *vq)
{
	struct vring_virtqueue *vvq = to_vvq(vq);

	unsigned int after = vvq->layout->in_flight(vvq) * 3 / 4;

	enable_after(vvq, after);
	return !vvq->layout->used_after(vvq, after);
}

static irqreturn_t ring_interrupt(int irq, void *opaque)
{
	struct vring_virtqueue *vvq = opaque;

	if (!vvq->layout->more_used(vvq))
		return IRQ_NONE;
	if (vvq->broken)
		return IRQ_HANDLED;
	vvq->event_triggered = vvq->use_event;
	if (vvq->vq.callback)
		vvq->vq.callback(&vvq->vq);
	return IRQ_HANDLED;
}

static unsigned int ring_get_vring_size(const struct virtqueue *vq)
{
	return to_vvq(vq)->num;
}

static bool ring_is_broken(const struct virtqueue *vq)
{
	return to_vvq(vq)->broken;
}

static void ring_break_device(struct virtio_device *vdev)
{
	struct virtqueue *vq;

	list_for_each_entry(vq, &vdev->vqs, list)
		to_vvq(vq)->broken = true;
}

/* Making and unmaking */

static void free_parts(struct vring_virtqueue *vvq)
{
	unsigned int i;

	for (i = 0; i < VRING_PARTS; i++)
		if (vvq->bytes[i])
			free_pages_exact(vvq->part[i], vvq->bytes[i]);
}

static bool alloc_parts(struct vring_virtqueue *vvq)
{
	size_t bytes[VRING_PARTS];
	unsigned int i, nr = vvq->layout->sizes(vvq->num, bytes);

	for (i = 0; i < nr; i++) {
		vvq->part[i] = alloc_pages_exact(bytes[i], GFP_KERNEL | __GFP_ZERO);
		if (!vvq->part[i]) {
			free_parts(vvq);
			return false;
		}
		vvq->bytes[i] = PAGE_ALIGN(bytes[i]);
		memset(vvq->part[i], 0, vvq->bytes[i]);
	}
	return true;
}

static struct virtqueue *ring_create(unsigned int index, unsigned int num, unsigned int align,
				     struct virtio_device *vdev, bool weak_barriers,
				     bool may_reduce_num, bool context,
				     bool (*notify)(struct virtqueue *vq),
				     void (*callback)(struct virtqueue *vq), const char *name)
{
	struct vring_virtqueue *vvq = host_alloc(sizeof(*vvq));
	unsigned int i;

	vvq->layout = virtio_has_feature(vdev, VIRTIO_F_RING_PACKED) ? &vring_layout_packed :
								       &vring_layout_split;
	vvq->vq.vdev = vdev;
	vvq->vq.index = index;
	vvq->vq.name = name;
	vvq->vq.callback = callback;
	vvq->num = num;
	vvq->notify = notify;
	if (!alloc_parts(vvq)) {
		host_free(vvq);
		return NULL;
	}
	vvq->request = host_alloc(num * sizeof(*vvq->request));
	/* What the last one says shows in a descriptor: Linux has 0 there. */
	for (i = 0; i + 1 < num; i++)
		vvq->request[i].next = i + 1;
	vvq->vq.num_free = num;
	vvq->use_indirect = virtio_has_feature(vdev, VIRTIO_RING_F_INDIRECT_DESC) && !context;
	vvq->use_event = virtio_has_feature(vdev, VIRTIO_RING_F_EVENT_IDX);
	vvq->layout->init(vvq);
	if (!callback)
		ring_disable_cb(&vvq->vq);
	list_add_tail(&vvq->vq.list, &vdev->vqs);
	vvq->next = this_kernel->sched->model_queues;
	this_kernel->sched->model_queues = vvq;
	return &vvq->vq;
}

static void ring_del(struct virtqueue *vq)
{
	struct vring_virtqueue *vvq = to_vvq(vq);
	unsigned int i;

	list_del(&vq->list);
	for (i = 0; i < vvq->num; i++)
		kfree(vvq->request[i].table);
	free_parts(vvq);
	host_free(vvq->request);
	vvq->request = NULL;
}

/* Its place is kept by then, so that a pointer that a driver has left is to no other queue. */
void vring_model_forget(struct kernel *kernel)
{
	struct vring_virtqueue *vvq, *next;

	for (vvq = kernel->sched->model_queues; vvq; vvq = next) {
		next = vvq->next;
		host_free(vvq->request);
		host_free(vvq);
	}
	kernel->sched->model_queues = NULL;
}

static dma_addr_t ring_desc_addr(const struct virtqueue *vq)
{
	return virt_to_phys(to_vvq(vq)->part[0]);
}

static dma_addr_t ring_avail_addr(const struct virtqueue *vq)
{
	struct vring_virtqueue *vvq = to_vvq(vq);

	return vvq->layout == &vring_layout_packed ? virt_to_phys(vvq->packed.driver) :
						     virt_to_phys(vvq->split.vring.avail);
}

static dma_addr_t ring_used_addr(const struct virtqueue *vq)
{
	struct vring_virtqueue *vvq = to_vvq(vq);

	return vvq->layout == &vring_layout_packed ? virt_to_phys(vvq->packed.device) :
						     virt_to_phys(vvq->split.vring.used);
}

static void ring_transport_features(struct virtio_device *vdev)
{
	u64 known = BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC) | BIT_ULL(VIRTIO_RING_F_EVENT_IDX) |
		    BIT_ULL(VIRTIO_F_VERSION_1) | BIT_ULL(VIRTIO_F_ACCESS_PLATFORM) |
		    BIT_ULL(VIRTIO_F_RING_PACKED);
	u64 range = GENMASK_ULL(VIRTIO_TRANSPORT_F_END - 1, VIRTIO_TRANSPORT_F_START);

	vdev->features &= ~range | known;
}

const struct vring_impl vring_model = {
	.create = ring_create, .del = ring_del, .transport_features = ring_transport_features,
	.interrupt = ring_interrupt,
	.add_sgs = ring_add_sgs, .add_outbuf = ring_add_outbuf, .add_inbuf = ring_add_inbuf,
	.kick_prepare = ring_kick_prepare, .notify = ring_notify,
	.get_buf = ring_get_buf, .detach_unused_buf = ring_detach_unused_buf,
	.disable_cb = ring_disable_cb, .enable_cb = ring_enable_cb,
	.enable_cb_delayed = ring_enable_cb_delayed, .enable_cb_prepare = ring_enable_cb_prepare,
	.poll = ring_poll,
	.get_vring_size = ring_get_vring_size, .is_broken = ring_is_broken,
	.break_device = ring_break_device,
	.desc_addr = ring_desc_addr, .avail_addr = ring_avail_addr, .used_addr = ring_used_addr,
};
