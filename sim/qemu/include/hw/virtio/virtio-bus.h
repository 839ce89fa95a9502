/* SPDX-License-Identifier: GPL-2.0-only */
/* stub: the model has one transport, and devices do not call it */
#ifndef MODEL_HW_VIRTIO_VIRTIO_BUS_H
#define MODEL_HW_VIRTIO_VIRTIO_BUS_H

#include "hw/qdev-core.h"
#include "hw/virtio/virtio.h"

#endif
