/* SPDX-License-Identifier: GPL-2.0-only */
/* model: the device side of virtio; split rings only, parsed as what a hostile guest wrote */
#ifndef MODEL_HW_VIRTIO_VIRTIO_H
#define MODEL_HW_VIRTIO_VIRTIO_H

#include <assert.h>
#include <sys/uio.h>

#include "block/aio.h"
#include "call_site.h"
#include "exec/memory.h"
#include "hw/qdev-core.h"
#include "migration/vmstate.h"
#include "qom/object.h"
#include "standard-headers/linux/virtio_config.h"
#include "standard-headers/linux/virtio_ids.h"
#include "standard-headers/linux/virtio_ring.h"

#define VIRTQUEUE_MAX_SIZE 1024	/* also the most buffers of one request */
#define VIRTIO_QUEUE_MAX 1024

/* A request: index of its first descriptor and its buffers, mapped. */
typedef struct VirtQueueElement {
	unsigned int index;
	unsigned int len;
	unsigned int ndescs;
	unsigned int out_num;
	unsigned int in_num;
	hwaddr *in_addr;
	hwaddr *out_addr;
	struct iovec *in_sg;
	struct iovec *out_sg;
} VirtQueueElement;

#define TYPE_VIRTIO_DEVICE "virtio-device"
OBJECT_DECLARE_TYPE(VirtIODevice, VirtioDeviceClass, VIRTIO_DEVICE)

struct vmm_virtio;

struct VirtIODevice {
	DeviceState parent_obj;
	const char *name;
	uint8_t status;
	uint64_t guest_features;	/* what the driver accepted */
	uint64_t host_features;		/* what the device offers */
	size_t config_len;
	void *config;
	uint32_t generation;		/* of the configuration */
	uint16_t device_id;
	bool vm_running;
	bool broken;			/* needs a reset */
	VirtQueue *vq;
	unsigned int nr_queues;
	struct vmm_virtio *transport;
};

struct VirtioDeviceClass {
	DeviceClass parent;
	DeviceRealize realize;
	DeviceUnrealize unrealize;
	/* Features: what there is of those wanted, whether they fit together, what it is to be. */
	uint64_t (*get_features)(VirtIODevice *vdev, uint64_t requested_features, Error **errp);
	int (*validate_features)(VirtIODevice *vdev);
	void (*set_features)(VirtIODevice *vdev, uint64_t val);
	/* The driver's accesses. */
	void (*get_config)(VirtIODevice *vdev, uint8_t *config);
	void (*set_config)(VirtIODevice *vdev, const uint8_t *config);
#if QEMU_LEVEL < QEMU_LEVEL_OF(10, 1)
	void (*set_status)(VirtIODevice *vdev, uint8_t val);
#else
	int (*set_status)(VirtIODevice *vdev, uint8_t val);
#endif
	void (*reset)(VirtIODevice *vdev);
	void (*queue_reset)(VirtIODevice *vdev, uint32_t queue_index);
	void (*queue_enable)(VirtIODevice *vdev, uint32_t queue_index);
	/* Interrupts from eventfds (vhost): masked, and asked for meanwhile; nobody masks here. */
	void (*guest_notifier_mask)(VirtIODevice *vdev, int n, bool mask);
	bool (*guest_notifier_pending)(VirtIODevice *vdev, int n);
	const VMStateDescription *vmsd;
};

typedef void (*VirtIOHandleOutput)(VirtIODevice *vdev, VirtQueue *vq);

void virtio_init(VirtIODevice *vdev, uint16_t device_id, size_t config_size);
void virtio_cleanup(VirtIODevice *vdev);
/* Say so and have the device do nothing more until it is reset. */
void virtio_error(VirtIODevice *vdev, const char *fmt, ...) G_GNUC_PRINTF(2, 3);

VirtQueue *virtio_add_queue(VirtIODevice *vdev, int queue_size, VirtIOHandleOutput handle_output);
void virtio_delete_queue(VirtQueue *vq);
VirtQueue *virtio_get_queue(VirtIODevice *vdev, int n);
uint16_t virtio_get_queue_index(VirtQueue *vq);

/* The next request, in an allocation of @sz bytes (g_free); NULL: none, or the device broke. */
void *virtqueue_pop(VirtQueue *vq, size_t sz);
void virtqueue_push(VirtQueue *vq, const VirtQueueElement *elem, unsigned int len);
void virtqueue_fill(VirtQueue *vq, const VirtQueueElement *elem, unsigned int len,
		    unsigned int idx);
void virtqueue_flush(VirtQueue *vq, unsigned int count);
#ifdef BALLAST_IMAGE_SOURCE
#define virtqueue_push CALL_FROM_HERE(virtqueue_push)
#endif
/* Done with a request without giving it back. */
void virtqueue_detach_element(VirtQueue *vq, const VirtQueueElement *elem, unsigned int len);
/* Have the last request popped again; virtqueue_rewind() the last @num, if so many are out. */
void virtqueue_unpop(VirtQueue *vq, const VirtQueueElement *elem, unsigned int len);
bool virtqueue_rewind(VirtQueue *vq, unsigned int num);
int virtio_queue_empty(VirtQueue *vq);
int virtio_queue_ready(VirtQueue *vq);
bool virtio_queue_get_notification(VirtQueue *vq);
void virtio_queue_set_notification(VirtQueue *vq, int enable);

/* Interrupt the guest, unless it does not want to be. */
void virtio_notify(VirtIODevice *vdev, VirtQueue *vq);
void virtio_notify_config(VirtIODevice *vdev);

int virtio_set_status(VirtIODevice *vdev, uint8_t val);
int virtio_set_features(VirtIODevice *vdev, uint64_t val);
void virtio_reset(void *opaque);
void virtio_queue_reset(VirtIODevice *vdev, uint32_t queue_index);
void virtio_queue_notify(VirtIODevice *vdev, int n);
int virtio_queue_get_num(VirtIODevice *vdev, int n);
int virtio_queue_get_max_num(VirtIODevice *vdev, int n);
void virtio_queue_set_num(VirtIODevice *vdev, int n, int num);
void virtio_queue_set_rings(VirtIODevice *vdev, int n, hwaddr desc, hwaddr avail, hwaddr used);

extern const VMStateInfo virtio_vmstate_info;
#define VMSTATE_VIRTIO_DEVICE							\
	{ .name = "virtio", .info = &virtio_vmstate_info, .flags = VMS_SINGLE }

static inline void virtio_add_feature(uint64_t *features, unsigned int fbit)
{
	assert(fbit < 64);
	*features |= UINT64_C(1) << fbit;
}

static inline void virtio_clear_feature(uint64_t *features, unsigned int fbit)
{
	assert(fbit < 64);
	*features &= ~(UINT64_C(1) << fbit);
}

static inline bool virtio_has_feature(uint64_t features, unsigned int fbit)
{
	assert(fbit < 64);
	return features >> fbit & 1;
}

static inline bool virtio_vdev_has_feature(const VirtIODevice *vdev, unsigned int fbit)
{
	return virtio_has_feature(vdev->guest_features, fbit);
}

static inline bool virtio_host_has_feature(const VirtIODevice *vdev, unsigned int fbit)
{
	return virtio_has_feature(vdev->host_features, fbit);
}

#endif
