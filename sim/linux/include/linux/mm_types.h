/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * model: struct page in 32 bytes.  The zone follows from the frame number and the map count from
 * there being no shared mappings; page->private serves as mapping and index as well.
 */
#ifndef _LINUX_MM_TYPES_H
#define _LINUX_MM_TYPES_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/types.h>
#include <asm/page.h>

struct page {
	unsigned int flags;	/* enum pageflags, type and order above (page-flags.h) */
	atomic_t _refcount;
	union {
		struct list_head lru;
		struct list_head buddy_list;
		struct list_head pcp_list;
		struct list_head slab_list;
		unsigned long nr_pages_mapped;	/* first tail of a folio that page tables map */
	};
	union {
		unsigned long private;	/* order while on a free list */
		unsigned long index;	/* owner and page offset of a mapped or cached page */
		void *mapping;
	};
};

_Static_assert(sizeof(struct page) == 32, "the memmap is most of what an idle guest costs");

#define page_private(page) ((page)->private)
#define set_page_private(page, v) ((page)->private = (v))

struct mm_struct;

/* Of a VMM; the areas of a guest's programs are in mm/user.h. */
struct vm_area_struct {
	unsigned long vm_start, vm_end;		/* addresses */
	struct mm_struct *vm_mm;
	unsigned long vm_flags;
	const void *vm_ops;			/* NULL: anonymous memory */
};

#endif
