/* SPDX-License-Identifier: GPL-2.0-only */
/* model: free page reporting, mm/page_reporting.c. */
#ifndef _LINUX_PAGE_REPORTING_H
#define _LINUX_PAGE_REPORTING_H

#include <linux/mmzone.h>
#include <linux/scatterlist.h>
#include <linux/version.h>
#include <linux/workqueue.h>

#define PAGE_REPORTING_CAPACITY 32	/* blocks per report, a power of two */
#if LINUX_SINCE(7, 2)
#define PAGE_REPORTING_ORDER_UNSPECIFIED -1
#endif

struct page_reporting_dev_info {
	/* Have the host told about the blocks; 0 or -errno. */
	int (*report)(struct page_reporting_dev_info *prdev, struct scatterlist *sg,
		      unsigned int nents);
	struct delayed_work work;
	atomic_t state;
	/*
	 * As proposed in 2026 with PG_zeroed, in no release: @report sets the bits of those blocks
	 * of its list that are all zero now.  Here, since what follows is of some versions.
	 */
	bool host_zeroes_pages;
	DECLARE_BITMAP(zeroed_bitmap, PAGE_REPORTING_CAPACITY);
#if LINUX_SINCE(5, 14)
	/* Smallest order to report; 0 (7.2: PAGE_REPORTING_ORDER_UNSPECIFIED): pageblock_order */
	unsigned int order;
#endif
#if LINUX_SINCE(7, 2)
	unsigned int capacity;	/* blocks in a report; 0: PAGE_REPORTING_CAPACITY */
#endif
};

int page_reporting_register(struct page_reporting_dev_info *prdev);
void page_reporting_unregister(struct page_reporting_dev_info *prdev);

#endif
