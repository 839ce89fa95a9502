/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * virtio-page-hint: a device that a guest tells which memory is free
 *
 * State of one device, protected by the big QEMU lock.
 */
#ifndef HW_VIRTIO_PAGE_HINT_H
#define HW_VIRTIO_PAGE_HINT_H

#include "standard-headers/linux/virtio_page_hint.h"
#include "hw/virtio/vhost.h"
#include "hw/virtio/virtio.h"
#include "qom/object.h"
#include "ballast-blocks.h"

#define TYPE_VIRTIO_PAGE_HINT "virtio-page-hint-device"
OBJECT_DECLARE_SIMPLE_TYPE(VirtIOPageHint, VIRTIO_PAGE_HINT)

/* What becomes of a block. */
typedef enum PageHintAction {
    PAGE_HINT_DONTNEED,     /* the host takes it back at once */
    PAGE_HINT_FREE,         /* the host may take it until the guest writes */
    PAGE_HINT_NONE,         /* it stays */
    PAGE_HINT_NR_ACTIONS
} PageHintAction;

/* A popped request. */
typedef struct PageHintRequest {
    VirtQueueElement elem;  /* first: virtqueue_pop() allocates around it */
    BallastPlace place;     /* what is done of it */
} PageHintRequest;

struct VirtIOPageHint {
    VirtIODevice parent_obj;

    VirtQueue *vq;
    PageHintRequest *unfinished; /* what the next turn goes on with */
    bool parked;            /* the VM is stopped: leave the ring alone */
    QEMUBH *serve_bh;       /* goes on where a turn has ended */
    BallastTurn turn;       /* the present one */

    /* counters since realize */
    uint64_t requests;      /* popped and found well-formed */
    uint64_t blocks;        /* buffers in them */
    uint64_t bytes;         /* size of these */
    uint64_t calls;         /* discards or advices that they took */
    uint64_t bytes_done;    /* memory that these covered */
    uint64_t bytes_skipped; /* well-formed, but left in place */
    uint64_t errors;        /* malformed requests */

    /* properties */
    PageHintAction action;
    bool per_page;
    bool vhost;

    /* with vhost=on (virtio-page-hint-vhost.c) */
    int vhost_fd;           /* of the host's kernel, which serves the queue */
    struct vhost_dev vhost_dev;
    struct vhost_virtqueue vhost_vq;
    EventNotifier vhost_error; /* it has met a request that is nonsense */
};

/* Make the counters of @dev properties of @proxy, too. */
void virtio_page_hint_alias_properties(Object *proxy, VirtIOPageHint *dev);

/* The host's kernel is asked; false and @errp if it cannot serve. */
bool virtio_page_hint_vhost_realize(VirtIOPageHint *dev, Error **errp);
void virtio_page_hint_vhost_unrealize(VirtIOPageHint *dev);
/* Does it serve the queue now that the device has this status? */
bool virtio_page_hint_vhost_set_status(VirtIOPageHint *dev, uint8_t status);
uint64_t virtio_page_hint_vhost_features(VirtIOPageHint *dev,
                                         uint64_t features);
/* Of VirtioDeviceClass. */
void virtio_page_hint_vhost_mask(VirtIODevice *vdev, int n, bool mask);
bool virtio_page_hint_vhost_pending(VirtIODevice *vdev, int n);

#endif
