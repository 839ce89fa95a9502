/* SPDX-License-Identifier: GPL-2.0-only */
/* model: no high memory; mapping a page is taking its address. */
#ifndef _LINUX_HIGHMEM_H
#define _LINUX_HIGHMEM_H

#include <linux/mm.h>

#define kmap(page) page_address(page)
#define kunmap(page) (void)(page)
#define kmap_atomic(page) page_address(page)
#define kunmap_atomic(addr) (void)(addr)
#define kmap_local_page(page) page_address(page)
#define kunmap_local(addr) (void)(addr)

void clear_highpage(struct page *page);

#endif
