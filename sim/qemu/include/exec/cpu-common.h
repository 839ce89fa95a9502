/* SPDX-License-Identifier: GPL-2.0-only */
/* model: RAM blocks: one, which is the VMM's mapping of guest RAM, and the firmware's */
#ifndef MODEL_EXEC_CPU_COMMON_H
#define MODEL_EXEC_CPU_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "call_site.h"
#include "exec/hwaddr.h"
#include "qemu/typedefs.h"

typedef uintptr_t ram_addr_t;
#define RAM_ADDR_MAX UINTPTR_MAX
#define RAM_ADDR_FMT "%" PRIxPTR

/* NULL when @ptr is in no RAM block. */
RAMBlock *qemu_ram_block_from_host(void *ptr, bool round_offset, ram_addr_t *offset);
const char *qemu_ram_get_idstr(RAMBlock *rb);
ram_addr_t qemu_ram_get_used_length(RAMBlock *rb);
size_t qemu_ram_pagesize(RAMBlock *rb);
size_t qemu_ram_pagesize_largest(void);
bool qemu_ram_is_shared(RAMBlock *rb);
/* Until @func returns something other than 0, which is returned. */
typedef int (RAMBlockIterFunc)(RAMBlock *rb, void *opaque);
int qemu_ram_foreach_block(RAMBlockIterFunc func, void *opaque);
/* Whole host pages go back to the host; 0 or -errno. */
int ram_block_discard_range(RAMBlock *rb, uint64_t start, size_t length);
#ifdef BALLAST_IMAGE_SOURCE
#define ram_block_discard_range CALL_FROM_HERE(ram_block_discard_range)
#endif

#endif
