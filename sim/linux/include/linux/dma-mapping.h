/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * model: devices see guest-physical memory as it is, as without an IOMMU on x86: a mapping is an
 * address, cannot fail, and takes neither time nor anything that would have to be given back.
 */
#ifndef _LINUX_DMA_MAPPING_H
#define _LINUX_DMA_MAPPING_H

#include <linux/device.h>
#include <linux/dma-direction.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>

#define DMA_MAPPING_ERROR (~(dma_addr_t)0)
#define DMA_ATTR_DEBUGGING_IGNORE_CACHELINES (1UL << 12)	/* for CONFIG_DMA_API_DEBUG */

static inline dma_addr_t dma_map_page_attrs(struct device *dev, struct page *page, size_t offset,
					    size_t size, enum dma_data_direction dir,
					    unsigned long attrs)
{
	return page_to_phys(page) + offset;
}

static inline void dma_unmap_page_attrs(struct device *dev, dma_addr_t addr, size_t size,
					enum dma_data_direction dir, unsigned long attrs)
{
}

static inline dma_addr_t dma_map_single_attrs(struct device *dev, void *ptr, size_t size,
					      enum dma_data_direction dir, unsigned long attrs)
{
	return virt_to_phys(ptr);
}

#define dma_map_page(dev, page, offset, size, dir)                                                 \
	dma_map_page_attrs(dev, page, offset, size, dir, 0)
#define dma_unmap_page(dev, addr, size, dir) dma_unmap_page_attrs(dev, addr, size, dir, 0)
#define dma_map_single(dev, ptr, size, dir) dma_map_single_attrs(dev, ptr, size, dir, 0)
#define dma_unmap_single_attrs dma_unmap_page_attrs
#define dma_unmap_single(dev, addr, size, dir) dma_unmap_page_attrs(dev, addr, size, dir, 0)

static inline int dma_mapping_error(struct device *dev, dma_addr_t addr)
{
	return addr == DMA_MAPPING_ERROR ? -ENOMEM : 0;
}

static inline void *dma_alloc_coherent(struct device *dev, size_t size, dma_addr_t *handle,
				       gfp_t gfp)
{
	void *ptr = alloc_pages_exact(size, gfp | __GFP_ZERO);

	if (ptr)
		*handle = virt_to_phys(ptr);
	return ptr;
}

static inline void dma_free_coherent(struct device *dev, size_t size, void *ptr, dma_addr_t handle)
{
	free_pages_exact(ptr, size);
}

static inline size_t dma_max_mapping_size(struct device *dev)
{
	return SIZE_MAX;
}

static inline bool dma_need_sync(struct device *dev, dma_addr_t addr)
{
	return false;	/* caches are coherent */
}

static inline void dma_sync_single_range_for_cpu(struct device *dev, dma_addr_t addr,
						 unsigned long offset, size_t size,
						 enum dma_data_direction dir)
{
}

static inline void dma_sync_single_range_for_device(struct device *dev, dma_addr_t addr,
						    unsigned long offset, size_t size,
						    enum dma_data_direction dir)
{
}

#endif
