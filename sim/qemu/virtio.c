// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device side of virtio: rings, status, features, configuration.
 *
 * Models hw/virtio/virtio.c of QEMU for split rings (Virtio 1.2, section 2.7).  Rings are bytes in
 * guest memory and may say anything: every index is checked against the queue's size, every
 * address against memory, every chain against loops, and whoever breaks the rules gets
 * virtio_error(), after which the device does nothing until it is reset.  What QEMU 7.2 lets pass
 * (an avail index that jumps, rings and buffers where nothing is) passes here as well: the cases
 * of tests/hostile run in both.  Left out: packed rings, IOMMU, legacy byte order.
 */
#include "internal.h"

#include "qemu/bswap.h"

struct desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags;
	uint16_t next;
};

static_assert(sizeof(struct desc) == 16, "layout of a descriptor");

static struct vmm *vmm_of(const VirtIODevice *vdev)
{
	return vdev->transport->vmm;
}

static uint16_t load16(const VirtQueue *vq, const struct vmm_window *w, uint64_t offset)
{
	uint16_t value;

	vmm_window_read(vmm_of(vq->vdev), w, offset, &value, sizeof(value));
	return le16_to_cpu(value);
}

static void store16(const VirtQueue *vq, const struct vmm_window *w, uint64_t offset,
		    uint16_t value)
{
	value = cpu_to_le16(value);
	vmm_window_write(vmm_of(vq->vdev), w, offset, &value, sizeof(value));
}

/* Ring layout: avail is flags, idx, ring[num], used_event; used is flags, idx, ring[num] of id and
 * length, avail_event.  The last fields exist with F_EVENT_IDX only. */
static uint64_t event_size(const VirtQueue *vq)
{
	return virtio_vdev_has_feature(vq->vdev, VIRTIO_RING_F_EVENT_IDX) ? 2 : 0;
}

static uint64_t avail_size(const VirtQueue *vq)
{
	return 4 + 2 * (uint64_t)vq->num + event_size(vq);
}

static uint64_t used_size(const VirtQueue *vq)
{
	return 4 + 8 * (uint64_t)vq->num + event_size(vq);
}

void virtio_error(VirtIODevice *vdev, const char *fmt, ...)
{
	const struct vmm_observer *observer = vmm_of(vdev)->config.observer;
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	vmm_say(vmm_of(vdev), VMM_ERROR, "%s", text);
	if (virtio_vdev_has_feature(vdev, VIRTIO_F_VERSION_1)) {
		vdev->status |= VIRTIO_CONFIG_S_NEEDS_RESET;
		virtio_notify_config(vdev);
	}
	vdev->broken = true;
	if (observer && observer->device_error)
		observer->device_error(vmm_of(vdev), vdev->name, text);
}

/* Queues */

VirtQueue *virtio_add_queue(VirtIODevice *vdev, int queue_size, VirtIOHandleOutput handle_output)
{
	VirtQueue *vq = vdev->vq;

	while (vq < vdev->vq + vdev->nr_queues && vq->num_default)
		vq++;
	if (vq == vdev->vq + vdev->nr_queues || queue_size <= 0 || queue_size > VIRTQUEUE_MAX_SIZE)
		vmm_fatal("%s: no room for another queue of %d entries", vdev->name, queue_size);
	vq->num = vq->num_default = queue_size;
	vq->handle_output = handle_output;
	vq->notification = true;
	return vq;
}

static void queue_clear(VirtQueue *vq)
{
	*vq = (VirtQueue){
		.vdev = vq->vdev, .index = vq->index, .num = vq->num_default,
		.num_default = vq->num_default, .handle_output = vq->handle_output,
		.notification = true, .host_notifier = vq->host_notifier,
		.guest_notifier = vq->guest_notifier,
	};
}

void virtio_delete_queue(VirtQueue *vq)
{
	vq->num_default = 0;
	vq->handle_output = NULL;
	queue_clear(vq);
}

VirtQueue *virtio_get_queue(VirtIODevice *vdev, int n)
{
	return &vdev->vq[n];
}

uint16_t virtio_get_queue_index(VirtQueue *vq)
{
	return vq->index;
}

static VirtQueue *queue_at(VirtIODevice *vdev, int n)
{
	return n >= 0 && n < vdev->nr_queues && vdev->vq[n].num_default ? &vdev->vq[n] : NULL;
}

int virtio_queue_get_num(VirtIODevice *vdev, int n)
{
	VirtQueue *vq = queue_at(vdev, n);

	return vq ? vq->num : 0;
}

int virtio_queue_get_max_num(VirtIODevice *vdev, int n)
{
	VirtQueue *vq = queue_at(vdev, n);

	return vq ? vq->num_default : 0;
}

void virtio_queue_set_num(VirtIODevice *vdev, int n, int num)
{
	VirtQueue *vq = queue_at(vdev, n);

	if (vq && num > 0 && num <= VIRTQUEUE_MAX_SIZE)
		vq->num = num;
}

void virtio_queue_set_rings(VirtIODevice *vdev, int n, hwaddr desc, hwaddr avail, hwaddr used)
{
	struct vmm *vmm = vmm_of(vdev);
	VirtQueue *vq = queue_at(vdev, n);

	if (!vq)
		return;
	vq->desc_addr = desc;
	vq->avail_addr = avail;
	vq->used_addr = used;
	vq->desc.open = vq->avail.open = vq->used.open = false;
	if (!desc)
		return;			/* means that the queue is not in use */
	if (!vmm_window_open(vmm, &vq->desc, desc, sizeof(struct desc) * vq->num, false) ||
	    !vmm_window_open(vmm, &vq->used, used, used_size(vq), true) ||
	    !vmm_window_open(vmm, &vq->avail, avail, avail_size(vq), false)) {
		vq->desc.open = vq->avail.open = vq->used.open = false;
		virtio_error(vdev, "%s: queue %d does not lie in one piece of memory (0x%"
			     HWADDR_PRIx ", 0x%" HWADDR_PRIx ", 0x%" HWADDR_PRIx ")", vdev->name, n,
			     desc, avail, used);
	}
}

int virtio_queue_ready(VirtQueue *vq)
{
	return vq->avail.open;
}

/* Rings */

static uint16_t read_avail_idx(VirtQueue *vq)
{
	vmm_window_touch(vmm_of(vq->vdev), &vq->avail, 0, avail_size(vq), false);
	vq->shadow_avail_idx = load16(vq, &vq->avail, 2);
	return vq->shadow_avail_idx;
}

int virtio_queue_empty(VirtQueue *vq)
{
	if (vq->vdev->broken || !vq->avail.open)
		return 1;
	if (vq->shadow_avail_idx != vq->last_avail_idx)
		return 0;
	return read_avail_idx(vq) == vq->last_avail_idx;
}

/* Where the guest looks to see from which avail index on it shall kick. */
static void set_avail_event(VirtQueue *vq, uint16_t idx)
{
	if (!vq->notification)
		return;
	vmm_window_touch(vmm_of(vq->vdev), &vq->used, 0, used_size(vq), true);
	store16(vq, &vq->used, 4 + 8 * (uint64_t)vq->num, idx);
}

bool virtio_queue_get_notification(VirtQueue *vq)
{
	return vq->notification;
}

void virtio_queue_set_notification(VirtQueue *vq, int enable)
{
	vq->notification = enable;
	if (!vq->used.open)
		return;
	if (virtio_vdev_has_feature(vq->vdev, VIRTIO_RING_F_EVENT_IDX)) {
		set_avail_event(vq, read_avail_idx(vq));
		return;
	}
	vmm_window_touch(vmm_of(vq->vdev), &vq->used, 0, 2, true);
	store16(vq, &vq->used, 0, (load16(vq, &vq->used, 0) & ~VRING_USED_F_NO_NOTIFY) |
				  (enable ? 0 : VRING_USED_F_NO_NOTIFY));
}

/* The buffers of a chain while it is being walked. */
struct chain {
	unsigned int out_num, in_num;
	hwaddr addr[VIRTQUEUE_MAX_SIZE];
	struct iovec iov[VIRTQUEUE_MAX_SIZE];
};

static void chain_unmap(struct vmm *vmm, struct chain *chain)
{
	unsigned int i;

	for (i = 0; i < chain->out_num + chain->in_num; i++)
		vmm_dma_unmap(vmm, chain->iov[i].iov_base);
}

/* One descriptor's buffer, which may be several pieces of memory. */
static bool chain_add(VirtQueue *vq, struct chain *chain, const struct desc *desc)
{
	VirtIODevice *vdev = vq->vdev;
	bool is_write = desc->flags & VRING_DESC_F_WRITE;
	uint64_t left = desc->len, addr = desc->addr;

	if (!is_write && chain->in_num) {
		virtio_error(vdev, "%s: queue %u has a buffer to read after one to write",
			     vdev->name, vq->index);
		return false;
	}
	if (!left) {
		virtio_error(vdev, "%s: queue %u has a buffer of no bytes", vdev->name, vq->index);
		return false;
	}
	while (left) {
		unsigned int n = chain->out_num + chain->in_num;
		hwaddr len = left;
		void *ptr;

		if (n == VIRTQUEUE_MAX_SIZE) {
			virtio_error(vdev, "%s: queue %u has a request of more than %u buffers",
				     vdev->name, vq->index, VIRTQUEUE_MAX_SIZE);
			return false;
		}
		ptr = vmm_dma_map(vmm_of(vdev), addr, &len, is_write);
		if (!ptr) {
			virtio_error(vdev, "%s: queue %u has a buffer at 0x%" PRIx64
				     ", length 0x%" PRIx32 ", where no memory is", vdev->name,
				     vq->index, desc->addr, desc->len);
			return false;
		}
		chain->addr[n] = addr;
		chain->iov[n] = (struct iovec){ ptr, len };
		if (is_write)
			chain->in_num++;
		else
			chain->out_num++;
		addr += len;
		left -= len;
	}
	return true;
}

static struct desc read_desc(struct vmm *vmm, const struct vmm_window *table, unsigned int i)
{
	struct desc desc;

	vmm_window_touch(vmm, table, i * sizeof(desc), sizeof(desc), false);
	vmm_window_read(vmm, table, i * sizeof(desc), &desc, sizeof(desc));
	return desc;
}

/* Follow the chain from its head; indirect descriptors lead to a table of their own. */
static bool chain_walk(VirtQueue *vq, struct chain *chain, unsigned int head)
{
	VirtIODevice *vdev = vq->vdev;
	struct vmm *vmm = vmm_of(vdev);
	struct vmm_window table = vq->desc;
	unsigned int max = vq->num, seen = 0;
	struct desc desc = read_desc(vmm, &table, head);

	if (desc.flags & VRING_DESC_F_INDIRECT) {
		if (!desc.len || desc.len % sizeof(desc)) {
			virtio_error(vdev, "%s: queue %u has a table of descriptors of 0x%" PRIx32
				     " bytes", vdev->name, vq->index, desc.len);
			return false;
		}
		if (!vmm_window_open(vmm, &table, desc.addr, desc.len, false)) {
			virtio_error(vdev, "%s: queue %u has a table of descriptors at 0x%" PRIx64
				     ", length 0x%" PRIx32 ", that is not in one piece of memory",
				     vdev->name, vq->index, desc.addr, desc.len);
			return false;
		}
		max = desc.len / sizeof(desc);
		desc = read_desc(vmm, &table, 0);
	}
	for (;;) {
		if (!chain_add(vq, chain, &desc))
			return false;
		if (++seen > max) {
			virtio_error(vdev, "%s: queue %u has a request that is a loop of "
				     "descriptors", vdev->name, vq->index);
			return false;
		}
		if (!(desc.flags & VRING_DESC_F_NEXT))
			return true;
		if (desc.next >= max) {
			virtio_error(vdev, "%s: queue %u has no descriptor %u", vdev->name,
				     vq->index, desc.next);
			return false;
		}
		desc = read_desc(vmm, &table, desc.next);
	}
}

/* Index of the next request's first descriptor, or -1 when there is none or it is nonsense. */
static int next_head(VirtQueue *vq)
{
	VirtIODevice *vdev = vq->vdev;
	unsigned int head;

	if (vdev->broken || !vq->avail.open || read_avail_idx(vq) == vq->last_avail_idx)
		return -1;
	if (vq->inuse >= vq->num) {
		virtio_error(vdev, "%s: queue %u has more requests than its %u entries",
			     vdev->name, vq->index, vq->num);
		return -1;
	}
	head = load16(vq, &vq->avail, 4 + 2 * (vq->last_avail_idx % vq->num));
	vq->last_avail_idx++;
	if (head >= vq->num) {
		virtio_error(vdev, "%s: queue %u says that descriptor %u is available", vdev->name,
			     vq->index, head);
		return -1;
	}
	if (virtio_vdev_has_feature(vdev, VIRTIO_RING_F_EVENT_IDX))
		set_avail_event(vq, vq->last_avail_idx);
	return head;
}

/* The element and its arrays in one allocation, which g_free() frees. */
static VirtQueueElement *element_new(size_t sz, const struct chain *chain, unsigned int head)
{
	unsigned int out = chain->out_num, in = chain->in_num;
	size_t base = QEMU_ALIGN_UP(sz, sizeof(uint64_t));
	VirtQueueElement *elem = g_malloc(base + (out + in) * (sizeof(hwaddr) +
							     sizeof(struct iovec)));
	uint8_t *p = (uint8_t *)elem + base;

	memset(elem, 0, sz);
	elem->index = head;
	elem->ndescs = 1;
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
static struct kvm_request request_taken(VirtQueue *vq, unsigned int head)
{
	struct vmm_virtio *transport = vq->vdev->transport;
	const struct kvm_request *rq = NULL;

	if (transport->vmm->vm)
		rq = kvm_virtio_taken(&transport->kvm, vq->index, head);
	return rq ? *rq : (struct kvm_request){ 0 };
}

void *virtqueue_pop(VirtQueue *vq, size_t sz)
{
	VirtQueueElement *elem = NULL;
	struct chain *chain;
	int head = next_head(vq);

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
	if (chain_walk(vq, chain, head)) {
		elem = element_new(sz, chain, head);
		vq->inuse++;
		vq->nr_popped++;
		vmm_of(vq->vdev)->handling = vq;
		vq->request = request_taken(vq, head);
	} else {
		chain_unmap(vmm_of(vq->vdev), chain);
	}
	g_free(chain);
	return elem;
}

static void element_unmap(VirtQueue *vq, const VirtQueueElement *elem)
{
	unsigned int i;

	for (i = 0; i < elem->out_num + elem->in_num; i++)
		vmm_dma_unmap(vmm_of(vq->vdev), elem->out_sg[i].iov_base);
}

void virtqueue_fill(VirtQueue *vq, const VirtQueueElement *elem, unsigned int len,
		    unsigned int idx)
{
	uint32_t used[2] = { cpu_to_le32(elem->index), cpu_to_le32(len) };
	uint64_t offset;

	element_unmap(vq, elem);
	if (vq->vdev->broken || !vq->used.open)
		return;
	offset = 4 + 8 * ((idx + vq->used_idx) % vq->num);
	vmm_window_touch(vmm_of(vq->vdev), &vq->used, offset, sizeof(used), true);
	vmm_window_write(vmm_of(vq->vdev), &vq->used, offset, used, sizeof(used));
}

void virtqueue_flush(VirtQueue *vq, unsigned int count)
{
	uint16_t old = vq->used_idx, new = old + count;

	if (vq->vdev->broken) {
		vq->inuse -= count;
		return;
	}
	if (!vq->used.open)
		return;
	vmm_window_touch(vmm_of(vq->vdev), &vq->used, 0, 4, true);
	store16(vq, &vq->used, 2, new);
	vq->used_idx = new;
	vq->inuse -= count;
	/* The index has gone all the way round since the last interrupt. */
	if ((int16_t)(new - vq->signalled_used) < (uint16_t)(new - old))
		vq->signalled_used_valid = false;
}

void virtqueue_push(VirtQueue *vq, const VirtQueueElement *elem, unsigned int len)
{
	const struct call_site *site = call_site_take();

	virtqueue_fill(vq, elem, len, 0);
	virtqueue_flush(vq, 1);
	vmm_balloon_request(vq, elem, site);
	if (vmm_of(vq->vdev)->handling == vq)
		vmm_of(vq->vdev)->handling = NULL;
}

void virtqueue_detach_element(VirtQueue *vq, const VirtQueueElement *elem, unsigned int len)
{
	vq->inuse -= elem->ndescs;
	element_unmap(vq, elem);
}

void virtqueue_unpop(VirtQueue *vq, const VirtQueueElement *elem, unsigned int len)
{
	vq->last_avail_idx--;
	virtqueue_detach_element(vq, elem, len);
}

bool virtqueue_rewind(VirtQueue *vq, unsigned int num)
{
	if (num > vq->inuse)
		return false;
	vq->last_avail_idx -= num;
	vq->inuse -= num;
	return true;
}

/* Does the guest want to hear of what has been pushed since the last interrupt? */
static bool should_notify(VirtIODevice *vdev, VirtQueue *vq)
{
	uint16_t old = vq->signalled_used, new = vq->used_idx;
	bool valid = vq->signalled_used_valid;

	vmm_window_touch(vmm_of(vdev), &vq->avail, 0, avail_size(vq), false);
	if (virtio_vdev_has_feature(vdev, VIRTIO_F_NOTIFY_ON_EMPTY) && !vq->inuse &&
	    virtio_queue_empty(vq))
		return true;
	if (!virtio_vdev_has_feature(vdev, VIRTIO_RING_F_EVENT_IDX))
		return !(load16(vq, &vq->avail, 0) & VRING_AVAIL_F_NO_INTERRUPT);
	vq->signalled_used = new;
	vq->signalled_used_valid = true;
	return !valid || vring_need_event(load16(vq, &vq->avail, 4 + 2 * vq->num), new, old);
}

void virtio_notify(VirtIODevice *vdev, VirtQueue *vq)
{
	cpu_sync_owed();
	if (vq->avail.open && should_notify(vdev, vq))
		vmm_transport_interrupt(vdev->transport, vq->index);
}

void virtio_notify_config(VirtIODevice *vdev)
{
	if (!(vdev->status & VIRTIO_CONFIG_S_DRIVER_OK))
		return;
	vdev->generation++;
	vdev->transport->kvm.config_cause = coro_current->ctx.cause;
	cpu_sync_owed();
	vmm_transport_interrupt(vdev->transport, KVM_VECTOR_CONFIG);
}

void vmm_virtio_run_queue(VirtIODevice *vdev, unsigned int index)
{
	VirtQueue *vq = queue_at(vdev, index);
	uint64_t cause = coro_current->ctx.cause;

	if (!vq || !vq->avail.open || !vq->handle_output || vdev->broken)
		return;
	coro_current->ctx.cause = vdev->transport->kvm.last_kick[index];
	vq->handle_output(vdev, vq);
	coro_current->ctx.cause = cause;
}

void virtio_queue_notify(VirtIODevice *vdev, int n)
{
	vmm_virtio_run_queue(vdev, n);
}

/* Status and features */

int virtio_set_features(VirtIODevice *vdev, uint64_t val)
{
	VirtioDeviceClass *k = VIRTIO_DEVICE_GET_CLASS(vdev);
	bool bad = val & ~vdev->host_features;

	if (vdev->status & VIRTIO_CONFIG_S_FEATURES_OK)
		return -EINVAL;		/* negotiation is over */
	val &= vdev->host_features;
	if (k->set_features)
		k->set_features(vdev, val);
	vdev->guest_features = val;
	return bad ? -1 : 0;
}

int virtio_set_status(VirtIODevice *vdev, uint8_t val)
{
	VirtioDeviceClass *k = VIRTIO_DEVICE_GET_CLASS(vdev);

	if (virtio_vdev_has_feature(vdev, VIRTIO_F_VERSION_1) && k->validate_features &&
	    !(vdev->status & VIRTIO_CONFIG_S_FEATURES_OK) && (val & VIRTIO_CONFIG_S_FEATURES_OK)) {
		int ret = k->validate_features(vdev);

		if (ret)
			return ret;
	}
	if (k->set_status)
		k->set_status(vdev, val);
	vdev->status = val;
	return 0;
}

void virtio_queue_reset(VirtIODevice *vdev, uint32_t queue_index)
{
	VirtioDeviceClass *k = VIRTIO_DEVICE_GET_CLASS(vdev);
	VirtQueue *vq = queue_at(vdev, queue_index);

	if (!vq)
		return;
	if (k->queue_reset)
		k->queue_reset(vdev, queue_index);
	queue_clear(vq);
}

void virtio_reset(void *opaque)
{
	VirtIODevice *vdev = opaque;
	VirtioDeviceClass *k = VIRTIO_DEVICE_GET_CLASS(vdev);
	unsigned int i;

	virtio_set_status(vdev, 0);
	if (k->reset)
		k->reset(vdev);
	vdev->broken = false;
	vdev->guest_features = 0;
	vdev->status = 0;
	vdev->transport->kicked = 0;
	for (i = 0; i < vdev->nr_queues; i++)
		queue_clear(&vdev->vq[i]);
	if (vmm_of(vdev)->handling && vmm_of(vdev)->handling->vdev == vdev)
		vmm_of(vdev)->handling = NULL;
	vmm_balloon_reset(vdev);
}

void vmm_virtio_vm_state(VirtIODevice *vdev, bool running)
{
	vdev->vm_running = running;
	virtio_set_status(vdev, vdev->status);
}

/* Life of a device */

#define VIRTIO_MODEL_QUEUES 16	/* per device; kicks and interrupts are bits of a word */

#define VIRTIO_ID_MAX 41

void virtio_init(VirtIODevice *vdev, uint16_t device_id, size_t config_size)
{
	unsigned int i;

	/* As with QEMU 7.2, whose table of names ends with virtio-gpio. */
	g_assert(device_id <= VIRTIO_ID_MAX);
	vdev->name = DEVICE(vdev)->id;
	vdev->device_id = device_id;
	vdev->status = 0;
	vdev->broken = false;
	vdev->vm_running = vmm_of(vdev)->running;
	vdev->config_len = config_size;
	vdev->config = g_malloc0(config_size);
	vdev->nr_queues = VIRTIO_MODEL_QUEUES;
	vdev->vq = g_new0(VirtQueue, VIRTIO_MODEL_QUEUES);
	for (i = 0; i < vdev->nr_queues; i++) {
		vdev->vq[i].vdev = vdev;
		vdev->vq[i].index = i;
	}
}

void virtio_cleanup(VirtIODevice *vdev)
{
	g_free(vdev->config);
	vdev->config = NULL;
	vdev->config_len = 0;
	g_free(vdev->vq);
	vdev->vq = NULL;
	vdev->nr_queues = 0;
}

static void virtio_device_realize(DeviceState *dev, Error **errp)
{
	VirtIODevice *vdev = VIRTIO_DEVICE(dev);
	VirtioDeviceClass *k = VIRTIO_DEVICE_GET_CLASS(dev);
	uint64_t features = 0;
	Error *err = NULL;

	k->realize(dev, &err);
	if (!err) {
		virtio_add_feature(&features, VIRTIO_RING_F_INDIRECT_DESC);
		virtio_add_feature(&features, VIRTIO_RING_F_EVENT_IDX);
		virtio_add_feature(&features, VIRTIO_F_VERSION_1);
		vdev->host_features = k->get_features ? k->get_features(vdev, features, &err) :
							features;
		if (err)
			k->unrealize(dev);
	}
	error_propagate(errp, err);
}

static void virtio_device_unrealize(DeviceState *dev)
{
	VirtIODevice *vdev = VIRTIO_DEVICE(dev);
	VirtioDeviceClass *k = VIRTIO_DEVICE_GET_CLASS(dev);

	virtio_reset(vdev);
	if (k->unrealize)
		k->unrealize(dev);
}

static void virtio_device_class_init(ObjectClass *klass, void *data)
{
	DeviceClass *dc = DEVICE_CLASS(klass);

	dc->realize = virtio_device_realize;
	dc->unrealize = virtio_device_unrealize;
}

const TypeInfo vmm_virtio_type_info = {
	.name = TYPE_VIRTIO_DEVICE,
	.parent = TYPE_DEVICE,
	.instance_size = sizeof(VirtIODevice),
	.class_size = sizeof(VirtioDeviceClass),
	.class_init = virtio_device_class_init,
	.abstract = true,
};
