// SPDX-License-Identifier: GPL-2.0-only
/* The vhost worker that ships, but it tells nobody of a request that breaks the rules. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "../../sim/linux/include/drivers/vhost/vhost.h"

#undef vq_err
#define vq_err(vq, fmt, ...) ((void)(vq))
#include "../../driver-src/linux/host/vhost_page_hint.c"
