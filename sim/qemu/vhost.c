// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices whose queues the host's kernel serves.
 *
 * Models hw/virtio/vhost.c and vhost-backend.c of QEMU 7.2 for the kernel's back end: what is said
 * to the kernel, in which order, and what the device knows of its queues when it has them back.
 * The table of memory has one region, guest RAM, which is there all the time.
 */
#include "virtio_ring.h"

#include <sys/ioctl.h>

#include "files.h"
#include "hw/virtio/vhost.h"

static int fd_of(const struct vhost_dev *hdev)
{
	return (int)(uintptr_t)hdev->opaque;
}

static int tell(struct vhost_dev *hdev, unsigned long request, const void *arg)
{
	return ioctl(fd_of(hdev), request, arg) ? -errno : 0;
}

static int tell_file(struct vhost_dev *hdev, unsigned long request, unsigned int n, int fd)
{
	struct vhost_vring_file file = { .index = n, .fd = fd };

	return tell(hdev, request, &file);
}

static VirtQueue *queue_of(struct vhost_dev *hdev, VirtIODevice *vdev, unsigned int n)
{
	return virtio_get_queue(vdev, hdev->vq_index + n);
}

/* Life */

int vhost_dev_init(struct vhost_dev *hdev, void *opaque, VhostBackendType backend_type,
		   uint32_t busyloop_timeout, Error **errp)
{
	const char *what = "vhost_set_owner failed";
	uint64_t features = 0;
	unsigned int n;
	int ret;

	if (backend_type != VHOST_BACKEND_TYPE_KERNEL || busyloop_timeout)
		vmm_fatal("vhost: only the kernel's back end is modelled, without polling");
	hdev->opaque = opaque;
	ret = tell(hdev, VHOST_SET_OWNER, NULL);
	if (!ret) {
		what = "vhost_get_features failed";
		ret = tell(hdev, VHOST_GET_FEATURES, &features);
	}
	for (n = 0; !ret && n < hdev->nvqs; n++) {
		what = "Failed to initialize a virtqueue";
		ret = event_notifier_init(&hdev->vqs[n].masked_notifier, 0);
		if (!ret)
			ret = tell_file(hdev, VHOST_SET_VRING_CALL, n,
					event_notifier_get_fd(&hdev->vqs[n].masked_notifier));
	}
	if (ret) {
		error_setg_errno(errp, -ret, "%s", what);
		vhost_dev_cleanup(hdev);
		return ret;
	}
	hdev->features = features;
	return 0;
}

void vhost_dev_cleanup(struct vhost_dev *hdev)
{
	unsigned int n;

	for (n = 0; n < hdev->nvqs; n++)
		event_notifier_cleanup(&hdev->vqs[n].masked_notifier);
	qemu_close(fd_of(hdev));
	memset(hdev, 0, sizeof(*hdev));
}

/* Kicks */

void vhost_dev_disable_notifiers(struct vhost_dev *hdev, VirtIODevice *vdev)
{
	unsigned int n;

	for (n = 0; n < hdev->nvqs; n++)
		vmm_transport_host_notifier(queue_of(hdev, vdev, n), false);
}

int vhost_dev_enable_notifiers(struct vhost_dev *hdev, VirtIODevice *vdev)
{
	unsigned int n;
	int ret;

	for (n = 0; n < hdev->nvqs; n++) {
		ret = vmm_transport_host_notifier(queue_of(hdev, vdev, n), true);
		if (ret) {
			vhost_dev_disable_notifiers(hdev, vdev);
			return ret;
		}
	}
	return 0;
}

/* Features */

uint64_t vhost_get_features(struct vhost_dev *hdev, const int *feature_bits, uint64_t features)
{
	for (; *feature_bits != VHOST_INVALID_FEATURE_BIT; feature_bits++)
		if (!virtio_has_feature(hdev->features, *feature_bits))
			virtio_clear_feature(&features, *feature_bits);
	return features;
}

void vhost_ack_features(struct vhost_dev *hdev, const int *feature_bits, uint64_t features)
{
	hdev->acked_features = hdev->backend_features;
	for (; *feature_bits != VHOST_INVALID_FEATURE_BIT; feature_bits++)
		if (virtio_has_feature(features, *feature_bits))
			virtio_add_feature(&hdev->acked_features, *feature_bits);
}

/* Starting and stopping */

static int set_memory(struct vhost_dev *hdev)
{
	const RAMBlock *ram = &this_vmm->ram;
	struct vhost_memory *table = g_malloc0(sizeof(*table) + sizeof(table->regions[0]));
	int ret;

	table->nregions = 1;
	table->regions[0].memory_size = ram->used_length;
	table->regions[0].userspace_addr = (uintptr_t)ram->host;
	ret = tell(hdev, VHOST_SET_MEM_TABLE, table);
	g_free(table);
	return ret;
}

/* Where a part of a ring is in this process; 0: not in RAM. */
static uint64_t ring_at(const struct vmm_window *w)
{
	return (uintptr_t)w->ptr;
}

static int start_queue(struct vhost_dev *hdev, VirtIODevice *vdev, unsigned int n)
{
	VirtQueue *vq = queue_of(hdev, vdev, n);
	struct vhost_vring_state state = { .index = n, .num = vq->num };
	struct vhost_vring_addr addr = {
		.index = n, .desc_user_addr = ring_at(&vq->desc),
		.avail_user_addr = ring_at(&vq->avail), .used_user_addr = ring_at(&vq->used),
	};
	int ret;

	if (!vq->avail.open)
		return 0;		/* the driver does not use it */
	if (!vq->desc.ptr || !vq->avail.ptr || !vq->used.ptr)
		return -ENOMEM;
	ret = tell(hdev, VHOST_SET_VRING_NUM, &state);
	state.num = vq->layout->position(vq);
	ret = ret ? ret : tell(hdev, VHOST_SET_VRING_BASE, &state);
	ret = ret ? ret : tell(hdev, VHOST_SET_VRING_ADDR, &addr);
	return ret ? ret : tell_file(hdev, VHOST_SET_VRING_KICK, n,
				     event_notifier_get_fd(&vq->host_notifier));
}

/* The queue is as the kernel has left it. */
static void stop_queue(struct vhost_dev *hdev, VirtIODevice *vdev, unsigned int n)
{
	VirtQueue *vq = queue_of(hdev, vdev, n);
	struct vhost_vring_state state = { .index = n };

	tell_file(hdev, VHOST_SET_VRING_KICK, n, VHOST_FILE_UNBIND);
	if (!vq->avail.open || tell(hdev, VHOST_GET_VRING_BASE, &state))
		return;
	if (vq->layout->set_position(vq, state.num))
		vq->layout->find_out(vq);
	vq->signalled_used_valid = false;
	vq->inuse = 0;
}

int vhost_dev_start(struct vhost_dev *hdev, VirtIODevice *vdev, bool vrings)
{
	unsigned int n;
	int ret = tell(hdev, VHOST_SET_FEATURES, &hdev->acked_features);

	ret = ret ? ret : set_memory(hdev);
	for (n = 0; !ret && n < hdev->nvqs; n++)
		ret = start_queue(hdev, vdev, n);
	if (ret) {
		while (n--)
			stop_queue(hdev, vdev, n);
		return ret;
	}
	hdev->vdev = vdev;
	hdev->started = true;
	return 0;
}

void vhost_dev_stop(struct vhost_dev *hdev, VirtIODevice *vdev, bool vrings)
{
	unsigned int n;

	for (n = 0; n < hdev->nvqs; n++)
		stop_queue(hdev, vdev, n);
	hdev->started = false;
	hdev->vdev = NULL;
}

/* A masked queue's interrupts are remembered. */
void vhost_virtqueue_mask(struct vhost_dev *hdev, VirtIODevice *vdev, int n, bool mask)
{
	EventNotifier *e = mask ? &hdev->vqs[n].masked_notifier :
				  &queue_of(hdev, vdev, n)->guest_notifier;

	tell_file(hdev, VHOST_SET_VRING_CALL, n, event_notifier_get_fd(e));
}

bool vhost_virtqueue_pending(struct vhost_dev *hdev, int n)
{
	return event_notifier_test_and_clear(&hdev->vqs[n].masked_notifier);
}
