/* SPDX-License-Identifier: GPL-2.0-only */
/* stub: the model looks after memory that nobody has written by itself (mm/slab_debug.c). */
#ifndef _LINUX_KMSAN_H
#define _LINUX_KMSAN_H

#include <linux/dma-direction.h>
#include <linux/types.h>
#include <linux/version.h>

struct page;

#if LINUX_LEVEL < KERNEL_VERSION(7, 2, 0)
static inline void kmsan_handle_dma(struct page *page, size_t offset, size_t size,
				    enum dma_data_direction dir)
{
}
#else
static inline void kmsan_handle_dma(phys_addr_t phys, size_t size, enum dma_data_direction dir)
{
}
#endif

#endif
