/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * virtio-page-hint in a QEMU without vhost: vhost=on is refused
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "virtio-page-hint.h"

bool virtio_page_hint_vhost_realize(VirtIOPageHint *dev, Error **errp)
{
    error_setg(errp, "'vhost=on': this QEMU is built without vhost");
    return false;
}

void virtio_page_hint_vhost_unrealize(VirtIOPageHint *dev)
{
}

bool virtio_page_hint_vhost_set_status(VirtIOPageHint *dev, uint8_t status)
{
    return false;
}

uint64_t virtio_page_hint_vhost_features(VirtIOPageHint *dev, uint64_t features)
{
    return features;
}

void virtio_page_hint_vhost_mask(VirtIODevice *vdev, int n, bool mask)
{
}

bool virtio_page_hint_vhost_pending(VirtIODevice *vdev, int n)
{
    return false;
}
