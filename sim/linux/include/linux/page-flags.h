/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * model: page flags under the real accessors' names.  Bit positions are ours; what the real kernel
 * keeps in the type word of a page (Buddy, Offline, Table) are plain flags here.
 */
#ifndef _LINUX_PAGE_FLAGS_H
#define _LINUX_PAGE_FLAGS_H

#include <linux/mm_types.h>

enum pageflags {
	PG_locked,
	PG_referenced,
	PG_uptodate,
	PG_dirty,
	PG_lru,
	PG_active,
	PG_workingset,
	PG_slab,
	PG_reserved,
	PG_private,
	PG_writeback,
	PG_head,
	PG_tail,
	PG_swapcache,
	PG_swapbacked,
	PG_reclaim,
	PG_unevictable,
	PG_reported,
	PG_buddy,
	PG_offline,
	PG_table,
	PG_anon,
	PG_mapped,
	PG_bytes,	/* model: real bytes of guest RAM were used, see mm/page_alloc.c */
	__NR_PAGEFLAGS,
};

/* Above the flags: type of the pageblock at the last free (page->index there), order of a head. */
#define PAGE_PCPTYPE_SHIFT 24
#define PAGE_PCPTYPE_MASK 7u
#define PAGE_ORDER_SHIFT 27
#define PAGE_ORDER_MASK 15u
/* What the real kernel keeps in the low bits of page->mapping: a page whose driver can move it. */
#define PAGE_MOVABLE (1u << 31)

/* As in the real kernel, the bit serves pages that are no page cache. */
#define PG_isolated PG_reclaim
/*
 * As proposed in 2026 (M. Tsirkin, "mm/virtio: skip redundant zeroing of host-zeroed pages"), in no
 * release: the page, or the free block that it heads, is known to be all zero.  An alias there, too
 * (PG_private in the first versions, then PG_private_2), of what pages that are free or in a
 * balloon do not have.  Whoever frees a page clears the bit, lest the other meaning be taken for
 * this one.
 */
#define PG_zeroed PG_workingset
#define __PG_ZEROED (1u << PG_zeroed)

_Static_assert(__NR_PAGEFLAGS <= PAGE_PCPTYPE_SHIFT, "flags run into the pageblock type");

#define PAGEFLAG(Name, name)                                                                       \
	static inline int Page##Name(const struct page *page)                                      \
	{                                                                                          \
		return page->flags >> PG_##name & 1;                                               \
	}                                                                                          \
	static inline void SetPage##Name(struct page *page)                                        \
	{                                                                                          \
		page->flags |= 1u << PG_##name;                                                    \
	}                                                                                          \
	static inline void ClearPage##Name(struct page *page)                                      \
	{                                                                                          \
		page->flags &= ~(1u << PG_##name);                                                 \
	}                                                                                          \
	static inline void __SetPage##Name(struct page *page)                                      \
	{                                                                                          \
		page->flags |= 1u << PG_##name;                                                    \
	}                                                                                          \
	static inline void __ClearPage##Name(struct page *page)                                    \
	{                                                                                          \
		page->flags &= ~(1u << PG_##name);                                                 \
	}                                                                                          \
	static inline int TestSetPage##Name(struct page *page)                                     \
	{                                                                                          \
		int old = Page##Name(page);                                                        \
		SetPage##Name(page);                                                               \
		return old;                                                                        \
	}                                                                                          \
	static inline int TestClearPage##Name(struct page *page)                                   \
	{                                                                                          \
		int old = Page##Name(page);                                                        \
		ClearPage##Name(page);                                                             \
		return old;                                                                        \
	}                                                                                          \
	struct __page_flag_##name

PAGEFLAG(Locked, locked);
PAGEFLAG(Referenced, referenced);
PAGEFLAG(Uptodate, uptodate);
PAGEFLAG(Dirty, dirty);
PAGEFLAG(LRU, lru);
PAGEFLAG(Active, active);
PAGEFLAG(Workingset, workingset);
PAGEFLAG(Slab, slab);
PAGEFLAG(Reserved, reserved);
PAGEFLAG(Private, private);
PAGEFLAG(Writeback, writeback);
PAGEFLAG(Head, head);
PAGEFLAG(Tail, tail);
PAGEFLAG(SwapCache, swapcache);
PAGEFLAG(SwapBacked, swapbacked);
PAGEFLAG(Reclaim, reclaim);
PAGEFLAG(Unevictable, unevictable);
PAGEFLAG(Buddy, buddy);
PAGEFLAG(Offline, offline);
PAGEFLAG(Table, table);
PAGEFLAG(Anon, anon);
PAGEFLAG(Mapped, mapped);
PAGEFLAG(Bytes, bytes);
PAGEFLAG(Isolated, isolated);
PAGEFLAG(Zeroed, zeroed);

/* Types of pages; the model has flags for those that it tells apart. */
enum pagetype { PGTY_buddy = 0xf0, PGTY_offline = 0xf1, PGTY_table = 0xf2 };

/* As 7.2 has it for pages of a type whose operations are known; gone when the page is free. */
static inline void SetPageMovableOps(struct page *page)
{
	page->flags |= PAGE_MOVABLE;
}

static inline int __PageMovable(const struct page *page)
{
	return (page->flags & PAGE_MOVABLE) != 0;
}

/* __PAGEFLAG(Reported, ...): a free block that the host knows of; how much that is, is counted. */
void __SetPageReported(struct page *page);
void __ClearPageReported(struct page *page);
static inline int PageReported(const struct page *page)
{
	return page->flags >> PG_reported & 1;
}

static inline int PageCompound(const struct page *page)
{
	return (page->flags & (1u << PG_head | 1u << PG_tail)) != 0;
}

#define PageTransHuge(page) PageHead(page)
#define PageHWPoison(page) 0

/* Flags that a page must not have when it is freed or handed out (PAGE_FLAGS_CHECK_AT_FREE). */
#define PAGE_FLAGS_CHECK                                                                           \
	(1u << PG_locked | 1u << PG_lru | 1u << PG_slab | 1u << PG_reserved | 1u << PG_writeback | \
	 1u << PG_active | 1u << PG_unevictable | 1u << PG_private | 1u << PG_buddy |              \
	 1u << PG_offline | 1u << PG_table | 1u << PG_mapped)

#endif
