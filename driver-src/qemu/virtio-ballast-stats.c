/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * virtio-ballast: statistics of the guest
 *
 * The guest's buffer stays with the device until the next poll.
 */
#include "qemu/osdep.h"
#include "qemu/iov.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "hw/virtio/virtio-access.h"
#include "trace.h"
#include "virtio-ballast-internal.h"

/* Newer drivers send tags that we do not know; they need not be many. */
#define BALLAST_STATS_RECORDS_MAX 64

/* Names that management software knows from virtio-balloon, since QEMU 9.1. */
static const char *const ballast_stat_name[VIRTIO_BALLAST_S_NR] = {
    [VIRTIO_BALLAST_S_SWAP_IN] = "stat-swap-in",
    [VIRTIO_BALLAST_S_SWAP_OUT] = "stat-swap-out",
    [VIRTIO_BALLAST_S_MAJFLT] = "stat-major-faults",
    [VIRTIO_BALLAST_S_MINFLT] = "stat-minor-faults",
    [VIRTIO_BALLAST_S_MEMFREE] = "stat-free-memory",
    [VIRTIO_BALLAST_S_MEMTOT] = "stat-total-memory",
    [VIRTIO_BALLAST_S_AVAIL] = "stat-available-memory",
    [VIRTIO_BALLAST_S_CACHES] = "stat-disk-caches",
    [VIRTIO_BALLAST_S_HTLB_PGALLOC] = "stat-htlb-pgalloc",
    [VIRTIO_BALLAST_S_HTLB_PGFAIL] = "stat-htlb-pgfail",
    [VIRTIO_BALLAST_S_OOM_KILL] = "stat-oom-kills",
    [VIRTIO_BALLAST_S_ALLOC_STALL] = "stat-alloc-stalls",
    [VIRTIO_BALLAST_S_ASYNC_SCAN] = "stat-async-scans",
    [VIRTIO_BALLAST_S_DIRECT_SCAN] = "stat-direct-scans",
    [VIRTIO_BALLAST_S_ASYNC_RECLAIM] = "stat-async-reclaims",
    [VIRTIO_BALLAST_S_DIRECT_RECLAIM] = "stat-direct-reclaims",
};

static bool ballast_stats_polled(VirtIOBallast *dev)
{
    return dev->stats_interval > 0;
}

static void ballast_stats_arm(VirtIOBallast *dev, int64_t seconds)
{
    timer_mod(dev->stats_timer,
              qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) + seconds * 1000);
}

void ballast_stats_clear(VirtIOBallast *dev)
{
    int i;

    for (i = 0; i < VIRTIO_BALLAST_S_NR; i++) {
        dev->stats[i] = UINT64_MAX;
    }
}

/* Give the buffer back: the guest fills it again. */
static void ballast_stats_return(VirtIOBallast *dev)
{
    VirtQueue *vq = dev->queue[BALLAST_STATS].vq;

    virtqueue_push(vq, &dev->stats_request->elem, 0);
    virtio_notify(VIRTIO_DEVICE(dev), vq);
    g_free(dev->stats_request);
    dev->stats_request = NULL;
}

static void ballast_stats_poll(void *opaque)
{
    VirtIOBallast *dev = opaque;

    if (dev->stats_request) {
        ballast_stats_return(dev);  /* the answer arms the timer */
    } else {
        ballast_stats_arm(dev, dev->stats_interval);
    }
}

BallastVerdict ballast_serve_stats(VirtIOBallast *dev, BallastQueueId id,
                                   BallastRequest *req)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(dev);
    const VirtQueueElement *elem = &req->elem;
    size_t size = iov_size(elem->out_sg, elem->out_num);
    struct virtio_ballast_stat record;
    size_t nr = size / sizeof(record);
    size_t i;

    if (elem->in_num || nr > BALLAST_STATS_RECORDS_MAX) {
        ballast_malformed(dev, id, "of %zu bytes and %u buffers to write to "
                          "is not a list of statistics", size, elem->in_num);
        return BALLAST_MALFORMED;
    }
    ballast_turn_spend(&dev->turn, nr + 1, 0);
    ballast_count(dev, id, nr, size);

    if (dev->stats_request) {
        /* There should be only one; the driver may have been replaced. */
        ballast_stats_return(dev);
    }
    /* A tag that the guest does not send must not keep an old value. */
    ballast_stats_clear(dev);
    for (i = 0; i < nr; i++) {
        uint16_t tag;

        iov_to_buf(elem->out_sg, elem->out_num, i * sizeof(record), &record,
                   sizeof(record));
        tag = virtio_tswap16(vdev, record.tag);
        if (tag < VIRTIO_BALLAST_S_NR) {
            dev->stats[tag] = virtio_tswap64(vdev, record.val);
        }
    }
    trace_virtio_ballast_stats(nr);
    dev->stats_updated = qemu_clock_get_ms(QEMU_CLOCK_HOST) / 1000;
    dev->stats_request = req;
    if (ballast_stats_polled(dev)) {
        ballast_stats_arm(dev, dev->stats_interval);
    }
    return BALLAST_KEPT;
}

static void ballast_get_stats(Object *obj, Visitor *v, const char *name,
                              void *opaque, Error **errp)
{
    VirtIOBallast *dev = VIRTIO_BALLAST(obj);
    bool ok;
    int i;

    if (!visit_start_struct(v, name, NULL, 0, errp)) {
        return;
    }
    ok = visit_type_int(v, "last-update", &dev->stats_updated, errp);
    if (ok && visit_start_struct(v, "stats", NULL, 0, errp)) {
        for (i = 0; ok && i < VIRTIO_BALLAST_S_NR; i++) {
            ok = visit_type_uint64(v, ballast_stat_name[i], &dev->stats[i],
                                   errp);
        }
        ok = ok && visit_check_struct(v, errp);
        visit_end_struct(v, NULL);
        if (ok) {
            visit_check_struct(v, errp);
        }
    }
    visit_end_struct(v, NULL);
}

static void ballast_get_stats_interval(Object *obj, Visitor *v,
                                       const char *name, void *opaque,
                                       Error **errp)
{
    VirtIOBallast *dev = VIRTIO_BALLAST(obj);
    int64_t seconds = dev->stats_interval;

    visit_type_int(v, name, &seconds, errp);
}

static void ballast_set_stats_interval(Object *obj, Visitor *v,
                                       const char *name, void *opaque,
                                       Error **errp)
{
    VirtIOBallast *dev = VIRTIO_BALLAST(obj);
    bool was_polled = ballast_stats_polled(dev);
    int64_t seconds;

    if (!visit_type_int(v, name, &seconds, errp)) {
        return;
    }
    if (seconds < 0 || seconds > UINT32_MAX) {
        error_setg(errp, "%s must be between 0 (no polling) and %u seconds",
                   name, UINT32_MAX);
        return;
    }
    if (seconds == dev->stats_interval) {
        return;
    }
    dev->stats_interval = seconds;
    if (!dev->stats_timer) {
        return;     /* not realized, and perhaps never will be */
    }
    if (seconds) {
        ballast_stats_arm(dev, was_polled ? seconds : 0);
    } else {
        timer_del(dev->stats_timer);
    }
}

void ballast_stats_init(Object *obj)
{
    object_property_add(obj, "guest-stats", "guest statistics",
                        ballast_get_stats, NULL, NULL, NULL);
    object_property_add(obj, "guest-stats-polling-interval", "int",
                        ballast_get_stats_interval,
                        ballast_set_stats_interval, NULL, NULL);
}

/* Go on with an interval that was set before there was a timer, or a stop. */
void ballast_stats_resume(VirtIOBallast *dev)
{
    if (ballast_stats_polled(dev)) {
        ballast_stats_arm(dev, dev->stats_interval);
    }
}

void ballast_stats_realize(VirtIOBallast *dev)
{
    ballast_stats_clear(dev);
    dev->stats_timer = timer_new_ms(QEMU_CLOCK_VIRTUAL, ballast_stats_poll,
                                    dev);
    ballast_stats_resume(dev);
}

void ballast_stats_unrealize(VirtIOBallast *dev)
{
    timer_free(dev->stats_timer);
    dev->stats_timer = NULL;
}
