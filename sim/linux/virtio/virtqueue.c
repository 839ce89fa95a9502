// SPDX-License-Identifier: GPL-2.0-only
/*
 * What drivers and the transport call of a queue, whoever keeps its ring.
 *
 * The ring is the kernel's struct vring_impl: the model's, or an image of the real file.  What the
 * model knows of a queue beside that is here, so that it is the same for both: its memory, which
 * the host may have swapped, what its use costs, and by what the bytes of the ring say, which
 * request is whose.
 */
#include <linux/bug.h>
#include <linux/cache.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/virtio.h>

#include "hostmem.h"
#include "kernel/internal.h"
#include "mm/internal.h"
#include "virtio_ring.h"

#define PARTS 3

/* Of a queue that is in use; a pointer of which there is none is one to a deleted queue. */
struct queue_watch {
	struct list_head node;
	const struct virtqueue *vq;
	bool packed;
	unsigned int num;
	const void *part[PARTS];	/* of the ring */
	size_t bytes[PARTS];
	u16 taken;			/* buffers that came back; of a split ring */
	u16 next_avail, next_used;	/* entries of a packed ring */
	bool used_wrap;
};

static const struct vring_impl *ring(void)
{
	return this_kernel->sched->vring;
}

static struct queue_watch *watch_of(const struct virtqueue *vq)
{
	struct queue_watch *watch;

	list_for_each_entry(watch, &this_kernel->sched->queues, node)
		if (watch->vq == vq)
			return watch;
	kernel_bug("virtio_ring", 0, "a virtqueue is used after del_vqs()");
}

/* Ring memory is guest memory: the host may have swapped it. */
static void touch(const struct queue_watch *watch)
{
	struct kvm_vm *vm = this_kernel->vm;
	unsigned long first, end, touched = 0;
	unsigned int i;

	for (i = 0; vm && i < PARTS; i++) {
		first = PHYS_PFN(virt_to_phys(watch->part[i]));
		end = PFN_UP(virt_to_phys(watch->part[i]) + watch->bytes[i]);
		/* The parts of a split ring share pages. */
		first = max(first, touched);
		if (first < end)
			guest_ram_access(vm->ram, gfn(first), end - first, RAM_WRITE);
		touched = watch->packed ? 0 : end;
	}
}

/* Putting buffers in */

/* The id of the last request that was put in, of @nr entries: the device will say the same. */
static unsigned int newest_id(struct queue_watch *watch, const struct virtqueue *vq,
			      unsigned int nr)
{
	const struct vring_packed_desc *desc = watch->part[0];
	const struct vring_avail *avail = watch->part[1];
	u16 id, idx = virtio16_to_cpu(vq->vdev, avail->idx) - 1;

	if (!watch->packed)
		return virtio16_to_cpu(vq->vdev, avail->ring[idx % watch->num]);
	id = le16_to_cpu(desc[watch->next_avail].id);
	watch->next_avail = (watch->next_avail + nr) % watch->num;
	return id;
}

static int added(struct queue_watch *watch, struct virtqueue *vq, int ret, unsigned int num_free,
		 const struct call_site *site)
{
	if (ret)
		return ret;
	charge(COST_VIRTQUEUE_ADD, 1);
	kvm_virtio_submitted(vq->vdev->hw, vq->index,
			     newest_id(watch, vq, num_free - vq->num_free), site);
	return 0;
}

int virtqueue_add_sgs(struct virtqueue *vq, struct scatterlist *sgs[], unsigned int out_sgs,
		      unsigned int in_sgs, void *data, gfp_t gfp)
{
	const struct call_site *site = call_site_take();
	struct queue_watch *watch = watch_of(vq);
	unsigned int num_free = vq->num_free;

	slab_look(__builtin_return_address(0));
	touch(watch);
	return added(watch, vq, ring()->add_sgs(vq, sgs, out_sgs, in_sgs, data, gfp), num_free,
		     site);
}

typedef int add_list_fn(struct virtqueue *vq, struct scatterlist sg[], unsigned int num, void *data,
			gfp_t gfp);

static int add_list(add_list_fn *add, struct virtqueue *vq, struct scatterlist sg[],
		    unsigned int num, void *data, gfp_t gfp, const struct call_site *site)
{
	struct queue_watch *watch = watch_of(vq);
	unsigned int num_free = vq->num_free;

	touch(watch);
	return added(watch, vq, add(vq, sg, num, data, gfp), num_free, site);
}

int virtqueue_add_outbuf(struct virtqueue *vq, struct scatterlist sg[], unsigned int num,
			 void *data, gfp_t gfp)
{
	slab_look(__builtin_return_address(0));
	return add_list(ring()->add_outbuf, vq, sg, num, data, gfp, call_site_take());
}

int virtqueue_add_inbuf(struct virtqueue *vq, struct scatterlist sg[], unsigned int num,
			void *data, gfp_t gfp)
{
	slab_look(__builtin_return_address(0));
	return add_list(ring()->add_inbuf, vq, sg, num, data, gfp, call_site_take());
}

/* Kicking */

/* What a ring calls when the device is to be told. */
static bool transport_notify(struct virtqueue *vq)
{
	kvm_virtio_kick(vq->vdev->hw, vq->index, call_site_take());
	return true;
}

static bool notify(struct virtqueue *vq, const struct call_site *site)
{
	bool told;

	call_site_note(site);
	told = ring()->notify(vq);
	call_site_take();	/* a broken queue tells nobody */
	return told;
}

bool virtqueue_kick_prepare(struct virtqueue *vq)
{
	touch(watch_of(vq));
	return ring()->kick_prepare(vq);
}

bool virtqueue_notify(struct virtqueue *vq)
{
	const struct call_site *site = call_site_take();

	watch_of(vq);
	return notify(vq, site);
}

bool virtqueue_kick(struct virtqueue *vq)
{
	const struct call_site *site = call_site_take();

	return virtqueue_kick_prepare(vq) ? notify(vq, site) : true;
}

/* Taking buffers out */

static void took(struct queue_watch *watch, unsigned int nr)
{
	watch->taken++;
	watch->next_used += nr;
	if (watch->next_used >= watch->num) {
		watch->next_used -= watch->num;
		watch->used_wrap = !watch->used_wrap;
	}
}

void *virtqueue_get_buf(struct virtqueue *vq, unsigned int *len)
{
	struct queue_watch *watch = watch_of(vq);
	unsigned int num_free = vq->num_free;
	void *data;

	touch(watch);
	data = ring()->get_buf(vq, len);
	if (data) {
		charge(COST_VIRTQUEUE_ADD, 1);
		took(watch, vq->num_free - num_free);
	}
	return data;
}

void *virtqueue_detach_unused_buf(struct virtqueue *vq)
{
	watch_of(vq);
	return ring()->detach_unused_buf(vq);
}

/* Interrupts */

void virtqueue_disable_cb(struct virtqueue *vq)
{
	watch_of(vq);
	ring()->disable_cb(vq);
}

unsigned int virtqueue_enable_cb_prepare(struct virtqueue *vq)
{
	touch(watch_of(vq));
	return ring()->enable_cb_prepare(vq);
}

bool virtqueue_poll(struct virtqueue *vq, unsigned int last_used_idx)
{
	watch_of(vq);
	return ring()->poll(vq, last_used_idx);
}

bool virtqueue_enable_cb(struct virtqueue *vq)
{
	touch(watch_of(vq));
	return ring()->enable_cb(vq);
}

bool virtqueue_enable_cb_delayed(struct virtqueue *vq)
{
	touch(watch_of(vq));
	return ring()->enable_cb_delayed(vq);
}

void virtqueue_interrupt(struct virtqueue *vq)
{
	touch(watch_of(vq));
	ring()->interrupt(0, vq);
}

unsigned int virtqueue_get_vring_size(struct virtqueue *vq)
{
	watch_of(vq);
	return ring()->get_vring_size(vq);
}

bool virtqueue_is_broken(struct virtqueue *vq)
{
	watch_of(vq);
	return ring()->is_broken(vq);
}

void virtio_break_device(struct virtio_device *vdev)
{
	ring()->break_device(vdev);
}

/* A packed ring does not say how many requests have been answered, only whether one has. */
static bool report_packed(const struct queue_watch *watch, char *buf, unsigned int size)
{
	const struct vring_packed_desc *desc = watch->part[0];
	u16 flags = le16_to_cpu(desc[watch->next_used].flags);
	bool avail = flags >> VRING_PACKED_DESC_F_AVAIL & 1;
	bool used = flags >> VRING_PACKED_DESC_F_USED & 1;

	if (avail != used || used != watch->used_wrap)
		return false;
	scnprintf(buf, size, "answered by the device, not taken by the driver");
	return true;
}

static bool report_split(const struct queue_watch *watch, const struct virtqueue *vq, char *buf,
			 unsigned int size)
{
	const struct vring_used *used = watch->part[2];
	u16 answered = virtio16_to_cpu(vq->vdev, used->idx) - watch->taken;

	if (answered)
		scnprintf(buf, size, "%u answered by the device, not taken by the driver",
			  answered);
	return answered;
}

/* Requests in a split ring; entries of them in a packed one. */
static unsigned int not_answered(const struct queue_watch *watch, const struct virtqueue *vq)
{
	const struct vring_avail *avail = watch->part[1];
	const struct vring_used *used = watch->part[2];

	if (watch->packed)
		return watch->num - vq->num_free;
	return (u16)(virtio16_to_cpu(vq->vdev, avail->idx) -
		     virtio16_to_cpu(vq->vdev, used->idx));
}

bool virtqueue_report(struct virtqueue *vq, char *buf, unsigned int size)
{
	const struct queue_watch *watch = watch_of(vq);
	unsigned int asked = not_answered(watch, vq);

	if (ring()->is_broken(vq))
		scnprintf(buf, size, "broken");
	else if (watch->packed ? report_packed(watch, buf, size) :
				 report_split(watch, vq, buf, size))
		return true;
	else if (asked && strncmp(vq->name, "stats", 5))
		scnprintf(buf, size, "%u not answered by the device", asked);
	else
		return false;	/* the buffer for statistics rests with the device */
	return true;
}

/* Making and unmaking */

static void watch_new(struct virtqueue *vq, const struct kvm_vring_addr *addr, bool packed)
{
	struct queue_watch *watch = host_alloc(sizeof(*watch));
	const u64 part[PARTS] = { addr->desc, addr->avail, addr->used };
	const size_t event = sizeof(struct vring_packed_desc_event);
	unsigned int i;

	watch->vq = vq;
	watch->packed = packed;
	watch->num = addr->size;
	watch->used_wrap = true;
	watch->bytes[0] = addr->size * sizeof(struct vring_desc);
	watch->bytes[1] = packed ? event : sizeof(struct vring_avail) + 2 * (addr->size + 1);
	watch->bytes[2] = packed ? event : sizeof(struct vring_used) + 8 * addr->size + 2;
	for (i = 0; i < PARTS; i++) {
		watch->part[i] = phys_to_virt(part[i]);
		guest_ram_mark_bytes(this_kernel->vm->ram, gfn(PHYS_PFN(part[i])),
				     PFN_UP(part[i] + watch->bytes[i]) - PHYS_PFN(part[i]));
	}
	list_add(&watch->node, &this_kernel->sched->queues);
}

/* As virtio_pci_modern.c does it, which aligns to cache lines. */
struct virtqueue *virtqueue_create(struct virtio_device *vdev, unsigned int index, unsigned int num,
				   vq_callback_t *callback, const char *name, bool context)
{
	struct virtqueue *vq = ring()->create(index, num, SMP_CACHE_BYTES, vdev, true, true,
					      context, transport_notify, callback, name);
	struct kvm_vring_addr addr;

	if (!vq)
		return NULL;
	vq->num_max = num;
	addr = (struct kvm_vring_addr){ .desc = ring()->desc_addr(vq),
					.avail = ring()->avail_addr(vq),
					.used = ring()->used_addr(vq),
					.size = ring()->get_vring_size(vq) };
	watch_new(vq, &addr, virtio_has_feature(vdev, VIRTIO_F_RING_PACKED));
	kvm_virtio_queue_enable(vdev->hw, index, &addr);
	return vq;
}

void virtqueue_delete(struct virtqueue *vq)
{
	struct queue_watch *watch = watch_of(vq);

	list_del(&watch->node);
	host_free(watch);
	ring()->del(vq);
}

void virtqueues_forget(struct kernel *kernel)
{
	struct queue_watch *watch, *next;

	list_for_each_entry_safe(watch, next, &kernel->sched->queues, node)
		host_free(watch);
	vring_model_forget(kernel);
}
