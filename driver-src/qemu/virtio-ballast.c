/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * virtio-ballast: a memory balloon device with free page hinting and reporting
 *
 * The guest names memory that it does not need, the device has the host take
 * it back (Virtio 1.2, section 5.5).  There are three ways to name it:
 *
 *  inflate   4 KiB page frames, which stay with the device until a deflate
 *  report    buffers of free memory, used again as soon as they are returned
 *  hint      buffers of free memory that migration need not send, valid only
 *            between two synchronisations of the dirty bitmap
 *
 * Rules that the code keeps:
 *
 *  1. The guest is not trusted.  A request that no correct driver could have
 *     made ends in virtio_error(); what it names is looked at only through the
 *     memory API; and one turn of the main loop serves a bounded number of
 *     pages, discards a bounded amount of memory, and is over after a while,
 *     if need be in the middle of a request.  The rest waits for the next turn.
 *  2. Rings are touched under the big lock only.  The iothread that applies
 *     hints gets requests that have been popped and checked, and gives them
 *     back the same way.  It may wait for the migration thread, and that for
 *     a receiver that does not answer; so nobody waits for it with the big lock
 *     taken, unless migration itself says that a round is over.
 *  3. Memory is discarded in whole host pages only.  Which parts of a larger
 *     host page are ballooned is remembered between requests only if the guest
 *     has promised to announce every deflate (F_MUST_TELL_HOST); otherwise
 *     just for one request, whose pages the guest cannot have back yet.
 *
 * In virtio-ballast-memory.c are the requests that name memory, in -partial.c
 * what is remembered of host pages, in -stats.c the guest's statistics, in
 * -hint.c hinting, in -props.c what management software sees; here are the
 * queues, the configuration, migration of the device, and its life.
 *
 * Left out: statistics tags later than Linux 6.12 are counted and ignored.
 */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/units.h"
#include "qapi/error.h"
#include "qapi/qapi-events-machine.h"
#include "hw/qdev-properties.h"
#include "hw/virtio/virtio-access.h"
#include "migration/vmstate.h"
#include "trace.h"
#include "ballast-compat.h"
#include "virtio-ballast-internal.h"

#define BALLAST_QUEUE_SIZE 128
#define BALLAST_REPORT_QUEUE_SIZE 32

/* The largest free block that Linux has on x86, and so reports. */
#define BALLAST_REPORT_MAX (4 * MiB)

const char *const ballast_queue_name[BALLAST_NR_QUEUES] = {
    [BALLAST_INFLATE] = "inflate",
    [BALLAST_DEFLATE] = "deflate",
    [BALLAST_STATS] = "stats",
    [BALLAST_HINT] = "hint",
    [BALLAST_REPORT] = "report",
};

/*
 * Requests
 */

static void ballast_free_request(BallastRequest *req)
{
    g_free(req->zeroed);
    g_free(req);
}

/* Forget the requests that were taken from a queue and not given back. */
static void ballast_drop_requests(VirtIOBallast *dev, BallastQueueId id)
{
    BallastQueue *q = &dev->queue[id];

    dev->backlog &= ~(1u << id);
    if (q->unfinished) {
        virtqueue_detach_element(q->vq, &q->unfinished->elem, 0);
        ballast_free_request(q->unfinished);
        q->unfinished = NULL;
    }
    if (id == BALLAST_STATS && dev->stats_request) {
        virtqueue_detach_element(q->vq, &dev->stats_request->elem, 0);
        g_free(dev->stats_request);
        dev->stats_request = NULL;
    }
    if (id == BALLAST_HINT && dev->hints) {
        ballast_hint_drop(dev);
    }
}

/*
 * A device that needs a reset does nothing more to the guest's memory: a driver
 * that learns of it may take that for its own again.
 */
static void ballast_drop_all_requests(VirtIOBallast *dev)
{
    int id;

    for (id = 0; id < BALLAST_NR_QUEUES; id++) {
        ballast_drop_requests(dev, id);
    }
}

void G_GNUC_PRINTF(3, 4)
ballast_malformed(VirtIOBallast *dev, BallastQueueId id, const char *fmt, ...)
{
    char what[160];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(what, sizeof(what), fmt, ap);
    va_end(ap);

    dev->errors++;
    ballast_drop_all_requests(dev);
    virtio_error(VIRTIO_DEVICE(dev), "virtio-ballast: %s request %s",
                 ballast_queue_name[id], what);
}

void ballast_count(VirtIOBallast *dev, BallastQueueId id,
                          uint64_t blocks, uint64_t bytes)
{
    BallastQueue *q = &dev->queue[id];

    q->requests++;
    q->blocks += blocks;
    q->bytes += bytes;
    trace_virtio_ballast_request(ballast_queue_name[id], blocks, bytes);
}

/*
 * Queues
 */

static BallastServe *const ballast_serve[BALLAST_NR_QUEUES] = {
    [BALLAST_INFLATE] = ballast_serve_frames,
    [BALLAST_DEFLATE] = ballast_serve_frames,
    [BALLAST_STATS] = ballast_serve_stats,
    [BALLAST_HINT] = ballast_serve_hint,
    [BALLAST_REPORT] = ballast_serve_report,
};

/* What the last turn has left, or else the next one of the ring. */
static BallastRequest *ballast_next_request(BallastQueue *q)
{
    BallastRequest *req = q->unfinished;

    q->unfinished = NULL;
    if (!req) {
        req = virtqueue_pop(q->vq, sizeof(*req));
        if (req) {
            req->begun = false;
            req->written = 0;
            req->broken_off = false;
            req->zeroed = NULL;
            req->place = (BallastPlace) { 0 };
        }
    }
    return req;
}

/* One turn of a queue.  What is left over waits for serve_bh. */
static void ballast_serve_queue(VirtIOBallast *dev, BallastQueueId id)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(dev);
    BallastQueue *q = &dev->queue[id];
    BallastRequest *req;
    bool pushed = false;

    if (vdev->broken) {
        return;
    }
    if (dev->parked) {
        dev->backlog |= 1u << id;
        return;
    }
    ballast_turn_begin(&dev->turn);
    while (!ballast_turn_is_over(&dev->turn) &&
           (req = ballast_next_request(q))) {
        BallastVerdict verdict = ballast_serve[id](dev, id, req);

        if (verdict == BALLAST_MALFORMED) {
            virtqueue_detach_element(q->vq, &req->elem, 0);
            ballast_free_request(req);
            break;
        }
        if (verdict == BALLAST_UNFINISHED) {
            q->unfinished = req;
        } else if (verdict == BALLAST_SERVED) {
            virtqueue_push(q->vq, &req->elem, req->written);
            ballast_free_request(req);
            pushed = true;
        }
    }
    if (pushed) {
        virtio_notify(vdev, q->vq);
    }
    if (vdev->broken) {
        /* By a ring that makes no sense, perhaps, rather than by a request. */
        ballast_drop_all_requests(dev);
        return;
    }
    if (ballast_turn_is_over(&dev->turn)) {
        trace_virtio_ballast_backlog(ballast_queue_name[id]);
        dev->backlog |= 1u << id;
        qemu_bh_schedule(dev->serve_bh);
    }
}

static void ballast_serve_backlog(void *opaque)
{
    VirtIOBallast *dev = opaque;
    uint32_t backlog = dev->backlog;
    int id;

    dev->backlog = 0;
    for (id = 0; id < BALLAST_NR_QUEUES; id++) {
        if ((backlog & (1u << id)) && dev->queue[id].vq) {
            ballast_serve_queue(dev, id);
        }
    }
}

static void ballast_handle_output(VirtIODevice *vdev, VirtQueue *vq)
{
    VirtIOBallast *dev = VIRTIO_BALLAST(vdev);
    int id;

    for (id = 0; id < BALLAST_NR_QUEUES; id++) {
        if (dev->queue[id].vq == vq) {
            ballast_serve_queue(dev, id);
            return;
        }
    }
}

static void ballast_queue_reset(VirtIODevice *vdev, uint32_t index)
{
    VirtIOBallast *dev = VIRTIO_BALLAST(vdev);
    int id;

    for (id = 0; id < BALLAST_NR_QUEUES; id++) {
        VirtQueue *vq = dev->queue[id].vq;

        if (vq && virtio_get_queue_index(vq) == index) {
            ballast_drop_requests(dev, id);
        }
    }
}

/* The guest starts over: all of its memory is its own again. */
static void ballast_reset(VirtIODevice *vdev)
{
    VirtIOBallast *dev = VIRTIO_BALLAST(vdev);

    ballast_drop_all_requests(dev);
    g_hash_table_remove_all(dev->partial);
    ballast_stats_clear(dev);
    dev->stats_updated = 0;
    dev->poison_val = 0;
    dev->parked = true;
    if (dev->actual) {
        dev->actual = 0;
        qapi_event_send_balloon_change(ballast_guest_size(dev));
    }
}

static bool ballast_holds_requests(VirtIOBallast *dev, BallastQueueId id)
{
    return dev->queue[id].unfinished ||
           (id == BALLAST_STATS && dev->stats_request) ||
           (id == BALLAST_HINT && ballast_hint_holds(dev));
}

/*
 * The driver has started, or the VM has, perhaps on another host: there nobody
 * holds the requests that the source had taken and not given back, they are
 * taken once more; and nobody will kick for those that it had not got to.
 */
static BallastStatusResult ballast_set_status(VirtIODevice *vdev,
                                              uint8_t status)
{
    VirtIOBallast *dev = VIRTIO_BALLAST(vdev);
    int id;

    if (!vdev->vm_running) {
        dev->parked = true;
        return BALLAST_STATUS_WELL;
    }
    if (!dev->parked || !(status & VIRTIO_CONFIG_S_DRIVER_OK)) {
        return BALLAST_STATUS_WELL;
    }
    dev->parked = false;
    for (id = 0; id < BALLAST_NR_QUEUES; id++) {
        VirtQueue *vq = dev->queue[id].vq;

        while (vq && !ballast_holds_requests(dev, id) &&
               virtqueue_rewind(vq, 1)) {
            continue;
        }
    }
    if (dev->hints) {
        ballast_hint_resume(dev);
    }
    dev->backlog = (1u << BALLAST_NR_QUEUES) - 1;
    qemu_bh_schedule(dev->serve_bh);
    return BALLAST_STATUS_WELL;
}

/*
 * Configuration, target and migration
 */

static size_t ballast_config_size(VirtIOBallast *dev)
{
    if (virtio_has_feature(dev->host_features,
                           VIRTIO_BALLAST_F_PAGE_POISON)) {
        return sizeof(struct virtio_ballast_config);
    }
    if (virtio_has_feature(dev->host_features,
                           VIRTIO_BALLAST_F_FREE_PAGE_HINT)) {
        return offsetof(struct virtio_ballast_config, poison_val);
    }
    return offsetof(struct virtio_ballast_config, free_page_hint_cmd_id);
}

static void ballast_get_config(VirtIODevice *vdev, uint8_t *data)
{
    VirtIOBallast *dev = VIRTIO_BALLAST(vdev);
    uint32_t cmd_id = ballast_hint_config(dev);
    struct virtio_ballast_config config = {
        .num_pages = cpu_to_le32(dev->target_pages),
        .actual = cpu_to_le32(dev->actual),
        .free_page_hint_cmd_id = cpu_to_le32(cmd_id),
        .poison_val = cpu_to_le32(dev->poison_val),
    };

    trace_virtio_ballast_get_config(dev->target_pages, dev->actual, cmd_id);
    memcpy(data, &config, ballast_config_size(dev));
}

static void ballast_set_config(VirtIODevice *vdev, const uint8_t *data)
{
    VirtIOBallast *dev = VIRTIO_BALLAST(vdev);
    struct virtio_ballast_config config = { 0 };
    uint32_t old = dev->actual;

    memcpy(&config, data, ballast_config_size(dev));
    dev->actual = le32_to_cpu(config.actual);
    dev->poison_val = 0;
    if (virtio_vdev_has_feature(vdev, VIRTIO_BALLAST_F_PAGE_POISON)) {
        dev->poison_val = le32_to_cpu(config.poison_val);
    }
    trace_virtio_ballast_set_config(dev->actual, old, dev->poison_val);
    if (dev->actual != old) {
        qapi_event_send_balloon_change(ballast_guest_size(dev));
    }
}

static uint64_t ballast_get_features(VirtIODevice *vdev, uint64_t features,
                                     Error **errp)
{
    VirtIOBallast *dev = VIRTIO_BALLAST(vdev);

    features |= dev->host_features;
    virtio_add_feature(&features, VIRTIO_BALLAST_F_STATS_VQ);
    return features;
}

static bool ballast_has_poison(void *opaque)
{
    return virtio_vdev_has_feature(VIRTIO_DEVICE(opaque),
                                   VIRTIO_BALLAST_F_PAGE_POISON);
}

static int ballast_post_load(void *opaque, int version_id)
{
    VirtIOBallast *dev = opaque;

    dev->parked = true;
    ballast_stats_resume(dev);
    return 0;
}

static const VMStateDescription vmstate_ballast_poison = {
    .name = "virtio-ballast-device/poison",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = ballast_has_poison,
    .fields = (VMStateField[]) {
        VMSTATE_UINT32(poison_val, VirtIOBallast),
        VMSTATE_END_OF_LIST()
    },
};

static const VMStateDescription vmstate_ballast_device = {
    .name = "virtio-ballast-device",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = ballast_post_load,
    .fields = (VMStateField[]) {
        VMSTATE_UINT32(target_pages, VirtIOBallast),
        VMSTATE_UINT32(actual, VirtIOBallast),
        VMSTATE_END_OF_LIST()
    },
    .subsections = (const VMStateDescription * []) {
        &vmstate_ballast_hint,
        &vmstate_ballast_poison,
        NULL
    },
};

static const VMStateDescription vmstate_ballast = {
    .name = "virtio-ballast",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (VMStateField[]) {
        VMSTATE_VIRTIO_DEVICE,
        VMSTATE_END_OF_LIST()
    },
};

/*
 * Life of a device
 */

static void ballast_add_queue(VirtIOBallast *dev, BallastQueueId id, int size)
{
    dev->queue[id].vq = virtio_add_queue(VIRTIO_DEVICE(dev), size,
                                         ballast_handle_output);
}

static void ballast_realize(DeviceState *qdev, Error **errp)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(qdev);
    VirtIOBallast *dev = VIRTIO_BALLAST(qdev);
    bool hints = virtio_has_feature(dev->host_features,
                                    VIRTIO_BALLAST_F_FREE_PAGE_HINT);

    if (hints && !dev->iothread) {
        error_setg(errp, "'free-page-hint' requires 'iothread' to be set");
        return;
    }

    if (virtio_has_feature(dev->host_features,
                           VIRTIO_BALLAST_F_INIT_REPORTED) &&
        !virtio_has_feature(dev->host_features, VIRTIO_BALLAST_F_REPORTING)) {
        error_setg(errp, "'device-init-reported' requires "
                   "'free-page-reporting' to be on");
        return;
    }

    if (virtio_has_feature(dev->host_features, VIRTIO_BALLAST_F_REPORTING) &&
        qemu_ram_pagesize_largest() > BALLAST_REPORT_MAX) {
        warn_report("virtio-ballast: memory with host pages of %zu MiB is "
                    "hardly ever given back: guests report blocks of 4 MiB",
                    qemu_ram_pagesize_largest() / (size_t)MiB);
    }

    virtio_init(vdev, VIRTIO_BALLAST_DEVICE_ID, ballast_config_size(dev));
    if (qemu_add_balloon_handler(ballast_qmp_balloon, ballast_qmp_query,
                                 dev)) {
        warn_report("virtio-ballast: QMP 'balloon' drives another device; "
                    "use the property 'target-size' of this one");
    }

    ballast_partial_realize(dev);
    dev->serve_bh = qemu_bh_new_guarded(ballast_serve_backlog, dev,
                                        &qdev->mem_reentrancy_guard);
    ballast_add_queue(dev, BALLAST_INFLATE, BALLAST_QUEUE_SIZE);
    ballast_add_queue(dev, BALLAST_DEFLATE, BALLAST_QUEUE_SIZE);
    ballast_add_queue(dev, BALLAST_STATS, BALLAST_QUEUE_SIZE);
    if (hints) {
        ballast_add_queue(dev, BALLAST_HINT, VIRTQUEUE_MAX_SIZE);
        ballast_hint_realize(dev);
    }
    if (virtio_has_feature(dev->host_features, VIRTIO_BALLAST_F_REPORTING)) {
        ballast_add_queue(dev, BALLAST_REPORT, BALLAST_REPORT_QUEUE_SIZE);
    }
    ballast_stats_realize(dev);
    dev->parked = true;
}

static void ballast_unrealize(DeviceState *qdev)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(qdev);
    VirtIOBallast *dev = VIRTIO_BALLAST(qdev);
    int id;

    if (dev->hints) {
        ballast_hint_unrealize(dev);
    }
    qemu_bh_delete(dev->serve_bh);
    dev->serve_bh = NULL;
    ballast_stats_unrealize(dev);
    qemu_remove_balloon_handler(dev);

    for (id = 0; id < BALLAST_NR_QUEUES; id++) {
        ballast_drop_requests(dev, id);
        if (dev->queue[id].vq) {
            virtio_delete_queue(dev->queue[id].vq);
            dev->queue[id].vq = NULL;
        }
    }
    ballast_partial_unrealize(dev);
    virtio_cleanup(vdev);
}

static void ballast_instance_init(Object *obj)
{
    ballast_stats_init(obj);
    ballast_add_properties(obj);
}

static BallastProperty ballast_properties[] = {
    DEFINE_PROP_BIT("must-tell-host", VirtIOBallast, host_features,
                    VIRTIO_BALLAST_F_MUST_TELL_HOST, true),
    DEFINE_PROP_BIT("deflate-on-oom", VirtIOBallast, host_features,
                    VIRTIO_BALLAST_F_DEFLATE_ON_OOM, false),
    DEFINE_PROP_BIT("free-page-hint", VirtIOBallast, host_features,
                    VIRTIO_BALLAST_F_FREE_PAGE_HINT, false),
    DEFINE_PROP_BIT("page-poison", VirtIOBallast, host_features,
                    VIRTIO_BALLAST_F_PAGE_POISON, true),
    DEFINE_PROP_BIT("free-page-reporting", VirtIOBallast, host_features,
                    VIRTIO_BALLAST_F_REPORTING, false),
    /* Proposals of 2026, which no version of the specification has. */
    DEFINE_PROP_BIT("device-init-reported", VirtIOBallast, host_features,
                    VIRTIO_BALLAST_F_INIT_REPORTED, false),
    DEFINE_PROP_BIT("device-init-on-inflate", VirtIOBallast, host_features,
                    VIRTIO_BALLAST_F_INIT_INFLATE, false),
    DEFINE_PROP_LINK("iothread", VirtIOBallast, iothread, TYPE_IOTHREAD,
                     IOThread *),
    /* One discard or advice for consecutive frames of a request. */
    DEFINE_PROP_BOOL("coalesce", VirtIOBallast, coalesce, true),
    /* Advise the host that deflated memory will be used. */
    DEFINE_PROP_BOOL("deflate-willneed", VirtIOBallast, deflate_willneed,
                     true),
    BALLAST_PROP_END
};

static void ballast_class_init(ObjectClass *klass, BallastClassData *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    VirtioDeviceClass *vdc = VIRTIO_DEVICE_CLASS(klass);

    device_class_set_props(dc, ballast_properties);
    dc->vmsd = &vmstate_ballast;
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
    vdc->realize = ballast_realize;
    vdc->unrealize = ballast_unrealize;
    vdc->reset = ballast_reset;
    vdc->queue_reset = ballast_queue_reset;
    vdc->get_config = ballast_get_config;
    vdc->set_config = ballast_set_config;
    vdc->get_features = ballast_get_features;
    vdc->set_status = ballast_set_status;
    vdc->vmsd = &vmstate_ballast_device;
}

static const TypeInfo ballast_info = {
    .name = TYPE_VIRTIO_BALLAST,
    .parent = TYPE_VIRTIO_DEVICE,
    .instance_size = sizeof(VirtIOBallast),
    .instance_init = ballast_instance_init,
    .class_init = ballast_class_init,
};

static void ballast_register_types(void)
{
    type_register_static(&ballast_info);
}

type_init(ballast_register_types)

