/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * virtio-page-hint with vhost=on: the queue is served by the host's kernel
 *
 * While the driver is ready and the VM runs, kicks go from KVM to the worker of
 * /dev/vhost-page-hint and its interrupts back to KVM; this process sees none
 * of the requests.  Whenever that is not to be had (memory must not be
 * discarded, the kernel refuses), the device serves the queue itself.
 *
 * The kernel stops at a request that breaks the rules and leaves it unanswered.
 * It says so through an eventfd, and then the guest is told that the device
 * needs a reset: otherwise it would wait for ever.
 */
#include "qemu/osdep.h"
#include <sys/ioctl.h>
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "hw/virtio/vhost.h"
#include "hw/virtio/virtio-bus.h"
#include "standard-headers/linux/vhost_page_hint.h"
#include "trace.h"
#include "virtio-page-hint.h"

#define PAGE_HINT_VHOST_PATH "/dev/vhost-page-hint"

/*
 * What the guest may have only if the kernel has it, too: it has no reset of a
 * single ring, and would go on with one that the guest has taken back.
 */
static const int page_hint_vhost_features[] = {
    VIRTIO_F_NOTIFY_ON_EMPTY,
    VIRTIO_RING_F_INDIRECT_DESC,
    VIRTIO_RING_F_EVENT_IDX,
    VIRTIO_F_VERSION_1,
    VIRTIO_F_RING_PACKED,
    VIRTIO_F_RING_RESET,
    VHOST_INVALID_FEATURE_BIT
};

static int page_hint_vhost_run(VirtIOPageHint *dev, int on)
{
    return ioctl(dev->vhost_fd, VHOST_PAGE_HINT_SET_RUNNING, &on) ? -errno : 0;
}

static int page_hint_vhost_error_fd(VirtIOPageHint *dev, int fd)
{
    struct vhost_vring_file file = { .index = 0, .fd = fd };

    return ioctl(dev->vhost_fd, VHOST_SET_VRING_ERR, &file) ? -errno : 0;
}

/* Interrupts of the queue: from the kernel's eventfd, or not. */
static int page_hint_vhost_interrupts(VirtIOPageHint *dev, bool assign)
{
    BusState *bus = qdev_get_parent_bus(DEVICE(dev));
    VirtioBusClass *k = VIRTIO_BUS_GET_CLASS(bus);

    if (!k->set_guest_notifiers) {
        return -ENOSYS;
    }
    return k->set_guest_notifiers(bus->parent, dev->vhost_dev.nvqs, assign);
}

static void page_hint_vhost_stop(VirtIOPageHint *dev)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(dev);

    page_hint_vhost_run(dev, 0);
    page_hint_vhost_error_fd(dev, VHOST_FILE_UNBIND);
    vhost_dev_stop(&dev->vhost_dev, vdev, true);
    page_hint_vhost_interrupts(dev, false);
    vhost_dev_disable_notifiers(&dev->vhost_dev, vdev);
    ram_block_discard_require(false);
    trace_virtio_page_hint_vhost("stopped", 0);
}

/* Back out at the step that fails. */
static int page_hint_vhost_start(VirtIOPageHint *dev)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(dev);
    /* Who would pin memory later on (VFIO) is refused as long as it runs. */
    int ret = ram_block_discard_require(true);

    if (ret) {
        return ret;
    }
    ret = vhost_dev_enable_notifiers(&dev->vhost_dev, vdev);
    if (ret) {
        goto out_require;
    }
    ret = page_hint_vhost_interrupts(dev, true);
    if (ret) {
        goto out_notifiers;
    }
    vhost_ack_features(&dev->vhost_dev, page_hint_vhost_features,
                       vdev->guest_features);
    ret = vhost_dev_start(&dev->vhost_dev, vdev, true);
    if (ret) {
        goto out_interrupts;
    }
    vhost_virtqueue_mask(&dev->vhost_dev, vdev, 0, false);
    ret = page_hint_vhost_error_fd(dev,
                                   event_notifier_get_fd(&dev->vhost_error));
    if (!ret) {
        ret = page_hint_vhost_run(dev, 1);
    }
    if (!ret) {
        return 0;
    }
    vhost_dev_stop(&dev->vhost_dev, vdev, true);
out_interrupts:
    page_hint_vhost_interrupts(dev, false);
out_notifiers:
    vhost_dev_disable_notifiers(&dev->vhost_dev, vdev);
out_require:
    ram_block_discard_require(false);
    return ret;
}

/* In the main loop: the kernel has met nonsense and serves no more. */
static void page_hint_vhost_broke(EventNotifier *notifier)
{
    VirtIOPageHint *dev = container_of(notifier, VirtIOPageHint, vhost_error);

    if (!event_notifier_test_and_clear(notifier) || !dev->vhost_dev.started) {
        return;
    }
    page_hint_vhost_stop(dev);
    dev->errors++;
    virtio_error(VIRTIO_DEVICE(dev), "virtio-page-hint: the host's kernel "
                 "refuses a request that no driver makes");
}

bool virtio_page_hint_vhost_set_status(VirtIOPageHint *dev, uint8_t status)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(dev);
    bool run = status & VIRTIO_CONFIG_S_DRIVER_OK && vdev->vm_running &&
               !vdev->broken && !ballast_blocks_inhibited();
    int ret;

    if (run && !dev->vhost_dev.started) {
        ret = page_hint_vhost_start(dev);
        trace_virtio_page_hint_vhost("started", ret);
        if (ret) {
            warn_report("virtio-page-hint: the host's kernel does not serve "
                        "the queue (error %d), QEMU does", -ret);
        }
    } else if (!run && dev->vhost_dev.started) {
        page_hint_vhost_stop(dev);
    }
    return dev->vhost_dev.started;
}

uint64_t virtio_page_hint_vhost_features(VirtIOPageHint *dev, uint64_t features)
{
    return vhost_get_features(&dev->vhost_dev, page_hint_vhost_features,
                              features);
}

void virtio_page_hint_vhost_mask(VirtIODevice *vdev, int n, bool mask)
{
    VirtIOPageHint *dev = VIRTIO_PAGE_HINT(vdev);

    if (dev->vhost) {
        vhost_virtqueue_mask(&dev->vhost_dev, vdev, n, mask);
    }
}

bool virtio_page_hint_vhost_pending(VirtIODevice *vdev, int n)
{
    VirtIOPageHint *dev = VIRTIO_PAGE_HINT(vdev);

    return dev->vhost && vhost_virtqueue_pending(&dev->vhost_dev, n);
}

static bool page_hint_vhost_suits(VirtIOPageHint *dev, Error **errp)
{
    if (dev->action == PAGE_HINT_DONTNEED && !dev->per_page) {
        return true;
    }
    error_setg(errp, "'vhost=on': the host's kernel drops blocks, so that "
               "'action' must be dontneed and 'per-page' off");
    return false;
}

bool virtio_page_hint_vhost_realize(VirtIOPageHint *dev, Error **errp)
{
    int ret;

    if (!page_hint_vhost_suits(dev, errp)) {
        return false;
    }
    dev->vhost_fd = qemu_open(PAGE_HINT_VHOST_PATH, O_RDWR, errp);
    if (dev->vhost_fd < 0) {
        return false;
    }
    ret = event_notifier_init(&dev->vhost_error, 0);
    if (ret) {
        error_setg_errno(errp, -ret, "no eventfd for '%s'",
                         PAGE_HINT_VHOST_PATH);
        qemu_close(dev->vhost_fd);
        return false;
    }
    event_notifier_set_handler(&dev->vhost_error, page_hint_vhost_broke);
    dev->vhost_dev = (struct vhost_dev) {
        .nvqs = 1,
        .vqs = &dev->vhost_vq,
    };
    ret = vhost_dev_init(&dev->vhost_dev, (void *)(uintptr_t)dev->vhost_fd,
                         VHOST_BACKEND_TYPE_KERNEL, 0, errp);
    if (ret) {
        /* It has closed the file. */
        event_notifier_set_handler(&dev->vhost_error, NULL);
        event_notifier_cleanup(&dev->vhost_error);
        return false;
    }
    return true;
}

void virtio_page_hint_vhost_unrealize(VirtIOPageHint *dev)
{
    virtio_page_hint_vhost_set_status(dev, 0);
    vhost_dev_cleanup(&dev->vhost_dev);
    event_notifier_set_handler(&dev->vhost_error, NULL);
    event_notifier_cleanup(&dev->vhost_error);
}
