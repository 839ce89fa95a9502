/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * virtio-ballast: a memory balloon device with free page hinting and reporting
 *
 * State of one device.  Everything is protected by the big QEMU lock, except
 * what is behind "hints".
 */
#ifndef HW_VIRTIO_BALLAST_H
#define HW_VIRTIO_BALLAST_H

#include "standard-headers/linux/virtio_ballast.h"
#include "hw/virtio/virtio.h"
#include "qemu/notify.h"
#include "qemu/queue.h"
#include "qemu/timer.h"
#include "qom/object.h"
#include "ballast-compat.h"
#include "ballast-blocks.h"

#define TYPE_VIRTIO_BALLAST "virtio-ballast-device"
OBJECT_DECLARE_SIMPLE_TYPE(VirtIOBallast, VIRTIO_BALLAST)

/* Queues that exist; hint and report only when the feature is offered. */
typedef enum BallastQueueId {
    BALLAST_INFLATE,
    BALLAST_DEFLATE,
    BALLAST_STATS,
    BALLAST_HINT,
    BALLAST_REPORT,
    BALLAST_NR_QUEUES
} BallastQueueId;

/*
 * A round of free page hinting.  The values are migrated.
 *
 *   STOP/DONE --host asks--> REQUESTED --guest answers--> ACTIVE --> STOP
 *   any --migration over--> DONE
 */
typedef enum BallastHintState {
    BALLAST_HINT_STOP,      /* hints that still arrive mean nothing */
    BALLAST_HINT_REQUESTED, /* the guest has been told an id, no answer yet */
    BALLAST_HINT_ACTIVE,    /* the guest sends hints for that id */
    BALLAST_HINT_DONE,      /* the guest may have its pages back */
    BALLAST_HINT_NR_STATES
} BallastHintState;

/* A popped request. */
typedef struct BallastRequest {
    VirtQueueElement elem;  /* first: virtqueue_pop() allocates around it */
    QSIMPLEQ_ENTRY(BallastRequest) next;
    bool begun;             /* looked at and counted: the rest is to be done */
    BallastPlace place;     /* how far that is, in frames or buffers */
    uint32_t hint_id;       /* hint queue: the command, if there is one */
    uint32_t written;       /* bytes of its buffers, as the guest is told */
    bool broken_off;        /* report: what follows is not all initialized */
    uint8_t *zeroed;        /* inflate: bit per frame; NULL: nobody asks */
    bool hint_usable;       /* hint queue: nothing forbids to use the hints */
    uint64_t hinted;        /* hint queue: bytes that took effect */
    bool orphan;            /* hint queue: the queue has it no more */
    MemoryRegion **mr;      /* hint queue, orphan: of its buffers, referenced */
} BallastRequest;

typedef QSIMPLEQ_HEAD(, BallastRequest) BallastRequestList;

typedef struct BallastHints BallastHints;

typedef struct BallastQueue {
    VirtQueue *vq;          /* NULL: the device has no such queue */
    BallastRequest *unfinished; /* what the next turn goes on with */
    uint64_t requests;      /* popped and found well-formed */
    uint64_t blocks;        /* PFNs or buffers in them */
    uint64_t bytes;         /* bytes that they name */
    uint64_t calls;         /* discards or advices that this took */
    uint64_t bytes_done;    /* bytes that these covered */
} BallastQueue;

struct VirtIOBallast {
    VirtIODevice parent_obj;

    BallastQueue queue[BALLAST_NR_QUEUES];
    uint32_t backlog;       /* bit per queue that still has requests */
    bool parked;            /* the VM is stopped: leave the rings alone */
    QEMUBH *serve_bh;       /* works through the backlog */
    BallastTurn turn;       /* the present one */

    uint32_t target_pages;  /* what the guest is asked to put in, 4 KiB */
    uint32_t actual;        /* what it says it has put in, 4 KiB */
    uint32_t poison_val;
    uint64_t bytes_skipped; /* well-formed, but left in place */
    uint64_t errors;        /* malformed requests */
    uint64_t rounds;        /* hinting rounds */

    /* Ballooned parts of host pages: host address -> BallastChunk */
    GHashTable *partial;
    MemoryListener listener; /* forgets memory that goes away */

    BallastRequest *stats_request; /* waits for the next poll */
    QEMUTimer *stats_timer; /* while realized */
    int64_t stats_interval; /* seconds, 0: no polling */
    int64_t stats_updated;  /* seconds of the host clock */
    uint64_t stats[VIRTIO_BALLAST_S_NR];

    BallastHints *hints;    /* NULL: there is no hint queue */
    uint32_t hint_state;    /* as migrated */
    uint32_t hint_id;       /* as migrated */

    /* properties */
    uint32_t host_features;
    IOThread *iothread;
    bool coalesce;
    bool deflate_willneed;
};

/* Make the run time properties of @dev properties of @proxy, too. */
void virtio_ballast_alias_properties(Object *proxy, VirtIOBallast *dev);

#endif
