/* SPDX-License-Identifier: GPL-2.0-only */
/* model: counters of the running kernel. */
#ifndef _LINUX_VMSTAT_H
#define _LINUX_VMSTAT_H

#include <linux/mmzone.h>
#include <linux/vm_event_item.h>

void count_vm_events(enum vm_event_item item, long delta);
void all_vm_events(unsigned long *ret);
unsigned long global_zone_page_state(enum zone_stat_item item);
unsigned long global_node_page_state(enum node_stat_item item);
unsigned long global_node_page_state_pages(enum node_stat_item item);

#define count_vm_event(item) count_vm_events(item, 1)
#define __count_vm_event(item) count_vm_events(item, 1)
#define __count_vm_events(item, delta) count_vm_events(item, delta)

static inline unsigned long zone_page_state(struct zone *zone, enum zone_stat_item item)
{
	return atomic_long_read(&zone->vm_stat[item]);
}

#define zone_page_state_snapshot(zone, item) zone_page_state(zone, item)

static inline void mod_zone_page_state(struct zone *zone, enum zone_stat_item item, long delta)
{
	atomic_long_add(delta, &zone->vm_stat[item]);
}

static inline unsigned long node_page_state(struct pglist_data *pgdat, enum node_stat_item item)
{
	return atomic_long_read(&pgdat->vm_stat[item]);
}

static inline void mod_node_page_state(struct pglist_data *pgdat, enum node_stat_item item,
				       long delta)
{
	atomic_long_add(delta, &pgdat->vm_stat[item]);
}

static inline void inc_node_page_state(struct page *page, enum node_stat_item item)
{
	mod_node_page_state(first_online_pgdat(), item, 1);
}

static inline void dec_node_page_state(struct page *page, enum node_stat_item item)
{
	mod_node_page_state(first_online_pgdat(), item, -1);
}

#define __mod_zone_page_state mod_zone_page_state
#define __mod_node_page_state mod_node_page_state

#endif
