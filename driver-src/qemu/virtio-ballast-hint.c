/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * virtio-ballast: free page hinting, for migration
 */
#include "qemu/osdep.h"
#include "qemu/iov.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "block/aio-wait.h"
#include "hw/virtio/virtio-access.h"
#include "migration/misc.h"
#include "migration/migration.h"
#include "migration/vmstate.h"
#include "trace.h"
#include "virtio-ballast-internal.h"

static bool ballast_has_hinting(void *opaque)
{
    return virtio_vdev_has_feature(VIRTIO_DEVICE(opaque),
                                   VIRTIO_BALLAST_F_FREE_PAGE_HINT);
}

/* Called with hint_lock held. */
static void ballast_hint_enter(VirtIOBallast *dev, BallastHintState state)
{
    trace_virtio_ballast_hint_state(dev->hint_id, dev->hint_state, state);
    dev->hint_state = state;
}

/*
 * A command of the guest: the id it was told opens the round, anything else
 * during a round ends it.  What belongs to an earlier round is ignored.
 * Called with hint_lock held.
 */
static void ballast_hint_command(VirtIOBallast *dev, uint32_t id)
{
    if (dev->hint_state == BALLAST_HINT_REQUESTED && id == dev->hint_id) {
        ballast_hint_enter(dev, BALLAST_HINT_ACTIVE);
    } else if (dev->hint_state == BALLAST_HINT_ACTIVE) {
        ballast_hint_enter(dev, BALLAST_HINT_STOP);
    }
}

/* Take the next request; *@apply: its hints are those of the round. */
static BallastRequest *ballast_hint_take(VirtIOBallast *dev, bool *apply)
{
    BallastRequest *req;

    qemu_mutex_lock(&dev->hint_lock);
    req = QSIMPLEQ_FIRST(&dev->hint_todo);
    if (req) {
        QSIMPLEQ_REMOVE_HEAD(&dev->hint_todo, next);
        if (req->elem.out_num) {
            ballast_hint_command(dev, req->hint_id);
        }
        *apply = dev->hint_state == BALLAST_HINT_ACTIVE && req->hint_usable;
    }
    qemu_mutex_unlock(&dev->hint_lock);
    return req;
}

/*
 * Take the next request and do what it says.  That happens with apply_lock
 * held, so that a round that the host ends has ended when ballast_hint_end()
 * returns.
 */
static bool ballast_hint_step(VirtIOBallast *dev)
{
    BallastRequest *req;
    bool apply = false, more;
    unsigned i;

    qemu_mutex_lock(&dev->apply_lock);
    req = ballast_hint_take(dev, &apply);
    more = req;
    for (i = 0; apply && i < req->elem.in_num; i++) {
        qemu_guest_free_page_hint(req->elem.in_sg[i].iov_base,
                                  req->elem.in_sg[i].iov_len);
        req->hinted += req->elem.in_sg[i].iov_len;
    }
    if (req) {
        qemu_mutex_lock(&dev->hint_lock);
        QSIMPLEQ_INSERT_TAIL(&dev->hint_done, req, next);
        qemu_mutex_unlock(&dev->hint_lock);
    }
    qemu_mutex_unlock(&dev->apply_lock);
    return more;
}

/* In the iothread. */
static void ballast_hint_work(void *opaque)
{
    VirtIOBallast *dev = opaque;

    while (ballast_hint_step(dev)) {
        continue;
    }
    qemu_bh_schedule(dev->hint_done_bh);
}

/* Give the requests that are done with back to the guest. */
static void ballast_hint_return(void *opaque)
{
    VirtIOBallast *dev = opaque;
    BallastQueue *q = &dev->queue[BALLAST_HINT];
    BallastRequestList done = QSIMPLEQ_HEAD_INITIALIZER(done);
    BallastRequest *req;

    qemu_mutex_lock(&dev->hint_lock);
    QSIMPLEQ_CONCAT(&done, &dev->hint_done);
    qemu_mutex_unlock(&dev->hint_lock);
    if (QSIMPLEQ_EMPTY(&done)) {
        return;
    }
    while ((req = QSIMPLEQ_FIRST(&done))) {
        QSIMPLEQ_REMOVE_HEAD(&done, next);
        q->bytes_done += req->hinted;
        virtqueue_push(q->vq, &req->elem, 0);
        g_free(req);
    }
    virtio_notify(VIRTIO_DEVICE(dev), q->vq);
}

void ballast_hint_drain(VirtIOBallast *dev)
{
    while (ballast_hint_step(dev)) {
        continue;
    }
    ballast_hint_return(dev);
}

void ballast_hint_drop(VirtIOBallast *dev)
{
    BallastQueue *q = &dev->queue[BALLAST_HINT];
    BallastRequestList gone = QSIMPLEQ_HEAD_INITIALIZER(gone);
    BallastRequest *req;

    qemu_mutex_lock(&dev->apply_lock);
    qemu_mutex_lock(&dev->hint_lock);
    QSIMPLEQ_CONCAT(&gone, &dev->hint_done);
    QSIMPLEQ_CONCAT(&gone, &dev->hint_todo);
    ballast_hint_enter(dev, BALLAST_HINT_STOP);
    qemu_mutex_unlock(&dev->hint_lock);
    qemu_mutex_unlock(&dev->apply_lock);
    while ((req = QSIMPLEQ_FIRST(&gone))) {
        QSIMPLEQ_REMOVE_HEAD(&gone, next);
        virtqueue_detach_element(q->vq, &req->elem, 0);
        g_free(req);
    }
}

BallastVerdict ballast_serve_hint(VirtIOBallast *dev, BallastQueueId id,
                                         BallastRequest *req, unsigned *budget)
{
    const VirtQueueElement *elem = &req->elem;
    size_t size = iov_size(elem->out_sg, elem->out_num);
    uint32_t command = 0;

    if (elem->out_num && size != sizeof(command)) {
        ballast_malformed(dev, id, "has a command of %zu bytes", size);
        return BALLAST_MALFORMED;
    }
    if (!ballast_check_buffers(dev, id, elem)) {
        return BALLAST_MALFORMED;
    }
    ballast_spend(budget, elem->in_num + 1);
    ballast_count(dev, id, elem->in_num,
                  iov_size(elem->in_sg, elem->in_num));

    iov_to_buf(elem->out_sg, elem->out_num, 0, &command, sizeof(command));
    req->hint_id = virtio_ldl_p(VIRTIO_DEVICE(dev), &command);
    /* What is not sent reads as zeroes; the guest counts on poison. */
    req->hint_usable = !dev->poison_val;
    req->hinted = 0;

    qemu_mutex_lock(&dev->hint_lock);
    QSIMPLEQ_INSERT_TAIL(&dev->hint_todo, req, next);
    qemu_mutex_unlock(&dev->hint_lock);
    qemu_bh_schedule(dev->hint_bh);
    return BALLAST_KEPT;
}

/* Ask the guest for hints, with an id that it cannot have seen yet. */
static void ballast_hint_begin(VirtIOBallast *dev)
{
    qemu_mutex_lock(&dev->hint_lock);
    if (dev->hint_id == UINT32_MAX) {
        dev->hint_id = VIRTIO_BALLAST_CMD_ID_MIN;
    } else {
        dev->hint_id++;
    }
    ballast_hint_enter(dev, BALLAST_HINT_REQUESTED);
    qemu_mutex_unlock(&dev->hint_lock);
    dev->rounds++;
    virtio_notify_config(VIRTIO_DEVICE(dev));
}

/* No hint has any effect after this; @state tells the guest what to do. */
static void ballast_hint_end(VirtIOBallast *dev, BallastHintState state)
{
    bool changed;

    qemu_mutex_lock(&dev->apply_lock);
    qemu_mutex_lock(&dev->hint_lock);
    changed = dev->hint_state != state;
    if (changed) {
        ballast_hint_enter(dev, state);
    }
    qemu_mutex_unlock(&dev->hint_lock);
    qemu_mutex_unlock(&dev->apply_lock);
    if (changed) {
        virtio_notify_config(VIRTIO_DEVICE(dev));
    }
}

/*
 * Hints clear bits of the migration bitmap.  A page that the guest writes to
 * after its hint is dirty again at the next synchronisation, unless the hint
 * is applied after it: so no round may extend over one.
 */
static int ballast_precopy_notify(NotifierWithReturn *n, void *data)
{
    VirtIOBallast *dev = container_of(n, VirtIOBallast, precopy);
    PrecopyNotifyData *pnd = data;

    /* With postcopy the destination may wait for pages that never come. */
    if (!ballast_has_hinting(dev) || migrate_postcopy_ram()) {
        return 0;
    }
    switch (pnd->reason) {
    case PRECOPY_NOTIFY_BEFORE_BITMAP_SYNC:
        ballast_hint_end(dev, BALLAST_HINT_STOP);
        break;
    case PRECOPY_NOTIFY_AFTER_BITMAP_SYNC:
        if (VIRTIO_DEVICE(dev)->vm_running) {
            ballast_hint_begin(dev);
        } else {
            /* The guest wakes up on the destination with its pages back. */
            ballast_hint_end(dev, BALLAST_HINT_DONE);
        }
        break;
    case PRECOPY_NOTIFY_CLEANUP:
        ballast_hint_end(dev, BALLAST_HINT_DONE);
        break;
    default:
        break;
    }
    return 0;
}

uint32_t ballast_hint_config(VirtIOBallast *dev)
{
    uint32_t id = VIRTIO_BALLAST_CMD_ID_STOP;

    qemu_mutex_lock(&dev->hint_lock);
    if (dev->hint_state == BALLAST_HINT_DONE) {
        id = VIRTIO_BALLAST_CMD_ID_DONE;
    } else if (dev->hint_state != BALLAST_HINT_STOP) {
        id = dev->hint_id;
    }
    qemu_mutex_unlock(&dev->hint_lock);
    return id;
}

static int ballast_hint_post_load(void *opaque, int version_id)
{
    VirtIOBallast *dev = opaque;

    if (dev->hint_state >= BALLAST_HINT_NR_STATES ||
        dev->hint_id < VIRTIO_BALLAST_CMD_ID_MIN) {
        error_report("virtio-ballast: migrated hinting state %u of id 0x%x "
                     "is impossible", dev->hint_state, dev->hint_id);
        return -EINVAL;
    }
    return 0;
}

/* Which host pages are ballooned in part is not migrated: none is, then. */
const VMStateDescription vmstate_ballast_hint = {
    .name = "virtio-ballast-device/hint",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = ballast_has_hinting,
    .post_load = ballast_hint_post_load,
    .fields = (VMStateField[]) {
        VMSTATE_UINT32(hint_id, VirtIOBallast),
        VMSTATE_UINT32(hint_state, VirtIOBallast),
        VMSTATE_END_OF_LIST()
    },
};

void ballast_hint_init(VirtIOBallast *dev)
{
    qemu_mutex_init(&dev->apply_lock);
    qemu_mutex_init(&dev->hint_lock);
    QSIMPLEQ_INIT(&dev->hint_todo);
    QSIMPLEQ_INIT(&dev->hint_done);
    dev->hint_id = VIRTIO_BALLAST_CMD_ID_MIN;
    dev->precopy.notify = ballast_precopy_notify;
}

void ballast_hint_finalize(VirtIOBallast *dev)
{
    qemu_mutex_destroy(&dev->hint_lock);
    qemu_mutex_destroy(&dev->apply_lock);
}

void ballast_hint_realize(VirtIOBallast *dev)
{
    object_ref(OBJECT(dev->iothread));
    dev->hint_bh = aio_bh_new(iothread_get_aio_context(dev->iothread),
                              ballast_hint_work, dev);
    dev->hint_done_bh = qemu_bh_new_guarded(ballast_hint_return, dev,
                                            &DEVICE(dev)->mem_reentrancy_guard);
    precopy_add_notifier(&dev->precopy);
}

/* In the iothread, where hint_bh cannot be running at the same time. */
static void ballast_hint_quit(void *opaque)
{
    VirtIOBallast *dev = opaque;

    qemu_bh_delete(dev->hint_bh);
    dev->hint_bh = NULL;
}

void ballast_hint_unrealize(VirtIOBallast *dev)
{
    AioContext *ctx = iothread_get_aio_context(dev->iothread);

    precopy_remove_notifier(&dev->precopy);
    aio_context_acquire(ctx);
    aio_wait_bh_oneshot(ctx, ballast_hint_quit, dev);
    aio_context_release(ctx);
    qemu_bh_delete(dev->hint_done_bh);
    dev->hint_done_bh = NULL;
    object_unref(OBJECT(dev->iothread));
}
