/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * model: pages, their addresses and their reference counts.  Guest RAM is one mapping, so that
 * addresses of the direct map are plain arithmetic.
 */
#ifndef _LINUX_MM_H
#define _LINUX_MM_H

#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/mm_types.h>
#include <linux/mmap_lock.h>
#include <linux/mmdebug.h>
#include <linux/mmzone.h>
#include <linux/mutex.h>
#include <linux/overflow.h>
#include <linux/page-flags.h>
#include <linux/rcupdate.h>
#include <linux/shrinker.h>
#include <linux/sizes.h>
#include <linux/vmstat.h>
#include <uapi/linux/sysinfo.h>
#include "../../kernel.h"
#include "call_site.h"

#define PAGE_ALIGN(addr) ALIGN(addr, PAGE_SIZE)
#define PAGE_ALIGNED(addr) IS_ALIGNED((unsigned long)(addr), PAGE_SIZE)
#define offset_in_page(p) ((unsigned long)(p) & ~PAGE_MASK)

#define PFN_UP(x) (((x) + PAGE_SIZE - 1) >> PAGE_SHIFT)
#define PFN_DOWN(x) ((x) >> PAGE_SHIFT)
#define PFN_PHYS(x) ((phys_addr_t)(x) << PAGE_SHIFT)
#define PHYS_PFN(x) ((unsigned long)((x) >> PAGE_SHIFT))

#define pfn_to_page(pfn) (this_kernel->mem_map + (pfn))
#define page_to_pfn(page) ((unsigned long)((page) - this_kernel->mem_map))
#define pfn_valid(pfn) ((pfn) < this_kernel->max_pfn)
#define page_to_phys(page) PFN_PHYS(page_to_pfn(page))
#define phys_to_page(phys) pfn_to_page(PHYS_PFN(phys))
#define __va(phys) ((void *)((char *)this_kernel->ram_base + (phys)))
#define __pa(virt) ((phys_addr_t)((char *)(virt) - (char *)this_kernel->ram_base))
#define virt_to_phys(virt) __pa(virt)
#define phys_to_virt(phys) __va(phys)
#define virt_to_pfn(virt) PHYS_PFN(__pa(virt))
#define virt_to_page(virt) pfn_to_page(virt_to_pfn(virt))
#define is_vmalloc_addr(ptr) ((void)(ptr), false)	/* there is no vmalloc() */
#define pfn_to_kaddr(pfn) __va(PFN_PHYS(pfn))
#define virt_addr_valid(virt) (__pa(virt) < PFN_PHYS(this_kernel->max_pfn))

/* Whoever asks for the address of a page may use its bytes. */
void *page_address(const struct page *page);

#define page_to_virt(page) page_address(page)
#define lowmem_page_address(page) page_address(page)

struct zone *page_zone(const struct page *page);
#define page_zonenum(page) zone_idx(page_zone(page))
#define page_to_nid(page) 0

/* Head of a compound page; tails are only marked up to PAGE_ALLOC_COSTLY_ORDER. */
static inline struct page *compound_head(struct page *page)
{
	return unlikely(PageTail(page)) ? page - page->private : page;
}

static inline unsigned int compound_order(const struct page *page)
{
	return PageHead(page) ? page->flags >> PAGE_ORDER_SHIFT & PAGE_ORDER_MASK : 0;
}

static inline unsigned long compound_nr(const struct page *page)
{
	return 1UL << compound_order(page);
}

#define thp_nr_pages(page) ((int)compound_nr(page))
#define thp_order(page) compound_order(page)

static inline int page_ref_count(const struct page *page)
{
	return atomic_read(&page->_refcount);
}

static inline int page_count(struct page *page)
{
	return page_ref_count(compound_head(page));
}

static inline void init_page_count(struct page *page)
{
	atomic_set(&page->_refcount, 1);
}

#define set_page_refcounted(page) init_page_count(page)
#define set_page_count(page, v) atomic_set(&(page)->_refcount, v)

static inline int put_page_testzero(struct page *page)
{
	VM_BUG_ON_PAGE(page_ref_count(page) == 0, page);
	return atomic_dec_and_test(&page->_refcount);
}

static inline void get_page(struct page *page)
{
	page = compound_head(page);
	VM_BUG_ON_PAGE(page_ref_count(page) <= 0, page);
	atomic_inc(&page->_refcount);
}

void put_page(struct page *page);
/* As proposed with PG_zeroed: the last user of a single page knows that it is all zero. */
void put_page_zeroed(struct page *page);
/* Whether this kernel makes anything of that.  A model's kernel may; one that was built so does. */
bool mm_knows_zeroed(void);
#define mm_knows_zeroed mm_knows_zeroed
void split_page(struct page *page, unsigned int order);

/* A process's memory as host kernel code sees that of VMMs (host/mm.c): by address, in bytes. */
#define VM_READ 0x00000001
#define VM_WRITE 0x00000002
#define VM_SHARED 0x00000008
#define VM_PFNMAP 0x00000400
#define VM_LOCKED 0x00002000
#define VM_HUGETLB 0x00400000

struct vm_area_struct *find_vma(struct mm_struct *mm, unsigned long addr);
#define vma_is_anonymous(vma) (!(vma)->vm_ops)
void zap_page_range(struct vm_area_struct *vma, unsigned long address, unsigned long size);
#ifdef BALLAST_IMAGE_SOURCE
#define zap_page_range CALL_FROM_HERE(zap_page_range)
#endif

bool is_free_buddy_page(struct page *page);
void si_meminfo(struct sysinfo *val);
long si_mem_available(void);
unsigned long totalram_pages(void);
void adjust_managed_page_count(struct page *page, long count);
void free_reserved_page(struct page *page);
bool want_init_on_free(void);
bool want_init_on_alloc(gfp_t flags);
bool page_poisoning_enabled_static(void);
#define page_poisoning_enabled() page_poisoning_enabled_static()
#define debug_pagealloc_enabled_static() false

#endif
