/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Skeleton of a balloon device for the deliberately broken ones: each includes this and makes one
 * mistake in realize or when a request comes.  Answers requests without looking at them.
 */
#ifndef BALLAST_BROKEN_DEVICE_H
#define BALLAST_BROKEN_DEVICE_H

#include "qemu/osdep.h"
#include "qemu/module.h"
#include "hw/qdev-properties.h"
#include "hw/virtio/virtio.h"
#include "standard-headers/linux/virtio_balloon.h"
#include "standard-headers/linux/virtio_ids.h"

#define TYPE_BROKEN "virtio-broken-device"
#define BROKEN_QUEUE_SIZE 128

typedef struct Broken {
	VirtIODevice parent_obj;
	uint32_t host_features;
	bool nothing;
} Broken;

/* What each broken device does in its own way; NULL: nothing. */
typedef struct BrokenOps {
	void (*init)(Object *obj);
	void (*realize)(Broken *b, Error **errp);
	void (*request)(Broken *b, VirtQueueElement *elem);
} BrokenOps;

static const BrokenOps broken_ops;

static void broken_handle_output(VirtIODevice *vdev, VirtQueue *vq)
{
	VirtQueueElement *elem;

	while ((elem = virtqueue_pop(vq, sizeof(*elem)))) {
		if (broken_ops.request)
			broken_ops.request((Broken *)vdev, elem);
		virtqueue_push(vq, elem, 0);
		virtio_notify(vdev, vq);
		g_free(elem);
	}
}

static void broken_realize(DeviceState *dev, Error **errp)
{
	VirtIODevice *vdev = VIRTIO_DEVICE(dev);
	int i;

	if (broken_ops.realize)
		broken_ops.realize((Broken *)vdev, errp);
	if (*errp)
		return;
	virtio_init(vdev, VIRTIO_ID_BALLOON, sizeof(struct virtio_balloon_config));
	for (i = 0; i < 2; i++)
		virtio_add_queue(vdev, BROKEN_QUEUE_SIZE, broken_handle_output);
}

/* Wants a MiB from the guest at once, so that requests come. */
static void broken_get_config(VirtIODevice *vdev, uint8_t *data)
{
	struct virtio_balloon_config config = { .num_pages = 256 };

	memcpy(data, &config, sizeof(config));
}

static uint64_t broken_get_features(VirtIODevice *vdev, uint64_t features, Error **errp)
{
	return features;
}

static Property broken_properties[] = {
	DEFINE_PROP_BOOL("free-page-reporting", Broken, nothing, false),
	DEFINE_PROP_BOOL("free-page-hint", Broken, nothing, false),
	DEFINE_PROP_BOOL("deflate-on-oom", Broken, nothing, false),
	DEFINE_PROP_BOOL("page-poison", Broken, nothing, false),
	DEFINE_PROP_END_OF_LIST(),
};

static void broken_instance_init(Object *obj)
{
	if (broken_ops.init)
		broken_ops.init(obj);
}

static void broken_class_init(ObjectClass *klass, void *data)
{
	VirtioDeviceClass *vdc = VIRTIO_DEVICE_CLASS(klass);

	device_class_set_props(DEVICE_CLASS(klass), broken_properties);
	vdc->realize = broken_realize;
	vdc->get_config = broken_get_config;
	vdc->get_features = broken_get_features;
}

static const TypeInfo broken_info = {
	.name = TYPE_BROKEN,
	.parent = TYPE_VIRTIO_DEVICE,
	.instance_size = sizeof(Broken),
	.instance_init = broken_instance_init,
	.class_init = broken_class_init,
};

static void broken_register_types(void)
{
	type_register_static(&broken_info);
}

type_init(broken_register_types)

#endif
