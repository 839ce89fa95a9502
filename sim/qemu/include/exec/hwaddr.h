/* SPDX-License-Identifier: GPL-2.0-only */
/* same: guest-physical addresses */
#ifndef MODEL_EXEC_HWADDR_H
#define MODEL_EXEC_HWADDR_H

#include <inttypes.h>
#include <stdint.h>

typedef uint64_t hwaddr;

#define HWADDR_BITS 64
#define HWADDR_MAX UINT64_MAX
#define HWADDR_PRIx PRIx64
#define HWADDR_PRIu PRIu64

#endif
