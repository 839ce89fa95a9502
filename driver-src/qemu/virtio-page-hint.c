/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * virtio-page-hint: a device that a guest tells which memory is free
 *
 * The guest names blocks that it has set aside for as long as the request
 * takes; the device has the host take them back and returns the request, and
 * then the blocks are the guest's again.  It is the host's side of free page
 * hinting as it was discussed on the kvm list in 2019.  What was tried there is
 * a property each:
 *
 *  action    "dontneed" drops memory at once, "free" leaves it until the host
 *            is short of it and the guest has not written, "none" does nothing,
 *            which tells what the way there costs
 *  per-page  advice for each 4 KiB on its own, as versions 8 and 9 had it
 *  vhost     the host's kernel serves the queue instead
 *
 * Rules that the code keeps are those of virtio-ballast: a request that no
 * correct driver makes ends in virtio_error(), and one turn of the main loop is
 * bounded in blocks, memory and time, if need be in the middle of a request.
 */
#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qemu/iov.h"
#include "qemu/madvise.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "trace.h"
#include "ballast-compat.h"
#include "ballast-counters.h"
#include "virtio-page-hint.h"

static const char *const page_hint_action[PAGE_HINT_NR_ACTIONS] = {
    [PAGE_HINT_DONTNEED] = "dontneed",
    [PAGE_HINT_FREE] = "free",
    [PAGE_HINT_NONE] = "none",
};

/*
 * Requests
 */

/* Whole host pages; how many bytes were done is counted. */
static void page_hint_advise(VirtIOPageHint *dev, RAMBlock *rb, uint8_t *host,
                             ram_addr_t offset, uint64_t length)
{
    int ret;

    if (dev->action == PAGE_HINT_FREE) {
        ret = qemu_madvise(host, length, MADV_FREE);
    } else {
        ret = ram_block_discard_range(rb, offset, length);
    }
    trace_virtio_page_hint_advise(page_hint_action[dev->action],
                                  qemu_ram_get_idstr(rb), offset, length, ret);
    dev->calls++;
    if (ret) {
        dev->bytes_skipped += length;
    } else {
        dev->bytes_done += length;
    }
}

/* The next piece of a request: the host pages that lie in it. */
static void page_hint_serve_some(VirtIOPageHint *dev, PageHintRequest *req)
{
    BallastPiece piece;
    uint64_t all, step, done;

    ballast_blocks_next(&req->elem, &req->place, &piece);
    all = piece.length;
    dev->bytes_skipped += ballast_piece_cut(&piece);
    step = dev->per_page ?
        MAX(qemu_ram_pagesize(piece.rb), BALLAST_BLOCK_UNIT) : piece.length;
    for (done = 0; done < piece.length; done += step) {
        page_hint_advise(dev, piece.rb, piece.host + done,
                         piece.offset + done, step);
    }
    ballast_turn_spend(&dev->turn, 1, all);
}

static bool page_hint_check(VirtIOPageHint *dev, PageHintRequest *req)
{
    const VirtQueueElement *elem = &req->elem;
    g_autofree char *fault = elem->out_num ?
        g_strdup_printf("has %u buffers to read from", elem->out_num) :
        ballast_blocks_fault(elem, true);
    uint64_t bytes;

    if (fault) {
        dev->errors++;
        virtio_error(VIRTIO_DEVICE(dev), "virtio-page-hint: request %s", fault);
        return false;
    }
    bytes = iov_size(elem->in_sg, elem->in_num);
    dev->requests++;
    dev->blocks += elem->in_num;
    dev->bytes += bytes;
    trace_virtio_page_hint_request(elem->in_num, bytes);
    return true;
}

/* False: the turn is over, the request is not. */
static bool page_hint_serve(VirtIOPageHint *dev, PageHintRequest *req)
{
    const VirtQueueElement *elem = &req->elem;
    const char *why = ballast_blocks_inhibited();

    if (dev->action == PAGE_HINT_NONE) {
        why = "none is to be dropped";
    }
    if (why) {
        uint64_t rest = ballast_blocks_rest(elem, &req->place);

        ballast_turn_spend(&dev->turn, elem->in_num, 0);
        dev->bytes_skipped += rest;
        trace_virtio_page_hint_skip(rest, why);
        return true;
    }
    while (req->place.at < elem->in_num) {
        if (ballast_turn_is_over(&dev->turn)) {
            return false;
        }
        page_hint_serve_some(dev, req);
    }
    return true;
}

/* What the last turn has left, or else the next one of the ring. */
static PageHintRequest *page_hint_next(VirtIOPageHint *dev)
{
    PageHintRequest *req = dev->unfinished;

    dev->unfinished = NULL;
    if (req) {
        return req;
    }
    req = virtqueue_pop(dev->vq, sizeof(*req));
    if (req) {
        req->place = (BallastPlace) { 0 };
        if (!page_hint_check(dev, req)) {
            virtqueue_detach_element(dev->vq, &req->elem, 0);
            g_free(req);
            return NULL;
        }
    }
    return req;
}

static void page_hint_serve_queue(VirtIOPageHint *dev)
{
    PageHintRequest *req;
    bool pushed = false;

    if (dev->parked) {
        return;
    }
    ballast_turn_begin(&dev->turn);
    while (!ballast_turn_is_over(&dev->turn) && (req = page_hint_next(dev))) {
        if (!page_hint_serve(dev, req)) {
            dev->unfinished = req;
            break;
        }
        virtqueue_push(dev->vq, &req->elem, 0);
        g_free(req);
        pushed = true;
    }
    if (pushed) {
        virtio_notify(VIRTIO_DEVICE(dev), dev->vq);
    }
    if (ballast_turn_is_over(&dev->turn)) {
        qemu_bh_schedule(dev->serve_bh);
    }
}

static void page_hint_go_on(void *opaque)
{
    page_hint_serve_queue(opaque);
}

static void page_hint_handle_output(VirtIODevice *vdev, VirtQueue *vq)
{
    page_hint_serve_queue(VIRTIO_PAGE_HINT(vdev));
}

/* Forget the request that was taken from the queue and not given back. */
static void page_hint_drop_request(VirtIOPageHint *dev)
{
    if (dev->unfinished) {
        virtqueue_detach_element(dev->vq, &dev->unfinished->elem, 0);
        g_free(dev->unfinished);
        dev->unfinished = NULL;
    }
}

/*
 * Configuration, of which there is none, and migration
 */

static uint64_t page_hint_get_features(VirtIODevice *vdev, uint64_t features,
                                       Error **errp)
{
    VirtIOPageHint *dev = VIRTIO_PAGE_HINT(vdev);

    return dev->vhost ? virtio_page_hint_vhost_features(dev, features) :
                        features;
}

static void page_hint_queue_reset(VirtIODevice *vdev, uint32_t index)
{
    page_hint_drop_request(VIRTIO_PAGE_HINT(vdev));
}

static void page_hint_reset(VirtIODevice *vdev)
{
    VirtIOPageHint *dev = VIRTIO_PAGE_HINT(vdev);

    page_hint_drop_request(dev);
    dev->parked = true;
}

/*
 * The driver has started, or the VM has, perhaps on another host: what was
 * taken from the ring there and not given back is taken once more.
 */
static BallastStatusResult page_hint_set_status(VirtIODevice *vdev,
                                                uint8_t status)
{
    VirtIOPageHint *dev = VIRTIO_PAGE_HINT(vdev);

    if (dev->vhost && virtio_page_hint_vhost_set_status(dev, status)) {
        dev->parked = true;
        return BALLAST_STATUS_WELL;
    }
    if (!vdev->vm_running) {
        dev->parked = true;
        return BALLAST_STATUS_WELL;
    }
    if (!dev->parked || !(status & VIRTIO_CONFIG_S_DRIVER_OK)) {
        return BALLAST_STATUS_WELL;
    }
    dev->parked = false;
    while (!dev->unfinished && virtqueue_rewind(dev->vq, 1)) {
        continue;
    }
    qemu_bh_schedule(dev->serve_bh);
    return BALLAST_STATUS_WELL;
}

static int page_hint_post_load(void *opaque, int version_id)
{
    VirtIOPageHint *dev = opaque;

    dev->parked = true;
    return 0;
}

static const VMStateDescription vmstate_page_hint = {
    .name = "virtio-page-hint",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = page_hint_post_load,
    .fields = (VMStateField[]) {
        VMSTATE_VIRTIO_DEVICE,
        VMSTATE_END_OF_LIST()
    },
};

/*
 * Life of a device
 */

static int page_hint_find_shared(RAMBlock *rb, void *opaque)
{
    *(RAMBlock **)opaque = rb;
    return qemu_ram_is_shared(rb);
}

/* Of shared memory the host drops nothing later. */
static bool page_hint_check_memory(VirtIOPageHint *dev, Error **errp)
{
    RAMBlock *rb = NULL;

    if (dev->action != PAGE_HINT_FREE ||
        !qemu_ram_foreach_block(page_hint_find_shared, &rb)) {
        return true;
    }
    error_setg(errp, "'action=free' needs private memory, and '%s' is shared; "
               "use 'dontneed'", qemu_ram_get_idstr(rb));
    return false;
}

static void page_hint_realize(DeviceState *qdev, Error **errp)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(qdev);
    VirtIOPageHint *dev = VIRTIO_PAGE_HINT(qdev);

    if (!page_hint_check_memory(dev, errp)) {
        return;
    }
    if (dev->vhost && !virtio_page_hint_vhost_realize(dev, errp)) {
        return;
    }
    virtio_init(vdev, VIRTIO_PAGE_HINT_DEVICE_ID, 0);
    dev->serve_bh = qemu_bh_new_guarded(page_hint_go_on, dev,
                                        &qdev->mem_reentrancy_guard);
    dev->vq = virtio_add_queue(vdev, VIRTQUEUE_MAX_SIZE,
                               page_hint_handle_output);
    dev->parked = true;
}

static void page_hint_unrealize(DeviceState *qdev)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(qdev);
    VirtIOPageHint *dev = VIRTIO_PAGE_HINT(qdev);

    if (dev->vhost) {
        virtio_page_hint_vhost_unrealize(dev);
    }
    qemu_bh_delete(dev->serve_bh);
    dev->serve_bh = NULL;
    page_hint_drop_request(dev);
    virtio_delete_queue(dev->vq);
    dev->vq = NULL;
    virtio_cleanup(vdev);
}

static const BallastCounter page_hint_counter[] = {
#define COUNTER(name, member, doc) \
    { name, offsetof(VirtIOPageHint, member), doc }
    COUNTER("hint-requests", requests, "requests"),
    COUNTER("hint-blocks", blocks, "blocks of free memory in them"),
    COUNTER("hint-bytes", bytes, "size of these blocks"),
    COUNTER("hint-discards", calls, "discards or advices that they took"),
    COUNTER("hint-discarded-bytes", bytes_done,
            "memory that these covered"),
    COUNTER("skipped-bytes", bytes_skipped,
            "memory of well-formed requests that was left in place"),
    COUNTER("malformed-requests", errors, "requests that broke the device"),
#undef COUNTER
    { .name = NULL }
};

static void page_hint_get_action(Object *obj, Visitor *v, const char *name,
                                 void *opaque, Error **errp)
{
    char *text = (char *)page_hint_action[VIRTIO_PAGE_HINT(obj)->action];

    visit_type_str(v, name, &text, errp);
}

static void page_hint_set_action(Object *obj, Visitor *v, const char *name,
                                 void *opaque, Error **errp)
{
    VirtIOPageHint *dev = VIRTIO_PAGE_HINT(obj);
    g_autofree char *text = NULL;
    int i;

    if (DEVICE(obj)->realized) {
        error_setg(errp, "'%s' cannot be changed: the device is in use", name);
        return;
    }
    if (!visit_type_str(v, name, &text, errp)) {
        return;
    }
    for (i = 0; i < PAGE_HINT_NR_ACTIONS; i++) {
        if (!strcmp(text, page_hint_action[i])) {
            dev->action = i;
            return;
        }
    }
    error_setg(errp, "'%s' must be dontneed, free or none, not '%s'", name,
               text);
}

static void page_hint_instance_init(Object *obj)
{
    object_property_add(obj, "action", "str", page_hint_get_action,
                        page_hint_set_action, NULL, NULL);
    object_property_set_description(obj, "action",
        "what becomes of a block: dontneed, free or none");
    object_property_set_description(obj, "per-page",
        "advice for each page instead of each block");
    object_property_set_description(obj, "vhost",
        "the host's kernel serves the queue");
    ballast_counters_add(obj, page_hint_counter);
}

void virtio_page_hint_alias_properties(Object *proxy, VirtIOPageHint *dev)
{
    object_property_add_alias(proxy, "action", OBJECT(dev), "action");
    ballast_counters_alias(proxy, OBJECT(dev), page_hint_counter);
}

static BallastProperty page_hint_properties[] = {
    DEFINE_PROP_BOOL("per-page", VirtIOPageHint, per_page, false),
    DEFINE_PROP_BOOL("vhost", VirtIOPageHint, vhost, false),
    BALLAST_PROP_END
};

static void page_hint_class_init(ObjectClass *klass, BallastClassData *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    VirtioDeviceClass *vdc = VIRTIO_DEVICE_CLASS(klass);

    device_class_set_props(dc, page_hint_properties);
    dc->vmsd = &vmstate_page_hint;
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
    vdc->realize = page_hint_realize;
    vdc->unrealize = page_hint_unrealize;
    vdc->reset = page_hint_reset;
    vdc->queue_reset = page_hint_queue_reset;
    vdc->get_features = page_hint_get_features;
    vdc->set_status = page_hint_set_status;
    vdc->guest_notifier_mask = virtio_page_hint_vhost_mask;
    vdc->guest_notifier_pending = virtio_page_hint_vhost_pending;
}

static const TypeInfo page_hint_info = {
    .name = TYPE_VIRTIO_PAGE_HINT,
    .parent = TYPE_VIRTIO_DEVICE,
    .instance_size = sizeof(VirtIOPageHint),
    .instance_init = page_hint_instance_init,
    .class_init = page_hint_class_init,
};

static void page_hint_register_types(void)
{
    type_register_static(&page_hint_info);
}

type_init(page_hint_register_types)
