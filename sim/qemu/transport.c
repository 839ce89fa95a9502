// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registers of a virtio device as the guest's transport reaches them, kicks and interrupts.
 *
 * Models hw/virtio/virtio-pci.c of QEMU (modern interface) as seen through struct kvm_virtio_ops.
 * A register access runs on the vCPU's thread with the big lock held.  A kick reaches the main
 * loop through an ioeventfd; for devices whose PCI form has none (QEMU's own balloon), it is a
 * register access like the others, and the vCPU runs the handler.  While the host's kernel serves a
 * queue, kicks and interrupts are its eventfds' (virtio_bus_set_host_notifier() and
 * virtio_pci_set_guest_notifiers()); nothing masks vectors.
 */
#include "internal.h"

struct guest_exit {
	struct vmm *old;
	VirtIODevice *vdev;
};

static struct guest_exit exit_begin(struct kvm_virtio *dev)
{
	struct vmm_virtio *transport = dev->vmm_opaque;
	struct guest_exit e = { vmm_enter(transport->vmm), transport->vdev };

	qemu_mutex_lock(&transport->vmm->bql);
	return e;
}

static void exit_end(struct guest_exit e)
{
	qemu_mutex_unlock(&this_vmm->bql);
	vmm_leave(e.old);
}

static uint64_t op_get_features(struct kvm_virtio *dev)
{
	struct guest_exit e = exit_begin(dev);
	uint64_t features = e.vdev->host_features;

	exit_end(e);
	return features;
}

static void op_set_features(struct kvm_virtio *dev, uint64_t features)
{
	struct guest_exit e = exit_begin(dev);

	virtio_set_features(e.vdev, features);
	exit_end(e);
}

static uint8_t op_get_status(struct kvm_virtio *dev)
{
	struct guest_exit e = exit_begin(dev);
	uint8_t status = e.vdev->status;

	exit_end(e);
	return status;
}

static void op_set_status(struct kvm_virtio *dev, uint8_t status)
{
	struct guest_exit e = exit_begin(dev);

	if (status)
		virtio_set_status(e.vdev, status);
	else
		virtio_reset(e.vdev);
	exit_end(e);
}

/* The bus makes aligned accesses of 1, 2 or 4 bytes. */
static unsigned int access_size(unsigned int offset, unsigned int len)
{
	unsigned int size = 4;

	while (size > len || offset % size)
		size /= 2;
	return size;
}

static bool in_config(const VirtIODevice *vdev, unsigned int offset, unsigned int size)
{
	return vdev->config && offset <= vdev->config_len && size <= vdev->config_len - offset;
}

/* What lies past the end of the configuration reads as ones and is not written. */
static void op_config_read(struct kvm_virtio *dev, unsigned int offset, void *buf,
			   unsigned int len)
{
	struct guest_exit e = exit_begin(dev);
	VirtioDeviceClass *k = VIRTIO_DEVICE_GET_CLASS(e.vdev);
	unsigned int size;

	memset(buf, 0xff, len);
	for (; len; offset += size, buf += size, len -= size) {
		size = access_size(offset, len);
		if (!in_config(e.vdev, offset, size))
			continue;
		if (k->get_config)
			k->get_config(e.vdev, e.vdev->config);
		memcpy(buf, (uint8_t *)e.vdev->config + offset, size);
	}
	exit_end(e);
}

static void op_config_write(struct kvm_virtio *dev, unsigned int offset, const void *buf,
			    unsigned int len)
{
	struct guest_exit e = exit_begin(dev);
	VirtioDeviceClass *k = VIRTIO_DEVICE_GET_CLASS(e.vdev);
	unsigned int size;

	for (; len; offset += size, buf += size, len -= size) {
		size = access_size(offset, len);
		if (!in_config(e.vdev, offset, size))
			continue;
		memcpy((uint8_t *)e.vdev->config + offset, buf, size);
		if (k->set_config)
			k->set_config(e.vdev, e.vdev->config);
	}
	exit_end(e);
}

static unsigned int op_queue_size_max(struct kvm_virtio *dev, unsigned int index)
{
	struct guest_exit e = exit_begin(dev);
	unsigned int size = virtio_queue_get_max_num(e.vdev, MIN(index, VIRTIO_QUEUE_MAX));

	exit_end(e);
	return size;
}

static void op_queue_enable(struct kvm_virtio *dev, unsigned int index,
			    const struct kvm_vring_addr *addr)
{
	struct guest_exit e = exit_begin(dev);
	VirtioDeviceClass *k = VIRTIO_DEVICE_GET_CLASS(e.vdev);

	index = MIN(index, VIRTIO_QUEUE_MAX);
	if (virtio_queue_get_max_num(e.vdev, index)) {
		virtio_queue_set_num(e.vdev, index, addr->size);
		virtio_queue_set_rings(e.vdev, index, addr->desc, addr->avail, addr->used);
		if (k->queue_enable)
			k->queue_enable(e.vdev, index);
	}
	exit_end(e);
}

static void op_queue_notify(struct kvm_virtio *dev, unsigned int index)
{
	struct guest_exit e = exit_begin(dev);

	virtio_queue_notify(e.vdev, MIN(index, VIRTIO_QUEUE_MAX));
	exit_end(e);
}

#define REGISTER_OPS				\
	.get_features = op_get_features,	\
	.set_features = op_set_features,	\
	.get_status = op_get_status,		\
	.set_status = op_set_status,		\
	.config_read = op_config_read,		\
	.config_write = op_config_write,	\
	.queue_size_max = op_queue_size_max,	\
	.queue_enable = op_queue_enable

static const struct kvm_virtio_ops ioeventfd_ops = { REGISTER_OPS };
static const struct kvm_virtio_ops notify_ops = { REGISTER_OPS, .queue_notify = op_queue_notify };

/* In an event: the ioeventfd has fired. */
static void transport_kick(struct kvm_virtio *dev, unsigned int index)
{
	struct vmm_virtio *transport = dev->vmm_opaque;

	if (index >= 64 || !transport->plugged)
		return;
	transport->kicked |= UINT64_C(1) << index;
	aio_context_notify(&transport->vmm->main);
}

int vmm_transport_host_notifier(VirtQueue *vq, bool assign)
{
	struct vmm_virtio *transport = vq->vdev->transport;
	int ret;

	if (assign) {
		if (transport->kvm.ops->queue_notify || vq->index >= KVM_QUEUES)
			return -ENOSYS;
		ret = event_notifier_init(&vq->host_notifier, 0);
		if (!ret)
			transport->kvm.ioeventfd[vq->index] = vq->host_notifier.efd;
		return ret;
	}
	if (!vq->host_notifier.initialized)
		return 0;
	transport->kvm.ioeventfd[vq->index] = NULL;
	/* A kick that nobody may have seen. */
	if (event_notifier_test_and_clear(&vq->host_notifier))
		transport_kick(&transport->kvm, vq->index);
	event_notifier_cleanup(&vq->host_notifier);
	return 0;
}

/* The irqfd: an interrupt of whoever signals. */
static void irqfd_fired(struct host_eventfd *efd, void *opaque)
{
	VirtQueue *vq = opaque;

	host_eventfd_clear(efd);
	vmm_transport_interrupt(vq->vdev->transport, vq->index);
}

static int guest_notifier(VirtQueue *vq, bool assign)
{
	int ret;

	if (!assign) {
		event_notifier_cleanup(&vq->guest_notifier);
		return 0;
	}
	ret = event_notifier_init(&vq->guest_notifier, 0);
	if (!ret)
		host_eventfd_wait(vq->guest_notifier.efd, irqfd_fired, vq);
	return ret;
}

/* From queue 0 on, as QEMU counts. */
static int set_guest_notifiers(DeviceState *d, int nvqs, bool assign)
{
	VirtIODevice *vdev = VIRTIO_DEVICE(d);
	int n, ret = 0;

	for (n = 0; !ret && n < nvqs; n++)
		ret = guest_notifier(virtio_get_queue(vdev, n), assign);
	while (ret && n--)
		guest_notifier(virtio_get_queue(vdev, n), false);
	return ret;
}

VirtioBusClass *vmm_virtio_bus_class(void)
{
	static VirtioBusClass class = { .set_guest_notifiers = set_guest_notifiers };

	return &class;
}

BusState *qdev_get_parent_bus(DeviceState *dev)
{
	return &VIRTIO_DEVICE(dev)->transport->bus;
}

void vmm_transport_init(struct vmm_device *dev, bool ioeventfd)
{
	struct vmm_virtio *transport = &dev->transport;

	transport->vmm = dev->vmm;
	transport->vdev = dev->vdev;
	transport->kvm.ops = ioeventfd ? &ioeventfd_ops : &notify_ops;
	transport->kvm.kick = transport_kick;
	transport->kvm.vmm_opaque = transport;
	transport->bus.parent = DEVICE(dev->vdev);
	dev->vdev->transport = transport;
}

void vmm_transport_plug(struct vmm_virtio *transport)
{
	transport->kvm.device_id = transport->vdev->device_id;
	transport->plugged = true;
	if (transport->vmm->vm)
		kvm_virtio_add(transport->vmm->vm, &transport->kvm);
}

bool vmm_transport_pending(const struct vmm *vmm)
{
	const struct vmm_device *dev;

	for (dev = vmm->devices; dev; dev = dev->next) {
		if (dev->transport.kicked)
			return true;
	}
	return false;
}

/* Every queue that was kicked has one turn. */
bool vmm_transport_run(struct vmm *vmm)
{
	struct vmm_device *dev;
	bool progress = false;

	for (dev = vmm->devices; dev; dev = dev->next) {
		uint64_t kicked = dev->transport.kicked;
		unsigned int index;

		for (index = 0; kicked; index++, kicked >>= 1) {
			if (!(kicked & 1))
				continue;
			dev->transport.kicked &= ~(UINT64_C(1) << index);
			charge(COST_VMM_DISPATCH, 1);
			vmm_virtio_run_queue(dev->vdev, index);
			progress = true;
		}
	}
	return progress;
}

void vmm_transport_interrupt(struct vmm_virtio *transport, int vector)
{
	transport->nr_interrupts++;
	if (!transport->plugged)
		return;
	if (transport->vmm->vm)
		kvm_irqfd(&transport->kvm, vector);
	else if (transport->kvm.interrupt)
		transport->kvm.interrupt(&transport->kvm, vector);	/* nobody in between */
}
