/* SPDX-License-Identifier: GPL-2.0-only */
/* model: which memory is online; see mm/memory_hotplug.c. */
#ifndef _LINUX_MEMORY_HOTPLUG_H
#define _LINUX_MEMORY_HOTPLUG_H

#include <linux/mmzone.h>

/* NULL: there is no such page, or it is offline. */
struct page *pfn_to_online_page(unsigned long pfn);

#endif
