// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page hinting as in versions 10 to 12 of the patches (June to August 2019): a bit for each block.
 *
 * Each zone has a bitmap with a bit per block of the smallest order that is hinted, and a count of
 * the bits that are set.  When a block has merged the bit of its head is set; at 16 a work item is
 * queued.  It goes through the bitmap, isolates what is still free, at its own order, sends 16 at a
 * time, and in the end what is left, and puts the blocks back.  Fewer than 16 wait for ever if
 * nothing else is freed, and bits of memory that was taken offline stay set.
 *
 * As in those versions, memory that a zone gets later is not looked at.
 */
#include <linux/bitops.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "page_hinting.h"

struct hint_zone {
	struct zone *zone;
	unsigned long base;		/* of the block of its first bit, in blocks */
	unsigned long nr_bits;
	unsigned long *bitmap;
	atomic_long_t nr_set;
};

struct hint_bitmaps {
	struct page_hinting *ph;
	struct work_struct work;
	struct page_hint_request *req;
	unsigned int nr_zones;
	struct hint_zone zones[];
};

static void page_hint_v12_merged(struct zone *zone, struct page *page, unsigned int order)
{
	struct page_hinting *ph = page_hinting;
	struct hint_bitmaps *maps = ph->state;
	struct hint_zone *z = maps->zones;
	unsigned long bit;

	if (order < ph->order)
		return;
	while (z->zone != zone)
		if (++z == maps->zones + maps->nr_zones)
			return;
	bit = (page_to_pfn(page) >> ph->order) - z->base;
	if (bit >= z->nr_bits || test_and_set_bit(bit, z->bitmap))
		return;
	this_cpu_add(ph->counts->captured, 1);
	if (atomic_long_inc_return(&z->nr_set) >= ph->threshold)
		queue_work(system_wq, &maps->work);
}

static void page_hint_scan_zone(struct hint_bitmaps *maps, struct hint_zone *z)
{
	struct page_hinting *ph = maps->ph;
	unsigned long bit;

	for_each_set_bit(bit, z->bitmap, z->nr_bits) {
		struct page *page = pfn_to_online_page((z->base + bit) << ph->order);

		if (!page)
			continue;
		spin_lock_irq(&z->zone->lock);
		if (test_and_clear_bit(bit, z->bitmap))
			atomic_long_dec(&z->nr_set);
		/* It may have come back online in another zone. */
		if (page_zone(page) == z->zone)
			page_hint_take(maps->req, page);
		spin_unlock_irq(&z->zone->lock);
		if (maps->req->nr == ph->batch)
			page_hint_send_wait(maps->req);
		cond_resched();
	}
	page_hint_send_wait(maps->req);
}

static void page_hint_scan(struct work_struct *work)
{
	struct hint_bitmaps *maps = container_of(work, struct hint_bitmaps, work);
	struct page_hinting *ph = maps->ph;
	unsigned int i;

	for (i = 0; i < maps->nr_zones; i++)
		if (atomic_long_read(&maps->zones[i].nr_set) >= ph->threshold)
			page_hint_scan_zone(maps, &maps->zones[i]);
}

static int page_hint_add_zone(struct hint_bitmaps *maps, struct zone *zone)
{
	struct hint_zone *z = &maps->zones[maps->nr_zones];
	unsigned int order = maps->ph->order;

	z->base = zone->zone_start_pfn >> order;
	z->nr_bits = ((zone_end_pfn(zone) - 1) >> order) - z->base + 1;
	z->bitmap = kvcalloc(BITS_TO_LONGS(z->nr_bits), sizeof(long), GFP_KERNEL);
	if (!z->bitmap)
		return -ENOMEM;
	z->zone = zone;
	maps->nr_zones++;
	return 0;
}

static void page_hint_v12_stop(struct page_hinting *ph)
{
	struct hint_bitmaps *maps = ph->state;
	unsigned int i;

	cancel_work_sync(&maps->work);
	for (i = 0; i < maps->nr_zones; i++)
		kvfree(maps->zones[i].bitmap);
	kfree(maps);
}

static int page_hint_v12_start(struct page_hinting *ph)
{
	struct hint_bitmaps *maps;
	int node, i, err = 0;

	maps = kzalloc(struct_size(maps, zones, num_online_nodes() * MAX_NR_ZONES), GFP_KERNEL);
	if (!maps)
		return -ENOMEM;
	ph->state = maps;
	maps->ph = ph;
	INIT_WORK(&maps->work, page_hint_scan);
	maps->req = page_hint_request_new(ph, ph->batch);
	if (!maps->req)
		err = -ENOMEM;
	for_each_online_node(node)
		for (i = 0; i < MAX_NR_ZONES && !err; i++)
			if (populated_zone(&NODE_DATA(node)->node_zones[i]))
				err = page_hint_add_zone(maps, &NODE_DATA(node)->node_zones[i]);
	if (err)
		page_hint_v12_stop(ph);
	return err;
}

const struct page_hint_design page_hint_v12 = {
	.name = "v12",
	.batch = 16,
	.threshold = 16,
	.hook = { .merged = page_hint_v12_merged },
	.start = page_hint_v12_start,
	.stop = page_hint_v12_stop,
};
