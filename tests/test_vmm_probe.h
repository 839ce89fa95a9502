/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device for tests of rings, which keeps or returns what it pops, in a VMM whose guest is the
 * test's hand.
 */
#ifndef TEST_VMM_PROBE_H
#define TEST_VMM_PROBE_H

#include "qemu/osdep.h"
#include "hw/virtio/virtio.h"
#include "migration/vmstate.h"
#include "qemu/iov.h"
#include "qemu/module.h"

#include "suite.h"
#include "test_vmm_guest.h"

struct Probe {
	VirtIODevice parent_obj;
	VirtQueue *vq;
	bool keep, quiet;
	unsigned int nr_popped, nr_kicks;
	VirtQueueElement *kept[16];
	unsigned int nr_kept;
	VirtQueueElement last;		/* its arrays are gone */
	uint64_t first_addr;
	size_t first_len;
	uint8_t data[64];
	size_t data_len;
};

static struct Probe *probe;

static inline void probe_output(VirtIODevice *vdev, VirtQueue *vq)
{
	VirtQueueElement *elem;

	probe->nr_kicks++;
	while ((elem = virtqueue_pop(vq, sizeof(*elem)))) {
		probe->nr_popped++;
		probe->last = *elem;
		probe->first_addr = elem->out_num ? elem->out_addr[0] : elem->in_addr[0];
		probe->first_len = elem->out_num ? elem->out_sg[0].iov_len :
						   elem->in_sg[0].iov_len;
		probe->data_len = iov_to_buf(elem->out_sg, elem->out_num, 0, probe->data,
					     sizeof(probe->data));
		if (elem->in_num)
			iov_from_buf(elem->in_sg, elem->in_num, 0, "\xaa\xbb\xcc\xdd", 4);
		if (probe->keep) {
			probe->kept[probe->nr_kept++] = elem;
			continue;
		}
		virtqueue_push(vq, elem, elem->in_num ? 4 : 0);
		if (!probe->quiet)
			virtio_notify(vdev, vq);
		g_free(elem);
	}
}

static inline void probe_realize(DeviceState *dev, Error **errp)
{
	probe = (struct Probe *)dev;
	virtio_init(VIRTIO_DEVICE(dev), 41, 8);
	probe->vq = virtio_add_queue(VIRTIO_DEVICE(dev), 8, probe_output);
}

static inline void probe_unrealize(DeviceState *dev)
{
	struct Probe *p = (struct Probe *)dev;

	while (p->nr_kept)
		g_free(p->kept[--p->nr_kept]);
	virtio_delete_queue(p->vq);
	virtio_cleanup(VIRTIO_DEVICE(dev));
}

static inline void probe_class_init(ObjectClass *klass, void *data)
{
	static const VMStateField fields[] = { VMSTATE_VIRTIO_DEVICE, VMSTATE_END_OF_LIST() };
	static const VMStateDescription vmstate = {
		.name = "probe", .minimum_version_id = 1, .version_id = 1, .fields = fields,
	};

	DEVICE_CLASS(klass)->vmsd = &vmstate;
	VIRTIO_DEVICE_CLASS(klass)->realize = probe_realize;
	VIRTIO_DEVICE_CLASS(klass)->unrealize = probe_unrealize;
}

static inline void probe_register(void)
{
	static const TypeInfo info = {
		.name = "probe-device",
		.parent = TYPE_VIRTIO_DEVICE,
		.instance_size = sizeof(struct Probe),
		.class_init = probe_class_init,
	};

	type_register_static(&info);
}

static struct guest guest;

/* A VMM with the device and nothing negotiated; the device is the probe from now on. */
static inline void probe_create(struct guest *g)
{
	char error[VMM_ERROR_SIZE];

	memset(g, 0, sizeof(*g));
	guest_create(g);
	vmm_image_begin(g->vmm);
	register_module_init(probe_register, MODULE_INIT_QOM);
	vmm_image_end(g->vmm);
	g->dev = vmm_device_new(g->vmm, "probe-device", "probe", error);
	ck_assert_ptr_nonnull(g->dev);
	ck_assert_int_eq(vmm_device_set(g->dev, "packed", "on", error), 0);
	ck_assert_int_eq(vmm_device_realize(g->dev, error), 0);
	g->virtio = vmm_device_virtio(g->dev);
}

static inline void probe_setup(void)
{
	probe_create(&guest);
}

static inline void probe_teardown(void)
{
	guest_destroy(&guest);
}

static unsigned int probe_interrupts;

static inline void probe_count_interrupt(struct kvm_virtio *dev, int vector)
{
	probe_interrupts++;
}

#endif
