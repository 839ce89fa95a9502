// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device side of virtio: status, features, configuration, and what queues there are.
 *
 * Models hw/virtio/virtio.c of QEMU; rings are in virtio_queue.c.  Who breaks the rules gets
 * virtio_error(), after which the device does nothing until it is reset.  Left out: IOMMU, legacy
 * byte order.
 */
#include "virtio_ring.h"

#include "hw/qdev-properties.h"

static struct vmm *vmm_of(const VirtIODevice *vdev)
{
	return vdev->transport->vmm;
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
	vq->filled = g_new0(struct ring_filled, VIRTQUEUE_MAX_SIZE);
	return vq;
}

static void queue_clear(VirtQueue *vq)
{
	*vq = (VirtQueue){
		.vdev = vq->vdev, .index = vq->index, .num = vq->num_default,
		.num_default = vq->num_default, .handle_output = vq->handle_output,
		.notification = true, .host_notifier = vq->host_notifier,
		.guest_notifier = vq->guest_notifier, .filled = vq->filled,
	};
}

void virtio_delete_queue(VirtQueue *vq)
{
	vq->num_default = 0;
	vq->handle_output = NULL;
	g_free(vq->filled);
	vq->filled = NULL;
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

VirtQueue *vmm_virtio_queue(VirtIODevice *vdev, int n)
{
	return n >= 0 && n < vdev->nr_queues && vdev->vq[n].num_default ? &vdev->vq[n] : NULL;
}

int virtio_queue_get_num(VirtIODevice *vdev, int n)
{
	VirtQueue *vq = vmm_virtio_queue(vdev, n);

	return vq ? vq->num : 0;
}

int virtio_queue_get_max_num(VirtIODevice *vdev, int n)
{
	VirtQueue *vq = vmm_virtio_queue(vdev, n);

	return vq ? vq->num_default : 0;
}

void virtio_queue_set_num(VirtIODevice *vdev, int n, int num)
{
	VirtQueue *vq = vmm_virtio_queue(vdev, n);

	if (vq && num > 0 && num <= VIRTQUEUE_MAX_SIZE)
		vq->num = num;
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
	VirtQueue *vq = vmm_virtio_queue(vdev, index);
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
	VirtQueue *vq = vmm_virtio_queue(vdev, queue_index);

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
	uint64_t features = vdev->host_features;
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
	/* The other features of rings that QEMU has properties for are always offered here. */
	static const Property properties[] = {
		DEFINE_PROP_BIT64("packed", VirtIODevice, host_features, VIRTIO_F_RING_PACKED,
				  false),
	};
	DeviceClass *dc = DEVICE_CLASS(klass);

	device_class_set_props_n(dc, properties, ARRAY_SIZE(properties));
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
