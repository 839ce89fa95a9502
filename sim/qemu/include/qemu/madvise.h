/* SPDX-License-Identifier: GPL-2.0-only */
/* model: advice on guest RAM goes to the host model */
#ifndef MODEL_QEMU_MADVISE_H
#define MODEL_QEMU_MADVISE_H

#include <stddef.h>

#include "call_site.h"

/* Values that a Linux host has for them (asm-generic/mman-common.h). */
#define QEMU_MADV_WILLNEED 3
#define QEMU_MADV_DONTNEED 4

/* Returns 0, or -1 and errno. */
int qemu_madvise(void *addr, size_t len, int advice);
#ifdef BALLAST_IMAGE_SOURCE
#define qemu_madvise CALL_FROM_HERE(qemu_madvise)
#endif

#endif
