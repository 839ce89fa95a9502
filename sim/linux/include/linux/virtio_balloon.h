/* SPDX-License-Identifier: GPL-2.0-only */
/* same */
#ifndef _LINUX_VIRTIO_BALLOON_H
#define _LINUX_VIRTIO_BALLOON_H

#include <uapi/linux/virtio_balloon.h>

#endif
