/* SPDX-License-Identifier: GPL-2.0-only */
/* same: Virtio 1.2, section 5 */
#ifndef MODEL_STANDARD_HEADERS_LINUX_VIRTIO_IDS_H
#define MODEL_STANDARD_HEADERS_LINUX_VIRTIO_IDS_H

#define VIRTIO_ID_BALLOON 5

#endif
