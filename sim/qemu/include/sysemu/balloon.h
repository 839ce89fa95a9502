/* SPDX-License-Identifier: GPL-2.0-only */
/* same: what it is called until QEMU 9.2 */
#include "config-host.h"

#if QEMU_LEVEL >= QEMU_LEVEL_OF(10, 0)
#error "since QEMU 10.0 sysemu/balloon.h is system/balloon.h"
#endif
#include "system/balloon.h"
