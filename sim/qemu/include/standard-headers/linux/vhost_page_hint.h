/* SPDX-License-Identifier: GPL-2.0-only */
/* same: our own ABI header, where QEMU keeps such */
#ifndef MODEL_STANDARD_HEADERS_LINUX_VHOST_PAGE_HINT_H
#define MODEL_STANDARD_HEADERS_LINUX_VHOST_PAGE_HINT_H

#include "../../../../../driver-src/uapi/vhost_page_hint.h"

#endif
