/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * virtio-ballast: free page hinting, for migration
 *
 * The main loop pops and checks requests, the iothread applies their hints, the
 * main loop gives them back; so the guest has a buffer back only when its hint
 * has been applied, or never will be.
 *
 * To apply a hint takes the lock of the migration bitmap, which the migration
 * thread holds while it waits for a receiver that may never read again.  So
 * nobody waits for the iothread with the big lock held, except the migration
 * itself where it does not hold the bitmap: between two passes, and at its
 * end.  A request that is being applied when its queue is reset becomes an
 * orphan: the guest has its memory back and may use it, so that when the hint
 * has been applied after all, its memory is marked as dirty.
 *
 * A stop of the VM changes nothing: what has been popped stays with the device
 * until the VM continues, and its memory is left alone.  On the other side of a
 * migration the same requests are popped again.
 */
#include "qemu/osdep.h"
#include "qemu/iov.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "qemu/thread.h"
#include "block/aio.h"
#include "hw/virtio/virtio-access.h"
#include "migration/misc.h"
#include "migration/migration.h"
#include "migration/vmstate.h"
#include "trace.h"
#include "ballast-compat.h"
#include "virtio-ballast-internal.h"

/*
 * Lives as long as the iothread may be in the middle of something, which can
 * be longer than the device.
 */
struct BallastHints {
    VirtIOBallast *dev;     /* big lock; NULL: unrealized */
    IOThread *iothread;
    NotifierWithReturn precopy;

    QemuMutex lock;         /* never held for long; protects the rest */
    QemuCond idle;          /* there is no @current any more */
    uint32_t state;         /* BallastHintState */
    uint32_t id;            /* of the round */
    BallastRequestList todo; /* for the iothread */
    BallastRequestList done; /* to go back to the guest */
    BallastRequestList orphans; /* to be freed by the main loop */
    BallastRequest *current; /* is being applied */
    QEMUBH *apply_bh;       /* in the iothread */
    QEMUBH *done_bh;        /* in the main loop; NULL: unrealized */
};

static bool ballast_has_hinting(void *opaque)
{
    return virtio_vdev_has_feature(VIRTIO_DEVICE(opaque),
                                   VIRTIO_BALLAST_F_FREE_PAGE_HINT);
}

/*
 * In the iothread, or wherever the lock is held
 */

static void ballast_hint_enter(BallastHints *h, BallastHintState state)
{
    trace_virtio_ballast_hint_state(h->id, h->state, state);
    h->state = state;
}

/*
 * A command of the guest: the id it was told opens the round, anything else
 * during a round ends it.  What belongs to an earlier round is ignored.
 */
static void ballast_hint_command(BallastHints *h, uint32_t id)
{
    if (h->state == BALLAST_HINT_REQUESTED && id == h->id) {
        ballast_hint_enter(h, BALLAST_HINT_ACTIVE);
    } else if (h->state == BALLAST_HINT_ACTIVE) {
        ballast_hint_enter(h, BALLAST_HINT_STOP);
    }
}

/* The guest has this memory, whatever has been said of it. */
static void ballast_hint_revoke(const BallastRequest *req)
{
    unsigned i;

    for (i = 0; i < req->elem.in_num; i++) {
        ram_addr_t offset;
        MemoryRegion *mr = memory_region_from_host(req->elem.in_sg[i].iov_base,
                                                   &offset);

        memory_region_set_dirty(mr, offset, req->elem.in_sg[i].iov_len);
    }
}

/*
 * Apply the hints of a request as long as nobody minds.  Called, and returns,
 * with the lock held, which is dropped in between.
 */
static void ballast_hint_apply(BallastHints *h, BallastRequest *req)
{
    unsigned i;

    for (i = 0; i < req->elem.in_num; i++) {
        if (h->state != BALLAST_HINT_ACTIVE || req->orphan) {
            break;
        }
        qemu_mutex_unlock(&h->lock);
        qemu_guest_free_page_hint(req->elem.in_sg[i].iov_base,
                                  req->elem.in_sg[i].iov_len);
        qemu_mutex_lock(&h->lock);
        req->hinted += req->elem.in_sg[i].iov_len;
    }
    if (req->orphan) {
        qemu_mutex_unlock(&h->lock);
        ballast_hint_revoke(req);
        qemu_mutex_lock(&h->lock);
    }
}

/* In the iothread. */
static void ballast_hint_work(void *opaque)
{
    BallastHints *h = opaque;
    BallastRequest *req;

    qemu_mutex_lock(&h->lock);
    while ((req = QSIMPLEQ_FIRST(&h->todo))) {
        QSIMPLEQ_REMOVE_HEAD(&h->todo, next);
        h->current = req;
        if (req->elem.out_num) {
            ballast_hint_command(h, req->hint_id);
        }
        if (req->hint_usable) {
            ballast_hint_apply(h, req);
        }
        h->current = NULL;
        qemu_cond_broadcast(&h->idle);
        if (req->orphan) {
            QSIMPLEQ_INSERT_TAIL(&h->orphans, req, next);
        } else {
            QSIMPLEQ_INSERT_TAIL(&h->done, req, next);
        }
        /* Now: the next one may wait for the migration. */
        if (h->done_bh) {
            qemu_bh_schedule(h->done_bh);
        }
    }
    qemu_mutex_unlock(&h->lock);
}

/*
 * In the main loop
 */

/* Requests that nobody waits for any more, orphans among them. */
static void ballast_hint_free(BallastRequestList *list)
{
    BallastRequest *req;
    unsigned i;

    while ((req = QSIMPLEQ_FIRST(list))) {
        QSIMPLEQ_REMOVE_HEAD(list, next);
        for (i = 0; req->orphan && i < req->elem.in_num; i++) {
            memory_region_unref(req->mr[i]);
        }
        g_free(req->mr);
        g_free(req);
    }
}

/* Give the requests that are done with back to the guest, unless it stands. */
static void ballast_hint_return(void *opaque)
{
    BallastHints *h = opaque;
    VirtIOBallast *dev = h->dev;
    BallastQueue *q = &dev->queue[BALLAST_HINT];
    BallastRequestList done = QSIMPLEQ_HEAD_INITIALIZER(done);
    BallastRequestList orphans = QSIMPLEQ_HEAD_INITIALIZER(orphans);
    BallastRequest *req;

    qemu_mutex_lock(&h->lock);
    QSIMPLEQ_CONCAT(&orphans, &h->orphans);
    if (!dev->parked) {
        QSIMPLEQ_CONCAT(&done, &h->done);
    }
    qemu_mutex_unlock(&h->lock);
    ballast_hint_free(&orphans);
    if (QSIMPLEQ_EMPTY(&done)) {
        return;
    }
    QSIMPLEQ_FOREACH(req, &done, next) {
        q->bytes_done += req->hinted;
        virtqueue_push(q->vq, &req->elem, 0);
    }
    ballast_hint_free(&done);
    virtio_notify(VIRTIO_DEVICE(dev), q->vq);
}

/*
 * The iothread goes on with @req, whose buffers will not be mapped any more:
 * references make sure that they are memory until it is done.
 */
static void ballast_hint_orphan(BallastRequest *req)
{
    ram_addr_t offset;
    unsigned i;

    req->mr = g_new0(MemoryRegion *, req->elem.in_num);
    for (i = 0; i < req->elem.in_num; i++) {
        req->mr[i] = memory_region_from_host(req->elem.in_sg[i].iov_base,
                                             &offset);
        memory_region_ref(req->mr[i]);
    }
    req->orphan = true;
}

void ballast_hint_drop(VirtIOBallast *dev)
{
    BallastQueue *q = &dev->queue[BALLAST_HINT];
    BallastRequestList gone = QSIMPLEQ_HEAD_INITIALIZER(gone);
    BallastHints *h = dev->hints;
    BallastRequest *req;

    qemu_mutex_lock(&h->lock);
    QSIMPLEQ_CONCAT(&gone, &h->done);
    QSIMPLEQ_CONCAT(&gone, &h->todo);
    if (h->state != BALLAST_HINT_STOP) {
        ballast_hint_enter(h, BALLAST_HINT_STOP);
    }
    req = h->current;
    if (req && !req->orphan) {
        ballast_hint_orphan(req);
        virtqueue_detach_element(q->vq, &req->elem, 0);
    }
    qemu_mutex_unlock(&h->lock);

    QSIMPLEQ_FOREACH(req, &gone, next) {
        virtqueue_detach_element(q->vq, &req->elem, 0);
    }
    ballast_hint_free(&gone);
}

bool ballast_hint_holds(VirtIOBallast *dev)
{
    BallastHints *h = dev->hints;
    bool holds;

    qemu_mutex_lock(&h->lock);
    holds = !QSIMPLEQ_EMPTY(&h->todo) || !QSIMPLEQ_EMPTY(&h->done) ||
            (h->current && !h->current->orphan);
    qemu_mutex_unlock(&h->lock);
    return holds;
}

/* The VM goes on: what was done while it stood can be given back. */
void ballast_hint_resume(VirtIOBallast *dev)
{
    qemu_bh_schedule(dev->hints->done_bh);
}

BallastVerdict ballast_serve_hint(VirtIOBallast *dev, BallastQueueId id,
                                  BallastRequest *req)
{
    BallastHints *h = dev->hints;
    const VirtQueueElement *elem = &req->elem;
    size_t size = iov_size(elem->out_sg, elem->out_num);
    uint32_t command = 0;

    if (elem->out_num && size != sizeof(command)) {
        ballast_malformed(dev, id, "has a command of %zu bytes", size);
        return BALLAST_MALFORMED;
    }
    if (!ballast_check_buffers(dev, id, elem, false)) {
        return BALLAST_MALFORMED;
    }
    ballast_turn_spend(&dev->turn, elem->in_num + 1, 0);
    ballast_count(dev, id, elem->in_num,
                  iov_size(elem->in_sg, elem->in_num));

    iov_to_buf(elem->out_sg, elem->out_num, 0, &command, sizeof(command));
    req->hint_id = virtio_ldl_p(VIRTIO_DEVICE(dev), &command);
    /*
     * What is not sent reads as what was sent last, and as zeroes if nothing
     * was.  Neither is the poison that the guest counts on.
     */
    req->hint_usable = !dev->poison_val;
    req->hinted = 0;
    req->orphan = false;
    req->mr = NULL;

    qemu_mutex_lock(&h->lock);
    QSIMPLEQ_INSERT_TAIL(&h->todo, req, next);
    qemu_mutex_unlock(&h->lock);
    qemu_bh_schedule(h->apply_bh);
    return BALLAST_KEPT;
}

/*
 * Migration
 */

/* Ask the guest for hints, with an id that it cannot have seen yet. */
static void ballast_hint_begin(BallastHints *h)
{
    qemu_mutex_lock(&h->lock);
    if (h->id == UINT32_MAX) {
        h->id = VIRTIO_BALLAST_CMD_ID_MIN;
    } else {
        h->id++;
    }
    ballast_hint_enter(h, BALLAST_HINT_REQUESTED);
    qemu_mutex_unlock(&h->lock);
    h->dev->rounds++;
    virtio_notify_config(VIRTIO_DEVICE(h->dev));
}

/*
 * No hint has any effect after this; @state tells the guest what to do.  The
 * iothread is waited for, if at all, for the length of one buffer: whoever
 * calls does not hold the migration bitmap, and nobody else does for long.
 */
static void ballast_hint_end(BallastHints *h, BallastHintState state)
{
    bool changed;

    qemu_mutex_lock(&h->lock);
    changed = h->state != state;
    if (changed) {
        ballast_hint_enter(h, state);
    }
    while (h->current) {
        qemu_cond_wait(&h->idle, &h->lock);
    }
    qemu_mutex_unlock(&h->lock);
    if (changed && h->dev) {
        virtio_notify_config(VIRTIO_DEVICE(h->dev));
    }
}

/*
 * Hints clear bits of the migration bitmap.  A page that the guest writes to
 * after its hint is dirty again at the next synchronisation, unless the hint
 * is applied after it: so no round may extend over one.
 *
 * Rounds are ended even when the driver that began one, or the device, has
 * gone: there may be an orphan.
 */
static int ballast_precopy_notify(NotifierWithReturn *n, void *data
                                  BALLAST_NOTIFIER_ERRP)
{
    BallastHints *h = container_of(n, BallastHints, precopy);
    PrecopyNotifyData *pnd = data;

    switch (pnd->reason) {
    case PRECOPY_NOTIFY_BEFORE_BITMAP_SYNC:
        ballast_hint_end(h, BALLAST_HINT_STOP);
        break;
    case PRECOPY_NOTIFY_AFTER_BITMAP_SYNC:
        /* With postcopy the destination may wait for pages that never come. */
        if (!h->dev || !ballast_has_hinting(h->dev) ||
            VIRTIO_DEVICE(h->dev)->broken || migrate_postcopy_ram()) {
            break;
        }
        if (VIRTIO_DEVICE(h->dev)->vm_running) {
            ballast_hint_begin(h);
        } else {
            /* The guest wakes up on the destination with its pages back. */
            ballast_hint_end(h, BALLAST_HINT_DONE);
        }
        break;
    case PRECOPY_NOTIFY_CLEANUP:
        ballast_hint_end(h, BALLAST_HINT_DONE);
        break;
    default:
        break;
    }
    return 0;
}

uint32_t ballast_hint_config(VirtIOBallast *dev)
{
    uint32_t id = VIRTIO_BALLAST_CMD_ID_STOP;
    BallastHints *h = dev->hints;

    if (!h) {
        return id;
    }
    qemu_mutex_lock(&h->lock);
    if (h->state == BALLAST_HINT_DONE) {
        id = VIRTIO_BALLAST_CMD_ID_DONE;
    } else if (h->state != BALLAST_HINT_STOP) {
        id = h->id;
    }
    qemu_mutex_unlock(&h->lock);
    return id;
}

static int ballast_hint_pre_save(void *opaque)
{
    VirtIOBallast *dev = opaque;

    qemu_mutex_lock(&dev->hints->lock);
    dev->hint_id = dev->hints->id;
    dev->hint_state = dev->hints->state;
    qemu_mutex_unlock(&dev->hints->lock);
    return 0;
}

static int ballast_hint_post_load(void *opaque, int version_id)
{
    VirtIOBallast *dev = opaque;

    /* The features that were agreed upon are looked at after this. */
    if (!dev->hints) {
        error_report("virtio-ballast: the source had 'free-page-hint', this "
                     "device has not");
        return -EINVAL;
    }
    if (dev->hint_state >= BALLAST_HINT_NR_STATES ||
        dev->hint_id < VIRTIO_BALLAST_CMD_ID_MIN) {
        error_report("virtio-ballast: migrated hinting state %u of id 0x%x "
                     "is impossible", dev->hint_state, dev->hint_id);
        return -EINVAL;
    }
    qemu_mutex_lock(&dev->hints->lock);
    dev->hints->id = dev->hint_id;
    dev->hints->state = dev->hint_state;
    qemu_mutex_unlock(&dev->hints->lock);
    return 0;
}

const VMStateDescription vmstate_ballast_hint = {
    .name = "virtio-ballast-device/hint",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = ballast_has_hinting,
    .pre_save = ballast_hint_pre_save,
    .post_load = ballast_hint_post_load,
    .fields = (VMStateField[]) {
        VMSTATE_UINT32(hint_id, VirtIOBallast),
        VMSTATE_UINT32(hint_state, VirtIOBallast),
        VMSTATE_END_OF_LIST()
    },
};

/*
 * Life
 */

void ballast_hint_realize(VirtIOBallast *dev)
{
    BallastHints *h = g_new0(BallastHints, 1);

    qemu_mutex_init(&h->lock);
    qemu_cond_init(&h->idle);
    QSIMPLEQ_INIT(&h->todo);
    QSIMPLEQ_INIT(&h->done);
    QSIMPLEQ_INIT(&h->orphans);
    h->id = VIRTIO_BALLAST_CMD_ID_MIN;
    h->dev = dev;
    h->iothread = dev->iothread;
    object_ref(OBJECT(h->iothread));
    h->apply_bh = aio_bh_new(iothread_get_aio_context(h->iothread),
                             ballast_hint_work, h);
    h->done_bh = qemu_bh_new_guarded(ballast_hint_return, h,
                                     &DEVICE(dev)->mem_reentrancy_guard);
    h->precopy.notify = ballast_precopy_notify;
    precopy_add_notifier(&h->precopy);
    dev->hints = h;
}

/* In the main loop, when the iothread is done. */
static void ballast_hint_end_of_life(void *opaque)
{
    BallastHints *h = opaque;

    precopy_remove_notifier(&h->precopy);
    ballast_hint_free(&h->orphans);
    object_unref(OBJECT(h->iothread));
    qemu_cond_destroy(&h->idle);
    qemu_mutex_destroy(&h->lock);
    g_free(h);
}

/* In the iothread, where apply_bh cannot be running at the same time. */
static void ballast_hint_quit(void *opaque)
{
    BallastHints *h = opaque;

    qemu_bh_delete(h->apply_bh);
    aio_bh_schedule_oneshot(qemu_get_aio_context(), ballast_hint_end_of_life,
                            h);
}

void ballast_hint_unrealize(VirtIOBallast *dev)
{
    BallastHints *h = dev->hints;

    ballast_hint_drop(dev);
    qemu_mutex_lock(&h->lock);
    qemu_bh_delete(h->done_bh);
    h->done_bh = NULL;
    qemu_mutex_unlock(&h->lock);
    h->dev = NULL;
    dev->hints = NULL;
    aio_bh_schedule_oneshot(iothread_get_aio_context(h->iothread),
                            ballast_hint_quit, h);
}
