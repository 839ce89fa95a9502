/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * virtio-ballast: what its files share
 */
#ifndef HW_VIRTIO_BALLAST_INTERNAL_H
#define HW_VIRTIO_BALLAST_INTERNAL_H

#include "ballast-compat.h"
#include "virtio-ballast.h"

#define BALLAST_PAGE_SIZE (1u << VIRTIO_BALLAST_PFN_SHIFT)

typedef enum BallastVerdict {
    BALLAST_SERVED,         /* give it back to the guest */
    BALLAST_KEPT,           /* somebody else will */
    BALLAST_UNFINISHED,     /* the turn is over, the request is not */
    BALLAST_MALFORMED,      /* virtio_error() has been called */
} BallastVerdict;

/*
 * Look at a whole request, then do what it asks for as far as the budget of the
 * turn goes, which is spent on it.
 */
typedef BallastVerdict BallastServe(VirtIOBallast *dev, BallastQueueId id,
                                    BallastRequest *req);

/* virtio-ballast.c */
extern const char *const ballast_queue_name[BALLAST_NR_QUEUES];
void G_GNUC_PRINTF(3, 4)
ballast_malformed(VirtIOBallast *dev, BallastQueueId id, const char *fmt, ...);
void ballast_count(VirtIOBallast *dev, BallastQueueId id, uint64_t blocks,
                   uint64_t bytes);

/* virtio-ballast-memory.c */
BallastServe ballast_serve_frames;
BallastServe ballast_serve_report;
/* Are all buffers whole pages of RAM and, with @once, none named twice? */
bool ballast_check_buffers(VirtIOBallast *dev, BallastQueueId id,
                           const VirtQueueElement *elem, bool once);
/*
 * Whole host pages only.  Not being able to is no fault of the guest.  True:
 * they read as zeroes until the guest writes to them.
 */
bool ballast_discard(VirtIOBallast *dev, BallastQueueId id, RAMBlock *rb,
                     ram_addr_t offset, uint64_t length);

/* virtio-ballast-partial.c */
void ballast_partial_realize(VirtIOBallast *dev);
void ballast_partial_unrealize(VirtIOBallast *dev);
/*
 * Note that [offset, offset + length) is ballooned; discard the host pages that
 * are ballooned completely now.
 */
void ballast_hold(VirtIOBallast *dev, MemoryRegion *mr, RAMBlock *rb,
                  uint8_t *host, ram_addr_t offset, uint64_t length);
/* Forget that [host, host + length) is ballooned. */
void ballast_release(VirtIOBallast *dev, RAMBlock *rb, uint8_t *host,
                     ram_addr_t offset, uint64_t length);

/* virtio-ballast-stats.c */
BallastServe ballast_serve_stats;
void ballast_stats_init(Object *obj);
void ballast_stats_clear(VirtIOBallast *dev);
void ballast_stats_realize(VirtIOBallast *dev);
void ballast_stats_resume(VirtIOBallast *dev);
void ballast_stats_unrealize(VirtIOBallast *dev);

/* virtio-ballast-hint.c */
extern const VMStateDescription vmstate_ballast_hint;
BallastServe ballast_serve_hint;
void ballast_hint_realize(VirtIOBallast *dev);
void ballast_hint_unrealize(VirtIOBallast *dev);
/* Does it hold requests that it has to give back? */
bool ballast_hint_holds(VirtIOBallast *dev);
void ballast_hint_resume(VirtIOBallast *dev);
/* The queue goes away, and with it the requests that were taken from it. */
void ballast_hint_drop(VirtIOBallast *dev);
/* The id that the configuration shows in the present state of hinting. */
uint32_t ballast_hint_config(VirtIOBallast *dev);

/* virtio-ballast-props.c */
void ballast_add_properties(Object *obj);
/* What the guest has left, whatever it claims to have given away. */
uint64_t ballast_guest_size(VirtIOBallast *dev);
QEMUBalloonEvent ballast_qmp_balloon;
QEMUBalloonStatus ballast_qmp_query;

#endif
