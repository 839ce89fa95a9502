/* SPDX-License-Identifier: GPL-2.0-only */
/* same: our own ABI header, where QEMU keeps such */
#ifndef MODEL_STANDARD_HEADERS_LINUX_VIRTIO_BALLAST_H
#define MODEL_STANDARD_HEADERS_LINUX_VIRTIO_BALLAST_H

#include "../../../../../driver-src/uapi/virtio_ballast.h"

#endif
