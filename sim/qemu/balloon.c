// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands and events of memory balloons, and what the observer is told of their requests and of
 * those of virtio-page-hint.
 *
 * Models softmmu/balloon.c of QEMU.  The command takes effect in the main loop, as QMP's does.
 */
#include "internal.h"

#include "qapi/qapi-events-machine.h"
#include "qemu/bswap.h"
#include "standard-headers/linux/virtio_balloon.h"
#include "standard-headers/linux/virtio_page_hint.h"

int qemu_add_balloon_handler(QEMUBalloonEvent *event_func, QEMUBalloonStatus *stat_func,
			     void *opaque)
{
	struct vmm *vmm = this_vmm;

	if (vmm->balloon_event)
		return -1;
	vmm->balloon_event = event_func;
	vmm->balloon_status = stat_func;
	vmm->balloon_opaque = opaque;
	return 0;
}

void qemu_remove_balloon_handler(void *opaque)
{
	struct vmm *vmm = this_vmm;

	if (vmm->balloon_opaque != opaque)
		return;
	vmm->balloon_event = NULL;
	vmm->balloon_status = NULL;
	vmm->balloon_opaque = NULL;
}

static bool have_balloon(const struct vmm *vmm, char *error)
{
	if (vmm->balloon_event)
		return true;
	snprintf(error, VMM_ERROR_SIZE, "VMM %s has no balloon device", vmm->config.name);
	return false;
}

struct balloon_command {
	struct vmm *vmm;
	int64_t bytes;
};

static void balloon_command_run(void *opaque)
{
	struct balloon_command *command = opaque;
	struct vmm *vmm = command->vmm;

	/* The device may have gone since. */
	if (vmm->balloon_event)
		vmm->balloon_event(vmm->balloon_opaque, command->bytes);
}

int vmm_qmp_balloon(struct vmm *vmm, int64_t bytes, char *error)
{
	struct balloon_command *command;
	struct vmm *old;

	if (!have_balloon(vmm, error))
		return -1;
	if (bytes <= 0) {
		snprintf(error, VMM_ERROR_SIZE, "VMM %s: %" PRId64 " bytes is no size to leave to "
			 "a guest", vmm->config.name, bytes);
		return -1;
	}
	old = vmm_enter(vmm);
	command = g_new0(struct balloon_command, 1);
	command->vmm = vmm;
	command->bytes = bytes;
	vmm_bh_schedule_command(vmm, balloon_command_run, command);
	vmm_leave(old);
	return 0;
}

int vmm_qmp_query_balloon(struct vmm *vmm, int64_t *bytes, char *error)
{
	BalloonInfo info = { 0 };
	struct vmm *old;

	if (!have_balloon(vmm, error))
		return -1;
	old = vmm_enter(vmm);
	vmm->balloon_status(vmm->balloon_opaque, &info);
	vmm_leave(old);
	*bytes = info.actual;
	return 0;
}

void qapi_event_send_balloon_change(int64_t actual)
{
	const struct vmm_observer *observer = this_vmm->config.observer;

	if (observer && observer->balloon_change)
		observer->balloon_change(this_vmm, actual);
}

/* The order of the queues that exist (Virtio 1.2, section 5.5.2). */
enum vmm_role vmm_queue_role(const VirtQueue *vq)
{
	static const struct { int feature; enum vmm_role role; } optional[] = {
		{ VIRTIO_BALLOON_F_STATS_VQ, VMM_ROLE_STATS },
		{ VIRTIO_BALLOON_F_FREE_PAGE_HINT, VMM_ROLE_HINT },
		{ VIRTIO_BALLOON_F_REPORTING, VMM_ROLE_REPORT },
	};
	const VirtIODevice *vdev = vq->vdev;
	unsigned int next = 2;
	size_t i;

	if (vdev->device_id == VIRTIO_PAGE_HINT_DEVICE_ID)
		return VMM_ROLE_PAGE_HINT;
	if (vdev->device_id != VIRTIO_ID_BALLOON)
		return VMM_ROLE_OTHER;
	if (vq->index < next)
		return vq->index ? VMM_ROLE_DEFLATE : VMM_ROLE_INFLATE;
	for (i = 0; i < ARRAY_SIZE(optional); i++) {
		/* The device's queues are numbered by what it offers. */
		if (virtio_host_has_feature(vdev, optional[i].feature) && vq->index == next++)
			return optional[i].role;
	}
	return VMM_ROLE_OTHER;
}

enum vmm_role vmm_role_of(const struct kvm_virtio *dev, unsigned int queue)
{
	const struct vmm_virtio *transport = dev->vmm_opaque;

	return queue < transport->vdev->nr_queues ?
	       vmm_queue_role(&transport->vdev->vq[queue]) : VMM_ROLE_OTHER;
}

enum vmm_role vmm_current_role(const struct vmm *vmm)
{
	return vmm->handling ? vmm_queue_role(vmm->handling) : VMM_ROLE_OTHER;
}

void vmm_discard_begin(struct vmm *vmm, const struct call_site *device_code)
{
	const VirtQueue *vq = vmm->handling;
	struct discard_origin *origin;

	if (!vmm->vm)
		return;
	origin = &vmm->vm->origin;
	*origin = (struct discard_origin){ .device_code = device_code };
	if (!vq)
		return;
	origin->device = vq->vdev->name;
	origin->queue = vq->index;
	origin->request = vq->nr_popped;
	origin->driver_code = vq->request.site;
	origin->submitted = vq->request.submitted;
}

void vmm_discard_end(struct vmm *vmm)
{
	if (vmm->vm)
		vmm->vm->origin = (struct discard_origin){ 0 };
}

static uint64_t sum(const struct iovec *iov, unsigned int nr)
{
	uint64_t bytes = 0;

	while (nr--)
		bytes += iov++->iov_len;
	return bytes;
}

/* Frame numbers in the guest's bytes, as the device has read them; adjacent ones together. */
static void each_frame(struct vmm *vmm, const struct vmm_request *request,
		       const VirtQueueElement *elem)
{
	const struct vmm_observer *observer = vmm->config.observer;
	uint64_t first = 0, nr = 0;
	unsigned int i;
	size_t at;

	for (i = 0; i < elem->out_num; i++) {
		const uint8_t *bytes = elem->out_sg[i].iov_base;

		for (at = 0; at + 4 <= elem->out_sg[i].iov_len; at += 4) {
			uint32_t pfn;

			memcpy(&pfn, bytes + at, sizeof(pfn));
			pfn = le32_to_cpu(pfn);

			if (nr && pfn == first + nr) {
				nr++;
				continue;
			}
			if (nr)
				observer->frames(vmm, request, first, nr);
			first = pfn;
			nr = 1;
		}
	}
	if (nr)
		observer->frames(vmm, request, first, nr);
}

static void each_block(struct vmm *vmm, const struct vmm_request *request,
		       const VirtQueueElement *elem)
{
	unsigned int i;

	for (i = 0; i < elem->in_num; i++)
		vmm->config.observer->frames(vmm, request, elem->in_addr[i] >> HOST_PAGE_SHIFT,
					     elem->in_sg[i].iov_len >> HOST_PAGE_SHIFT);
}

void vmm_balloon_request(VirtQueue *vq, const VirtQueueElement *elem, const struct call_site *site)
{
	VirtIODevice *vdev = vq->vdev;
	struct vmm *vmm = vdev->transport->vmm;
	const struct vmm_observer *observer = vmm->config.observer;
	struct vmm_request request = { .device = vdev->name, .queue = vq->index,
				       .number = vq->nr_popped };

	if (vmm->vm)
		request.served = kvm_virtio_answered(&vdev->transport->kvm, vq->index,
						     elem->index, site);
	if (!observer || vdev->broken)
		return;
	request.role = vmm_queue_role(vq);
	request.must_tell = virtio_vdev_has_feature(vdev, VIRTIO_BALLOON_F_MUST_TELL_HOST);
	if (request.role == VMM_ROLE_INFLATE || request.role == VMM_ROLE_DEFLATE) {
		request.blocks = sum(elem->out_sg, elem->out_num) / sizeof(uint32_t);
		request.bytes = request.blocks << VIRTIO_BALLOON_PFN_SHIFT;
		if (observer->frames)
			each_frame(vmm, &request, elem);
	} else {
		request.blocks = elem->in_num;
		request.bytes = sum(elem->in_sg, elem->in_num);
		if (observer->frames && (request.role == VMM_ROLE_REPORT ||
					 request.role == VMM_ROLE_PAGE_HINT))
			each_block(vmm, &request, elem);
	}
	if (observer->request)
		observer->request(vmm, &request);
}

void vmm_balloon_reset(VirtIODevice *vdev)
{
	struct vmm *vmm = vdev->transport->vmm;
	const struct vmm_observer *observer = vmm->config.observer;

	if (observer && observer->device_reset && vdev->device_id == VIRTIO_ID_BALLOON)
		observer->device_reset(vmm, vdev->name);
}
