/* SPDX-License-Identifier: GPL-2.0-only */
/* model: guest swap and reclaim as drivers see them. */
#ifndef _LINUX_SWAP_H
#define _LINUX_SWAP_H

#include <linux/mm.h>

#define SWAP_CLUSTER_MAX 32UL
#define COMPACT_CLUSTER_MAX SWAP_CLUSTER_MAX

typedef struct {
	unsigned long val;
} swp_entry_t;

long get_nr_swap_pages(void);
unsigned long total_swap_pages_get(void);
#define total_swap_pages total_swap_pages_get()
void si_swapinfo(struct sysinfo *val);

#endif
