// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver's side of split virtqueues.
 *
 * Virtio 1.2, section 2.7: the rings are bytes in guest memory, at the addresses that the
 * device is told.  Behaviour of drivers/virtio/virtio_ring.c in Linux 6.1 where the
 * specification leaves a choice: free descriptors are chained by next, indirect tables are used
 * for more than one buffer when the feature is there, a used id that makes no sense breaks the
 * queue.  Left out: packed rings, in-order, bounce buffers (addresses are guest-physical).
 */
#include "virtio_ring.h"

#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include "hostmem.h"
#include "kernel/internal.h"
#include "mm/internal.h"

#define NO_DESC 0xffff

struct desc_state {
	void *data;			/* token of the driver; NULL: descriptor is free */
	struct vring_desc *indirect;	/* table in guest memory */
	u16 nr;				/* descriptors of the ring that the buffer takes */
};

struct vring_virtqueue {
	struct virtqueue vq;
	struct vring vring;
	struct page *pages;		/* all three parts, one after the other */
	unsigned int order;
	bool use_indirect, use_event, broken;
	u16 free_head;
	u16 avail_idx, avail_flags;	/* shadows of what the ring says */
	u16 last_used;
	u16 num_added;			/* since the last kick */
	struct desc_state *state;
	bool deleted;			/* the driver may have a pointer left */
	struct vring_virtqueue *next_deleted;
};

static struct vring_virtqueue *to_vvq(struct virtqueue *vq)
{
	struct vring_virtqueue *vvq = container_of(vq, struct vring_virtqueue, vq);

	if (unlikely(vvq->deleted))
		kernel_bug("virtio_ring", 0, "a virtqueue is used after del_vqs()");
	return vvq;
}

/* Ring memory is guest memory: the host may have swapped it. */
static void touch_ring(struct vring_virtqueue *vvq)
{
	struct kvm_vm *vm = this_kernel->vm;

	if (vm)
		guest_ram_access(vm->ram, gfn(page_to_pfn(vvq->pages)), 1ul << vvq->order,
				 RAM_WRITE);
}

static void queue_broken(struct vring_virtqueue *vvq, const char *why, u32 value)
{
	dev_err(&vvq->vq.vdev->dev, "%s: %s %u\n", vvq->vq.name, why, value);
	vvq->broken = true;
}

/* Putting buffers in */

struct sg_walk {
	struct scatterlist **sgs;
	unsigned int out_sgs, in_sgs, total;
};

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

static void fill_desc(struct vring_virtqueue *vvq, struct vring_desc *desc, struct scatterlist *sg,
		      bool in)
{
	struct virtio_device *vdev = vvq->vq.vdev;

	desc->addr = cpu_to_virtio64(vdev, sg_phys(sg));
	desc->len = cpu_to_virtio32(vdev, sg->length);
	desc->flags = cpu_to_virtio16(vdev, in ? VRING_DESC_F_WRITE : 0);
}

/* Walk all entries; called with the ring's or the indirect table's descriptors. */
static u16 fill_chain(struct vring_virtqueue *vvq, const struct sg_walk *walk,
		      struct vring_desc *table, u16 first)
{
	struct virtio_device *vdev = vvq->vq.vdev;
	u16 at = first, last = first;
	unsigned int i;

	for (i = 0; i < walk->out_sgs + walk->in_sgs; i++) {
		struct scatterlist *sg;

		for (sg = walk->sgs[i]; sg; sg = sg_next(sg)) {
			u16 next = virtio16_to_cpu(vdev, table[at].next);

			fill_desc(vvq, &table[at], sg, i >= walk->out_sgs);
			table[at].flags |= cpu_to_virtio16(vdev, VRING_DESC_F_NEXT);
			last = at;
			at = next;
		}
	}
	table[last].flags &= ~cpu_to_virtio16(vdev, VRING_DESC_F_NEXT);
	return at;
}

static struct vring_desc *alloc_indirect(struct vring_virtqueue *vvq, unsigned int total, gfp_t gfp)
{
	struct vring_desc *table = kmalloc_array(total, sizeof(*table), gfp & ~__GFP_HIGHMEM);
	unsigned int i;

	for (i = 0; table && i < total; i++)
		table[i].next = cpu_to_virtio16(vvq->vq.vdev, i + 1);
	return table;
}

static u16 add_indirect(struct vring_virtqueue *vvq, const struct sg_walk *walk,
			struct vring_desc *table)
{
	struct virtio_device *vdev = vvq->vq.vdev;
	u16 head = vvq->free_head;
	struct vring_desc *desc = &vvq->vring.desc[head];

	fill_chain(vvq, walk, table, 0);
	desc->addr = cpu_to_virtio64(vdev, virt_to_phys(table));
	desc->len = cpu_to_virtio32(vdev, walk->total * sizeof(*table));
	desc->flags = cpu_to_virtio16(vdev, VRING_DESC_F_INDIRECT);
	return virtio16_to_cpu(vdev, desc->next);
}

static void publish(struct vring_virtqueue *vvq, u16 head)
{
	struct virtio_device *vdev = vvq->vq.vdev;

	vvq->vring.avail->ring[vvq->avail_idx & (vvq->vring.num - 1)] =
		cpu_to_virtio16(vdev, head);
	vvq->avail_idx++;
	vvq->vring.avail->idx = cpu_to_virtio16(vdev, vvq->avail_idx);
	vvq->num_added++;
}

static int add_sgs(struct virtqueue *vq, struct scatterlist *sgs[], unsigned int out_sgs,
		   unsigned int in_sgs, void *data, gfp_t gfp, const struct call_site *site)
{
	struct vring_virtqueue *vvq = to_vvq(vq);
	struct sg_walk walk = { .sgs = sgs, .out_sgs = out_sgs, .in_sgs = in_sgs,
				.total = count_sgs(sgs, out_sgs + in_sgs) };
	struct vring_desc *table = NULL;
	struct desc_state *state;
	unsigned int needed;
	u16 head;

	slab_look(__builtin_return_address(0));
	if (vvq->broken)
		return -EIO;
	if (WARN_ON(!data || !walk.total))
		return -EINVAL;
	if (vvq->use_indirect && walk.total > 1 && vq->num_free)
		table = alloc_indirect(vvq, walk.total, gfp);
	needed = table ? 1 : walk.total;
	if (vq->num_free < needed) {
		if (out_sgs)
			virtqueue_notify(vq);	/* the host may not know of what is there */
		return -ENOSPC;
	}
	touch_ring(vvq);
	charge(COST_VIRTQUEUE_ADD, 1);
	head = vvq->free_head;
	state = &vvq->state[head];
	state->data = data;
	state->indirect = table;
	state->nr = needed;
	vvq->free_head = table ? add_indirect(vvq, &walk, table) :
				 fill_chain(vvq, &walk, vvq->vring.desc, head);
	vq->num_free -= needed;
	kvm_virtio_submitted(vq->vdev->hw, vq->index, head, site);
	publish(vvq, head);
	if (vvq->num_added == (1 << 16) - 1)
		virtqueue_kick(vq);
	return 0;
}

int virtqueue_add_sgs(struct virtqueue *vq, struct scatterlist *sgs[], unsigned int out_sgs,
		      unsigned int in_sgs, void *data, gfp_t gfp)
{
	return add_sgs(vq, sgs, out_sgs, in_sgs, data, gfp, call_site_take());
}

static int add_one(struct virtqueue *vq, struct scatterlist *sg, unsigned int num, bool in,
		   void *data, gfp_t gfp, const struct call_site *site)
{
	/* The caller's list ends after @num entries, whatever it says itself. */
	if (!sg_is_last(&sg[num - 1]))
		sg_mark_end(&sg[num - 1]);
	return add_sgs(vq, &sg, !in, in, data, gfp, site);
}

int virtqueue_add_outbuf(struct virtqueue *vq, struct scatterlist sg[], unsigned int num,
			 void *data, gfp_t gfp)
{
	return add_one(vq, sg, num, false, data, gfp, call_site_take());
}

int virtqueue_add_inbuf(struct virtqueue *vq, struct scatterlist sg[], unsigned int num,
			void *data, gfp_t gfp)
{
	return add_one(vq, sg, num, true, data, gfp, call_site_take());
}

/* Kicking */

bool virtqueue_kick_prepare(struct virtqueue *vq)
{
	struct vring_virtqueue *vvq = to_vvq(vq);
	u16 new_idx = vvq->avail_idx, old = new_idx - vvq->num_added;

	touch_ring(vvq);
	vvq->num_added = 0;
	if (vvq->use_event)
		return vring_need_event(virtio16_to_cpu(vq->vdev, vring_avail_event(&vvq->vring)),
					new_idx, old);
	return !(vvq->vring.used->flags & cpu_to_virtio16(vq->vdev, VRING_USED_F_NO_NOTIFY));
}

static bool notify(struct virtqueue *vq, const struct call_site *site)
{
	if (to_vvq(vq)->broken)
		return false;
	kvm_virtio_kick(vq->vdev->hw, vq->index, site);
	return true;
}

bool virtqueue_notify(struct virtqueue *vq)
{
	return notify(vq, call_site_take());
}

bool virtqueue_kick(struct virtqueue *vq)
{
	const struct call_site *site = call_site_take();

	return virtqueue_kick_prepare(vq) ? notify(vq, site) : true;
}

/* Taking buffers out */

static bool more_used(const struct vring_virtqueue *vvq)
{
	return vvq->last_used != virtio16_to_cpu(vvq->vq.vdev, READ_ONCE(vvq->vring.used->idx));
}

static void detach(struct vring_virtqueue *vvq, u16 head)
{
	struct virtio_device *vdev = vvq->vq.vdev;
	struct desc_state *state = &vvq->state[head];
	u16 last = head, i;

	for (i = 1; i < state->nr; i++)
		last = virtio16_to_cpu(vdev, vvq->vring.desc[last].next);
	vvq->vring.desc[last].next = cpu_to_virtio16(vdev, vvq->free_head);
	vvq->free_head = head;
	vvq->vq.num_free += state->nr;
	kfree(state->indirect);
	state->indirect = NULL;
	state->data = NULL;
}

void *virtqueue_get_buf(struct virtqueue *vq, unsigned int *len)
{
	struct vring_virtqueue *vvq = to_vvq(vq);
	struct vring_used_elem *elem;
	void *data;
	u32 id;

	if (vvq->broken)
		return NULL;
	touch_ring(vvq);
	if (!more_used(vvq))
		return NULL;
	elem = &vvq->vring.used->ring[vvq->last_used & (vvq->vring.num - 1)];
	id = virtio32_to_cpu(vq->vdev, elem->id);
	*len = virtio32_to_cpu(vq->vdev, elem->len);
	if (id >= vvq->vring.num) {
		queue_broken(vvq, "device returned descriptor out of range:", id);
		return NULL;
	}
	data = vvq->state[id].data;
	if (!data) {
		queue_broken(vvq, "device returned descriptor that it does not have:", id);
		return NULL;
	}
	charge(COST_VIRTQUEUE_ADD, 1);
	detach(vvq, id);
	vvq->last_used++;
	if (!(vvq->avail_flags & VRING_AVAIL_F_NO_INTERRUPT) && vvq->use_event)
		vring_used_event(&vvq->vring) = cpu_to_virtio16(vq->vdev, vvq->last_used);
	return data;
}

void *virtqueue_detach_unused_buf(struct virtqueue *vq)
{
	struct vring_virtqueue *vvq = to_vvq(vq);
	unsigned int i;

	for (i = 0; i < vvq->vring.num; i++) {
		void *data = vvq->state[i].data;

		if (!data)
			continue;
		detach(vvq, i);
		vvq->avail_idx--;
		vvq->vring.avail->idx = cpu_to_virtio16(vq->vdev, vvq->avail_idx);
		return data;
	}
	return NULL;
}

/* Interrupts */

void virtqueue_disable_cb(struct virtqueue *vq)
{
	struct vring_virtqueue *vvq = to_vvq(vq);

	vvq->avail_flags |= VRING_AVAIL_F_NO_INTERRUPT;
	if (vvq->use_event)	/* an index that will not be passed soon */
		vring_used_event(&vvq->vring) = 0;
	else
		vvq->vring.avail->flags = cpu_to_virtio16(vq->vdev, vvq->avail_flags);
}

unsigned int virtqueue_enable_cb_prepare(struct virtqueue *vq)
{
	struct vring_virtqueue *vvq = to_vvq(vq);

	touch_ring(vvq);
	vvq->avail_flags &= ~VRING_AVAIL_F_NO_INTERRUPT;
	if (!vvq->use_event)
		vvq->vring.avail->flags = cpu_to_virtio16(vq->vdev, vvq->avail_flags);
	vring_used_event(&vvq->vring) = cpu_to_virtio16(vq->vdev, vvq->last_used);
	return vvq->last_used;
}

bool virtqueue_poll(struct virtqueue *vq, unsigned int last_used_idx)
{
	struct vring_virtqueue *vvq = to_vvq(vq);

	return !vvq->broken &&
	       (u16)last_used_idx != virtio16_to_cpu(vq->vdev, vvq->vring.used->idx);
}

bool virtqueue_enable_cb(struct virtqueue *vq)
{
	return !virtqueue_poll(vq, virtqueue_enable_cb_prepare(vq));
}

bool virtqueue_enable_cb_delayed(struct virtqueue *vq)
{
	struct vring_virtqueue *vvq = to_vvq(vq);
	u16 in_flight;

	virtqueue_enable_cb_prepare(vq);
	if (vvq->use_event) {
		/* Three quarters of what is out may come back first. */
		in_flight = (u16)(vvq->avail_idx - vvq->last_used) * 3 / 4;
		vring_used_event(&vvq->vring) =
			cpu_to_virtio16(vq->vdev, vvq->last_used + in_flight);
	}
	return !more_used(vvq);
}

void vring_interrupt(struct virtqueue *vq)
{
	struct vring_virtqueue *vvq = to_vvq(vq);

	touch_ring(vvq);
	if (more_used(vvq) && !vvq->broken && vq->callback)
		vq->callback(vq);
}

unsigned int virtqueue_get_vring_size(struct virtqueue *vq)
{
	return to_vvq(vq)->vring.num;
}

bool virtqueue_is_broken(struct virtqueue *vq)
{
	return to_vvq(vq)->broken;
}

void virtio_break_device(struct virtio_device *vdev)
{
	struct virtqueue *vq;

	list_for_each_entry(vq, &vdev->vqs, list)
		to_vvq(vq)->broken = true;
}

bool vring_report(struct virtqueue *vq, char *buf, unsigned int size)
{
	struct vring_virtqueue *vvq = to_vvq(vq);
	u16 used_idx = virtio16_to_cpu(vq->vdev, vvq->vring.used->idx);
	u16 answered = used_idx - vvq->last_used, asked = vvq->avail_idx - used_idx;

	if (vvq->broken)
		scnprintf(buf, size, "broken");
	else if (answered)
		scnprintf(buf, size, "%u answered by the device, not taken by the driver",
			  answered);
	else if (asked && strncmp(vq->name, "stats", 5))
		scnprintf(buf, size, "%u not answered by the device", asked);
	else
		return false;	/* the buffer for statistics rests with the device */
	return true;
}

/* Making and unmaking */

static size_t avail_offset(unsigned int num)
{
	return num * sizeof(struct vring_desc);
}

static size_t used_offset(unsigned int num)
{
	return ALIGN(avail_offset(num) + sizeof(struct vring_avail) + (num + 1) * sizeof(u16), 64);
}

static size_t ring_size(unsigned int num)
{
	return used_offset(num) + sizeof(struct vring_used) +
	       num * sizeof(struct vring_used_elem) + sizeof(u16);
}

static void init_free_list(struct vring_virtqueue *vvq)
{
	unsigned int i;

	for (i = 0; i < vvq->vring.num; i++)
		vvq->vring.desc[i].next = cpu_to_virtio16(vvq->vq.vdev, i + 1);
	vvq->vq.num_free = vvq->vring.num;
}

static bool alloc_ring(struct vring_virtqueue *vvq, unsigned int num)
{
	char *base;

	vvq->order = get_order(ring_size(num));
	vvq->pages = alloc_pages(GFP_KERNEL | __GFP_ZERO, vvq->order);
	if (!vvq->pages)
		return false;
	guest_ram_mark_bytes(this_kernel->vm->ram, gfn(page_to_pfn(vvq->pages)),
			     1ul << vvq->order);
	base = page_address(vvq->pages);
	memset(base, 0, PAGE_SIZE << vvq->order);
	vvq->vring.num = num;
	vvq->vring.desc = (struct vring_desc *)base;
	vvq->vring.avail = (struct vring_avail *)(base + avail_offset(num));
	vvq->vring.used = (struct vring_used *)(base + used_offset(num));
	return true;
}

struct virtqueue *vring_create(struct virtio_device *vdev, unsigned int index, unsigned int num,
			       vq_callback_t *callback, const char *name)
{
	struct vring_virtqueue *vvq = host_alloc(sizeof(*vvq));
	struct kvm_vring_addr addr;

	vvq->vq.vdev = vdev;
	vvq->vq.index = index;
	vvq->vq.name = name;
	vvq->vq.callback = callback;
	vvq->vq.num_max = num;
	if (!alloc_ring(vvq, num)) {
		host_free(vvq);
		return NULL;
	}
	vvq->state = host_alloc(num * sizeof(*vvq->state));
	vvq->use_indirect = virtio_has_feature(vdev, VIRTIO_RING_F_INDIRECT_DESC);
	vvq->use_event = virtio_has_feature(vdev, VIRTIO_RING_F_EVENT_IDX);
	init_free_list(vvq);
	if (!callback)
		virtqueue_disable_cb(&vvq->vq);
	addr = (struct kvm_vring_addr){ .desc = virt_to_phys(vvq->vring.desc),
					.avail = virt_to_phys(vvq->vring.avail),
					.used = virt_to_phys(vvq->vring.used), .size = num };
	kvm_virtio_queue_enable(vdev->hw, index, &addr);
	list_add_tail(&vvq->vq.list, &vdev->vqs);
	return &vvq->vq;
}

void vring_delete(struct virtqueue *vq)
{
	struct vring_virtqueue *vvq = to_vvq(vq);
	unsigned int i;

	list_del(&vq->list);
	for (i = 0; i < vvq->vring.num; i++)
		kfree(vvq->state[i].indirect);
	__free_pages(vvq->pages, vvq->order);
	host_free(vvq->state);
	vvq->state = NULL;
	vvq->deleted = true;
	vvq->next_deleted = this_kernel->sched->deleted_queues;
	this_kernel->sched->deleted_queues = vvq;
}

void vring_forget(struct virtqueue *vq)
{
	struct vring_virtqueue *vvq = container_of(vq, struct vring_virtqueue, vq);

	list_del(&vq->list);
	host_free(vvq->state);
	host_free(vvq);
}

void vring_forget_deleted(struct kernel *kernel)
{
	struct vring_virtqueue *vvq = kernel->sched->deleted_queues, *next;

	for (; vvq; vvq = next) {
		next = vvq->next_deleted;
		host_free(vvq);
	}
}
