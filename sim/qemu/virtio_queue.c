// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests: what devices take off rings and give back, whatever the layout of the ring.
 *
 * Models virtqueue_pop() to virtqueue_push() and virtio_notify() of hw/virtio/virtio.c of QEMU.
 * Rings are bytes in guest memory and may say anything: every index is checked against the queue's
 * size, every address against memory, every chain against loops, and whoever breaks the rules gets
 * virtio_error().  What QEMU 7.2 lets pass (an avail index that jumps, rings and buffers where
 * nothing is) passes here as well: the cases of tests/hostile run in both.
 */
#include "virtio_ring.h"

#include "qemu/bswap.h"

uint16_t ring_load16(const VirtQueue *vq, const struct vmm_window *w, uint64_t offset)
{
	uint16_t value;

	vmm_window_read(ring_vmm(vq), w, offset, &value, sizeof(value));
	return le16_to_cpu(value);
}

void ring_store16(const VirtQueue *vq, const struct vmm_window *w, uint64_t offset, uint16_t value)
{
	value = cpu_to_le16(value);
	vmm_window_write(ring_vmm(vq), w, offset, &value, sizeof(value));
}

struct ring_desc ring_read_desc(const VirtQueue *vq, const struct vmm_window *table, unsigned int i)
{
	struct ring_desc desc;

	vmm_window_touch(ring_vmm(vq), table, i * sizeof(desc), sizeof(desc), false);
	vmm_window_read(ring_vmm(vq), table, i * sizeof(desc), &desc, sizeof(desc));
	return desc;
}

/* Setting up */

static void ring_close(VirtQueue *vq)
{
	vq->desc.open = vq->avail.open = vq->used.open = false;
}

void virtio_queue_set_rings(VirtIODevice *vdev, int n, hwaddr desc, hwaddr avail, hwaddr used)
{
	VirtQueue *vq = vmm_virtio_queue(vdev, n);
	const struct ring_layout *layout = virtio_vdev_has_feature(vdev, VIRTIO_F_RING_PACKED) ?
					   &ring_layout_packed : &ring_layout_split;

	if (!vq)
		return;
	vq->desc_addr = desc;
	vq->avail_addr = avail;
	vq->used_addr = used;
	ring_close(vq);
	if (!desc)
		return;			/* means that the queue is not in use */
	vq->event_idx = virtio_vdev_has_feature(vdev, VIRTIO_RING_F_EVENT_IDX);
	/* A place in the ring of the one layout is none in that of the other. */
	if (vq->layout != layout || !layout->set_position(vq, layout->position(vq)))
		layout->begin(vq);
	vq->layout = layout;
	if (!layout->open(vq)) {
		ring_close(vq);
		virtio_error(vdev, "%s: queue %d does not lie in one piece of memory (0x%"
			     HWADDR_PRIx ", 0x%" HWADDR_PRIx ", 0x%" HWADDR_PRIx ")", vdev->name, n,
			     desc, avail, used);
	}
}

int virtio_queue_ready(VirtQueue *vq)
{
	return vq->avail.open;
}

int virtio_queue_empty(VirtQueue *vq)
{
	return vq->vdev->broken || !vq->avail.open || vq->layout->empty(vq);
}

bool virtio_queue_get_notification(VirtQueue *vq)
{
	return vq->notification;
}

void virtio_queue_set_notification(VirtQueue *vq, int enable)
{
	vq->notification = enable;
	if (vq->used.open)
		vq->layout->set_notification(vq);
}

/* Taking requests */

static void chain_unmap(struct vmm *vmm, struct ring_chain *chain)
{
	unsigned int i;

	for (i = 0; i < chain->out_num + chain->in_num; i++)
		vmm_dma_unmap(vmm, chain->iov[i].iov_base);
}

/* The next piece of memory, of at most *len bytes. */
static bool chain_map(VirtQueue *vq, struct ring_chain *chain, hwaddr addr, hwaddr *len,
		      bool is_write)
{
	unsigned int n = chain->out_num + chain->in_num;
	void *ptr = vmm_dma_map(ring_vmm(vq), addr, len, is_write);

	if (!ptr)
		return false;
	chain->addr[n] = addr;
	chain->iov[n] = (struct iovec){ ptr, *len };
	if (is_write)
		chain->in_num++;
	else
		chain->out_num++;
	return true;
}

bool ring_chain_add(VirtQueue *vq, struct ring_chain *chain, const struct ring_desc *desc,
		    bool is_write)
{
	VirtIODevice *vdev = vq->vdev;
	uint64_t left = desc->len, addr = desc->addr;
	hwaddr len;

	if (!is_write && chain->in_num) {
		virtio_error(vdev, "%s: queue %u has a buffer to read after one to write",
			     vdev->name, vq->index);
		return false;
	}
	if (!left) {
		virtio_error(vdev, "%s: queue %u has a buffer of no bytes", vdev->name, vq->index);
		return false;
	}
	for (; left; addr += len, left -= len) {
		len = left;
		if (chain->out_num + chain->in_num == VIRTQUEUE_MAX_SIZE) {
			virtio_error(vdev, "%s: queue %u has a request of more than %u buffers",
				     vdev->name, vq->index, VIRTQUEUE_MAX_SIZE);
			return false;
		}
		if (!chain_map(vq, chain, addr, &len, is_write)) {
			virtio_error(vdev, "%s: queue %u has a buffer at 0x%" PRIx64
				     ", length 0x%" PRIx32 ", where no memory is", vdev->name,
				     vq->index, desc->addr, desc->len);
			return false;
		}
	}
	return true;
}

bool ring_open_table(VirtQueue *vq, struct vmm_window *table, uint64_t addr, uint32_t len)
{
	VirtIODevice *vdev = vq->vdev;

	if (!len || len % sizeof(struct ring_desc)) {
		virtio_error(vdev, "%s: queue %u has a table of descriptors of 0x%" PRIx32 " bytes",
			     vdev->name, vq->index, len);
		return false;
	}
	if (!vmm_window_open(ring_vmm(vq), table, addr, len, false)) {
		virtio_error(vdev, "%s: queue %u has a table of descriptors at 0x%" PRIx64
			     ", length 0x%" PRIx32 ", that is not in one piece of memory",
			     vdev->name, vq->index, addr, len);
		return false;
	}
	return true;
}

void ring_says_loop(VirtQueue *vq)
{
	virtio_error(vq->vdev, "%s: queue %u has a request that is a loop of descriptors",
		     vq->vdev->name, vq->index);
}

bool ring_is_full(VirtQueue *vq)
{
	if (vq->inuse < vq->num)
		return false;
	virtio_error(vq->vdev, "%s: queue %u has more requests than its %u entries",
		     vq->vdev->name, vq->index, vq->num);
	return true;
}

/* The element and its arrays in one allocation, which g_free() frees. */
static VirtQueueElement *element_new(size_t sz, const struct ring_chain *chain)
{
	unsigned int out = chain->out_num, in = chain->in_num;
	size_t base = QEMU_ALIGN_UP(sz, sizeof(uint64_t));
	VirtQueueElement *elem = g_malloc(base + (out + in) * (sizeof(hwaddr) +
							     sizeof(struct iovec)));
	uint8_t *p = (uint8_t *)elem + base;

	memset(elem, 0, sz);
	elem->index = chain->id;
	elem->ndescs = chain->ndescs;
	elem->out_num = out;
	elem->in_num = in;
	elem->out_sg = (struct iovec *)p;
	elem->in_sg = elem->out_sg + out;
	elem->out_addr = (hwaddr *)(elem->in_sg + in);
	elem->in_addr = elem->out_addr + out;
	memcpy(elem->out_sg, chain->iov, (out + in) * sizeof(struct iovec));
	memcpy(elem->out_addr, chain->addr, (out + in) * sizeof(hwaddr));
	return elem;
}

/* Who works for it says so.  Without a host nobody counts requests. */
static struct kvm_request request_taken(VirtQueue *vq, unsigned int id)
{
	struct vmm_virtio *transport = vq->vdev->transport;
	const struct kvm_request *rq = NULL;

	if (transport->vmm->vm)
		rq = kvm_virtio_taken(&transport->kvm, vq->index, id);
	return rq ? *rq : (struct kvm_request){ 0 };
}

void *virtqueue_pop(VirtQueue *vq, size_t sz)
{
	VirtQueueElement *elem = NULL;
	struct ring_chain *chain;
	int head = -1;

	if (!vq->vdev->broken && vq->avail.open)
		head = vq->layout->next(vq);
	if (head < 0) {
		struct cpu_thread *t = coro_current->ctx.thread;

		/* Polling takes time even where looking is free, or it would never end. */
		charge(COST_VMM_LOOKUP, 1);
		if (t && !t->pending)
			charge_ns(LEDGER_LOCK_SPIN, 1);
		return NULL;
	}
	charge(COST_VIRTQUEUE_POP, 1);
	chain = g_malloc(sizeof(*chain));
	chain->out_num = chain->in_num = 0;
	if (vq->layout->collect(vq, chain, head)) {
		elem = element_new(sz, chain);
		vq->inuse += elem->ndescs;
		vq->nr_popped++;
		ring_vmm(vq)->handling = vq;
		vq->request = request_taken(vq, elem->index);
	} else {
		chain_unmap(ring_vmm(vq), chain);
	}
	g_free(chain);
	return elem;
}

/* Giving them back */

static void element_unmap(VirtQueue *vq, const VirtQueueElement *elem)
{
	unsigned int i;

	for (i = 0; i < elem->out_num + elem->in_num; i++)
		vmm_dma_unmap(ring_vmm(vq), elem->out_sg[i].iov_base);
}

void virtqueue_fill(VirtQueue *vq, const VirtQueueElement *elem, unsigned int len,
		    unsigned int idx)
{
	element_unmap(vq, elem);
	if (!vq->vdev->broken && vq->used.open)
		vq->layout->fill(vq, elem, len, idx);
}

void virtqueue_flush(VirtQueue *vq, unsigned int count)
{
	if (vq->vdev->broken)
		vq->inuse -= count;
	else if (vq->used.open)
		vq->layout->flush(vq, count);
}

void virtqueue_push(VirtQueue *vq, const VirtQueueElement *elem, unsigned int len)
{
	const struct call_site *site = call_site_take();

	virtqueue_fill(vq, elem, len, 0);
	virtqueue_flush(vq, 1);
	vmm_balloon_request(vq, elem, site);
	if (ring_vmm(vq)->handling == vq)
		ring_vmm(vq)->handling = NULL;
}

void virtqueue_detach_element(VirtQueue *vq, const VirtQueueElement *elem, unsigned int len)
{
	vq->inuse -= elem->ndescs;
	element_unmap(vq, elem);
}

/* QEMU goes back by one entry of a packed ring here, which is too few for a chain of several. */
void virtqueue_unpop(VirtQueue *vq, const VirtQueueElement *elem, unsigned int len)
{
	if (vq->avail.open)
		vq->layout->rewind(vq, elem->ndescs);
	virtqueue_detach_element(vq, elem, len);
}

/* As with QEMU, entries of the ring are counted: requests, if it is split. */
bool virtqueue_rewind(VirtQueue *vq, unsigned int num)
{
	if (num > vq->inuse)
		return false;
	if (vq->avail.open)
		vq->layout->rewind(vq, num);
	vq->inuse -= num;
	return true;
}

void virtio_notify(VirtIODevice *vdev, VirtQueue *vq)
{
	cpu_sync_owed();
	if (vq->avail.open && vq->layout->wants_interrupt(vq))
		vmm_transport_interrupt(vdev->transport, vq->index);
}
